import type { SettingsError } from '@posthorn/ground'
import { readRefusal } from './read-refusal.js'

/** The error for an algorithm that is not known here, or not trusted; it is no secret which one. */
export function unsupported(what: string, which: string): SettingsError {
  return readRefusal(
    'smime.unsupported',
    'message',
    `uses ${what} that is not supported: ${which}`,
    'Ask the sender for AES in CBC or GCM mode, and for RSA or ECDH.',
  )
}

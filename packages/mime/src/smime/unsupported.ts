import type { SettingsError } from '@posthorn/ground'
import { refusal } from '../refusal.js'

/** The error for an algorithm that is not known here, or not trusted; it is no secret which one. */
export function unsupported(what: string, which: string): SettingsError {
  return refusal(
    'smime.unsupported',
    'message',
    `uses ${what} that is not supported: ${which}`,
    'Ask the sender for AES in CBC or GCM mode, and for RSA or ECDH.',
  )
}

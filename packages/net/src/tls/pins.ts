import { SettingsError } from '@posthorn/ground'
import { createHash, type X509Certificate } from 'node:crypto'

/**
 * Pins of keys, in lower-case hexadecimal: SHA-256 of the SubjectPublicKeyInfo (RFC 7469 2.4).
 * @throws {SettingsError} `settings.tls` for what is no such digest, and for a list with nothing in it, which would let everybody pass or nobody
 */
export function readPins(pins: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (pins === undefined) return undefined
  if (pins.length === 0) {
    throw new SettingsError('settings.tls', 'tls.pins', 'is an empty list', { hint: 'Leave it out for no pins.' })
  }
  return new Set(pins.map((pin, index) => readPin(pin, `tls.pins[${index}]`)))
}

/** The pin of a certificate's key. */
export function pinOf(certificate: X509Certificate): string {
  const info = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(info).digest('hex')
}

function readPin(pin: string, field: string): string {
  const text = pin.trim().replace(/^sha256\//, '')
  const hexadecimal = text.replace(/[:\s]/g, '').toLowerCase()
  if (/^[0-9a-f]{64}$/.test(hexadecimal)) return hexadecimal
  const [, digest] = /^\/?([A-Za-z0-9+/]{43})=?$/.exec(text) ?? [] // curl writes two strokes; a digest may begin with one, too
  if (digest !== undefined) return Buffer.from(digest, 'base64').toString('hex')
  throw new SettingsError('settings.tls', field, 'is not a SHA-256 digest', {
    hint: 'Give the SHA-256 of the public key (SubjectPublicKeyInfo) in base64 (44 characters) or hexadecimal (64), not that of the certificate.',
  })
}

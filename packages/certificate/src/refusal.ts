import { SettingsError } from '@posthorn/ground'

/** The codes of a store that cannot be used. */
export type StoreErrorCode =
  | 'certificate.unreadable'
  | 'certificate.password'
  | 'certificate.no-key'
  | 'certificate.not-found'
  | 'certificate.format'
  | 'certificate.key-mismatch'
  | 'certificate.key-in-token'
  | 'certificate.store-unavailable'
  | 'certificate.wrong-usage'
  | 'certificate.package-missing'
  | 'certificate.module-unusable'
  | 'certificate.token-absent'
  | 'certificate.token-failed'
  | 'certificate.pin-locked'

/** The error for a certificate, a key or a store that cannot be used. The message never has a password or a key in it. */
export function refusal(
  code: StoreErrorCode,
  field: string,
  message: string,
  hint: string,
  cause?: unknown,
): SettingsError {
  return new SettingsError(code, field, message, { hint, cause })
}

import { SettingsError } from '@posthorn/ground'

/**
 * NUL and ^A separate the fields of SASL messages (RFC 4616 2, XOAUTH2), so no field may hold them.
 * @throws {SettingsError} `credentials.control-character`, naming the field and never its value
 */
export function refuseNul(fields: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (/[\x00\x01]/.test(value)) {
      throw new SettingsError('credentials.control-character', `credentials.${name}`, 'holds NUL or ^A', {
        hint: 'Check how the value was read; it cannot be sent.',
      })
    }
  }
}

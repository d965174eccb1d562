import { SettingsError } from '@posthorn/ground'

/** The error for a message that cannot be read: what was composed and sent by somebody else, so the phase is `content`. */
export function readRefusal(
  code: string,
  field: string,
  message: string,
  hint: string,
  cause?: unknown,
): SettingsError {
  return new SettingsError(code, field, message, { phase: 'content', hint, cause })
}

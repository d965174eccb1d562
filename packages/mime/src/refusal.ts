import { SettingsError } from '@posthorn/ground'

/** The error for a draft that cannot become a message. Nothing was composed and nothing was sent. */
export function refusal(code: string, field: string, message: string, hint: string, cause?: unknown): SettingsError {
  return new SettingsError(code, field, message, { phase: 'compose', hint, cause })
}

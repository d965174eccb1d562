import { SettingsError } from '@posthorn/ground'

/** The error for a draft that cannot become a message. Nothing was composed and nothing was sent. */
export function refusal(code: string, field: string, message: string, hint: string, cause?: unknown): SettingsError {
  return new SettingsError(code, field, message, { phase: 'compose', hint, cause })
}

/** The same error, its field named from further outside: for a draft within a draft. */
export function refusalWithin(error: SettingsError, path: string): SettingsError {
  const { field, message, phase, outcome, hint, cause } = error
  return new SettingsError(error.code, `${path}.${field}`, message.slice(field.length + 2), {
    phase,
    outcome,
    hint,
    cause,
  })
}

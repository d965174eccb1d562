import { SettingsError } from 'posthorn'

/** A command typed wrongly: `usage.*`, exit code 64. `flag` is what was typed, such as `--to`. */
export function usageError(flag: string, message: string, hint: string): SettingsError {
  return new SettingsError('usage.flag', flag, message, { hint })
}

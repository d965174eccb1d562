import { SettingsError } from './error.js'

/**
 * Refuses what is no time for the whole of something: a positive number of milliseconds below 2^31, or Infinity for none.
 * @throws {SettingsError} `settings.number`
 */
export function checkDeadline(deadlineMs: number): void {
  if (deadlineMs > 0 && (deadlineMs < 2 ** 31 || deadlineMs === Infinity)) return
  const problem = 'must be a positive number of milliseconds below 2^31, or Infinity'
  throw new SettingsError('settings.number', 'deadlineMs', problem, {
    hint: 'Correct the value; Infinity is no deadline.',
  })
}

/** Calls back when the time is over. Without a deadline there is no timer: one for ever would come at once. */
export function startDeadline(deadlineMs: number, late: () => void): NodeJS.Timeout | undefined {
  return deadlineMs === Infinity ? undefined : setTimeout(late, deadlineMs)
}

/** The longest time a profile can say, in milliseconds: what a timer can wait. */
const MAX_MS = 2 ** 31 - 1

/** What a text in `hh:mm:ss` says. */
export interface GenesysDuration {
  readonly milliseconds: number
  /** True when it was longer than a profile can say, 24 days. */
  readonly cut: boolean
}

/**
 * Two or more digits of hours, minutes and seconds from 00 to 59: `00:05:00`. Undefined for anything else.
 * @source Genesys, values of the options in hh:mm:ss
 */
export function genesysDuration(text: string): GenesysDuration | undefined {
  const [, hours, minutes, seconds] = /^(\d{2,9}):([0-5]\d):([0-5]\d)$/.exec(text) ?? []
  if (hours === undefined) return undefined
  const milliseconds = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
  return { milliseconds: Math.min(milliseconds, MAX_MS), cut: milliseconds > MAX_MS }
}

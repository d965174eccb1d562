import { Secret } from '@posthorn/ground'
import { fromValues, profileProblems, SETTINGS, valueAt, valuesOf, type Profile } from '@posthorn/settings'

/** What of a new profile may count while the mailer runs. */
export interface Changes {
  /** To go by from now on. */
  readonly profile: Profile
  /** The settings that wait for a start: what counts is still what was there before. */
  readonly pending: readonly string[]
}

/**
 * What of a profile counts at once: everything but the settings whose effect is `start`. When those that count do not go together with the
 * old ones that stay, all of it waits.
 */
export function countingNow(before: Profile, next: Profile): Changes {
  const pending = changedPaths(before, next).filter((path) => SETTINGS.get(path)?.effect === 'start')
  if (pending.length === 0) return { profile: next, pending }
  const values = new Map(valuesOf(next))
  for (const path of pending) {
    const old = valueAt(before, path)
    if (old === undefined) values.delete(path)
    else values.set(path, old)
  }
  const profile = fromValues(values)
  if (profileProblems(profile).length === 0) return { profile, pending }
  return { profile: before, pending: changedPaths(before, next) }
}

/** The settings that do not say the same in both. */
export function changedPaths(before: Profile, next: Profile): string[] {
  const paths = new Set([...valuesOf(before), ...valuesOf(next)].map(([path]) => path))
  return [...paths].filter((path) => asText(valueAt(before, path)) !== asText(valueAt(next, path))).sort()
}

/** For comparing only: secrets are in it. */
function asText(value: unknown): string | undefined {
  return value instanceof Secret ? JSON.stringify(value.reveal()) : JSON.stringify(value)
}

/** The settings of which what they refer to is not the same any more. @param before by the setting: a digest of what was read for it */
export function changedContents(before: ReadonlyMap<string, string>, next: ReadonlyMap<string, string>): string[] {
  return [...next].filter(([path, digest]) => before.get(path) !== digest).map(([path]) => path)
}

import type { Secret } from '@posthorn/ground'
import { fromValues, parseReference, SETTINGS, valuesOf, type Profile } from '@posthorn/settings'
import { loadProfile, type LoadOptions } from '../profiles/load-profile.js'

/** A profile, and where it came from. */
export interface ProfileInFile {
  readonly profile: Profile
  /** Where relative paths in it start. */
  readonly directory: string
  readonly file: string | undefined
}

/**
 * A profile with everything laid over it. A password that came from the environment or the command line is a `Secret` in it: it does not
 * stand in the file for everybody to read.
 * @throws {SettingsError} as `loadProfile`
 */
export async function loadForMailer(nameOrFile: string | undefined, options: LoadOptions): Promise<ProfileInFile> {
  const { profile, origins, directory, file } = await loadProfile(nameOrFile, options)
  const values = [...valuesOf(profile)].map(([path, value]) => {
    const origin = origins.get(path)?.origin
    const isOurs = origin === 'environment' || origin === 'flags'
    const isText = SETTINGS.get(path)?.holds === 'secret' && typeof value === 'string'
    return [path, isOurs && isText ? inMemory(path, value) : value] as const
  })
  return { profile: fromValues(values), directory, file }
}

function inMemory(path: string, value: string): string | Secret {
  const reference = parseReference(value, path)
  return reference.kind === 'plain' ? reference.value : value
}

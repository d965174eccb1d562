import type { LoadedProfile, LoadOptions } from './profiles/load-profile.js'

/**
 * A profile by its name in the folder of profiles, or by the path of its file, with the site, the environment and the flags laid over it.
 * Read for `smtpOptionsOf(profile, { directory })`; `Mailer.load` does all of it.
 * @throws {SettingsError} `settings.no-profile`, `settings.no-site`, `settings.file`, `settings.file-format`, `settings.*`
 */
export async function loadProfile(nameOrFile?: string, options: LoadOptions = {}): Promise<LoadedProfile> {
  const profiles = await import('./profiles/load-profile.js') // with the reader of YAML, which few need
  return profiles.loadProfile(nameOrFile, options)
}

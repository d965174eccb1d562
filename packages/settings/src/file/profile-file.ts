import { Secret, SettingsError } from '@posthorn/ground/portable'
import { parseDocument, stringify } from 'yaml'
import { problemsError, settingProblems } from '../check-profile.js'
import type { Profile } from '../profile/profile.js'
import { isObject, valuesOf } from '../values.js'

/** What a profile file holds: a profile, and what is said otherwise for some sites. */
export interface ProfileDocument {
  readonly profile: Profile
  /** By the code of the site; each is laid over the profile. */
  readonly sites: Readonly<Record<string, Profile>>
}

/** A profile is written by people; nothing they need is larger. */
const MAX_CHARACTERS = 5_000_000
const MAX_SITES = 10_000

/**
 * The text of a profile file, in YAML or JSON (which is YAML, too). Each setting is checked here; whether they go together is judged when
 * the layers are put together, since a profile may lack what a site or the environment says.
 * @throws {SettingsError} `settings.file-format`, `settings.unknown`, `settings.value`
 */
export function readProfileFile(text: string): ProfileDocument {
  const { sites = {}, ...profile } = parse(text)
  const problems = settingProblems(profile)
  if (!isObject(sites)) throw malformed('sites', 'must be an object with one entry for each site')
  if (Object.keys(sites).length > MAX_SITES) throw malformed('sites', `has more than ${MAX_SITES} entries`)
  for (const [site, settings] of Object.entries(sites)) {
    const below = /^[\w-]{1,40}$/.test(site) ? `sites.${site}` : 'sites'
    for (const each of settingProblems(settings)) problems.push({ ...each, path: `${below}.${each.path}` })
  }
  if (problems.length > 0) throw problemsError(problems)
  return { profile: profile, sites: sites as Record<string, Profile> }
}

/**
 * The text of a profile file in YAML, or in JSON.
 * @throws {SettingsError} `settings.secret-value` for a `Secret` in memory, which cannot be written
 */
export function writeProfileFile({ profile, sites }: ProfileDocument, format: 'yaml' | 'json' = 'yaml'): string {
  for (const each of [profile, ...Object.values(sites)]) {
    for (const [path, value] of valuesOf(each)) {
      if (!holdsSecret(value)) continue
      throw new SettingsError('settings.secret-value', path, 'is a secret in memory, which a file cannot refer to', {
        hint: 'Give it as env:NAME, file:PATH or vault:NAME.',
      })
    }
  }
  const document = { ...profile, ...(Object.keys(sites).length === 0 ? {} : { sites }) }
  return format === 'json' ? `${JSON.stringify(document, null, 2)}\n` : stringify(document, { lineWidth: 120 })
}

function parse(text: string): Record<string, unknown> {
  if (text.length > MAX_CHARACTERS) throw malformed('profile', `is longer than ${MAX_CHARACTERS} characters`)
  let value: unknown
  try {
    const document = parseDocument(text.replace(/^\ufeff/, ''), {
      strict: true,
      uniqueKeys: true,
      merge: false,
      logLevel: 'silent',
    })
    const [error] = document.errors
    if (error) throw malformed('profile', `is not well-formed in line ${error.linePos?.[0].line ?? 1}`)
    value = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    if (error instanceof SettingsError) throw error
    throw malformed('profile', 'is not well-formed') // no cause: it would repeat a piece of the text, which may be a password
  }
  if (!isObject(value)) throw malformed('profile', 'holds no settings')
  return value
}

function holdsSecret(value: unknown): boolean {
  if (value instanceof Secret) return true
  if (Array.isArray(value)) return value.some(holdsSecret)
  return isObject(value) && Object.values(value).some(holdsSecret)
}

function malformed(field: string, message: string): SettingsError {
  return new SettingsError('settings.file-format', field, message, {
    hint: 'A profile is YAML or JSON, such as { "relay": { "host": "smtp.example.com" } }; see docs/settings.md.',
  })
}

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { nearName, Secret, SettingsError } from '@posthorn/ground'
import type { ComposeOptions } from '@posthorn/mime'
import type { SmtpOptions } from '@posthorn/smtp'
import { checkSetting, SETTINGS } from './setting-table.js'

/** One complete way out, and what is done to every draft that takes it. */
export interface Profile {
  /** SMTP or LMTP, to one relay. */
  readonly smtp: SmtpOptions
  /** How drafts are composed: signed, encrypted, folded, with access to files or without. Cannot be written in JSON yet. */
  readonly compose?: ComposeOptions
}

/** A setting by its path, as it was written down. */
export type WrittenSetting = readonly [name: string, value: unknown]

/**
 * A profile from the text of a profile file: `{ "smtp": { "host": ..., "credentials": { "user": ..., "passwordFile": ... } } }`. The
 * settings are those of `SmtpOptions` that can be written in JSON; besides them `tls.caFile`, `tls.certFile`, `tls.keyFile` and
 * `credentials.passwordFile` name files, from `directory`.
 * @throws {SettingsError} `settings.json`, `settings.unknown`, `settings.value`, `settings.file`
 */
export function profileFromJson(text: string, directory: string): Profile {
  const hint = 'A profile is a JSON object such as { "smtp": { "host": "smtp.example.com" } }.'
  let profile: unknown
  try {
    profile = JSON.parse(text)
  } catch {
    // no cause: what JSON.parse says repeats a piece of the text, which may be the password
    throw new SettingsError('settings.json', 'profile', 'is not JSON', { hint })
  }
  if (!isObject(profile) || !isObject(profile['smtp']))
    throw new SettingsError('settings.json', 'profile', 'has no object "smtp"', { hint })
  const other = Object.keys(profile).find((key) => key !== 'smtp')
  if (other !== undefined) throw unknownSetting(other)
  return profileFromSettings(flatten(profile['smtp'], ''), directory)
}

/**
 * A profile from settings by path, each checked against the table; text of the kind `secret` is put into a `Secret`, files are read.
 * @throws {SettingsError} `settings.unknown`, `settings.value`, `settings.file`
 */
export function profileFromSettings(settings: Iterable<WrittenSetting>, directory: string): Profile {
  const smtp = {}
  for (const [name, value] of settings) {
    const setting = SETTINGS.get(name)
    if (!setting) throw unknownSetting(name)
    checkSetting(name, setting, value)
    if (setting.fills !== undefined) {
      const content = readSettingFile(resolve(directory, value as string), name)
      put(
        smtp,
        setting.fills,
        SETTINGS.get(setting.fills)!.kind === 'secret' ? new Secret(firstLine(content)) : content,
      )
    } else {
      put(smtp, name, setting.kind === 'secret' ? new Secret(value as string) : value)
    }
  }
  return { smtp: smtp as SmtpOptions }
}

/** By whole path, and by the last part of it. */
const KNOWN_NAMES = [...SETTINGS.keys()].flatMap((name) => [name, name.slice(name.lastIndexOf('.') + 1)])

/** A setting nobody knows. Only a name that looks like one is repeated, and of a URL only one that is near to one: it may be a piece of a password. */
export function unknownSetting(name: string, inUrl = false): SettingsError {
  const meant = nearName(name, KNOWN_NAMES)
  const shown = meant !== undefined || (!inUrl && /^[A-Za-z][A-Za-z0-9]{0,40}(?:\.[A-Za-z0-9]{1,40}){0,3}$/.test(name))
  return new SettingsError('settings.unknown', shown ? name : 'a setting', 'is not known', {
    hint:
      meant === undefined ? 'Check the spelling; settings have the names of SmtpOptions.' : `Did you mean ${meant}?`,
  })
}

/** The text of a file a setting names. @throws {SettingsError} `settings.file` */
function readSettingFile(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw new SettingsError('settings.file', name, `${path} cannot be read (${reason})`, {
      cause: error,
      hint: 'Check the path and the permissions of the file.',
    })
  }
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0]!
}

function* flatten(object: Readonly<Record<string, unknown>>, prefix: string): Generator<[string, unknown]> {
  for (const [key, value] of Object.entries(object)) {
    const name = prefix + key
    if (isObject(value) && Object.keys(value).length > 0) yield* flatten(value, `${name}.`)
    else yield [name, value]
  }
}

function put(target: Record<string, unknown>, name: string, value: unknown): void {
  const path = name.split('.')
  const last = path.pop()!
  let at = target
  for (const key of path) at = (at[key] ??= {}) as Record<string, unknown>
  at[last] = value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Secret, SettingsError } from '@posthorn/ground'
import { parseProxyUrl } from '@posthorn/net'
import {
  fromValues,
  SETTINGS,
  SETTINGS_BY_SMTP_NAME,
  unknownSetting,
  valueFromText,
  valueProblems,
  type Profile,
  type Setting,
  type SettingValue,
} from '@posthorn/settings'

/** What each scheme stands for. RFC 8314 3.3 for implicit TLS; RFC 2033 gives LMTP no port of its own, 24 is usual. */
const SCHEMES: ReadonlyMap<string, readonly SettingValue[]> = new Map([
  ['smtps:', [['security', 'implicit']]],
  ['smtp:', []],
  [
    'lmtp:',
    [
      ['transport', 'lmtp'],
      ['relay.port', 24],
    ],
  ],
])
/** What the URL says in another place. */
const SAID_ELSEWHERE = new Set(['relay.host', 'relay.port', 'transport', 'credentials.user', 'spool.directory'])

/**
 * A profile from a URL: `smtps://user:password@relay.example:465?pool.maxConnections=4`.
 *
 * `smtps:` is TLS from the first octet (port 465); `smtp:` is STARTTLS or nothing (port 587; on port 465 TLS from the first octet);
 * `lmtp:` is RFC 2033 (port 24). User and password are percent-decoded; the password is a `Secret` in the profile. Behind "?" stand
 * settings by their path (`identity.localName`) or by their name in `SmtpOptions` (`localName`), and `proxy=socks5://proxy.example:1080`.
 * `spool:///var/spool/app` is the transport `spool` with that folder, whose path is whole and percent-encoded, as in `file:` (RFC 8089).
 * Relative paths start at the working directory. Secrets have no place there, but for those of the proxy in its URL, which is percent-encoded then.
 *
 * Each value is checked; whether they go together, and whether something is missing, `Mailer` says. No part of the URL but a well-formed
 * name of a setting is ever in a message: a password that was not percent-encoded ends up anywhere.
 * @throws {SettingsError} `settings.url`, `settings.unknown`, `settings.value`, `settings.proxy`
 */
export function profileFromUrl(given: string | URL): Profile {
  const text = String(given)
  if (/^spool:/i.test(text)) return spoolProfile(text)
  const scheme = SCHEMES.get(/^([a-z]+:)\/\//i.exec(text)?.[1]?.toLowerCase() ?? '')
  if (!scheme)
    throw bad('does not begin with smtp://, smtps://, lmtp:// or spool://', 'Write smtp://user@relay.example:587.')
  // A password with a bare "/", "?" or "#" ends the host part early, and its "@" is left behind.
  if (/^[a-z]+:\/\/[^/?#]*[/?#].*@/is.test(text)) throw bad('has an "@" behind its host', ENCODE)
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw bad('is not well-formed', ENCODE) // without the cause, which holds the whole URL
  }
  if (url.hostname === '') throw bad('names no host', 'Write smtp://relay.example:587.')
  if (!/^\/?$/.test(url.pathname) || url.hash !== '') throw bad('has a path or a fragment', ENCODE)
  const values = new Map<string, unknown>([...scheme, ['relay.host', decoded(url.hostname)]])
  if (url.port !== '') values.set('relay.port', Number(url.port))
  if (url.username !== '') values.set('credentials.user', decoded(url.username))
  else if (url.password !== '') throw bad('has a password and no user', 'Write smtp://user:password@relay.example.')
  if (url.password !== '') values.set('credentials.password', new Secret(decoded(url.password)))
  takeQuery(url.searchParams, values)
  if (url.protocol === 'smtps:' && values.get('security') !== 'implicit') {
    throw new SettingsError('settings.value', 'security', 'contradicts smtps:, which is implicit TLS', {
      hint: 'Use smtp:// with this security.',
    })
  }
  return fromValues(values)
}

/** A folder in place of a server: nobody logs in, so there is no secret to be kept out of what is said. */
function spoolProfile(text: string): Profile {
  const [, path, query] = /^spool:\/\/(\/[^?#]*)(?:\?([^#]*))?$/is.exec(text) ?? []
  const values = new Map<string, unknown>([['transport', 'spool']])
  values.set('spool.directory', folderAt(path))
  takeQuery(new URLSearchParams(query ?? ''), values)
  return fromValues(values)
}

function folderAt(path: string | undefined): string {
  try {
    if (path !== undefined) return fileURLToPath(new URL(`file://${path}`))
  } catch {
    // said below
  }
  throw bad('names no folder', 'Write spool:///var/spool/app: the whole path of the folder, percent-encoded.')
}

/** The settings behind the "?". */
function takeQuery(query: URLSearchParams, values: Map<string, unknown>): void {
  const seen = new Set<string>()
  const take = (path: string, value: unknown) => {
    if (seen.has(path)) throw new SettingsError('settings.value', path, 'is given twice', { hint: 'Give it once.' })
    seen.add(path)
    values.set(path, value)
  }
  for (const [name, text] of query) {
    if (name === 'proxy') {
      for (const [key, value] of Object.entries(proxySettings(text))) take(`proxy.${key}`, value)
      continue
    }
    const setting = SETTINGS.get(name) ?? SETTINGS_BY_SMTP_NAME.get(name)
    if (!setting || setting.holds === 'secret' || SAID_ELSEWHERE.has(setting.path)) throw unknown(name, setting)
    const value = fromHere(setting, valueFromText(setting, text))
    const [problem] = valueProblems(setting, value)
    if (problem) throw new SettingsError('settings.value', problem.path, problem.problem, { hint: problem.fix })
    take(setting.path, value)
  }
}

/** A URL stands in no folder: its relative paths are made whole, so that they stay what they are wherever the profile is put. */
function fromHere({ holds }: Setting, value: unknown): unknown {
  if (typeof value !== 'string') return value
  const [, file] = holds === 'content' ? (/^file:(?![/~])(.+)$/s.exec(value) ?? []) : []
  if (file !== undefined) return `file:${resolve(file)}`
  return holds === 'path' && !value.startsWith('~/') ? resolve(value) : value
}

function proxySettings(text: string): Readonly<Record<string, unknown>> {
  if (text === 'none' || text === 'environment' || text === 'system') return { type: text }
  return { ...parseProxyUrl(text) }
}

/** Only a name that is near to one of ours is repeated: what stands there may be a piece of a password. */
function unknown(name: string, known: Setting | undefined): SettingsError {
  if (known) {
    return new SettingsError('settings.unknown', name, 'has no place behind the "?" of a URL', {
      hint:
        known.holds === 'secret'
          ? 'Give it by a profile, as env:NAME, file:PATH or vault:NAME.'
          : 'It stands before the "?".',
    })
  }
  const { path, fix, kind } = unknownSetting(name)
  const isNear = kind === 'value' || fix.startsWith('Did you mean') // the name of a group, or nearly that of a setting
  return new SettingsError('settings.unknown', isNear ? path : 'a setting', 'is not known', { hint: fix })
}

const ENCODE =
  'Percent-encode special characters of user and password: "/" is %2F, "?" %3F, "#" %23, "@" %40, ":" %3A, "%" %25.'

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw bad('has a malformed percent-encoding', ENCODE)
  }
}

function bad(message: string, hint: string): SettingsError {
  return new SettingsError('settings.url', 'server URL', message, { hint })
}

import { cwd } from 'node:process'
import { SettingsError } from '@posthorn/ground'
import { profileFromSettings, unknownSetting, type Profile, type WrittenSetting } from './profile.js'
import { parseSetting, SETTINGS } from './setting-table.js'

/** What each scheme stands for. RFC 8314 3.3 for implicit TLS; RFC 2033 gives LMTP no port of its own, 24 is usual. */
const SCHEMES: ReadonlyMap<string, readonly WrittenSetting[]> = new Map([
  ['smtps:', [['security', 'implicit']]],
  ['smtp:', []],
  [
    'lmtp:',
    [
      ['protocol', 'lmtp'],
      ['port', 24],
    ],
  ],
])

/**
 * A profile from a URL: `smtps://user:password@relay.example:465?pool.maxConnections=4`.
 *
 * `smtps:` is TLS from the first octet (port 465); `smtp:` is STARTTLS or nothing (port 587; on port 465 TLS from the first octet);
 * `lmtp:` is RFC 2033 (port 24). User and password are percent-decoded. Behind "?" stand settings of `SmtpOptions` by their path:
 * `security`, `localName`, `allowCleartextAuth`, `mechanisms`, `deadlineMs`, `family`, `pool.*`, `timeouts.*`, `tls.servername`,
 * `tls.minVersion`, `tls.maxVersion`, `tls.rejectUnauthorized`, and `tls.caFile` for a file with trusted authorities in PEM.
 *
 * No part of the URL but a well-formed name of a setting is ever in a message: a password that was not percent-encoded ends up anywhere.
 * @throws {SettingsError} `settings.url`, `settings.unknown`, `settings.value`, `settings.file`
 */
export function profileFromUrl(given: string | URL): Profile {
  const text = String(given)
  const scheme = SCHEMES.get(/^([a-z]+:)\/\//i.exec(text)?.[1]?.toLowerCase() ?? '')
  if (!scheme) throw bad('does not begin with smtp://, smtps:// or lmtp://', 'Write smtp://user@relay.example:587.')
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
  const settings = new Map<string, unknown>([...scheme, ['host', decoded(url.hostname)]])
  if (url.port !== '') settings.set('port', Number(url.port))
  if (url.username !== '') settings.set('credentials.user', decoded(url.username))
  else if (url.password !== '') throw bad('has a password and no user', 'Write smtp://user:password@relay.example.')
  if (url.password !== '') settings.set('credentials.password', decoded(url.password))
  const seen = new Set<string>()
  for (const [name, value] of url.searchParams) {
    const setting = SETTINGS.get(name)
    if (!setting?.url) throw unknownSetting(name, true)
    if (seen.has(name)) throw new SettingsError('settings.value', name, 'is given twice', { hint: 'Give it once.' })
    seen.add(name)
    settings.set(name, parseSetting(name, setting, value))
  }
  if (url.protocol === 'smtps:' && settings.get('security') !== 'implicit') {
    throw new SettingsError('settings.value', 'security', 'contradicts smtps:, which is implicit TLS', {
      hint: 'Use smtp:// with this security.',
    })
  }
  return profileFromSettings(settings, cwd())
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

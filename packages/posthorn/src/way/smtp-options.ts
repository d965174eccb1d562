import { SettingsError, type Secret } from '@posthorn/ground'
import { checkProfile, SETTINGS, valuesOf, type Profile, type Setting } from '@posthorn/settings'
import type { Credentials, SmtpOptions } from '@posthorn/smtp'
import { identityOf } from './certificate-of.js'
import { KeptValues } from './kept-values.js'
import { NO_LIMIT_MS } from './no-limit.js'
import { profileTokens, type ProfileTokens } from './profile-tokens.js'
import type { ProfileTerms } from './profile-terms.js'
import { proxyOf } from './proxy-of.js'

/** What an engine goes by, and the source of tokens in it. */
export interface EngineOptions {
  /** Without a host for the transport `direct`. */
  readonly smtp: Partial<SmtpOptions>
  readonly tokens?: ProfileTokens
}

/** LMTP has no port of its own; this one is usual (RFC 2033 5). */
const LMTP_PORT = 24

/**
 * The options of the client that a profile stands for, with everything read that it refers to: for `SmtpClient`.
 * @throws {SettingsError} `settings.*` for what is wrong in the profile or cannot be read; `settings.transport` for one without a relay;
 * `oauth2.settings`, `certificate.*`
 */
export async function smtpOptionsOf(profile: Profile, terms: ProfileTerms = {}): Promise<SmtpOptions> {
  checkProfile(profile)
  const { transport } = profile
  if (transport === 'direct' || transport === 'spool') {
    throw new SettingsError('settings.transport', 'transport', `is ${transport}, which has no relay to be asked`, {
      hint: 'Use a profile with the transport smtp or lmtp.',
    })
  }
  const { smtp } = await engineOptions(profile, new KeptValues(terms), terms)
  return { ...smtp, host: profile.relay!.host! } // the rules of a profile see to it
}

/**
 * The same for any transport that speaks SMTP.
 * @param before the source of tokens of an earlier reading, which goes on when it would be made of the same
 * @throws {SettingsError} as `smtpOptionsOf`
 */
export async function engineOptions(
  profile: Profile,
  kept: KeptValues,
  terms: ProfileTerms,
  before?: ProfileTokens,
): Promise<EngineOptions> {
  const { transport = 'smtp', relay, tls } = profile
  checkTransport(profile)
  const options: Record<string, unknown> = {}
  for (const [path, value] of valuesOf(profile)) {
    const setting = SETTINGS.get(path)
    if (setting?.smtp === undefined || /^(?:credentials|proxy)\./.test(setting.smtp)) continue
    put(options, setting.smtp, await engineValue(setting, value, kept))
  }
  const identity = await identityOf(tls?.clientCertificate, 'tls.clientCertificate', kept, true)
  if (identity) put(options, 'tls.identity', identity)
  const proxy = await proxyOf(profile, kept)
  if (proxy !== undefined) options['proxy'] = proxy
  if (transport === 'lmtp') {
    options['protocol'] = 'lmtp'
    if (relay?.port === undefined) options['port'] = LMTP_PORT
  }
  const login = await loginOf(profile, kept, terms, before)
  if (login) options['credentials'] = login.credentials
  const smtp = laidOver(options, terms.smtp)
  return login?.tokens ? { smtp, tokens: login.tokens } : { smtp }
}

/** @throws {SettingsError} `settings.transport` */
export function checkTransport({ transport = 'smtp' }: Profile): void {
  if (['smtp', 'lmtp', 'direct', 'spool'].includes(transport)) return
  throw new SettingsError('settings.transport', 'transport', `cannot be ${transport} yet`, {
    hint: 'There are smtp, lmtp, direct and spool; the service can be reached by smtp with oauth2, too.',
  })
}

async function engineValue({ path, holds }: Setting, value: unknown, kept: KeptValues): Promise<unknown> {
  if (holds === 'secret') return kept.secret(path, value as string | Secret)
  if (holds === 'content') return (await kept.content(path, value as string | Secret)).reveal()
  if (holds === 'path') return kept.at(value as string)
  if (path.startsWith('timeouts.') && path !== 'timeouts.quitMs' && value === 0) return NO_LIMIT_MS
  return value
}

/** Who logs in, and with what; undefined when nobody does. */
async function loginOf(
  profile: Profile,
  kept: KeptValues,
  terms: ProfileTerms,
  before: ProfileTokens | undefined,
): Promise<{ readonly credentials: Credentials; readonly tokens?: ProfileTokens } | undefined> {
  const { credentials = {}, oauth2 } = profile
  if (credentials.enabled === false || profile.transport === 'direct') return undefined
  const login: Record<string, unknown> = {}
  for (const [path, value] of valuesOf({ credentials })) {
    const setting = SETTINGS.get(path)!
    if (!setting.smtp?.startsWith('credentials.')) continue
    put(login, setting.smtp.slice('credentials.'.length), await engineValue(setting, value, kept))
  }
  if (!byToken(profile)) {
    warnOfTokens(profile, kept)
    // a realm or the like alone logs nobody in
    const someone = ['user', 'password', 'accessToken', 'mechanism'].some((name) => name in login)
    return someone ? { credentials: login as never } : undefined
  }
  delete login['password']
  login['user'] ??= oauth2?.subject ?? oauth2?.user
  if (login['user'] === undefined) {
    throw new SettingsError('settings.rule', 'credentials.user', 'is missing beside oauth2', {
      hint: 'Give the mailbox that logs in.',
    })
  }
  const tokens = await profileTokens(profile, kept, terms, before)
  return { credentials: { ...login, accessToken: tokens.source } as Credentials, tokens }
}

const TOKEN_MECHANISM = /^(?:XOAUTH2|OAUTHBEARER)$/i

/** Whether the login is by tokens of `oauth2`. @throws {SettingsError} `settings.rule` when that cannot be told */
function byToken({ credentials = {}, oauth2 }: Profile): boolean {
  if (oauth2 === undefined || Object.keys(oauth2).length === 0) return false
  const { mechanism, mechanisms = [], password, accessToken } = credentials
  if (mechanism !== undefined && TOKEN_MECHANISM.test(mechanism)) return accessToken === undefined
  if (mechanism !== undefined) return false
  const takesNoToken = mechanisms.length > 0 && !mechanisms.some((each) => TOKEN_MECHANISM.test(each))
  if (takesNoToken && password !== undefined) return false
  const other =
    password === undefined
      ? accessToken === undefined
        ? undefined
        : 'credentials.accessToken'
      : 'credentials.password'
  if (other === undefined) return true
  throw new SettingsError('settings.rule', other, 'stands beside oauth2, and nothing says which of them logs in', {
    hint: 'Leave one of them out, or give credentials.mechanism: XOAUTH2 or OAUTHBEARER for oauth2, another one for the password.',
  })
}

/** What is filled in for tokens may have been forgotten there, or the mechanism. */
function warnOfTokens({ credentials = {}, oauth2 }: Profile, kept: KeptValues): void {
  if (oauth2 === undefined || Object.keys(oauth2).length === 0 || credentials.accessToken !== undefined) return
  const setting = credentials.mechanism === undefined ? 'credentials.mechanisms' : 'credentials.mechanism'
  kept.warn({
    code: 'settings.unused',
    path: 'oauth2',
    message: `is kept and not used: ${setting} takes no token`,
    hint: 'Leave it out, or set credentials.mechanism to XOAUTH2.',
  })
}

/** Groups of options that are laid over one another; any other is taken whole. */
const GROUPS = ['tls', 'pool', 'timeouts'] as const

function laidOver(options: Partial<SmtpOptions>, own: Partial<SmtpOptions> | undefined): Partial<SmtpOptions> {
  if (!own) return options
  const said = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined))
  const groups = GROUPS.flatMap((group) =>
    own[group] === undefined ? [] : [[group, { ...options[group], ...own[group] }] as const],
  )
  return { ...options, ...said, ...Object.fromEntries(groups) }
}

function put(target: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.')
  const last = keys.pop()!
  let at = target
  for (const key of keys) at = (at[key] ??= {}) as Record<string, unknown>
  at[last] = value
}

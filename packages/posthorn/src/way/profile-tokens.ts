import { createHash } from 'node:crypto'
import { SettingsError } from '@posthorn/ground'
import type { TokenSource } from '@posthorn/sasl'
import type { Profile } from '@posthorn/settings'
import type { EntryWords, TokenEntries } from '../oauth2/token-entries.js'
import type { TokenOptions } from '../oauth2/token-options.js'
import { identityOf } from './certificate-of.js'
import type { KeptValues } from './kept-values.js'
import type { ProfileTerms } from './profile-terms.js'
import { proxyOf } from './proxy-of.js'
import { NO_LIMIT_MS } from './no-limit.js'

/** A source of tokens, and what it was made of: one that is made of the same goes on, with the tokens it has. */
export interface ProfileTokens {
  readonly fingerprint: string
  readonly source: TokenSource
}

/** @throws {SettingsError} `oauth2.settings`, `settings.*`, `certificate.*` */
export async function profileTokens(
  profile: Profile,
  kept: KeptValues,
  { signIn }: ProfileTerms,
  before?: ProfileTokens,
): Promise<ProfileTokens> {
  const options = await tokenOptionsFor(profile, kept, signIn)
  const read = [...kept.digests].filter(([path]) => path.startsWith('oauth2.') || path.startsWith('proxy.'))
  const said = JSON.stringify([profile.oauth2, profile.proxy, timesOf(profile), read.sort()]) // secrets stand there as their digests
  const fingerprint = createHash('sha256').update(said).digest('hex')
  if (before?.fingerprint === fingerprint) return before
  const { tokenSource } = await import('../oauth2/token-source.js')
  return { fingerprint, source: tokenSource(options) }
}

/**
 * How tokens are had, by `oauth2` of a profile: for `tokenSource` and for signing in.
 * @throws {SettingsError} `oauth2.settings`, `settings.*`, `certificate.*`
 */
export async function tokenOptionsFor(
  profile: Profile,
  kept: KeptValues,
  signIn: ProfileTerms['signIn'] = {},
): Promise<TokenOptions> {
  const { oauth2 = {} } = profile
  const { tokenOptionsOf } = await import('../oauth2/token-entries.js')
  const secret = (name: 'clientSecret' | 'password' | 'refreshToken' | 'authorization') => {
    const value = oauth2[name]
    return value === undefined ? undefined : kept.secret(`oauth2.${name}`, value)
  }
  const key = oauth2.serviceAccountKey
  const fileAt = (path: string | undefined) => (path === undefined ? undefined : kept.at(path))
  const { provider, tenant, authority, tokenUrl, authorizationUrl, deviceAuthorizationUrl, prompt } = oauth2
  const { clientId, clientSecretMethod, grant, user, subject, scope, credential, expiryMarginMs } = oauth2
  const entries: TokenEntries = {
    ...{ provider, tenant, authority, tokenUrl, authorizationUrl, deviceAuthorizationUrl, prompt },
    ...{ clientId, clientSecretMethod, grant, user, subject, scope, credential, expiryMarginMs },
    clientSecret: await secret('clientSecret'),
    clientCertificate: await identityOf(oauth2.clientCertificate, 'oauth2.clientCertificate', kept),
    assertionFile: fileAt(oauth2.clientAssertionFile),
    password: await secret('password'),
    refreshToken: await secret('refreshToken'),
    key: key === undefined ? undefined : { json: await kept.content('oauth2.serviceAccountKey', key) },
    authorization: await secret('authorization'),
    store: fileAt(oauth2.store),
    web: { proxy: await proxyOf(profile, kept), ...timesOf(profile) },
  }
  const hide = oauth2.hideBrowserResponse
  return tokenOptionsOf(entries, hide === undefined ? signIn : { ...signIn, hideResponse: hide }, WORDS)
}

/** The times of the profile count for its token requests, too. @source Genesys, connect-timeout, protocol-timeout */
function timesOf({ timeouts = {} }: Profile): { connectMs?: number; timeoutMs?: number } {
  return {
    ...(timeouts.connectMs === undefined ? {} : { connectMs: timeouts.connectMs || NO_LIMIT_MS }),
    ...(timeouts.idleMs === undefined ? {} : { timeoutMs: timeouts.idleMs || NO_LIMIT_MS }),
  }
}

/** Settings of the library that are called otherwise in a profile, or are said otherwise there. */
const NAMES: Readonly<Record<string, readonly [name: string, hint?: string]>> = {
  provider: ['provider', 'Give microsoft, google or an issuer, or the address in oauth2.tokenUrl.'],
  clientSecret: ['clientSecret', 'Give one of clientSecret, clientCertificate and clientAssertionFile.'],
  key: ['serviceAccountKey'],
  'grant.user': ['user'],
  'grant.password': ['password'],
  'grant.refreshToken': ['refreshToken'],
  'grant.authorization': ['authorization'],
  'provider.issuer': ['provider'],
  'provider.tokenUrl': ['tokenUrl'],
  'provider.authorizationUrl': ['authorizationUrl'],
  'provider.deviceAuthorizationUrl': ['deviceAuthorizationUrl'],
}

const WORDS: EntryWords = {
  name(entry) {
    const [name, hint] = NAMES[entry] ?? [entry]
    return [`oauth2.${name}`, hint]
  },
  refusal: (name, problem, hint) => new SettingsError('oauth2.settings', name, problem, { hint }),
}

import type { Identity } from '@posthorn/certificate'
import { SettingsError, type Secret } from '@posthorn/ground'
import type { WebOptions } from '@posthorn/net/web'
import { checkTokenOptions } from './check-token-options.js'
import { FileTokenStore } from './file-token-store.js'
import { google } from './google.js'
import type { Grant, ServiceAccountKey } from './grant.js'
import { microsoft } from './microsoft.js'
import type { MailUse, Provider } from './provider.js'
import type { SignInMeans } from './sign-in-means.js'
import type { TokenOptions } from './token-options.js'

/** How tokens are had, as it is written down in a file or a profile, with its secrets and files read. */
export interface TokenEntries {
  /** `microsoft`, `google`, or an issuer. */
  readonly provider?: string | undefined
  readonly tenant?: string | undefined
  readonly authority?: string | undefined
  readonly use?: string | undefined
  readonly tokenUrl?: string | undefined
  readonly authorizationUrl?: string | undefined
  readonly deviceAuthorizationUrl?: string | undefined
  readonly prompt?: string | undefined
  readonly clientId?: string | undefined
  readonly clientSecret?: Secret | undefined
  readonly clientSecretMethod?: 'basic' | 'post' | undefined
  readonly clientCertificate?: Identity | undefined
  /** The path of a file. */
  readonly assertionFile?: string | undefined
  /** Default `authorization-code`. */
  readonly grant?: string | undefined
  readonly user?: string | undefined
  readonly password?: Secret | undefined
  readonly refreshToken?: Secret | undefined
  readonly key?: ServiceAccountKey | undefined
  readonly subject?: string | undefined
  readonly authorization?: Secret | undefined
  readonly scope?: string | undefined
  /** The path of a file. */
  readonly store?: string | undefined
  readonly credential?: string | undefined
  readonly expiryMarginMs?: number | undefined
  readonly web?: WebOptions | undefined
}

/** How the place where the entries were written speaks of them. */
export interface EntryWords {
  /** What an entry, or a setting of the library such as `provider.issuer`, is called there; and what to do, where the library says it otherwise. */
  name(entry: string): readonly [name: string, hint?: string | undefined]
  refusal(name: string, problem: string, hint: string): SettingsError
}

/**
 * The options that the entries stand for. All that can be told without asking the provider is checked.
 * @throws {SettingsError} as `words.refusal` makes it
 */
export function tokenOptionsOf(entries: TokenEntries, means: SignInMeans, words: EntryWords): TokenOptions {
  const { clientCertificate, assertionFile, store, web } = entries
  const options: TokenOptions = {
    provider: inWords(words, () => providerOf(entries)),
    grant: grantOf(entries, means, words),
    clientId: entries.clientId,
    clientSecret: entries.clientSecret,
    clientCertificate: clientCertificate && { identity: clientCertificate },
    clientAssertion: assertionFile === undefined ? undefined : { file: assertionFile },
    clientSecretMethod: entries.clientSecretMethod,
    scope: entries.scope,
    store: store === undefined ? undefined : new FileTokenStore({ path: store }),
    credential: entries.credential,
    expiryMarginMs: entries.expiryMarginMs,
    web,
  }
  inWords(words, () => checkTokenOptions(options))
  return options
}

/** Says what is wrong with a setting in the words of the place where it was written. */
function inWords<T>(words: EntryWords, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof SettingsError && error.code === 'oauth2.settings')) throw error
    const [name, hint] = words.name(error.field)
    throw words.refusal(
      name,
      error.message.slice(`${error.field}: `.length),
      hint ?? error.hint ?? 'Correct the value.',
    )
  }
}

function providerOf(entries: TokenEntries): Provider | undefined {
  const { provider, tokenUrl, prompt } = entries
  if (provider === undefined && tokenUrl === undefined) return undefined
  const { authorizationParameters, ...rest } = knownProvider(entries)
  if (prompt === undefined) return { ...rest, authorizationParameters }
  return { ...rest, authorizationParameters: { ...authorizationParameters, prompt } }
}

function knownProvider(entries: TokenEntries): Provider {
  const { provider, tenant = '', authority, use, tokenUrl, authorizationUrl, deviceAuthorizationUrl } = entries
  const given = Object.fromEntries(
    Object.entries({ tokenUrl, authorizationUrl, deviceAuthorizationUrl }).filter(([, url]) => url !== undefined),
  )
  if (provider === 'microsoft')
    return { ...microsoft({ tenant, authority, use: use as MailUse | undefined }), ...given }
  if (provider === 'google') return { ...google(), ...given }
  return { issuer: provider, tokenUrl, authorizationUrl, deviceAuthorizationUrl }
}

function grantOf(entries: TokenEntries, { open, show, hideResponse }: SignInMeans, words: EntryWords): Grant {
  const type = entries.grant ?? 'authorization-code'
  const needed = <T>(value: T | undefined, entry: keyof TokenEntries): T => {
    if (value !== undefined) return value
    throw words.refusal(words.name(entry)[0], 'is missing', `The grant ${type} needs it.`)
  }
  switch (type) {
    case 'client-credentials':
      return { type }
    case 'authorization-code':
      return open ? { type, browser: { open, ...(hideResponse === undefined ? {} : { hideResponse }) } } : { type }
    case 'device-code':
      return { type, show }
    case 'refresh-token':
      return { type, refreshToken: needed(entries.refreshToken, 'refreshToken') }
    case 'password':
      return { type, user: needed(entries.user, 'user'), password: needed(entries.password, 'password') }
    case 'service-account':
      return { type, key: needed(entries.key, 'key'), subject: entries.subject }
    case 'given':
      return { type, authorization: needed(entries.authorization, 'authorization') }
    default:
      throw words.refusal(words.name('grant')[0], 'is not known', `Use one of ${GRANTS.join(', ')}.`)
  }
}

const GRANTS: readonly Grant['type'][] = [
  'client-credentials',
  'authorization-code',
  'device-code',
  'refresh-token',
  'password',
  'service-account',
  'given',
]

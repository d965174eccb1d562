import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { openCertificateStore } from '@posthorn/certificate'
import { nearName, Secret, SettingsError } from '@posthorn/ground'
import { checkTokenOptions } from './check-token-options.js'
import { FileTokenStore } from './file-token-store.js'
import { google } from './google.js'
import type { Grant } from './grant.js'
import { microsoft } from './microsoft.js'
import type { MailUse, Provider } from './provider.js'
import type { TokenOptions } from './token-options.js'

/** What only the program can do: open a browser, show a code. */
export interface SignInMeans {
  readonly open?: (url: string) => Promise<void> | void
  readonly show?: (code: { readonly userCode: string; readonly verificationUri: string }) => Promise<void> | void
  readonly hideResponse?: boolean
}

/** What may stand in the file; all are texts but `expiryMarginMs`. */
const KEYS = [
  ...['provider', 'tenant', 'authority', 'use', 'tokenUrl', 'authorizationUrl', 'deviceAuthorizationUrl'],
  ...['clientId', 'clientSecret', 'clientSecretFile', 'clientCertificateFile', 'clientCertificatePasswordFile'],
  ...['assertionFile', 'grant', 'user', 'password', 'passwordFile', 'refreshToken', 'refreshTokenFile', 'keyFile'],
  ...['subject', 'authorizationFile', 'scope', 'prompt', 'store', 'name', 'proxy', 'expiryMarginMs'],
] as const
type Key = (typeof KEYS)[number]
type Entries = Readonly<Partial<Record<string, string>>>

/**
 * How tokens are had, from a JSON file: `{ "provider": "microsoft", "tenant": ..., "clientId": ..., "clientSecretFile": ..., "grant":
 * "client-credentials", "store": "tokens.json" }`. `provider` is `microsoft`, `google`, or the issuer of an OpenID provider. Paths start
 * from the folder of the file. All that can be told without asking the provider is checked.
 * @throws {SettingsError} `oauth2.file` naming the entry, `oauth2.file-read`, `certificate.*`
 */
export async function tokenOptionsFromFile(path: string, means: SignInMeans = {}): Promise<TokenOptions> {
  const entries = parse(await text(path, 'oauth2 file'))
  const at = (key: Key): string | undefined => entries[key]
  const pathOf = (key: Key): string | undefined => {
    const given = at(key)
    return given === undefined ? undefined : resolve(dirname(path), given)
  }
  const secretOf = async (key: Key | undefined, fileKey: Key): Promise<Secret | undefined> => {
    const file = pathOf(fileKey)
    const given = key === undefined ? undefined : at(key)
    if (file !== undefined && given !== undefined)
      throw wrong(fileKey, `stands beside ${key}`, 'Leave one of them out; a file of its own is better.')
    const secret = file === undefined ? given : (await text(file, fileKey)).split(/\r?\n/, 1)[0]!
    if (secret === '' && fileKey !== 'clientCertificatePasswordFile') {
      if (file === undefined) throw wrong(key!, 'is empty', 'Give the secret, or leave the entry out.')
      throw wrong(fileKey, `${file} has nothing on its first line`, 'Put the secret there, or leave the entry out.')
    }
    return secret === undefined ? undefined : new Secret(secret)
  }

  const certificate = pathOf('clientCertificateFile')
  const password = await secretOf(undefined, 'clientCertificatePasswordFile')
  const store = pathOf('store')
  const margin = at('expiryMarginMs')
  const assertionFile = pathOf('assertionFile')
  const identity =
    certificate === undefined
      ? undefined
      : (
          await openCertificateStore({
            source: { path: certificate },
            ...(password === undefined ? {} : { password }),
            field: 'clientCertificateFile',
          })
        ).identity()
  const options: TokenOptions = {
    provider: inEntries(() => providerOf(entries)),
    grant: await grantOf(at, pathOf, secretOf, means),
    clientId: at('clientId'),
    clientSecret: await secretOf('clientSecret', 'clientSecretFile'),
    clientCertificate: identity && { identity },
    clientAssertion: assertionFile === undefined ? undefined : { file: assertionFile },
    scope: at('scope'),
    store: store === undefined ? undefined : new FileTokenStore({ path: store }),
    credential: at('name'),
    expiryMarginMs: margin === undefined ? undefined : Number(margin),
    web: at('proxy') === undefined ? undefined : { proxy: at('proxy') },
  }
  inEntries(() => checkTokenOptions(options))
  return options
}

/** Settings of the library that are called otherwise in the file, or are said otherwise there. */
const ENTRIES: Readonly<Record<string, readonly [key: Key, hint?: string]>> = {
  credential: ['name'],
  provider: ['provider', 'Give "microsoft", "google" or an issuer, or the address in "tokenUrl".'],
  clientSecret: [
    'clientSecret',
    'Give one of clientSecretFile (or clientSecret), clientCertificateFile and assertionFile.',
  ],
  'grant.user': ['user'],
  'grant.password': ['passwordFile'],
  'grant.refreshToken': ['refreshTokenFile'],
  'grant.authorization': ['authorizationFile'],
  'provider.issuer': ['provider'],
  'provider.tokenUrl': ['tokenUrl'],
  'provider.authorizationUrl': ['authorizationUrl'],
  'provider.deviceAuthorizationUrl': ['deviceAuthorizationUrl'],
}

/** Says what is wrong with a setting in the words of the file. */
function inEntries<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof SettingsError && error.code === 'oauth2.settings')) throw error
    const [key, hint] = ENTRIES[error.field] ?? [error.field]
    throw wrong(key, error.message.slice(`${error.field}: `.length), hint ?? error.hint ?? 'Correct the value.')
  }
}

function providerOf(entries: Entries): Provider | undefined {
  const { provider, tokenUrl, prompt } = entries
  if (provider === undefined && tokenUrl === undefined) return undefined
  const { authorizationParameters, ...rest } = knownProvider(entries)
  if (prompt === undefined) return { ...rest, authorizationParameters }
  return { ...rest, authorizationParameters: { ...authorizationParameters, prompt } }
}

function knownProvider(entries: Entries): Provider {
  const { provider, tenant = '', authority, use, tokenUrl, authorizationUrl, deviceAuthorizationUrl } = entries
  if (provider === 'microsoft') return microsoft({ tenant, authority, use: use as MailUse | undefined })
  if (provider === 'google') return google()
  return { issuer: provider, tokenUrl, authorizationUrl, deviceAuthorizationUrl }
}

async function grantOf(
  at: (key: Key) => string | undefined,
  pathOf: (key: Key) => string | undefined,
  secretOf: (key: Key | undefined, fileKey: Key) => Promise<Secret | undefined>,
  { open, show, hideResponse }: SignInMeans,
): Promise<Grant> {
  const type = at('grant') ?? 'authorization-code'
  const needed = <T>(value: T | undefined, key: Key): T => value ?? missing(key, type)
  switch (type) {
    case 'client-credentials':
      return { type }
    case 'authorization-code':
      return open ? { type, browser: { open, ...(hideResponse === undefined ? {} : { hideResponse }) } } : { type }
    case 'device-code':
      return { type, show }
    case 'refresh-token':
      return { type, refreshToken: needed(await secretOf('refreshToken', 'refreshTokenFile'), 'refreshTokenFile') }
    case 'password':
      return {
        type,
        user: needed(at('user'), 'user'),
        password: needed(await secretOf('password', 'passwordFile'), 'passwordFile'),
      }
    case 'service-account':
      return { type, key: { file: needed(pathOf('keyFile'), 'keyFile') }, subject: at('subject') }
    case 'given':
      return {
        type,
        authorization: needed(await secretOf(undefined, 'authorizationFile'), 'authorizationFile'),
      }
    default:
      throw wrong('grant', 'is not known', `Use one of ${GRANTS.join(', ')}.`)
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

function parse(json: string): Entries {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw wrong('oauth2 file', 'is not JSON', 'It is one JSON object.') // no cause: it would repeat a piece of the text
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong('oauth2 file', 'is no JSON object', 'Write { "provider": "microsoft", ... }.')
  const entries: Record<string, string> = {}
  for (const [key, entry] of Object.entries(value)) {
    if (!(KEYS as readonly string[]).includes(key)) {
      const meant = nearName(key, KEYS)
      throw wrong(key.slice(0, 40), 'is not known', meant ? `Did you mean ${meant}?` : `Known are ${KEYS.join(', ')}.`)
    }
    const number = key === 'expiryMarginMs'
    if (typeof entry !== (number ? 'number' : 'string'))
      throw wrong(key, number ? 'must be a number' : 'must be a text', 'Correct the value.')
    entries[key] = String(entry)
  }
  return entries
}

async function text(path: string, field: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/^\ufeff/, '') // editors of Windows put it there
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown'
    throw new SettingsError('oauth2.file-read', field, `${path} cannot be read (${reason})`, {
      cause,
      hint: 'Check the path and the permissions of the file.',
    })
  }
}

function missing(key: string, grant: string): never {
  throw wrong(key, 'is missing', `The grant ${grant} needs it.`)
}

function wrong(field: string, problem: string, hint: string): SettingsError {
  return new SettingsError('oauth2.file', field, problem, { hint })
}

import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { openCertificateStore, type Identity } from '@posthorn/certificate'
import { nearName, Secret, SettingsError } from '@posthorn/ground'
import type { SignInMeans } from './sign-in-means.js'
import { tokenOptionsOf, type EntryWords } from './token-entries.js'
import type { TokenOptions } from './token-options.js'

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
  const certificatePassword = await secretOf(undefined, 'clientCertificatePasswordFile')
  const margin = at('expiryMarginMs')
  const proxy = at('proxy')
  const keyFile = pathOf('keyFile')
  const { provider, tenant, authority, use, tokenUrl, authorizationUrl, deviceAuthorizationUrl, prompt } = entries
  return tokenOptionsOf(
    {
      ...{ provider, tenant, authority, use, tokenUrl, authorizationUrl, deviceAuthorizationUrl, prompt },
      clientId: at('clientId'),
      clientSecret: await secretOf('clientSecret', 'clientSecretFile'),
      clientCertificate: certificate === undefined ? undefined : await identityIn(certificate, certificatePassword),
      assertionFile: pathOf('assertionFile'),
      grant: at('grant'),
      user: at('user'),
      password: await secretOf('password', 'passwordFile'),
      refreshToken: await secretOf('refreshToken', 'refreshTokenFile'),
      key: keyFile === undefined ? undefined : { file: keyFile },
      subject: at('subject'),
      authorization: await secretOf(undefined, 'authorizationFile'),
      scope: at('scope'),
      store: pathOf('store'),
      credential: at('name'),
      expiryMarginMs: margin === undefined ? undefined : Number(margin),
      web: proxy === undefined ? undefined : { proxy },
    },
    means,
    WORDS,
  )
}

async function identityIn(path: string, password: Secret | undefined): Promise<Identity> {
  const opened = await openCertificateStore({
    source: { path },
    ...(password === undefined ? {} : { password }),
    field: 'clientCertificateFile',
  })
  return opened.identity()
}

/** Settings of the library that are called otherwise in the file, or are said otherwise there. */
const ENTRIES: Readonly<Record<string, readonly [key: Key, hint?: string]>> = {
  credential: ['name'],
  provider: ['provider', 'Give "microsoft", "google" or an issuer, or the address in "tokenUrl".'],
  clientSecret: [
    'clientSecret',
    'Give one of clientSecretFile (or clientSecret), clientCertificateFile and assertionFile.',
  ],
  password: ['passwordFile'],
  refreshToken: ['refreshTokenFile'],
  authorization: ['authorizationFile'],
  key: ['keyFile'],
  'grant.user': ['user'],
  'grant.password': ['passwordFile'],
  'grant.refreshToken': ['refreshTokenFile'],
  'grant.authorization': ['authorizationFile'],
  'provider.issuer': ['provider'],
  'provider.tokenUrl': ['tokenUrl'],
  'provider.authorizationUrl': ['authorizationUrl'],
  'provider.deviceAuthorizationUrl': ['deviceAuthorizationUrl'],
}

const WORDS: EntryWords = { name: (entry) => ENTRIES[entry] ?? [entry], refusal: wrong }

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

function wrong(field: string, problem: string, hint: string): SettingsError {
  return new SettingsError('oauth2.file', field, problem, { hint })
}

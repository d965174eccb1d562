import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { privateKeyOf, type PrivateKey } from '@posthorn/certificate'
import { Secret, SettingsError } from '@posthorn/ground'
import { endpointUrl } from './endpoint-url.js'
import type { ServiceAccountKey } from './grant.js'
import { signedJwt } from './signed-jwt.js'

const MAX_KEY_FILE_OCTETS = 100_000
/** The most Google allows. */
const LIFETIME_S = 3600

/** A key file, read. */
export interface ServiceAccount {
  readonly email: string
  readonly keyId: string | undefined
  readonly tokenUrl: string
  readonly key: PrivateKey
}

/**
 * Reads a key file anew, so that another one in its place is used from the next request on.
 * @throws {SettingsError} `oauth2.service-account`
 */
export async function readServiceAccount(source: ServiceAccountKey): Promise<ServiceAccount> {
  const text = 'file' in source ? await fileText(source.file) : Secret.of(source.json).reveal()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw unusable('is not JSON') // no cause: it would repeat a piece of the key
  }
  const { type, client_email, private_key, private_key_id, token_uri } = (value ?? {}) as Record<string, unknown>
  if (type !== 'service_account' || typeof client_email !== 'string' || typeof private_key !== 'string')
    throw unusable('is not the key of a service account')
  const tokenUrl = typeof token_uri === 'string' ? token_uri : 'https://oauth2.googleapis.com/token'
  let key: KeyObject
  try {
    key = createPrivateKey(private_key)
  } catch {
    throw unusable('has a private key that cannot be read')
  }
  return {
    email: client_email,
    keyId: typeof private_key_id === 'string' ? private_key_id : undefined,
    tokenUrl: endpointUrl('grant.key.token_uri', tokenUrl).href,
    key: privateKeyOf(key, 'grant.key'),
  }
}

/** The assertion that is exchanged for a token, RFC 7523 3. */
export function serviceAccountAssertion(
  { email, key, keyId, tokenUrl }: ServiceAccount,
  { scope, subject, now }: { readonly scope: string; readonly subject: string | undefined; readonly now: number },
): Promise<string> {
  const issuedAt = Math.floor(now / 1000) - 30 // a clock that is a little ahead does no harm
  const claims = {
    iss: email,
    ...(subject === undefined ? {} : { sub: subject }),
    ...(scope === '' ? {} : { scope }),
    aud: tokenUrl,
    iat: issuedAt,
    exp: issuedAt + LIFETIME_S,
  }
  return signedJwt(key, 'RS256', keyId === undefined ? {} : { kid: keyId }, claims)
}

async function fileText(path: string): Promise<string> {
  try {
    const octets = await readFile(path)
    if (octets.length <= MAX_KEY_FILE_OCTETS) return octets.toString('utf8')
  } catch (cause) {
    throw unusable(`cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`, cause)
  }
  throw unusable('is too large for a key file')
}

function unusable(problem: string, cause?: unknown): SettingsError {
  return new SettingsError('oauth2.service-account', 'grant.key', problem, {
    cause,
    hint: 'Make a key of the type JSON for the service account in the Google Cloud console, and give that file.',
  })
}

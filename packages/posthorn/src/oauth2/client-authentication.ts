import { createHash, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Secret, SettingsError } from '@posthorn/ground'
import type { ClientAuth } from 'oauth4webapi'
import { jwtAlgorithm, signedJwt } from './signed-jwt.js'
import type { ClientAssertion, ClientCertificate, TokenOptions } from './token-options.js'

/** RFC 7523 2.2. */
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const ASSERTION_LIFETIME_S = 300
const MAX_ASSERTION_LENGTH = 100_000

/** What is known when a request is made. */
export interface AuthenticationContext {
  /** The clock as the provider has it, milliseconds since 1970. */
  readonly now: () => number
  /** Of an assertion. */
  readonly audience: string
  readonly secretMethod: 'basic' | 'post'
  readonly rsaAlgorithm: 'RS256' | 'PS256'
  readonly signal: AbortSignal
}

/** How the application proves itself, or that it does not. */
export type ClientProof = 'secret' | 'certificate' | 'assertion' | 'none'

/** @throws {SettingsError} `oauth2.settings` for more than one */
export function clientProof({ clientSecret, clientCertificate, clientAssertion }: TokenOptions): ClientProof {
  const given: ClientProof[] = []
  if (clientSecret !== undefined && Secret.of(clientSecret).reveal() !== '') given.push('secret')
  if (clientCertificate !== undefined) given.push('certificate')
  if (clientAssertion !== undefined) given.push('assertion')
  if (given.length > 1) {
    throw new SettingsError('oauth2.settings', 'clientSecret', `stands beside another proof (${given.join(', ')})`, {
      hint: 'Give one of clientSecret, clientCertificate and clientAssertion.',
    })
  }
  return given[0] ?? 'none'
}

/**
 * Puts the proof into a request, RFC 6749 2.3.
 * @throws {SettingsError} `oauth2.settings`, `oauth2.assertion`
 */
export async function clientAuthentication(options: TokenOptions, context: AuthenticationContext): Promise<ClientAuth> {
  if (options.grant.type === 'service-account') return () => {} // the assertion is all there is, RFC 7521 4.1
  const oauth = await import('oauth4webapi')
  switch (clientProof(options)) {
    case 'secret': {
      const secret = Secret.of(options.clientSecret!).reveal()
      return context.secretMethod === 'post' ? oauth.ClientSecretPost(secret) : oauth.ClientSecretBasic(secret)
    }
    case 'certificate':
      return asserting(await ownAssertion(options.clientCertificate!, options.clientId ?? '', context))
    case 'assertion':
      return asserting(await foreignAssertion(options.clientAssertion!, context.signal))
    case 'none':
      return oauth.None()
  }
}

function asserting(assertion: string): ClientAuth {
  return (_server, client, body) => {
    body.set('client_id', client.client_id)
    body.set('client_assertion_type', ASSERTION_TYPE)
    body.set('client_assertion', assertion)
  }
}

/** RFC 7523 3; the header as Microsoft wants it. */
async function ownAssertion(
  { identity, keyId, algorithm, thumbprint = 'sha256', sendChain = false }: ClientCertificate,
  clientId: string,
  { now, audience, rsaAlgorithm }: AuthenticationContext,
): Promise<string> {
  const [key, certificate, chain] =
    'privateKey' in identity
      ? [identity.privateKey, identity.certificate, identity.chain]
      : [identity, undefined, undefined]
  const digest = (name: string) => createHash(name).update(certificate!.der).digest('base64url')
  const header = {
    ...(keyId === undefined ? {} : { kid: keyId }),
    ...(certificate && thumbprint === 'sha256' ? { 'x5t#S256': digest('sha256') } : {}),
    ...(certificate && thumbprint === 'sha1' ? { x5t: digest('sha1') } : {}),
    ...(certificate && sendChain
      ? { x5c: [certificate, ...chain].map(({ der }) => Buffer.from(der).toString('base64')) }
      : {}),
  }
  const seconds = Math.floor(now() / 1000)
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: audience,
    jti: randomUUID(),
    iat: seconds,
    nbf: seconds - 30, // a clock that is a little ahead does no harm
    exp: seconds + ASSERTION_LIFETIME_S,
  }
  return signedJwt(key, jwtAlgorithm(key, certificate?.publicKey, algorithm, rsaAlgorithm), header, claims)
}

async function foreignAssertion(source: ClientAssertion, signal: AbortSignal): Promise<string> {
  const text = typeof source === 'function' ? await asked(source, signal) : await fileText(source.file)
  // RFC 7515 7.1: three parts of base64url
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(text) && text.length <= MAX_ASSERTION_LENGTH) return text
  throw new SettingsError('oauth2.assertion', 'clientAssertion', 'is no signed JWT', { phase: 'auth', hint: HINT })
}

const HINT =
  'Check the function or file that gives the assertion; a workload identity writes it to AZURE_FEDERATED_TOKEN_FILE.'

async function asked(source: Exclude<ClientAssertion, { file: string }>, signal: AbortSignal): Promise<string> {
  try {
    return Secret.of(await source({ signal })).reveal()
  } catch {
    signal.throwIfAborted()
    // no cause: what a stranger's function throws may have the assertion in it
    throw new SettingsError('oauth2.assertion', 'clientAssertion', 'could not be had: the function failed', {
      phase: 'auth',
      outcome: 'transient',
      hint: HINT,
    })
  }
}

async function fileText(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown'
    throw new SettingsError('oauth2.assertion', 'clientAssertion.file', `cannot be read (${reason})`, {
      phase: 'auth',
      outcome: 'transient',
      cause,
      hint: HINT,
    })
  }
}

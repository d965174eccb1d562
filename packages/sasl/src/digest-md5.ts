import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { SettingsError } from '@posthorn/ground'
import { readDigestChallenge, type DigestChallenge } from './digest-challenge.js'
import { readDirectives } from './directives.js'
import { proofFailed } from './exchange-error.js'
import type { Exchange, Mechanism, SaslContext } from './mechanism.js'
import { refuseNul } from './refuse.js'

/** The first login with a nonce is its only one here (RFC 2831 2.1.2). */
const NONCE_COUNT = '00000001'

/** DIGEST-MD5 (RFC 2831, made historic by RFC 6331), without a security layer. The server proves itself by `rspauth`. */
export const digestMd5: Mechanism = {
  name: 'DIGEST-MD5',
  strength: 'mutual',
  oneStep: false,
  begin: (context) => beginDigestMd5(context, () => randomBytes(24).toString('base64')),
}

/** @param nonce makes the client's nonce */
export function beginDigestMd5(context: SaslContext, nonce: () => string): Exchange | null {
  const { user, password, authorizationId, serviceHost } = context
  if (password === undefined) return null
  refuseNul({ user, serviceHost, ...(authorizationId === undefined ? {} : { authorizationId }) })
  let expected: string | undefined
  let response: string | undefined
  let proven = false
  return {
    initial: () => undefined,
    respond(challenge) {
      if (expected !== undefined) {
        if (proven) return null
        checkProof(challenge, expected)
        proven = true
        return Buffer.alloc(0)
      }
      const { message, digest, proof } = answer(readDigestChallenge(challenge), context, password(), nonce())
      expected = proof
      response = digest
      return message
    },
    mayEnd: () => proven,
    awaitsProof: () => expected !== undefined && !proven,
    secrets: () => (response === undefined ? [] : [response]),
  }
}

/** RFC 2831 2.1.2.1. */
function answer(
  { realms, nonce, utf8 }: DigestChallenge,
  context: SaslContext,
  password: string,
  clientNonce: string,
): { message: Buffer; digest: string; proof: string } {
  const { user, authorizationId } = context
  const realm = context.realm ?? realms[0]
  const uri = `${context.service}/${context.serviceHost}`
  const actsAs = authorizationId !== undefined && authorizationId !== '' ? authorizationId : undefined
  if (!utf8) refuseBeyondLatin1({ user, realm: realm ?? '', authorizationId: actsAs ?? '', password })
  // without charset everything is ISO 8859-1; with it, what fits into ISO 8859-1 is hashed as such all the same
  const hashed = (text: string) => Buffer.from(text, fitsLatin1(text) ? 'latin1' : 'utf8')
  const colon = Buffer.from(':')
  const secret = md5(Buffer.concat([hashed(user), colon, hashed(realm ?? ''), colon, hashed(password)]))
  const rest = `:${nonce}:${clientNonce}${actsAs === undefined ? '' : `:${actsAs}`}`
  const a1 = md5(Buffer.concat([secret, Buffer.from(rest, utf8 ? 'utf8' : 'latin1')])).toString('hex')
  const digestOf = (a2: string) =>
    md5(`${a1}:${nonce}:${NONCE_COUNT}:${clientNonce}:auth:${md5(a2).toString('hex')}`).toString('hex')
  const digest = digestOf(`AUTHENTICATE:${uri}`)
  const message = [
    ...(utf8 ? ['charset=utf-8'] : []),
    `username=${quoted(user)}`,
    ...(realm === undefined ? [] : [`realm=${quoted(realm)}`]),
    `nonce=${quoted(nonce)}`,
    `nc=${NONCE_COUNT}`,
    `cnonce=${quoted(clientNonce)}`,
    `digest-uri=${quoted(uri)}`,
    `response=${digest}`,
    'qop=auth',
    ...(actsAs === undefined ? [] : [`authzid=${quoted(actsAs)}`]),
  ].join(',')
  return { message: Buffer.from(message, utf8 ? 'utf8' : 'latin1'), digest, proof: digestOf(`:${uri}`) }
}

/** RFC 2831 2.1.3: the server's own digest must be there, once, and right. */
function checkProof(challenge: Uint8Array, expected: string): void {
  const directives = readDirectives(Buffer.from(challenge).toString('latin1')) ?? []
  const proofs = directives.filter(({ name }) => name === 'rspauth')
  if (proofs.length !== 1) throw proofFailed('DIGEST-MD5', 'the server sent no proof that it knows the password')
  const given = Buffer.from(proofs[0]!.value.toLowerCase(), 'latin1')
  const wanted = Buffer.from(expected, 'latin1')
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw proofFailed('DIGEST-MD5', 'the proof of the server is wrong')
  }
}

function md5(data: string | Uint8Array): Buffer {
  return createHash('md5').update(data).digest()
}

function fitsLatin1(text: string): boolean {
  return /^[\x00-\xff]*$/.test(text)
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

function refuseBeyondLatin1(fields: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (fitsLatin1(value)) continue
    throw new SettingsError('credentials.charset', `credentials.${name}`, 'cannot be told to a server without UTF-8', {
      phase: 'auth',
      hint: 'The server takes ISO 8859-1 only in DIGEST-MD5; name another mechanism.',
    })
  }
}

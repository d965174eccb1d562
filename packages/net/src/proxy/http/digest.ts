import { createHash } from 'node:crypto'
import type { Challenge } from './challenge.js'

/** Algorithms by their names in RFC 7616 6.1, the strongest first. MD5 stands for a challenge that names none. */
const HASHES = [
  ['SHA-512-256', 'sha512-256'],
  ['SHA-256', 'sha256'],
  ['MD5', 'md5'],
] as const

/** Who logs in. */
export interface DigestLogin {
  readonly user: string
  readonly password: string
}

/** What is asked for. */
export interface DigestRequest {
  readonly method: string
  /** The request target as it stands in the request line. */
  readonly uri: string
}

/** How strong the answer to a Digest challenge would be; 0 when there can be none: an unknown algorithm, or `auth-int` alone. */
export function digestStrength(challenge: Challenge): number {
  const index = HASHES.findIndex(([name]) => name === algorithmOf(challenge).name)
  const possible = index >= 0 && qopOf(challenge) !== null && challenge.parameters.has('nonce') && hasHash(index)
  return possible ? HASHES.length - index : 0
}

/**
 * The value of `Proxy-Authorization`, RFC 7616 3.4.
 * @param challenge one that has a `digestStrength`
 * @param count how often its nonce has been used, this time included
 */
export function digestAnswer(
  challenge: Challenge,
  { user, password }: DigestLogin,
  { method, uri }: DigestRequest,
  { cnonce, count }: { readonly cnonce: string; readonly count: number },
): string {
  const { parameters } = challenge
  const { name, session, written } = algorithmOf(challenge)
  const hash = HASHES.find((each) => each[0] === name)?.[1] ?? 'md5'
  const [realm, nonce, opaque] = [
    parameters.get('realm') ?? '',
    parameters.get('nonce') ?? '',
    parameters.get('opaque'),
  ]
  const qop = qopOf(challenge)
  const nc = count.toString(16).padStart(8, '0')
  const charset = (text: string) => octetsOf(text, parameters.get('charset')?.toLowerCase() === 'utf-8')
  const h = (...parts: (string | Uint8Array)[]) => {
    const digest = createHash(hash)
    parts.forEach((part, index) =>
      digest.update(index === 0 ? '' : ':').update(typeof part === 'string' ? octetsOf(part, false) : part),
    )
    return digest.digest('hex')
  }
  const secret = h(charset(user), charset(realm), charset(password))
  const a1 = session ? h(secret, nonce, cnonce) : secret
  const a2 = h(method, uri)
  const response = qop ? h(a1, nonce, nc, cnonce, qop, a2) : h(a1, nonce, a2) // the latter is RFC 2069
  const hashed = parameters.get('userhash')?.toLowerCase() === 'true'
  return [
    `Digest ${hashed ? `username="${h(charset(user), charset(realm))}"` : userField(user)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    `response="${response}"`,
    ...(written === undefined ? [] : [`algorithm=${written}`]),
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(qop ? [`qop=${qop}`, `nc=${nc}`] : []),
    ...(qop || session ? [`cnonce=${quoted(cnonce)}`] : []),
    ...(hashed ? ['userhash=true'] : []),
  ].join(', ')
}

/** `auth` when it is offered, undefined when the challenge knows no qop, null when there are only others. */
function qopOf({ parameters }: Challenge): 'auth' | undefined | null {
  const offered = parameters.get('qop')
  if (offered === undefined) return undefined
  return offered
    .toLowerCase()
    .split(/[\s,]+/)
    .includes('auth')
    ? 'auth'
    : null
}

function algorithmOf({ parameters }: Challenge) {
  const written = parameters.get('algorithm')
  const upper = (written ?? 'MD5').toUpperCase()
  return { name: upper.replace(/-SESS$/, ''), session: upper.endsWith('-SESS'), written }
}

/** OpenSSL leaves some out when it runs by FIPS 140. */
function hasHash(index: number): boolean {
  try {
    createHash(HASHES[index]?.[1] ?? '')
    return true
  } catch {
    return false
  }
}

/** UTF-8 in its composed form when the challenge says so (RFC 7616 4), else ISO 8859-1, as everyone did before there was a choice. */
function octetsOf(text: string, utf8: boolean): Uint8Array {
  if (utf8) return Buffer.from(text.normalize('NFC'))
  return /^[\0-\xff]*$/.test(text) ? Buffer.from(text, 'latin1') : Buffer.from(text)
}

/** A quoted string can only carry ASCII safely; the rest goes by RFC 8187 (RFC 7616 3.4). */
function userField(user: string): string {
  if (/^[\x20-\x7e]*$/.test(user)) return `username=${quoted(user)}`
  const encoded = encodeURIComponent(user.normalize('NFC')).replace(
    /['()*!]/g,
    (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `username*=UTF-8''${encoded}`
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

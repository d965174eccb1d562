import { readDirectives } from './directives.js'
import { badChallenge } from './exchange-error.js'

/** The first challenge of DIGEST-MD5 (RFC 2831 2.1.1), as far as a login needs it. */
export interface DigestChallenge {
  /** What the server offers, in its order; mostly one, sometimes none. */
  readonly realms: readonly string[]
  readonly nonce: string
  /** True for `charset=utf-8`; else names and passwords are ISO 8859-1. */
  readonly utf8: boolean
}

/** RFC 2831 2.1.1: a challenge is shorter than 2048 octets. */
const MAX_OCTETS = 2047
/** May stand once at most (RFC 2831 2.1.1). */
const ONCE = ['nonce', 'qop', 'stale', 'maxbuf', 'charset', 'algorithm', 'cipher']

/**
 * Strict: a missing or double nonce or algorithm, another directive twice, or anything that is not in the grammar ends the exchange.
 * @throws {ProtocolError} `sasl.challenge`
 */
export function readDigestChallenge(challenge: Uint8Array): DigestChallenge {
  if (challenge.length > MAX_OCTETS) throw bad(`the challenge is longer than ${MAX_OCTETS} octets`)
  const directives = readDirectives(Buffer.from(challenge).toString('latin1'))
  if (!directives) throw bad('the challenge is not a list of directives')
  const values = (name: string) => directives.filter((directive) => directive.name === name).map(({ value }) => value)
  for (const name of ONCE) if (values(name).length > 1) throw bad(`"${name}" stands twice in the challenge`)
  const [nonce] = values('nonce')
  if (nonce === undefined || !/^[\x20-\x7e]+$/.test(nonce)) throw bad('the challenge has no nonce')
  const [algorithm] = values('algorithm')
  if (algorithm?.toLowerCase() !== 'md5-sess') throw bad('the challenge has no algorithm that is known')
  const [charset] = values('charset')
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8') throw bad('the challenge has an unknown charset')
  const qualities = values('qop')[0]
    ?.split(',')
    .map((word) => word.trim().toLowerCase()) ?? ['auth']
  if (!qualities.includes('auth')) {
    throw bad('the server wants a security layer of its own', 'Use TLS, and a mechanism such as SCRAM or PLAIN.')
  }
  const utf8 = charset !== undefined
  return {
    realms: values('realm').map((realm) => Buffer.from(realm, 'latin1').toString(utf8 ? 'utf8' : 'latin1')),
    nonce,
    utf8,
  }
}

function bad(what: string, hint?: string): Error {
  return badChallenge('DIGEST-MD5', what, hint)
}

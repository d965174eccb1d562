import { badChallenge } from './exchange-error.js'

/** The server's first message (RFC 5802 5.1). */
export interface ScramFirst {
  readonly nonce: string
  readonly salt: Uint8Array
  readonly iterations: number
}

/** The server's last message: its signature, or why it refuses. */
export type ScramFinal = { readonly signature: Uint8Array } | { readonly error: string }

/** RFC 5802 5.1, RFC 7677 4: servers announce at least so many. */
const MIN_ITERATIONS = 4096
/** RFC 5802 9: a hostile server could have us count for hours. */
const MAX_ITERATIONS = 1_000_000

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/**
 * Strict (RFC 5802 7): r, s and i in this order, then extensions, which are not looked at; `m=` would make one compulsory and is refused.
 * @throws {ProtocolError} `sasl.challenge`
 */
export function readScramFirst(mechanism: string, message: Uint8Array, clientNonce: string): ScramFirst {
  const text = printableText(mechanism, message)
  if (text.startsWith('m=')) throw badChallenge(mechanism, 'the server wants an extension that nobody knows')
  const [, nonce, salt, count] =
    /^r=([\x21-\x2b\x2d-\x7e]+),s=([^,]+),i=([1-9]\d{0,9})(?:,[A-Za-z]=[^,]*)*$/.exec(text) ?? []
  if (nonce === undefined || salt === undefined || count === undefined || !BASE64.test(salt)) {
    throw badChallenge(mechanism, "the server's first message is none")
  }
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) {
    throw badChallenge(mechanism, "the server's nonce does not go on from ours")
  }
  const iterations = Number(count)
  if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
    throw badChallenge(
      mechanism,
      `the server asks for ${iterations} iterations; ${MIN_ITERATIONS} to ${MAX_ITERATIONS} are taken`,
      'The operator of the server should store the password with a sensible iteration count; or name another mechanism.',
    )
  }
  return { nonce, salt: Buffer.from(salt, 'base64'), iterations }
}

/** The server's last message; undefined when it is none. */
export function readScramFinal(message: Uint8Array): ScramFinal | undefined {
  const text = Buffer.from(message).toString('latin1')
  const error = /^e=([\x21-\x2b\x2d-\x7e]{1,64})(?:,|$)/.exec(text)?.[1]
  if (error !== undefined) return { error }
  const signature = /^v=([^,]+)(?:,[A-Za-z]=[^,]*)*$/.exec(text)?.[1]
  return signature !== undefined && BASE64.test(signature) ? { signature: Buffer.from(signature, 'base64') } : undefined
}

/** "," and "=" in names (RFC 5802 5.1, RFC 5801 4). */
export function saslName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C')
}

function printableText(mechanism: string, message: Uint8Array): string {
  const text = Buffer.from(message).toString('utf8')
  if (/[\x00-\x1f\x7f]/.test(text)) throw badChallenge(mechanism, 'a message of the server has control characters')
  return text
}

import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { proofFailed } from './exchange-error.js'
import type { ChannelBinding, Exchange, SaslContext } from './mechanism.js'
import { refuseNul } from './refuse.js'
import { preparedOrAsIs } from './saslprep.js'
import { readScramFinal, readScramFirst, saslName, type ScramFirst } from './scram-message.js'

/** How one of the SCRAM mechanisms (RFC 5802, RFC 7677) differs from the others. */
export interface ScramKind {
  readonly name: string
  readonly hash: 'sha1' | 'sha256' | 'sha512'
  /** -PLUS: the exchange is bound to the TLS session around it. */
  readonly plus: boolean
}

interface ScramKeys {
  readonly clientKey: Uint8Array
  readonly serverKey: Uint8Array
}

/** In threads of their own: a million iterations take the better part of a second. */
const derive = promisify(pbkdf2)

/** How a name or password is read before it is hashed. */
type Reading = (text: string) => string

const asItIs: Reading = (text) => text

/**
 * Names and password as SASLprep makes them (RFC 5802 5.1), or as they are where the last login with these keys has found the server to
 * keep them so: Dovecot and Cyrus SASL hash the octets they were given. Where the two differ, `again` is one run with the other.
 * @param nonce makes the client's nonce: printable, without comma
 */
export function beginScram(
  kind: ScramKind,
  context: SaslContext,
  nonce: () => string = () => randomBytes(24).toString('base64'),
): Exchange | null {
  const { user, password, authorizationId = '', keys } = context
  if (password === undefined || (kind.plus && context.channelBindings.length === 0)) return null
  refuseNul({ user, authorizationId })
  const differs = [user, authorizationId, password()].some((text) => preparedOrAsIs(text) !== text)
  if (!differs) return exchangeScram(kind, context, password, nonce, asItIs)
  const run = (asIs: boolean): Exchange => {
    const exchange = exchangeScram(kind, context, password, nonce, asIs ? asItIs : preparedOrAsIs)
    return {
      ...exchange,
      async respond(challenge) {
        const answer = await exchange.respond(challenge)
        if (keys && exchange.mayEnd()) keys.asIs = asIs
        return answer
      },
    }
  }
  const asIsFirst = keys?.asIs ?? false
  return { ...run(asIsFirst), again: () => run(!asIsFirst) }
}

function exchangeScram(
  kind: ScramKind,
  context: SaslContext,
  password: () => string,
  nonce: () => string,
  read: Reading,
): Exchange {
  const { user, authorizationId = '' } = context
  const binding = context.channelBindings[0]
  const header = `${gs2Flag(kind, context, binding)},${authorizationId === '' ? '' : `a=${saslName(read(authorizationId))}`},`
  const clientNonce = nonce()
  const bare = `n=${saslName(read(user))},r=${clientNonce}`
  let signature: Buffer | undefined
  let proof: string | undefined
  let refusal: string | undefined
  let proven = false
  return {
    initial: () => Buffer.from(header + bare, 'utf8'),
    async respond(challenge) {
      if (proven || refusal !== undefined) return null
      const final = readScramFinal(challenge)
      if (final && 'error' in final) {
        refusal = final.error // some servers do not wait for our proof to say so
        return Buffer.alloc(0)
      }
      if (signature === undefined) {
        const first = readScramFirst(kind.name, challenge, clientNonce)
        const keys = await keysFor(kind, context, read(password()), first)
        const bound = Buffer.concat([Buffer.from(header, 'utf8'), kind.plus ? binding!.octets() : Buffer.alloc(0)])
        const withoutProof = `c=${bound.toString('base64')},r=${first.nonce}`
        const exchanged = Buffer.concat([
          Buffer.from(`${bare},`, 'utf8'),
          challenge,
          Buffer.from(`,${withoutProof}`, 'utf8'),
        ])
        const storedKey = createHash(kind.hash).update(keys.clientKey).digest()
        proof = xor(keys.clientKey, hmac(kind, storedKey, exchanged)).toString('base64')
        signature = hmac(kind, keys.serverKey, exchanged)
        return Buffer.from(`${withoutProof},p=${proof}`, 'utf8')
      }
      if (!final) throw proofFailed(kind.name, 'the server sent no proof that it knows the password')
      if (final.signature.length !== signature.length || !timingSafeEqual(final.signature, signature)) {
        throw proofFailed(kind.name, 'the signature of the server is wrong')
      }
      proven = true
      return Buffer.alloc(0)
    },
    mayEnd: () => proven,
    awaitsProof: () => signature !== undefined && !proven && refusal === undefined,
    failure: () => refusal,
    secrets: () => (proof === undefined ? [] : [proof]),
  }
}

/** The bound mechanisms that we know. Another name does not count as an offer: somebody between may have made it up. */
const BOUND = /^SCRAM-SHA-(?:1|256|512)-PLUS$/

/**
 * RFC 5802 6. `y` tells a server that we could have bound and did not see it offer that; it must refuse when it did offer, so that a
 * shortened list is found out. Who sees the offer and does not use it says `n`.
 */
function gs2Flag(kind: ScramKind, { offered }: SaslContext, binding: ChannelBinding | undefined): string {
  if (kind.plus) return `p=${binding!.type}`
  const offers = offered.some((name) => BOUND.test(name))
  return binding && !offers ? 'y' : 'n'
}

/**
 * ClientKey and ServerKey (RFC 5802 3), which are all that need be kept of a password for the next login (5.1).
 * @param password as it is hashed
 */
async function keysFor(kind: ScramKind, context: SaslContext, password: string, first: ScramFirst): Promise<ScramKeys> {
  const { salt, iterations } = first
  const make = async (): Promise<Uint8Array[]> => {
    const length = createHash(kind.hash).digest().length
    const salted = await derive(Buffer.from(password, 'utf8'), salt, iterations, length, kind.hash)
    return [hmac(kind, salted, Buffer.from('Client Key')), hmac(kind, salted, Buffer.from('Server Key'))]
  }
  const { keys } = context
  const parts = [kind.hash, context.user, password, salt, String(iterations)]
  const [clientKey, serverKey] = await (keys ? keys.get(parts, make) : make())
  return { clientKey: clientKey!, serverKey: serverKey! }
}

function hmac(kind: ScramKind, key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac(kind.hash, key).update(data).digest()
}

function xor(one: Uint8Array, other: Uint8Array): Buffer {
  return Buffer.from(one.map((octet, index) => octet ^ other[index]!))
}

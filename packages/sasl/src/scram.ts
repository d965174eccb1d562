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

/** @param nonce makes the client's nonce: printable, without comma */
export function beginScram(
  kind: ScramKind,
  context: SaslContext,
  nonce: () => string = () => randomBytes(24).toString('base64'),
): Exchange | null {
  const { user, password, authorizationId = '' } = context
  const binding = context.channelBindings[0]
  if (password === undefined || (kind.plus && !binding)) return null
  refuseNul({ user, authorizationId })
  const header = `${gs2Flag(kind, context, binding)},${authorizationId === '' ? '' : `a=${saslName(preparedOrAsIs(authorizationId))}`},`
  const clientNonce = nonce()
  const bare = `n=${saslName(preparedOrAsIs(user))},r=${clientNonce}`
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
        const keys = await keysFor(kind, context, password(), first)
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
    failure: () => refusal,
    secrets: () => (proof === undefined ? [] : [proof]),
  }
}

/**
 * RFC 5802 6. `y` tells a server that we could have bound and did not see it offer that; it must refuse when it did offer, so that a
 * shortened list is found out. Who sees the offer and does not use it says `n`.
 */
function gs2Flag(kind: ScramKind, { offered }: SaslContext, binding: ChannelBinding | undefined): string {
  if (kind.plus) return `p=${binding!.type}`
  const offers = offered.some((name) => /^SCRAM-.*-PLUS$/.test(name))
  return binding && !offers ? 'y' : 'n'
}

/** ClientKey and ServerKey (RFC 5802 3), which are all that need be kept of a password for the next login (5.1). */
async function keysFor(kind: ScramKind, context: SaslContext, password: string, first: ScramFirst): Promise<ScramKeys> {
  const { salt, iterations } = first
  const make = async (): Promise<Uint8Array[]> => {
    const length = createHash(kind.hash).digest().length
    const prepared = Buffer.from(preparedOrAsIs(password), 'utf8')
    const salted = await derive(prepared, salt, iterations, length, kind.hash)
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

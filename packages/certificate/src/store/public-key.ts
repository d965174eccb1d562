import { createPublicKey } from 'node:crypto'
import { BerError, BerReader, insideOnly, TAG } from '../asn1/ber-reader.js'
import { EC, readPublicKeyInfo } from '../public-key-info.js'
import type { StoredPublicKey } from './opener.js'

/** How a public key is packed: SubjectPublicKeyInfo (RFC 5280 4.1.2.7) or PKCS #1 (RFC 8017 A.1.1). */
export type PublicKeyForm = 'spki' | 'pkcs1'

/** How the public key in these octets is packed; undefined when they do not look like one. */
export function publicKeyForm(octets: Uint8Array): PublicKeyForm | undefined {
  try {
    const outer = new BerReader(octets).inside()
    const first = outer.next()
    if (first.tag === TAG.sequence) {
      return new BerReader(first.content).nextTag === TAG.oid && outer.nextTag === TAG.bitString ? 'spki' : undefined
    }
    const isRsa = first.tag === TAG.integer && first.content.length > 16 && outer.next().tag === TAG.integer
    return isRsa && outer.done ? 'pkcs1' : undefined
  } catch {
    return undefined
  }
}

/** A key of 16384 bits has 2 KiB, and OpenSSL takes seconds for larger ones. */
const MAX_OCTETS = 4096

/**
 * A public key out of DER.
 * @throws {BerError} when it is none, of a kind that Node does not know, larger than 4 KiB, or on a curve with parameters of its own
 */
export function storedPublicKey(der: Uint8Array, type: PublicKeyForm, name?: string): StoredPublicKey {
  if (der.length > MAX_OCTETS) throw new BerError('the public key is larger than 4 KiB')
  insideOnly(der)
  if (type === 'spki') {
    const info = readPublicKeyInfo(der)
    if (info.algorithm === EC && info.curve === undefined) {
      throw new BerError('its elliptic curve has parameters of its own')
    }
  }
  try {
    return { publicKey: createPublicKey({ key: Buffer.from(der), format: 'der', type }), name }
  } catch (cause) {
    throw new BerError('not a public key of a known kind', { cause })
  }
}

import { BerReader, insideOnly, TAG } from './asn1/ber-reader.js'
import type { BerElement } from './asn1/ber-reader.js'

/** A SubjectPublicKeyInfo (RFC 5280 4.1.2.7) as it stands there, before any library has made a key of it. */
export interface PublicKeyInfo {
  readonly algorithm: string
  readonly parameters: BerElement | undefined
  /** The key itself, without the octet that counts unused bits. */
  readonly octets: Uint8Array
  /** For RSA. Bits that lead without saying anything are not counted. */
  readonly rsa?: { readonly modulusBits: number; readonly exponent: bigint }
  /** For EC: the object identifier of the curve; undefined when the key brings parameters of its own. */
  readonly curve?: string | undefined
}

export const RSA = '1.2.840.113549.1.1.1'
export const RSA_PSS = '1.2.840.113549.1.1.10'
export const EC = '1.2.840.10045.2.1'

/** No key has more, and a number of this size is soon made. */
const MAX_EXPONENT_OCTETS = 2048

/** @throws {BerError} when it is no SubjectPublicKeyInfo */
export function readPublicKeyInfo(der: Uint8Array): PublicKeyInfo {
  const info = insideOnly(der)
  const identifier = info.inside()
  const algorithm = identifier.oid()
  const parameters = identifier.done ? undefined : identifier.next()
  const octets = info.next(TAG.bitString).content.subarray(1)
  const common = { algorithm, parameters, octets }
  if (algorithm === RSA || algorithm === RSA_PSS) return { ...common, rsa: rsaNumbers(octets) }
  if (algorithm !== EC) return common
  return { ...common, curve: parameters?.tag === TAG.oid ? new BerReader(parameters.whole).oid() : undefined }
}

/** RFC 8017 A.1.1. */
function rsaNumbers(octets: Uint8Array): { modulusBits: number; exponent: bigint } {
  const key = insideOnly(octets)
  const modulus = significant(key.next(TAG.integer).content)
  const exponent = significant(key.next(TAG.integer).content).subarray(0, MAX_EXPONENT_OCTETS)
  return {
    modulusBits: modulus.length * 8 - (modulus.length === 0 ? 0 : Math.clz32(modulus[0]!) - 24),
    exponent: BigInt(`0x0${Buffer.from(exponent).toString('hex')}`),
  }
}

function significant(octets: Uint8Array): Uint8Array {
  const start = octets.findIndex((octet) => octet !== 0)
  return start < 0 ? octets.subarray(octets.length) : octets.subarray(start)
}

import { BerReader, insideOnly, TAG } from './asn1/ber-reader.js'
import type { BerElement } from './asn1/ber-reader.js'

/** A SubjectPublicKeyInfo (RFC 5280 4.1.2.7) as it stands there, before any library has made a key of it. */
export interface PublicKeyInfo {
  /** All of it. */
  readonly der: Uint8Array
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
export const X25519 = '1.3.101.110'
export const ED25519 = '1.3.101.112'
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
  const common = { der, algorithm, parameters, octets }
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

/** Kinds of key by object identifier: RFC 3279, RFC 4055, RFC 8410. */
export const ALGORITHM_NAMES: Readonly<Record<string, string>> = {
  [RSA]: 'RSA',
  [RSA_PSS]: 'RSASSA-PSS',
  [EC]: 'EC',
  [X25519]: 'X25519',
  '1.3.101.111': 'X448',
  [ED25519]: 'Ed25519',
  '1.3.101.113': 'Ed448',
  '1.2.840.10040.4.1': 'DSA',
}

/** What to call the kind of a key; its object identifier when it is not known. */
export function publicKeyAlgorithmName({ algorithm }: PublicKeyInfo): string {
  return ALGORITHM_NAMES[algorithm] ?? algorithm
}

/** The sizes of curves: RFC 5480 2.1.1.1, secp256k1, and Brainpool (RFC 5639) in the order of its object identifiers. */
const CURVE_BITS: Readonly<Record<string, number>> = {
  '1.2.840.10045.3.1.1': 192,
  '1.3.132.0.33': 224,
  '1.2.840.10045.3.1.7': 256,
  '1.3.132.0.10': 256,
  '1.3.132.0.34': 384,
  '1.3.132.0.35': 521,
  ...Object.fromEntries(
    [160, 160, 192, 192, 224, 224, 256, 256, 320, 320, 384, 384, 512, 512].map(
      (bits, index) => [`1.3.36.3.3.2.8.1.1.${index + 1}`, bits] as const,
    ),
  ),
}

const EDWARDS_BITS: Readonly<Record<string, number>> = { X25519: 256, X448: 448, Ed25519: 256, Ed448: 456 }

/** The size of a key in bits, of the modulus or the curve; 0 when it cannot be told. */
export function publicKeyBits(info: PublicKeyInfo): number {
  if (info.rsa) return info.rsa.modulusBits
  return (info.curve === undefined ? EDWARDS_BITS[publicKeyAlgorithmName(info)] : CURVE_BITS[info.curve]) ?? 0
}

function significant(octets: Uint8Array): Uint8Array {
  const start = octets.findIndex((octet) => octet !== 0)
  return start < 0 ? octets.subarray(octets.length) : octets.subarray(start)
}

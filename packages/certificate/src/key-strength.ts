import type { Certificate } from './certificate.js'
import { EC } from './public-key-info.js'
import { certificateParts } from './read-certificate.js'

/** Elliptic curves that a key may be on: those of RFC 5480 2.1.1.1 with 256 bits or more, and Brainpool (RFC 5639) of that size. */
const CURVES: readonly string[] = [
  '1.2.840.10045.3.1.7', // P-256
  '1.3.132.0.34', // P-384
  '1.3.132.0.35', // P-521
  ...[7, 8, 9, 10, 11, 12, 13, 14].map((last) => `1.3.36.3.3.2.8.1.1.${last}`),
]

/** X25519, X448, Ed25519 and Ed448 (RFC 8410 3). */
const EDWARDS: readonly string[] = [110, 111, 112, 113].map((last) => `1.3.101.${last}`)

const MAX_RSA_BITS = 8192
const MAX_RSA_EXPONENT = 2n ** 32n
const MIN_RSA_EXPONENT = 3n

/**
 * Says why no signature should be checked with the key of a certificate that somebody sent, or undefined: an RSA key that takes long
 * (above 8192 bits, or with a public exponent above 2^32) or proves nothing (exponent 1), and an elliptic curve other than P-256, P-384,
 * P-521 and those of Brainpool from 256 bits on, and kinds of key such as DSA. The sentence goes on from the name of the certificate.
 */
export function unusableKey(certificate: Certificate): string | undefined {
  const { algorithm, rsa, curve } = certificateParts(certificate).publicKey
  if (rsa) {
    if (rsa.modulusBits > MAX_RSA_BITS) return `has a key of ${rsa.modulusBits} bits, which takes too long to check`
    if (rsa.exponent > MAX_RSA_EXPONENT) return 'has an RSA key with an exponent that takes too long to check'
    if (rsa.exponent < MIN_RSA_EXPONENT) return `has an RSA key with the exponent ${rsa.exponent}, which proves nothing`
    return undefined
  }
  if (EDWARDS.includes(algorithm)) return undefined
  if (algorithm !== EC) return `has a key of a kind that is not relied on (${algorithm})`
  if (curve !== undefined && CURVES.includes(curve)) return undefined
  return `has a key on an elliptic curve that is not relied on (${curve ?? 'parameters of its own'})`
}

/** Says why the key of a certificate is too weak to be relied on, or undefined; everything `unusableKey` finds, and RSA keys that are short. */
export function weakKey(certificate: Certificate, minRsaBits = 2048): string | undefined {
  const bits = certificateParts(certificate).publicKey.rsa?.modulusBits
  if (bits !== undefined && bits < minRsaBits) return `has a key of ${bits} bits, which is too short`
  return unusableKey(certificate)
}

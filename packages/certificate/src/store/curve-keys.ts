import { createECDH, createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { BerError } from '../asn1/ber-reader.js'
import { keyName } from './key-name.js'

/** Curves of RFC 5480 by their names in JWK: what OpenSSL calls them, and the octets of a coordinate. */
const CURVES = {
  'P-256': { openssl: 'prime256v1', octets: 32 },
  'P-384': { openssl: 'secp384r1', octets: 48 },
  'P-521': { openssl: 'secp521r1', octets: 66 },
} as const

export type CurveName = keyof typeof CURVES

/** True for P-256, P-384 and P-521. */
export function isCurveName(name: unknown): name is CurveName {
  return typeof name === 'string' && Object.hasOwn(CURVES, name)
}

const UNCOMPRESSED = 4

/** A point out of its coordinates, which RFC 7518 6.2.1.2 wants in full length, and some writers shorten. @throws {BerError} */
export function curvePoint(curve: CurveName, x: Uint8Array, y: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(UNCOMPRESSED), padded(x, curve), padded(y, curve)])
}

/** A public key on a curve. @param point not compressed (SEC 1 2.3.3) @throws {BerError} when it is not on the curve */
export function curvePublicKey(curve: CurveName, point: Uint8Array): KeyObject {
  const { octets } = CURVES[curve]
  if (point.length !== 2 * octets + 1 || point[0] !== UNCOMPRESSED) throw new BerError(`no point of ${curve}`)
  const x = base64url(point.subarray(1, 1 + octets))
  const y = base64url(point.subarray(1 + octets))
  try {
    return createPublicKey({ key: { kty: 'EC', crv: curve, x, y }, format: 'jwk' })
  } catch (cause) {
    throw new BerError(`no point of ${curve}`, { cause })
  }
}

/** The private key that belongs to a point. The point is worked out and compared. @throws {BerError} when they do not belong together */
export function curvePrivateKey(curve: CurveName, point: Uint8Array, scalar: Uint8Array): KeyObject {
  const { openssl, octets } = CURVES[curve]
  const d = padded(scalar, curve)
  if (publicPoint(openssl, d)?.equals(point) !== true) throw mismatch()
  const x = base64url(point.subarray(1, 1 + octets))
  const y = base64url(point.subarray(1 + octets))
  return createPrivateKey({ key: { kty: 'EC', crv: curve, x, y, d: base64url(d) }, format: 'jwk' })
}

function publicPoint(curve: string, scalar: Uint8Array): Buffer | undefined {
  try {
    const ecdh = createECDH(curve)
    ecdh.setPrivateKey(scalar)
    return ecdh.getPublicKey()
  } catch {
    return undefined // zero, or not below the order of the curve
  }
}

/** Keys of RFC 8032 and RFC 7748 by their names in JWK. */
const EDWARDS = { Ed25519: 32, Ed448: 57, X25519: 32, X448: 56 } as const

export type EdwardsName = keyof typeof EDWARDS

/** True for the curves of RFC 8037. */
export function isEdwardsName(name: unknown): name is EdwardsName {
  return typeof name === 'string' && Object.hasOwn(EDWARDS, name)
}

/** @throws {BerError} when it has another size */
export function edwardsPublicKey(curve: EdwardsName, octets: Uint8Array): KeyObject {
  if (octets.length !== EDWARDS[curve]) throw new BerError(`no public key of ${curve}`)
  return createPublicKey({ key: { kty: 'OKP', crv: curve, x: base64url(octets) }, format: 'jwk' })
}

/** The private key that belongs to a public one, which is worked out and compared. @throws {BerError} when they do not belong together */
export function edwardsPrivateKey(curve: EdwardsName, publicOctets: Uint8Array, seed: Uint8Array): KeyObject {
  if (seed.length !== EDWARDS[curve]) throw new BerError(`no private key of ${curve}`)
  const publicKey = edwardsPublicKey(curve, publicOctets)
  const key = { kty: 'OKP', crv: curve, x: base64url(publicOctets), d: base64url(seed) }
  const privateKey = createPrivateKey({ key, format: 'jwk' })
  if (keyName(createPublicKey(privateKey)) !== keyName(publicKey)) throw mismatch()
  return privateKey
}

function mismatch(): BerError {
  return new BerError('the private key is not that of the public key beside it')
}

/** A number of the size that the curve has. */
function padded(number: Uint8Array, curve: CurveName): Uint8Array {
  const { octets } = CURVES[curve]
  const digits = withoutZeros(number)
  if (digits.length > octets) throw new BerError(`a number that is too large for ${curve}`)
  return Buffer.concat([Buffer.alloc(octets - digits.length), digits])
}

function withoutZeros(octets: Uint8Array): Uint8Array {
  const start = octets.findIndex((octet) => octet !== 0)
  return start < 0 ? octets.subarray(octets.length) : octets.subarray(start)
}

function base64url(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64url')
}

import { SettingsError } from '@posthorn/ground'
import type { PrivateKey, SignatureAlgorithm } from '@posthorn/certificate'
import type { KeyObject } from 'node:crypto'

/** RFC 7518 3.1, RFC 8037 3.1. */
export type JwtAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA'

const SIGNATURES: Readonly<Record<JwtAlgorithm, SignatureAlgorithm & { readonly type: PrivateKey['type'] }>> = {
  RS256: { type: 'rsa', digest: 'sha256', padding: 'pkcs1' },
  PS256: { type: 'rsa', digest: 'sha256', padding: 'pss' },
  ES256: { type: 'ec', digest: 'sha256' },
  ES384: { type: 'ec', digest: 'sha384' },
  ES512: { type: 'ec', digest: 'sha512' },
  EdDSA: { type: 'ed25519', digest: 'sha512' },
}

/** RFC 7518 3.4: the curve goes with the digest; octets of one half of the signature. */
const CURVES: Readonly<Record<string, { readonly algorithm: JwtAlgorithm }>> = {
  prime256v1: { algorithm: 'ES256' },
  secp384r1: { algorithm: 'ES384' },
  secp521r1: { algorithm: 'ES512' },
}
const HALF_OCTETS: Readonly<Partial<Record<JwtAlgorithm, number>>> = { ES256: 32, ES384: 48, ES512: 66 }

/**
 * The algorithm that goes with a key.
 * @param publicKey tells the curve of a key that is in a token
 * @throws {SettingsError} `oauth2.settings` when the key cannot sign so
 */
export function jwtAlgorithm(
  key: PrivateKey,
  publicKey: KeyObject | undefined,
  asked: JwtAlgorithm | undefined,
  forRsa: 'RS256' | 'PS256',
): JwtAlgorithm {
  const curve = (publicKey ?? key.keyObject)?.asymmetricKeyDetails?.namedCurve ?? ''
  const usual = { rsa: forRsa, ec: CURVES[curve]?.algorithm, ed25519: 'EdDSA' as const, x25519: undefined }[key.type]
  const algorithm = asked ?? usual
  const fits =
    algorithm !== undefined && Object.hasOwn(SIGNATURES, algorithm) && SIGNATURES[algorithm].type === key.type
  if (fits && (key.type !== 'ec' || usual === undefined || usual === algorithm)) return algorithm
  throw new SettingsError('oauth2.settings', 'clientCertificate', 'its key cannot sign assertions this way', {
    hint: 'Use an RSA, EC (P-256, P-384, P-521) or Ed25519 key, and an algorithm that goes with it.',
  })
}

/** A JWT in compact form (RFC 7515 3.1). The key may be in a token. */
export async function signedJwt(
  key: PrivateKey,
  algorithm: JwtAlgorithm,
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const signed = `${base64url({ alg: algorithm, typ: 'JWT', ...header })}.${base64url(claims)}`
  const { digest, padding } = SIGNATURES[algorithm]
  const signature = await key.sign(Buffer.from(signed), padding ? { digest, padding } : { digest })
  const half = HALF_OCTETS[algorithm]
  const octets = half === undefined ? Buffer.from(signature) : bothHalves(signature, half)
  return `${signed}.${octets.toString('base64url')}`
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** From the DER of RFC 3279 2.2.3, SEQUENCE { r INTEGER, s INTEGER }, to the two numbers in full length one after the other. */
function bothHalves(der: Uint8Array, half: number): Buffer {
  const octets = Buffer.from(der)
  const result = Buffer.alloc(2 * half)
  let at = octets[1] === 0x81 ? 3 : 2
  for (let index = 0; index < 2; index++) {
    const length = octets[at + 1] ?? 0
    const number = octets.subarray(at + 2, at + 2 + length)
    const short = number.subarray(Math.max(0, number.length - half))
    short.copy(result, (index + 1) * half - short.length)
    at += 2 + length
  }
  return result
}

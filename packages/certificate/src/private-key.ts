import { constants, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { SettingsError } from '@posthorn/ground'
import { refusal } from './refusal.js'

export type DigestName = 'sha1' | 'sha256' | 'sha384' | 'sha512'

/** `pkcs1`: RSASSA-PKCS1-v1_5 and RSAES-PKCS1-v1_5; `pss` and `oaep`: RFC 8017 8.1 and 7.1. */
export type RsaPadding = 'pkcs1' | 'pss'

/** How a signature is made. `padding` counts for RSA alone (default `pkcs1`); Ed25519 has a digest of its own. */
export interface SignatureAlgorithm {
  readonly digest: DigestName
  readonly padding?: RsaPadding
}

/** A private key that may live here or in a token: it is asked to sign and never shown. */
export interface PrivateKey {
  readonly type: 'rsa' | 'ec' | 'ed25519' | 'x25519'
  /** The octets that are signed, hashed by the key; ECDSA gives DER (RFC 3279 2.2.3). Off the event loop. */
  sign(octets: Uint8Array, algorithm: SignatureAlgorithm): Promise<Uint8Array>
  /** The key itself, when it is in memory: decrypting needs it. Absent for a key in a token. */
  readonly keyObject?: KeyObject
  /**
   * For TLS with a key in a token: how `tls.createSecureContext` reaches it through an engine of OpenSSL. There when the store was opened
   * with `engine`. It is asked for when the context is made.
   * @throws {SettingsError} when the token is gone
   */
  readonly engineKey?: () => EngineKey
}

/** What `tls.createSecureContext` is given in place of `key`. */
export interface EngineKey {
  readonly privateKeyEngine: string
  readonly privateKeyIdentifier: string
}

/**
 * A key in memory. `sign` runs in Node's thread pool; RSA-PSS has a salt as long as the digest (RFC 8017 9.1), and a key that is for PSS
 * alone is used with PSS whatever is asked.
 * @throws {SettingsError} `certificate.format` for a public or secret key, and for kinds of key that mail does not use (DSA, DH, Ed448)
 */
export function privateKeyOf(keyObject: KeyObject, field = 'key'): PrivateKey {
  const type = typeOf(keyObject)
  if (type === undefined) {
    const found = keyObject.type === 'private' ? keyObject.asymmetricKeyType : `${keyObject.type} key`
    throw unusableKind(field, found ?? '')
  }
  const pssOnly = keyObject.asymmetricKeyType === 'rsa-pss'
  return {
    type,
    keyObject,
    sign: (octets, { digest, padding }) => {
      const options = type === 'rsa' ? rsaPadding(keyObject, pssOnly ? 'pss' : padding) : keyObject
      return new Promise((resolve, reject) => {
        if (type === 'x25519') return reject(cannotSign(field, 'an X25519 key cannot sign', USABLE))
        sign(type === 'ed25519' ? null : digest, octets, options, (error, signature) =>
          error
            ? reject(cannotSign(field, `the key cannot make a signature with ${digest}`, OTHER_DIGEST, error))
            : resolve(signature),
        )
      })
    },
  }
}

/** The error for a kind of key that mail does not use. */
export function unusableKind(field: string, kind: string): SettingsError {
  return refusal('certificate.format', field, `is of a kind that cannot be used (${kind})`, USABLE)
}

const USABLE = 'Use an RSA, EC (P-256, P-384, P-521) or Ed25519 private key to sign; X25519 serves for decrypting only.'

const OTHER_DIGEST = 'Choose another digest, or a longer key.'

function cannotSign(field: string, message: string, hint: string, cause?: unknown): SettingsError {
  return new SettingsError('certificate.wrong-usage', field, message, { hint, cause })
}

function typeOf(key: KeyObject): PrivateKey['type'] | undefined {
  if (key.type !== 'private') return undefined
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return 'rsa'
    case 'ec':
    case 'ed25519':
    case 'x25519':
      return key.asymmetricKeyType
    default:
      return undefined
  }
}

function rsaPadding(
  key: KeyObject,
  padding: RsaPadding = 'pkcs1',
): { key: KeyObject; padding: number; saltLength?: number } {
  return padding === 'pkcs1'
    ? { key, padding: constants.RSA_PKCS1_PADDING }
    : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
}

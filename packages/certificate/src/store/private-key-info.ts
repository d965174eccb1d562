import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { BerError, BerReader, insideOnly, TAG } from '../asn1/ber-reader.js'
import { SettingsError } from '@posthorn/ground'
import { privateKeyOf, unusableKind } from '../private-key.js'
import { ALGORITHM_NAMES, EC, ED25519, RSA, RSA_PSS, X25519 } from '../public-key-info.js'
import type { StoredKey } from './opener.js'
import { decryptPbe } from './pkcs12/pbe.js'
import type { PasswordOctets } from './pkcs12/password-octets.js'
import type { Work } from './pkcs12/work.js'
import type { Steps } from './steps.js'

/** How a private key is packed: PKCS #8 (RFC 5958), PKCS #1 (RFC 8017 A.1.2) or SEC 1 (RFC 5915). */
export type KeyForm = 'pkcs8' | 'pkcs1' | 'sec1'

/**
 * A private key out of DER.
 * @throws {BerError} when it is no key of this form, larger than 16 KiB, or on a curve with parameters of its own
 * @throws {SettingsError} `certificate.format` when it is of a kind that cannot be used, which OpenSSL is not given
 */
export function storedKey(der: Uint8Array, form: KeyForm, field: string, name?: string, id?: string): StoredKey {
  return storedKeyOf(parse(der, form, field), field, name, id)
}

/** A key that Node has read. @throws {SettingsError} `certificate.format` when it is of a kind that cannot be used */
export function storedKeyOf(key: KeyObject, field: string, name?: string, id?: string): StoredKey {
  return { privateKey: privateKeyOf(key, field), publicKey: createPublicKey(key), name, id }
}

/** RSA of 16384 bits has 10 KiB. */
export const MAX_KEY_OCTETS = 16 * 1024

/** The kinds that are used: for others, such as DSA, OpenSSL computes the public key, and takes a minute when the numbers are large. */
const USED: readonly string[] = [RSA, RSA_PSS, EC, ED25519, X25519]

function parse(der: Uint8Array, type: KeyForm, field: string): KeyObject {
  try {
    if (der.length > MAX_KEY_OCTETS) throw new Unread(`the private key is larger than ${MAX_KEY_OCTETS / 1024} KiB`)
    if (type === 'pkcs8') expectUsed(der, field)
    if (hasOwnCurve(der, type)) throw new Unread('its elliptic curve has parameters of its own')
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type })
  } catch (cause) {
    if (cause instanceof Unread || cause instanceof SettingsError) throw cause
    throw new BerError('not a private key', { cause })
  }
}

/** What is told about a key that OpenSSL is not given. */
class Unread extends BerError {}

/** @throws {SettingsError} `certificate.format` for a kind of key that is not used */
function expectUsed(der: Uint8Array, field: string): void {
  const key = insideOnly(der)
  key.next(TAG.integer) // the version
  const algorithm = key.inside().oid()
  if (!USED.includes(algorithm)) throw unusableKind(field, ALGORITHM_NAMES[algorithm]?.toLowerCase() ?? algorithm)
}

/** As in a certificate: OpenSSL takes half a second for a point on a curve that was made for it. @throws {BerError} when it is no key */
function hasOwnCurve(der: Uint8Array, form: KeyForm): boolean {
  if (form === 'pkcs1') return false
  const key = insideOnly(der)
  key.next(TAG.integer) // the version
  if (form === 'sec1') {
    key.octetString()
    const parameters = key.optional(SEC1_PARAMETERS)
    return parameters !== undefined && new BerReader(parameters.content).nextTag !== TAG.oid
  }
  const algorithm = key.inside()
  if (algorithm.oid() !== EC) return false
  // the parameters may stand outside, inside (RFC 5915 3), or in both places
  return (!algorithm.done && algorithm.nextTag !== TAG.oid) || hasOwnCurve(key.octetString(), 'sec1')
}

const SEC1_PARAMETERS = 0xa0

/** Opens an EncryptedPrivateKeyInfo (RFC 5958 3) and gives the PKCS #8 in it. @throws {BerError} */
export function* decryptPrivateKeyInfo(der: Uint8Array, password: PasswordOctets, work: Work): Steps<Uint8Array> {
  const info = insideOnly(der)
  const algorithm = info.inside()
  return yield* decryptPbe(algorithm, info.octetString(), password, work)
}

import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { BerError, BerReader, insideOnly, TAG } from '../asn1/ber-reader.js'
import { privateKeyOf } from '../private-key.js'
import { EC } from '../public-key-info.js'
import type { StoredKey } from './opener.js'
import { decryptPbe } from './pkcs12/pbe.js'
import type { PasswordOctets } from './pkcs12/password-octets.js'
import type { Work } from './pkcs12/work.js'

/** How a private key is packed: PKCS #8 (RFC 5958), PKCS #1 (RFC 8017 A.1.2) or SEC 1 (RFC 5915). */
export type KeyForm = 'pkcs8' | 'pkcs1' | 'sec1'

/**
 * A private key out of DER.
 * @throws {BerError} when it is no key of this form
 * @throws {SettingsError} `certificate.format` when it is of a kind that cannot be used
 */
export function storedKey(der: Uint8Array, form: KeyForm, field: string, name?: string, id?: string): StoredKey {
  return storedKeyOf(parse(der, form), field, name, id)
}

/** A key that Node has read. @throws {SettingsError} `certificate.format` when it is of a kind that cannot be used */
export function storedKeyOf(key: KeyObject, field: string, name?: string, id?: string): StoredKey {
  return { privateKey: privateKeyOf(key, field), publicKey: createPublicKey(key), name, id }
}

function parse(der: Uint8Array, type: KeyForm): KeyObject {
  try {
    if (hasOwnCurve(der, type)) throw new OwnCurve('its elliptic curve has parameters of its own')
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type })
  } catch (cause) {
    if (cause instanceof OwnCurve) throw cause
    throw new BerError('not a private key', { cause })
  }
}

class OwnCurve extends BerError {}

/** As in a certificate: OpenSSL takes half a second for a point on a curve that was made for it. @throws {BerError} when it is no key */
function hasOwnCurve(der: Uint8Array, form: KeyForm): boolean {
  if (form === 'pkcs1') return false
  const key = insideOnly(der)
  key.next(TAG.integer) // the version
  if (form === 'pkcs8') {
    const algorithm = key.inside()
    return algorithm.oid() === EC && algorithm.nextTag === TAG.sequence
  }
  key.octetString()
  const parameters = key.optional(SEC1_PARAMETERS)
  return parameters !== undefined && new BerReader(parameters.content).nextTag === TAG.sequence
}

const SEC1_PARAMETERS = 0xa0

/** Opens an EncryptedPrivateKeyInfo (RFC 5958 3) and gives the PKCS #8 in it. @throws {BerError} */
export async function decryptPrivateKeyInfo(
  der: Uint8Array,
  password: PasswordOctets,
  work: Work,
): Promise<Uint8Array> {
  const info = insideOnly(der)
  const algorithm = info.inside()
  return decryptPbe(algorithm, info.octetString(), password, work)
}

import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { BerError, insideOnly } from '../asn1/ber-reader.js'
import { privateKeyOf } from '../private-key.js'
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
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type })
  } catch (cause) {
    throw new BerError('not a private key', { cause })
  }
}

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

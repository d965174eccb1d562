import { createHash } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Certificate } from '../certificate.js'
import { pemText } from '../pem-text.js'
import { publicKeyAlgorithmName, publicKeyBits, readPublicKeyInfo } from '../public-key-info.js'
import { keyName } from './key-name.js'
import type { StoreContents } from './opener.js'

/** A public key that stands in a store without a certificate, or is one half of a private key there. */
export interface NamedPublicKey {
  /** What the store calls it: the comment of a key of SSH, the `kid` of a JWK, an alias. */
  readonly name: string | undefined
  readonly keyObject: KeyObject
  /** SubjectPublicKeyInfo (RFC 5280 4.1.2.7). */
  readonly der: Uint8Array
  readonly pem: string
  /** As `publicKeyAlgorithm` and `publicKeyBits` of a certificate. */
  readonly algorithm: string
  readonly bits: number
  /** Of `der`; hexadecimal in lower case, without colons. */
  readonly fingerprints: Certificate['fingerprints']
}

/** The public keys of a store but those of its certificates, each once. */
export function namedPublicKeys({ keys, publicKeys = [] }: StoreContents): readonly NamedPublicKey[] {
  const byName = new Map<string, NamedPublicKey>()
  for (const { publicKey, name } of [...keys, ...publicKeys]) {
    const id = keyName(publicKey)
    if (!byName.has(id)) byName.set(id, named(publicKey, name))
  }
  return [...byName.values()]
}

function named(keyObject: KeyObject, name: string | undefined): NamedPublicKey {
  const der = keyObject.export({ type: 'spki', format: 'der' })
  const info = readPublicKeyInfo(der)
  const hash = (digest: string) => createHash(digest).update(der).digest('hex')
  return {
    name,
    keyObject,
    der,
    pem: pemText('PUBLIC KEY', der),
    algorithm: publicKeyAlgorithmName(info),
    bits: publicKeyBits(info),
    fingerprints: { md5: hash('md5'), sha1: hash('sha1'), sha256: hash('sha256') },
  }
}

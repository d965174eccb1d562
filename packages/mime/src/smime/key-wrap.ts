import { createCipheriv, createDecipheriv } from 'node:crypto'
import { derNull, oid, sequence } from './der.js'

/** An algorithm that encrypts one key with another. */
export interface KeyWrap {
  readonly oid: string
  /** Of the key that encrypts. */
  readonly keyOctets: number
  /** The AlgorithmIdentifier: AES has no parameters (RFC 3565 2.3.2), 3DES has NULL (RFC 3370 4.3.1). */
  readonly identifier: Buffer
  readonly algorithm: string
  /** RFC 3394 2.2.3.1; null: the algorithm makes its own. */
  readonly iv: Buffer | null
}

const AES_IV = Buffer.from('a6a6a6a6a6a6a6a6', 'hex')

const aes = (bits: 128 | 192 | 256, arc: number): KeyWrap => {
  const id = `2.16.840.1.101.3.4.1.${arc}`
  return {
    oid: id,
    keyOctets: bits / 8,
    identifier: sequence(oid(id)),
    algorithm: `id-aes${bits}-wrap`,
    iv: AES_IV,
  }
}

const CMS_3DES_WRAP = '1.2.840.113549.1.9.16.3.6'

/** AES-256 key wrap, which protects the key of every content cipher. */
export const AES_256_WRAP = aes(256, 45)

/** What can be read. */
export const KEY_WRAPS: readonly KeyWrap[] = [
  aes(128, 5),
  aes(192, 25),
  AES_256_WRAP,
  {
    oid: CMS_3DES_WRAP,
    keyOctets: 24,
    identifier: sequence(oid(CMS_3DES_WRAP), derNull),
    algorithm: 'id-smime-alg-CMS3DESwrap',
    iv: null,
  },
]

/** RFC 3394 2.2.1. */
export function wrapKey(wrap: KeyWrap, wrappingKey: Uint8Array, key: Uint8Array): Buffer {
  const cipher = createCipheriv(wrap.algorithm, wrappingKey, wrap.iv)
  return Buffer.concat([cipher.update(key), cipher.final()])
}

/** RFC 3394 2.2.2. Throws what OpenSSL throws when the key was not wrapped with this one. */
export function unwrapKey(wrap: KeyWrap, wrappingKey: Uint8Array, wrapped: Uint8Array): Buffer {
  const decipher = createDecipheriv(wrap.algorithm, wrappingKey, wrap.iv)
  return Buffer.concat([decipher.update(wrapped), decipher.final()])
}

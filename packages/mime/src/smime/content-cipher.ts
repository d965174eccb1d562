import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { integer, octetString, oid, sequence } from './der.js'
import type { ContentCipher } from './options.js'

/** How the content is encrypted: one row for each algorithm (RFC 3565, RFC 5084, RFC 3370 5.1). */
export interface CipherFacts {
  readonly name: ContentCipher
  readonly oid: string
  /** The name in `node:crypto`. */
  readonly algorithm: 'aes-128-cbc' | 'aes-192-cbc' | 'aes-256-cbc' | 'des-ede3-cbc' | GcmAlgorithm
  /** True for GCM: AuthEnvelopedData (RFC 5083). */
  readonly authenticated: boolean
  readonly keyOctets: number
  readonly blockOctets: number
  /** What encrypting gives an algorithm of its own: the initialization vector, or the nonce (RFC 5084 3.2 recommends 12). */
  readonly ivOctets: number
}

type GcmAlgorithm = 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm'

/** The authentication tag that GCM gets here: the longest. */
export const TAG_OCTETS = 16

/** What one GCM key may encrypt under one nonce: 2^39 - 256 bits (NIST SP 800-38D 5.2.1.1). */
export const MAX_GCM_OCTETS = 2 ** 36 - 32

const AES = '2.16.840.1.101.3.4.1'

const cbc = (bits: 128 | 192 | 256, arc: number): CipherFacts => ({
  name: `aes-${bits}-cbc`,
  oid: `${AES}.${arc}`,
  algorithm: `aes-${bits}-cbc`,
  authenticated: false,
  keyOctets: bits / 8,
  blockOctets: 16,
  ivOctets: 16,
})

const gcm = (bits: 128 | 192 | 256, arc: number): CipherFacts => ({
  name: `aes-${bits}-gcm`,
  oid: `${AES}.${arc}`,
  algorithm: `aes-${bits}-gcm`,
  authenticated: true,
  keyOctets: bits / 8,
  blockOctets: 1,
  ivOctets: 12,
})

export const CIPHERS: readonly CipherFacts[] = [
  cbc(128, 2),
  cbc(192, 22),
  cbc(256, 42),
  gcm(128, 6),
  gcm(192, 26),
  gcm(256, 46),
  {
    name: '3des-cbc',
    oid: '1.2.840.113549.3.7',
    algorithm: 'des-ede3-cbc',
    authenticated: false,
    keyOctets: 24,
    blockOctets: 8,
    ivOctets: 8,
  },
]

/** A key for one message, from the random generator of the system. A 3DES key has odd parity, which old readers check. */
export function newContentKey(cipher: CipherFacts): Buffer {
  const key = randomBytes(cipher.keyOctets)
  if (cipher.name === '3des-cbc') {
    for (const [index, octet] of key.entries()) key[index] = (octet & 0xfe) | (evenOnes(octet >> 1) ? 1 : 0)
  }
  return key
}

function evenOnes(bits: number): boolean {
  let ones = 0
  for (let rest = bits; rest > 0; rest >>= 1) ones += rest & 1
  return ones % 2 === 0
}

/** The AlgorithmIdentifier: the initialization vector (RFC 3565 2.3), or GCMParameters (RFC 5084 3.2). */
export function cipherIdentifier(cipher: CipherFacts, iv: Uint8Array): Buffer {
  const parameters = cipher.authenticated ? sequence(octetString(iv), integer(TAG_OCTETS)) : octetString(iv)
  return sequence(oid(cipher.oid), parameters)
}

/** How long so many octets are when they are encrypted, without the tag. CBC always adds padding (RFC 5652 6.3). */
export function encryptedSize(cipher: CipherFacts, octets: number): number {
  return cipher.authenticated ? octets : octets + cipher.blockOctets - (octets % cipher.blockOctets)
}

/** Encrypts what it is given piece by piece. */
export interface Encryption {
  update(octets: Uint8Array): Buffer
  final(): Buffer
  /** After `final`: the tag of GCM, else nothing. */
  trailer(): Buffer
}

export function encryption(cipher: CipherFacts, key: Uint8Array, iv: Uint8Array): Encryption {
  const { algorithm } = cipher
  if (isGcm(algorithm)) {
    const sealing = createCipheriv(algorithm, key, iv, { authTagLength: TAG_OCTETS })
    return {
      update: (octets) => sealing.update(octets),
      final: () => sealing.final(),
      trailer: () => octetString(sealing.getAuthTag()),
    }
  }
  const enciphering = createCipheriv(algorithm, key, iv)
  return {
    update: (octets) => enciphering.update(octets),
    final: () => enciphering.final(),
    trailer: () => Buffer.alloc(0),
  }
}

/** What decrypting is told besides the key. */
export interface SealedBy {
  readonly iv: Uint8Array
  /** GCM alone. */
  readonly tag?: Uint8Array
  /** GCM alone: what is authenticated and not encrypted. */
  readonly associated?: Uint8Array
}

/** Decrypts what it is given piece by piece; `final` throws when the padding, or the tag, is wrong. */
export function decryption(
  cipher: CipherFacts,
  key: Uint8Array,
  { iv, tag, associated }: SealedBy,
): { update(octets: Uint8Array): Buffer; final(): Buffer } {
  const { algorithm } = cipher
  if (!isGcm(algorithm)) return createDecipheriv(algorithm, key, iv)
  const opening = createDecipheriv(algorithm, key, iv, { authTagLength: tag?.length ?? TAG_OCTETS })
  if (tag) opening.setAuthTag(tag)
  if (associated) opening.setAAD(associated)
  return opening
}

function isGcm(algorithm: CipherFacts['algorithm']): algorithm is GcmAlgorithm {
  return algorithm.endsWith('-gcm')
}

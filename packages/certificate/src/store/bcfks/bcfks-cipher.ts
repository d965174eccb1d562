import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import type { Secret } from '@posthorn/ground'
import { BerError, BerReader, TAG } from '../../asn1/ber-reader.js'
import { hmacDigest, keyDerivation, SCRYPT, WrongPassword } from '../pkcs12/pbe.js'
import type { KeyDerivation } from '../pkcs12/pbe.js'
import type { PasswordOctets } from '../pkcs12/password-octets.js'
import type { Work } from '../pkcs12/work.js'
import type { Steps } from '../steps.js'

const PBES2 = '1.2.840.113549.1.5.13'
const AES_256_CCM = '2.16.840.1.101.3.4.1.47'
const AES_256_KWP = '2.16.840.1.101.3.4.1.48'

const KEY_OCTETS = 32
/** RFC 5649 3: what a wrapped key begins with before it is wrapped. */
const KWP_INITIAL_VALUE = Buffer.from('a65959a6', 'hex')
/** RFC 5084 3.1. */
const CCM_DEFAULT_TAG_OCTETS = 12
const CCM_TAG_OCTETS: readonly number[] = [8, 10, 12, 14, 16]

/** What a key is derived for: it stands behind the password, so that each use has a key of its own. */
export type KeyUse = 'INTEGRITY_CHECK' | 'STORE_ENCRYPTION' | 'PRIVATE_KEY_ENCRYPTION'

/**
 * Decrypts a part of a BCFKS store: PBES2 (RFC 8018 6.2) with PBKDF2 or scrypt, and AES-256 in CCM (RFC 5084) or as a key wrap (RFC 5649).
 * @param algorithm the inside of the AlgorithmIdentifier
 * @throws {WrongPassword}
 * @throws {BerError} when the algorithm is not known or its parameters are out of bounds
 */
export function* decryptPart(
  algorithm: BerReader,
  ciphertext: Uint8Array,
  password: Secret,
  use: KeyUse,
  work: Work,
): Steps<Uint8Array> {
  const oid = algorithm.oid()
  if (oid !== PBES2) throw new BerError(`is encrypted in a way that is not supported (${oid})`)
  const parameters = algorithm.inside()
  const derivations = keyDerivations(parameters.next(TAG.sequence).content, octetsFor(password, use), work)
  const decrypt = cipherOf(parameters.inside())
  let wrong: unknown
  for (const derivation of derivations) {
    const { keyOctets } = derivation
    if ((keyOctets ?? KEY_OCTETS) !== KEY_OCTETS) throw new BerError('has a key of another length than its cipher')
    try {
      return decrypt(yield* derivation.derive(KEY_OCTETS), ciphertext)
    } catch (error) {
      if (!(error instanceof WrongPassword)) throw error
      wrong = error
    }
  }
  throw wrong
}

/** The derivation that is written there; for scrypt, before it, the one that Bouncy Castle means (seen in 1.72). */
function keyDerivations(algorithm: Uint8Array, password: PasswordOctets, work: Work): readonly KeyDerivation[] {
  const asWritten = keyDerivation(new BerReader(algorithm), password, work)
  if (new BerReader(algorithm).oid() !== SCRYPT) return [asWritten]
  return [keyDerivation(new BerReader(algorithm), password, work, true), asWritten]
}

type Decrypt = (key: Uint8Array, ciphertext: Uint8Array) => Uint8Array

function cipherOf(scheme: BerReader): Decrypt {
  const oid = scheme.oid()
  if (oid === AES_256_KWP) return unwrapped
  if (oid !== AES_256_CCM) throw new BerError(`is encrypted with a cipher that is not supported (${oid})`)
  const parameters = scheme.inside()
  const nonce = parameters.octetString()
  const tagOctets = parameters.done ? CCM_DEFAULT_TAG_OCTETS : parameters.smallInteger()
  if (nonce.length < 7 || nonce.length > 13 || !CCM_TAG_OCTETS.includes(tagOctets)) {
    throw new BerError('has parameters of AES-CCM that are out of bounds')
  }
  return (key, ciphertext) => opened(key, nonce, tagOctets, ciphertext)
}

function opened(key: Uint8Array, nonce: Uint8Array, tagOctets: number, ciphertext: Uint8Array): Uint8Array {
  const end = ciphertext.length - tagOctets
  if (end < 0) throw new BerError('is too short')
  const decipher = createDecipheriv('aes-256-ccm', key, nonce, { authTagLength: tagOctets })
  decipher.setAuthTag(ciphertext.subarray(end))
  return orWrongPassword(() => {
    const plain = decipher.update(ciphertext.subarray(0, end))
    decipher.final()
    return plain
  })
}

/** Wrapping goes over everything six times. */
const MAX_WRAPPED_OCTETS = 256 * 1024

function unwrapped(key: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  if (ciphertext.length > MAX_WRAPPED_OCTETS) throw new BerError('has more than 256 KiB that is wrapped with AES')
  const decipher = createDecipheriv('id-aes256-wrap-pad', key, KWP_INITIAL_VALUE)
  return orWrongPassword(() => Buffer.concat([decipher.update(ciphertext), decipher.final()]))
}

function orWrongPassword(decrypt: () => Uint8Array): Uint8Array {
  try {
    return decrypt()
  } catch (cause) {
    throw new WrongPassword('the octets are not authentic', { cause })
  }
}

/**
 * Whether the store is as somebody with this password left it.
 * @param check the inside of PbkdMacIntegrityCheck: an HMAC, how its key is derived, and its value
 * @throws {BerError}
 */
export function* isIntact(content: Uint8Array, check: BerReader, password: Secret, work: Work): Steps<boolean> {
  const digest = hmacDigest(check.inside())
  const derivations = keyDerivations(check.next(TAG.sequence).content, octetsFor(password, 'INTEGRITY_CHECK'), work)
  const expected = check.octetString()
  for (const derivation of derivations) {
    const { keyOctets } = derivation
    if (keyOctets === undefined || keyOctets < 20 || keyOctets > 64) {
      throw new BerError('is protected by a MAC without a proper key length')
    }
    const found = createHmac(digest, yield* derivation.derive(keyOctets))
      .update(content)
      .digest()
    if (found.length === expected.length && timingSafeEqual(found, expected)) return true
  }
  return false
}

/** Both as BMPString with two zero octets at its end, as in PKCS #12; an empty password is nothing at all. */
function octetsFor(password: Secret, use: KeyUse): PasswordOctets {
  const text = password.reveal()
  const octets = Buffer.concat([text === '' ? Buffer.alloc(0) : bmpString(text), bmpString(use)])
  return { bmp: octets, utf8: octets }
}

function bmpString(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf16le').swap16()
}

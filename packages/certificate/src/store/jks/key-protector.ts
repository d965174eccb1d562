import { createDecipheriv, hash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '@posthorn/ground'
import { BerError, insideOnly } from '../../asn1/ber-reader.js'
import { WrongPassword } from '../pkcs12/pbe.js'
import { boundedSalt } from '../pkcs12/work.js'
import { Turn } from '../turn.js'
import type { Work } from '../pkcs12/work.js'
import type { Steps } from '../steps.js'

/** Sun's own, in JKS: no more than a stream of SHA-1 laid over the key. */
const SUN_PROTECTOR = '1.3.6.1.4.1.42.2.17.1.1'
/** PBEWithMD5AndTripleDES, in JCEKS. */
const JCE_PROTECTOR = '1.3.6.1.4.1.42.2.19.1'

const SHA1_OCTETS = 20
/** RSA of 16384 bits has 10 KiB; salt, digest or padding come to it. */
const MAX_PROTECTED_OCTETS = 17 * 1024

/** A password as Java's key stores take it: two octets for each UTF-16 unit, the more significant first. */
export function javaPassword(password: Secret): Buffer {
  return Buffer.from(password.reveal(), 'utf16le').swap16()
}

/**
 * Opens a private key of a Java key store: an EncryptedPrivateKeyInfo (RFC 5958 3) with one of two methods that only Java has.
 * @returns PKCS #8
 * @throws {WrongPassword}
 * @throws {BerError} when it is malformed, or protected in another way
 */
export function* unprotectedKey(der: Uint8Array, password: Secret, work: Work): Steps<Uint8Array> {
  const info = insideOnly(der)
  const algorithm = info.inside()
  const ciphertext = info.octetString()
  if (ciphertext.length > MAX_PROTECTED_OCTETS) throw new BerError('is of a length that no private key has')
  const oid = algorithm.oid()
  if (oid === SUN_PROTECTOR) return sunPlain(ciphertext, javaPassword(password))
  if (oid !== JCE_PROTECTOR) throw new BerError(`is encrypted in a way that is not supported (${oid})`)
  const parameters = algorithm.inside()
  const salt = boundedSalt(parameters.octetString())
  return yield* jcePlain(ciphertext, password, salt, parameters.smallInteger(), work)
}

/** Salt, the key under a stream, and a digest over password and key. Each 20 octets of the stream are SHA-1 of the password and those before. */
function sunPlain(protectedKey: Uint8Array, password: Buffer): Uint8Array {
  const length = protectedKey.length - 2 * SHA1_OCTETS
  if (length < 0) throw new BerError('is of a length that no private key has')
  const plain = Buffer.from(protectedKey.subarray(SHA1_OCTETS, SHA1_OCTETS + length))
  let block: Uint8Array = protectedKey.subarray(0, SHA1_OCTETS)
  for (let at = 0; at < length; at += SHA1_OCTETS) {
    block = hash('sha1', Buffer.concat([password, block]), 'buffer')
    for (let index = 0; index < SHA1_OCTETS && at + index < length; index++) plain[at + index]! ^= block[index]!
  }
  const check = hash('sha1', Buffer.concat([password, plain]), 'buffer')
  if (!timingSafeEqual(check, protectedKey.subarray(SHA1_OCTETS + length)))
    throw new WrongPassword('the digest is wrong')
  return plain
}

const ITERATIONS_AT_A_TIME = 200
const SALT_OCTETS = 8

/** MD5, over and over, of each half of the salt with the password: 24 octets for 3DES, then 8 for its vector. */
function* jcePlain(
  ciphertext: Uint8Array,
  password: Secret,
  salt: Uint8Array,
  iterations: number,
  work: Work,
): Steps<Uint8Array> {
  if (salt.length !== SALT_OCTETS) throw new BerError('has a salt of the wrong length')
  work.spend(2 * iterations)
  const halves = [Buffer.from(salt.subarray(0, 4)), Buffer.from(salt.subarray(4))] as const
  if (halves[0].equals(halves[1])) halves[0].reverse()
  const text = javaPassword(password).filter((_, at) => at % 2 === 1) // of each character Java takes seven bits
  for (let at = 0; at < text.length; at++) text[at]! &= 0x7f
  const digests: Buffer[] = []
  const turn = new Turn()
  for (const half of halves) {
    let value: Buffer = half
    for (let iteration = 1; iteration <= iterations; iteration++) {
      value = hash('md5', Buffer.concat([value, text]), 'buffer')
      if (iteration % ITERATIONS_AT_A_TIME === 0) yield* turn.pass()
    }
    digests.push(value)
  }
  const derived = Buffer.concat(digests)
  const decipher = createDecipheriv('des-ede3-cbc', derived.subarray(0, 24), derived.subarray(24))
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  } catch (cause) {
    throw new WrongPassword('the padding is wrong', { cause })
  }
}

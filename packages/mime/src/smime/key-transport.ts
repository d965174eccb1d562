import { constants, createHmac, privateDecrypt, publicEncrypt, randomBytes, type KeyObject } from 'node:crypto'
import { algorithmOf, membersOf, octetsOf, withoutParameters, type Algorithm } from './cms-element.js'
import { derNull, oid, sequence, tagged } from './der.js'
import { ID } from './object-identifier.js'
import { unsupported } from './unsupported.js'

/** A content key for the holder of an RSA key. */
export interface TransportedKey {
  /** The AlgorithmIdentifier. */
  readonly identifier: Buffer
  readonly encryptedKey: Buffer
}

const OAEP = '1.2.840.113549.1.1.7'
const P_SPECIFIED = '1.2.840.113549.1.1.9'
const SHA256 = '2.16.840.1.101.3.4.2.1'
const HASHES: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  [SHA256]: 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

const PKCS1_IDENTIFIER = sequence(oid(ID.rsaEncryption), derNull) // RFC 3370 4.2.1
const SHA256_IDENTIFIER = sequence(oid(SHA256), derNull)
const OAEP_IDENTIFIER = sequence(
  oid(OAEP),
  sequence(tagged(0, SHA256_IDENTIFIER), tagged(1, sequence(oid(ID.mgf1), SHA256_IDENTIFIER))), // RFC 4055 4.1
)

/** Encrypts the content key: RSAES-PKCS1-v1_5 (RFC 3370 4.2.1), or RSAES-OAEP with SHA-256 (RFC 3560). */
export function transportKey(publicKey: KeyObject, contentKey: Uint8Array, padding: 'pkcs1' | 'oaep'): TransportedKey {
  if (padding === 'pkcs1') {
    const encryptedKey = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, contentKey)
    return { identifier: PKCS1_IDENTIFIER, encryptedKey }
  }
  const key = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  return { identifier: OAEP_IDENTIFIER, encryptedKey: publicEncrypt(key, contentKey) }
}

/**
 * Decrypts a content key of `keyOctets`. With PKCS #1 v1.5 a padding that is wrong gives a key that is wrong, in the same time, so that
 * nobody learns from us which it was (RFC 3218 2.3.2): the content then does not open, like that of a wrong key.
 * @throws what `node:crypto` throws, for OAEP that does not open; `smime.unsupported`
 */
export function receiveTransportedKey(
  privateKey: KeyObject,
  algorithm: Algorithm,
  encryptedKey: Uint8Array,
  keyOctets: number,
): Buffer {
  if (algorithm.oid === ID.rsaEncryption) return receivePkcs1(privateKey, encryptedKey, keyOctets)
  if (algorithm.oid !== OAEP) throw unsupported('a key transport', algorithm.oid)
  const { hash, label } = oaepParameters(algorithm)
  const key = { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash, oaepLabel: label }
  return privateDecrypt(key, encryptedKey)
}

/**
 * The padding is taken off here, on every version of Node.js alike: Node.js refuses to do it where its OpenSSL tells a wrong padding by
 * an error (CVE-2023-46809). What the octets are decides neither a branch nor an index.
 */
function receivePkcs1(privateKey: KeyObject, encryptedKey: Uint8Array, keyOctets: number): Buffer {
  const instead = substituteKey(encryptedKey, keyOctets)
  const padded = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encryptedKey)
  const separator = padded.length - keyOctets - 1
  if (separator < 10) throw new RangeError('the RSA key is too short for the content key') // 00 02, at least 8 octets, 00
  let wrong = padded[0]! | (padded[1]! ^ 2) | padded[separator]!
  for (let index = 2; index < separator; index++) wrong |= (padded[index]! - 1) >> 8 // -1 for a zero, which ends the padding
  const mask = -((wrong | -wrong) >>> 31) // all ones when anything is wrong
  const key = Buffer.allocUnsafe(keyOctets)
  for (let index = 0; index < keyOctets; index++) {
    key[index] = (padded[separator + 1 + index]! & ~mask) | (instead[index]! & mask)
  }
  return key
}

let secret: Buffer | undefined

/** The same for the same message, or asking twice would tell that it is not the key. */
function substituteKey(encryptedKey: Uint8Array, keyOctets: number): Buffer {
  secret ??= randomBytes(32)
  return createHmac('sha256', secret).update(encryptedKey).digest().subarray(0, keyOctets)
}

/** RSAES-OAEP-params, RFC 4055 4.1: everything has a default. */
function oaepParameters(algorithm: Algorithm): { hash: string; label: Uint8Array } {
  let hash = 'sha1'
  let maskHash = 'sha1'
  let label: Uint8Array = new Uint8Array(0)
  const parameters = withoutParameters(algorithm) ? [] : membersOf(algorithm.parameters, 48, 'OAEP parameters')
  for (const parameter of parameters) {
    const [inner] = membersOf(parameter, parameter.tag, 'OAEP parameter')
    const given = algorithmOf(inner, 'algorithm of OAEP')
    if (parameter.tag === 0xa0) hash = hashOf(given)
    else if (parameter.tag === 0xa1 && given.oid === ID.mgf1)
      maskHash = hashOf(algorithmOf(given.parameters, 'MGF1 hash'))
    else if (parameter.tag === 0xa2 && given.oid === P_SPECIFIED) label = octetsOf(given.parameters, 'OAEP label')
    else throw unsupported('an OAEP parameter', given.oid)
  }
  if (maskHash !== hash) throw unsupported('OAEP with two hashes', `${hash} and ${maskHash}`)
  return { hash, label }
}

function hashOf({ oid: id }: Algorithm): string {
  const hash = HASHES[id]
  if (hash === undefined) throw unsupported('a hash', id)
  return hash
}

import { constants, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { receiveTransportedKey, transportKey } from './key-transport.js'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
const PKCS1 = { oid: '1.2.840.113549.1.1.1', parameters: undefined }
const OCTETS = publicKey.asymmetricKeyDetails!.modulusLength! / 8

/** What an RSA private key makes into these octets. */
const raw = (octets: Uint8Array) => publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, octets)

/** 00 02, padding, 00, key: with these changes. */
function block(key: Uint8Array, changes: Readonly<Record<number, number>> = {}): Buffer {
  const octets = Buffer.alloc(OCTETS, 0x55)
  octets.set([0, 2])
  octets[OCTETS - key.length - 1] = 0
  octets.set(key, OCTETS - key.length)
  for (const [at, octet] of Object.entries(changes)) octets[Number(at)] = octet
  return octets
}

describe('receiveTransportedKey with PKCS #1 v1.5', () => {
  it.each([16, 24, 32])('receives a key of %i octets', (size) => {
    const key = randomBytes(size)
    expect(receiveTransportedKey(privateKey, PKCS1, transportKey(publicKey, key, 'pkcs1').encryptedKey, size)).toEqual(
      key,
    )
    expect(receiveTransportedKey(privateKey, PKCS1, raw(block(key)), size)).toEqual(key)
  })

  it.each<[string, Readonly<Record<number, number>>]>([
    ['another first octet', { 0: 1 }],
    ['another block type', { 1: 1 }],
    ['a zero at the beginning of the padding', { 2: 0 }],
    ['a zero at the end of the padding', { [OCTETS - 34]: 0 }],
    ['no zero before the key', { [OCTETS - 33]: 1 }],
  ])('gives a wrong key and no error for %s', (_, changes) => {
    const key = Buffer.alloc(32, 7)
    const wrong = raw(block(key, changes))
    const first = receiveTransportedKey(privateKey, PKCS1, wrong, 32)
    expect(first).toHaveLength(32)
    expect(first).not.toEqual(key)
    expect(receiveTransportedKey(privateKey, PKCS1, wrong, 32)).toEqual(first) // or asking twice would tell
  })

  it('gives a wrong key for one of another length', () => {
    const encrypted = transportKey(publicKey, Buffer.alloc(16, 7), 'pkcs1').encryptedKey
    expect(receiveTransportedKey(privateKey, PKCS1, encrypted, 32)).toHaveLength(32)
  })
})

describe('transportKey', () => {
  it('writes OAEP with SHA-256 in both places (RFC 4055 4.1)', () => {
    const { identifier } = transportKey(publicKey, Buffer.alloc(32), 'oaep')
    const sha256 = '300d06096086480165030402010500'
    expect(identifier.toString('hex')).toBe(
      `303c06092a864886f70d010107302fa00f${sha256}a11c301a06092a864886f70d010108${sha256}`,
    )
  })
})

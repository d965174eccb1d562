import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { nothing, oid, sequence } from '../test/der-writer.js'
import { ecdsa, ecKeys, madeCertificate, rsaPublicKey } from '../test/made-certificate.js'
import { unusableKey, weakKey } from './key-strength.js'
import { readCertificate } from './read-certificate.js'

const { privateKey } = ecKeys()
const withKey = (publicKey: KeyObject | Buffer) =>
  readCertificate(madeCertificate({ subject: 'Ann', issuer: 'Root', publicKey, signing: ecdsa(privateKey) }))
const rsa = (bits: number, exponent: string) =>
  withKey(rsaPublicKey(Buffer.alloc(bits / 8, 0xff), Buffer.from(exponent, 'hex')))

describe('unusableKey and weakKey', () => {
  it.each(['prime256v1', 'secp384r1', 'secp521r1', 'brainpoolP256r1', 'brainpoolP512r1', 'brainpoolP384t1'])(
    'have nothing against %s',
    (curve) =>
      expect([unusableKey, weakKey].map((find) => find(withKey(ecKeys(curve).publicKey)))).toEqual([
        undefined,
        undefined,
      ]),
  )

  it.each(['ed25519', 'ed448', 'x25519'] as const)('have nothing against %s', (type) => {
    expect(weakKey(withKey(generateKeyPairSync(type as 'ed25519').publicKey))).toBeUndefined()
  })

  it.each([
    ['secp256k1', '1.3.132.0.10'],
    ['secp112r1', '1.3.132.0.6'],
    ['brainpoolP224r1', '1.3.36.3.3.2.8.1.1.5'],
  ])('find the curve %s', (curve, id) => {
    const sentence = `has a key on an elliptic curve that is not relied on (${id})`
    expect([unusableKey, weakKey].map((find) => find(withKey(ecKeys(curve).publicKey)))).toEqual([sentence, sentence])
  })

  it.each([
    [2048, '010001', undefined],
    [8192, 'ffffffff', undefined],
    [8200, '010001', 'has a key of 8200 bits, which takes too long to check'],
    [2048, '0100000001', 'has an RSA key with an exponent that takes too long to check'],
    [3072, '7f'.repeat(384), 'has an RSA key with an exponent that takes too long to check'],
    [2048, '01', 'has an RSA key with the exponent 1, which proves nothing'],
  ])('RSA with %d bits and the exponent %s: %s', (bits, exponent, sentence) => {
    const certificate = rsa(bits, exponent)
    expect([unusableKey(certificate), weakKey(certificate)]).toEqual([sentence, sentence])
  })

  it('tell short RSA keys by what is asked for', () => {
    const certificate = rsa(1536, '03')
    expect(unusableKey(certificate)).toBeUndefined()
    expect([weakKey(certificate), weakKey(certificate, 1024)]).toEqual([
      'has a key of 1536 bits, which is too short',
      undefined,
    ])
  })

  it('find DSA, and RSA by the name that X.500 has for it', () => {
    const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).publicKey
    expect(unusableKey(withKey(dsa))).toBe('has a key of a kind that is not relied on (1.2.840.10040.4.1)')
    const usual = sequence(oid('1.2.840.113549.1.1.1'), nothing())
    const der = rsaPublicKey(Buffer.alloc(256, 0xff), Buffer.of(3))
    const key = sequence(sequence(oid('2.5.8.1.1'), nothing()), der.subarray(der.indexOf(usual) + usual.length))
    expect(unusableKey(withKey(key))).toBe('has a key of a kind that is not relied on (2.5.8.1.1)')
  })
})

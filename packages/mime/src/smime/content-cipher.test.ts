import { describe, expect, it } from 'vitest'
import { CIPHERS, cipherIdentifier, encryptedSize, newContentKey } from './content-cipher.js'

describe('content ciphers', () => {
  it('[part of beyondtrust.smime.EncryptionAlgorithm] each has the object identifier of its standard', () => {
    expect(Object.fromEntries(CIPHERS.map(({ name, oid }) => [name, oid]))).toEqual({
      'aes-128-cbc': '2.16.840.1.101.3.4.1.2',
      'aes-192-cbc': '2.16.840.1.101.3.4.1.22',
      'aes-256-cbc': '2.16.840.1.101.3.4.1.42',
      'aes-128-gcm': '2.16.840.1.101.3.4.1.6',
      'aes-192-gcm': '2.16.840.1.101.3.4.1.26',
      'aes-256-gcm': '2.16.840.1.101.3.4.1.46',
      '3des-cbc': '1.2.840.113549.3.7',
    })
  })

  it('a 3DES key has octets of odd parity', () => {
    const cipher = CIPHERS.find(({ name }) => name === '3des-cbc')!
    for (let round = 0; round < 20; round++) {
      for (const octet of newContentKey(cipher)) {
        expect(octet.toString(2).replaceAll('0', '').length % 2).toBe(1)
      }
    }
  })

  it('keys are of the length of the cipher and never the same', () => {
    for (const cipher of CIPHERS) {
      const [one, other] = [newContentKey(cipher), newContentKey(cipher)]
      expect(one).toHaveLength(cipher.keyOctets)
      expect(one).not.toEqual(other)
    }
  })

  it('GCM says that its tag has 16 octets, since the default is 12 (RFC 5084 3.2)', () => {
    const cipher = CIPHERS.find(({ name }) => name === 'aes-256-gcm')!
    expect(cipherIdentifier(cipher, Buffer.alloc(12, 1)).toString('hex')).toBe(
      '301e060960864801650304012e3011040c010101010101010101010101020110',
    )
  })

  it('padding always adds something in CBC, and nothing in GCM', () => {
    const [cbc, gcm] = ['aes-128-cbc', 'aes-128-gcm'].map((name) => CIPHERS.find((cipher) => cipher.name === name)!)
    expect([0, 1, 15, 16, 17].map((octets) => encryptedSize(cbc!, octets))).toEqual([16, 16, 16, 32, 32])
    expect([0, 1, 15, 16, 17].map((octets) => encryptedSize(gcm!, octets))).toEqual([0, 1, 15, 16, 17])
  })
})

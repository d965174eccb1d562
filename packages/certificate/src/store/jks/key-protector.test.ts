import { Secret } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { integer, nothing, octetString, oid, sequence } from '../../../test/der-writer.js'
import { BerError } from '../../asn1/ber-reader.js'
import { WrongPassword } from '../pkcs12/pbe.js'
import { Work } from '../pkcs12/work.js'
import { unprotectedKey } from './key-protector.js'
import { inTurns } from '../steps.js'

const SUN = sequence(oid('1.3.6.1.4.1.42.2.17.1.1'), nothing())
const PLAIN = `302e020100300506032b657004220420${'00'.repeat(31)}07`

/** What `Cipher.getInstance("PBEWithMD5AndTripleDES")` of OpenJDK 17 made of PLAIN with the password `secret` and 3 iterations. */
const MADE_BY_JAVA = [
  [
    '0102030405060708',
    '09aef0a8dec0088a2c106f1b50747867ffd33b881cbe00b00e9e69940e032eea63d7aed6045925047c6871cbcfe986809f2e19a2ae294e55',
  ],
  [
    '0102030401020304', // both halves alike: the first is changed before it is used
    '2eea43eb0c0de37a8bedf250f55755f1ca3287efa0bd88f1ae2ff3d2a88d5f3347a6b3fd051390baf8713c4c205359dd83c1b04457c55bd9',
  ],
] as const

describe('unprotectedKey', () => {
  it.each(MADE_BY_JAVA)('decrypts as Java does, with the salt %s', async (salt, ciphertext) => {
    const info = jce(Buffer.from(salt, 'hex'), 3, Buffer.from(ciphertext, 'hex'))
    const plain = await inTurns(unprotectedKey(info, new Secret('secret'), new Work()))
    expect(Buffer.from(plain).toString('hex')).toBe(PLAIN)
    await expect(inTurns(unprotectedKey(info, new Secret('Secret'), new Work()))).rejects.toBeInstanceOf(WrongPassword)
  })

  it.each<[string, Buffer, string]>([
    ['too many iterations', jce(Buffer.alloc(8), 2_000_001), '4000002 iterations'],
    ['no iterations', jce(Buffer.alloc(8), 0), '0 iterations'],
    ['a salt of another length', jce(Buffer.alloc(9), 1), 'a salt of the wrong length'],
    ['a salt that is work by itself', jce(Buffer.alloc(2000), 1), 'a salt of 2000 octets'],
    ['too few octets', sequence(SUN, octetString(Buffer.alloc(39))), 'a length that no private key has'],
    ['too many octets', sequence(SUN, octetString(Buffer.alloc(70_000))), 'a length that no private key has'],
    ['another method', sequence(sequence(oid('1.2.3.4')), octetString(Buffer.alloc(8))), 'not supported (1.2.3.4)'],
  ])('refuses %s', async (_, info, message) => {
    const opening = inTurns(unprotectedKey(info, new Secret('secret'), new Work()))
    await expect(opening).rejects.toThrow(BerError)
    await expect(opening).rejects.toThrow(message)
  })
})

function jce(salt: Buffer, iterations: number, ciphertext = Buffer.alloc(16)): Buffer {
  const parameters = sequence(octetString(salt), integer(iterations))
  return sequence(sequence(oid('1.3.6.1.4.1.42.2.19.1'), parameters), octetString(ciphertext))
}

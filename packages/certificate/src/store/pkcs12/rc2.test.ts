import { describe, expect, it } from 'vitest'
import { decryptRc2Cbc } from './rc2.js'
import { inTurns } from '../steps.js'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** Decrypts one block that has no padding: tries last octets of the IV until a padding of 1 comes out, and takes that octet off again. */
async function decryptBlock(key: string, bits: number, ciphertext: string): Promise<string> {
  for (let octet = 0; octet < 256; octet++) {
    const plain = await inTurns(
      decryptRc2Cbc(hex(key), bits, Uint8Array.from([0, 0, 0, 0, 0, 0, 0, octet]), hex(ciphertext)),
    )
    if (plain?.length === 7) return Buffer.concat([plain, Buffer.from([1 ^ octet])]).toString('hex')
  }
  return 'no padding'
}

describe('decryptRc2Cbc', () => {
  it.each([
    ['00000000 00000000', 63, '00000000 00000000', 'ebb773f9 93278eff'],
    ['ffffffff ffffffff', 64, 'ffffffff ffffffff', '278b27e4 2e2f0d49'],
    ['30000000 00000000', 64, '10000000 00000001', '30649edf 9be7d2c2'],
    ['88', 64, '00000000 00000000', '61a8a244 adacccf0'],
    ['88bca90e 90875a', 64, '00000000 00000000', '6ccf4308 974c267f'],
    ['88bca90e 90875a7f 0f79c384 627bafb2', 64, '00000000 00000000', '1a807d27 2bbe5db1'],
    ['88bca90e 90875a7f 0f79c384 627bafb2', 128, '00000000 00000000', '2269552a b0f85ca6'],
    [
      '88bca90e 90875a7f 0f79c384 627bafb2 16f80a6f 85920584 c42fceb0 be255daf 1e',
      129,
      '00000000 00000000',
      '5b78d3a4 3dfff1f1',
    ],
  ])('decrypts the example of RFC 2268 5: key %s, %d bits', async (key, bits, plain, ciphertext) => {
    expect(await decryptBlock(key, bits, ciphertext)).toBe(plain.replaceAll(' ', ''))
  })

  it.each([
    ['no octets', Buffer.alloc(0), Buffer.alloc(8)],
    ['half a block', Buffer.alloc(12), Buffer.alloc(8)],
    ['an initialization vector of another length', Buffer.alloc(8), Buffer.alloc(7)],
    ['wrong padding', hex('ebb773f993278eff'), Buffer.alloc(8)],
  ])('gives nothing for %s', async (_, ciphertext, iv) => {
    expect(await inTurns(decryptRc2Cbc(Buffer.alloc(8), 63, iv, ciphertext))).toBeUndefined()
  })
})

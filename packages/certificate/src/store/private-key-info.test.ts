import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { element, integer, nothing, octetString, oid, sequence } from '../../test/der-writer.js'
import { pemFixture } from '../../test/fixture.js'
import { refusalOf } from '../../test/refusal-of.js'
import { storedKey } from './private-key-info.js'

const large = (octets: number) => element(2, Buffer.of(0), Buffer.alloc(octets, 0xff))
const pemOf = (der: Buffer, label = 'PRIVATE KEY') =>
  `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`

describe('a private key that OpenSSL is not given', () => {
  // OpenSSL would compute a power of 40 000 bits, which takes a minute
  const parameters = sequence(large(5000), large(5000), integer(2))
  const dsa = sequence(integer(0), sequence(oid('1.2.840.10040.4.1'), parameters), octetString(large(5000)))
  const dh = sequence(
    integer(0),
    sequence(oid('1.2.840.113549.1.3.1'), sequence(large(5000), integer(2))),
    octetString(large(5000)),
  )

  it.each([
    ['DSA', dsa, 'is of a kind that cannot be used (dsa)'],
    ['DSA in PEM', pemOf(dsa), 'is of a kind that cannot be used (dsa)'],
    ['Diffie-Hellman', dh, 'is of a kind that cannot be used (1.2.840.113549.1.3.1)'],
    ['DSA in a PFX', pfxOf(dsa), 'is of a kind that cannot be used (dsa)'],
  ])('%s', async (_, source, message) => {
    expect(await refusalOf({ source, password: 'x' })).toMatchObject({
      code: 'certificate.format',
      message: `store.source: ${message}`,
    })
  })

  it('one that is larger than 16 KiB', async () => {
    const numbers = sequence(
      integer(0),
      large(9000),
      integer(3),
      large(9000),
      integer(3),
      integer(3),
      integer(3),
      integer(3),
      integer(3),
    )
    const rsa = sequence(integer(0), sequence(oid('1.2.840.113549.1.1.1'), nothing()), octetString(numbers))
    for (const source of [rsa, pemOf(rsa), pemOf(numbers, 'RSA PRIVATE KEY')]) {
      expect((await refusalOf({ source }))?.message).toContain('the private key is larger than 16 KiB')
    }
  })

  it('one on a curve with parameters of its own, inside or outside, whatever curve is named beside', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const named = oid('1.2.840.10045.3.1.7')
    const own = sequence(integer(1))
    const scalar = octetString(Buffer.alloc(32, 7))
    const pkcs8 = (outside: readonly Buffer[], inside: readonly Buffer[]) =>
      sequence(
        integer(0),
        sequence(oid('1.2.840.10045.2.1'), ...outside),
        octetString(sequence(integer(1), scalar, ...inside.map((each) => element(0xa0, each)))),
      )
    const message = 'its elliptic curve has parameters of its own'
    for (const der of [pkcs8([named], [own]), pkcs8([own], [named]), pkcs8([], [own]), pkcs8([own], [])]) {
      expect(() => storedKey(der, 'pkcs8', 'key')).toThrow(message)
    }
    for (const der of [
      pkcs8([named], []),
      pkcs8([named], [named]),
      privateKey.export({ type: 'pkcs8', format: 'der' }),
    ]) {
      expect(storedKey(der, 'pkcs8', 'key').privateKey.type).toBe('ec')
    }
    expect(() => storedKey(sequence(integer(1), scalar, element(0xa0, own)), 'sec1', 'key')).toThrow(message)
  })

  it('one with the old encryption of OpenSSL that is larger, or encrypted with what nobody uses', async () => {
    const old = pemFixture('bob.old-encrypted.key')
    const refused = await refusalOf({ source: old.replace('DES-EDE3-CBC', 'DES-CBC'), password: 'secret' })
    expect(refused?.message).toContain('it is encrypted in a way that is not supported')
    expect(refused?.hint).toContain('openssl pkcs8 -topk8 -v2 aes-256-cbc')
    const longer = old.replace(/\n\n/, `\n\n${`${'A'.repeat(64)}\n`.repeat(500)}`)
    expect((await refusalOf({ source: longer, password: 'secret' }))?.message).toContain('it is larger than 16 KiB')
  })
})

/** Neither MAC nor encryption. */
function pfxOf(key: Buffer): Buffer {
  const data = (content: Buffer) => sequence(oid('1.2.840.113549.1.7.1'), element(0xa0, octetString(content)))
  const bag = sequence(oid('1.2.840.113549.1.12.10.1.1'), element(0xa0, key))
  return sequence(integer(3), data(sequence(data(sequence(bag)))))
}

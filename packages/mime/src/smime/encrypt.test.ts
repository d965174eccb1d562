import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cmsOf, chunkedPart, HEADER, sourceOf, textPart } from '../../test/encrypted.js'
import { collect } from '../../test/collect.js'
import { mailPerson } from '../../test/mail-person.js'
import type { Part } from '../body/part.js'
import type { Source } from '../body/source.js'
import { contentOf } from '../body/content.js'
import { randomFromBlock } from '../random-block.js'
import { CIPHERS } from './content-cipher.js'
import { openEnveloped } from './decrypt.js'
import { encryptPart } from './encrypt.js'
import { readEnveloped } from './enveloped-reader.js'
import type { EncryptOptions } from './options.js'

const CIPHER_NAMES = CIPHERS.map(({ name }) => name)
const SIZES = [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 4096]

const ann = await mailPerson({ email: 'ann@example.test' })
const bob = await mailPerson({ email: 'bob@example.test', keyType: 'rsa' })
const TO_ANN: EncryptOptions = { certificates: [ann.certificate] }

const encrypt = (part: Part, options = TO_ANN, addresses = ['ann@example.test']) =>
  encryptPart(part, options, addresses, randomFromBlock)

const text = (octets: Uint8Array) => Buffer.from(octets).toString()

/** A part that is read from this source as it is. */
const runOf = (read: () => AsyncIterable<Uint8Array>, sizeOctets?: number): Part => {
  const run: Source = { read, ...(sizeOctets === undefined ? {} : { sizeOctets }) }
  return { fields: 'Content-Type: text/plain\r\n', pieces: [{ run }], endsLine: true }
}

describe('encryptPart', () => {
  it('[part of beyondtrust.smime.EncryptEmail] makes application/pkcs7-mime, which the recipient opens', async () => {
    const part = await encrypt(textPart('hello'))
    expect(part.fields).toBe(
      'Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n name=smime.p7m\r\n' +
        'Content-Transfer-Encoding: base64\r\n' +
        'Content-Disposition: attachment; filename=smime.p7m\r\n',
    )
    expect(text(await openEnveloped(await cmsOf(part), [ann]))).toBe(`${HEADER}hello`)
    await expect(encrypt(textPart('hello'), TO_ANN, ['ann@example.test', 'bob@example.test'])).rejects.toThrow(
      'no certificate for bob@example.test',
    )
  })

  it('says authEnveloped-data of what GCM made (RFC 8551 3.2.2)', async () => {
    const part = await encrypt(textPart('hello'), { ...TO_ANN, cipher: 'aes-256-gcm' })
    expect(part.fields).toContain('smime-type=authEnveloped-data')
  })

  it.each(CIPHER_NAMES)(
    '[part of beyondtrust.smime.EncryptionAlgorithm] names %s by its object identifier',
    async (cipher) => {
      const { algorithm, authenticated } = await readEnveloped(
        sourceOf(await encrypt(textPart('hello'), { ...TO_ANN, cipher })),
      )
      expect(algorithm.oid).toBe(CIPHERS.find(({ name }) => name === cipher)?.oid)
      expect(authenticated).toBe(cipher.endsWith('gcm'))
    },
  )

  it('[part of beyondtrust.smime.EncryptionStore] two recipients with their own certificates can both decrypt', async () => {
    const options = { certificates: [ann.certificate, bob.certificate] }
    for (const keyTransport of ['pkcs1', 'oaep'] as const) {
      const part = await encrypt(textPart('hi'), { ...options, keyTransport }, ['bob@example.test', 'ann@example.test'])
      const cms = await cmsOf(part)
      expect(text(await openEnveloped(cms, [ann]))).toBe(`${HEADER}hi`)
      expect(text(await openEnveloped(cms, [bob]))).toBe(`${HEADER}hi`)
    }
  })

  it.each(CIPHER_NAMES)('encrypts any size with %s, known or not', async (cipher) => {
    for (const size of SIZES) {
      const octets = Buffer.alloc(size, 'abc')
      const wanted = Buffer.concat([Buffer.from(HEADER), octets])
      const known = await encrypt({ ...textPart(''), pieces: [octets] }, { ...TO_ANN, cipher })
      const unknown = await encrypt(chunkedPart([octets.subarray(0, 5), octets.subarray(5)]), { ...TO_ANN, cipher })
      for (const part of [known, unknown]) {
        const cms = await cmsOf(part)
        expect(cms).toHaveLength(sourceOf(part).sizeOctets!)
        expect(text(await openEnveloped(cms, [ann]))).toBe(text(wanted))
      }
    }
  })

  it.each(CIPHER_NAMES)('gives the same octets each time, however the source cuts them: %s', async (cipher) => {
    const octets = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251))
    let cuts: readonly number[] = []
    const part = await encrypt(
      runOf(async function* () {
        let from = 0
        for (const cut of cuts) yield octets.subarray(from, (from += cut))
        yield octets.subarray(from)
      }, octets.length),
      { ...TO_ANN, cipher },
    )
    const whole = await cmsOf(part)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(700), { maxLength: 7 }), async (some) => {
        cuts = some
        expect((await cmsOf(part)).equals(whole)).toBe(true)
      }),
      { numRuns: 15 },
    )
    expect((await openEnveloped(whole, [ann])).subarray(HEADER.length)).toEqual(octets)
  })

  it('gives the same octets as a message, too', async () => {
    const part = await encrypt(textPart('hello'))
    const content = contentOf([`${part.fields}\r\n`, ...part.pieces], '7bit')
    const [one, other] = [await collect(content), await collect(content)]
    expect(one).toEqual(other)
    expect(one).toHaveLength(content.sizeOctets!)
  })

  it('uses a new key for each message', async () => {
    const random = () => new Uint8Array(16) // as a caller may, for Message-IDs that can be foreseen
    const [one, other] = await Promise.all(
      [1, 2].map(async () => cmsOf(await encryptPart(textPart('hello'), TO_ANN, ['ann@example.test'], random))),
    )
    expect(one!.subarray(-16)).not.toEqual(other!.subarray(-16))
  })

  it('keeps its vector when the block it was drawn from is filled again', async () => {
    const block = new Uint8Array(16).fill(1)
    const part = await encryptPart(chunkedPart([Buffer.from('hello')]), TO_ANN, ['ann@example.test'], () => block)
    const before = await cmsOf(part)
    block.fill(2)
    expect(await cmsOf(part)).toEqual(before)
  })

  it.each([
    ['fewer', 4],
    ['more', 6],
  ])('notices a source that gives %s octets than before', async (which, later) => {
    let size = 5
    const part = await encrypt(
      runOf(async function* () {
        yield Buffer.alloc(size, 'x')
      }),
    )
    size = later
    await expect(cmsOf(part)).rejects.toMatchObject({
      code: 'content.changed',
      message: `smime.encrypt: the message has ${which} octets than when it was composed`,
    })
  })

  it.each(CIPHER_NAMES)('encrypts nothing else under the same key: %s', async (cipher) => {
    const slice = 128 * 1024
    const octets = Buffer.alloc(9 * slice, 'x') // too long to be put together at once
    const inMemory = await encrypt({ ...textPart(''), pieces: [octets] }, { ...TO_ANN, cipher })
    const known = async function* () {
      yield octets
    }
    const streamed = await encrypt(runOf(known, octets.length), { ...TO_ANN, cipher })
    const counted = await encrypt(runOf(known), { ...TO_ANN, cipher })
    for (const part of [inMemory, streamed, counted]) {
      octets.fill('x')
      const before = await cmsOf(part)
      octets[2 * slice] = 121 // between two openings, as a file may that waits in a queue
      const given: Uint8Array[] = []
      const reading = async () => {
        for await (const block of sourceOf(part).read()) given.push(Uint8Array.from(block))
      }
      await expect(reading()).rejects.toMatchObject({
        code: 'content.changed',
        message: 'smime.encrypt: the message has other octets than when it was read before',
      })
      const all = Buffer.concat(given)
      expect(all.equals(before.subarray(0, all.length))).toBe(true)
      expect(all.length).toBeLessThan(2 * slice + 2000)
    }
  })

  it('lets other work of the process go on while it encrypts', async () => {
    const part = await encrypt(
      { ...textPart(''), pieces: [Buffer.alloc(1_500_000)] },
      { ...TO_ANN, cipher: '3des-cbc' },
    )
    let others = 0
    const count = () => {
      others++
      waiting = setImmediate(count)
    }
    let waiting = setImmediate(count)
    for await (const block of sourceOf(part).read()) void block
    clearImmediate(waiting)
    expect(others).toBeGreaterThan(1)
  })

  it('holds nothing of a long message', async () => {
    const size = 16_000_000
    const block = Buffer.alloc(100_000)
    const part = await encrypt(
      runOf(async function* () {
        for (let at = 0; at < size; at += block.length) yield block
      }, size),
    )
    let largest = 0
    let given = 0
    for await (const chunk of sourceOf(part).read()) {
      largest = Math.max(largest, chunk.length)
      given += chunk.length
    }
    expect(given).toBe(sourceOf(part).sizeOctets)
    expect(largest).toBeLessThan(300_000)
  })

  it('has the version that its recipients ask for (RFC 5652 6.1, RFC 5083 2.1)', async () => {
    const versionOf = async (options: Partial<EncryptOptions>) => {
      const cms = await cmsOf(await encrypt(textPart('hello'), { certificates: [], ...options }, []))
      return cms[cms.indexOf(Buffer.from([2, 1]), 15) + 2] // the first INTEGER of one octet
    }
    expect(await versionOf({ alsoFor: [bob.certificate] })).toBe(0)
    expect(await versionOf({ alsoFor: [bob.certificate, ann.certificate] })).toBe(2)
    expect(await versionOf({ alsoFor: [ann.certificate], cipher: 'aes-128-gcm' })).toBe(0)
  })

  it('refuses ciphers and key transports that it does not know', async () => {
    const strange = (name: string): never => name as never
    await expect(encrypt(textPart(''), { ...TO_ANN, cipher: strange('rc2') })).rejects.toMatchObject({
      code: 'smime.cipher',
      field: 'smime.encrypt.cipher',
    })
    await expect(encrypt(textPart(''), { ...TO_ANN, keyTransport: strange('raw') })).rejects.toMatchObject({
      code: 'smime.key-transport',
      field: 'smime.encrypt.keyTransport',
    })
  })
})

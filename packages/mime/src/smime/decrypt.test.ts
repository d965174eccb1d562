import { createCipheriv } from 'node:crypto'
import type { PrivateKey } from '@posthorn/certificate'
import { SettingsError } from '@posthorn/ground'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encryptedText, HEADER } from '../../test/encrypted.js'
import { collect } from '../../test/collect.js'
import { mailPerson } from '../../test/mail-person.js'
import { CIPHERS, cipherIdentifier } from './content-cipher.js'
import { decryptEnveloped, openEnveloped } from './decrypt.js'
import { integer, octetString, oid, sequence, setOf, tagged, taggedPrimitive } from './der.js'
import { recipientInfo } from './enveloped-data.js'
import type { Rereadable } from './enveloped-reader.js'
import { ID } from './object-identifier.js'

const KINDS = ['rsa', 'p256', 'p384', 'p521', 'x25519'] as const
const CODES = ['smime.malformed', 'smime.unsupported', 'smime.not-for-us', 'smime.decrypt']

const ann = await mailPerson({ email: 'ann@example.test', keyType: 'rsa' })
const bob = await mailPerson({ email: 'bob@example.test' })
const people = {
  rsa: ann,
  p256: bob,
  p384: await mailPerson({ email: 'cec@example.test', keyType: 'p384' }),
  p521: await mailPerson({ email: 'dan@example.test', keyType: 'p521' }),
  x25519: await mailPerson({ email: 'eve@example.test', keyType: 'x25519' }),
}

const text = (octets: Uint8Array) => Buffer.from(octets).toString()

/** Octets in chunks of this size. */
const inChunks = (octets: Uint8Array, size: number): Rereadable => ({
  async *read() {
    for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size)
  },
})

const errorOf = (opening: Promise<unknown>): Promise<unknown> =>
  opening.then(
    () => 'opened',
    (error: unknown) => (error instanceof SettingsError ? error.toJSON() : error),
  )

function changed(octets: Uint8Array, at: number, by = 1): Buffer {
  const copy = Buffer.from(octets)
  copy[at] = copy[at]! ^ by
  return copy
}

describe('openEnveloped', () => {
  it.each(KINDS.flatMap((kind) => CIPHERS.map(({ name }) => [name, kind] as const)))(
    'opens what was encrypted with %s for a %s certificate',
    async (cipher, keyType) => {
      const somebody = people[keyType]
      expect(text(await openEnveloped(await encryptedText('hello', [somebody], { cipher }), [somebody]))).toBe(
        `${HEADER}hello`,
      )
    },
  )

  it('finds the identity that the message is for', async () => {
    const cms = await encryptedText('hello', [ann, bob])
    const other = await mailPerson({ email: 'ann@example.test' })
    expect(text(await openEnveloped(cms, [other, bob]))).toBe(`${HEADER}hello`)
  })

  it.each(['aes-256-gcm', 'aes-256-cbc'] as const)(
    'opens with any identity that is named, whatever is wrong for the others: %s',
    async (cipher) => {
      const cms = await encryptedText('hello', [ann, bob], { cipher, keyTransport: 'oaep' })
      const oaep = cms.indexOf('2a864886f70d010107', 'hex')
      const unknown = changed(cms, oaep + 8, 64) // another algorithm
      const { privateKey } = await mailPerson({ email: 'ann@example.test', keyType: 'rsa' })
      const strange = { ...ann, privateKey }
      const pkcs1 = await encryptedText('hello', [ann, bob], { cipher, keyTransport: 'pkcs1' })
      for (const [message, wrong] of [
        [unknown, ann],
        [cms, strange],
        [pkcs1, strange],
      ] as const) {
        for (const identities of [
          [wrong, bob],
          [bob, wrong],
          [bob, bob],
        ]) {
          if (message === pkcs1 && cipher === 'aes-256-cbc') continue // a wrong key may seem to be right: 1 of 256
          expect(text(await openEnveloped(message, identities))).toBe(`${HEADER}hello`)
          const content = await decryptEnveloped(inChunks(message, 100), identities)
          expect(text(await collect({ open: () => content }))).toBe(`${HEADER}hello`)
        }
      }
      expect(await errorOf(openEnveloped(unknown, [ann]))).toMatchObject({ code: 'smime.unsupported' })
      const alike = [
        await errorOf(openEnveloped(cms, [strange])),
        await errorOf(openEnveloped(unknown, [ann, { ...bob, privateKey: people.p384.privateKey }])),
      ]
      for (const error of alike) expect(error).toMatchObject({ code: 'smime.decrypt', phase: 'content' })
      expect(alike[0]).toEqual(alike[1])
    },
  )

  it('says whom the message is for when it is not for us', async () => {
    const serial = Buffer.from(ann.certificate.serialNumber).toString('hex')
    await expect(openEnveloped(await encryptedText('hello', [ann]), [bob])).rejects.toMatchObject({
      code: 'smime.not-for-us',
      message: `identities: the message is encrypted for number ${serial} of example.test, Mail Test CA`,
    })
    await expect(openEnveloped(await encryptedText('hello', [ann]), [])).rejects.toMatchObject({
      code: 'smime.not-for-us',
    })
  })

  it('says that the key is in a token when it is', async () => {
    const privateKey: PrivateKey = { type: 'rsa', sign: () => Promise.reject(new Error('nobody asked to sign')) }
    const token = { ...ann, privateKey }
    const cms = await encryptedText('hello', [ann, bob])
    await expect(openEnveloped(cms, [token])).rejects.toMatchObject({ code: 'smime.no-private-key' })
    expect(text(await openEnveloped(cms, [token, bob]))).toBe(`${HEADER}hello`)
  })

  it.each(['rsa', 'p256', 'x25519'] as const)(
    'gives the same error for a wrong key, a wrong tag and a changed content: %s',
    async (keyType) => {
      const somebody = people[keyType]
      const stranger = await mailPerson({ email: 'stranger@example.test', keyType })
      for (const keyTransport of ['pkcs1', 'oaep'] as const) {
        const cms = await encryptedText('hello', [somebody], { cipher: 'aes-256-gcm', keyTransport })
        const encryptedKeyAt = cms.indexOf('06092a864886f70d010701', 'hex') - 10 // before the encrypted content
        const wrongKey = { ...somebody, privateKey: stranger.privateKey }
        const errors = [
          await errorOf(openEnveloped(cms, [wrongKey])),
          await errorOf(openEnveloped(changed(cms, encryptedKeyAt), [somebody])),
          await errorOf(openEnveloped(changed(cms, cms.length - 1), [somebody])),
          await errorOf(openEnveloped(changed(cms, cms.length - 20), [somebody])),
        ]
        expect(errors[0]).toMatchObject({ code: 'smime.decrypt', message: 'message: does not open with this key' })
        for (const error of errors) expect(error).toEqual(errors[0])
      }
    },
  )

  it('does not open content in GCM that claims to be without a tag, or the other way round', async () => {
    const [gcm, cbc] = ['060960864801650304012e', '060960864801650304012a'] // aes-256
    for (const [cipher, from, to] of [
      ['aes-256-gcm', gcm, cbc],
      ['aes-256-cbc', cbc, gcm],
    ] as const) {
      const cms = await encryptedText('hello', [bob], { cipher })
      const at = cms.lastIndexOf(from, undefined, 'hex')
      cms.write(to, at, 'hex')
      await expect(openEnveloped(cms, [bob])).rejects.toMatchObject({ code: 'smime.unsupported' })
    }
  })

  it('opens content with authenticated attributes, and notices when they were changed (RFC 5083 2.1)', async () => {
    const cipher = CIPHERS.find(({ name }) => name === 'aes-128-gcm')!
    const [key, iv] = [Buffer.alloc(16, 1), Buffer.alloc(12, 2)]
    const attributes = [sequence(oid(ID.contentType), setOf([oid(ID.data)]))]
    const sealing = createCipheriv('aes-128-gcm', key, iv).setAAD(setOf(attributes))
    const encrypted = Buffer.concat([sealing.update('hello'), sealing.final()])
    const cms = sequence(
      oid(ID.authEnvelopedData),
      tagged(
        0,
        sequence(
          integer(0),
          setOf([recipientInfo(bob.certificate, key, 'pkcs1').der]),
          sequence(oid(ID.data), cipherIdentifier(cipher, iv), taggedPrimitive(0, encrypted)),
          setOf(attributes, 0xa1),
          octetString(sealing.getAuthTag()),
        ),
      ),
    )
    expect(text(await openEnveloped(cms, [bob]))).toBe('hello')
    await expect(openEnveloped(changed(cms, cms.length - 19), [bob])).rejects.toMatchObject({ code: 'smime.decrypt' })
  })

  it('never fails with anything but its errors, whatever one octet becomes', async () => {
    for (const [person, cipher] of [
      [ann, 'aes-256-gcm'],
      [bob, 'aes-256-gcm'],
      [ann, 'aes-256-cbc'],
      [bob, '3des-cbc'],
    ] as const) {
      const cms = await encryptedText('hello', [person], { cipher })
      await fc.assert(
        fc.asyncProperty(fc.nat(cms.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
          const opened = await openEnveloped(changed(cms, at, by), [person]).catch((error: unknown) => error)
          if (opened instanceof Uint8Array) {
            if (cipher === 'aes-256-gcm') expect(text(opened)).toBe(`${HEADER}hello`)
            return
          }
          if (!(opened instanceof SettingsError)) throw opened
          expect(CODES).toContain(opened.code)
        }),
        { numRuns: 60 },
      )
    }
  })

  it('never fails with anything but its errors, wherever it is cut or lengthened', async () => {
    const cms = await encryptedText('hello', [bob], { cipher: 'aes-256-gcm' })
    for (let length = 0; length < cms.length; length++) {
      await expect(openEnveloped(cms.subarray(0, length), [bob])).rejects.toMatchObject({ code: 'smime.malformed' })
    }
    await expect(openEnveloped(Buffer.concat([cms, Buffer.of(0)]), [bob])).rejects.toMatchObject({
      code: 'smime.malformed',
    })
  })

  it('never fails with anything but its errors on octets that are none of ours', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (octets) => {
        await expect(openEnveloped(octets, [bob])).rejects.toMatchObject({ code: 'smime.malformed' })
      }),
      { numRuns: 60 },
    )
  })
})

describe('decryptEnveloped', () => {
  it.each(['aes-256-cbc', 'aes-256-gcm'] as const)('gives the same in chunks of any size: %s', async (cipher) => {
    const cms = await encryptedText('hello '.repeat(1000), [bob], { cipher })
    for (const size of [1, 2, 17, 1000, cms.length]) {
      const content = await decryptEnveloped(inChunks(cms, size), [bob])
      expect(text(await collect({ open: () => content }))).toBe(HEADER + 'hello '.repeat(1000))
    }
  })

  it('gives no octet of a GCM message before all of it was found to be as it was sent', async () => {
    const cms = await encryptedText('hello '.repeat(1000), [bob], { cipher: 'aes-256-gcm' })
    await expect(decryptEnveloped(inChunks(changed(cms, cms.length - 1), 100), [bob])).rejects.toMatchObject({
      code: 'smime.decrypt',
    })
  })

  it('asks the source to end when it is not wanted any more', async () => {
    const cms = await encryptedText('hello', [bob])
    let ended = 0
    const source: Rereadable = {
      async *read() {
        try {
          yield cms.subarray(0, 20)
          yield cms.subarray(20)
        } finally {
          ended++
        }
      },
    }
    for await (const block of await decryptEnveloped(source, [bob])) {
      expect(block.length).toBeGreaterThan(0)
      break
    }
    expect(ended).toBe(2)
  })
})

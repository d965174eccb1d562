import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { textPart } from '../../test/encrypted.js'
import { mailPerson } from '../../test/mail-person.js'
import { inChunks, inMemory, messageOf } from '../../test/signed.js'
import type { Part } from '../body/part.js'
import { compose } from '../compose.js'
import { randomFromBlock } from '../random-block.js'
import { encryptPart } from './encrypt.js'
import type { ContentCipher, SmimeOptions } from './options.js'
import { verifyMessage } from './report.js'
import { signPart } from './sign.js'

const ENTITY = 'Content-Type: text/plain\r\n\r\nhello'
const people = async () => ({
  ann: await mailPerson({ email: 'ann@example.test' }),
  bob: await mailPerson({ email: 'bob@example.test' }),
})
const encrypted = async (part: Part, { certificate }: Awaited<ReturnType<typeof mailPerson>>, cipher?: ContentCipher) =>
  encryptPart(part, { certificates: [], alsoFor: [certificate], ...(cipher ? { cipher } : {}) }, [], randomFromBlock)

describe('verifyMessage', () => {
  it('gives a plain message back as it is', async () => {
    const message = inMemory(Buffer.from(ENTITY))
    expect(await verifyMessage(message)).toEqual({ layers: [], signed: false, encrypted: false, content: message })
  })

  it.each(['detached', 'opaque'] as const)('opens a triple wrap, signed %s', async (form) => {
    const { ann, bob } = await people()
    const inner = await signPart(textPart('hello'), { identity: ann, form }, randomFromBlock)
    const middle = await encrypted(inner, bob, 'aes-128-gcm')
    const message = await messageOf(
      await signPart(middle, { identity: ann, form }, randomFromBlock),
      'From: ann@example.test\r\n',
    )
    for (const content of [inMemory(message), inChunks(message, 1), inChunks(message, 100)]) {
      const report = await verifyMessage(content, { decryptWith: [ann, bob], roots: ann.chain.slice(1) })
      expect(report).toMatchObject({
        signed: true,
        encrypted: true,
        layers: [
          { kind: 'signed', form, signatures: [{ trusted: true, problems: [] }] },
          { kind: 'encrypted', cipher: 'aes-128-gcm', authenticated: true },
          { kind: 'signed', form, signatures: [{ trusted: true, problems: [] }] },
        ],
      })
      expect((await collect(report.content)).toString()).toBe(ENTITY)
      expect((await collect(report.content)).toString()).toBe(ENTITY)
    }
  })

  it.each([
    ['signed', {}],
    ['encrypted', {}],
    ['signed and encrypted', {}],
    ['signed and encrypted', { tripleWrap: true }],
  ] as const)('opens what compose has %s %j', async (what, more) => {
    const { ann, bob } = await people()
    const smime: SmimeOptions = {
      ...(what === 'encrypted' ? {} : { sign: { identity: ann } }),
      ...(what === 'signed' ? {} : { encrypt: { certificates: [bob.certificate] } }),
      ...more,
    }
    const draft = { from: 'Ann <ann@example.test>', to: 'bob@example.test', subject: 'x', text: 'Grüße\n.\n' }
    const { content } = await compose(draft, { smime })
    const report = await verifyMessage(content, { decryptWith: [bob] })
    expect([report.signed, report.encrypted]).toEqual([what !== 'encrypted', what !== 'signed'])
    expect(report.layers).toHaveLength('tripleWrap' in more ? 3 : what.split(' and ').length)
    for (const layer of report.layers) {
      expect(layer.kind === 'signed' ? layer.signatures.map(({ problems }) => problems) : []).toEqual(
        layer.kind === 'signed' ? [[]] : [],
      )
    }
    const inner = (await collect(report.content)).toString()
    expect(inner).toMatch(/^Content-Type: text\/plain; charset=utf-8\r\n/)
  })

  it('streams a large message in every layer', async () => {
    const { ann, bob } = await people()
    const text = 'a line of text\r\n'.repeat(100_000)
    const middle = await encrypted(
      await signPart(textPart(text), { identity: ann, form: 'opaque' }, randomFromBlock),
      bob,
    )
    const message = await messageOf(await signPart(middle, { identity: ann }, randomFromBlock))
    const { content } = await verifyMessage(inChunks(message, 65_000), { decryptWith: [bob] })
    expect(content.octets).toBeUndefined()
    expect((await collect(content)).equals(Buffer.from(`Content-Type: text/plain\r\n\r\n${text}`))).toBe(true)
  })

  it('says that the author is somebody else than the signer', async () => {
    const { ann } = await people()
    const part = await signPart(textPart('hello'), { identity: ann }, randomFromBlock)
    const problemsOf = async (header: string) => {
      const { layers } = await verifyMessage(inMemory(await messageOf(part, header)))
      return layers.flatMap((layer) =>
        layer.kind === 'signed' ? layer.signatures.flatMap(({ problems }) => problems) : [],
      )
    }
    expect(await problemsOf('From: Ann <ANN@example.test>\r\n')).toEqual([])
    // who else is named does not make up for an author the reader is shown
    for (const header of [
      'From: bob@example.test\r\nSender: ann@example.test\r\n',
      'From: bob@example.test, ann@example.test\r\n',
      'From: bob@example.test\r\nFrom: ann@example.test\r\n',
      'From: ann@example.test\r\nFrom: ann@example.test\r\n',
      'Sender: bob@example.test\r\n',
      'Sender: ann@example.test\r\nSender: ann@example.test\r\n',
      'Subject: from nobody\r\n',
      'From:\r\nSender: ann@example.test\r\n',
    ]) {
      expect((await problemsOf(header)).map(({ code }) => code)).toEqual(['smime.other-author'])
    }
    expect(await problemsOf('Sender: ann@example.test\r\n')).toEqual([])
    await expect(problemsOf('X-A: a\rFrom: bob@example.test\r\n')).rejects.toMatchObject({ code: 'smime.malformed' })
    expect(await problemsOf('From: bob@example.test\r\n')).toEqual([
      {
        code: 'smime.other-author',
        sentence: 'is of ann@example.test, and the message says it is from bob@example.test',
      },
    ])
    const [strange] = await problemsOf('From: ann@example.test, \x1b[31m<\r\n')
    expect(strange?.code).toBe('smime.other-author')
    expect(strange?.sentence).not.toContain('\x1b')
  })

  it('says whom an encrypted message is for, and that a changed one was changed', async () => {
    const { ann, bob } = await people()
    const message = await messageOf(await encrypted(textPart('hello'), bob))
    await expect(verifyMessage(inMemory(message))).rejects.toMatchObject({ code: 'smime.not-for-us' })
    await expect(verifyMessage(inMemory(message), { decryptWith: [ann] })).rejects.toMatchObject({
      code: 'smime.not-for-us',
    })
    const signed = await messageOf(await signPart(textPart('hello'), { identity: ann }, randomFromBlock))
    const changed = Buffer.from(signed.toString('latin1').replace('hello', 'hallo'), 'latin1')
    await expect(verifyMessage(inMemory(changed))).rejects.toMatchObject({ code: 'smime.tampered' })
  })

  it('opens six layers and not more', async () => {
    const { ann } = await people()
    let part = textPart('hello')
    for (let layer = 0; layer < 6; layer++) {
      part = await signPart(part, { identity: ann, form: layer % 2 ? 'opaque' : 'detached' }, randomFromBlock)
    }
    expect((await verifyMessage(inMemory(await messageOf(part)))).layers).toHaveLength(6)
    part = await signPart(part, { identity: ann }, randomFromBlock)
    await expect(verifyMessage(inMemory(await messageOf(part)))).rejects.toMatchObject({ code: 'smime.layers' })
  })

  it('opens what is encrypted twice and not more often, since each layer multiplies the work', async () => {
    const { ann } = await people()
    let part = await encrypted(await encrypted(textPart('hello'), ann), ann)
    const open = async () => verifyMessage(inMemory(await messageOf(part)), { decryptWith: [ann] })
    expect((await open()).layers).toHaveLength(2)
    part = await encrypted(part, ann)
    await expect(open()).rejects.toMatchObject({ code: 'smime.layers' })
  })

  it('reads a long message that was stored with LF', async () => {
    const { ann } = await people()
    const text = `${'a line\r\n'.repeat(300_000)}`
    const message = await messageOf(await signPart(textPart(text), { identity: ann }, randomFromBlock))
    const stored = Buffer.from(message.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')
    expect((await verifyMessage(inMemory(stored))).signed).toBe(true)
    expect((await verifyMessage(inChunks(stored, 10_007))).signed).toBe(true)
  })

  it('finds out what application/pkcs7-mime holds by itself, whatever smime-type says', async () => {
    const { ann, bob } = await people()
    const signed = await messageOf(
      await signPart(textPart('hello'), { identity: ann, form: 'opaque' }, randomFromBlock),
    )
    const sealed = await messageOf(await encrypted(textPart('hello'), bob))
    const relabelled = (message: Buffer, type: string) =>
      inMemory(Buffer.from(message.toString('latin1').replace(/smime-type=[a-z-]+;/, type), 'latin1'))
    for (const type of ['', 'smime-type=enveloped-data;', 'smime-type=signed-data;', 'smime-type=certs-only;']) {
      expect((await verifyMessage(relabelled(signed, type))).signed).toBe(true)
      expect((await verifyMessage(relabelled(sealed, type), { decryptWith: [bob] })).encrypted).toBe(true)
    }
  })
})

import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Identity } from '@posthorn/certificate'
import { describe, expect, it, vi } from 'vitest'
import { collect } from '../test/collect.js'
import { mailPerson } from '../test/mail-person.js'
import { readMessage, valueOf } from '../test/read-message.js'
import { verifyDkim } from '../test/verify-dkim.js'
import { compose, type ComposeOptions } from './compose.js'
import type { DkimOptions } from './dkim/options.js'
import type { Draft } from './draft.js'
import type { Message } from './message.js'
import { openEnveloped } from './smime/decrypt.js'
import { verifySigned } from './smime/verify.js'

const NOW = new Date()
const ann = await mailPerson({ email: 'ann@example.com' })
const ben = await mailPerson({ email: 'ben@example.org' })
const eve = await mailPerson({ email: 'eve@example.net' })
const fay = await mailPerson({ email: 'fay@example.net' })
const certificates = [ann, ben, eve, fay].map(({ certificate }) => certificate)

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const dkim: DkimOptions = { domain: 'example.com', selector: 'e', privateKey }
const keys = {
  'e._domainkey.example.com': `v=DKIM1; k=ed25519; p=${publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')}`,
}

const draft: Draft = {
  from: 'Ann <ann@example.com>',
  to: 'ben@example.org',
  subject: 'Grüße',
  text: 'A secret.\n',
}
const sealed = (more: Partial<Draft>, options: ComposeOptions) =>
  compose({ ...draft, ...more }, { now: () => NOW, ...options })
const opened = async ({ content }: Message, identity: Identity) =>
  Buffer.from(await openEnveloped(readMessage(await collect(content)).octets, [identity])).toString()
const typeOf = ({ headers }: Message) => headers.find(({ name }) => name === 'Content-Type')?.value.split(';')[0]

describe('DKIM', () => {
  it('puts its fields in front of the header, where another implementation verifies them', async () => {
    const message = await sealed({ html: '<p>Grüße' }, { dkim: [dkim, { ...dkim, canonicalization: 'simple/simple' }] })
    const octets = await collect(message.content)
    expect(await verifyDkim(octets, keys, NOW)).toEqual(['ed25519-sha256 pass', 'ed25519-sha256 pass'])
    expect(message.headers.slice(0, 3).map(({ name }) => name)).toEqual(['DKIM-Signature', 'DKIM-Signature', 'Date'])
    expect(message.headers).toEqual(readMessage(octets).fields)
    expect(message.content.encoding).toBe('7bit')
    expect(message.content.recode?.('8bit')).toBe(message.content)
    expect(message.content.recode?.('7bit')).toBe(message.content)
  })

  it('covers a header in UTF-8', async () => {
    const message = await sealed({}, { dkim, utf8Headers: true })
    expect(message.envelope.smtpUtf8).toBe(true)
    expect(await verifyDkim(await collect(message.content), keys, NOW)).toEqual(['ed25519-sha256 pass'])
  })

  it('comes behind S/MIME', async () => {
    const message = await sealed({}, { dkim, smime: { sign: { identity: ann }, encrypt: { certificates } } })
    const octets = await collect(message.content)
    expect(await verifyDkim(octets, keys, NOW)).toEqual(['ed25519-sha256 pass'])
    expect(typeOf(message)).toBe('application/pkcs7-mime')
  })
})

describe('S/MIME', () => {
  it('signs: the header stays outside, the content fields are those of the signature', async () => {
    const message = await sealed({}, { smime: { sign: { identity: ann } } })
    const entity = readMessage(await collect(message.content))
    expect(entity.type).toBe('multipart/signed')
    expect(entity.parts[0]?.octets.toString()).toBe('A secret.\r\n')
    expect(valueOf(entity.fields, 'Subject')).toMatch(/^=\?utf-8\?/)
    expect(message.content.recode?.('8bit')).toBe(message.content)
    const { signatures } = await verifySigned(message.content)
    expect(signatures).toHaveLength(1)
  })

  it('encrypts, and only those who are meant can read it', async () => {
    const message = await sealed({}, { smime: { sign: { identity: ann }, encrypt: { certificates } } })
    expect((await collect(message.content)).toString()).not.toContain('secret')
    expect(await opened(message, ben)).toMatch(/^Content-Type: multipart\/signed/)
    await expect(opened(message, eve)).rejects.toThrow()
  })

  it('signs once more what is encrypted when it is to be wrapped three times (RFC 2634 1.1)', async () => {
    const message = await sealed(
      {},
      { smime: { sign: { identity: ann }, encrypt: { certificates }, tripleWrap: true } },
    )
    const entity = readMessage(await collect(message.content))
    expect(entity.type).toBe('multipart/signed')
    expect(entity.parts[0]?.type).toBe('application/pkcs7-mime')
    for (const smime of [
      { tripleWrap: true },
      { tripleWrap: true, sign: { identity: ann } },
      { tripleWrap: true, encrypt: { certificates } },
    ]) {
      await expect(sealed({}, { smime })).rejects.toEqual(
        expect.objectContaining({ code: 'smime.triple-wrap', field: 'smime.tripleWrap', phase: 'compose' }),
      )
    }
  })

  it('gives each blind recipient of what is encrypted a message of its own', async () => {
    const message = await sealed(
      { cc: 'ann@example.com', bcc: ['eve@example.net', 'ben@example.org', 'fay@example.net'] },
      { smime: { encrypt: { certificates } }, dkim },
    )
    expect(message.envelope.recipients).toEqual(['ben@example.org', 'ann@example.com'])
    expect(message.blindCopies?.map(({ envelope }) => envelope.recipients)).toEqual([
      ['eve@example.net'],
      ['fay@example.net'],
    ])
    const [first] = message.blindCopies ?? []
    const withoutSignature = ({ headers }: Message) => headers.filter(({ name }) => name !== 'DKIM-Signature')
    expect(withoutSignature(first!)).toEqual(withoutSignature(message))
    expect(first?.messageId).toBe(message.messageId)
    expect(first).not.toHaveProperty('blindCopies')
    expect(await opened(first!, eve)).toContain('A secret.')
    await expect(opened(first!, ben)).rejects.toThrow()
    await expect(opened(first!, fay)).rejects.toThrow()
    await expect(opened(message, eve)).rejects.toThrow()
    for (const copy of [message, ...(message.blindCopies ?? [])]) {
      expect(await verifyDkim(await collect(copy.content), keys, NOW)).toEqual(['ed25519-sha256 pass'])
      expect((await collect(copy.content)).toString()).not.toContain('eve@')
    }
  })

  it('makes the first blind recipient the main one when nobody is visible', async () => {
    const { to: _, ...blind } = draft
    const message = await compose(
      { ...blind, bcc: ['eve@example.net', 'fay@example.net'] },
      { smime: { encrypt: { certificates } } },
    )
    expect(message.envelope.recipients).toEqual(['eve@example.net'])
    expect(message.blindCopies?.map(({ envelope }) => envelope.recipients)).toEqual([['fay@example.net']])
  })

  it('needs one message only when nobody is encrypted for by name, and when nothing is encrypted', async () => {
    const bcc = ['eve@example.net', 'fay@example.net']
    for (const smime of [{ sign: { identity: ann } }, { encrypt: { certificates: [], forAll: ben.certificate } }]) {
      const message = await sealed({ bcc }, { smime })
      expect(message.envelope.recipients).toEqual(['ben@example.org', ...bcc])
      expect(message).not.toHaveProperty('blindCopies')
    }
  })

  it('refuses a recipient without a certificate, and frees then what composing put on disk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sealed-'))
    for (const name of ['TMPDIR', 'TEMP', 'TMP']) vi.stubEnv(name, folder)
    try {
      const attachments = [{ content: Readable.from([Buffer.alloc(300_000, 97)]), filename: 'a' }]
      await expect(
        sealed({ attachments, bcc: 'gus@example.net' }, { smime: { encrypt: { certificates } } }),
      ).rejects.toThrow('gus@example.net')
      expect(await readdir(folder)).toEqual([])
      const again = [{ content: Readable.from([Buffer.alloc(300_000, 97)]), filename: 'a' }]
      const { content } = await sealed({ attachments: again }, { smime: { encrypt: { certificates } } })
      expect(await readdir(folder)).toHaveLength(1)
      content.release?.()
      expect(await readdir(folder)).toEqual([])
    } finally {
      vi.unstubAllEnvs()
      await rm(folder, { recursive: true })
    }
  })

  it('keeps what is on disk until the last of the messages is released', async () => {
    const message = await sealed(
      { bcc: 'eve@example.net', attachments: [{ content: Readable.from([Buffer.alloc(300_000, 97)]), filename: 'a' }] },
      { smime: { encrypt: { certificates } } },
    )
    const copy = message.blindCopies?.[0]?.content
    message.content.release?.()
    message.content.release?.()
    expect((await collect(copy!)).length).toBe(copy?.sizeOctets)
    copy?.release?.()
    await expect(collect(copy!)).rejects.toThrow()
  })
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { readMessage, valueOf } from '../../test/read-message.js'
import { compose } from '../compose.js'
import type { Attachment, Draft } from '../draft.js'

const base = { from: 'a@example.com', to: 'b@example.org' }
const attached = (attachment: Attachment, text = 'see below') => compose({ ...base, text, attachments: [attachment] })

describe('a message that goes along', () => {
  it('is composed when it is a draft, and may have no recipients', async () => {
    const { content } = await attached({
      message: { from: 'c@example.com', subject: 'Größe', text: 'grün' },
      filename: 'forwarded.eml',
      description: 'the first one',
    })
    const part = readMessage(await collect(content)).parts[1]
    expect(part?.type).toBe('message/rfc822')
    expect(valueOf(part?.fields ?? [], 'Content-Transfer-Encoding')).toBe('7bit')
    expect(valueOf(part?.fields ?? [], 'Content-Disposition')).toBe('attachment; filename=forwarded.eml')
    expect(valueOf(part?.fields ?? [], 'Content-Description')).toBe('the first one')
    const inner = await simpleParser(part?.octets ?? Buffer.alloc(0))
    expect([inner.subject, inner.text?.trim()]).toEqual(['Größe', 'grün'])
  })

  it('has the form that the path carries, whatever depth it is in', async () => {
    const innermost: Draft = {
      from: 'c@example.com',
      text: 'grün',
      attachments: [{ content: Uint8Array.of(10, 0, 255) }],
    }
    const { content } = await attached(
      { message: { from: 'd@example.com', attachments: [{ message: innermost }] } },
      'ö',
    )
    for (const [widest, encodings] of [
      ['7bit', ['quoted-printable', '7bit', 'base64']],
      ['8bit', ['8bit', 'base64']],
      ['binary', ['8bit', 'binary']],
    ] as const) {
      const form = content.recode?.(widest)
      const octets = await collect(form!)
      expect(octets.length).toBe(form?.sizeOctets)
      expect(form?.encoding).toBe(widest)
      expect(form?.canonical).toBe(widest === 'binary' ? undefined : true)
      const found = octets.toString('latin1').match(/(?<=^Content-Transfer-Encoding: )\S+/gm) ?? []
      for (const encoding of encodings) expect(found).toContain(encoding)
      const middle = (await simpleParser(octets)).attachments[0]?.content
      const inner = (await simpleParser(middle!)).attachments[0]?.content
      const last = await simpleParser(inner!)
      expect(last.text?.trim()).toBe('grün')
      expect(last.attachments[0]?.content).toEqual(Buffer.from([10, 0, 255]))
    }
    expect(content.recode?.('7bit')).toBe(content)
  })

  it('can be a message that was composed before, octet for octet', async () => {
    const message = await compose({
      ...base,
      subject: 'first',
      text: 'x',
      attachments: [{ content: new Uint8Array(2e6) }],
    })
    const { content } = await attached({ message })
    const part = readMessage(await collect(content)).parts[1]
    expect(part?.octets.equals(await collect(message.content))).toBe(true)
    expect(content).toMatchObject({ canonical: true, encoding: '7bit' })
    expect(content.sizeOctets).toBe((await collect(content)).length)
  })

  it('can be the octets of any message, which are encoded anew where that must be', async () => {
    const raw =
      'From: a@b.example\nSubject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nThe leaves are grün, and so on.\n'
    for (const message of [raw, Buffer.from(raw)]) {
      const { content } = await attached({ message })
      expect(content.encoding).toBe('7bit')
      const seven = readMessage(await collect(content)).parts[1]?.octets.toString() ?? ''
      expect(seven).toMatch(/are gr=C3=BCn, and so on\.\r\n$/)
      const eight = content.recode?.('8bit')
      expect(eight?.encoding).toBe('8bit')
      expect((await collect(eight!)).toString()).toContain(raw.replaceAll('\n', '\r\n'))
    }
  })

  it('that is signed is not encoded anew: the whole needs what it needs then', async () => {
    const raw =
      'From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b; protocol="application/pkcs7-signature"; micalg=sha-256\r\n' +
      'Content-Transfer-Encoding: 8bit\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ngrün\r\n' +
      '--b\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n'
    const { content } = await attached({ message: raw })
    expect(content.encoding).toBe('8bit')
    expect((await collect(content)).toString()).toContain(raw)
    expect(() => content.recode?.('7bit')).toThrow(/signed/)
  })

  it('with a header in UTF-8 is message/global, in base64 where nothing else carries it (RFC 6532 3.7)', async () => {
    const raw = 'From: ü@b.example\r\nSubject: grün\r\n\r\nx\r\n'
    const { content } = await attached({ message: raw })
    expect(content.encoding).toBe('7bit')
    const part = readMessage(await collect(content)).parts[1]
    expect([part?.type, part?.octets.toString()]).toEqual(['message/global', raw])
    const eight = (await collect(content.recode!('8bit'))).toString()
    expect(eight).toContain(raw)
  })

  it('is refused when it is none, or goes round in circles', async () => {
    const refused = { code: 'attachment.message', field: 'attachments[0].message' }
    for (const message of [5, null, true]) {
      const attachment = { message } as unknown as Attachment
      await expect(attached(attachment)).rejects.toMatchObject(refused)
    }
    const loop: { from: string; attachments: Attachment[] } = { from: 'a@b.example', attachments: [] }
    loop.attachments.push({ message: loop })
    await expect(attached({ message: loop })).rejects.toMatchObject(refused)
    await expect(attached({ message: {} as Draft })).rejects.toMatchObject({ code: 'draft.no-from' })
    await expect(attached({ message: 'From: x', contentType: 'text/plain' })).rejects.toMatchObject({
      code: 'attachment.message',
      field: 'attachments[0].contentType',
    })
  })

  it('may be eight levels deep', async () => {
    let draft: Draft = { from: 'c@example.com', text: 'innermost' }
    for (let level = 1; level < 8; level++) draft = { from: 'c@example.com', attachments: [{ message: draft }] }
    const { content } = await attached({ message: draft })
    expect((await collect(content)).toString()).toContain('innermost')
    await expect(
      attached({ message: { from: 'c@d.example', attachments: [{ message: draft }] } }),
    ).rejects.toMatchObject({
      code: 'attachment.message',
    })
  })

  it('can be a file by its path, with the type message/rfc822, under the access of any file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-message-'))
    try {
      const path = join(folder, 'größe.eml')
      const raw =
        'From: a@b.example\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nThe leaves are grün.\n'
      await writeFile(path, raw)
      const attachment = { path, contentType: 'message/rfc822' }
      const { content } = await attached(attachment)
      const part = readMessage(await collect(content)).parts[1]
      expect([part?.type, part?.octets.toString()]).toEqual([
        'message/rfc822',
        raw.replaceAll('\n', '\r\n').replace('8bit', 'quoted-printable').replace('ü', '=C3=BC'),
      ])
      expect(valueOf(part?.fields ?? [], 'Content-Disposition')).toContain("filename*=utf-8''gr%C3%B6%C3%9Fe.eml")
      await expect(
        compose({ ...base, attachments: [attachment] }, { access: { files: 'none' } }),
      ).rejects.toMatchObject({ code: 'attachment.access' })
      await expect(attached({ ...attachment, path: join(folder, 'none') })).rejects.toMatchObject({
        code: 'content.unreadable',
        field: 'attachments[0].path',
      })
      await writeFile(path, 'no message at all\n')
      await expect(attached(attachment)).rejects.toMatchObject({
        code: 'attachment.message',
        field: 'attachments[0].path',
      })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it.each(['/tmp/some.eml', 'C:\\mail.eml', 'hello', 'hello\nyou\n', '', '\r\n\r\nbody: x\r\n'])(
    'is refused when it has no header field, such as %j',
    async (message) => {
      const refused = { code: 'attachment.message', field: 'attachments[0].message' }
      await expect(attached({ message })).rejects.toMatchObject(refused)
      await expect(attached({ message: Buffer.from(message) })).rejects.toMatchObject(refused)
    },
  )
})

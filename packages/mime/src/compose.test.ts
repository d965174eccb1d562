import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect } from '../test/collect.js'
import { decodeWords, readMessage, valueOf } from '../test/read-message.js'
import { compose } from './compose.js'
import type { Draft } from './draft.js'

const base = { from: 'Anna <anna@example.com>', to: 'ben@example.org' } as const
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthorn-mime-'))
})
afterAll(() => rm(folder, { recursive: true }))

const composed = async (draft: Partial<Draft>) => {
  const message = await compose({ ...base, ...draft })
  return { message, entity: readMessage(await collect(message.content)) }
}
const fieldsOf = async (draft: Partial<Draft>) => (await composed(draft)).entity.fields
const refusal = (code: string, field: string): unknown =>
  expect.objectContaining({ name: 'SettingsError', phase: 'compose', code, field })

describe('the envelope', () => {
  it('has the first author as reverse-path, and the recipients of to, cc and bcc, each once', async () => {
    const { message } = await composed({
      from: 'Anna <anna@example.com>, c@d.example',
      to: ['Ben <Ben@example.org>', { name: 'B', address: 'Ben@EXAMPLE.org' }],
      cc: 'ben@example.org, x@y.example',
      bcc: { address: 'x@y.example' },
    })
    expect(message.envelope).toEqual({
      reversePath: 'anna@example.com',
      recipients: ['Ben@example.org', 'ben@example.org', 'x@y.example'],
    })
  })

  it('has the sender as reverse-path when there is one', async () => {
    const { message, entity } = await composed({ sender: 'Office <office@example.net>' })
    expect(message.envelope.reversePath).toBe('office@example.net')
    expect(valueOf(entity.fields, 'Sender')).toBe('Office <office@example.net>')
  })

  it('keeps bcc out of the content', async () => {
    const { message } = await composed({ bcc: ['secret@hidden.example', 'Hidden Name <h@hidden.example>'] })
    expect(message.envelope.recipients).toEqual(['ben@example.org', 'secret@hidden.example', 'h@hidden.example'])
    expect((await collect(message.content)).toString()).not.toMatch(/hidden|bcc/i)
  })

  it('may name recipients in bcc alone', async () => {
    const message = await compose({ from: 'a@b.example', bcc: 'x@y.example' })
    expect(readMessage(await collect(message.content)).fields.map((field) => field.name)).not.toContain('To')
  })

  it('refuses a draft without author or recipients', async () => {
    await expect(compose({ from: [], to: 'a@b.example' })).rejects.toEqual(refusal('draft.no-from', 'from'))
    await expect(compose({ to: 'a@b.example' } as unknown as Draft)).rejects.toEqual(refusal('draft.no-from', 'from'))
    await expect(compose({ from: 'a@b.example' })).rejects.toEqual(refusal('draft.no-recipients', 'to'))
    await expect(compose({ from: 'a@b.example', to: [], cc: [] })).rejects.toEqual(refusal('draft.no-recipients', 'to'))
  })

  it('takes an entry of an array as one mailbox, never as a list', async () => {
    await expect(compose({ ...base, to: ['a@b.example', 'c@d.example, e@f.example'] })).rejects.toEqual(
      refusal('address.malformed', 'to[1]'),
    )
    await expect(compose({ ...base, cc: [{ address: 'Name <a@b.example>' }] })).rejects.toEqual(
      refusal('address.malformed', 'cc[0].address'),
    )
    await expect(compose({ ...base, bcc: [null as unknown as string] })).rejects.toEqual(
      refusal('address.malformed', 'bcc[0]'),
    )
  })

  it('GHSA-2x7j-588g-ccc2: 100,000 recipients take linear time', async () => {
    const to = Array.from({ length: 100_000 }, (_, index) => `user${index}@example.com`)
    const message = await compose({ from: 'a@b.example', to, cc: to })
    expect(message.envelope.recipients).toHaveLength(100_000)
  })
})

describe('the header', () => {
  it('has each field once, in this order', async () => {
    const fields = await fieldsOf({
      from: ['Anna <anna@example.com>', 'c@d.example'],
      replyTo: 'r@example.com',
      cc: 'c@example.org',
      subject: 'Hello',
      inReplyTo: 'x@y',
      references: ['<v:w@y>', 'x@y'],
      priority: 'high',
      date: new Date(2025, 10, 21, 13, 2, 11),
      messageId: '4711@example.com',
      headers: [
        { name: 'X-One', value: 'größe' },
        { name: 'X-One', value: 'again' },
      ],
    })
    expect(fields.map(({ name, value }) => `${name}: ${value.replace(/ [+-]\d{4}$/, ' +0000')}`)).toEqual([
      'From: Anna <anna@example.com>, c@d.example',
      'Sender: Anna <anna@example.com>',
      'Reply-To: r@example.com',
      'To: ben@example.org',
      'Cc: c@example.org',
      'Subject: Hello',
      'Date: Fri, 21 Nov 2025 13:02:11 +0000',
      'Message-ID: <4711@example.com>',
      'In-Reply-To: <x@y>',
      'References: <v:w@y> <x@y>',
      'X-Priority: 1',
      'Priority: urgent',
      'Importance: high',
      'X-One: =?utf-8?B?Z3LDtsOfZQ==?=',
      'X-One: again',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 7bit',
    ])
  })

  it('takes clock and random octets from the options, and a Message-ID at the domain of the author', async () => {
    const now = new Date(2024, 1, 29, 1, 2, 3)
    const message = await compose(
      { ...base, from: 'a@bücher.example' },
      { now: () => now, randomOctets: (count) => new Uint8Array(count).fill(0xab) },
    )
    expect(message.messageId).toBe(`<${'ab'.repeat(16)}@xn--bcher-kva.example>`)
    expect(message.date).toBe(now)
    const { fields } = readMessage(await collect(message.content))
    expect(valueOf(fields, 'Message-ID')).toBe(message.messageId)
    expect(valueOf(fields, 'Date')).toMatch(/^Thu, 29 Feb 2024 01:02:03 /)
  })

  it('never gives an id twice, over the end of a block of random octets too', async () => {
    const ids = await Promise.all(Array.from({ length: 3000 }, async () => (await compose(base)).messageId))
    expect(new Set(ids).size).toBe(3000)
  })

  it('writes names as atoms, quoted, or encoded, and reads them back', async () => {
    const names = [
      'Anna Example',
      'Example, Anna',
      'O"Hara \\',
      'Änna',
      '=?utf-8?Q?x?=',
      ' a',
      'two  spaces',
      '日本語'.repeat(30),
      'long '.repeat(30),
    ]
    for (const name of names) {
      const value = valueOf(await fieldsOf({ to: { name, address: 'b@example.org' } }), 'To') ?? ''
      const shown = /^(.*) <b@example\.org>$/.exec(value)?.[1] ?? ''
      const unquoted = shown.startsWith('"') ? shown.slice(1, -1).replace(/\\(.)/g, '$1') : shown
      expect(decodeWords(unquoted)).toBe(name)
      expect(shown.startsWith('"') && shown.includes('=?')).toBe(false) // RFC 2047 5(3)
    }
  })

  it('folds long lists of mailboxes within 78 characters', async () => {
    const to = Array.from({ length: 50 }, (_, index) => ({
      name: `Person, ${index}`,
      address: `person${index}@example.org`,
    }))
    const { entity } = await composed({ to })
    for (const line of entity.headerLines) expect(line.length).toBeLessThanOrEqual(78)
    expect(valueOf(entity.fields, 'To')).toBe(to.map(({ name, address }) => `"${name}" <${address}>`).join(', '))
  })

  it('refuses fields that compose writes itself, and names that are none', async () => {
    for (const name of [
      'From',
      'BCC',
      'Resent-Bcc',
      'subject',
      'Content-Type',
      'content-x',
      'MIME-Version',
      'Date',
      'Message-Id',
      '',
      'a b',
      'a:b',
      'ä',
      'a'.repeat(71),
    ]) {
      await expect(compose({ ...base, headers: [{ name, value: 'x' }] })).rejects.toEqual(
        refusal('draft.header-name', 'headers[0].name'),
      )
    }
    const own = [{ name: 'Importance', value: 'low' }]
    expect(valueOf(await fieldsOf({ headers: own }), 'Importance')).toBe('low')
    await expect(compose({ ...base, headers: own, priority: 'low' })).rejects.toEqual(
      refusal('draft.header-name', 'headers[0].name'),
    )
  })

  it('refuses ids, dates and priorities that are none', async () => {
    for (const messageId of ['', '<>', 'x', 'a b@c', '<a@b><c@d>', 'a@b@c', 'ä@b', `${'a'.repeat(999)}@b`]) {
      await expect(compose({ ...base, messageId })).rejects.toEqual(refusal('draft.message-id', 'messageId'))
    }
    await expect(compose({ ...base, inReplyTo: '<a@b> <c@d>' })).rejects.toEqual(
      refusal('draft.message-id', 'inReplyTo'),
    )
    await expect(compose({ ...base, references: ['<a@b>', '<<c@d>>'] })).rejects.toEqual(
      refusal('draft.message-id', 'references[1]'),
    )
    await expect(compose({ ...base, date: new Date(NaN) })).rejects.toEqual(refusal('draft.date', 'date'))
    await expect(compose({ ...base, priority: 'toString' as 'low' })).rejects.toEqual(
      refusal('draft.priority', 'priority'),
    )
  })

  it('carries a UTF-8 local part as it is, and says that it needs SMTPUTF8 (RFC 6531, RFC 6532)', async () => {
    const shown = await compose({ ...base, to: 'Jürgen <jürgen@bücher.example>' })
    expect(shown.envelope).toEqual({
      reversePath: 'anna@example.com',
      recipients: ['jürgen@xn--bcher-kva.example'],
      smtpUtf8: true,
    })
    expect(shown.content.encoding).toBe('8bit')
    const octets = await collect(shown.content)
    expect(octets.length).toBe(shown.content.sizeOctets)
    expect(valueOf(readMessage(octets).fields, 'To')).toBe('=?utf-8?Q?J=C3=BCrgen?= <jürgen@xn--bcher-kva.example>')

    const blind = await compose({ ...base, bcc: 'jürgen@b.example' })
    expect(blind.envelope.smtpUtf8).toBe(true)
    expect(blind.content.encoding).toBe('7bit')
    expect((await compose({ ...base, to: 'Jürgen <j@bücher.example>' })).envelope).not.toHaveProperty('smtpUtf8')
  })
})

describe('the body', () => {
  it('is empty text for a draft without any', async () => {
    const { entity } = await composed({})
    expect([entity.type, entity.octets.toString()]).toEqual(['text/plain', ''])
  })

  it.each([
    ['Hello', '7bit', 'Hello\r\n'],
    ['a\nb\rc\r\nd\n', '7bit', 'a\r\nb\r\nc\r\nd\r\n'],
    ['Größe und Gewicht', 'quoted-printable', 'Größe und Gewicht\r\n'],
    ['日本語', 'base64', '日本語'],
    ['x'.repeat(999), 'quoted-printable', `${'x'.repeat(999)}\r\n`],
    [`${'x'.repeat(998)}\n${'y'.repeat(998)}`, '7bit', `${'x'.repeat(998)}\r\n${'y'.repeat(998)}\r\n`],
    ['a\0b', 'quoted-printable', 'a\0b\r\n'],
    ['.\n..\n', '7bit', '.\r\n..\r\n'],
    ['\ud800', 'base64', '\ufffd'],
  ])('carries %j as %s', async (text, encoding, expected) => {
    for (const field of ['text', 'html'] as const) {
      const { entity, message } = await composed({ [field]: text })
      expect(entity.type).toBe(field === 'text' ? 'text/plain' : 'text/html')
      expect(entity.parameters.get('charset')).toBe('utf-8')
      expect(valueOf(entity.fields, 'Content-Transfer-Encoding')).toBe(encoding)
      expect(entity.octets.toString()).toBe(expected)
      expect(message.content).toMatchObject({ canonical: true, encoding: '7bit' })
    }
  })

  it('arranges text, html, pictures and attachments (RFC 2046, RFC 2387)', async () => {
    const { entity } = await composed({
      text: 'plain',
      html: '<img src="cid:logo">',
      attachments: [
        { filename: 'größe.csv', content: 'a;b\nc;d' },
        { filename: 'logo.png', contentId: 'logo', content: Uint8Array.of(1, 2, 3) },
        {
          content: new Uint8Array(0),
          contentType: 'application/pdf; x=y',
          contentId: 'a@b',
          disposition: 'attachment',
        },
      ],
    })
    const shape = (part: typeof entity): unknown =>
      part.parts.length === 0 ? part.type : [part.type, ...part.parts.map(shape)]
    expect(shape(entity)).toEqual([
      'multipart/mixed',
      ['multipart/alternative', 'text/plain', ['multipart/related', 'text/html', 'image/png']],
      'text/csv',
      'application/pdf',
    ])
    const [alternative, csv, pdf] = entity.parts
    const related = alternative?.parts[1]
    expect(alternative?.parts[0]?.octets.toString()).toBe('plain')
    expect(related?.parameters.get('type')).toBe('text/html')
    expect(valueOf(related?.parts[1]?.fields ?? [], 'Content-ID')).toBe('<logo>')
    expect(valueOf(related?.parts[1]?.fields ?? [], 'Content-Disposition')).toBe('inline; filename=logo.png')
    expect(related?.parts[1]?.octets).toEqual(Buffer.from([1, 2, 3]))
    expect(csv?.parameters.get('charset')).toBe('utf-8')
    expect(csv?.octets.toString()).toBe('a;b\nc;d') // an attachment keeps its line ends
    expect(valueOf(csv?.fields ?? [], 'Content-Disposition')).toBe("attachment; filename*=utf-8''gr%C3%B6%C3%9Fe.csv")
    expect(pdf?.octets.length).toBe(0)
    expect(valueOf(pdf?.fields ?? [], 'Content-Disposition')).toBe('attachment')
    expect(valueOf(pdf?.fields ?? [], 'Content-ID')).toBe('<a@b>')
  })

  it.each<[Partial<Draft>, unknown]>([
    [{ text: 'a', html: 'b' }, ['multipart/alternative', 'text/plain', 'text/html']],
    [{ attachments: [{ content: 'x' }] }, ['multipart/mixed', 'application/octet-stream']],
    [
      { text: 'a', attachments: [{ content: 'x', contentId: 'c' }] },
      ['multipart/mixed', 'text/plain', 'application/octet-stream'],
    ],
    [
      { html: 'a', attachments: [{ content: 'x', contentId: 'c' }] },
      ['multipart/related', 'text/html', 'application/octet-stream'],
    ],
    [
      { html: 'a', attachments: [{ content: 'x', disposition: 'inline' }] },
      ['multipart/mixed', 'text/html', 'application/octet-stream'],
    ],
  ])('arranges %j', async (draft, shape) => {
    const { entity } = await composed(draft)
    expect([entity.type, ...entity.parts.map((part) => part.type)]).toEqual(shape)
  })

  it('keeps texts exactly, whatever they are, alone or with others', async () => {
    const unit = fc.oneof(
      fc.constantFrom('\r', '\n', '\r\n', '.', '-', '--', '=', ' ', '\t', '\0', 'From '),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(unit, { maxLength: 60 }), async (pieces) => {
        const text = pieces.join('')
        const lines = Buffer.from(text.replace(/\r\n|\r|\n/g, '\r\n')).toString()
        const { entity, message } = await composed({
          text,
          html: text,
          attachments: [{ content: text, contentType: 'text/plain' }],
        })
        expect(entity.parts[0]?.parts.map((part) => part.octets.toString())).toEqual([lines, lines])
        expect(entity.parts[1]?.octets).toEqual(Buffer.from(text))
        expect(message.content.sizeOctets).toBe(message.content.octets?.length)
        const alone = (await composed({ text })).entity.octets.toString()
        expect([lines, `${lines}\r\n`]).toContain(alone)
      }),
      { numRuns: 300 },
    )
  })

  it('chooses another boundary when a text holds it', async () => {
    let drawn = 0
    const randomOctets = (count: number) => new Uint8Array(count).fill(++drawn)
    const held = `--=_2_${'02'.repeat(16)}`
    const message = await compose({ ...base, text: `a\n${held}\n${held}--\nb`, html: 'c' }, { randomOctets })
    const entity = readMessage(await collect(message.content))
    expect(drawn).toBe(3)
    expect(entity.parts.map((part) => part.octets.toString())).toEqual([`a\r\n${held}\r\n${held}--\r\nb`, 'c'])
    const constant = { randomOctets: (count: number) => new Uint8Array(count) }
    await expect(compose({ ...base, text: '0'.repeat(40), html: 'c' }, constant)).rejects.toMatchObject({
      code: 'invariant',
    })
  })
})

describe('attachments', () => {
  const octets = Uint8Array.from({ length: 300_001 }, (_, index) => (index * 31 + (index >> 7)) & 255)
  const inChunks = (sizes: readonly number[]) =>
    async function* () {
      const chunk = new Uint8Array(Math.max(...sizes)) // lent anew for each
      for (let at = 0, index = 0; at < octets.length; index++) {
        const size = Math.min(sizes[index % sizes.length] ?? 1, octets.length - at)
        chunk.set(octets.subarray(at, at + size))
        yield chunk.subarray(0, size)
        at += size
      }
    }

  it('come from a file by its path or URL, with its name and type', async () => {
    const path = join(folder, 'Bericht größe.pdf')
    await writeFile(path, octets)
    const { message, entity } = await composed({
      text: 'x',
      attachments: [{ path }, { path: pathToFileURL(path), filename: 'b.bin' }],
    })
    expect(message.content.octets).toBeUndefined()
    expect((await collect(message.content)).length).toBe(message.content.sizeOctets)
    expect(entity.parts.slice(1).map((part) => part.type)).toEqual(['application/pdf', 'application/octet-stream'])
    for (const part of entity.parts.slice(1)) expect(part.octets.equals(octets)).toBe(true)
    expect(valueOf(entity.parts[1]?.fields ?? [], 'Content-Disposition')).toBe(
      "attachment; filename*=utf-8''Bericht%20gr%C3%B6%C3%9Fe.pdf",
    )
  })

  it('come from a function in chunks of any size, at each opening the same octets', async () => {
    for (const sizes of [[1], [56, 1, 57, 113], [262_144], [300_001]]) {
      const message = await compose({ ...base, attachments: [{ content: inChunks(sizes), sizeOctets: octets.length }] })
      const first = await collect(message.content)
      expect(first.length).toBe(message.content.sizeOctets)
      expect((await collect(message.content)).equals(first)).toBe(true)
      expect(readMessage(first).parts[0]?.octets.equals(octets)).toBe(true)
    }
  })

  it('of unknown size leave the size of the message unknown', async () => {
    const message = await compose({ ...base, attachments: [{ content: inChunks([1000]) }] })
    expect(message.content).not.toHaveProperty('sizeOctets')
    expect(message.content.octets).toBeUndefined()
    expect((await collect(message.content)).equals(await collect(message.content))).toBe(true)
  })

  it('in memory are encoded while sent when they are large, and at once when they are small', async () => {
    const large = new Uint8Array(1_000_000).fill(7)
    const message = await compose({ ...base, text: 'größe', attachments: [{ content: large }] })
    expect(message.content.octets).toBeUndefined()
    const sent = await collect(message.content)
    expect(sent.length).toBe(message.content.sizeOctets)
    expect(readMessage(sent).parts[1]?.octets.equals(large)).toBe(true)
    const small = await compose({
      ...base,
      text: 'größe',
      attachments: [{ content: octets, sizeOctets: octets.length }],
    })
    expect(small.content.octets?.length).toBe(small.content.sizeOctets)
    expect(await collect(small.content)).toEqual(small.content.octets)
  })

  it('that change their size between two openings are an error', async () => {
    const changed = refusal('content.changed', 'attachments[0]')
    let grown = 10
    async function* content() {
      for (let index = 0; index < grown; index++) yield Uint8Array.of(index)
    }
    const settled = await compose({ ...base, attachments: [{ content }] })
    await collect(settled.content)
    for (grown of [9, 11, 0]) await expect(collect(settled.content)).rejects.toEqual(changed)
    grown = 10
    await collect(settled.content)

    const said = await compose({ ...base, attachments: [{ content, sizeOctets: 11 }] })
    await expect(collect(said.content)).rejects.toEqual(changed)
    await expect(compose({ ...base, attachments: [{ content: 'abc', sizeOctets: 4 }] })).rejects.toEqual(changed)

    const path = join(folder, 'growing')
    await writeFile(path, 'abc')
    const file = await compose({ ...base, attachments: [{ path }] })
    await collect(file.content)
    await writeFile(path, 'abcd')
    await expect(collect(file.content)).rejects.toMatchObject({ code: 'content.changed', field: 'attachments[0].path' })
  })

  it('close their source when the reader stops early', async () => {
    let closed = false
    async function* content() {
      try {
        for (;;) yield octets
      } finally {
        closed = true
      }
    }
    const { content: opened } = await compose({ ...base, attachments: [{ content }] })
    let read = 0
    for await (const chunk of opened.open()) {
      read += chunk.length
      if (read > 1_000_000) break
    }
    expect(closed).toBe(true)
  })

  it('that fail or are no octets say so', async () => {
    const cause = new Error('disk')
    const failing = await compose({
      ...base,
      attachments: [
        {
          async *content() {
            yield Uint8Array.of(1)
            throw cause
          },
        },
      ],
    })
    await expect(collect(failing.content)).rejects.toMatchObject({
      code: 'content.unreadable',
      field: 'attachments[0].content',
      cause,
    })
    const strings = async function* () {
      yield 'text'
    } as unknown as () => AsyncIterable<Uint8Array>
    await expect(
      collect((await compose({ ...base, attachments: [{ content: strings }] })).content),
    ).rejects.toMatchObject({
      code: 'content.unreadable',
    })
  })

  it.each([
    [{}, 'attachment.source', 'attachments[0]'],
    [{ content: 'a', path: 'b' }, 'attachment.source', 'attachments[0]'],
    [{ content: 4711 as unknown as string }, 'attachment.source', 'attachments[0].content'],
    [{ content: 'a', sizeOctets: -1 }, 'attachment.size', 'attachments[0].sizeOctets'],
    [{ content: 'a', sizeOctets: 0.5 }, 'attachment.size', 'attachments[0].sizeOctets'],
    [{ content: 'a', contentType: 'png' }, 'attachment.content-type', 'attachments[0].contentType'],
    [{ content: 'a', contentType: 'message/rfc822' }, 'attachment.content-type', 'attachments[0].contentType'],
    [{ content: 'a', contentType: 'Multipart/mixed' }, 'attachment.content-type', 'attachments[0].contentType'],
    [{ content: 'a', contentId: '<a@b>' }, 'attachment.content-id', 'attachments[0].contentId'],
    [{ content: 'a', contentId: '' }, 'attachment.content-id', 'attachments[0].contentId'],
    [{ content: 'a', disposition: 'x' as 'inline' }, 'attachment.disposition', 'attachments[0].disposition'],
    [{ path: new URL('http://localhost/x') }, 'attachment.path', 'attachments[0].path'],
  ])('%j are refused', async (attachment, code, field) => {
    await expect(compose({ ...base, attachments: [attachment] })).rejects.toEqual(refusal(code, field))
  })

  it('by a path that is no file are refused before anything is sent', async () => {
    for (const path of [join(folder, 'missing'), folder]) {
      await expect(compose({ ...base, attachments: [{ path }] })).rejects.toMatchObject({
        code: 'content.unreadable',
        field: 'attachments[0].path',
      })
    }
  })

  it('with the same Content-ID twice are refused', async () => {
    const attachments = [
      { content: 'a', contentId: 'x' },
      { content: 'b', contentId: 'x' },
    ]
    await expect(compose({ ...base, attachments })).rejects.toEqual(
      refusal('attachment.content-id', 'attachments[1].contentId'),
    )
  })
})

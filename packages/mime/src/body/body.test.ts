import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { readMessage, valueOf } from '../../test/read-message.js'
import { compose } from '../compose.js'
import type { Draft } from '../draft.js'

const base = { from: 'Anna <anna@example.com>', to: 'ben@example.org' } as const

const composed = async (draft: Partial<Draft>) => {
  const message = await compose({ ...base, ...draft })
  return { message, entity: readMessage(await collect(message.content)) }
}

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

  it('is written to the octet like this', async () => {
    const message = await compose(
      {
        from: 'Anna Example <a@example.com>',
        to: 'b@example.org',
        subject: 'Two parts',
        text: 'plain',
        attachments: [{ filename: 'a.bin', content: Uint8Array.of(0, 255) }],
        messageId: 'x@example.com',
        date: new Date(2025, 10, 21, 13, 2, 11),
      },
      { randomOctets: (count) => new Uint8Array(count) },
    )
    const digits = '0'.repeat(32)
    expect(
      (await collect(message.content))
        .toString()
        .replace(/ [+-]\d{4}\r\n/, ' +0000\r\n')
        .split('\r\n'),
    ).toEqual([
      'Date: Fri, 21 Nov 2025 13:02:11 +0000',
      'From: Anna Example <a@example.com>',
      'To: b@example.org',
      'Subject: Two parts',
      'Message-ID: <x@example.com>',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed;',
      ` boundary="=_1_${digits}"`,
      '',
      `--=_1_${digits}`,
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 7bit',
      '',
      'plain',
      `--=_1_${digits}`,
      'Content-Type: application/octet-stream; name=a.bin',
      'Content-Transfer-Encoding: base64',
      'Content-Disposition: attachment; filename=a.bin',
      '',
      'AP8=',
      `--=_1_${digits}--`,
      '',
    ])
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
      { numRuns: 200 },
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

  const event = 'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
  const picture = { filename: 'logo.png', contentId: 'logo', content: Uint8Array.of(1, 2, 3) }
  type Shape = { type: string; parts: readonly Shape[] }
  const shape = (part: Shape): unknown => (part.parts.length === 0 ? part.type : [part.type, ...part.parts.map(shape)])

  it.each<[string, Partial<Draft>, unknown]>([
    ['a calendar alone', { calendar: { content: event } }, 'text/calendar'],
    [
      'text and calendar',
      { text: 'a', calendar: { content: event } },
      ['multipart/alternative', 'text/plain', 'text/calendar'],
    ],
    [
      'everything',
      {
        text: 'a',
        html: 'b',
        alternatives: [{ contentType: 'text/markdown', content: 'c' }],
        calendar: { content: event, filename: 'invite.ics' },
        attachments: [picture, { filename: 'a.pdf', content: 'x' }],
      },
      [
        'multipart/mixed',
        [
          'multipart/alternative',
          'text/plain',
          'text/markdown',
          ['multipart/related', 'text/html', 'image/png'],
          'text/calendar',
        ],
        'application/ics',
        'application/pdf',
      ],
    ],
    ['one alternative', { alternatives: [{ contentType: 'text/markdown', content: 'c' }] }, 'text/markdown'],
    ['a picture without HTML', { text: 'a', attachments: [picture] }, ['multipart/mixed', 'text/plain', 'image/png']],
    [
      'a calendar and a picture without HTML',
      { calendar: { content: event }, attachments: [picture] },
      ['multipart/mixed', 'text/calendar', 'image/png'],
    ],
    ['no attachments', { text: 'a', attachments: [] }, 'text/plain'],
    ['nothing', { attachments: [], alternatives: [] }, 'text/plain'],
  ])('arranges %s', async (_name, draft, expected) => {
    expect(shape((await composed(draft)).entity)).toEqual(expected)
  })

  it('[part of ipworks.prop.MessageText] has CRLF for every line end, and a line that begins with a dot as it is', async () => {
    expect((await composed({ text: '.a\nb\rc\r\n' })).entity.octets.toString()).toBe('.a\r\nb\r\nc\r\n')
  })

  it('can be flowed text, which says so', async () => {
    const { entity } = await composed({ text: `${'word '.repeat(30)}\n> x`, textFormat: 'flowed' })
    expect(entity.parameters.get('format')).toBe('flowed')
    expect(entity.octets.toString().split('\r\n').slice(-2)).toEqual(['> x', ''])
    await expect(compose({ ...base, text: 'a', textFormat: 'wavy' as 'flowed' })).rejects.toMatchObject({
      code: 'draft.text-format',
    })
  })

  it('makes the text from the HTML on request, unless there is one', async () => {
    const html = '<p>Hello <b>you</b></p>'
    const made = (await composed({ html, textFromHtml: true })).entity
    expect([made.type, made.parts[0]?.octets.toString()]).toEqual(['multipart/alternative', 'Hello you'])
    expect((await composed({ html, text: 'mine', textFromHtml: true })).entity.parts[0]?.octets.toString()).toBe('mine')
    expect((await composed({ html })).entity.type).toBe('text/html')
  })

  it('is in the charset that was asked for, but for calendars and other forms', async () => {
    const message = await compose({ ...base, text: 'Größe', html: 'grün' }, { charset: 'iso-8859-1' })
    const { parts } = readMessage(await collect(message.content))
    expect(parts.map((part) => [part.parameters.get('charset'), part.octets.toString('latin1')])).toEqual([
      ['ISO-8859-1', 'Größe'],
      ['ISO-8859-1', 'grün'],
    ])
  })

  it('has other forms of the text with their parameters', async () => {
    const { entity } = await composed({
      text: 'a',
      alternatives: [{ contentType: 'text/markdown; variant=GFM; charset=latin1', content: '*ü*' }],
    })
    expect([...(entity.parts[1]?.parameters ?? [])]).toEqual([
      ['charset', 'utf-8'],
      ['variant', 'GFM'],
    ])
    expect(entity.parts[1]?.octets.toString()).toBe('*ü*')
  })

  it.each<[Partial<Draft>, string, string]>([
    [{ text: 5 as unknown as string }, 'draft.not-text', 'text'],
    [{ html: null as unknown as string }, 'draft.not-text', 'html'],
    [
      { alternatives: [{ contentType: 'multipart/mixed', content: '' }] },
      'draft.alternative',
      'alternatives[0].contentType',
    ],
    [
      { alternatives: [{ contentType: 'text/x', content: 5 as unknown as string }] },
      'draft.alternative',
      'alternatives[0].content',
    ],
    [{ alternatives: [null as unknown as never] }, 'draft.alternative', 'alternatives[0]'],
    [{ attachments: [null as unknown as never] }, 'attachment.source', 'attachments[0]'],
    [{ attachments: 'x' as unknown as [] }, 'attachment.source', 'attachments'],
  ])('refuses %j', async (draft, code, field) => {
    await expect(compose({ ...base, ...draft })).rejects.toMatchObject({ name: 'SettingsError', code, field })
  })

  it('[part of javamail.mail.smtp.allow8bitmime] says the same in each form, with the same boundaries, and truly what it needs', async () => {
    const text = fc.array(
      fc.oneof(fc.constantFrom('ö', '日', '\n', '\r', ' ', '--', '\0', 'x'.repeat(300)), fc.string()),
      {
        maxLength: 8,
      },
    )
    const draft = fc.record({
      text: fc.option(text, { nil: undefined }),
      html: fc.option(text, { nil: undefined }),
      octets: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }),
    })
    const boundaries = (octets: Buffer) => octets.toString('latin1').match(/(?<=boundary=")[^"]+/g) ?? []
    await fc.assert(
      fc.asyncProperty(draft, async ({ text, html, octets }) => {
        const { content } = await compose({
          ...base,
          ...(text && { text: text.join('') }),
          ...(html && { html: html.join('') }),
          ...(octets && { attachments: [{ content: octets, filename: 'a.bin' }] }),
        })
        const seven = await collect(content)
        const expected = await simpleParser(seven)
        for (const widest of ['8bit', 'binary'] as const) {
          const form = content.recode?.(widest)
          if (!form) throw new Error('cannot be encoded anew')
          const sent = await collect(form)
          expect(sent.length).toBe(form.sizeOctets)
          expect(boundaries(sent)).toEqual(boundaries(seven))
          const read = await simpleParser(sent)
          // a text that is the whole body gets a last line end where it has none, unless that is in base64
          expect(read.text?.trimEnd()).toBe(expected.text?.trimEnd())
          expect(String(read.html).trimEnd()).toBe(String(expected.html).trimEnd())
          expect(read.attachments.map((part) => part.content)).toEqual(expected.attachments.map((part) => part.content))
          const latin1 = sent.toString('latin1')
          if (form.encoding === '7bit') expect(latin1).not.toMatch(/[\x80-\xff]/)
          if (form.encoding !== 'binary') {
            expect(form.canonical).toBe(true)
            expect(latin1.replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/)
          } else expect(form.canonical).toBeUndefined()
        }
      }),
      { numRuns: 150 },
    )
  })
})

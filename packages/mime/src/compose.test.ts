import { describe, expect, it } from 'vitest'
import { collect } from '../test/collect.js'
import { decodeWords, readMessage, valueOf } from '../test/read-message.js'
import { compose } from './compose.js'
import type { Draft } from './draft.js'

const base = { from: 'Anna <anna@example.com>', to: 'ben@example.org' } as const

/** Without the line of a Message-ID of ours: 64 digits and a domain cannot be folded. */
const foldable = (lines: readonly string[]) => lines.filter((line) => !/^ <[0-9a-f]{64}@/.test(line))
const refusal = (code: string, field: string): unknown =>
  expect.objectContaining({ name: 'SettingsError', phase: 'compose', code, field })

describe('the options', () => {
  it('[part of ipworks.config.MaxHeaderLength] fold at another length wherever there is a place', async () => {
    const draft: Draft = {
      ...base,
      cc: Array.from({ length: 40 }, (_, index) => ({
        name: `Person, ${index}`,
        address: `person${index}@example.org`,
      })),
      subject: 'Grüße und sonst noch einiges '.repeat(10),
      references: Array.from({ length: 9 }, (_, index) => `<${index}@example.com>`),
    }
    for (const foldAt of [60, 76, 120]) {
      const { headerLines } = readMessage(await collect((await compose(draft, { foldAt })).content))
      const ours = foldable(headerLines)
      for (const line of ours) expect(line.length).toBeLessThanOrEqual(foldAt)
      if (foldAt > 76) expect(Math.max(...ours.map((line) => line.length))).toBeGreaterThan(76)
    }
  })

  it('[part of ipworks.config.FoldHeaders] fold nothing when they are told so, but for the 998 octets of a line', async () => {
    const cc = Array.from({ length: 40 }, (_, index) => `p${index}@example.org`)
    const { headerLines } = readMessage(await collect((await compose({ ...base, cc }, { foldAt: false })).content))
    expect(headerLines.filter((line) => line.startsWith(' '))).toEqual([])
    const many = Array.from({ length: 400 }, (_, index) => `person${index}@example.org`)
    const long = readMessage(await collect((await compose({ ...base, cc: many }, { foldAt: false })).content))
    expect(long.headerLines.filter((line) => line.startsWith(' ')).length).toBeLessThan(12)
    expect(valueOf(long.fields, 'Cc')).toBe(many.join(', '))
  })

  it('[part of ipworks.config.Charset] write text in another charset, and in UTF-8 what it lacks', async () => {
    const draft: Draft = {
      ...base,
      subject: 'Prüfung',
      organization: '5 €',
      to: { name: 'Jürgen', address: 'j@example.org' },
    }
    const message = await compose(draft, { charset: 'iso-8859-1' })
    const { fields } = readMessage(await collect(message.content))
    expect(valueOf(fields, 'Subject')).toBe('=?ISO-8859-1?Q?Pr=FCfung?=')
    expect(valueOf(fields, 'To')).toMatch(/^=\?ISO-8859-1\?/)
    expect(valueOf(fields, 'Organization')).toMatch(/^5 =\?utf-8\?/)
    for (const [name, expected] of [
      ['Subject', 'Prüfung'],
      ['To', 'Jürgen <j@example.org>'],
      ['Organization', '5 €'],
    ] as const)
      expect(decodeWords(valueOf(fields, name) ?? '')).toBe(expected)
    await expect(compose(draft, { charset: 'x-unknown' })).rejects.toEqual(refusal('compose.charset', 'charset'))
    expect(
      valueOf(readMessage(await collect((await compose(draft, { charset: 'UTF-8' })).content)).fields, 'Subject'),
    ).toBe('=?utf-8?Q?Pr=C3=BCfung?=')
  })

  it('are refused when they are none', async () => {
    await expect(compose(base, { foldAt: 19 })).rejects.toEqual(refusal('compose.fold-at', 'foldAt'))
    await expect(compose(base, { messageIdAlgorithm: 'crc32' as 'md5' })).rejects.toEqual(
      refusal('compose.message-id-algorithm', 'messageIdAlgorithm'),
    )
  })

  it('[part of ipworks.config.AllowEmptyTo] let a message have no recipient at all', async () => {
    const message = await compose({ from: 'a@example.com', text: 'kept' }, { allowNoRecipients: true })
    expect(message.envelope).toEqual({ reversePath: 'a@example.com', recipients: [] })
    const group = await compose({ from: 'a@example.com', to: 'undisclosed-recipients:;' }, { allowNoRecipients: true })
    expect(group.headers.find(({ name }) => name === 'To')?.value).toBe('undisclosed-recipients:;')
    await expect(compose({ from: 'a@example.com', to: 'undisclosed-recipients:;' })).rejects.toEqual(
      refusal('draft.no-recipients', 'to'),
    )
  })
})

describe('UTF-8 in the header', () => {
  const names = 'Jürgen 日本語'
  const draft: Draft = {
    ...base,
    to: { name: names, address: 'j@bücher.example' },
    subject: 'Gru\u0308ße',
    organization: 'Söhne =?utf-8?Q?x?=',
    list: { id: 'Grüße <news.example.com>' },
    headers: [{ name: 'X-One', value: 'größe' }],
  }

  it('[part of javamail.mail.mime.allowutf8] goes as it is on request (RFC 6532), and the message needs SMTPUTF8 then', async () => {
    const message = await compose(draft, { utf8Headers: true })
    expect(message.envelope.smtpUtf8).toBe(true)
    expect(message.content).toMatchObject({ encoding: '8bit', utf8Header: true })
    const octets = await collect(message.content)
    expect(octets.length).toBe(message.content.sizeOctets)
    const { fields } = readMessage(octets)
    expect(valueOf(fields, 'To')).toBe(`${names} <j@xn--bcher-kva.example>`)
    expect(valueOf(fields, 'Subject')).toBe('Grüße')
    expect(valueOf(fields, 'Organization')).toMatch(/^Söhne =\?utf-8\?B\?/)
    expect(valueOf(fields, 'List-Id')).toBe('Grüße <news.example.com>')
    expect(valueOf(fields, 'X-One')).toBe('größe')
    expect(message.headers).toEqual(fields)
  })

  it('asks for nothing when all is ASCII', async () => {
    const message = await compose(base, { utf8Headers: true })
    expect(message.envelope).not.toHaveProperty('smtpUtf8')
    expect(message.content).toMatchObject({ encoding: '7bit', utf8Header: false })
  })

  it('stays in the header when the body is recoded for a path of 7 bits', async () => {
    const message = await compose({ ...draft, text: 'ä'.repeat(10) }, { utf8Headers: true })
    const wide = message.content.recode?.('8bit')
    const narrow = wide?.recode?.('7bit')
    expect(wide).toMatchObject({ encoding: '8bit', utf8Header: true })
    expect(await collect(narrow!)).toEqual(await collect(message.content))
  })

  it('carries a UTF-8 local part as it is, with all fields (RFC 6531, RFC 6532)', async () => {
    const shown = await compose({ ...base, subject: 'Grüße', to: 'Jürgen <jürgen@bücher.example>' })
    expect(shown.envelope).toEqual({
      reversePath: 'anna@example.com',
      recipients: ['jürgen@xn--bcher-kva.example'],
      smtpUtf8: true,
    })
    const { fields } = readMessage(await collect(shown.content))
    expect(valueOf(fields, 'To')).toBe('Jürgen <jürgen@xn--bcher-kva.example>')
    expect(valueOf(fields, 'Subject')).toBe('Grüße')
    for (const key of ['sender', 'cc', 'replyTo', 'readReceiptTo', 'returnReceiptTo'] as const) {
      const message = await compose({ ...base, [key]: 'jürgen@b.example' })
      expect(message.envelope.smtpUtf8).toBe(true)
      expect(message.content.utf8Header).toBe(true)
    }
  })

  it('is not needed for a blind recipient alone: the envelope is UTF-8 then, and the header stays ASCII', async () => {
    const blind = await compose({ ...base, subject: 'Grüße', bcc: 'jürgen@b.example' })
    expect(blind.envelope.smtpUtf8).toBe(true)
    expect(blind.content).toMatchObject({ encoding: '7bit', utf8Header: false })
    expect((await compose({ ...base, to: 'Jürgen <j@bücher.example>' })).envelope).not.toHaveProperty('smtpUtf8')
  })
})

describe('a draft of the wrong shape, as it may come out of JSON', () => {
  it.each([
    ['subject', 7, 'draft.not-text', 'subject'],
    ['subject', null, 'draft.not-text', 'subject'],
    ['organization', {}, 'draft.not-text', 'organization'],
    ['messageId', 7, 'draft.not-text', 'messageId'],
    ['messageId', null, 'draft.not-text', 'messageId'],
    ['inReplyTo', 7, 'draft.message-id', 'inReplyTo'],
    ['inReplyTo', null, 'draft.message-id', 'inReplyTo'],
    ['references', { 0: '<a@b>' }, 'draft.message-id', 'references'],
    ['references', [null], 'draft.not-text', 'references[0]'],
    ['date', 7, 'draft.date', 'date'],
    ['date', null, 'draft.date', 'date'],
    ['headers', null, 'draft.headers', 'headers'],
    ['headers', { 'X-A': 'b' }, 'draft.headers', 'headers'],
    ['headers', [['X-A', 'b']], 'draft.not-text', 'headers[0].name'],
    ['list', null, 'draft.list', 'list'],
    ['list', [], 'draft.list', 'list'],
    ['priority', null, 'draft.priority', 'priority'],
    ['from', null, 'address.malformed', 'from'],
    ['from', 7, 'address.malformed', 'from'],
    ['to', null, 'address.malformed', 'to'],
    ['cc', [7], 'address.malformed', 'cc[0]'],
    ['sender', null, 'address.malformed', 'sender'],
    ['readReceiptTo', null, 'address.malformed', 'readReceiptTo'],
    ['text', 7, 'draft.not-text', 'text'],
    ['html', null, 'draft.not-text', 'html'],
    ['replyto', 'a@b.example', 'draft.unknown-field', 'replyto'],
  ])('%s: %j is refused with its name', async (key, value, code, field) => {
    await expect(compose({ ...base, [key]: value })).rejects.toEqual(refusal(code, field))
  })

  it('may have fields that are undefined', async () => {
    const message = await compose({ ...base, subject: undefined, cc: undefined, list: undefined })
    expect(message.headers.map(({ name }) => name)).not.toContain('Subject')
  })
})

import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { decodeWords, readMessage, valueOf } from '../../test/read-message.js'
import { compose } from '../compose.js'
import type { Draft } from '../draft.js'

const base = { from: 'Anna <anna@example.com>', to: 'ben@example.org' } as const

const composed = async (draft: Partial<Draft>) => {
  const message = await compose({ ...base, ...draft })
  return { message, entity: readMessage(await collect(message.content)) }
}
const fieldsOf = async (draft: Partial<Draft>) => (await composed(draft)).entity.fields
/** Without the line of a Message-ID of ours: 64 digits and a domain cannot be folded. */
const foldable = (lines: readonly string[]) => lines.filter((line) => !/^ <[0-9a-f]{64}@/.test(line))
const refusal = (code: string, field: string): unknown =>
  expect.objectContaining({ name: 'SettingsError', phase: 'compose', code, field })

describe('the header', () => {
  it('[part of ipworks.behaviour.header-order] has each field once, in this order', async () => {
    const fields = await fieldsOf({
      headers: [
        { name: 'X-One', value: 'größe' },
        { name: 'X-One', value: 'again' },
        { name: 'X-Two', value: 'v=1; b="a b"', kind: 'structured' },
      ],
      list: { id: 'News <news.example.com>', unsubscribe: 'https://example.com/leave', oneClick: true },
      autoSubmitted: 'auto-generated',
      sensitivity: 'private',
      priority: 'high',
      returnReceiptTo: 'rr@example.com',
      readReceiptTo: 'Anna <dn@example.com>',
      organization: 'Example & Söhne',
      references: ['<v:w@y>', 'x@y'],
      inReplyTo: ['x@y', '<z@y>'],
      messageId: '4711@example.com',
      subject: 'Hello',
      replyTo: 'r@example.com',
      bcc: 'blind@example.net',
      cc: { group: 'Team', members: ['c@example.org', 'Carl <d@example.org>'] },
      sender: 'office@example.com',
      from: ['Anna <anna@example.com>', 'c@d.example'],
      date: new Date(2025, 10, 21, 13, 2, 11),
    })
    expect(fields.map(({ name, value }) => `${name}: ${value.replace(/ [+-]\d{4}$/, ' +0000')}`)).toEqual([
      'Date: Fri, 21 Nov 2025 13:02:11 +0000',
      'From: Anna <anna@example.com>, c@d.example',
      'Sender: office@example.com',
      'To: ben@example.org',
      'Cc: Team: c@example.org, Carl <d@example.org>;',
      'Reply-To: r@example.com',
      'Subject: Hello',
      'Message-ID: <4711@example.com>',
      'In-Reply-To: <x@y> <z@y>',
      'References: <v:w@y> <x@y>',
      'Organization: Example & =?utf-8?B?U8O2aG5l?=',
      'Disposition-Notification-To: Anna <dn@example.com>',
      'Return-Receipt-To: rr@example.com',
      'X-Priority: 1',
      'Priority: urgent',
      'Importance: high',
      'Sensitivity: Private',
      'Auto-Submitted: auto-generated',
      'List-Id: News <news.example.com>',
      'List-Unsubscribe: <https://example.com/leave>',
      'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      'X-One: =?utf-8?B?Z3LDtsOfZQ==?=',
      'X-One: again',
      'X-Two: v=1; b="a b"',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 7bit',
    ])
  })

  it('has no field that the draft does not ask for', async () => {
    const fields = await fieldsOf({
      organization: '',
      references: [],
      inReplyTo: [],
      headers: [],
      list: {},
      cc: [],
      readReceiptTo: [],
    })
    expect(fields.map(({ name }) => name)).toEqual([
      'Date',
      'From',
      'To',
      'Message-ID',
      'MIME-Version',
      'Content-Type',
      'Content-Transfer-Encoding',
    ])
  })

  it.each([
    ['ipworks.prop.ReplyTo', 'beyondtrust.general.ReplyToEmail', 'replyTo', 'Reply-To'],
    [
      'ipworks.prop.ReadReceiptTo',
      'beyondtrust.general.ReadReceiptsEmail',
      'readReceiptTo',
      'Disposition-Notification-To',
    ],
    [
      'ipworks.prop.DeliveryNotificationTo',
      'beyondtrust.general.ReturnReceiptToEmail',
      'returnReceiptTo',
      'Return-Receipt-To',
    ],
    ['ipworks.prop.Cc', 'ipworks.prop.Cc', 'cc', 'Cc'],
  ])('[%s] [%s] writes %s as %s, and no such field without it', async (_, __, key, name) => {
    expect(valueOf(await fieldsOf({ [key]: 'Dora <dn@example.com>' }), name)).toBe('Dora <dn@example.com>')
    expect(valueOf(await fieldsOf({}), name)).toBeUndefined()
  })

  it('[part of beyondtrust.general.Organization] writes the organization, encoded when it is not ASCII', async () => {
    const value = valueOf(await fieldsOf({ organization: 'Müller AG' }), 'Organization') ?? ''
    expect(value).toMatch(/^=\?utf-8\?/)
    expect(decodeWords(value)).toBe('Müller AG')
  })

  it('[part of ipworks.prop.Subject] [part of ipworks.behaviour.folding] reads back as it was', async () => {
    for (const subject of ['Plain', 'Grüße aus München', 'long word '.repeat(40).trim(), '日本語'.repeat(40)]) {
      const { entity } = await composed({ subject })
      expect(decodeWords(valueOf(entity.fields, 'Subject') ?? '')).toBe(subject)
      for (const line of foldable(entity.headerLines)) expect(line.length).toBeLessThanOrEqual(78)
    }
  })

  it('[part of ipworks.type.MessageRecipient.Name] [part of ipworks.prop.From] [part of beyondtrust.general.SenderName] [part of illiad.key.EMailFromName] writes a name before the address, in quotation marks when it needs them', async () => {
    const fields = await fieldsOf({ from: { name: 'Ann, B', address: 'a@example.com' }, to: 'c@example.org' })
    expect(valueOf(fields, 'From')).toBe('"Ann, B" <a@example.com>')
    expect(valueOf(fields, 'To')).toBe('c@example.org')
  })

  it('[part of ipworks.example.other-header] has the fields of the draft behind those that compose writes', async () => {
    const fields = await fieldsOf({ subject: 's', headers: [{ name: 'HeaderName', value: 'HeaderValue' }] })
    const names = fields.map(({ name }) => name)
    expect(names.indexOf('HeaderName')).toBe(names.indexOf('MIME-Version') - 1)
    expect(valueOf(fields, 'HeaderName')).toBe('HeaderValue')
  })

  it('takes clock and random octets from the options, and a Message-ID at the domain of the author', async () => {
    const now = new Date(2024, 1, 29, 1, 2, 3)
    const message = await compose(
      { ...base, from: 'a@bücher.example' },
      { now: () => now, randomOctets: (count) => new Uint8Array(count).fill(0xab) },
    )
    expect(message.messageId).toMatch(/^<[0-9a-f]{64}@xn--bcher-kva\.example>$/)
    const again = await compose(base, { randomOctets: (count) => new Uint8Array(count).fill(0xab) })
    expect(again.messageId.slice(0, 65)).toBe(message.messageId.slice(0, 65))
    expect(message.date).toBe(now)
    const { fields } = readMessage(await collect(message.content))
    expect(valueOf(fields, 'Message-ID')).toBe(message.messageId)
    expect(valueOf(fields, 'Date')).toMatch(/^Thu, 29 Feb 2024 01:02:03 /)
  })

  it('[part of ipworks.prop.MessageId] never gives an id twice, over the end of a block of random octets too', async () => {
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
    for (const line of foldable(entity.headerLines)) expect(line.length).toBeLessThanOrEqual(78)
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
    await expect(
      compose({ ...base, headers: [{ name: 'list-help', value: 'x' }], list: { help: 'a@b.example' } }),
    ).rejects.toEqual(refusal('draft.header-name', 'headers[0].name'))
    expect(valueOf(await fieldsOf({ headers: [{ name: 'List-Help', value: 'x' }] }), 'List-Help')).toBe('x')
    expect(valueOf(await fieldsOf({ headers: own }), 'Importance')).toBe('low')
    await expect(compose({ ...base, headers: own, priority: 'low' })).rejects.toEqual(
      refusal('draft.header-name', 'headers[0].name'),
    )
  })

  it('takes ids in a row, as a header field has them', async () => {
    const row = '<a@b>  <c@d> <e@[192.0.2.1]>'
    const message = await compose({ ...base, references: row, inReplyTo: row })
    for (const name of ['References', 'In-Reply-To'])
      expect(message.headers.find((field) => field.name === name)?.value).toBe('<a@b> <c@d> <e@[192.0.2.1]>')
    for (const odd of ['<a@b> c@d', '<a@b> <c d>', '<a@b> <>', '<a@b> <<c@d>>', '<a@b>x> <c@d>'])
      await expect(compose({ ...base, references: odd })).rejects.toEqual(refusal('draft.message-id', 'references'))
  })

  it('refuses ids, dates and priorities that are none', async () => {
    for (const messageId of ['<>', 'x', 'a b@c', '<a@b><c@d>', 'a@b@c', 'ä@b', `${'a'.repeat(999)}@b`]) {
      await expect(compose({ ...base, messageId })).rejects.toEqual(refusal('draft.message-id', 'messageId'))
    }
    await expect(compose({ ...base, inReplyTo: 'a@b c@d' })).rejects.toEqual(refusal('draft.message-id', 'inReplyTo'))
    await expect(compose({ ...base, inReplyTo: ['<a@b>', 'c d'] })).rejects.toEqual(
      refusal('draft.message-id', 'inReplyTo[1]'),
    )
    await expect(compose({ ...base, references: ['<a@b>', '<<c@d>>'] })).rejects.toEqual(
      refusal('draft.message-id', 'references[1]'),
    )
    await expect(compose({ ...base, date: new Date(NaN) })).rejects.toEqual(refusal('draft.date', 'date'))
    await expect(compose({ ...base, priority: 'toString' as 'low' })).rejects.toEqual(
      refusal('draft.priority', 'priority'),
    )
  })

  it('[part of ipworks.prop.MessageId] [part of ipworks.prop.MessageDate] takes both as they are given, and leaves them out for an empty string', async () => {
    const given = await composed({ messageId: 'token@example.com', date: 'Thu, 13 Feb 1969 23:32:54 -0330' })
    expect(given.message.messageId).toBe('<token@example.com>')
    expect(valueOf(given.entity.fields, 'Date')).toBe('Thu, 13 Feb 1969 23:32:54 -0330')
    expect(given.message.date).toEqual(new Date('1969-02-14T03:02:54Z'))
    const none = await composed({ messageId: '', date: '' })
    expect(none.message.messageId).toBe('')
    expect(none.message.date).toBeInstanceOf(Date)
    expect(none.entity.fields.map(({ name }) => name)).not.toEqual(expect.arrayContaining(['Message-ID']))
    expect(none.entity.fields.map(({ name }) => name)).not.toEqual(expect.arrayContaining(['Date']))
    const star = await composed({ messageId: '*', date: '*' })
    expect(star.message.messageId).toMatch(/^<[0-9a-f]{64}@example\.com>$/)
    expect(Math.abs(Date.parse(valueOf(star.entity.fields, 'Date') ?? '') - Date.now())).toBeLessThan(60_000)
  })

  it.each([
    ['sha256', 64],
    ['sha1', 40],
    ['md5', 32],
  ] as const)(
    '[part of ipworks.config.MessageIdAlgorithm] makes ids with %s of %i digits',
    async (messageIdAlgorithm, length) => {
      const { messageId } = await compose(base, { messageIdAlgorithm })
      expect(messageId).toMatch(new RegExp(`^<[0-9a-f]{${length}}@example\\.com>$`))
    },
  )

  it('[part of ipworks.prop.MessageHeaders] [part of ipworks.type.Header] tells its fields unfolded, as they stand in the content', async () => {
    const { message, entity } = await composed({
      subject: 'Grüße '.repeat(20),
      cc: Array.from({ length: 9 }, (_, index) => `person${index}@example.org`),
      headers: [{ name: 'X-Empty', value: '' }],
      html: '<p>x',
      text: 'x',
    })
    expect(message.headers).toEqual(entity.fields)
    expect(message.headers).toBe(message.headers)
    expect(message.headers.find(({ name }) => name === 'Content-Type')?.value).toMatch(
      /^multipart\/alternative; boundary=/,
    )
  })
})

import { describe, expect, it } from 'vitest'
import { collect } from '../test/collect.js'
import { decodeWords, readMessage, valueOf } from '../test/read-message.js'
import { compose } from './compose.js'
import type { Draft } from './draft.js'

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
  it('[ipworks.behaviour.header-order] has each field once, in this order', async () => {
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

  it('[beyondtrust.general.Organization] writes the organization, encoded when it is not ASCII', async () => {
    const value = valueOf(await fieldsOf({ organization: 'Müller AG' }), 'Organization') ?? ''
    expect(value).toMatch(/^=\?utf-8\?/)
    expect(decodeWords(value)).toBe('Müller AG')
  })

  it('[ipworks.prop.Subject] [ipworks.behaviour.folding] reads back as it was', async () => {
    for (const subject of ['Plain', 'Grüße aus München', 'long word '.repeat(40).trim(), '日本語'.repeat(40)]) {
      const { entity } = await composed({ subject })
      expect(decodeWords(valueOf(entity.fields, 'Subject') ?? '')).toBe(subject)
      for (const line of foldable(entity.headerLines)) expect(line.length).toBeLessThanOrEqual(78)
    }
  })

  it('[ipworks.type.MessageRecipient.Name] [ipworks.prop.From] [beyondtrust.general.SenderName] [illiad.key.EMailFromName] writes a name before the address, in quotation marks when it needs them', async () => {
    const fields = await fieldsOf({ from: { name: 'Ann, B', address: 'a@example.com' }, to: 'c@example.org' })
    expect(valueOf(fields, 'From')).toBe('"Ann, B" <a@example.com>')
    expect(valueOf(fields, 'To')).toBe('c@example.org')
  })

  it('[ipworks.example.other-header] has the fields of the draft behind those that compose writes', async () => {
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

  it('[ipworks.prop.MessageId] never gives an id twice, over the end of a block of random octets too', async () => {
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

  it('refuses ids, dates and priorities that are none', async () => {
    for (const messageId of ['<>', 'x', 'a b@c', '<a@b><c@d>', 'a@b@c', 'ä@b', `${'a'.repeat(999)}@b`]) {
      await expect(compose({ ...base, messageId })).rejects.toEqual(refusal('draft.message-id', 'messageId'))
    }
    await expect(compose({ ...base, inReplyTo: '<a@b> <c@d>' })).rejects.toEqual(
      refusal('draft.message-id', 'inReplyTo'),
    )
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

  it('[ipworks.prop.MessageId] [ipworks.prop.MessageDate] takes both as they are given, and leaves them out for an empty string', async () => {
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
    '[ipworks.config.MessageIdAlgorithm] makes ids with %s of %i digits',
    async (messageIdAlgorithm, length) => {
      const { messageId } = await compose(base, { messageIdAlgorithm })
      expect(messageId).toMatch(new RegExp(`^<[0-9a-f]{${length}}@example\\.com>$`))
    },
  )

  it('[ipworks.prop.MessageHeaders] [ipworks.type.Header] tells its fields unfolded, as they stand in the content', async () => {
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

describe('the options', () => {
  it('[ipworks.config.MaxHeaderLength] fold at another length wherever there is a place', async () => {
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

  it('[ipworks.config.FoldHeaders] fold nothing when they are told so, but for the 998 octets of a line', async () => {
    const cc = Array.from({ length: 40 }, (_, index) => `p${index}@example.org`)
    const { headerLines } = readMessage(await collect((await compose({ ...base, cc }, { foldAt: false })).content))
    expect(headerLines.filter((line) => line.startsWith(' '))).toEqual([])
    const many = Array.from({ length: 400 }, (_, index) => `person${index}@example.org`)
    const long = readMessage(await collect((await compose({ ...base, cc: many }, { foldAt: false })).content))
    expect(long.headerLines.filter((line) => line.startsWith(' ')).length).toBeLessThan(12)
    expect(valueOf(long.fields, 'Cc')).toBe(many.join(', '))
  })

  it('[ipworks.config.Charset] write text in another charset, and in UTF-8 what it lacks', async () => {
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

  it('[ipworks.config.AllowEmptyTo] let a message have no recipient at all', async () => {
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

  it('[javamail.mail.mime.allowutf8] goes as it is on request (RFC 6532), and the message needs SMTPUTF8 then', async () => {
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
    const message = await compose({ ...base, subject: undefined, cc: undefined, list: undefined } as unknown as Draft)
    expect(message.headers.map(({ name }) => name)).not.toContain('Subject')
  })
})

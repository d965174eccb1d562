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

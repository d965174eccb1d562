// What the letter owes to rows that no other test of this package names. Their settings, dialogs and properties are proven elsewhere.
import { describe, expect, it } from 'vitest'
import { compose } from '../src/compose.js'
import type { Draft } from '../src/draft.js'
import { collect } from './collect.js'

const DRAFT: Draft = { from: 'ann@example.com', to: 'bob@example.org', text: 'x\n' }

async function headerOf(more: Partial<Draft>): Promise<string[]> {
  const octets = await collect((await compose({ ...DRAFT, ...more })).content)
  const text = octets.toString()
  return text.slice(0, text.indexOf('\r\n\r\n')).split(/\r\n(?![ \t])/)
}

const named = (fields: readonly string[], name: string) => fields.filter((field) => field.startsWith(`${name}:`))

describe('fields that are there when they are asked for, once, and absent otherwise', () => {
  const cases: readonly [rows: string, name: string, asked: Partial<Draft>, field: string][] = [
    [
      '[part of beyondtrust.general.ReplyToEmail] [part of ipworks.prop.ReplyTo]',
      'Reply-To',
      { replyTo: 'answers@example.com' },
      'Reply-To: answers@example.com',
    ],
    [
      '[part of beyondtrust.general.ReadReceiptsEmail] [part of ipworks.prop.ReadReceiptTo]',
      'Disposition-Notification-To',
      { readReceiptTo: 'read@example.com' },
      'Disposition-Notification-To: read@example.com',
    ],
    [
      '[part of beyondtrust.general.ReturnReceiptToEmail] [part of ipworks.prop.DeliveryNotificationTo]',
      'Return-Receipt-To',
      { returnReceiptTo: 'arrived@example.com' },
      'Return-Receipt-To: arrived@example.com',
    ],
    ['[part of ipworks.prop.OtherHeaders]', 'X-A', { headers: [{ name: 'X-A', value: '1' }] }, 'X-A: 1'],
  ]
  for (const [rows, name, asked, field] of cases) {
    it(`${rows} ${name}`, async () => {
      expect(named(await headerOf(asked), name)).toEqual([field])
      expect(named(await headerOf({}), name)).toEqual([])
    })
  }

  it('[part of ipworks.prop.OtherHeaders] an own field stands behind the subject and all others', async () => {
    const names = (await headerOf({ subject: 's', headers: [{ name: 'X-A', value: '1' }] })).map(
      (field) => field.split(':')[0],
    )
    expect(names.indexOf('X-A')).toBeGreaterThan(names.indexOf('Subject'))
    expect(names[names.indexOf('X-A') + 1]).toBe('MIME-Version')
  })
})

it('[part of ipworks.prop.SendTo] [part of ipworks.prop.Cc] one field lists all of a kind, and each is a recipient', async () => {
  const draft = { ...DRAFT, to: 'b@example.org, c@example.org', cc: 'D <d@example.org>, e@example.org' }
  const { envelope } = await compose(draft)
  expect(envelope.recipients).toEqual(['b@example.org', 'c@example.org', 'd@example.org', 'e@example.org'])
  const fields = await headerOf(draft)
  expect(named(fields, 'To')).toEqual(['To: b@example.org, c@example.org'])
  expect(named(fields, 'Cc')).toEqual(['Cc: D <d@example.org>, e@example.org'])
})

it('[part of ipworks.prop.SendTo] without any recipient nothing is composed', async () => {
  await expect(compose({ ...DRAFT, to: [] })).rejects.toMatchObject({ code: 'draft.no-recipients', field: 'to' })
})

it('[part of beyondtrust.general.SenderEmail] [part of illiad.key.EMailFromAddress] the author is From and reverse-path', async () => {
  const { envelope } = await compose(DRAFT)
  expect(envelope.reversePath).toBe('ann@example.com')
  expect(named(await headerOf({}), 'From')).toEqual(['From: ann@example.com'])
})

it('[part of ipworks.prop.MessageHeadersString] [part of ipworks.example.raw-message] the header fields are those of the content', async () => {
  const message = await compose({
    ...DRAFT,
    subject: 'a long subject, '.repeat(12),
    headers: [{ name: 'X-A', value: 'ü' }],
  })
  const text = (await collect(message.content)).toString()
  const unfolded = text.slice(0, text.indexOf('\r\n\r\n')).replace(/\r\n(?=[ \t])/g, '')
  expect(message.headers.map(({ name, value }) => `${name}: ${value}`)).toEqual(
    unfolded.split('\r\n').map((line) => line.replace(/^([^:]+):[ \t]*/, '$1: ').trimEnd()),
  )
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compose } from '../compose.js'
import type { Draft } from '../draft.js'
import { messageOctets } from '../message-octets.js'
import { addresses, mailboxes } from '../address/address-field.js'
import { draftHeader, type DraftHeaderOptions, type HeaderMailboxes } from './draft-header.js'
import { strictStyle } from './strict-style.js'

const fixed = { now: () => new Date('2026-11-21T10:00:00Z'), randomOctets: (count: number) => new Uint8Array(count) }

const mailboxesOf = (draft: Partial<Draft>): HeaderMailboxes => ({
  authors: mailboxes(draft.from, 'from'),
  to: addresses(draft.to, 'to'),
  cc: addresses(draft.cc, 'cc'),
  replyTo: addresses(draft.replyTo, 'replyTo'),
  readReceiptTo: mailboxes(draft.readReceiptTo, 'readReceiptTo'),
  returnReceiptTo: mailboxes(draft.returnReceiptTo, 'returnReceiptTo'),
})
const headerOf = (draft: Partial<Draft>, options: DraftHeaderOptions = {}) =>
  draftHeader(draft, mailboxesOf(draft), { ...fixed, ...options })

const DRAFT: Draft = {
  from: 'Jörg <j@example.test>, k@example.test',
  to: ['Ann, B <b@example.test>', 'Team: c@example.test;'].map((text) => text.replace('Ann, B', '"Ann, B"')),
  cc: 'd@example.test',
  replyTo: 'e@example.test',
  subject: 'Grüße von einem Ort, der so weit weg ist, dass diese Zeile gefaltet werden muss',
  inReplyTo: '<1@x.test>',
  references: ['<1@x.test>', '<2@x.test>'],
  readReceiptTo: 'r@example.test',
  returnReceiptTo: 's@example.test',
  priority: 'high',
  sensitivity: 'private',
  headers: [{ name: 'X-A', value: '1' }],
}

describe('draftHeader', () => {
  it.each([
    ['no options', {}],
    ['foldAt', { foldAt: 40 }],
    ['charset', { foldAt: false, charset: 'ISO-8859-1' }],
  ] as const)(
    'writes what compose writes, up to MIME-Version: %s',
    async (_, { foldAt = 76, charset }: { foldAt?: number | false; charset?: string }) => {
      const whole = Buffer.from(await messageOctets(await compose(DRAFT, { ...fixed, foldAt, charset }))).toString()
      const { text, utf8 } = headerOf(DRAFT, { style: strictStyle(foldAt, charset) })
      const end = whole.indexOf('MIME-Version')
      if (charset === undefined) expect(text).toBe(whole.slice(0, end))
      else
        expect(text.replaceAll(/=\?ISO-8859-1\?[BQ]\?\S+/g, '')).toBe(
          whole.slice(0, end).replaceAll(/=\?ISO-8859-1\?[BQ]\?\S+/g, ''),
        )
      expect(utf8).toBe(false)
    },
  )

  it('is UTF-8 where a mailbox asks for it, also one in a group', () => {
    for (const to of ['jörg@example.test', 'Team: jörg@example.test;']) {
      const { text, utf8 } = headerOf({ from: 'a@example.test', to, subject: 'Grüße' })
      expect([utf8, text.includes('Subject: Grüße\r\n')]).toEqual([true, true])
    }
  })

  it('has no From without an author, and takes any Message-ID', () => {
    expect(headerOf({ date: '', messageId: '' }).text).toBe('')
    expect(headerOf({ date: '', messageId: '4711' }).text).toBe('Message-ID: <4711>\r\n')
    expect(headerOf({ date: '' }, { messageIdDomain: 'h.test', messageIdAlgorithm: 'md5' }).text).toMatch(
      /^Message-ID: <[0-9a-f]{32}@h\.test>\r\n$/,
    )
    expect(() => headerOf({ messageId: 'a b' })).toThrow('messageId: is not a Message-ID')
  })

  it('writes the fields of mailboxes with what it is given', () => {
    const seen: string[] = []
    const addressField = (name: string) => `${seen[seen.push(name) - 1]}: written\r\n`
    expect(headerOf({ ...DRAFT, date: '' }, { addressField }).text).toMatch(
      /^From: written\r\nSender: written\r\nTo: written\r\n/,
    )
    expect(seen).toEqual(['From', 'Sender', 'To', 'Cc', 'Reply-To', 'Disposition-Notification-To', 'Return-Receipt-To'])
  })
})

describe('strictStyle', () => {
  const subject = (text: string, charset?: string) =>
    headerOf({ date: '', messageId: '', subject: text }, { style: strictStyle(76, charset) }).text

  it.each(['=?iso-8859-1?Q?Gr=FC=DFe?= again', 'Re: ', ' Re: (=?x?=)  y', '=?'])(
    'leaves ASCII as it is: %j',
    (text) => {
      for (const charset of [undefined, 'iso-8859-1'])
        expect(
          headerOf({ date: '', messageId: '', subject: text }, { style: strictStyle(76, charset) }).text,
        ).toContain(`Subject: ${text}\r\n`)
    },
  )

  it('folds ASCII that is too long for a line, and encodes a word that is too long for any', () => {
    const subject = '=?iso-8859-1?Q?Gr=FC=DFe?= '.repeat(10).trim()
    const { text } = headerOf({ date: '', messageId: '', subject }, { style: strictStyle(60, undefined) })
    expect(text.split('\r\n').every((line) => line.length <= 60)).toBe(true)
    expect(text.replaceAll('\r\n ', ' ')).toContain(`Subject: ${subject}`)
    const long = headerOf({ date: '', messageId: '', subject: 'x'.repeat(2000) }, { style: strictStyle(60, undefined) })
    expect(long.text.split('\r\n').every((line) => line.length <= 76)).toBe(true)
  })

  it('refuses a text that the charset cannot represent, and names the character', () => {
    expect(() => subject('Grüße', 'US-ASCII')).toThrow(
      'charset: US-ASCII has no character U+00FC, which the header section holds',
    )
    expect(() => subject('5 €', 'iso-8859-1')).toThrow(
      expect.objectContaining({ code: 'compose.charset-lacks' }) as Error,
    )
    expect(subject('Gruss', 'US-ASCII')).toBe('Subject: Gruss\r\n')
    expect(() => strictStyle(76, 'klingon')).toThrow(expect.objectContaining({ code: 'compose.charset' }) as Error)
    expect(() => strictStyle(19, undefined)).toThrow(expect.objectContaining({ code: 'compose.fold-at' }) as Error)
  })

  it('writes Q where most characters are ASCII, and B elsewhere (RFC 2047 4)', () => {
    expect(subject('Grüße', 'ISO-8859-1')).toBe('Subject: =?ISO-8859-1?Q?Gr=FC=DFe?=\r\n')
    expect(subject('üöä', 'ISO-8859-1')).toBe('Subject: =?ISO-8859-1?B?/Pbk?=\r\n')
    expect(subject('日本', 'ISO-2022-JP')).toMatch(/^Subject: =\?ISO-2022-JP\?B\?/)
    expect(subject('日本', 'utf-8')).toMatch(/^Subject: =\?utf-8\?B\?/)
  })
})

it('the tables of charsets are not on the way of the plain entry', () => {
  const source = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
  for (const name of ['charset.ts', 'charset-name.ts', 'field-style.ts', 'message-header.ts', 'draft-header.ts']) {
    expect(source(name)).not.toMatch(/^import [^(]*(?:iconv-lite|charset-table|strict-style)/m)
  }
})

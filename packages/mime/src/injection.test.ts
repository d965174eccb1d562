import { SettingsError } from '@posthorn/ground'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyCharacter } from '../test/any-character.js'
import { collect } from '../test/collect.js'
import { readMessage, type Entity } from '../test/read-message.js'
import { compose } from './compose.js'
import type { Draft } from './draft.js'

/** A draft that fills every field, with `put` wherever a caller's text can go. */
const slots: Record<string, (hostile: string) => Partial<Draft>> = {
  from: (hostile) => ({ from: [`a@example.com${hostile}`] }),
  'from.name': (hostile) => ({ from: { name: hostile, address: 'a@example.com' } }),
  'from.address': (hostile) => ({ from: { address: hostile } }),
  'from, quoted local part': (hostile) => ({ from: { address: `"a${hostile}"@example.com` } }),
  'from, comment': (hostile) => ({ from: [`a@example.com (${hostile})`] }),
  'from, display name': (hostile) => ({ from: [`"${hostile}" <a@example.com>`] }),
  'from, domain': (hostile) => ({ from: [`a@example${hostile}.com`] }),
  sender: (hostile) => ({ sender: { name: hostile, address: 's@example.com' } }),
  replyTo: (hostile) => ({ replyTo: ['r@example.com', hostile] }),
  'to[0]': (hostile) => ({ to: [hostile] }),
  'to[0].name': (hostile) => ({ to: [{ name: hostile, address: 'b@example.org' }] }),
  'to, local part': (hostile) => ({ to: `b${hostile}@example.org` }),
  'cc[0].name': (hostile) => ({ cc: [{ name: `${'x'.repeat(80)} ${hostile}`, address: 'c@example.org' }] }),
  bcc: (hostile) => ({ bcc: `${hostile} <d@example.org>` }),
  subject: (hostile) => ({ subject: hostile }),
  'subject, long': (hostile) => ({ subject: `${'word '.repeat(30)}${hostile}${' word'.repeat(30)}` }),
  messageId: (hostile) => ({ messageId: `<x${hostile}@example.com>` }),
  inReplyTo: (hostile) => ({ inReplyTo: hostile }),
  'references[0]': (hostile) => ({ references: [`<${hostile}>`] }),
  'headers[0].name': (hostile) => ({ headers: [{ name: `X-${hostile}`, value: 'x' }] }),
  'headers[0].value': (hostile) => ({ headers: [{ name: 'List-Unsubscribe', value: hostile }] }),
  'headers[0].value, comment': (hostile) => ({
    headers: [{ name: 'List-Help', value: `<https://example.com/> (${hostile})` }],
  }),
  'attachments[0].filename': (hostile) => ({ attachments: [{ filename: hostile, content: 'x' }] }),
  'attachments[0].contentType': (hostile) => ({
    attachments: [{ contentType: `text/plain; name="${hostile}"`, content: 'x' }],
  }),
  'attachments[0].contentType, subtype': (hostile) => ({
    attachments: [{ contentType: `text/${hostile}`, content: 'x' }],
  }),
  'attachments[0].contentId': (hostile) => ({ html: 'h', attachments: [{ contentId: hostile, content: 'x' }] }),
  'attachments[0].disposition': (hostile) => ({ attachments: [{ disposition: hostile as 'inline', content: 'x' }] }),
  priority: (hostile) => ({ priority: hostile as 'high' }),
}

const HOSTILE = [
  '\r\nX-Injected: yes',
  '\rX-Injected: yes',
  '\nX-Injected: yes',
  '\r\n X-Injected: yes',
  'x\r\n\r\nbody',
  'x\n\nbody',
  '\r\n.\r\nMAIL FROM:<x@y>',
  '\0',
  'a\0b',
  '\t',
  '\x0b',
  '\x0c',
  '\x1b[2J',
  '\x7f',
  '\x85X-Injected: yes',
  '\u2028X-Injected: yes',
  '\u2029X-Injected: yes',
  '\ud800',
  '\udc0a',
  '\udc00\ud800',
  '\u760a',
  '\u760d\u760aX-Injected: yes',
  '\u010d\u010aX-Injected: yes',
  '\uff0d\uff0aX-Injected: yes',
  '\uff20',
  '\ufeff',
  '"',
  '\\',
  '"; x="y',
  '>',
  '> ORCPT=rfc822;x@y',
  '<x@y>',
  '<<>>',
  ',x@y.example',
  ';x@y.example',
  '(',
  ')',
  '=?utf-8?Q?=0D=0AX-Injected:_yes?=',
  '=?utf-8?B?DQpYLUluamVjdGVkOiB5ZXM=?=',
  '=?utf-8?Q?a?= =?utf-8?Q?=0A?=',
  '%0D%0AX-Injected: yes',
  "utf-8''%0D%0AX-Injected",
  '\\r\\nX-Injected: yes',
  '&#13;&#10;',
  '__proto__',
  'constructor',
  ' ',
  ':',
  'x'.repeat(2000),
  'ü'.repeat(2000),
  ' '.repeat(2000),
]

const base: Draft = {
  from: 'a@example.com',
  to: 'b@example.org',
  subject: 's',
  text: 't',
  date: new Date(0),
  messageId: 'x@example.com',
}

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/

const names = (entity: Entity): string[] => [
  ...entity.fields.map((field) => field.name),
  ...entity.parts.flatMap(names),
]

/** Composes, and compares the names of all header fields with those of the same draft and a harmless word; refused is fine too. */
async function check(slot: string, hostile: string): Promise<'refused' | 'composed'> {
  const fill = slots[slot] as (text: string) => Partial<Draft>
  const harmless = { ...base, ...fill('x') }
  let message
  try {
    message = await compose({ ...base, ...fill(hostile) })
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError)
    expect((error as SettingsError).field.startsWith(slot.split(/[.,[]/)[0] ?? '')).toBe(true)
    expect((error as Error).message).not.toMatch(/[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]/u)
    return 'refused'
  }
  const entity = readMessage(await collect(message.content))
  expect(names(entity)).toEqual(slot in EXPECTED_NAMES ? EXPECTED_NAMES[slot] : names(await read(harmless)))
  for (const mailbox of [message.envelope.reversePath, ...message.envelope.recipients]) {
    expect(mailbox).not.toMatch(/[\0-\x1f\x7f-\x9f\u2028\u2029]/)
    expect(mailbox).toMatch(/^(?:"(?:[^"\\]|\\.)*"|[^\s"(),:;<>@[\\\]]+)@[A-Za-z0-9.-]+$/)
  }
  return 'composed'
}

async function read(draft: Draft): Promise<Entity> {
  return readMessage(await collect((await compose(draft)).content))
}

const usual = [
  'From',
  'To',
  'Subject',
  'Date',
  'Message-ID',
  'MIME-Version',
  'Content-Type',
  'Content-Transfer-Encoding',
]
/** For the slots where a harmless word is refused or changes what is written. */
const EXPECTED_NAMES: Record<string, string[]> = {
  from: usual,
  'from.address': usual,
  'to[0]': usual,
  replyTo: [...usual.slice(0, 1), 'Reply-To', ...usual.slice(1)],
  bcc: usual,
  priority: usual,
}

// CVE-2021-23400 (line ends in an address object), GHSA-268h-hp4c-crq3 (in a comment of a List- field) and
// CVE-2026-30227 / GHSA-g7hc-96xr-gvvx (in a quoted local part) are cells of this table.
describe('CVE-2021-23400, GHSA-268h-hp4c-crq3, CVE-2026-30227 / GHSA-g7hc-96xr-gvvx: no text adds a header field', () => {
  it.each(Object.keys(slots).filter((slot) => !slot.startsWith('headers[0].name') && !slot.includes('subtype')))(
    '%s',
    async (slot) => {
      for (const hostile of HOSTILE) await check(slot, hostile)
    },
  )

  it('headers[0].name', async () => {
    for (const hostile of HOSTILE) {
      if (TOKEN.test(hostile) && hostile.length < 60) continue // a name like any other
      await expect(compose({ ...base, ...slots['headers[0].name']?.(hostile) })).rejects.toBeInstanceOf(SettingsError)
    }
  })

  it('attachments[0].contentType, subtype', async () => {
    for (const hostile of HOSTILE) {
      if (TOKEN.test(hostile) && hostile.length < 900) continue // a subtype like any other
      await expect(
        compose({ ...base, ...slots['attachments[0].contentType, subtype']?.(hostile) }),
      ).rejects.toBeInstanceOf(SettingsError)
    }
  })

  it('a control character, a line separator or a lone surrogate is refused everywhere, naming the field', async () => {
    for (const [slot, fill] of Object.entries(slots)) {
      for (const hostile of ['\r', '\n', '\r\n', '\0', '\t', '\x7f', '\x85', '\u2028', '\u2029', '\ud800', '\udc00']) {
        const refusal = await compose({ ...base, ...fill(`a${hostile}b`) }).then(
          () => undefined,
          (error: unknown) => error,
        )
        expect(refusal, `${slot} with ${JSON.stringify(hostile)}`).toBeInstanceOf(SettingsError)
        expect((refusal as SettingsError).field).toContain(slot.split(',')[0]?.replace(/\[.*/, ''))
      }
    }
    await expect(compose({ ...base, attachments: [{ content: '', filename: 'a\r\nb' }] })).rejects.toMatchObject({
      field: 'attachments[0].filename',
      code: 'draft.control-character',
    })
  })

  it('nor does any other text that can be made up', async () => {
    const hostile = fc.oneof(
      fc.string({ unit: anyCharacter, maxLength: 20 }),
      fc
        .array(fc.constantFrom(...HOSTILE.filter((text) => text.length < 50), 'a', ' ', 'ü', '@'), { maxLength: 5 })
        .map((pieces) => pieces.join('')),
    )
    const slot = fc.constantFrom(
      ...Object.keys(slots).filter((name) => !name.startsWith('headers[0].name') && !name.includes('subtype')),
    )
    await fc.assert(
      fc.asyncProperty(slot, hostile, async (name, text) => {
        await check(name, text)
      }),
      { numRuns: 800 },
    )
  })
})

describe('values that are not text', () => {
  it.each(
    Object.keys(slots).filter((slot) =>
      /^(?:subject|inReplyTo|from\.name|from\.address|headers\[0\]\.value|attachments\[0\]\.(?:filename|contentId))$/.test(
        slot,
      ),
    ),
  )('are refused in %s', async (slot) => {
    for (const value of [4711, null, {}, ['a'], { toString: () => 'a\r\nX-Injected: yes' }]) {
      await expect(compose({ ...base, ...slots[slot]?.(value as unknown as string) })).rejects.toBeInstanceOf(
        SettingsError,
      )
    }
  })

  it('are refused as text and html', async () => {
    await expect(compose({ ...base, text: 1 as unknown as string })).rejects.toMatchObject({
      code: 'draft.not-text',
      field: 'text',
    })
    await expect(compose({ ...base, html: null as unknown as string })).rejects.toMatchObject({
      code: 'draft.not-text',
      field: 'html',
    })
  })
})

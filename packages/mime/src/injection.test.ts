// A table: every text that a draft or the options can hold, times every hostile string.
import { SettingsError } from '@posthorn/ground'
import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import PostalMime, { type Email } from 'postal-mime'
import { describe, expect, it } from 'vitest'
import { anyCharacter } from '../test/any-character.js'
import { collect } from '../test/collect.js'
import { FORBIDDEN, HOSTILE } from '../test/hostile.js'
import { decodeWords, readMessage, readParameters, valueOf, type Entity } from '../test/read-message.js'
import { compose } from './compose.js'
import type { Attachment, Draft, ListFields } from './draft.js'

const dkim = { domain: 'example.com', selector: 's', privateKey: generateKeyPairSync('ed25519').privateKey }
const ICS = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
const DATE = 'Fri, 21 Nov 2025 13:02:11 +0100'

const base: Draft = {
  from: 'a@example.com',
  to: 'b@example.org',
  subject: 's',
  text: 't',
  date: new Date(0),
  messageId: 'x@example.com',
}

/** What a message says in one place, as our reader of tests and as another program reads it. */
interface Read {
  readonly entity: Entity
  readonly mail: Email
}

interface Slot {
  /** The field that a refusal names, or the beginning of it. */
  readonly field: string
  readonly draft?: (text: string) => object
  readonly options?: (text: string) => object
  /**
   * `text`: refused for what no field may hold, else reads back as it was. `choice`: always refused. `grammar`: refused, or written without
   * a change to the names and the parts of the message. `body`: always written, and reads back as it was.
   */
  readonly kind: 'text' | 'choice' | 'grammar' | 'body'
  /** What the place holds when the message is read; with `text` and `body`. */
  readonly read?: (read: Read) => unknown
  /** The same by another program. */
  readonly other?: (mail: Email) => string | undefined
  /** The other program looks for encoded-words where none may stand (RFC 2047 5). */
  readonly otherDecodes?: true
  /** What a body is to be read as, when it is not its text with CRLF at its line ends. */
  readonly meant?: (text: string) => string
  /** A text that can stand in the place; default `x`. */
  readonly harmless?: string
  /** The text is part of the name of a field. */
  readonly isName?: true
  /** What no field may hold can stand here, where it is data. */
  readonly takesControls?: true
  /** The field is ready: an encoded-word in it is one. */
  readonly isReady?: true
  /** The body goes as it stands, whatever it is, so that only the header is read. */
  readonly asItStands?: true
}

const field =
  (name: string) =>
  ({ entity }: Read) =>
    decodeWords(valueOf(entity.fields, name) ?? '(none)')
/** The display name in front of an address. */
const nameIn =
  (name: string, address: string) =>
  ({ entity }: Read) => {
    const value = valueOf(entity.fields, name) ?? ''
    const shown = value.endsWith(` <${address}>`)
      ? value.slice(0, -address.length - 3)
      : `(not before <${address}>) ${value}`
    return decodeWords(
      shown.startsWith('"') && shown.endsWith('"') ? shown.slice(1, -1).replace(/\\(.)/gu, '$1') : shown,
    )
  }
const part = (type: string, entity: Entity): Entity | undefined =>
  entity.type === type && entity.parts.length === 0
    ? entity
    : entity.parts.map((inner) => part(type, inner)).find(Boolean)
const textOf =
  (type: string) =>
  ({ entity }: Read) =>
    part(type, entity)?.octets.toString().replace(/\r\n$/, '')
const parameterOf =
  (name: string, parameter: string, type = 'application/x-slot') =>
  ({ entity }: Read) =>
    readParameters(valueOf(part(type, entity)?.fields ?? [], name) ?? '').parameters.get(parameter)
const attach = (more: object) => ({ attachments: [{ content: 'x', contentType: 'application/x-slot', ...more }] })

const SLOTS: Readonly<Record<string, Slot>> = {
  // who
  from: { kind: 'grammar', field: 'from', draft: (text) => ({ from: [`a@example.com${text}`] }), harmless: '' },
  'from.name': {
    kind: 'text',
    field: 'from',
    other: (mail) => mail.from?.name,
    draft: (text) => ({ from: { name: text, address: 'a@example.com' } }),
    read: nameIn('From', 'a@example.com'),
  },
  'from.address': {
    kind: 'grammar',
    field: 'from',
    draft: (text) => ({ from: { address: text } }),
    harmless: 'x@example.com',
  },
  'from, local part': {
    kind: 'grammar',
    field: 'from',
    draft: (text) => ({ from: { address: `a${text}@example.com` } }),
  },
  'from, quoted local part': {
    kind: 'grammar',
    field: 'from',
    draft: (text) => ({ from: { address: `"a${text}"@example.com` } }),
  },
  'from, comment': { kind: 'grammar', field: 'from', draft: (text) => ({ from: [`a@example.com (${text})`] }) },
  'from, quoted name': { kind: 'grammar', field: 'from', draft: (text) => ({ from: [`"${text}" <a@example.com>`] }) },
  'from, domain': { kind: 'grammar', field: 'from', draft: (text) => ({ from: [`a@example${text}.com`] }) },
  'sender.name': {
    kind: 'text',
    field: 'sender',
    other: (mail) => mail.sender?.name,
    draft: (text) => ({ sender: { name: text, address: 's@example.com' } }),
    read: nameIn('Sender', 's@example.com'),
  },
  'sender.address': {
    kind: 'grammar',
    field: 'sender',
    draft: (text) => ({ sender: { address: text } }),
    harmless: 's@example.com',
  },
  to: { kind: 'grammar', field: 'to', draft: (text) => ({ to: text }), harmless: 'x@example.org' },
  'to[0]': { kind: 'grammar', field: 'to[0]', draft: (text) => ({ to: [text] }), harmless: 'x@example.org' },
  'to[0].name': {
    kind: 'text',
    field: 'to[0].name',
    other: (mail) => mail.to?.[0]?.name,
    draft: (text) => ({ to: [{ name: text, address: 'b@example.org' }] }),
    read: nameIn('To', 'b@example.org'),
  },
  'to, list': { kind: 'grammar', field: 'to', draft: (text) => ({ to: `b${text}@example.org, c@example.org` }) },
  'to[0].group': {
    kind: 'grammar',
    field: 'to[0].group',
    draft: (text) => ({ to: [{ group: text, members: ['b@example.org'] }] }),
  },
  'to[0].members[0]': {
    kind: 'grammar',
    field: 'to[0].members[0]',
    draft: (text) => ({ to: [{ group: 'g', members: [text] }] }),
    harmless: 'x@example.org',
  },
  'cc[0].name': {
    kind: 'text',
    field: 'cc[0].name',
    other: (mail) => mail.cc?.[0]?.name,
    draft: (text) => ({ cc: [{ name: text, address: 'c@example.org' }] }),
    read: nameIn('Cc', 'c@example.org'),
  },
  'bcc[0].name': {
    kind: 'grammar',
    field: 'bcc[0].name',
    draft: (text) => ({ bcc: [{ name: text, address: 'd@example.org' }] }),
  },
  bcc: { kind: 'grammar', field: 'bcc', draft: (text) => ({ bcc: `${text} <d@example.org>` }) },
  'replyTo[0].name': {
    kind: 'text',
    field: 'replyTo[0].name',
    other: (mail) => mail.replyTo?.[0]?.name,
    draft: (text) => ({ replyTo: [{ name: text, address: 'r@example.org' }] }),
    read: nameIn('Reply-To', 'r@example.org'),
  },
  'replyTo[1]': {
    kind: 'grammar',
    field: 'replyTo[1]',
    draft: (text) => ({ replyTo: ['r@example.org', text] }),
    harmless: 'x@example.org',
  },
  'readReceiptTo.name': {
    kind: 'text',
    field: 'readReceiptTo.name',
    draft: (text) => ({ readReceiptTo: { name: text, address: 'r@example.org' } }),
    read: nameIn('Disposition-Notification-To', 'r@example.org'),
  },
  readReceiptTo: {
    kind: 'grammar',
    field: 'readReceiptTo',
    draft: (text) => ({ readReceiptTo: text }),
    harmless: 'x@example.org',
  },
  'returnReceiptTo.name': {
    kind: 'text',
    field: 'returnReceiptTo.name',
    draft: (text) => ({ returnReceiptTo: { name: text, address: 'r@example.org' } }),
    read: nameIn('Return-Receipt-To', 'r@example.org'),
  },
  returnReceiptTo: {
    kind: 'grammar',
    field: 'returnReceiptTo',
    draft: (text) => ({ returnReceiptTo: text }),
    harmless: 'x@example.org',
  },
  // what
  subject: {
    kind: 'text',
    field: 'subject',
    draft: (text) => ({ subject: text }),
    read: field('Subject'),
    other: (mail) => mail.subject,
  },
  'subject, long': {
    kind: 'text',
    field: 'subject',
    draft: (text) => ({ subject: `${'word '.repeat(30)}${text}${' word'.repeat(30)}` }),
    read: (read) => String(field('Subject')(read)).slice(150, -150),
  },
  organization: {
    kind: 'text',
    field: 'organization',
    draft: (text) => ({ organization: text }),
    read: field('Organization'),
  },
  date: { kind: 'grammar', field: 'date', draft: (text) => ({ date: `${DATE}${text}` }), harmless: '' },
  'date, comment': { kind: 'grammar', field: 'date', draft: (text) => ({ date: `${DATE} (${text})` }) },
  'date, ISO 8601': {
    kind: 'grammar',
    field: 'date',
    draft: (text) => ({ date: text }),
    harmless: '2025-11-21T13:02:11Z',
  },
  messageId: { kind: 'grammar', field: 'messageId', draft: (text) => ({ messageId: `<x${text}@example.com>` }) },
  'messageId, bare': { kind: 'grammar', field: 'messageId', draft: (text) => ({ messageId: text }), harmless: 'x@y' },
  inReplyTo: { kind: 'grammar', field: 'inReplyTo', draft: (text) => ({ inReplyTo: text }) },
  'inReplyTo[0]': { kind: 'grammar', field: 'inReplyTo[0]', draft: (text) => ({ inReplyTo: [text, 'a@b'] }) },
  'references[0]': { kind: 'grammar', field: 'references[0]', draft: (text) => ({ references: [`<${text}>`] }) },
  priority: { kind: 'choice', field: 'priority', draft: (text) => ({ priority: text }) },
  importance: { kind: 'choice', field: 'importance', draft: (text) => ({ importance: text }) },
  xPriority: { kind: 'choice', field: 'xPriority', draft: (text) => ({ xPriority: text }) },
  sensitivity: { kind: 'choice', field: 'sensitivity', draft: (text) => ({ sensitivity: text }) },
  autoSubmitted: { kind: 'choice', field: 'autoSubmitted', draft: (text) => ({ autoSubmitted: text }) },
  'list.id': { kind: 'grammar', field: 'list.id', draft: (text) => ({ list: { id: text } }), harmless: 'x.example' },
  'list.id, name': {
    kind: 'grammar',
    field: 'list.id',
    draft: (text) => ({ list: { id: `${text} <news.example.com>` } }),
  },
  'list.help': {
    kind: 'grammar',
    field: 'list.help',
    draft: (text) => ({ list: { help: text } }),
    harmless: 'x@example.org',
  },
  'list.subscribe': {
    kind: 'grammar',
    field: 'list.subscribe',
    draft: (text) => ({ list: { subscribe: `https://example.com/${text}` } }),
  },
  'list.unsubscribe[1]': {
    kind: 'grammar',
    field: 'list.unsubscribe[1]',
    draft: (text) => ({
      list: { oneClick: true, unsubscribe: ['https://example.com/', `<mailto:a@example.com?subject=${text}>`] },
    }),
  },
  'list.owner': {
    kind: 'grammar',
    field: 'list.owner',
    draft: (text) => ({ list: { owner: `"${text}"@example.com` } }),
  },
  'list.archive': {
    kind: 'grammar',
    field: 'list.archive',
    draft: (text) => ({ list: { archive: `https://example${text}.com/` } }),
  },
  'list.post': { kind: 'grammar', field: 'list.post', draft: (text) => ({ list: { post: text } }), harmless: 'NO' },
  'list.oneClick': {
    kind: 'choice',
    field: 'list.oneClick',
    draft: (text) => ({ list: { oneClick: text, unsubscribe: 'https://example.com/' } }),
  },
  'list, a key of it': { kind: 'choice', field: 'list.', draft: (text) => ({ list: { [text]: 'x@example.org' } }) },
  'headers[0].name': {
    kind: 'grammar',
    field: 'headers[0].name',
    isName: true,
    draft: (text) => ({ headers: [{ name: `X-${text}`, value: 'x' }] }),
  },
  'headers[0].value': {
    kind: 'text',
    field: 'headers[0].value',
    draft: (text) => ({ headers: [{ name: 'X-Slot', value: text }] }),
    read: field('X-Slot'),
  },
  'headers[0].value, structured': {
    kind: 'grammar',
    field: 'headers[0].value',
    draft: (text) => ({ headers: [{ name: 'X-Slot', value: text, kind: 'structured' }] }),
  },
  'headers[0].value, comment': {
    kind: 'text',
    field: 'headers[0].value',
    draft: (text) => ({ headers: [{ name: 'List-Help', value: `<https://example.com/> (${text})` }] }),
    read: (read) => String(field('List-Help')(read)).slice(24, -1),
  },
  'headers[0].kind': {
    kind: 'choice',
    field: 'headers[0].kind',
    draft: (text) => ({ headers: [{ name: 'X-Slot', value: 'x', kind: text }] }),
  },
  'a key of the draft': { kind: 'choice', field: '', draft: (text) => ({ [text]: 'x' }) },
  // the body
  text: { kind: 'body', field: 'text', draft: (text) => ({ text }), read: textOf('text/plain') },
  textFormat: { kind: 'choice', field: 'textFormat', draft: (text) => ({ textFormat: text }) },
  html: { kind: 'body', field: 'html', draft: (text) => ({ html: text }), read: textOf('text/html') },
  'calendar.content': {
    kind: 'grammar',
    field: 'calendar',
    takesControls: true,
    draft: (text) => ({ calendar: { content: ICS.replace('SUMMARY:x', `SUMMARY:${text}`) } }),
  },
  'calendar.method': {
    kind: 'grammar',
    field: 'calendar.method',
    draft: (text) => ({ calendar: { content: ICS, method: text } }),
    harmless: 'REQUEST',
  },
  'calendar.filename': {
    kind: 'text',
    field: 'calendar.filename',
    draft: (text) => ({ calendar: { content: ICS, filename: text } }),
    read: parameterOf('Content-Disposition', 'filename', 'application/ics'),
  },
  'alternatives[0].content': {
    kind: 'body',
    field: 'alternatives[0].content',
    draft: (text) => ({ alternatives: [{ contentType: 'text/x-slot', content: text }] }),
    read: textOf('text/x-slot'),
  },
  'alternatives[0].contentType': {
    kind: 'grammar',
    field: 'alternatives[0].contentType',
    draft: (text) => ({ alternatives: [{ contentType: `text/x-slot; name="${text}"`, content: 'x' }] }),
  },
  'body.content': {
    kind: 'grammar',
    field: 'body',
    takesControls: true,
    asItStands: true,
    draft: (text) => ({
      text: undefined,
      body: { headers: [{ name: 'Content-Type', value: 'text/plain' }], content: text },
    }),
  },
  'body.headers[0].name': {
    kind: 'grammar',
    field: 'body.headers[0]',
    isName: true,
    draft: (text) => ({
      text: undefined,
      body: { headers: [{ name: `Content-${text}`, value: 'x' }], content: 'x\r\n' },
    }),
  },
  'body.headers[0].value': {
    isReady: true,
    kind: 'grammar',
    field: 'body.headers[0]',
    draft: (text) => ({
      text: undefined,
      body: { headers: [{ name: 'Content-Slot', value: text }], content: 'x\r\n' },
    }),
  },
  // what goes along
  'attachments[0].content': {
    kind: 'body',
    field: 'attachments[0].content',
    meant: (text) => text.toWellFormed(),
    draft: (text) => attach({ content: text }),
    read: textOf('application/x-slot'),
  },
  'attachments[0].content, base64': {
    kind: 'grammar',
    field: 'attachments[0].content',
    takesControls: true,
    draft: (text) => attach({ content: text, encoding: 'base64' }),
    harmless: 'eA==',
  },
  'attachments[0].filename': {
    kind: 'text',
    field: 'attachments[0].filename',
    otherDecodes: true,
    other: (mail) => mail.attachments[0]?.filename ?? undefined,
    draft: (text) => attach({ filename: text }),
    read: parameterOf('Content-Disposition', 'filename'),
  },
  'attachments[0].filename, as name': {
    kind: 'text',
    field: 'attachments[0].filename',
    draft: (text) => attach({ filename: text }),
    read: parameterOf('Content-Type', 'name'),
  },
  'attachments[0].description': {
    kind: 'text',
    field: 'attachments[0].description',
    draft: (text) => attach({ description: text }),
    read: ({ entity }) =>
      decodeWords(valueOf(part('application/x-slot', entity)?.fields ?? [], 'Content-Description') ?? '(none)'),
  },
  'attachments[0].contentType': {
    kind: 'grammar',
    field: 'attachments[0].contentType',
    draft: (text) => attach({ contentType: `application/x-slot; x="${text}"` }),
  },
  'attachments[0].contentType, subtype': {
    kind: 'grammar',
    field: 'attachments[0].contentType',
    draft: (text) => attach({ contentType: `text/${text}` }),
  },
  'attachments[0].contentType, parameter': {
    kind: 'grammar',
    field: 'attachments[0].contentType',
    draft: (text) => attach({ contentType: `application/x-slot; ${text}=y` }),
  },
  'attachments[0].contentId': {
    kind: 'grammar',
    field: 'attachments[0].contentId',
    draft: (text) => ({ html: 'h', ...attach({ contentId: text }) }),
  },
  'attachments[0].disposition': {
    kind: 'choice',
    field: 'attachments[0].disposition',
    draft: (text) => attach({ disposition: text }),
  },
  'attachments[0].encoding': { kind: 'choice', field: 'attachments[0]', draft: (text) => attach({ encoding: text }) },
  'attachments[0].path': {
    kind: 'choice',
    field: 'attachments[0].path',
    draft: (text) => attach({ content: undefined, path: text }),
    options: () => ({ access: { files: 'none' } }),
  },
  'attachments[0].url': {
    kind: 'choice',
    field: 'attachments[0].url',
    draft: (text) => attach({ content: undefined, url: text }),
  },
  'attachments[0].url, data': {
    kind: 'grammar',
    field: 'attachments[0].url',
    draft: (text) => attach({ content: undefined, contentType: undefined, url: `data:${text},x` }),
    harmless: 'text/plain',
  },
  'attachments[0].message.subject': {
    kind: 'grammar',
    field: 'attachments[0].message',
    draft: (text) =>
      attach({ content: undefined, contentType: undefined, message: { from: 'a@example.com', subject: text } }),
  },
  'attachments[0].part.headers[0].value': {
    isReady: true,
    kind: 'grammar',
    field: 'attachments[0].part',
    draft: (text) => ({
      attachments: [{ part: { headers: [{ name: 'Content-Slot', value: text }], content: 'x' } }],
    }),
  },
  'attachments[0], a key of it': { kind: 'choice', field: 'attachments[0].', draft: (text) => attach({ [text]: 'x' }) },
  // the options
  charset: { kind: 'choice', field: 'charset', options: (text) => ({ charset: text }) },
  foldAt: { kind: 'choice', field: 'foldAt', options: (text) => ({ foldAt: text }) },
  messageIdAlgorithm: {
    kind: 'choice',
    field: 'messageIdAlgorithm',
    draft: () => ({ messageId: '*' }),
    options: (text) => ({ messageIdAlgorithm: text }),
  },
  'dkim[0].domain': {
    kind: 'grammar',
    field: 'dkim[0].domain',
    options: (text) => ({ dkim: { ...dkim, domain: text } }),
    harmless: 'x.example',
  },
  'dkim[0].selector': {
    kind: 'grammar',
    field: 'dkim[0].selector',
    options: (text) => ({ dkim: { ...dkim, selector: text } }),
  },
  'dkim[0].identity': {
    kind: 'grammar',
    field: 'dkim[0].identity',
    options: (text) => ({ dkim: { ...dkim, identity: `${text}@example.com` } }),
  },
  'dkim[0].canonicalization': {
    kind: 'choice',
    field: 'dkim[0].canonicalization',
    options: (text) => ({ dkim: { ...dkim, canonicalization: text } }),
  },
  'dkim[0].headerFields': {
    kind: 'grammar',
    field: 'dkim[0].headerFields',
    options: (text) => ({ dkim: { ...dkim, headerFields: [text] } }),
  },
  'dkim[0].oversign': {
    kind: 'grammar',
    field: 'dkim[0].oversign',
    options: (text) => ({ dkim: { ...dkim, oversign: [text] } }),
  },
}

const composed = (slot: Slot, text: string) => compose({ ...base, ...slot.draft?.(text) }, slot.options?.(text))

async function readSlot({ asItStands }: Slot, whole: Buffer): Promise<Read> {
  const octets = asItStands ? whole.subarray(0, whole.indexOf('\r\n\r\n') + 4) : whole
  return { entity: readMessage(octets), mail: await PostalMime.parse(octets) }
}

/** The names of all header fields, and how many parts there are in each other. */
const shape = ({ fields, parts }: Entity): unknown => [fields.map(({ name }) => name), parts.map(shape)]

interface Harmless {
  readonly shape: unknown
  readonly attachments: number
}

async function harmlessOf(slot: Slot): Promise<Harmless> {
  if (slot.kind === 'choice') return { shape: undefined, attachments: 0 }
  const { entity, mail } = await readSlot(slot, await collect((await composed(slot, slot.harmless ?? 'x')).content))
  return { shape: shape(entity), attachments: mail.attachments.length }
}

/** Composes one cell of the table and looks at what came of it. */
async function check(slot: Slot, text: string, harmless: Harmless): Promise<'refused' | 'composed'> {
  let message
  try {
    message = await composed(slot, text)
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError)
    const refused = error as SettingsError
    // A refusal names the place, or what it is in.
    expect(`${refused.field} `.startsWith(slot.field) || slot.field.startsWith(refused.field), refused.field).toBe(true)
    expect(refused.message).not.toMatch(FORBIDDEN)
    expect(refused.hint ?? '').not.toMatch(FORBIDDEN)
    expect(slot.kind).not.toBe('body')
    if (slot.kind === 'text') expect(text).toMatch(FORBIDDEN)
    return 'refused'
  }
  expect(slot.kind).not.toBe('choice')
  const read = await readSlot(slot, await collect(message.content))
  if (message.content.canonical !== true) expect(slot.asItStands).toBe(true)
  if (!slot.isName) expect(shape(read.entity)).toEqual(harmless.shape)
  expect(read.mail.attachments).toHaveLength(harmless.attachments)
  expect(read.mail.headers.map(({ key }) => key)).not.toContain('x-injected')
  expect(message.headers).toEqual(read.entity.fields)
  // Some readers take for an encoded-word what stands where none may, and then for a line what it says (RFC 2047 5).
  if (!slot.isReady) for (const value of allFields(read.entity)) expect(asReadersDecode(value)).not.toMatch(/[\r\n]/)
  for (const mailbox of [message.envelope.reversePath, ...message.envelope.recipients]) {
    expect(mailbox).not.toMatch(FORBIDDEN)
    expect(mailbox).toMatch(/^(?:"(?:[^"\\]|\\.)*"|[^\s"(),:;<>@[\\\]]+)@[A-Za-z0-9.-]+$/)
  }
  if (slot.kind === 'text') {
    expect(text).not.toMatch(FORBIDDEN)
    expect(slot.read?.(read)).toBe(text)
    if (slot.other && !(slot.otherDecodes && text.includes('=?'))) expect(seen(slot.other(read.mail))).toBe(seen(text))
  }
  if (slot.kind === 'body') expect(slot.read?.(read)).toBe(slot.meant?.(text) ?? asText(text))
  return 'composed'
}

const allFields = ({ fields, parts }: Entity): string[] => [
  ...fields.map(({ value }) => value),
  ...parts.flatMap(allFields),
]
const asReadersDecode = (value: string) =>
  value.replace(/=\?[^?]*\?([BbQq])\?([^?]*)\?=/g, (_, encoding: string, payload: string) =>
    /b/i.test(encoding)
      ? Buffer.from(payload, 'base64').toString('latin1')
      : payload.replace(/=([0-9A-F]{2})/gi, (_octet, digits: string) => String.fromCharCode(parseInt(digits, 16))),
  )

const asText = (text: string) =>
  text
    .toWellFormed()
    .replace(/\r\n|\r|\n/g, '\r\n')
    .replace(/\r\n$/, '')
/** Another program may take away white space at the ends, and draw together what there is of it within. */
const seen = (text = '') => text.replace(/\s+/g, ' ').trim()

/** Changed by hand when the table grows, so that nothing falls out of it unnoticed. */
const SLOT_COUNT = 94
const HOSTILE_COUNT = 68

describe('every text of a draft and of the options, with every hostile string', () => {
  it.each(Object.keys(SLOTS))('%s', async (name) => {
    const slot = SLOTS[name] as Slot
    const harmless = await harmlessOf(slot)
    const count = { refused: 0, composed: 0 }
    for (const text of HOSTILE) {
      try {
        count[await check(slot, text, harmless)]++
      } catch (error) {
        throw new Error(`with ${JSON.stringify(text.slice(0, 60))}`, { cause: error })
      }
    }
    expect(count.refused + count.composed).toBe(HOSTILE.length)
    const forbidden = HOSTILE.filter((text) => FORBIDDEN.test(text)).length
    if (slot.kind === 'choice') expect(count).toEqual({ refused: HOSTILE.length, composed: 0 })
    if (slot.kind === 'body') expect(count).toEqual({ refused: 0, composed: HOSTILE.length })
    if (slot.kind === 'text') expect(count).toEqual({ refused: forbidden, composed: HOSTILE.length - forbidden })
    if (slot.kind === 'grammar' && !slot.takesControls) expect(count.refused).toBeGreaterThanOrEqual(forbidden)
  })

  it('leaves out no field of a draft, and no text of the options', () => {
    expect(new Set(HOSTILE).size).toBe(HOSTILE.length)
    expect([Object.keys(SLOTS).length, HOSTILE.length]).toEqual([SLOT_COUNT, HOSTILE_COUNT])
    const inTable = (key: string) =>
      Object.keys(SLOTS).some(
        (name) => name === key || (/^[[., ]/.test(name.slice(key.length)) && name.startsWith(key)),
      )
    const fields = Object.keys({
      ...OF_DRAFT,
      ...prefixed('attachments[0].', OF_ATTACHMENT),
      ...prefixed('list.', OF_LIST),
    })
    expect(fields.filter((key) => !inTable(key))).toEqual(['textFromHtml', 'attachments[0].sizeOctets']) // neither is text
    for (const key of ['charset', 'foldAt', 'messageIdAlgorithm', 'dkim']) expect(inTable(key)).toBe(true)
  })

  // Compilers tell when a field is added and not thought of here.
  const OF_DRAFT: Record<keyof Draft, true> = {
    from: true,
    sender: true,
    replyTo: true,
    to: true,
    cc: true,
    bcc: true,
    subject: true,
    text: true,
    textFormat: true,
    textFromHtml: true,
    html: true,
    calendar: true,
    alternatives: true,
    body: true,
    attachments: true,
    date: true,
    messageId: true,
    inReplyTo: true,
    references: true,
    organization: true,
    priority: true,
    importance: true,
    xPriority: true,
    sensitivity: true,
    readReceiptTo: true,
    returnReceiptTo: true,
    autoSubmitted: true,
    list: true,
    headers: true,
  }
  const OF_ATTACHMENT: Record<keyof Attachment, true> = {
    filename: true,
    contentType: true,
    contentId: true,
    disposition: true,
    description: true,
    content: true,
    encoding: true,
    path: true,
    url: true,
    message: true,
    part: true,
    sizeOctets: true,
  }
  const OF_LIST: Record<keyof ListFields, true> = {
    id: true,
    help: true,
    subscribe: true,
    unsubscribe: true,
    oneClick: true,
    owner: true,
    archive: true,
    post: true,
  }
  const prefixed = (prefix: string, keys: object) =>
    Object.fromEntries(Object.keys(keys).map((key) => [prefix + key, true]))
})

describe('texts that can be made up', () => {
  it('add nothing either', async () => {
    const text = fc.oneof(
      fc.string({ unit: anyCharacter, maxLength: 20 }),
      fc
        .array(fc.constantFrom(...HOSTILE.filter((known) => known.length < 50), 'a', ' ', 'ü', '@'), { maxLength: 5 })
        .map((pieces) => pieces.join('')),
    )
    // An empty text is often the same as none, and where only known words may stand there is nothing to find.
    const names = Object.keys(SLOTS).filter((name) => SLOTS[name]?.kind !== 'choice' && SLOTS[name]?.kind !== 'body')
    const harmless = new Map<string, Harmless>()
    for (const name of names) harmless.set(name, await harmlessOf(SLOTS[name] as Slot))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        text.filter((made) => made !== ''),
        async (name, made) => {
          await check(SLOTS[name] as Slot, made, harmless.get(name) as Harmless)
        },
      ),
      { numRuns: 600 },
    )
  })
})

describe('random octets', () => {
  it('cannot make a boundary that a text holds, whatever they are', async () => {
    const fixed = '00'.repeat(16)
    let asked = 0
    const randomOctets = (count: number) => new Uint8Array(count).fill(asked++ < 3 ? 0 : 1)
    const draft = { ...base, text: `--=_2_${fixed}--`, html: '<p>x', attachments: [{ content: 'x' }] }
    const { entity } = await readSlot(
      { kind: 'body', field: '' },
      await collect((await compose(draft, { randomOctets })).content),
    )
    expect(shape(entity)).toEqual(
      shape(
        (await readSlot({ kind: 'body', field: '' }, await collect((await compose({ ...draft, text: 'x' })).content)))
          .entity,
      ),
    )
    expect(textOf('text/plain')({ entity } as Read)).toBe(`--=_2_${fixed}--`)
  })
})

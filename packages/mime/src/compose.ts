import { addressField, mailbox, mailboxes } from './address-field.js'
import { bodyOf } from './body.js'
import { contentOf } from './content.js'
import { dateTime } from './date-field.js'
import type { Draft } from './draft.js'
import { extraFields } from './extra-field.js'
import { fieldText, isAscii } from './field-text.js'
import { tokensField, unstructuredField } from './header-field.js'
import type { Mailbox } from './mailbox.js'
import { knownMessageId, ownMessageId } from './message-id.js'
import type { Message } from './message.js'
import { randomFromBlock, randomHex, type RandomOctets } from './random-block.js'
import { refusal } from './refusal.js'

/** What composing takes from the world outside. */
export interface ComposeOptions {
  /** The clock, for a draft without a date. */
  readonly now?: () => Date
  /** Random octets for the Message-ID and the boundaries; default from `node:crypto`. */
  readonly randomOctets?: RandomOctets
}

const PRIORITIES = {
  high: 'X-Priority: 1\r\nPriority: urgent\r\nImportance: high\r\n',
  normal: 'X-Priority: 3\r\nPriority: normal\r\nImportance: normal\r\n',
  low: 'X-Priority: 5\r\nPriority: non-urgent\r\nImportance: low\r\n',
} as const

/**
 * Makes a message of a draft (RFC 5322, MIME). What cannot stand in a header field is refused and never cleaned, so no value of a
 * draft can add a field or end a line. Files are looked at for their size and read only when the content is opened.
 * @throws {SettingsError} with phase `compose` and the field that is wrong: `draft.no-from`, `draft.no-recipients`,
 * `draft.control-character`, `draft.not-text`, `draft.date`, `draft.message-id`, `draft.priority`, `draft.header-name`,
 * `address.malformed`, `attachment.*`, `content.unreadable`, `content.changed`
 * @source RFC 5322 3.6; RFC 2045 to 2047; RFC 2231; RFC 6532; RFC 2387
 */
export async function compose(draft: Draft, options: ComposeOptions = {}): Promise<Message> {
  const random = options.randomOctets ?? randomFromBlock
  const [author, ...coauthors] = mailboxes(draft.from, 'from')
  if (!author)
    throw refusal('draft.no-from', 'from', 'the draft names no author', 'Give the mailbox the message comes from.')
  const sender = draft.sender === undefined ? author : mailbox(draft.sender, 'sender')
  const to = mailboxes(draft.to, 'to')
  const cc = mailboxes(draft.cc, 'cc')
  const bcc = mailboxes(draft.bcc, 'bcc')
  const recipients = unique([...to, ...cc, ...bcc])
  if (recipients.length === 0) {
    throw refusal(
      'draft.no-recipients',
      'to',
      'the draft has no recipient in to, cc or bcc',
      'Give at least one mailbox to send to.',
    )
  }
  const replyTo = mailboxes(draft.replyTo, 'replyTo')
  const date = draft.date ?? options.now?.() ?? new Date()
  const messageId =
    draft.messageId === undefined
      ? `<${randomHex(random, 16)}@${author.domain}>`
      : ownMessageId(draft.messageId, 'messageId')

  let header = addressField('From', [author, ...coauthors])
  if (coauthors.length > 0 || key(sender) !== key(author)) header += addressField('Sender', [sender]) // RFC 5322 3.6.2
  if (replyTo.length > 0) header += addressField('Reply-To', replyTo)
  if (to.length > 0) header += addressField('To', to)
  if (cc.length > 0) header += addressField('Cc', cc)
  if (draft.subject !== undefined) header += unstructuredField('Subject', fieldText(draft.subject, 'subject'))
  header += `Date: ${dateTime(date, 'date')}\r\n`
  header += tokensField('Message-ID', [messageId])
  if (draft.inReplyTo !== undefined)
    header += tokensField('In-Reply-To', [knownMessageId(draft.inReplyTo, 'inReplyTo')])
  header += references(draft.references ?? [])
  header += priority(draft.priority)
  header += extraFields(draft.headers ?? [], draft.priority !== undefined)
  header += 'MIME-Version: 1.0\r\n'

  const body = await bodyOf(draft, random)
  const encoding = isAscii(header) ? '7bit' : '8bit'
  const smtpUtf8 = encoding === '8bit' || !isAscii(sender.address) || !recipients.every(isAscii)
  return {
    envelope: { reversePath: sender.address, recipients, ...(smtpUtf8 ? { smtpUtf8 } : {}) },
    content: contentOf([`${header}${body.fields}\r\n`, ...body.pieces], encoding),
    messageId,
    date,
  }
}

/** What makes two mailboxes the same: the domain without its case, the local part with it (RFC 5321 2.4). */
function key({ address, domain }: Mailbox): string {
  return address.slice(0, -domain.length) + domain.toLowerCase()
}

function unique(list: readonly Mailbox[]): string[] {
  const seen = new Map<string, string>()
  for (const entry of list) {
    const same = key(entry)
    if (!seen.has(same)) seen.set(same, entry.address)
  }
  return [...seen.values()]
}

function references(ids: readonly string[]): string {
  if (ids.length === 0) return ''
  return tokensField(
    'References',
    ids.map((id, index) => knownMessageId(id, `references[${index}]`)),
  )
}

function priority(value: Draft['priority']): string {
  if (value === undefined) return ''
  if (Object.hasOwn(PRIORITIES, value)) return PRIORITIES[value]
  throw refusal(
    'draft.priority',
    'priority',
    'is none of high, normal and low',
    'Use one of the three, or leave it out.',
  )
}

import { addressField } from '../address/address-field.js'
import type { Draft } from '../draft.js'
import type { Parties } from '../parties.js'
import type { RandomOctets } from '../random-block.js'
import { dateField } from './date-field.js'
import { extraFields } from './extra-field.js'
import type { FieldStyle } from './field-style.js'
import { fieldText } from './field-text.js'
import { tokensField, unstructuredField } from './header-field.js'
import { importanceFields } from './importance-fields.js'
import { listFields } from './list-fields.js'
import { knownMessageId, knownMessageIds, newMessageId, ownMessageId, type MessageIdAlgorithm } from './message-id.js'

/** What a header section takes beside the draft. */
export interface HeaderOptions {
  readonly style: FieldStyle
  readonly random: RandomOctets
  readonly now: () => Date
  readonly messageIdAlgorithm: MessageIdAlgorithm
  /** What stands on the right of a new Message-ID; default: the domain of the first author. */
  readonly messageIdDomain?: string | undefined
  /** True: a Message-ID of the draft may be anything that other programs make. */
  readonly anyMessageId?: boolean | undefined
  /** Writes the fields of mailboxes: for who remembers how a list was written. */
  readonly addressField?: typeof addressField | undefined
}

/** Who stands in a header section; in that of a message there is an author. */
export type HeaderParties = Pick<
  Parties,
  'authors' | 'sender' | 'showsSender' | 'to' | 'cc' | 'replyTo' | 'readReceiptTo' | 'returnReceiptTo'
>

/** The fields of a message up to MIME-Version; the Content- fields of its body follow. */
export interface MessageHeader {
  /** Each field with its CRLF. */
  readonly text: string
  /** With its angle brackets; '' when there is none. */
  readonly messageId: string
  readonly date: Date
}

/**
 * The header section of a draft, in an order that does not change: Date, From, Sender, To, Cc, Reply-To, Subject, Message-ID, In-Reply-To,
 * References, Organization, the receipts, X-Priority, Priority, Importance, Sensitivity, Auto-Submitted, the List- fields, the draft's
 * own, MIME-Version. There is no field for bcc.
 * @throws {SettingsError} see the functions of the fields
 * @source RFC 5322 3.6
 */
export function messageHeader(draft: Draft, parties: Parties, options: HeaderOptions): MessageHeader {
  const { text, messageId, date } = messageFields(draft, parties, options)
  return { text: `${text}MIME-Version: 1.0\r\n`, messageId, date }
}

/** What a draft says in the header section besides who takes part in it. */
export type HeaderDraft = Pick<
  Draft,
  | ('subject' | 'date' | 'messageId' | 'inReplyTo' | 'references' | 'organization')
  | ('priority' | 'importance' | 'xPriority' | 'sensitivity' | 'autoSubmitted' | 'list' | 'headers')
>

/** The same without MIME-Version, and without From where there is no author. */
export function messageFields(draft: HeaderDraft, parties: HeaderParties, options: HeaderOptions): MessageHeader {
  const { style, now, addressField: write = addressField } = options
  const { date, field } = dateField(draft.date, now, style)
  let text = field
  if (parties.authors.length > 0) text += write('From', parties.authors, style)
  if (parties.showsSender) text += write('Sender', [parties.sender], style)
  if (parties.to.length > 0) text += write('To', parties.to, style)
  if (parties.cc.length > 0) text += write('Cc', parties.cc, style)
  if (parties.replyTo.length > 0) text += write('Reply-To', parties.replyTo, style)
  if (draft.subject !== undefined) text += unstructuredField('Subject', fieldText(draft.subject, 'subject'), style)
  const messageId = messageIdOf(draft.messageId, parties, options)
  if (messageId !== '') text += tokensField('Message-ID', [messageId], style)
  if (draft.inReplyTo !== undefined) text += ids('In-Reply-To', draft.inReplyTo, 'inReplyTo', style)
  if (draft.references !== undefined) text += ids('References', draft.references, 'references', style)
  if (draft.organization !== undefined) {
    const organization = fieldText(draft.organization, 'organization')
    if (organization !== '') text += unstructuredField('Organization', organization, style)
  }
  const { readReceiptTo, returnReceiptTo } = parties
  if (readReceiptTo.length > 0) text += write('Disposition-Notification-To', readReceiptTo, style)
  if (returnReceiptTo.length > 0) text += write('Return-Receipt-To', returnReceiptTo, style)
  text += importanceFields(draft)
  if (draft.list !== undefined) text += listFields(draft.list, style)
  if (draft.headers !== undefined) text += extraFields(draft.headers, text, style)
  return { text, messageId, date }
}

function messageIdOf(given: string | undefined, { authors }: HeaderParties, options: HeaderOptions): string {
  if (given === '') return ''
  const { random, messageIdAlgorithm, messageIdDomain = authors[0]?.domain ?? 'localhost', anyMessageId } = options
  if (given === undefined || given === '*') return newMessageId(random, messageIdAlgorithm, messageIdDomain)
  return anyMessageId ? knownMessageId(given, 'messageId') : ownMessageId(given, 'messageId')
}

function ids(name: string, given: string | readonly string[], field: string, style: FieldStyle): string {
  const list = knownMessageIds(given, field)
  return list.length === 0 ? '' : tokensField(name, list, style)
}

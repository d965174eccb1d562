import { isGroup, type Address } from '../address/address.js'
import type { addressField } from '../address/address-field.js'
import type { Mailbox } from '../address/mailbox.js'
import { randomFromBlock, type RandomOctets } from '../random-block.js'
import { DEFAULT_STYLE, type FieldStyle } from './field-style.js'
import { isAscii } from './field-text.js'
import { messageFields, type HeaderDraft } from './message-header.js'
import type { MessageIdAlgorithm } from './message-id.js'

/** Who stands in a header section, as `addresses` and `mailboxes` read it. */
export interface HeaderMailboxes {
  /** With none there is no From; with several the first is the sender. */
  readonly authors: readonly Mailbox[]
  readonly to: readonly Address[]
  readonly cc: readonly Address[]
  readonly replyTo: readonly Address[]
  readonly readReceiptTo: readonly Mailbox[]
  readonly returnReceiptTo: readonly Mailbox[]
}

/** What a header section takes besides. */
export interface DraftHeaderOptions {
  /** Default: folded at 76, and UTF-8. */
  readonly style?: FieldStyle | undefined
  /** As in `compose`. */
  readonly messageIdAlgorithm?: MessageIdAlgorithm | undefined
  /** What stands on the right of a new Message-ID; default: the domain of the first author. */
  readonly messageIdDomain?: string | undefined
  /** The clock, for a draft without a date. */
  readonly now?: (() => Date) | undefined
  readonly randomOctets?: RandomOctets | undefined
  /** Writes the fields of mailboxes, as `addressField` does: for who remembers how a list was written. */
  readonly addressField?: typeof addressField | undefined
}

/** A header section but for what it says of the body. */
export interface DraftHeader {
  /** Each field with its CRLF, without an empty line. */
  readonly text: string
  /** True when it is not ASCII, since a mailbox in it is not (RFC 6532): the message needs SMTPUTF8. */
  readonly utf8: boolean
}

const clock = () => new Date()
const NOBODY: Mailbox = { address: '', domain: '' }

/**
 * The header section of a draft alone, at once: for whoever puts a body behind it that is there already. The fields are those of `compose`
 * and in their order, without MIME-Version. A Message-ID of the draft may be anything that stands between angle brackets.
 * @throws {SettingsError} what `compose` throws for these fields, and what the style throws
 */
export function draftHeader(draft: HeaderDraft, mailboxes: HeaderMailboxes, options: DraftHeaderOptions): DraftHeader {
  const { style = DEFAULT_STYLE, messageIdAlgorithm = 'sha256', messageIdDomain, addressField } = options
  const { now = clock, randomOctets: random = randomFromBlock } = options
  const { authors, to, cc, replyTo, readReceiptTo, returnReceiptTo } = mailboxes
  const utf8 = [authors, to, cc, replyTo, readReceiptTo, returnReceiptTo].some(holdUtf8)
  const showsSender = authors.length > 1
  const parties = {
    authors,
    sender: authors[0] ?? NOBODY,
    showsSender,
    to,
    cc,
    replyTo,
    readReceiptTo,
    returnReceiptTo,
  }
  const { text } = messageFields(draft, parties, {
    style: utf8 ? { ...style, utf8 } : style,
    now,
    random,
    messageIdAlgorithm,
    messageIdDomain,
    anyMessageId: true,
    addressField,
  })
  return { text, utf8 }
}

function holdUtf8(list: readonly Address[]): boolean {
  for (const entry of list) {
    if (isGroup(entry) ? holdUtf8(entry.members) : !isAscii(entry.address)) return true
  }
  return false
}

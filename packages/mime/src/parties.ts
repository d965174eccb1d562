import { addresses, mailbox, mailboxes } from './address/address-field.js'
import { isGroup, mailboxesOf, type Address } from './address/address.js'
import type { Mailbox } from './address/mailbox.js'
import type { Draft } from './draft.js'
import { isAscii } from './header/field-text.js'
import { refusal } from './refusal.js'

/** Who takes part in a message: for the header as the draft names them, for the envelope as mailboxes, each once. */
export interface Parties {
  readonly author: Mailbox
  readonly authors: readonly Mailbox[]
  /** The first author when the draft names no sender. */
  readonly sender: Mailbox
  /** True when the Sender field must stand: RFC 5322 3.6.2. */
  readonly showsSender: boolean
  readonly to: readonly Address[]
  readonly cc: readonly Address[]
  readonly replyTo: readonly Address[]
  readonly readReceiptTo: readonly Mailbox[]
  readonly returnReceiptTo: readonly Mailbox[]
  /** The mailboxes of to and cc. */
  readonly visible: readonly string[]
  /** Those of bcc that are not among them. */
  readonly blind: readonly string[]
  /** True when a local part in the header is not ASCII (RFC 6532). */
  readonly utf8Header: boolean
  /** True when one in the envelope is not ASCII (RFC 6531). */
  readonly utf8Envelope: boolean
}

/**
 * Reads the mailboxes of a draft.
 * @throws {SettingsError} `draft.no-from`, `draft.no-recipients`, `address.malformed`, `address.group`, `draft.control-character`
 */
export function partiesOf(draft: Draft, allowNoRecipients = false): Parties {
  const authors = mailboxes(draft.from, 'from')
  const [author] = authors
  if (!author)
    throw refusal('draft.no-from', 'from', 'the draft names no author', 'Give the mailbox the message comes from.')
  const sender = draft.sender === undefined ? author : mailbox(draft.sender, 'sender')
  const to = addresses(draft.to, 'to')
  const cc = addresses(draft.cc, 'cc')
  const bcc = addresses(draft.bcc, 'bcc')
  const seen = new Set<string>()
  const visible = unique(to, seen)
  for (const entry of unique(cc, seen)) visible.push(entry)
  const blind = unique(bcc, seen)
  if (seen.size === 0 && !allowNoRecipients) {
    throw refusal(
      'draft.no-recipients',
      'to',
      'the draft has no recipient in to, cc or bcc',
      'Give at least one mailbox to send to.',
    )
  }
  const replyTo = addresses(draft.replyTo, 'replyTo')
  const readReceiptTo = mailboxes(draft.readReceiptTo, 'readReceiptTo')
  const returnReceiptTo = mailboxes(draft.returnReceiptTo, 'returnReceiptTo')
  const utf8Recipients = !visible.every(isAscii)
  const utf8Sender = !isAscii(sender.address)
  return {
    author,
    authors,
    sender,
    showsSender: authors.length > 1 || (sender !== author && key(sender) !== key(author)),
    to,
    cc,
    replyTo,
    readReceiptTo,
    returnReceiptTo,
    visible,
    blind,
    utf8Header:
      utf8Recipients || utf8Sender || ![authors, mailboxesOf(replyTo), readReceiptTo, returnReceiptTo].every(allAscii),
    utf8Envelope: utf8Recipients || utf8Sender || !blind.every(isAscii),
  }
}

function allAscii(list: readonly Mailbox[]): boolean {
  return list.every(({ address }) => isAscii(address))
}

/** The mailboxes of a list that were not seen before, as they stand first. */
function unique(list: readonly Address[], seen: Set<string>): string[] {
  const found: string[] = []
  const take = (mailbox: Mailbox) => {
    const same = key(mailbox)
    if (seen.has(same)) return
    seen.add(same)
    found.push(mailbox.address)
  }
  for (const entry of list) {
    if (isGroup(entry)) entry.members.forEach(take)
    else take(entry)
  }
  return found
}

/** What makes two mailboxes the same: the domain without its case, the local part with it (RFC 5321 2.4). */
function key({ address, domain }: Mailbox): string {
  const lower = domain.toLowerCase()
  return lower === domain ? address : address.slice(0, -domain.length) + lower
}

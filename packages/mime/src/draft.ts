/**
 * One mailbox: `a@b`, `Name <a@b>`, or the parts. `address` is `a@b` alone; `name` is text as people read it, never decoded.
 */
export type MailboxInput = string | { readonly name?: string; readonly address: string }

/** Mailboxes: one, an array with one in each entry, or a string with commas by the grammar of RFC 5322. */
export type AddressInput = MailboxInput | readonly MailboxInput[]

/** A message as a person describes it. Plain data; `compose` makes a message of it. */
export interface Draft {
  /** The author or authors. With several and no `sender`, the first one is the sender (RFC 5322 3.6.2). */
  readonly from: AddressInput
  /** Who sends on behalf of the authors; it is the reverse-path then, too. */
  readonly sender?: MailboxInput
  readonly replyTo?: AddressInput
  readonly to?: AddressInput
  readonly cc?: AddressInput
  /** In the envelope only, never in the content. */
  readonly bcc?: AddressInput
  readonly subject?: string
  /** The plain text. Any line ends will do; a lone surrogate becomes U+FFFD. */
  readonly text?: string
  /** The same in HTML; with `text` the reader's program chooses (multipart/alternative). */
  readonly html?: string
  readonly attachments?: readonly Attachment[]
  /** Default: now. */
  readonly date?: Date
  /** `left@right`, with or without angle brackets. Default: random, at the domain of the first author. */
  readonly messageId?: string
  /** The Message-ID of the message this one answers. */
  readonly inReplyTo?: string
  /** The Message-IDs of the conversation, oldest first. */
  readonly references?: readonly string[]
  /** Writes X-Priority, Priority (RFC 2156) and Importance. Default: none of them. */
  readonly priority?: 'high' | 'normal' | 'low'
  /** Further header fields of unstructured text, in this order; none of those that `compose` writes itself. */
  readonly headers?: readonly { readonly name: string; readonly value: string }[]
}

/** A file that goes with the message, from exactly one of `content` and `path`. */
export interface Attachment {
  /** The name for the reader. Default: the last part of `path`. */
  readonly filename?: string
  /** A media type such as `text/csv; charset=utf-8`. Default: by the ending of the file name, else application/octet-stream. */
  readonly contentType?: string
  /** `logo@example.com` or `logo`: the HTML shows the attachment by `cid:logo`. */
  readonly contentId?: string
  /** Default: `inline` with a `contentId`, else `attachment`. */
  readonly disposition?: 'attachment' | 'inline'
  /**
   * The octets; a string goes as UTF-8. A function is called for each opening of the message and must give the same octets, in chunks
   * of any size. Octets are not copied: leave them as they are until the message is sent.
   */
  readonly content?: string | Uint8Array | (() => AsyncIterable<Uint8Array>)
  /** A file, read in blocks for each opening of the message. */
  readonly path?: string | URL
  /** How many octets a function will give, so that the size of the message is known before it is sent. */
  readonly sizeOctets?: number
}

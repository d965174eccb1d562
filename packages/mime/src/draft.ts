import type { Message } from './message.js'

/**
 * One mailbox: `a@b`, `Name <a@b>`, or the parts. `address` is `a@b` alone; `name` is text as people read it, never decoded, of at most
 * 10,000 octets.
 */
export type MailboxInput = string | { readonly name?: string | undefined; readonly address: string }

/** A group, RFC 5322 3.4: a name for mailboxes that stand together; without members, such as `undisclosed-recipients:;`, it names nobody. */
export interface GroupInput {
  readonly group: string
  readonly members: readonly MailboxInput[]
}

/** Mailboxes and groups: one, an array with one in each entry, or a string with commas by the grammar of RFC 5322. */
export type AddressInput = MailboxInput | GroupInput | readonly (MailboxInput | GroupInput)[]

/** A header field of the caller's own. */
export interface ExtraField {
  readonly name: string
  readonly value: string
  /**
   * `text` (default): unstructured text, which reads back as it was written. `structured`: goes as it stands, folded at spaces only,
   * for fields with a grammar of their own; ASCII without what looks like an encoded-word.
   */
  readonly kind?: 'text' | 'structured' | undefined
}

/** Where octets come from. */
export type OctetSource =
  | string
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | (() => AsyncIterable<Uint8Array> | ReadableStream<Uint8Array> | Promise<AsyncIterable<Uint8Array>>)

/**
 * A message as a person describes it. Plain data; `compose` makes a message of it. A field that is undefined is absent.
 * Every line end in a text will do.
 */
export interface Draft {
  /** The author or authors. With several and no `sender`, the first one is the sender (RFC 5322 3.6.2). */
  readonly from: MailboxInput | readonly MailboxInput[]
  /** Who sends on behalf of the authors; it is the reverse-path then, too. */
  readonly sender?: MailboxInput | undefined
  readonly replyTo?: AddressInput | undefined
  readonly to?: AddressInput | undefined
  readonly cc?: AddressInput | undefined
  /** In the envelope only, never in the content. */
  readonly bcc?: AddressInput | undefined
  readonly subject?: string | undefined

  /** The plain text. A lone surrogate becomes U+FFFD. */
  readonly text?: string | undefined
  /** `flowed`: the lines of `text` are paragraphs, which readers fit to their window (RFC 3676). Default `fixed`. */
  readonly textFormat?: 'fixed' | 'flowed' | undefined
  /** Makes the plain text from the HTML when there is no `text`. */
  readonly textFromHtml?: boolean | undefined
  /** The same in HTML; with `text` the reader's program chooses (multipart/alternative). */
  readonly html?: string | undefined
  /** An invitation or its answer (RFC 6047), a third form of the text. */
  readonly calendar?: CalendarInput | undefined
  /** Another alternative form of the text, such as AMP or Markdown, in order of increasing richness; HTML stays the last but for the calendar. */
  readonly alternatives?: readonly Alternative[] | undefined
  /** The body as it is, with its Content- fields: in place of text, HTML, calendar, alternatives and attachments. */
  readonly body?: ReadyPart | undefined
  readonly attachments?: readonly Attachment[] | undefined

  /**
   * A `Date`; '*' (default): now; '' writes no field. A string in ISO 8601 with its zone, as JSON has it, is written as the date-time of
   * RFC 5322; one that is a date-time of RFC 5322 already stands as it is. Any other string is refused.
   */
  readonly date?: Date | string | undefined
  /** `left@right`, with or without angle brackets; '*' (default): random, at the domain of the first author; '' writes no field. */
  readonly messageId?: string | undefined
  /** The Message-ID of the message this one answers, or several: an array, or one string with spaces between those in angle brackets. */
  readonly inReplyTo?: string | readonly string[] | undefined
  /** The Message-IDs of the conversation, oldest first. */
  readonly references?: string | readonly string[] | undefined
  readonly organization?: string | undefined

  /**
   * `urgent`, `normal`, `non-urgent` write Priority (RFC 2156). `high` and `low` write X-Priority, Priority and Importance, so that every
   * reader shows it. Default: none of them.
   */
  readonly priority?: 'urgent' | 'normal' | 'non-urgent' | 'high' | 'low' | undefined
  /** Importance (RFC 2156). */
  readonly importance?: 'high' | 'normal' | 'low' | undefined
  /** X-Priority, 1 the highest. */
  readonly xPriority?: 1 | 2 | 3 | 4 | 5 | undefined
  /** Sensitivity (RFC 2156). */
  readonly sensitivity?: 'personal' | 'private' | 'company-confidential' | undefined
  /** Who is told that the message was read: Disposition-Notification-To (RFC 8098). */
  readonly readReceiptTo?: MailboxInput | readonly MailboxInput[] | undefined
  /** Return-Receipt-To, which some servers and readers still answer; a DSN is asked for in the envelope. */
  readonly returnReceiptTo?: MailboxInput | readonly MailboxInput[] | undefined
  /** Auto-Submitted (RFC 3834): keeps vacation answers away. */
  readonly autoSubmitted?: 'no' | 'auto-generated' | 'auto-replied' | 'auto-notified' | undefined
  /** The fields of a mailing list (RFC 2369, 2919, 8058). */
  readonly list?: ListFields | undefined
  /** Further header fields, in this order; none of those that `compose` writes itself. */
  readonly headers?: readonly ExtraField[] | undefined
}

/** List-* fields. URLs go in angle brackets as they are, but for commas, which are percent-encoded; a mailbox stands for its mailto: URL. */
export interface ListFields {
  /** `name <list.example.com>` or `list.example.com` (RFC 2919). */
  readonly id?: string | undefined
  readonly help?: string | readonly string[] | undefined
  readonly subscribe?: string | readonly string[] | undefined
  readonly unsubscribe?: string | readonly string[] | undefined
  /** Adds List-Unsubscribe-Post, so that one click on the https: URL is enough (RFC 8058). */
  readonly oneClick?: boolean | undefined
  readonly owner?: string | readonly string[] | undefined
  readonly archive?: string | readonly string[] | undefined
  /** 'NO': nobody may post. */
  readonly post?: string | readonly string[] | undefined
}

export interface CalendarInput {
  /** The iCalendar object (RFC 5545). */
  readonly content: string
  /** Default: the METHOD of the object, else PUBLISH. */
  readonly method?: string | undefined
  /** With a name the invitation goes as an attachment, too, for readers that want a file. */
  readonly filename?: string | undefined
}

export interface Alternative {
  /** Such as `text/markdown`, `text/x-amp-html`. */
  readonly contentType: string
  readonly content: string
}

/** A body part that is ready: it is not looked at and not changed. */
export interface ReadyPart {
  /** Content-Type, Content-Transfer-Encoding and other Content- fields, as they are to stand. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  /** The octets of the part, encoded already; a string goes as UTF-8. */
  readonly content: OctetSource
  readonly sizeOctets?: number | undefined
}

/** A file that goes with the message, from exactly one of `content`, `path`, `url`, `message` and `part`. */
export interface Attachment {
  /** The name for the reader. Default: the last part of `path` or `url`. */
  readonly filename?: string | undefined
  /** A media type such as `text/csv; charset=utf-8`. Default: by the ending of the file name, else application/octet-stream. */
  readonly contentType?: string | undefined
  /** `logo@example.com` or `logo`: the HTML shows the attachment by `cid:logo`. */
  readonly contentId?: string | undefined
  /** Default: `inline` with a `contentId`, else `attachment`. */
  readonly disposition?: 'attachment' | 'inline' | undefined
  /** Content-Description. */
  readonly description?: string | undefined
  /**
   * The octets; a string is text and goes as UTF-8, or with `encoding` is what it says. A function is called for each opening of the
   * message and must give the same octets, in chunks of any size. A stream can be read once, so it is written to a temporary file while
   * composing. Octets are not copied: leave them as they are until the message is sent.
   */
  readonly content?: OctetSource | undefined
  /** How a string in `content` is to be understood. Default `utf8`. */
  readonly encoding?: 'utf8' | 'base64' | 'hex' | undefined
  /** A file, read in blocks for each opening of the message. Needs an access that allows it. */
  readonly path?: string | URL | undefined
  /** A `data:` URL (RFC 2397), or anything else that the access of the composer fetches. */
  readonly url?: string | URL | undefined
  /** A message to go along whole (message/rfc822), such as the one that is forwarded. */
  readonly message?: Message | Draft | Uint8Array | string | undefined
  /** A part that is ready, with its Content- fields. */
  readonly part?: ReadyPart | undefined
  /** How many octets a function will give, so that the size of the message is known before it is sent. */
  readonly sizeOctets?: number | undefined
}

import type { Address as ParsedAddress, Attachment as ParsedAttachment, Email } from 'postal-mime'
import { bufferOf } from '../raw/header-section.js'
import { chunksOf, openedSource, type RawSource } from '../raw/raw-source.js'
import { refusal } from '../refusal.js'

const MAX_OCTETS = 64 * 1024 * 1024

export interface ReadOptions {
  /** A larger message is refused, since it is read into memory whole. In octets; default 64 MiB. */
  readonly maxOctets?: number | undefined
  /** Ends the reading of a source that stalls. */
  readonly signal?: AbortSignal | undefined
}

/** A mailbox as it was read: its name decoded, its address as it stands, which may be none. */
export interface ReadMailbox {
  readonly name: string
  readonly address: string
}

/** A mailbox or a group of them (RFC 5322 3.4). */
export type ReadAddress = ReadMailbox | { readonly group: string; readonly members: readonly ReadMailbox[] }

/** A part that is not shown as the text: a file, a picture of the HTML, a message within the message. */
export interface ReadAttachment {
  /** Undefined when the part has no name. */
  readonly filename?: string
  /** `type/subtype` in lower case. */
  readonly contentType: string
  readonly disposition?: string
  /** With its angle brackets. */
  readonly contentId?: string
  readonly sizeOctets: number
  /** Without its transfer encoding. */
  readonly content: Uint8Array
}

/** What a message shows: enough to look at it, not a mail reader. */
export interface ReadMessage {
  readonly from?: ReadAddress
  readonly sender?: ReadAddress
  readonly replyTo: readonly ReadAddress[]
  readonly to: readonly ReadAddress[]
  readonly cc: readonly ReadAddress[]
  readonly bcc: readonly ReadAddress[]
  /** Decoded (RFC 2047). */
  readonly subject?: string
  /** Undefined when there is no Date field or it names no date. */
  readonly date?: Date
  /** With its angle brackets. */
  readonly messageId?: string
  /** Message-IDs with their angle brackets, as a draft takes them. */
  readonly inReplyTo: readonly string[]
  /** The same, oldest first. */
  readonly references: readonly string[]
  /** Several texts are joined. Line ends are LF. */
  readonly text?: string
  readonly html?: string
  readonly attachments: readonly ReadAttachment[]
  /** All header fields in their order, unfolded, not decoded. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}

/**
 * Reads a message for tools and tests: who, when, what it says, what goes with it. It is lenient, as mail readers are: what it shows is
 * what a reader would show, not a proof that the message is well made. A message within the message is an attachment.
 * @throws {SettingsError} `read.too-large`; `read.limit` for a message nested too deep or with too large headers; `content.*` as
 * `rawContent` for the source
 */
export async function readMessage(source: RawSource, options: ReadOptions = {}): Promise<ReadMessage> {
  const octets = await whole(source, options)
  const { default: PostalMime } = await import('postal-mime')
  let email: Email
  try {
    email = await PostalMime.parse(octets, { forceRfc822Attachments: true })
  } catch (cause) {
    throw refusal(
      'read.limit',
      'content',
      'is nested too deep, or its header sections are too large, to be shown',
      'The cause says which limit it was.',
      cause,
    )
  }
  return shown(email)
}

async function whole(source: RawSource, { maxOctets = MAX_OCTETS, signal }: ReadOptions): Promise<Uint8Array> {
  const opened = await openedSource(source)
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunksOf(opened, signal)) {
    length += chunk.length
    if (length > maxOctets) {
      throw refusal(
        'read.too-large',
        'content',
        `has more than ${maxOctets} octets`,
        'Raise maxOctets if there is memory for it, several times over.',
      )
    }
    chunks.push(opened.octets ? chunk : Buffer.from(chunk)) // the memory of a chunk may be used again
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

function shown(email: Email): ReadMessage {
  const { from, sender, subject, messageId, inReplyTo, references, text, html } = email
  const date = new Date(email.date ?? NaN)
  return {
    ...(from && { from: address(from) }),
    ...(sender && { sender: address(sender) }),
    replyTo: (email.replyTo ?? []).map(address),
    to: (email.to ?? []).map(address),
    cc: (email.cc ?? []).map(address),
    bcc: (email.bcc ?? []).map(address),
    ...(subject === undefined ? {} : { subject }),
    ...(Number.isNaN(date.getTime()) ? {} : { date }),
    ...(messageId === undefined ? {} : { messageId }),
    inReplyTo: idsIn(inReplyTo),
    references: idsIn(references),
    ...(text === undefined ? {} : { text }),
    ...(html === undefined ? {} : { html }),
    attachments: email.attachments.map(attachment),
    headers: email.headers.map(({ originalKey, value }) => ({ name: originalKey, value })),
  }
}

/** What stands in angle brackets; when nothing does, the words, since some programs leave the brackets out. */
function idsIn(value = ''): string[] {
  const bracketed = value.match(/<[^<>\s]+>/g)
  return bracketed ?? (value.match(/[^<>\s]+/g) ?? []).filter((word) => word.includes('@')).map((word) => `<${word}>`)
}

function address(parsed: ParsedAddress): ReadAddress {
  if (parsed.group === undefined) return { name: parsed.name, address: parsed.address }
  return { group: parsed.name, members: parsed.group.map(({ name, address }) => ({ name, address })) }
}

function attachment({ filename, mimeType, disposition, contentId, content }: ParsedAttachment): ReadAttachment {
  const octets =
    typeof content === 'string'
      ? Buffer.from(content)
      : content instanceof Uint8Array
        ? content
        : new Uint8Array(content)
  return {
    ...(filename === null ? {} : { filename }),
    contentType: mimeType,
    ...(disposition === null ? {} : { disposition }),
    ...(contentId === undefined ? {} : { contentId }),
    sizeOctets: octets.length,
    content: bufferOf(octets),
  }
}

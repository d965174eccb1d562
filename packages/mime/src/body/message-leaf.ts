import { SettingsError, type Content, type ContentEncoding } from '@posthorn/ground'
import type { Attachment, Draft } from '../draft.js'
import { fieldText } from '../header/field-text.js'
import type { Message } from '../message.js'
import { refusal } from '../refusal.js'
import { fieldsOf, placeOf, type AttachmentLeaf, type Place } from './attachment-leaf.js'
import { carries, type Part, type Piece } from './part.js'
import type { Source } from './source.js'

/** A message in a message in a message; deeper ones are most likely a loop. */
const MAX_DEPTH = 8

/** Composes a draft that is attached; a refusal names the field from `path` on. */
export type ComposeNested = (draft: Draft, path: string) => Promise<Message>

/**
 * A message that goes along whole, as message/rfc822 (RFC 2046 5.2.1), or as message/global when its header is UTF-8 (RFC 6532 3.7). Its
 * encoding may only be 7bit, 8bit or binary, so one that needs more than the path carries is encoded anew within, if it can be.
 * @throws {SettingsError} `attachment.message` for what is no message, or a draft that is nested too deep; what composing a draft throws
 */
export async function messageLeaf(
  attachment: Attachment,
  message: NonNullable<Attachment['message']>,
  compose: ComposeNested | undefined,
  field: string,
): Promise<AttachmentLeaf> {
  const at = `${field}.message`
  const place = placeOf(attachment, field)
  const { filename } = attachment
  if (filename !== undefined) fieldText(filename, `${field}.filename`)
  for (const key of ['contentType', 'encoding', 'sizeOctets'] as const) {
    if (attachment[key] !== undefined)
      throw refusal('attachment.message', `${field}.${key}`, 'is not for a message', 'Leave it out.')
  }
  const { content, own } = await contentFor(message, compose, at)
  const type = { value: content.utf8Header ? 'message/global' : 'message/rfc822', parameters: [] }
  return new MessageLeaf(fieldsOf(attachment, filename, type, place, field), content, own, place, at)
}

class MessageLeaf implements AttachmentLeaf {
  readonly inline: boolean
  readonly narrowest: ContentEncoding
  readonly contentId?: string
  readonly release?: () => void
  readonly #before: string
  readonly #behind: string
  readonly #content: Content
  readonly #field: string
  /** What was rendered last: rendering the same again gives the same pieces. */
  #rendered: { readonly content: Content; readonly part: Part } | undefined

  constructor(
    [before, behind]: readonly [string, string],
    content: Content,
    own: boolean,
    { inline, contentId }: Place,
    field: string,
  ) {
    this.#before = before
    this.#behind = behind
    this.#content = content
    this.#field = field
    this.inline = inline
    if (contentId !== undefined) this.contentId = contentId
    if (own && content.release) this.release = () => content.release?.()
    this.narrowest = content.utf8Header ? '7bit' : narrowestOf(content)
  }

  mayHold(digits: string): boolean {
    const { octets } = this.#content
    return octets !== undefined && Buffer.from(octets.buffer, octets.byteOffset, octets.length).includes(digits)
  }

  render(widest: ContentEncoding): Part {
    const content = this.#content.utf8Header ? this.#content : (this.#content.recode?.(widest) ?? this.#content)
    const fits = carries(widest, content.encoding ?? 'binary')
    if (!fits && !content.utf8Header) {
      throw refusal(
        'draft.encoding',
        this.#field,
        `needs a path that carries ${content.encoding ?? 'binary'}, and this one carries ${widest}`,
        'Give the octets of the message, or a message that was composed: those can be encoded anew.',
      )
    }
    // message/global may be put into base64, and nothing else could carry its header
    if (!fits) return this.#part('base64', { base64: sourceOf(content) })
    if (this.#rendered?.content !== content) {
      const piece = content.canonical && content.octets ? content.octets : { run: sourceOf(content) }
      this.#rendered = { content, part: this.#part(content.encoding ?? 'binary', piece) }
    }
    return this.#rendered.part
  }

  #part(encoding: ContentEncoding | 'base64', piece: Piece): Part {
    const fields = `${this.#before}Content-Transfer-Encoding: ${encoding}\r\n${this.#behind}`
    if (encoding === 'base64') return { fields, pieces: [piece], endsLine: true }
    return { fields, pieces: [piece], endsLine: false, encoding }
  }
}

function narrowestOf(content: Content): ContentEncoding {
  const { encoding = 'binary' } = content
  if (encoding === '7bit' || !content.recode) return encoding
  try {
    return content.recode('7bit').encoding ?? 'binary'
  } catch (error) {
    if (error instanceof SettingsError) return encoding // such as a signed one
    throw error
  }
}

function sourceOf(content: Content): Source {
  const { octets, sizeOctets, canonical } = content
  return {
    ...(octets === undefined ? {} : { octets }),
    ...(sizeOctets === undefined ? {} : { sizeOctets }),
    ...(canonical ? {} : { unchecked: true }),
    read: () => content.open(),
  }
}

/** @returns the content, and whether it is ours to release */
async function contentFor(
  message: unknown,
  compose: ComposeNested | undefined,
  field: string,
): Promise<{ content: Content; own: boolean }> {
  if (typeof message === 'string' || message instanceof Uint8Array) {
    const { rawContent } = await import('../raw/raw-content.js')
    try {
      return { content: await rawContent(message), own: true }
    } catch (cause) {
      throw refusal('attachment.message', field, 'is no message that can be sent', 'See the cause.', cause)
    }
  }
  if (isMessage(message)) return { content: message.content, own: false }
  if (typeof message !== 'object' || message === null || !compose) {
    throw refusal(
      'attachment.message',
      field,
      'is no message',
      'Give a draft, a composed message, or the octets of a message.',
    )
  }
  const draft = message as Draft
  if (depthOf(draft) > MAX_DEPTH) {
    throw refusal(
      'attachment.message',
      field,
      `holds messages in more than ${MAX_DEPTH} levels`,
      'Compose the inner ones first, and see that no draft holds itself.',
    )
  }
  return { content: (await compose(draft, field)).content, own: true }
}

function isMessage(message: unknown): message is Pick<Message, 'content'> {
  if (typeof message !== 'object' || message === null || !('content' in message)) return false
  const { content } = message
  return typeof content === 'object' && content !== null && 'open' in content && typeof content.open === 'function'
}

/** How many drafts are one in the other, counted no further than is needed. */
function depthOf(draft: Draft, limit = MAX_DEPTH): number {
  let depth = 1
  if (limit < 0 || !Array.isArray(draft.attachments)) return depth
  for (const { message } of draft.attachments as readonly Partial<Attachment>[]) {
    if (typeof message !== 'object' || message === null || message instanceof Uint8Array || isMessage(message)) continue
    depth = Math.max(depth, 1 + depthOf(message, limit - 1))
    if (depth > limit) break
  }
  return depth
}

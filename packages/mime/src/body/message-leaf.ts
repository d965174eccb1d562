import { SettingsError, type Content, type ContentEncoding } from '@posthorn/ground'
import type { Attachment, Draft } from '../draft.js'
import type { Message } from '../message.js'
import type { RawSource } from '../raw/raw-source.js'
import { refusal } from '../refusal.js'
import {
  descriptionOf,
  fieldsOf,
  nameOf,
  placeOf,
  type AttachmentLeaf,
  type Place,
  type PreparedAttachment,
} from './attachment-leaf.js'
import { attachmentSource, checkSource } from './attachment-source.js'
import type { BodyOptions } from './body-options.js'
import { mediaTypeNamed } from './media-type.js'
import { carries, type Part, type Piece } from './part.js'
import type { Source } from './source.js'
import { stoppable, type Stop } from './stop.js'

/** A message in a message in a message; deeper ones are most likely a loop. */
const MAX_DEPTH = 8

/** Composes a draft that is attached; a refusal names the field from `path` on. */
export type ComposeNested = (draft: Draft, path: string) => Promise<Message>

/**
 * A message that goes along whole, as message/rfc822 (RFC 2046 5.2.1), or as message/global when its header is UTF-8 (RFC 6532 3.7). Its
 * encoding may only be 7bit, 8bit or binary, so one that needs more than the path carries is encoded anew within, if it can be. It stands
 * in `message`, or in a file that `path` names.
 * @throws {SettingsError} `attachment.message` for what is no message, or a draft that is nested too deep; from `open` what composing a
 * draft throws, and what `attachmentSource` throws
 */
export function preparedMessage(attachment: Attachment, options: BodyOptions, field: string): PreparedAttachment {
  const { message } = attachment
  const at = message === undefined ? `${field}.path` : `${field}.message`
  const place = placeOf(attachment, field)
  const filename = nameOf(attachment, field)
  const description = descriptionOf(attachment, field)
  for (const key of message === undefined ? OF_OCTETS : OF_OCTETS_AND_FILES) {
    if (attachment[key] !== undefined)
      throw refusal('attachment.message', `${field}.${key}`, 'is not for a message', 'Leave it out.')
  }
  if (message === undefined) checkSource(attachment, field)
  return {
    contentId: place.contentId,
    async open() {
      options.stop?.check()
      const { content, own } =
        message === undefined ? await fileContent(attachment, options, field) : await contentFor(message, options, at)
      try {
        const type = { value: content.utf8Header ? 'message/global' : 'message/rfc822', parameters: [] }
        const fields = fieldsOf({ filename, type, place, description }, options.style)
        return new MessageLeaf(fields, content, own, place, at, options.stop)
      } catch (error) {
        if (own) content.release?.()
        throw error
      }
    },
  }
}

const OF_OCTETS = ['encoding'] as const
const OF_OCTETS_AND_FILES = ['contentType', 'encoding', 'sizeOctets'] as const

/** True for the file of a message that is to go along as a message. */
export function isMessageFile({ path, contentType }: Attachment, field: string): boolean {
  if (path === undefined || contentType === undefined) return false
  return /^message\/(?:rfc822|global)$/.test(mediaTypeNamed(contentType, `${field}.contentType`).value)
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
  readonly #stop: Stop | undefined
  /** What was rendered last: rendering the same again gives the same pieces. */
  #rendered: { readonly content: Content; readonly part: Part } | undefined

  constructor(
    [before, behind]: readonly [string, string],
    content: Content,
    own: boolean,
    { inline, contentId }: Place,
    field: string,
    stop: Stop | undefined,
  ) {
    this.#stop = stop
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
    if (!fits) return this.#part('base64', { base64: sourceOf(content, this.#stop) })
    if (this.#rendered?.content !== content) {
      const piece = content.canonical && content.octets ? content.octets : { run: sourceOf(content, this.#stop) }
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

function sourceOf(content: Content, stop: Stop | undefined): Source {
  const { octets, sizeOctets, canonical } = content
  return {
    ...(octets === undefined ? {} : { octets }),
    ...(sizeOctets === undefined ? {} : { sizeOctets }),
    ...(canonical ? {} : { unchecked: true }),
    read: () => (stop && !stop.isOver ? stoppable(content.open(), stop) : content.open()),
  }
}

/** @returns the content, and whether it is ours to release */
async function contentFor(
  message: unknown,
  { compose, stop }: BodyOptions,
  field: string,
): Promise<{ content: Content; own: boolean }> {
  if (typeof message === 'string' || message instanceof Uint8Array) {
    // a line without its end is the name of a file, or a text that was meant for another field
    const hasLines = typeof message === 'string' ? /[\r\n]/.test(message) : message.includes(10) || message.includes(13)
    if (!hasLines) throw headerless(field)
    return { content: await readyContent(message, field, stop), own: true }
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

async function fileContent(attachment: Attachment, options: BodyOptions, field: string) {
  const { path, sizeOctets } = attachment
  const input = { content: undefined, encoding: undefined, path, url: undefined, sizeOctets }
  const source = await attachmentSource(input, options, field)
  return { content: await readyContent(() => source.read(), `${field}.path`, options.stop), own: true }
}

/** Octets that are a message, which is looked at now. */
async function readyContent(source: RawSource, field: string, stop: Stop | undefined): Promise<Content> {
  const { rawContent } = await import('../raw/raw-content.js')
  let content: Content | undefined
  try {
    content = await rawContent(source, stop ? { signal: stop.signal } : {})
    if (await hasFields(content)) return content
  } catch (cause) {
    content?.release?.()
    stop?.check()
    if (cause instanceof SettingsError && OF_THE_FILE.has(cause.code)) throw cause
    throw refusal('attachment.message', field, 'is no message that can be sent', 'See the cause.', cause)
  }
  content.release?.()
  throw headerless(field)
}

/** What is wrong with the file and not with the message in it. */
const OF_THE_FILE = new Set(['content.unreadable', 'content.changed'])
/** Where a field begins must show within so many octets. */
const MAX_LOOK = 64 * 1024

/** Whether there is a header field at all. */
async function hasFields(content: Content): Promise<boolean> {
  let start = ''
  for await (const chunk of content.open()) {
    start += Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(chunk.length, MAX_LOOK)).toString('latin1')
    if (start.length >= MAX_LOOK || start.includes('\r\n\r\n')) break
  }
  const end = start.startsWith('\r\n') ? 0 : start.indexOf('\r\n\r\n')
  return /^[!-9;-~]+[ \t]*:/m.test(end < 0 ? start : start.slice(0, end))
}

function headerless(field: string): SettingsError {
  return refusal(
    'attachment.message',
    field,
    'is no message: it has no header field',
    "Give the octets of a message, or the name of its file as path, with contentType: 'message/rfc822'.",
  )
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

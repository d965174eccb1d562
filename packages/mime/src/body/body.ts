import { InvariantError, type ContentEncoding } from '@posthorn/ground'
import { openAccess, type Access } from '../access.js'
import type { Alternative, Attachment, Draft } from '../draft.js'
import { charsetNamed } from '../header/charset.js'
import { parameterizedField, parseContentType } from '../header/parameter.js'
import { ownFields } from '../own-draft.js'
import { randomHex, type RandomOctets } from '../random-block.js'
import { refusal } from '../refusal.js'
import { attachmentLeaf, type AttachmentLeaf } from './attachment-leaf.js'
import { calendarLeaf, type Calendar } from './calendar-leaf.js'
import { flowed } from './flowed-text.js'
import { isComposite } from './media-type.js'
import { messageLeaf, type ComposeNested } from './message-leaf.js'
import { multipart, wider, type Body, type Leaf, type Part } from './part.js'
import { readyLeaf } from './ready-leaf.js'
import { textFromHtml } from './text-from-html.js'
import { plainType, textLeaf } from './text-leaf.js'

/** What a body takes from the world outside. */
export interface BodyOptions {
  /** For the boundaries. */
  readonly random: RandomOctets
  /** Default `openAccess`. */
  readonly access?: Access | undefined
  /** For texts, by a name `charsetNamed` knows; default UTF-8. */
  readonly charset?: string | undefined
  /** Composes a draft that is attached as a message; without it such a draft is refused. */
  readonly compose?: ComposeNested | undefined
}

const PLAIN = plainType('text/plain')
const FLOWED = plainType('text/plain', '; format=flowed')
const HTML = plainType('text/html')
const ATTACHMENT_KEYS = new Set(
  'filename contentType contentId disposition description content encoding path url message part sizeOctets'.split(' '),
)
const SOURCES = ['content', 'path', 'url', 'message', 'part'] as const

/**
 * The body of a draft, in as few levels as it needs: attachments behind the rest (multipart/mixed); text, other forms, HTML and calendar as
 * alternatives in the order of increasing richness (multipart/alternative, RFC 2046 5.1.4); pictures beside the HTML that shows them
 * (multipart/related, RFC 2387). Without anything it is an empty text. What was put on disk is freed again when it throws.
 * @throws {SettingsError} naming the field: `draft.not-text`, `draft.text-format`, `draft.body`, `draft.alternative`, `draft.calendar*`,
 * `attachment.*`, `content.*`
 */
export async function bodyOf(draft: Draft, options: BodyOptions): Promise<Body> {
  if (draft.body !== undefined) return readyBody(draft)
  const text = bodyText(draft.text, 'text')
  const html = bodyText(draft.html, 'html')
  const charset = options.charset === undefined ? undefined : await charsetNamed(options.charset, 'charset')
  const format = draft.textFormat ?? 'fixed'
  if (format !== 'fixed' && format !== 'flowed') {
    throw refusal(
      'draft.text-format',
      'textFormat',
      'is neither fixed nor flowed',
      'Use one of the two, or leave it out.',
    )
  }
  const plain =
    text ??
    (html !== undefined && draft.textFromHtml === true ? await textFromHtml(html, format === 'fixed') : undefined)
  const textPart =
    plain === undefined
      ? undefined
      : format === 'flowed'
        ? textLeaf(FLOWED, flowed(plain), charset)
        : textLeaf(PLAIN, plain, charset)
  const htmlPart = html === undefined ? undefined : textLeaf(HTML, html, charset)
  if (draft.attachments === undefined && draft.calendar === undefined && draft.alternatives === undefined) {
    if (textPart && htmlPart) return new Tree([textPart], htmlPart, undefined, [], options.random)
    return new Single(htmlPart ?? textPart ?? textLeaf(PLAIN, ''))
  }

  const calendar = draft.calendar === undefined ? undefined : calendarLeaf(draft.calendar, 'calendar')
  const alternatives = (draft.alternatives ?? []).map((entry, index) => alternative(entry, `alternatives[${index}]`))
  const forms = textPart ? [textPart, ...alternatives] : alternatives
  const attachments = await attachmentsOf(draft, calendar, options)
  if (attachments.length === 0 && forms.length + Number(!!htmlPart) + Number(!!calendar) <= 1)
    return new Single(htmlPart ?? calendar?.leaf ?? forms[0] ?? textLeaf(PLAIN, ''))
  return new Tree(forms, htmlPart, calendar?.leaf, attachments, options.random)
}

/** One part is the whole. */
class Single implements Body {
  readonly #leaf: Leaf

  constructor(leaf: Leaf) {
    this.#leaf = leaf
  }

  render(widest: ContentEncoding): Part {
    return endingLine(this.#leaf.render(widest))
  }
}

/** Parts under up to three roofs. */
class Tree implements Body {
  readonly narrowest?: ContentEncoding
  readonly release?: () => void
  readonly #forms: readonly Leaf[]
  readonly #html: Leaf | undefined
  readonly #calendar: Leaf | undefined
  readonly #pictures: readonly Leaf[]
  readonly #attachments: readonly Leaf[]
  readonly #boundary: (level: 1 | 2 | 3) => string

  constructor(
    forms: readonly Leaf[],
    html: Leaf | undefined,
    calendar: Leaf | undefined,
    attachments: readonly AttachmentLeaf[],
    random: RandomOctets,
  ) {
    this.#forms = forms
    this.#html = html
    this.#calendar = calendar
    this.#pictures = html ? attachments.filter((part) => part.inline) : []
    this.#attachments = html ? attachments.filter((part) => !part.inline) : attachments
    const leaves: Leaf[] = [...forms, ...attachments]
    if (html) leaves.push(html)
    if (calendar) leaves.push(calendar)
    this.#boundary = boundaries(leaves, random)
    for (const { narrowest } of attachments) {
      if (narrowest !== undefined && narrowest !== '7bit') this.narrowest = wider(this.narrowest, narrowest)
    }
    if (attachments.some((part) => part.release)) this.release = () => releaseAll(attachments)
  }

  render(widest: ContentEncoding): Part {
    const rendered = (leaf: Leaf) => leaf.render(widest)
    const forms = this.#forms.map(rendered)
    if (this.#html) {
      const html = rendered(this.#html)
      const pictures = this.#pictures.map(rendered)
      forms.push(pictures.length > 0 ? multipart('related', this.#boundary(3), [html, ...pictures], 'text/html') : html)
    }
    if (this.#calendar) forms.push(rendered(this.#calendar))
    const shown = forms.length > 1 ? multipart('alternative', this.#boundary(2), forms) : forms[0]
    const attachments = this.#attachments.map(rendered)
    if (attachments.length === 0 && shown) return shown
    return multipart('mixed', this.#boundary(1), shown ? [shown, ...attachments] : attachments)
  }
}

async function readyBody(draft: Draft): Promise<Body> {
  for (const key of [
    'text',
    'html',
    'textFormat',
    'textFromHtml',
    'calendar',
    'alternatives',
    'attachments',
  ] as const) {
    if (draft[key] !== undefined)
      throw refusal('draft.body', key, 'is for a draft without a ready body', 'Give the body, or what it is made of.')
  }
  return readyLeaf(draft.body!, 'body', true)
}

async function attachmentsOf(
  draft: Draft,
  calendar: Calendar | undefined,
  options: BodyOptions,
): Promise<readonly AttachmentLeaf[]> {
  const made: AttachmentLeaf[] = []
  const { attachments = [] } = draft
  if (!Array.isArray(attachments)) {
    throw refusal('attachment.source', 'attachments', 'is no list', 'Give an array, also for one attachment.')
  }
  try {
    if (calendar?.filename !== undefined) made.push(await attachmentLeaf(invitation(calendar), openAccess, 'calendar'))
    for (const [index, attachment] of attachments.entries()) {
      made.push(await attached(attachment as Attachment, options, `attachments[${index}]`))
    }
    refuseDoubleIds(made.slice(made.length - attachments.length))
    return made
  } catch (error) {
    releaseAll(made)
    throw error
  }
}

/** The same object once more, for readers that take an invitation from a file only. */
function invitation({ content, filename }: Calendar): Attachment {
  return { content, contentType: 'application/ics', ...(filename === undefined ? {} : { filename }) }
}

async function attached(given: Attachment, options: BodyOptions, field: string): Promise<AttachmentLeaf> {
  if (typeof given !== 'object' || given === null)
    throw refusal('attachment.source', field, 'is no attachment', 'Give an object with content or path.')
  const attachment = ownFields<Attachment>(given, ATTACHMENT_KEYS, `${field}.`)
  if (SOURCES.filter((key) => attachment[key] !== undefined).length !== 1) {
    throw refusal(
      'attachment.source',
      field,
      'needs exactly one of content, path, url, message and part',
      'Give the octets as content, the name of a file as path, or one of the others.',
    )
  }
  const { message, part } = attachment
  if (message !== undefined) return messageLeaf(attachment, message, options.compose, field)
  if (part === undefined) return attachmentLeaf(attachment, options.access ?? openAccess, field)
  for (const key in attachment) {
    if (key !== 'part' && attachment[key as keyof Attachment] !== undefined)
      throw refusal(
        'attachment.part',
        `${field}.${key}`,
        'is not for a part that is ready',
        'Write it into its headers.',
      )
  }
  return Object.assign(await readyLeaf(part, `${field}.part`, false), { inline: false })
}

function alternative(given: Alternative, field: string): Leaf {
  const malformed = (at: string, what: string) =>
    refusal('draft.alternative', at, what, 'Give { contentType, content }, such as text/markdown and a string.')
  if (typeof given !== 'object' || given === null) throw malformed(field, 'is no alternative')
  const { value, parameters } = parseContentType(given.contentType, `${field}.contentType`)
  if (isComposite(value)) throw malformed(`${field}.contentType`, `${value} is no form of a text`)
  if (typeof given.content !== 'string') throw malformed(`${field}.content`, 'is no string')
  const others = parameters.filter(([name]) => name !== 'charset')
  const fields = (charset: string) =>
    parameterizedField('Content-Type', { value, parameters: [['charset', charset], ...others] })
  return textLeaf({ fields }, given.content)
}

function bodyText(value: unknown, field: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw refusal(
    'draft.not-text',
    field,
    `must be a string, not ${value === null ? 'null' : typeof value}`,
    'Give a string, or leave the field out.',
  )
}

/** Content ends with a line end; in a text that is the whole body it has to be its own. */
function endingLine(part: Part): Part {
  const last = part.pieces.at(-1)
  if (part.endsLine || last === undefined || (typeof last === 'object' && !(last instanceof Uint8Array))) return part
  const ends = typeof last === 'string' ? last === '' || last.endsWith('\r\n') : last.length === 0 || last.at(-1) === 10
  return ends ? part : { ...part, pieces: [...part.pieces, '\r\n'] }
}

/**
 * Boundaries by level, as long as each other, so that none is the beginning of another. "=_" cannot occur in base64 and
 * quoted-printable (RFC 2045 6.7); what may go as it is, is searched for the random digits.
 */
function boundaries(leaves: readonly Leaf[], random: RandomOctets): (level: 1 | 2 | 3) => string {
  for (let attempt = 0; attempt < 100; attempt++) {
    const digits = randomHex(random, 16)
    if (!leaves.some((leaf) => leaf.mayHold(digits))) return (level) => `=_${level}_${digits}`
  }
  throw new InvariantError('no boundary was found that the text does not hold; the random octets are not random')
}

function refuseDoubleIds(attachments: readonly AttachmentLeaf[]): void {
  const seen = new Set<string>()
  attachments.forEach(({ contentId }, index) => {
    if (contentId === undefined) return
    if (seen.has(contentId)) {
      throw refusal(
        'attachment.content-id',
        `attachments[${index}].contentId`,
        'is the Content-ID of another attachment too',
        'Give each picture an id of its own.',
      )
    }
    seen.add(contentId)
  })
}

function releaseAll(parts: readonly Leaf[]): void {
  for (const part of parts) part.release?.()
}

import { InvariantError, type ContentEncoding } from '@posthorn/ground'
import type { Attachment, Draft } from '../draft.js'
import type { FieldStyle } from '../header/field-style.js'
import { ownFields } from '../own-draft.js'
import { randomHex, type RandomOctets } from '../random-block.js'
import { refusal } from '../refusal.js'
import { preparedAttachment, type AttachmentLeaf, type PreparedAttachment } from './attachment-leaf.js'
import { partStyle, type BodyOptions } from './body-options.js'
import { alternativeForms, bodyText, emptyText } from './body-text.js'
import { calendarLeaf, type Calendar } from './calendar-leaf.js'
import { isMessageFile, preparedMessage } from './message-leaf.js'
import { multipart, wider, type Body, type Leaf, type Part } from './part.js'
import { readyLeaf } from './ready-leaf.js'

const ATTACHMENT_KEYS = new Set(
  'filename contentType contentId disposition description content encoding path url message part sizeOctets'.split(' '),
)
const SOURCES = ['content', 'path', 'url', 'message', 'part'] as const

/**
 * The body of a draft, in as few levels as it needs: attachments behind the rest (multipart/mixed); text, other forms, HTML and calendar as
 * alternatives in the order of increasing richness (multipart/alternative, RFC 2046 5.1.4); pictures beside the HTML that shows them
 * (multipart/related, RFC 2387). Without anything it is an empty text. What was put on disk is freed again when it throws.
 * @throws {SettingsError} naming the field: `draft.not-text`, `draft.text-format`, `draft.text-from-html`, `draft.body`, `draft.alternative`, `draft.calendar*`,
 * `attachment.*`, `content.*`
 * @throws {PosthornError} `aborted`
 */
export async function bodyOf(draft: Draft, options: BodyOptions): Promise<Body> {
  options.stop?.check()
  if (draft.body !== undefined) return readyBody(draft, options)
  const style = partStyle(options.style)
  const { text, html } = await bodyText(draft, options, style)
  if (draft.attachments === undefined && draft.calendar === undefined && draft.alternatives === undefined) {
    if (text && html) return new Tree([text], html, undefined, [], options.random, style)
    return new Single(html ?? text ?? emptyText())
  }

  const calendar = draft.calendar === undefined ? undefined : calendarLeaf(draft.calendar, 'calendar', style)
  const alternatives = await alternativeForms(draft, options, style)
  const forms = text ? [text, ...alternatives] : alternatives
  const attachments = await attachmentsOf(draft, calendar, options)
  if (attachments.length === 0 && forms.length + Number(!!html) + Number(!!calendar) <= 1)
    return new Single(html ?? calendar?.leaf ?? forms[0] ?? emptyText())
  return new Tree(forms, html, calendar?.leaf, attachments, options.random, style)
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
  readonly #style: FieldStyle

  constructor(
    forms: readonly Leaf[],
    html: Leaf | undefined,
    calendar: Leaf | undefined,
    attachments: readonly AttachmentLeaf[],
    random: RandomOctets,
    style: FieldStyle,
  ) {
    this.#style = style
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
    const style = this.#style
    const forms = this.#forms.map(rendered)
    if (this.#html) {
      const html = rendered(this.#html)
      const pictures = this.#pictures.map(rendered)
      const parts = [html, ...pictures]
      forms.push(parts.length > 1 ? multipart('related', this.#boundary(3), parts, style, 'text/html') : html)
    }
    if (this.#calendar) forms.push(rendered(this.#calendar))
    const shown = forms.length > 1 ? multipart('alternative', this.#boundary(2), forms, style) : forms[0]
    const attachments = this.#attachments.map(rendered)
    if (attachments.length === 0 && shown) return shown
    return multipart('mixed', this.#boundary(1), shown ? [shown, ...attachments] : attachments, style)
  }
}

async function readyBody(draft: Draft, { stop }: BodyOptions): Promise<Body> {
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
  return readyLeaf(draft.body!, 'body', true, stop)()
}

async function attachmentsOf(
  draft: Draft,
  calendar: Calendar | undefined,
  options: BodyOptions,
): Promise<readonly AttachmentLeaf[]> {
  const { attachments = [] } = draft
  if (!Array.isArray(attachments)) {
    throw refusal('attachment.source', 'attachments', 'is no list', 'Give an array, also for one attachment.')
  }
  // all of them are looked at before the first one is read, which may take long
  const prepared = attachments.map((attachment: Attachment, index) =>
    attached(attachment, options, `attachments[${index}]`),
  )
  refuseDoubleIds(prepared)
  if (calendar?.filename !== undefined) prepared.unshift(preparedAttachment(invitation(calendar), options, 'calendar'))
  const made: AttachmentLeaf[] = []
  try {
    for (const attachment of prepared) made.push(await attachment.open())
    return made
  } catch (error) {
    releaseAll(made)
    throw error
  }
}

/** The same object once more, for readers that take an invitation from a file only. */
function invitation({ content, filename }: Calendar): Attachment {
  return ownFields<Attachment>({ content, contentType: 'application/ics', filename }, ATTACHMENT_KEYS, '')
}

function attached(given: Attachment, options: BodyOptions, field: string): PreparedAttachment {
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
  if (message !== undefined || isMessageFile(attachment, field)) return preparedMessage(attachment, options, field)
  if (part === undefined) return preparedAttachment(attachment, options, field)
  for (const key in attachment) {
    if (key !== 'part' && attachment[key as keyof Attachment] !== undefined)
      throw refusal(
        'attachment.part',
        `${field}.${key}`,
        'is not for a part that is ready',
        'Write it into its headers.',
      )
  }
  const open = readyLeaf(part, `${field}.part`, false, options.stop)
  return { contentId: undefined, open: async () => Object.assign(await open(), { inline: false }) }
}

/** Content ends with a line end; in a text that is the whole body it has to be its own. */
function endingLine(part: Part): Part {
  const last = part.pieces.at(-1)
  if (part.isUnended) return { ...part, pieces: [...part.pieces, '\r\n'] }
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

function refuseDoubleIds(attachments: readonly PreparedAttachment[]): void {
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

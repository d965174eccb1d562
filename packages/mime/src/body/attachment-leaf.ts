import { win32 } from 'node:path'
import type { ContentEncoding } from '@posthorn/ground'
import type { Attachment } from '../draft.js'
import { charsetNamed } from '../header/charset.js'
import type { FieldStyle } from '../header/field-style.js'
import { fieldText } from '../header/field-text.js'
import { unstructuredField } from '../header/header-field.js'
import { parameterizedField, type Parameterized } from '../header/parameter.js'
import { refusal } from '../refusal.js'
import { attachmentSource, checkSource, urlOf, type SourceInput, type SourceOptions } from './attachment-source.js'
import { partStyle } from './body-options.js'
import { isDataUrl } from './data-url.js'
import { pathOf } from './file-source.js'
import { mediaTypeOf, mediaTypeSaid, octetsType, UNKNOWN_TYPE } from './media-type.js'
import type { Leaf, Part } from './part.js'
import type { Source } from './source.js'

const CONTENT_ID = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+(?:@[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+)?$/

/** A part that goes with the texts. */
export interface AttachmentLeaf extends Leaf {
  readonly contentId?: string
  /** True for a part that the HTML shows by its Content-ID. */
  readonly inline: boolean
}

/** An attachment of which everything was looked at but its source, which is opened when all the others were looked at, too. */
export interface PreparedAttachment {
  readonly contentId: string | undefined
  open(): Promise<AttachmentLeaf>
}

/**
 * An attachment of octets: in base64, which leaves them as they are, and as they are where the path carries binary.
 * @throws {SettingsError} naming the field of the attachment: see `checkSource`, `octetsType`, `fieldText`; `attachment.content-id`;
 * `attachment.disposition`; from `open` see `attachmentSource`
 */
export function preparedAttachment(
  attachment: Attachment,
  options: SourceOptions & { readonly style: FieldStyle },
  field: string,
): PreparedAttachment {
  const { contentType, content, encoding, sizeOctets } = attachment
  const place = placeOf(attachment, field)
  const filename = nameOf(attachment, field)
  const description = descriptionOf(attachment, field)
  const given =
    contentType !== undefined
      ? octetsType(contentType, `${field}.contentType`)
      : content instanceof Blob
        ? mediaTypeSaid(content.type)
        : undefined
  checkSource(attachment, field)
  return {
    contentId: place.contentId,
    async open() {
      let type = given
      let input: SourceInput = attachment
      if (typeof content === 'string' && (encoding ?? 'utf8') === 'utf8') {
        const text = await textOctets(content, type ?? (await typeByName(filename)), field)
        type = text.type
        input = { content: text.octets, encoding: undefined, path: undefined, url: undefined, sizeOctets }
      }
      const source = await attachmentSource(input, options, field)
      try {
        type ??= source.type ?? (await typeByName(filename))
        return new OctetsLeaf(fieldsOf({ filename, type, place, description }, options.style), source, place)
      } catch (error) {
        source.release?.()
        throw error
      }
    },
  }
}

class OctetsLeaf implements AttachmentLeaf {
  readonly inline: boolean
  readonly contentId?: string
  readonly release?: () => void
  readonly #base64: Part
  readonly #binary: Part

  constructor([before, behind]: readonly [string, string], source: Source, { contentId, inline }: Place) {
    const fields = (encoding: string) => `${before}Content-Transfer-Encoding: ${encoding}\r\n${behind}`
    this.#base64 = { fields: fields('base64'), pieces: [{ base64: source }], endsLine: source.sizeOctets !== 0 }
    this.#binary = { fields: fields('binary'), pieces: [{ run: source }], endsLine: false, encoding: 'binary' }
    this.inline = inline
    if (contentId !== undefined) this.contentId = contentId
    if (source.release) this.release = () => source.release?.()
  }

  /** In base64 no boundary can occur, and of octets as they are 128 random bits must do: they may be in a file. */
  mayHold(): boolean {
    return false
  }

  render(widest: ContentEncoding): Part {
    return widest === 'binary' ? this.#binary : this.#base64
  }
}

/** Where a part stands, and how it is found. */
export interface Place {
  readonly disposition: 'attachment' | 'inline'
  readonly contentId: string | undefined
  readonly inline: boolean
}

/** What the fields of a part say. */
export interface PartFacts {
  readonly filename: string | undefined
  readonly type: Parameterized
  readonly place: Place
  readonly description: string | undefined
}

/** @throws {SettingsError} `attachment.disposition`, `attachment.content-id` */
export function placeOf({ contentId, disposition }: Attachment, field: string): Place {
  const place = disposition ?? (contentId === undefined ? 'attachment' : 'inline')
  if (place !== 'attachment' && place !== 'inline') {
    throw refusal(
      'attachment.disposition',
      `${field}.disposition`,
      'is neither attachment nor inline',
      'Use one of the two, or leave it out.',
    )
  }
  if (contentId === undefined) return { disposition: place, contentId: undefined, inline: false }
  return {
    disposition: place,
    inline: place === 'inline',
    contentId: contentIdentifier(contentId, `${field}.contentId`),
  }
}

/**
 * The Content- fields of a part but Content-Transfer-Encoding: those before it and those behind it. The name stands in both forms, as the
 * filename of Content-Disposition (RFC 2183 2.3) and as the name of Content-Type, which is all that some readers look at.
 */
export function fieldsOf(
  { filename, type, place: { disposition, contentId }, description }: PartFacts,
  given: FieldStyle,
): [before: string, behind: string] {
  const style = partStyle(given)
  // two names that differ would be shown by one reader each
  const others = filename === undefined ? type.parameters : type.parameters.filter(([name]) => name !== 'name')
  const parameters = filename === undefined ? others : [...others, ['name', filename] as const]
  const before = parameterizedField('Content-Type', { value: type.value, parameters }, style)
  let behind = parameterizedField(
    'Content-Disposition',
    { value: disposition, parameters: filename === undefined ? [] : [['filename', filename]] },
    style,
  )
  if (contentId !== undefined) behind += `Content-ID: <${contentId}>\r\n`
  if (description !== undefined) behind += unstructuredField('Content-Description', description, style)
  return [before, behind]
}

/** @throws {SettingsError} `draft.not-text`, `draft.control-character` */
export function descriptionOf({ description }: Attachment, field: string): string | undefined {
  return description === undefined ? undefined : fieldText(description, `${field}.description`)
}

/** The name that was given, as it is; else the last part of the path or URL, whichever slashes there are in it. An empty one is none. */
export function nameOf({ filename, path, url, content }: Attachment, field: string): string | undefined {
  if (filename !== undefined && filename !== '') return fieldText(filename, `${field}.filename`)
  if (path !== undefined) return lastPart(pathOf(path, `${field}.path`), `${field}.path`)
  if (url !== undefined && !isDataUrl(url)) {
    const { protocol, pathname } = urlOf(url, `${field}.url`)
    const at = `${field}.url`
    if (protocol === 'file:') return lastPart(pathOf(new URL(url), at), at)
    return lastPart(decoded(pathname), at)
  }
  // a File, which is a Blob with a name
  if (content instanceof Blob && 'name' in content && typeof content.name === 'string')
    return lastPart(content.name, `${field}.content`)
  return undefined
}

function lastPart(path: string, field: string): string | undefined {
  const name = win32.basename(path) // it knows both slashes
  return name === '' ? undefined : fieldText(name, field)
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return pathname // percent signs that stand for nothing: the name is what is written
  }
}

async function typeByName(filename: string | undefined): Promise<Parameterized> {
  return { value: filename === undefined ? UNKNOWN_TYPE : await mediaTypeOf(filename), parameters: [] }
}

/** A string in the charset that its type names, in UTF-8 when it names none or one that lacks a character; the type then says so. */
async function textOctets(
  text: string,
  { value, parameters }: Parameterized,
  field: string,
): Promise<{ octets: Uint8Array; type: Parameterized }> {
  const named = parameters.find(([name]) => name === 'charset')?.[1]
  const charset = named === undefined ? undefined : await charsetNamed(named, `${field}.contentType`)
  const octets = charset?.encode(text)
  if (octets) return { octets, type: { value, parameters } }
  const others = parameters.filter(([name]) => name !== 'charset')
  const saysCharset = named !== undefined || value.startsWith('text/')
  return {
    octets: Buffer.from(text),
    type: { value, parameters: saysCharset ? [...others, ['charset', 'utf-8']] : parameters },
  }
}

/**
 * Atoms and dots with at most one "@", RFC 2045 7 and RFC 2392; a name without "@" is common and works. What looks like an encoded-word
 * would be decoded by readers that do not know better, line ends and all.
 */
function contentIdentifier(text: string, field: string): string {
  fieldText(text, field)
  if (text.length <= 200 && CONTENT_ID.test(text) && !/=\?.*\?=/.test(text)) return text
  throw refusal(
    'attachment.content-id',
    field,
    'is not a Content-ID',
    'Use letters, digits, dots and hyphens, such as logo@example.com, without "cid:" and angle brackets.',
  )
}

import type { Content } from '@posthorn/ground'
import { malformed } from './ber-reader.js'
import { inBlocks, once } from './blocks.js'
import { asSigned } from './canonical-content.js'
import { readHeaderSection, type HeaderField, type HeaderReading } from './header-section.js'
import { readMediaType, type MediaType } from './media-type.js'
import { looksLikeSmime, smimeMediaType } from './smime-media-type.js'

/** A message or a body part, RFC 2045 2.4, of which the header section was read. */
export interface MimeEntity {
  /** Header section and body. */
  readonly content: Content
  /** Those that say who wrote it and what it is, unfolded. */
  readonly fields: readonly HeaderField[]
  /** Where the body begins. */
  readonly bodyAt: number
  /** An application/octet-stream whose name is one of S/MIME has the media type that the name tells. */
  readonly mediaType: MediaType
}

/**
 * Reads the header section of content. A multipart/signed that was stored with LF at its line ends is given with CRLF, as it was signed; of
 * CMS nothing else is changed.
 * @param insideCms true: content that begins with no field is a body without a header section, such as plain octets that were signed
 * @throws {SettingsError} `smime.malformed` when it is S/MIME to some readers and not to others, or not to all the same; what is S/MIME
 * to nobody is read, however it was made
 */
export async function readEntity(content: Content, insideCms = false): Promise<MimeEntity> {
  const section = await readHeaderSection(content, insideCms)
  const { type, smime } = understood(section)
  const entity = { content, fields: section.fields, bodyAt: section.bodyAt }
  if (smime === 'multipart/signed' && section.endsLinesWithLf) return readEntity(asSigned(content))
  return { ...entity, mediaType: smime === undefined ? type : { value: smime, parameters: type.parameters } }
}

/** What the entity is, when that is plain or does not matter. */
function understood(section: HeaderReading & { readonly others: readonly HeaderReading[] }): {
  type: MediaType
  smime: string | undefined
} {
  const found = typesIn(section)
  const all = [...found, ...section.others.flatMap(typesIn)]
  const [first] = found
  const type = first?.type ?? readMediaType('text/plain')
  if (all.every(({ smime }) => smime === undefined)) return { type, smime: undefined }
  if (section.others.length > 0)
    throw malformed('has a CR or LF that stands alone in its header section, so readers would differ')
  if (found.length > 1) throw malformed('has more than one content-type field, so readers would differ')
  if (section.fields.some(({ isCut }) => isCut)) throw malformed('has a field that is longer than 64 KiB')
  for (const { doubt } of found.map((one) => one.type)) {
    if (doubt !== undefined) throw malformed(`has a content type ${doubt}, so readers would differ`)
  }
  return { type, smime: first?.smime }
}

function typesIn({ fields }: HeaderReading) {
  const names = named(fields, 'content-disposition').flatMap(({ value }) => readMediaType(value).allOf('filename'))
  return named(fields, 'content-type').map(({ value: text, isCut }) => {
    const type = readMediaType(text)
    const unclear = type.value.includes('/')
      ? isCut && MORE_TELLS.has(type.value) // and what tells may be what was cut off
      : isCut || looksLikeSmime(text)
    if (unclear) return { type: { ...type, doubt: 'that is not written as one' }, smime: 'multipart/signed' }
    return { type, smime: smimeMediaType(type, names) }
  })
}

const named = (fields: readonly HeaderField[], name: string) => fields.filter((field) => field.name === name)

/** Whether these are S/MIME is said by their parameters. */
const MORE_TELLS: ReadonlySet<string> = new Set(['multipart/signed', 'application/octet-stream'])

/**
 * The value of a field that may stand once.
 * @throws {SettingsError} `smime.malformed`
 */
export function only(fields: readonly HeaderField[], name: string): string | undefined {
  const [field, ...more] = named(fields, name)
  if (more.length > 0) throw malformed(`has more than one ${name} field, so readers would differ`)
  return field?.value
}

/** A part of content, from one offset to another; it is opened in blocks, between which the event loop goes on. */
export function rangeOf(content: Content, from: number, to = Infinity): Content {
  if (content.octets) {
    const octets = content.octets.subarray(from, to)
    return { octets, sizeOctets: octets.length, open: () => inBlocks(once(octets)) }
  }
  const sizeOctets = Math.min(to, content.sizeOctets ?? Infinity) - from
  return {
    ...(Number.isFinite(sizeOctets) ? { sizeOctets } : {}),
    open: () => between(inBlocks(content.open()), from, to),
  }
}

/** The body of an entity, still in its transfer encoding. */
export const bodyOf = ({ content, bodyAt }: MimeEntity): Content => rangeOf(content, bodyAt)

async function* between(
  source: AsyncIterable<Uint8Array>,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0
  for await (const chunk of source) {
    const piece = chunk.subarray(Math.max(0, from - at), Math.max(0, to - at))
    at += chunk.length
    if (piece.length > 0) yield piece
    if (at >= to) return
  }
}

import type { Content } from '@posthorn/ground'
import { malformed } from './ber-reader.js'

const MAX_HEADER_OCTETS = 256 * 1024
const EMPTY_LINE = Buffer.from('\r\n\r\n')

/** A message or a body part, RFC 2045 2.4, of which the header section was read. */
export interface MimeEntity {
  /** Header section and body. */
  readonly content: Content
  /** Names in lower case, values unfolded. */
  readonly fields: readonly { readonly name: string; readonly value: string }[]
  /** Where the body begins. */
  readonly bodyAt: number
  readonly mediaType: MediaType
}

export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly value: string
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * Reads the header section of content.
 * @throws {SettingsError} `smime.malformed` when it is longer than 256 KiB, or says twice what the body is
 */
export async function readEntity(content: Content): Promise<MimeEntity> {
  const { section, bodyAt } = await headerSection(content)
  const text = section.toString('utf8')
  if (/\r(?!\n)|(?<!\r)\n/.test(text)) {
    throw malformed('has a CR or LF that stands alone in its header section, so readers would differ')
  }
  const fields = text.split(/\r\n(?![ \t])/).flatMap((line) => {
    const colon = line.indexOf(':')
    if (colon < 1) return []
    return [
      {
        name: line.slice(0, colon).trim().toLowerCase(),
        value: line
          .slice(colon + 1)
          .replace(/\s+/g, ' ')
          .trim(),
      },
    ]
  })
  return { content, fields, bodyAt, mediaType: mediaType(only(fields, 'content-type') ?? 'text/plain') }
}

/** The value of a field that may stand once. */
export function only(fields: MimeEntity['fields'], name: string): string | undefined {
  const found = fields.filter((field) => field.name === name)
  if (found.length > 1) throw malformed(`has more than one ${name} field, so readers would differ`)
  return found[0]?.value
}

/** A part of content, from one offset to another. */
export function rangeOf(content: Content, from: number, to = Infinity): Content {
  if (content.octets) {
    const octets = content.octets.subarray(from, to)
    return { octets, sizeOctets: octets.length, open: () => once(octets) }
  }
  const sizeOctets = Math.min(to, content.sizeOctets ?? Infinity) - from
  return {
    ...(Number.isFinite(sizeOctets) ? { sizeOctets } : {}),
    open: () => between(content.open(), from, to),
  }
}

/** The body of an entity, still in its transfer encoding. */
export const bodyOf = ({ content, bodyAt }: MimeEntity): Content => rangeOf(content, bodyAt)

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield octets
}

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

async function headerSection(content: Content): Promise<{ section: Buffer; bodyAt: number }> {
  const { octets } = content
  if (octets) {
    const whole = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
    return cut(whole.subarray(0, MAX_HEADER_OCTETS), 0) ?? endless(whole)
  }
  const held = Buffer.allocUnsafe(MAX_HEADER_OCTETS)
  let length = 0
  for await (const chunk of content.open()) {
    const searched = Math.max(0, length - EMPTY_LINE.length)
    const piece = chunk.subarray(0, held.length - length)
    held.set(piece, length)
    length += piece.length
    const found = cut(held.subarray(0, length), searched)
    if (found) return found
    if (length === held.length) break
  }
  return endless(held.subarray(0, length))
}

/** The header section of these octets, when it ends in them; up to `searched` it does not. */
function cut(octets: Buffer, searched: number): { section: Buffer; bodyAt: number } | undefined {
  if (octets[0] === 13 && octets[1] === 10) return { section: octets.subarray(0, 0), bodyAt: 2 }
  const end = octets.indexOf(EMPTY_LINE, searched)
  return end < 0 ? undefined : { section: octets.subarray(0, end), bodyAt: end + EMPTY_LINE.length }
}

/** A header section without an empty line behind it: then there is no body. */
function endless(octets: Buffer): { section: Buffer; bodyAt: number } {
  if (octets.length >= MAX_HEADER_OCTETS) throw malformed('has a header section that is longer than 256 KiB')
  return { section: octets, bodyAt: octets.length }
}

const PARAMETER = / ?; ?([^ =;"]+) ?= ?(?:"((?:[^"\\]|\\.)*)"|([^ ;"]*))/gy

function mediaType(text: string): MediaType {
  const value = /^[^ ;]*/.exec(text)![0]
  const parameters = new Map<string, string>()
  for (const [, name = '', quoted, token = ''] of text.slice(value.length).matchAll(PARAMETER)) {
    const key = name.toLowerCase()
    if (parameters.has(key)) throw malformed(`has a content type that names ${key} twice, so readers would differ`)
    parameters.set(key, quoted === undefined ? token : quoted.replace(/\\(.)/g, '$1'))
  }
  return { value: value.toLowerCase(), parameters }
}

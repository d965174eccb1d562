import type { ContentEncoding } from '@posthorn/ground'
import type { FieldStyle } from '../header/field-style.js'
import { parameterizedField } from '../header/parameter.js'
import type { Source } from './source.js'

/**
 * A run of a part's octets: text as it stands (ASCII, or UTF-8), octets as they stand, a source to be put into base64, or a source whose
 * octets stand as they are.
 */
export type Piece = string | Uint8Array | { readonly base64: Source } | { readonly run: Source }

/** A body part or a whole body, RFC 2045 2.5. */
export interface Part {
  /** Its Content- fields, each with its CRLF. */
  readonly fields: string
  readonly pieces: readonly Piece[]
  /** True when the pieces end with a line end that belongs to the encoding and not to what is encoded. */
  readonly endsLine: boolean
  /** True when the octets end within a line and the last piece does not show it. */
  readonly isUnended?: boolean
  /** What its octets need from the path; absent: 7bit. */
  readonly encoding?: ContentEncoding
}

/** A body before its transfer encodings are settled. */
export interface Body {
  /**
   * The same body for a path that carries no more than `widest`: with `7bit` nothing but ASCII in short lines. The boundaries stay the same.
   * @throws {SettingsError} `draft.encoding` when a part of it must not be changed and needs more: when `widest` is less than `narrowest`
   */
  render(widest: ContentEncoding): Part
  /** The least it can be rendered for; absent: 7bit, which is so unless it holds a part that is ready and needs more. */
  readonly narrowest?: ContentEncoding
  /** Frees what composing put on disk; see `Content.release`. Absent when there is nothing. */
  readonly release?: () => void
}

/** A body that is not a multipart. */
export interface Leaf extends Body {
  /** True when its octets, in any of its renderings, may hold these hexadecimal digits: a boundary must not be made of them then. */
  mayHold(digits: string): boolean
}

const WIDTH = { '7bit': 0, '8bit': 1, binary: 2 } as const

/** The wider of two; absent counts as 7bit. */
export function wider(a: ContentEncoding = '7bit', b: ContentEncoding = '7bit'): ContentEncoding {
  return WIDTH[a] >= WIDTH[b] ? a : b
}

/** True when a path of `widest` carries what needs `encoding`. */
export function carries(widest: ContentEncoding, encoding: ContentEncoding = '7bit'): boolean {
  return WIDTH[encoding] <= WIDTH[widest]
}

/** Parts under one roof, RFC 2046 5.1. The boundary must occur in none of them. What one of them needs, all need (RFC 2045 6.4). */
export function multipart(
  subtype: string,
  boundary: string,
  parts: readonly Part[],
  style?: FieldStyle,
  rootType?: string,
): Part {
  const pieces: Piece[] = []
  let encoding: ContentEncoding = '7bit'
  for (const part of parts) {
    if (part.encoding !== undefined) encoding = wider(encoding, part.encoding)
    pieces.push(`--${boundary}\r\n${part.fields}\r\n`, ...part.pieces)
    if (!part.endsLine) pieces.push('\r\n') // this one belongs to the delimiter
  }
  pieces.push(`--${boundary}--\r\n`)
  const parameters: [string, string][] = [['boundary', boundary]]
  if (rootType !== undefined) parameters.unshift(['type', rootType]) // RFC 2387 3.1
  const type = parameterizedField('Content-Type', { value: `multipart/${subtype}`, parameters }, style)
  const fields = encoding === '7bit' ? type : `${type}Content-Transfer-Encoding: ${encoding}\r\n`
  return { fields, pieces, endsLine: true, encoding }
}

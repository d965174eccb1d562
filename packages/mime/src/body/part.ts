import { parameterizedField } from './parameter.js'
import type { Source } from './source.js'

/** A run of a part's octets: text as it stands (ASCII, or UTF-8 in header fields), octets as they stand, or a source to be put into base64. */
export type Piece = string | Uint8Array | { readonly base64: Source }

/** A body part or a whole body, RFC 2045 2.5. */
export interface Part {
  /** Its Content- fields, each with its CRLF. */
  readonly fields: string
  readonly pieces: readonly Piece[]
  /** True when the pieces end with a line end that belongs to the encoding and not to what is encoded. */
  readonly endsLine: boolean
}

/** Parts under one roof, RFC 2046 5.1. The boundary must occur in none of them. */
export function multipart(subtype: string, boundary: string, parts: readonly Part[], rootType?: string): Part {
  const pieces: Piece[] = []
  for (const part of parts) {
    pieces.push(`--${boundary}\r\n${part.fields}\r\n`, ...part.pieces)
    if (!part.endsLine) pieces.push('\r\n') // this one belongs to the delimiter
  }
  pieces.push(`--${boundary}--\r\n`)
  const parameters: [string, string][] = [['boundary', boundary]]
  if (rootType !== undefined) parameters.unshift(['type', rootType]) // RFC 2387 3.1
  return {
    fields: parameterizedField('Content-Type', { value: `multipart/${subtype}`, parameters }),
    pieces,
    endsLine: true,
  }
}

import type { ContentEncoding } from '@posthorn/ground'
import { base64Size } from '../encode/base64.js'
import { quotedPrintable } from '../encode/quoted-printable.js'
import type { Charset } from '../header/charset.js'
import type { Leaf, Part, Piece } from './part.js'
import { memorySource } from './source.js'

const MAX_LINE = 998 // RFC 5322 2.1.1
const LF = 10

/** What stands before the charset and behind it in the Content-Type field of a text. */
export interface TextType {
  /** The field with everything but its charset: with the field name, without a line end. */
  fields(charset: string): string
}

/** `Content-Type: text/plain; charset=...` and the like, for a type without parameters that need care. */
export function plainType(type: string, parameters = ''): TextType {
  return { fields: (charset) => `Content-Type: ${type}; charset=${charset}${parameters}\r\n` }
}

/**
 * A text as a body part, with CRLF at its line ends: in UTF-8, or in `charset` when it has all its characters. It goes as it stands when it
 * is 7-bit, or 8-bit where the path carries that, with lines within 998 octets and without NUL; else in quoted-printable or base64,
 * whichever is shorter. A lone surrogate becomes U+FFFD.
 */
export function textLeaf(type: TextType, text: string, charset?: Charset): Leaf {
  const lines = withCrlf(text)
  if (charset && !isAscii(lines)) {
    const octets = charset.encode(lines)
    if (octets) return new TextLeaf(type.fields(charset.name), octets)
  }
  return new TextLeaf(type.fields(charset && isAscii(lines) ? charset.name : 'utf-8'), lines)
}

class TextLeaf implements Leaf {
  readonly #type: string
  readonly #lines: string | Buffer
  readonly #fits: ContentEncoding | undefined
  #plain: Part | undefined
  #encoded: Part | undefined

  constructor(type: string, lines: string | Buffer) {
    this.#type = type
    this.#lines = lines
    this.#fits = typeof lines === 'string' ? fitting(lines) : fittingOctets(lines)
  }

  mayHold(digits: string): boolean {
    return this.#lines.includes(digits)
  }

  render(widest: ContentEncoding): Part {
    const fits = this.#fits
    if (fits === undefined || (fits === '8bit' && widest === '7bit')) return (this.#encoded ??= this.#encode())
    return (this.#plain ??= {
      fields: `${this.#type}Content-Transfer-Encoding: ${fits}\r\n`,
      pieces: [this.#lines],
      endsLine: false,
      encoding: fits,
    })
  }

  #encode(): Part {
    const octets = typeof this.#lines === 'string' ? Buffer.from(this.#lines) : this.#lines
    const quoted = quotedPrintable(octets)
    const short = quoted.length <= base64Size(octets.length)
    const pieces: Piece[] = [short ? quoted : { base64: memorySource(octets) }]
    const fields = `${this.#type}Content-Transfer-Encoding: ${short ? 'quoted-printable' : 'base64'}\r\n`
    return { fields, pieces, endsLine: !short }
  }
}

/** Every line end as CRLF (RFC 2046 4.1.1). */
export function withCrlf(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n|\r|\n/g, '\r\n') : text.replaceAll('\n', '\r\n')
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}

/** As what a text can go as it stands, when it can (RFC 2045 2.7, 2.8). */
function fitting(lines: string): '7bit' | '8bit' | undefined {
  const ascii = !/[^\x01-\x7f]/.test(lines)
  if (!ascii && lines.includes('\0')) return undefined
  // a UTF-16 unit gives three octets at most
  if (lines.length > (ascii ? MAX_LINE : MAX_LINE / 3)) {
    for (let start = 0; start < lines.length;) {
      const found = lines.indexOf('\r\n', start)
      const end = found < 0 ? lines.length : found
      const length = end - start
      if (length > MAX_LINE) return undefined
      if (!ascii && length > MAX_LINE / 3 && Buffer.byteLength(lines.slice(start, end)) > MAX_LINE) return undefined
      start = end + 2
    }
  }
  return ascii ? '7bit' : '8bit'
}

function fittingOctets(octets: Buffer): '7bit' | '8bit' | undefined {
  if (octets.includes(0)) return undefined
  for (let start = 0; start < octets.length;) {
    const found = octets.indexOf(LF, start)
    const end = found < 0 ? octets.length : found - 1
    if (end - start > MAX_LINE) return undefined
    start = end + 2
  }
  return octets.some((octet) => octet > 127) ? '8bit' : '7bit'
}

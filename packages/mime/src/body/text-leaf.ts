import { isAscii as areAscii } from 'node:buffer'
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
  if (!charset) return new TextLeaf(type.fields('utf-8'), lines)
  // a control character begins another set in ISO-2022-JP, and is a letter in VISCII
  if (!/[^\t\r\n -~]/.test(lines)) return new TextLeaf(type.fields(charset.name), lines)
  const octets = charset.encode(lines)
  return octets ? new TextLeaf(type.fields(charset.name), octets) : new TextLeaf(type.fields('utf-8'), lines)
}

class TextLeaf implements Leaf {
  readonly #type: string
  readonly #lines: string | Buffer
  /** True for ASCII without NUL. */
  readonly #ascii: boolean
  #fits: ContentEncoding | 'none' | undefined
  #plain: Part | undefined
  #encoded: Part | undefined

  constructor(type: string, lines: string | Buffer) {
    this.#type = type
    this.#lines = lines
    this.#ascii = typeof lines === 'string' ? !/[^\x01-\x7f]/.test(lines) : areAscii(lines) && !lines.includes(0)
  }

  mayHold(digits: string): boolean {
    return this.#lines.includes(digits)
  }

  render(widest: ContentEncoding): Part {
    // whether a text of other octets could go as it stands is not even looked at where that is no question
    if (widest === '7bit' && !this.#ascii) return (this.#encoded ??= this.#encode())
    const fits = (this.#fits ??= this.#fitting())
    if (fits === 'none') return (this.#encoded ??= this.#encode())
    return (this.#plain ??= {
      fields: `${this.#type}Content-Transfer-Encoding: ${fits}\r\n`,
      pieces: [this.#lines],
      endsLine: false,
      encoding: fits,
    })
  }

  /** As what the text can go as it stands, when it can (RFC 2045 2.7, 2.8). */
  #fitting(): '7bit' | '8bit' | 'none' {
    const lines = this.#lines
    if (!this.#ascii && lines.includes('\0')) return 'none'
    const short = typeof lines === 'string' ? shortLines(lines, this.#ascii) : shortOctetLines(lines)
    return short ? (this.#ascii ? '7bit' : '8bit') : 'none'
  }

  #encode(): Part {
    const lines = this.#lines
    const octets = typeof lines === 'string' ? lentOctets(lines) : lines
    const quoted = quotedPrintable(octets)
    const short = quoted.length <= base64Size(octets.length)
    const own = () => (typeof lines === 'string' ? Buffer.from(octets) : lines)
    const pieces: Piece[] = [short ? quoted : { base64: memorySource(own()) }]
    const fields = `${this.#type}Content-Transfer-Encoding: ${short ? 'quoted-printable' : 'base64'}\r\n`
    return { fields, pieces, endsLine: !short }
  }
}

/** Of a text that is not longer, UTF-8 is written to memory that is there already. */
const MAX_LENT_UNITS = 32 * 1024
/** A UTF-16 unit gives three octets at most. */
const MOST_OCTETS = 3

let scratch: Buffer | undefined

/** Text in UTF-8, to be used up at once. `Buffer.from` would go over it twice, first to count. */
function lentOctets(text: string): Buffer {
  if (text.length > MAX_LENT_UNITS) return Buffer.from(text)
  scratch ??= Buffer.allocUnsafeSlow(MOST_OCTETS * MAX_LENT_UNITS)
  return scratch.subarray(0, scratch.write(text))
}

/** Every line end as CRLF (RFC 2046 4.1.1). */
export function withCrlf(text: string): string {
  if (!text.includes('\r')) return text.replaceAll('\n', '\r\n')
  // many replacements, even by the same, take more memory than the text
  return /\r(?!\n)|(?<!\r)\n/.test(text) ? text.replace(/\r\n|\r|\n/g, '\r\n') : text
}

/** Whether no line has more than 998 octets. */
function shortLines(lines: string, ascii: boolean): boolean {
  if (lines.length <= (ascii ? MAX_LINE : MAX_LINE / MOST_OCTETS)) return true
  for (let start = 0; start < lines.length;) {
    const found = lines.indexOf('\r\n', start)
    const end = found < 0 ? lines.length : found
    const length = end - start
    if (length > MAX_LINE) return false
    if (!ascii && length > MAX_LINE / MOST_OCTETS && Buffer.byteLength(lines.slice(start, end)) > MAX_LINE) return false
    start = end + 2
  }
  return true
}

function shortOctetLines(octets: Buffer): boolean {
  for (let start = 0; start < octets.length;) {
    const found = octets.indexOf(LF, start)
    const end = found < 0 ? octets.length : found - 1
    if (end - start > MAX_LINE) return false
    start = end + 2
  }
  return true
}

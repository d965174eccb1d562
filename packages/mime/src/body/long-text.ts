import { isAscii } from 'node:buffer'
import type { ContentEncoding } from '@posthorn/ground'
import { base64Size } from '../encode/base64.js'
import { QuotedPrintableLines } from '../encode/quoted-printable.js'
import type { Charset } from '../header/charset.js'
import { inTurns, Turn } from '../turn.js'
import type { Leaf, Part, Piece } from './part.js'
import { memorySource, type Source } from './source.js'
import type { Stop } from './stop.js'
import { withCrlf, type TextType } from './text-leaf.js'

/** A text of more UTF-16 units than these would keep others waiting if it were made at once. */
export const MAX_AT_ONCE_UNITS = 256 * 1024
const SLICE_UNITS = 32 * 1024
const MAX_LINE = 998 // RFC 5322 2.1.1
const LF = 10

/** What is done to a text before its line ends become CRLF. */
export interface LongTextOptions {
  readonly charset?: Charset | undefined
  /** Is given whole lines. */
  readonly transform?: ((lines: string) => string) | undefined
  readonly stop?: Stop | undefined
}

/** The same as `textLeaf`, made and read in slices between which the event loop goes on: for texts of any length. */
export async function longTextLeaf(type: TextType, text: string, options: LongTextOptions): Promise<Leaf> {
  const { charset } = options
  const octets =
    charset &&
    (await octetsOf(text, options, (lines) => (isPlain(lines) ? Buffer.from(lines, 'latin1') : charset.encode(lines))))
  const name = octets ? charset.name : 'utf-8'
  const settled = octets ?? (await octetsOf(text, options, (lines) => Buffer.from(lines)))
  const fits = await fitting(settled, options.stop)
  const size = fits === '7bit' ? 0 : await quotedSize(settled, options.stop)
  return new LongText(type.fields(name), settled, fits, size)
}

/** As in `textLeaf`: a control character begins another set in some charsets. */
const isPlain = (lines: string) => !/[^\t\r\n -~]/.test(lines)

class LongText implements Leaf {
  readonly #type: string
  readonly #octets: Buffer
  readonly #fits: ContentEncoding | 'none'
  readonly #quotedSize: number
  #plain: Part | undefined
  #encoded: Part | undefined

  constructor(type: string, octets: Buffer, fits: ContentEncoding | 'none', size: number) {
    this.#type = type
    this.#octets = octets
    this.#fits = fits
    this.#quotedSize = size
  }

  mayHold(digits: string): boolean {
    return this.#octets.includes(digits)
  }

  render(widest: ContentEncoding): Part {
    const fits = this.#fits
    if (fits === 'none' || (fits === '8bit' && widest === '7bit')) return (this.#encoded ??= this.#encode())
    const octets = this.#octets
    const source: Source = { sizeOctets: octets.length, read: () => inTurns(octets) }
    return (this.#plain ??= { ...this.#part(fits, { run: source }), encoding: fits })
  }

  #encode(): Part {
    const octets = this.#octets
    if (this.#quotedSize > base64Size(octets.length)) {
      const fields = `${this.#type}Content-Transfer-Encoding: base64\r\n`
      return { fields, pieces: [{ base64: memorySource(octets) }], endsLine: true }
    }
    return this.#part('quoted-printable', { run: { sizeOctets: this.#quotedSize, read: () => quoted(octets) } })
  }

  #part(encoding: string, piece: Piece): Part {
    const part = {
      fields: `${this.#type}Content-Transfer-Encoding: ${encoding}\r\n`,
      pieces: [piece],
      endsLine: false,
    }
    return this.#octets.at(-1) === LF ? part : { ...part, isUnended: true }
  }
}

/** Undefined when the charset lacks a character. */
async function octetsOf<T extends Buffer | undefined>(
  text: string,
  { transform, stop }: LongTextOptions,
  encode: (lines: string) => T,
): Promise<Buffer | (T & undefined)> {
  const turn = new Turn()
  const parts: Buffer[] = []
  for (const slice of slicesOf(text, transform !== undefined)) {
    const octets = encode(withCrlf(transform ? transform(slice) : slice))
    if (!octets) return octets
    parts.push(octets)
    await paused(turn, stop)
  }
  return Buffer.concat(parts)
}

/**
 * Slices that end behind a line end. In a line that is longer than a slice they end in its midst, but for `wholeLines`, and never between
 * the halves of a surrogate pair.
 */
function* slicesOf(text: string, wholeLines: boolean): Generator<string, void, undefined> {
  const lineEnd = /\r\n|\r|\n/g
  for (let at = 0; at < text.length;) {
    let end = Math.min(at + SLICE_UNITS, text.length)
    if (end < text.length) {
      const slice = text.slice(at, end)
      const last = Math.max(slice.lastIndexOf('\n'), slice.lastIndexOf('\r')) + 1
      if (last > 0) end = at + last
      else if (wholeLines) {
        lineEnd.lastIndex = end
        end = lineEnd.exec(text) ? lineEnd.lastIndex : text.length
      } else if (isHighSurrogate(text.charCodeAt(end - 1))) end--
      if (text[end - 1] === '\r' && text[end] === '\n') end++
    }
    yield text.slice(at, end)
    at = end
  }
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00

/** As what the text can go as it stands, when it can (RFC 2045 2.7, 2.8). */
async function fitting(octets: Buffer, stop: Stop | undefined): Promise<'7bit' | '8bit' | 'none'> {
  const turn = new Turn()
  let ascii = true
  let lineStart = 0
  for (let at = 0; at < octets.length; at += SLICE_UNITS) {
    const slice = octets.subarray(at, at + SLICE_UNITS)
    if (slice.includes(0)) return 'none'
    ascii &&= isAscii(slice)
    for (let lf = slice.indexOf(LF); lf >= 0; lf = slice.indexOf(LF, lf + 1)) {
      if (at + lf - 1 - lineStart > MAX_LINE) return 'none'
      lineStart = at + lf + 1
    }
    await paused(turn, stop)
  }
  if (octets.length - lineStart > MAX_LINE) return 'none'
  return ascii ? '7bit' : '8bit'
}

async function quotedSize(octets: Buffer, stop: Stop | undefined): Promise<number> {
  const turn = new Turn()
  const lines = new QuotedPrintableLines()
  let size = 0
  for (let at = 0; at < octets.length; at += SLICE_UNITS) {
    for (const block of lines.push(octets.subarray(at, at + SLICE_UNITS))) size += block.length
    await paused(turn, stop)
  }
  for (const block of lines.end()) size += block.length
  return size
}

async function* quoted(octets: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
  const turn = new Turn()
  const lines = new QuotedPrintableLines()
  for (let at = 0; at < octets.length; at += SLICE_UNITS) {
    yield* lines.push(octets.subarray(at, at + SLICE_UNITS))
    if (turn.isOver) await turn.pass()
  }
  yield* lines.end()
}

async function paused(turn: Turn, stop: Stop | undefined): Promise<void> {
  if (!turn.isOver) return
  await turn.pass()
  stop?.check()
}

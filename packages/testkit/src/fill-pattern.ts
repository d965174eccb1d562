import { random } from './random.js'
import type { Random } from './random.js'

/** What the content looks like; every value has a default. */
export interface FillOptions {
  /** The same seed and size give the same octets (1). */
  readonly seed?: number
  /** The longest line, in octets without CRLF, 1 to 998 (76). */
  readonly lineOctets?: number
  /** How many of a hundred lines begin with a dot, 0 to 100 (12). Some of those are a lone dot. */
  readonly dotPercent?: number
  /** Letters from outside ASCII (UTF-8) in the body (false: 7-bit). */
  readonly eightBit?: boolean
  /** Header fields with CRLF after each; the empty line is added. A content too small to hold them has none. `''`: no header at all. */
  readonly header?: string
}

const FILLER_OCTETS = 32 * 1024
const BLOCK_OCTETS = 64 * 1024
const WORDS =
  'relay message content letter queue session octets mailbox envelope transaction header field reply verb'.split(' ')

/**
 * Message content of exactly `sizeOctets` octets: a header, an empty line, lines of text. Every line ends with CRLF and there is no CR
 * or LF elsewhere; some lines begin with dots.
 * @throws {RangeError} for a size of 1, which cannot end with CRLF, or options out of range
 */
export function fillPattern(sizeOctets: number, options: FillOptions = {}): Buffer {
  return Buffer.concat([...fillPatternBlocks(sizeOctets, options)], sizeOctets)
}

/** The same octets in blocks of up to 64 KiB, each in memory of its own, for contents that are never held whole. */
export function* fillPatternBlocks(sizeOctets: number, options: FillOptions = {}): Generator<Buffer, void, undefined> {
  const { seed = 1, lineOctets = 76, dotPercent = 12, eightBit = false, header = defaultHeader(seed) } = options
  if (!Number.isSafeInteger(sizeOctets) || sizeOctets < 0 || sizeOctets === 1)
    throw new RangeError(`no content has ${sizeOctets} octets`)
  if (lineOctets < 1 || lineOctets > 998) throw new RangeError(`lineOctets is ${lineOctets}, not 1 to 998`)
  const dice = random(seed)
  const filler = makeFiller(dice, eightBit)
  const head = Buffer.from(header === '' ? '' : `${header}\r\n`)
  let left = sizeOctets
  if (head.length > 0 && (head.length === left || head.length + 2 <= left)) {
    left -= head.length
    yield head
  }
  while (left > 0) {
    const room = Math.min(left, BLOCK_OCTETS)
    const block = Buffer.allocUnsafe(room)
    let used = 0
    while (left > 0) {
      const line = lineLength(dice, lineOctets, left)
      if (used + line + 2 > room) break
      writeLine(block, used, line, dice, filler, dotPercent)
      used += line + 2
      left -= line + 2
    }
    yield block.subarray(0, used)
  }
}

function defaultHeader(seed: number): string {
  return (
    'Date: Thu, 01 Jan 2026 12:00:00 +0000\r\nFrom: a@example.test\r\nTo: b@example.test\r\n' +
    `Subject: pattern ${seed}\r\nMessage-ID: <pattern.${seed}@example.test>\r\nMIME-Version: 1.0\r\n`
  )
}

/** A length that leaves nothing, or enough for one more line end, so that the size comes out exactly. */
function lineLength(dice: Random, lineOctets: number, left: number): number {
  const kind = dice.integer(32)
  const wanted = kind < 4 ? dice.integer(lineOctets + 1) : kind < 6 ? 1 : lineOctets // 1: for lone dots
  const length = Math.min(wanted, left - 2)
  if (left - length - 2 !== 1) return length
  return length > 0 ? length - 1 : 1
}

function writeLine(block: Buffer, at: number, length: number, dice: Random, filler: Buffer, dotPercent: number): void {
  let from = dice.integer(FILLER_OCTETS)
  while ((filler[from]! & 0xc0) === 0x80) from++ // not in the middle of a character
  filler.copy(block, at, from, from + length)
  let end = at + length
  if (length > 0 && (filler[from + length]! & 0xc0) === 0x80) {
    while ((block[end - 1]! & 0xc0) === 0x80) block[--end] = 0x78
    block[end - 1] = 0x78
  }
  if (length > 0 && dice.integer(100) < dotPercent) {
    if (block[at]! < 0x80) block[at] = 0x2e
    if (length > 1 && block[at]! === 0x2e && block[at + 1]! < 0x80 && dice.integer(3) === 0) block[at + 1] = 0x2e
  } else if (block[at] === 0x2e) {
    block[at] = 0x78
  }
  block[at + length] = 0x0d
  block[at + length + 1] = 0x0a
}

/** Text to cut lines from, longer than the furthest starting point and the longest line. Never a CR, LF or control character. */
function makeFiller(dice: Random, eightBit: boolean): Buffer {
  const words = eightBit ? [...WORDS, 'größe', 'žádost', '手紙'] : WORDS
  let text = ''
  while (text.length < FILLER_OCTETS + 1100) text += `${dice.pick(words)}${dice.integer(9) === 0 ? '. ' : ' '}`
  return Buffer.from(text)
}

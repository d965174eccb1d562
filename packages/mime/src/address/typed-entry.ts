/** A stretch of typed text that stands for one mailbox, with what was seen outside quoted strings and comments. */
export interface TypedEntry {
  /** As it was typed, without white space and separators at its ends. */
  readonly text: string
  /** Where the first "<" stands in `text`; -1 when there is none. */
  readonly angleAt: number
  /** True when there is exactly one "<" and one ">". */
  readonly onePair: boolean
  /** True when a colon stands before the first "<". */
  readonly colon: boolean
  /** True when it has a comma outside the angle brackets: what is before it has no "@" and belongs to what is behind it. */
  readonly comma: boolean
  /** What is not closed, or holds a line end. */
  readonly fault?: string
}

/** White space, marks of direction, zero-width spaces and the like, which come along when an address is copied from a window. */
const INVISIBLE = /[\s\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/
const LINE_ENDS = '\n\v\f\r\x85\u2028\u2029'
/** The separators and their full-width forms, which no address can hold outside a quoted string. */
const COMMAS = ',\uff0c'
const SEMICOLONS = ';\uff1b'
const WHITE = ' \t\r\n'
const AFTER = WHITE + COMMAS

/** The characters to stop at; all others only fill an entry. */
const MARKS = new Uint8Array(256)
for (const character of `"\\()<>@:,;\n\v\f\r\x85`) MARKS[character.charCodeAt(0)] = 1
const isMark = (code: number) =>
  code < 256 ? MARKS[code] === 1 : code === 0x2028 || code === 0x2029 || code === 0xff0c || code === 0xff1b

/**
 * Parts typed text at semicolons, line ends and commas, which are none within quoted strings, comments and angle brackets. A piece
 * before a comma that has no "@" is not an entry of its own: it is the first half of `Last, First <a@b>`. What is opened and never
 * closed takes all the rest with it, so no half of a quoted string is ever read as an address. Linear time, no recursion.
 */
export function* typedEntries(text: string): Generator<TypedEntry> {
  let scan = new EntryScan(text, 0)
  for (let at = 0; at < text.length; at++) {
    if (!isMark(text.charCodeAt(at)) || !scan.separates(at)) continue
    const blank = scan.isBlank(at)
    if (!blank && !scan.hasAddress && COMMAS.includes(text[at] ?? '')) {
      scan.comma = true
      continue
    }
    if (!blank) yield scan.entry(at)
    scan = new EntryScan(text, at + 1)
  }
  if (!scan.isBlank(text.length)) yield scan.entry(text.length)
}

/** The text without the spaces, tabs and line ends at its ends. */
export function trimWhite(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && WHITE.includes(text[start] ?? '')) start++
  while (end > start && WHITE.includes(text[end - 1] ?? '')) end--
  return text.slice(start, end)
}

/** The text without what is not seen at its ends. */
export function trimInvisible(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && INVISIBLE.test(text[start] ?? '')) start++
  while (end > start && INVISIBLE.test(text[end - 1] ?? '')) end--
  return text.slice(start, end)
}

/** Goes over the marks of one entry. */
class EntryScan {
  comma = false
  readonly #text: string
  readonly #start: number
  #visibleAt: number
  #inside: 'quoted string' | 'comment' | undefined
  #depth = 0 // of comments
  #skip = -1 // the place behind a backslash
  #inAngle = false
  #opened = 0
  #closed = 0
  #angleAt = -1
  #colon = false
  #hasAtSign = false
  #lineEnd = false

  constructor(text: string, start: number) {
    this.#text = text
    this.#start = start
    this.#visibleAt = start
  }

  /** True when there is an address in it so far, or was meant to be one. */
  get hasAddress(): boolean {
    return this.#hasAtSign || this.#opened > 0
  }

  /** Moves over the mark at a place of the text. True when it separates entries. */
  separates(at: number): boolean {
    const mark = this.#text[at] ?? ''
    if (mark === '@') this.#hasAtSign = true
    if (LINE_ENDS.includes(mark)) {
      if (!this.#inside && !this.#inAngle) return true
      this.#lineEnd = true
    }
    if (!this.#inside) return this.#outside(mark, at)
    if (this.#skip === at) return false
    if (mark === '\\') this.#skip = at + 1
    else if (this.#inside === 'quoted string') {
      if (mark === '"') this.#inside = undefined
    } else if (mark === '(') this.#depth++
    else if (mark === ')' && --this.#depth === 0) this.#inside = undefined
    return false
  }

  /** True when nothing is to be seen up to `end`. Each place is looked at once, however often this is asked. */
  isBlank(end: number): boolean {
    while (this.#visibleAt < end && INVISIBLE.test(this.#text[this.#visibleAt] ?? '')) this.#visibleAt++
    return this.#visibleAt >= end
  }

  /** The entry that ends before `end`. */
  entry(end: number): TypedEntry {
    let start = this.#start
    while (start < end && WHITE.includes(this.#text[start] ?? '')) start++
    let last = end
    while (last > start && AFTER.includes(this.#text[last - 1] ?? '')) last--
    const fault = this.#fault()
    return {
      text: this.#text.slice(start, last),
      angleAt: this.#angleAt < 0 ? -1 : this.#angleAt - start,
      onePair: this.#opened === 1 && this.#closed === 1,
      colon: this.#colon,
      comma: this.comma,
      ...(fault === undefined ? {} : { fault }),
    }
  }

  #fault(): string | undefined {
    if (this.#inside) return `a ${this.#inside} is not closed`
    if (this.#inAngle) return 'an angle bracket is not closed'
    return this.#lineEnd ? 'a line ends within quotation marks, a comment or angle brackets' : undefined
  }

  #outside(mark: string, at: number): boolean {
    if (mark === '"') this.#inside = 'quoted string'
    else if (mark === '(') {
      this.#inside = 'comment'
      this.#depth = 1
    } else if (mark === '<') {
      if (this.#opened++ === 0) this.#angleAt = at
      this.#inAngle = true
    } else if (mark === '>') {
      this.#closed++
      this.#inAngle = false
    } else if (mark === ':') this.#colon ||= this.#opened === 0
    else return !this.#inAngle && (COMMAS.includes(mark) || SEMICOLONS.includes(mark))
    return false
  }
}

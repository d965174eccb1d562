import { DEFAULT_STYLE, type FieldStyle } from './field-style.js'

/** RFC 5322 2.1.1, in octets. */
export const MAX_LINE = 998
/** RFC 2047 2: a line with an encoded-word. */
const MAX_WORD_LINE = 76
/** A word longer than this cannot stay within the 998 octets of a line and is split by encoding it. */
const MAX_PLAIN_WORD = 900
/** More spaces than these in a row would fill a line with nothing else. */
const MAX_PLAIN_SPACES = 40
const PLAIN = /^[!-~]+(?: [!-~]+)*$/

/**
 * A field of tokens, folded only between them. Each token is within 997 octets and holds no line end: the caller has seen to that.
 * @returns the field with its last CRLF
 */
export function tokensField(name: string, tokens: readonly string[], style: FieldStyle = DEFAULT_STYLE): string {
  const line = new FieldLine(name, style)
  for (const token of tokens) line.put(' ', token, token.startsWith('=?'))
  return line.end()
}

/**
 * A field of unstructured text (RFC 5322 3.2.5) that reads back as exactly `text`. What is not printable ASCII, and what looks like
 * an encoded-word, is encoded (RFC 2047 7); all else stays as it is. With a style of UTF-8 the text stays as it is but for its canonical
 * form (NFC, RFC 6532 3.1), and only what readers take for white space is encoded. With `asciiAsIs` a text of printable ASCII reads back as
 * a reader takes it, encoded-words and all. The text holds no control character: `fieldText` has seen to it.
 * @returns the field with its last CRLF
 */
export function unstructuredField(name: string, text: string, style: FieldStyle = DEFAULT_STYLE): string {
  if (text === '') return `${name}:\r\n`
  if (
    name.length + 2 + text.length <= style.foldAt &&
    text.length <= MAX_PLAIN_WORD &&
    PLAIN.test(text) &&
    (style.asciiAsIs || !text.includes('=?'))
  )
    return `${name}: ${text}\r\n`
  const line = new FieldLine(name, style)
  for (const { lead, text: run, encode } of runs(style.utf8 ? text.normalize('NFC') : text, style)) {
    const space = lead === '' ? ' ' : lead
    if (!encode) line.put(space, run, false)
    else
      style.words(run, line.roomForWord(space)).forEach((word, index) => {
        line.put(index === 0 ? space : ' ', word, true)
      })
  }
  return line.end()
}

/**
 * A field with a grammar of its own, as it stands, folded before its spaces only.
 * @param text as `structuredText` gives it
 * @returns the field with its last CRLF
 */
export function structuredField(name: string, text: string, style: FieldStyle = DEFAULT_STYLE): string {
  const line = new FieldLine(name, style)
  for (let at = 0; at < text.length;) {
    let start = at
    while (text[start] === ' ') start++
    const space = text.indexOf(' ', start)
    const end = space < 0 ? text.length : space
    line.put(at === start ? ' ' : text.slice(at, start), text.slice(start, end), false)
    at = end
  }
  return line.end()
}

/** A field under construction, line by line. */
class FieldLine {
  readonly #limit: number
  readonly #wordLimit: number
  readonly #inOctets: boolean
  #field: string
  #column: number
  #holdsWord = false

  constructor(name: string, { foldAt, utf8 }: FieldStyle) {
    this.#limit = Math.min(foldAt, MAX_LINE)
    this.#wordLimit = foldAt === Infinity ? MAX_LINE : Math.min(foldAt, MAX_WORD_LINE)
    this.#inOctets = utf8 && this.#limit > MAX_LINE / 3 // no UTF-16 unit has more octets than three, so shorter lines are safe
    this.#field = `${name}:`
    this.#column = this.#field.length
  }

  /** How long an encoded-word may be so as to stay on this line. */
  roomForWord(lead: string): number {
    return this.#wordLimit - this.#column - lead.length
  }

  put(lead: string, token: string, isWord: boolean): void {
    const length = lead.length + (this.#inOctets ? Buffer.byteLength(token) : token.length)
    if (this.#column + length > (isWord || this.#holdsWord ? this.#wordLimit : this.#limit)) {
      this.#field += '\r\n'
      this.#column = 0
      this.#holdsWord = false
    }
    this.#field += lead + token
    this.#column += length
    this.#holdsWord ||= isWord
  }

  end(): string {
    return `${this.#field}\r\n`
  }
}

interface Run {
  /** The spaces before it; '' for the first. */
  readonly lead: string
  text: string
  readonly encode: boolean
}

/**
 * The words of a text; words to be encoded that stand side by side are one run, since the white space between two encoded-words is
 * not shown. Spaces at either end would not survive as they are, so they are encoded with the word beside them.
 */
function runs(text: string, style: FieldStyle): Run[] {
  const maxSpaces = Math.min(MAX_PLAIN_SPACES, Math.floor(style.foldAt / 2))
  const goesAsIs = style.asciiAsIs && /^[ -~]*$/.test(text)
  const start = text.search(/[^ ]/)
  if (start < 0) return [{ lead: '', text, encode: true }]
  let end = text.length
  while (text[end - 1] === ' ') end--
  const found: Run[] = []
  for (let at = start; at < end;) {
    let wordAt = at
    while (text[wordAt] === ' ') wordAt++
    const space = text.indexOf(' ', wordAt)
    const wordEnd = space < 0 ? text.length : space
    const spaces = text.slice(at, wordAt)
    const word = text.slice(at === start ? 0 : wordAt, wordEnd === end ? text.length : wordEnd)
    const previous = found.at(-1)
    at = wordEnd
    const encode = goesAsIs ? word.length > MAX_PLAIN_WORD : needsEncoding(word, style.utf8)
    if (encode || spaces.length > maxSpaces) {
      if (previous?.encode) previous.text += spaces + word
      else found.push({ lead: spaces.slice(0, 1), text: spaces.slice(1) + word, encode: true })
    } else found.push({ lead: spaces, text: word, encode: false })
  }
  return found
}

function needsEncoding(word: string, utf8: boolean): boolean {
  if (word.length > MAX_PLAIN_WORD || word.includes('=?')) return true
  if (/^[!-~]+$/.test(word)) return false
  return !utf8 || /\s/.test(word) || Buffer.byteLength(word) > MAX_PLAIN_WORD
}

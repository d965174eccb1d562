import { encodedWords, MIN_ENCODED_WORD } from './encoded-word.js'

/** A line with an encoded-word has at most 76 characters (RFC 2047 2), any other 78 (RFC 5322 2.1.1): one limit serves both. */
const LINE = 76
/** A word longer than this cannot stay within the 998 octets of a line (RFC 5322 2.1.1) and is split by encoding it. */
const MAX_PLAIN_WORD = 900
/** More spaces than these in a row would fill a line with nothing else. */
const MAX_PLAIN_SPACES = 40
const PLAIN = /^[!-~]+(?: [!-~]+)*$/

/**
 * A field of tokens, folded only between them. Each token is within 998 octets and holds no line end: the caller has seen to that.
 * @returns the field with its last CRLF
 */
export function tokensField(name: string, tokens: readonly string[]): string {
  let field = `${name}:`
  let column = field.length
  for (const token of tokens) {
    if (column + 1 + token.length > LINE && column > 1) {
      field += '\r\n '
      column = 1
    } else {
      field += ' '
      column++
    }
    field += token
    column += token.length
  }
  return `${field}\r\n`
}

/**
 * A field of unstructured text (RFC 5322 3.2.5) that reads back as exactly `text`. What is not printable ASCII, and what looks like
 * an encoded-word, is encoded (RFC 2047 7); all else stays as it is. The text holds no control character: `fieldText` has seen to it.
 * @returns the field with its last CRLF
 */
export function unstructuredField(name: string, text: string): string {
  if (text === '') return `${name}:\r\n`
  if (name.length + 2 + text.length <= LINE && PLAIN.test(text) && !text.includes('=?')) return `${name}: ${text}\r\n`
  let field = `${name}:`
  let column = field.length
  const put = (lead: string, token: string) => {
    if (column + lead.length + token.length > LINE && column > 1) {
      field += '\r\n'
      column = 0
    }
    field += lead + token
    column += lead.length + token.length
  }
  for (const { lead, text: run, encode } of runs(text)) {
    const space = lead === '' ? ' ' : lead
    if (!encode) put(space, run)
    else {
      const room = LINE - column - space.length
      const words = encodedWords(run, room < MIN_ENCODED_WORD ? LINE - space.length : room)
      words.forEach((word, index) => put(index === 0 ? space : ' ', word))
    }
  }
  return `${field}\r\n`
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
function runs(text: string): Run[] {
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
    if (needsEncoding(word) || spaces.length > MAX_PLAIN_SPACES) {
      if (previous?.encode) previous.text += spaces + word
      else found.push({ lead: spaces.slice(0, 1), text: spaces.slice(1) + word, encode: true })
    } else found.push({ lead: spaces, text: word, encode: false })
  }
  return found
}

function needsEncoding(word: string): boolean {
  return word.length > MAX_PLAIN_WORD || word.includes('=?') || !/^[!-~]+$/.test(word)
}

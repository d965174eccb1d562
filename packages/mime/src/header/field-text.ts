import { refusal } from '../refusal.js'

// C0, DEL, C1, the two Unicode line ends, and halves of a surrogate pair: what could end a line here or in another reader.
const HOSTILE = /[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]/u
/** As a reader looks for it, and a little wider. */
const ENCODED_WORD = /=\?[^?]*\?[BbQq]\?[^?]*\?=/
const MAX_TOKEN = 997 // with a space before it in a line of 998: RFC 5322 2.1.1

/**
 * Text that may stand in a header field, as it was given. It is refused rather than cleaned: what holds a line end was not meant as
 * one field.
 * @throws {SettingsError} `draft.not-text`, or `draft.control-character` for a control character, U+2028, U+2029 or a lone surrogate
 */
export function fieldText(value: unknown, field: string): string {
  if (typeof value !== 'string') {
    throw refusal(
      'draft.not-text',
      field,
      `must be a string, not ${value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value}`,
      'Give a string, or leave the field out.',
    )
  }
  const found = HOSTILE.exec(value)
  if (found) {
    const codePoint = value.charCodeAt(found.index).toString(16).toUpperCase().padStart(4, '0')
    throw refusal(
      'draft.control-character',
      field,
      `holds U+${codePoint} at character ${found.index + 1}, which cannot stand in a header field`,
      'Remove line ends and control characters from this value before composing.',
    )
  }
  return value
}

/**
 * The text of a field with a grammar of its own, without the spaces at its ends: it goes as it stands, so it holds nothing that would
 * have to be encoded or that could not be folded.
 * @throws {SettingsError} `draft.structured`, and see `fieldText`
 */
export function structuredText(value: unknown, field: string): string {
  const text = withoutOuterSpaces(fieldText(value, field))
  const problem = !isAscii(text)
    ? 'holds characters that are not ASCII'
    : ENCODED_WORD.test(text)
      ? 'holds what looks like an encoded-word'
      : longestToken(text) > MAX_TOKEN
        ? `has more than ${MAX_TOKEN} characters without a place to fold`
        : undefined
  if (problem === undefined) return text
  throw refusal('draft.structured', field, problem, 'Write what the grammar of this field allows, in printable ASCII.')
}

/** The text without the spaces at its ends, and with all other white space: `trim` takes more than a header field counts as space. */
export function withoutOuterSpaces(text: string): string {
  let start = 0
  let end = text.length
  while (text[start] === ' ') start++
  while (end > start && text[end - 1] === ' ') end--
  return text.slice(start, end)
}

/** The longest stretch that is not folded: a token with the spaces before it, without the one a line begins with. */
function longestToken(text: string): number {
  let longest = 0
  for (let at = 0; at < text.length;) {
    let end = at
    while (text[end] === ' ') end++
    const space = text.indexOf(' ', end)
    end = space < 0 ? text.length : space
    longest = Math.max(longest, end - at - (text[at] === ' ' ? 1 : 0))
    at = end
  }
  return longest
}

/** True when every character is US-ASCII. */
export function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}

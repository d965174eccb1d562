import { fieldText } from '../header/field-text.js'
import { refusal } from '../refusal.js'

const MAX_NAME_OCTETS = 10_000

/**
 * True for a name that nobody shows, and that only costs: of more than 10,000 octets in UTF-8.
 */
export function isLongName(name: string): boolean {
  return name.length > MAX_NAME_OCTETS / 3 && Buffer.byteLength(name) > MAX_NAME_OCTETS
}

/** What is said of such a name. */
export const LONG_NAME = `is a name of more than ${MAX_NAME_OCTETS} octets`

/**
 * The name of a mailbox, a group or a list as text.
 * @throws {SettingsError} `address.name` for one that is too long; `draft.control-character`, `draft.not-text`
 */
export function displayName(value: unknown, field: string): string {
  const name = fieldText(value, field)
  if (!isLongName(name)) return name
  throw refusal('address.name', field, LONG_NAME, 'Give the name that readers are to see, in a line or two.')
}

/** The text with each quoted string in it (RFC 5322 3.2.4) in place of what it says; one that is not closed stays. Linear, no recursion. */
export function withoutQuotes(text: string): string {
  let out = ''
  let at = 0
  for (let open = text.indexOf('"'); open >= 0; open = text.indexOf('"', at)) {
    const close = closingQuote(text, open)
    if (close < 0) break
    out += text.slice(at, open) + unescaped(text.slice(open + 1, close))
    at = close + 1
  }
  return out + text.slice(at)
}

/** Where the quoted string ends that opens at a place of the text; -1 when it does not. */
export function closingQuote(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at
  }
  return -1
}

/** What a quoted string says: without its backslashes. */
export function unescaped(quoted: string): string {
  return quoted.includes('\\') ? quoted.replace(/\\(.)/gsu, '$1') : quoted
}

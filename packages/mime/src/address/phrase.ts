import { MAX_ENCODED_WORD } from '../header/encoded-word.js'
import { isAscii } from '../header/field-text.js'
import type { FieldStyle } from '../header/field-style.js'
import { inQuotes } from './local-part.js'

const MAX_TOKEN = 60
const PRINTABLE = /^[ -~]+$/
/** What makes of a text no atoms with one space between them; white space other than the space, since readers cut it at the ends (RFC 6532). */
const NO_ATOMS = /[\0-\x1f"(),.:;<>@[\\\]\x7f]|[^\S ]|^ | $| {2}/

/**
 * A display name (RFC 5322 3.4) as tokens between which a field may be folded: atoms, a quoted string, or encoded-words, which never
 * stand within quotation marks (RFC 2047 5(3)). With `utf8` it goes as it is, in NFC (RFC 6532 3.1). What looks like an encoded-word
 * is encoded itself, so that a reader shows what was typed; with `asciiAsIs` it stands where it can, among atoms.
 */
export function phrase(name: string, style: FieldStyle): string[] {
  if (style.asciiAsIs && name.includes('=?') && PRINTABLE.test(name) && !NO_ATOMS.test(name)) {
    const words = name.split(' ')
    if (words.every((word) => word.length <= MAX_ENCODED_WORD)) return words
  }
  const encode = name.includes('=?') || !(style.utf8 || PRINTABLE.test(name))
  if (encode) return style.words(name, firstRoom(style))
  const text = plainPhrase(style.utf8 && !isAscii(name) ? name.normalize('NFC') : name)
  if (text.length <= Math.min(MAX_TOKEN, style.foldAt)) return text.startsWith('"') ? [text] : text.split(' ')
  // Folding white space may stand within a quoted string, too (RFC 5322 3.2.4), but only one space at a time would come back.
  const tokens = text.split(' ')
  return tokens.every((token) => token !== '' && token.length <= MAX_TOKEN)
    ? tokens
    : style.words(name, firstRoom(style))
}

/** A display name on one line: as atoms where it can be, else as a quoted string. */
export function plainPhrase(name: string): string {
  return name === '' || NO_ATOMS.test(name) ? inQuotes(name) : name
}

/** Leaves room for the name of the field before the first word. */
function firstRoom({ foldAt }: FieldStyle): number {
  return Math.min(MAX_TOKEN, foldAt - 16)
}

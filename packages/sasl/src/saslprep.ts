/**
 * SASLprep (RFC 4013): user names and passwords that look alike become alike before they are hashed. Unassigned code points are those of
 * the Unicode version at hand, not of version 3.2 (RFC 3454 A.1), so that letters and emoji of today may be in a password.
 * @returns undefined for a text that holds what RFC 4013 prohibits, or that runs in both directions against RFC 3454 6
 */
export function saslprep(text: string): string | undefined {
  if (PRINTABLE_ASCII.test(text)) return text
  if (!text.isWellFormed()) return undefined
  const prepared = text.replace(SPACES, ' ').replace(NOTHING, '').normalize('NFKC')
  if (PROHIBITED.test(prepared) || !oneDirection(prepared)) return undefined
  return prepared
}

/**
 * What is hashed: prepared where that is possible, else the text as it is. A password that SASLprep refuses cannot have been prepared where
 * it was stored either; PostgreSQL does the same.
 */
export function preparedOrAsIs(text: string): string {
  return saslprep(text) ?? text
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/

/** RFC 3454 C.1.2, mapped to a space (RFC 4013 2.1). */
const SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g

/** RFC 3454 B.1, mapped to nothing (RFC 4013 2.1); U+200B is a space there and here. Some of them join others: an alternation, not a class. */
const NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g

/**
 * RFC 4013 2.3: control characters (C.2), private use (C.3), non-characters and unassigned ones (C.4, A.1), surrogates (C.5), what is
 * not for plain text (C.6), what describes characters (C.7), what changes the display (C.8), tags (C.9).
 */
const PROHIBITED =
  /[\p{Cc}\p{Co}\p{Cn}\p{Cs}\u06dd\u070f\u180e\u2028\u2029\u2061-\u2063\u206a-\u206f\ufff9-\ufffd\u2ff0-\u2ffb\u200e\u200f\u202a-\u202e\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]|\u0340|\u0341/u

/** RFC 3454 D.1. */
const RIGHT_TO_LEFT =
  /[\u05be\u05c0\u05c3\u05d0-\u05ea\u05f0-\u05f4\u061b\u061f\u0621-\u063a\u0640-\u064a\u066d-\u066f\u0671-\u06d5\u06dd\u06e5\u06e6\u06fa-\u06fe\u0700-\u070d\u0710\u0712-\u072c\u0780-\u07a5\u07b1\u200f\ufb1d\ufb1f-\ufb28\ufb2a-\ufb36\ufb38-\ufb3c\ufb3e\ufb40\ufb41\ufb43\ufb44\ufb46-\ufbb1\ufbd3-\ufd3d\ufd50-\ufd8f\ufd92-\ufdc7\ufdf0-\ufdfc\ufe70-\ufe74\ufe76-\ufefc]/u

/** RFC 3454 6: with one letter from right to left there is none from left to right, and the first and the last are such. */
function oneDirection(text: string): boolean {
  const letters = [...text]
  if (!letters.some((letter) => RIGHT_TO_LEFT.test(letter))) return true
  if (letters.some((letter) => /\p{L}/u.test(letter) && !RIGHT_TO_LEFT.test(letter))) return false
  return RIGHT_TO_LEFT.test(letters[0]!) && RIGHT_TO_LEFT.test(letters.at(-1)!)
}

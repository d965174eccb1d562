import { isAscii } from '../header/field-text.js'

const MAX_OCTETS = 64 // RFC 5321 4.5.3.1.1
/** Text that no canonical form brings down to the limit is not looked at. */
const MAX_UNITS = 4 * MAX_OCTETS
const TOO_LONG = `a local part has at most ${MAX_OCTETS} octets`
const SPECIAL = /[\s"(),:;<>@[\\\]]/
/** Characters whose canonical form is one of ASCII: the Greek question mark, the Greek grave accent, the Kelvin sign. */
const ASCII_TWIN = /[\u037e\u1fef\u212a]/
/** What a reader may take for an encoded-word (RFC 2047), which never stands in an address (5(3)) and would be another one decoded. */
const ENCODED_WORD = /=\?.*\?=/s
/** What is never seen. Joiners and the emoji selector are left: scripts and pictures need them. */
const INVISIBLE = /(?!\u200c|\u200d|\ufe0f)\p{Default_Ignorable_Code_Point}/u

/** atext of RFC 5322 3.2.3 and the full stop; control characters were refused before. */
const ATEXT_OR_DOT = new Uint8Array(128)
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.") {
  ATEXT_OR_DOT[character.charCodeAt(0)] = 1
}

/** True for a UTF-16 code unit that may stand in a dot-atom (RFC 5322 3.2.3, with the UTF-8 of RFC 6532 3.2); false for NaN. */
export const isAtextOrDot = (code: number) => code > 127 || ATEXT_OR_DOT[code] === 1

/**
 * A local part as it stands on the wire (RFC 5321 4.1.2, RFC 6531 3.3): in NFC (RFC 6532 3.1), its case kept, quoted only if it must be.
 * Refused is what would not be seen, or what becomes another local part or a delimiter in whatever normalises the address later:
 * a full-width "@", a Kelvin sign, a zero-width space, an encoded-word.
 * @param text without quotation marks
 * @param quoted whether quotation marks stood round it
 * @param fail is called with the reason, and throws
 */
export function wireLocalPart(text: string, quoted: boolean, fail: (reason: string) => never): string {
  if (text.length > MAX_UNITS) fail(TOO_LONG)
  const isDotAtom = text !== '' && !text.startsWith('.') && !text.endsWith('.') && !text.includes('..')
  if (!quoted && !isDotAtom) fail('a dot stands at an end of the local part, or two stand together')
  if (text.includes('=?') && ENCODED_WORD.test(text)) fail('the local part looks like an encoded-word')
  if (isAscii(text)) return limited(isDotAtom && (!quoted || everyAtext(text)) ? text : inQuotes(text), fail)
  if (INVISIBLE.test(text) || isAscii(text.replace(/\u200c|\u200d|\ufe0f/g, ''))) {
    fail('the local part holds an invisible character')
  }
  const canonical = text.normalize('NFC')
  const disguised = SPECIAL.test(canonical.replace(/[\0-\x7f]/g, '').normalize('NFKD'))
  if (ASCII_TWIN.test(text) || (disguised && !quoted)) fail('the local part holds a disguised special character')
  return limited(isDotAtom && !disguised && everyAtext(canonical) ? canonical : inQuotes(canonical), fail)
}

/** Text as a quoted string (RFC 5322 3.2.4), with no more backslashes than it needs. */
export function inQuotes(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

function limited(localPart: string, fail: (reason: string) => never): string {
  if (localPart.length > MAX_OCTETS / 3 && Buffer.byteLength(localPart) > MAX_OCTETS) fail(TOO_LONG)
  return localPart
}

function everyAtext(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (!isAtextOrDot(text.charCodeAt(at))) return false
  return true
}

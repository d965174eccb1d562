import { refusal } from '../refusal.js'
import { charsetNamed, type Charset } from './charset.js'
import { charsetWords, encodedWords, MAX_ENCODED_WORD } from './encoded-word.js'

/** How header fields are written: one value for the whole of a message. */
export interface FieldStyle {
  /** The column before which a line is folded where it can be. Infinity: only where 998 octets force it. */
  readonly foldAt: number
  /** True: text that is not ASCII stands as it is (RFC 6532) and is not put into encoded-words. */
  readonly utf8: boolean
  /** True: a text of printable ASCII stands as it is, though it holds what looks like an encoded-word. */
  readonly asciiAsIs?: true
  /**
   * Text as encoded-words (RFC 2047), none longer than 75 characters and than a line.
   * @param firstRoom how long the first word may be; when that is too little for a word, the line is to be folded before it
   */
  readonly words: (text: string, firstRoom?: number) => string[]
}

/** A line with an encoded-word has at most 76 characters (RFC 2047 2), any other 78 (RFC 5322 2.1.1): one limit serves both. */
export const DEFAULT_STYLE: FieldStyle = {
  foldAt: 76,
  utf8: false,
  words: (text, firstRoom) => encodedWords(text, firstRoom),
}

/** The same with UTF-8 as it is, RFC 6532. */
export const UTF8_STYLE: FieldStyle = { ...DEFAULT_STYLE, utf8: true }

/**
 * The style that the options of `compose` describe.
 * @throws {SettingsError} `compose.fold-at`, `compose.charset`
 */
export async function fieldStyle(foldAt: number | false = 76, utf8 = false, charset?: string): Promise<FieldStyle> {
  checkFoldAt(foldAt)
  const known = charset === undefined ? undefined : await charsetNamed(charset, 'charset')
  return styleIn(known, foldAt, utf8)
}

/**
 * The style in a charset whose tables are there; undefined is UTF-8.
 * @param strict false: a text that the charset cannot represent goes as UTF-8. True: writing it throws, and words are readable where they can be
 * @throws {SettingsError} `compose.fold-at`; a field that is written in it: `compose.charset-lacks`
 */
export function styleIn(
  charset: Charset | undefined,
  foldAt: number | false,
  utf8: boolean,
  strict = false,
): FieldStyle {
  checkFoldAt(foldAt)
  const longest = foldAt === false ? MAX_ENCODED_WORD : Math.min(MAX_ENCODED_WORD, foldAt - 1)
  return {
    foldAt: foldAt === false ? Infinity : foldAt,
    utf8,
    words: charset
      ? (text, firstRoom) => {
          if (strict && !charset.encode(text)) throw lacking(text, charset)
          return charsetWords(charset, text, firstRoom, longest, strict)
        }
      : (text, firstRoom) => encodedWords(text, firstRoom, longest),
  }
}

function checkFoldAt(foldAt: number | false): void {
  if (foldAt === false || (Number.isInteger(foldAt) && foldAt >= 20 && foldAt <= 998)) return
  throw refusal(
    'compose.fold-at',
    'foldAt',
    'is neither false nor a whole number from 20 to 998',
    'Leave it out for 76, or give the length that header lines are to keep below.',
  )
}

function lacking(text: string, charset: Charset) {
  const character = Array.from(text).find((one) => !charset.encode(one)) ?? text
  const codePoint = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return refusal(
    'compose.charset-lacks',
    'charset',
    `${charset.name} has no character U+${codePoint}, which the header section holds`,
    'Use UTF-8, or a charset that has all characters of the text.',
  )
}

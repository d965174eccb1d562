import { refusal } from '../refusal.js'
import { charsetNamed, type Charset } from './charset.js'
import { charsetWords, encodedWords, MAX_ENCODED_WORD } from './encoded-word.js'

/** How header fields are written: one value for the whole of a message. */
export interface FieldStyle {
  /** The column before which a line is folded where it can be. Infinity: only where 998 octets force it. */
  readonly foldAt: number
  /** True: text that is not ASCII stands as it is (RFC 6532) and is not put into encoded-words. */
  readonly utf8: boolean
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
 * @param lacks is told a text that the charset cannot represent, and throws; without it such a text goes as UTF-8
 * @throws {SettingsError} `compose.fold-at`
 */
export function styleIn(
  charset: Charset | undefined,
  foldAt: number | false,
  utf8: boolean,
  lacks?: (text: string, charset: Charset) => never,
): FieldStyle {
  checkFoldAt(foldAt)
  const longest = foldAt === false ? MAX_ENCODED_WORD : Math.min(MAX_ENCODED_WORD, foldAt - 1)
  return {
    foldAt: foldAt === false ? Infinity : foldAt,
    utf8,
    words: charset
      ? (text, firstRoom) => {
          if (lacks && !charset.encode(text)) lacks(text, charset)
          return charsetWords(charset, text, firstRoom, longest)
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

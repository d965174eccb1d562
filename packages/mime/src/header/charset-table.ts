import iconv from 'iconv-lite'
import type { Charset } from './charset-name.js'
import { isMakerExtension } from './maker-extension.js'

/** A charset by the name that `charsetName` gives. This module brings the tables along, so it is loaded where one is wanted. */
export function charsetTable(name: string): Charset {
  if (name === 'ISO-2022-JP') {
    return { name, encode: (text) => iso2022jp(text, (character) => iconv.encode(character, 'euc-jp')) }
  }
  return {
    name,
    encode(text) {
      // the tables have U+FFFD where an octet stands for nothing, and would write it as that octet
      if (name !== 'GB18030' && text.includes('\ufffd')) return undefined
      const octets = iconv.encode(text, name)
      if (isMakerExtension(octets, name)) return undefined
      return iconv.decode(octets, name, { stripBOM: false }) === text ? octets : undefined
    },
  }
}

const TO_ASCII = '\x1b(B'
const TO_KANJI = '\x1b$B'

/** The octets of the characters that were met: asking the tables for each of them anew takes most of the time. */
const kanjiOctets = new Map<string, string>()

/** RFC 1468, by way of EUC-JP: the same rows of JIS X 0208, with the high bits. */
function iso2022jp(text: string, eucJp: (character: string) => Buffer): Buffer | undefined {
  if (text.includes('\x1b')) return undefined
  let out = ''
  let inKanji = false
  for (const character of text) {
    const isKanji = character >= '\x80'
    const octets = isKanji ? (kanjiOctets.get(character) ?? kanjiOf(character, eucJp)) : character
    if (octets === undefined) return undefined
    if (isKanji !== inKanji) out += isKanji ? TO_KANJI : TO_ASCII
    inKanji = isKanji
    out += octets
  }
  return Buffer.from(inKanji ? out + TO_ASCII : out, 'latin1')
}

/** A character of JIS X 0208 as two octets; undefined when it is none. */
function kanjiOf(character: string, eucJp: (character: string) => Buffer): string | undefined {
  const octets = eucJp(character)
  if (!isInJisX0208(octets)) return undefined
  const found = String.fromCharCode(...octets.map((octet) => octet & 0x7f))
  kanjiOctets.set(character, found)
  return found
}

/** Rows 1 to 8 and 16 to 84, those of JIS X 0208; the others are those of makers, and half-width katakana have no place at all. */
function isInJisX0208(octets: Buffer): boolean {
  const row = (octets[0] ?? 0) - 0xa0
  return octets.length === 2 && ((row >= 1 && row <= 8) || (row >= 16 && row <= 84))
}

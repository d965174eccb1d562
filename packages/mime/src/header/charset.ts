import { refusal } from '../refusal.js'
import { isMakerExtension } from './maker-extension.js'

/** A charset other than UTF-8. */
export interface Charset {
  /** As it stands in header fields: the preferred MIME name of the IANA registry. */
  readonly name: string
  /** The octets of a text, beginning and ending in the initial state; undefined when the charset lacks one of its characters. */
  encode(text: string): Buffer | undefined
}

/** What mail readers know, by its preferred MIME name. UTF-16 and UTF-32 are none for text in mail (RFC 2781 5); UTF-7 is not for sending. */
const NAMES = (
  'US-ASCII ISO-8859-1 ISO-8859-2 ISO-8859-3 ISO-8859-4 ISO-8859-5 ISO-8859-6 ISO-8859-7 ISO-8859-8 ISO-8859-9 ISO-8859-10 ' +
  'ISO-8859-13 ISO-8859-14 ISO-8859-15 ISO-8859-16 windows-874 windows-1250 windows-1251 windows-1252 windows-1253 ' +
  'windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 KOI8-R KOI8-U IBM437 IBM850 IBM852 IBM855 IBM857 IBM860 ' +
  'IBM861 IBM862 IBM863 IBM865 IBM866 macintosh TIS-620 VISCII Shift_JIS Windows-31J EUC-JP ISO-2022-JP GB2312 GBK GB18030 Big5 ' +
  'Big5-HKSCS EUC-KR'
).split(' ')
const ALIASES: Readonly<Record<string, string>> = {
  ascii: 'US-ASCII',
  latin1: 'ISO-8859-1',
  latin2: 'ISO-8859-2',
  latin5: 'ISO-8859-9',
  latin9: 'ISO-8859-15',
  sjis: 'Shift_JIS',
  ms932: 'Windows-31J',
  cp932: 'Windows-31J',
  cp936: 'GBK',
  cp949: 'EUC-KR',
  ksc56011987: 'EUC-KR',
  cp950: 'Big5',
}
const squeezed = (name: string) => name.toLowerCase().replace(/[^0-9a-z]/g, '')
const BY_NAME = new Map(NAMES.map((name) => [squeezed(name), name]))

/**
 * The charset of this name, in any spelling that differs in case, hyphens and underscores only; undefined for UTF-8, which needs no table.
 * The tables are loaded at the first use.
 * @throws {SettingsError} `compose.charset` for a name that is not known
 */
export async function charsetNamed(text: string, field: string): Promise<Charset | undefined> {
  const key =
    typeof text === 'string' && text.length <= 40 ? squeezed(text).replace(/^(?:cp|win)(?=125\d$)/, 'windows') : ''
  if (key === 'utf8') return undefined
  const name =
    BY_NAME.get(key) ??
    BY_NAME.get(key.replace(/^cp/, 'ibm')) ??
    (Object.hasOwn(ALIASES, key) ? ALIASES[key] : undefined)
  if (name === undefined) {
    throw refusal(
      'compose.charset',
      field,
      'is not a charset that can be written',
      'Leave it out for UTF-8, or use a name such as ISO-8859-1, windows-1252 or ISO-2022-JP.',
    )
  }
  const { default: iconv } = await import('iconv-lite')
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

import { refusal } from '../refusal.js'

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
 * The preferred MIME name of a charset that can be written, by any spelling that differs in case, hyphens and underscores only; undefined
 * for UTF-8, which needs no table.
 * @throws {SettingsError} `compose.charset` for a name that is not known
 */
export function charsetName(text: string, field: string): string | undefined {
  const key =
    typeof text === 'string' && text.length <= 40 ? squeezed(text).replace(/^(?:cp|win)(?=125\d$)/, 'windows') : ''
  if (key === 'utf8') return undefined
  const name =
    BY_NAME.get(key) ??
    BY_NAME.get(key.replace(/^cp/, 'ibm')) ??
    (Object.hasOwn(ALIASES, key) ? ALIASES[key] : undefined)
  if (name !== undefined) return name
  throw refusal(
    'compose.charset',
    field,
    'is not a charset that can be written',
    'Leave it out for UTF-8, or use a name such as ISO-8859-1, windows-1252 or ISO-2022-JP.',
  )
}

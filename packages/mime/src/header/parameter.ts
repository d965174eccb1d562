import { DEFAULT_STYLE, type FieldStyle } from './field-style.js'
import { fieldText } from './field-text.js'
import { tokensField } from './header-field.js'
import { refusal } from '../refusal.js'

/** A value with parameters, as in Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2183). */
export interface Parameterized {
  readonly value: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
}

const MAX_SECTION = 70 // one section of a long value, so that it fits a line
const MAX_TYPE = 255 // RFC 6838 4.2 allows 127 characters on either side of the stroke
const TOKEN = "[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+" // RFC 2045 5.1
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}`)
const PARAMETER = new RegExp(` *; *([!#$&+.0-9A-Z^_\`a-z{|}~-]{1,40})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")`, 'y')

/** The field with its parameters, folded between them, with its last CRLF. */
export function parameterizedField(
  name: string,
  { value, parameters }: Parameterized,
  style: FieldStyle = DEFAULT_STYLE,
): string {
  const tokens = [value, ...parameters.flatMap(([key, text]) => parameter(key, text, style))]
  return tokensField(
    name,
    tokens.map((token, index) => (index < tokens.length - 1 ? `${token};` : token)),
    style,
  )
}

/**
 * One parameter: a token or a quoted string for short plain ASCII, else percent-encoded UTF-8, in numbered sections when it is long
 * (RFC 2231 3, 4). Values with a quotation mark, a backslash or the look of an encoded-word go that way too: readers disagree on them.
 * The charset is UTF-8 whatever that of the message is, since who reads RFC 2231 reads UTF-8, and it is percent-encoded in a message whose
 * header is UTF-8, too, since a parameter of a part may be read without its message. Encoded-words, which some readers understand here,
 * must not stand in a parameter (RFC 2047 5).
 */
export function parameter(name: string, value: string, style: FieldStyle = DEFAULT_STYLE): string[] {
  if (name.length + value.length + 3 <= MAX_SECTION && /^[ !#-[\]-~]*$/.test(value) && !value.includes('=?')) {
    return [/^[A-Za-z0-9._-]+$/.test(value) ? `${name}=${value}` : `${name}="${value}"`]
  }
  const longest = Math.min(MAX_SECTION, Math.max(style.foldAt - 2, name.length + 20))
  const sections = [`utf-8''`]
  for (const character of value) {
    const unit = percent(character)
    const current = sections.at(-1) ?? ''
    if (name.length + 8 + current.length + unit.length > longest) sections.push(unit)
    else sections[sections.length - 1] = current + unit
  }
  return sections.length === 1
    ? [`${name}*=${sections[0]}`]
    : sections.map((text, index) => `${name}*${index}*=${text}`)
}

/**
 * Reads `type/subtype; name=value; ...` strictly.
 * @throws {SettingsError} `attachment.content-type`
 */
export function parseContentType(text: string, field: string): Parameterized {
  const malformed = () =>
    refusal(
      'attachment.content-type',
      field,
      'is not a media type',
      'Write it like image/png or text/csv; charset=utf-8.',
    )
  fieldText(text, field)
  const type = MEDIA_TYPE.exec(text)?.[0]
  if (type === undefined || type.length > MAX_TYPE || text.length > 998) throw malformed()
  const parameters: [string, string][] = []
  for (let at = type.length; at < text.length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at
    const found = PARAMETER.exec(text)
    if (!found?.[1]) throw malformed()
    const name = found[1].toLowerCase()
    if (parameters.some(([known]) => known === name)) throw malformed() // RFC 2045 5: readers differ in which of two counts
    parameters.push([name, found[2] ?? (found[3] ?? '').replace(/\\(.)/gu, '$1')])
  }
  return { value: type.toLowerCase(), parameters }
}

function percent(character: string): string {
  if (/^[A-Za-z0-9._-]$/.test(character)) return character
  return Array.from(Buffer.from(character), (octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

import { isUtf8 } from 'node:buffer'
import { headerFields, type HeaderField } from './header-section.js'
import { OctetScan } from './octet-scan.js'

/** Octets of the content, by offset. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** What a header section tells about the body below it (RFC 2045). */
export interface EntityHeader {
  /** `type/subtype` in lower case; '' when the field cannot be read, undefined when there is none. */
  readonly type: string | undefined
  readonly boundary: string | undefined
  /** The transfer encoding in lower case; undefined when there is none. */
  readonly encoding: string | undefined
  /** Where the Content-Transfer-Encoding fields stand. */
  readonly encodingFields: readonly Range[]
  /** What any of the Content-Type fields says, when there are several. */
  readonly types: readonly string[]
  /** Two Content-Type fields, boundaries or transfer encodings that differ: readers choose differently. */
  readonly ambiguous: boolean
  readonly hasMimeVersion: boolean
  /** It bears a signature over the body (DKIM, RFC 6376; ARC, RFC 8617). */
  readonly signed: boolean
  /** Offset behind the last field, where another one can stand. */
  readonly fieldsEnd: number
  readonly high: boolean
  /** True when what is above 127 in it is UTF-8. */
  readonly utf8: boolean
  /** Some line does not end with CRLF. */
  readonly bare: boolean
}

/** @param start offset of the section in the content */
export function entityHeader(section: Uint8Array, start: number): EntityHeader {
  const scan = new OctetScan()
  scan.push(section)
  scan.end()
  const types: string[] = []
  const encodings: string[] = []
  const encodingFields: Range[] = []
  let hasMimeVersion = false
  let signed = false
  let at = start
  for (const field of headerFields(section)) {
    const { key, value, lines } = field
    if (key === 'content-type') types.push(value)
    else if (key === 'content-transfer-encoding') {
      encodings.push(withoutComments(value).trim().toLowerCase())
      encodingFields.push({ from: at, to: at + lines.length })
    } else if (key === 'mime-version') hasMimeVersion = true
    else if (isSignature(field)) signed = true
    at += lines.length
  }
  const { type, boundary, boundaries = 1 } = contentType(types[0])
  return {
    type,
    boundary,
    types: types.length > 1 ? types.map((value) => contentType(value).type ?? '') : [],
    encoding: encodings[0],
    encodingFields,
    ambiguous:
      boundaries > 1 || types.some((other) => other !== types[0]) || encodings.some((other) => other !== encodings[0]),
    hasMimeVersion,
    signed,
    fieldsEnd: at,
    high: scan.highOctets > 0,
    utf8: scan.highOctets === 0 || isUtf8(section),
    bare: scan.bareAt >= 0,
  }
}

const isSignature = ({ key }: HeaderField) => key === 'dkim-signature' || key === 'arc-message-signature'

function contentType(
  value: string | undefined,
): Pick<EntityHeader, 'type' | 'boundary'> & { readonly boundaries?: number } {
  if (value === undefined) return { type: undefined, boundary: undefined }
  const bare = withoutComments(value)
  const type = /^\s*([\w!#$%&'*+.^`{|}~-]+)\s*\/\s*([\w!#$%&'*+.^`{|}~-]+)\s*(?:;|$)/.exec(bare)
  if (!type) return { type: '', boundary: undefined }
  const boundaries = boundariesIn(bare.slice(type[0].length - 1))
  const [boundary = ''] = boundaries
  return {
    type: `${type[1]}/${type[2]}`.toLowerCase(),
    boundary: boundary === '' ? undefined : boundary,
    boundaries: boundaries.size,
  }
}

/** The boundary parameter, RFC 2046 5.1.1, and any others that differ. One in segments (RFC 2231) is not read. */
function boundariesIn(parameters: string): Set<string> {
  const found = new Set<string>()
  const pattern = /;\s*([^=\s;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s;]*))|;|[^;"]+|"(?:[^"\\]|\\.)*"?/gs
  for (const [, name, quoted, token] of parameters.matchAll(pattern)) {
    if (name?.toLowerCase() !== 'boundary') continue
    found.add((token ?? quoted?.replace(/\\(.)/gs, '$1') ?? '').replace(/[ \t]+$/, ''))
  }
  return found
}

/** Comments replaced by a space, RFC 5322 3.2.2; quoted strings stay. Linear. */
function withoutComments(value: string): string {
  if (!value.includes('(')) return value
  let out = ''
  let depth = 0
  let quoted = false
  for (let at = 0; at < value.length; at++) {
    const character = value[at]!
    if (character === '\\' && (quoted || depth > 0)) {
      if (depth === 0) out += value.slice(at, at + 2)
      at++
    } else if (quoted) {
      out += character
      if (character === '"') quoted = false
    } else if (character === '(') depth++
    else if (character === ')' && depth > 0) {
      if (--depth === 0) out += ' '
    } else if (depth === 0) {
      if (character === '"') quoted = true
      out += character
    }
  }
  return out
}

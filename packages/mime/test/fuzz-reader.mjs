// A strict reader of messages, written from the RFCs; it shares no code with the composer. Whatever breaks a rule is an error.
import { isUtf8 } from 'node:buffer'
import { decodeCharset } from './fuzz-words.mjs'

/** A rule that the message does not keep to. */
export class Broken extends Error {}

/**
 * Reads octets as a message: header fields unfolded, the tree of parts, leaves with their transfer encoding taken off.
 * @param {Buffer} octets
 * @param {boolean} regular CRLF only, lines within 998 octets, no NUL, a line end at the end
 */
export function readMessage(octets, regular = true) {
  const text = octets.latin1Slice(0, octets.length)
  if (regular) checkLines(text)
  return readEntity(text)
}

function checkLines(text) {
  if (!text.endsWith('\r\n')) throw new Broken('the last line has no end')
  const bare = /\r(?!\n)|(?<!\r)\n|\0/.exec(text)
  if (bare)
    throw new Broken(
      `a CR or LF stands alone, or a NUL: ${JSON.stringify(text.slice(Math.max(0, bare.index - 30), bare.index + 10))}`,
    )
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\r\n', from)
    if (end - from > 998) throw new Broken(`a line of ${end - from} octets: ${text.slice(from, from + 60)}`)
    from = end + 2
  }
}

/**
 * An entity out of text with an octet in each character (RFC 2045 2.4).
 * @param around a multipart may have a preamble and an epilogue
 */
export function readEntity(text, around = false) {
  let end = 0
  if (!text.startsWith('\r\n')) {
    const found = text.indexOf('\r\n\r\n')
    // a part may end with its header, since the line end in front of a delimiter belongs to the delimiter
    end = found < 0 ? text.length : found + 2
    if (found < 0 && !text.endsWith('\r\n')) throw new Broken('the header does not end')
  }
  const section = text.slice(0, end)
  const lines = section === '' ? [] : section.slice(0, -2).split('\r\n')
  const entity = {
    lines,
    fields: fieldsOf(section, lines),
    type: 'text/plain',
    parameters: undefined,
    encoding: '7bit',
    raw: text.slice(end + 2),
    parts: undefined,
  }
  const type = one(entity.fields, 'content-type')
  entity.encoding = one(entity.fields, 'content-transfer-encoding')?.toLowerCase() ?? '7bit'
  if (type !== undefined) {
    const read = readParameters(around ? type.replace(' (comment)', '') : type, true, around)
    entity.type = read.value.toLowerCase()
    entity.parameters = read.parameters
  }
  if (entity.type.startsWith('multipart/')) {
    if (!['7bit', '8bit', 'binary'].includes(entity.encoding)) throw new Broken(`a multipart in ${entity.encoding}`)
    entity.parts = split(entity.raw, entity.parameters?.get('boundary') ?? '', around).map((part) =>
      readEntity(part, around),
    )
  }
  return entity
}

function fieldsOf(section, lines) {
  const high = /[^\0-\x7f]/.test(section)
  const fields = []
  for (const line of lines) {
    const first = line.charCodeAt(0)
    if (first === 32 || first === 9) {
      if (line.trim() === '') throw new Broken('a line of white space in the header')
      if (fields.length === 0) throw new Broken('the header begins with a folded line')
      fields.at(-1).value += line
      continue
    }
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    if (colon < 1 || !/^[!-9;-~]+$/.test(name))
      throw new Broken(`not a header field: ${JSON.stringify(line.slice(0, 80))}`)
    fields.push({ name, key: name.toLowerCase(), value: line.slice(colon + 1) })
  }
  for (const field of fields) {
    field.value = field.value.replace(/^[ \t]+|[ \t]+$/g, '')
    if (high) field.value = utf8(field.value)
    if (/[\0-\x08\x0a-\x1f\x7f]/.test(field.value)) throw new Broken(`a control character in ${field.name}`)
  }
  return fields
}

function utf8(text) {
  const octets = Buffer.from(text, 'latin1')
  if (!isUtf8(octets)) throw new Broken('a header field is no UTF-8')
  return octets.utf8Slice(0, octets.length)
}

/** The value of the only field of this name. */
export function one(fields, key) {
  let value
  for (const field of fields) {
    if (field.key !== key) continue
    if (value !== undefined) throw new Broken(`${key} stands twice`)
    value = field.value
  }
  return value
}

/** The parts between the delimiters, RFC 2046 5.1.1. */
function split(body, boundary, around) {
  if (!/^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/.test(boundary))
    throw new Broken(`not a boundary: ${boundary}`)
  const dashes = `--${boundary}`
  const begins = body.startsWith(dashes)
  const first = begins || !around ? 0 : body.indexOf(`\r\n${dashes}`) + 2
  if (!begins && first < 2) throw new Broken('the multipart does not begin with its boundary')
  const parts = []
  const padded = (at) => {
    while (around && body[at] === ' ') at++
    return at
  }
  let from = padded(first + dashes.length) + 2
  if (!body.startsWith('\r\n', from - 2)) throw new Broken('the multipart does not begin with its boundary')
  for (;;) {
    let at = body.startsWith(dashes, from) ? from - 2 : body.indexOf(`\r\n${dashes}`, from)
    if (at < 0) throw new Broken('the multipart does not end')
    parts.push(at < from ? '' : body.slice(from, at))
    at += 2 + dashes.length
    if (!body.startsWith('--', at)) at = padded(at)
    else {
      const rest = body.slice(at + 2)
      if (!around && rest !== '' && rest !== '\r\n') throw new Broken('something stands behind the last boundary')
      return parts
    }
    if (!body.startsWith('\r\n', at)) throw new Broken('a line begins like the boundary')
    from = at + 2
  }
}

/** The octets of a leaf. */
export function octetsOf({ raw, encoding }) {
  if (encoding === 'base64') return decodeBase64(raw)
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(raw)
  if (encoding === '7bit' && /[^\x01-\x7f]/.test(raw)) throw new Broken('a 7bit part is not 7bit')
  if (!['7bit', '8bit', 'binary'].includes(encoding)) throw new Broken(`encoding ${encoding}`)
  return Buffer.from(raw, 'latin1')
}

/** The text of a leaf in its charset. */
export function textOf(entity) {
  const octets = octetsOf(entity)
  return decodeCharset(octets, entity.parameters?.get('charset') ?? 'us-ascii')
}

/** RFC 2045 6.8, lines of 76 digits at most. */
export function decodeBase64(body) {
  const lines = body.split('\r\n')
  for (const line of lines) if (line.length > 76) throw new Broken('a base64 line is too long')
  const octets = Buffer.from(lines.join(''), 'base64')
  if (octets.toString('base64') !== lines.join('')) throw new Broken('not base64')
  return octets
}

/** RFC 2045 6.7. */
export function decodeQuotedPrintable(body) {
  let out = ''
  const lines = body.split('\r\n')
  lines.forEach((line, index) => {
    if (line.length > 76) throw new Broken('a quoted-printable line is too long')
    if (/[ \t]$|[^\t -~]/.test(line))
      throw new Broken(`what must not stand in quoted-printable: ${JSON.stringify(line)}`)
    const soft = line.endsWith('=')
    if (soft && index === lines.length - 1) throw new Broken('quoted-printable ends with a soft line break')
    const kept = soft ? line.slice(0, -1) : line
    out += kept.includes('=') ? kept.replace(/=(..?|$)/g, escaped) : kept
    if (!soft && index < lines.length - 1) out += '\r\n'
  })
  return Buffer.from(out, 'latin1')
}

function escaped(whole, digits) {
  if (!/^[0-9A-F]{2}$/.test(digits)) throw new Broken(`not quoted-printable: ${whole}`)
  return String.fromCharCode(parseInt(digits, 16))
}

/**
 * A value and its parameters, RFC 2045 5.1. With `extended` those of RFC 2231 are decoded and put together.
 * @returns {{ value: string, parameters: Map<string, string> }}
 */
export function readParameters(text, extended = true, lenient = false) {
  const value = /^[^;\s]+/.exec(text)?.[0] ?? ''
  const raw = new Map()
  const pattern = /\s*;\s*([^=\s;]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/y
  for (pattern.lastIndex = value.length; pattern.lastIndex < text.length;) {
    const at = pattern.lastIndex
    const found = pattern.exec(text)
    if (!found) throw new Broken(`not a parameter: ${JSON.stringify(text.slice(at, at + 60))}`)
    const name = found[1].toLowerCase()
    if (raw.has(name)) throw new Broken(`the parameter ${name} stands twice`)
    if (extended && !lenient && `${found[2] ?? ''}${found[3] ?? ''}`.includes('=?'))
      throw new Broken('what looks like an encoded-word in a parameter')
    raw.set(name, found[3] ?? found[2].replace(/\\(.)/gs, '$1'))
  }
  if (!extended || ![...raw.keys()].some((name) => name.includes('*'))) return { value, parameters: raw }
  const parameters = new Map()
  for (const [name, plain] of raw) {
    const star = name.indexOf('*')
    const base = star < 0 ? name : name.slice(0, star)
    if (parameters.has(base)) continue
    parameters.set(base, star < 0 ? plain : extendedValue(base, raw))
  }
  return { value, parameters }
}

/** RFC 2231 3 and 4. */
function extendedValue(base, raw) {
  if (raw.has(base)) throw new Broken(`${base} stands plain and extended`)
  let joined = raw.get(`${base}*`) ?? ''
  let count = raw.has(`${base}*`) ? 1 : 0
  for (let index = 0; raw.has(`${base}*${index}*`); index++, count++) joined += raw.get(`${base}*${index}*`)
  for (const name of raw.keys()) if (name.startsWith(`${base}*`)) count--
  const found = /^utf-8''((?:[A-Za-z0-9!#$&+.^_`{|}~-]|%[0-9A-F]{2})*)$/.exec(joined)
  if (count !== 0 || !found) throw new Broken(`not an extended value: ${joined.slice(0, 80)}`)
  return decodeURIComponent(found[1])
}

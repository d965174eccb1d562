/** A strict reader of messages, written from the RFCs for these tests; it shares no code with the composer. */

export interface Field {
  readonly name: string
  /** Unfolded, without the white space at its ends. */
  readonly value: string
}

export interface Entity {
  readonly fields: readonly Field[]
  /** The lines of the header as they stood. */
  readonly headerLines: readonly string[]
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
  /** Decoded octets of a leaf, empty for a multipart. */
  readonly octets: Buffer
  readonly parts: readonly Entity[]
}

/** Reads a message and checks what every message must keep: CRLF only, lines within 998 octets, a line end at the end. */
export function readMessage(content: Uint8Array): Entity {
  const text = Buffer.from(content).toString('latin1')
  if (!text.endsWith('\r\n')) throw new Error('the content does not end with a line end')
  for (const line of text.slice(0, -2).split('\r\n')) {
    if (/[\r\n\0]/.test(line)) throw new Error(`bare CR, LF or NUL in ${JSON.stringify(line.slice(0, 80))}`)
    if (line.length > 998) throw new Error(`a line of ${line.length} octets`)
  }
  return readEntity(text)
}

function readEntity(text: string): Entity {
  // A part may end with its header, since the line end before the boundary belongs to the boundary (RFC 2046 5.1.1).
  const found = text.indexOf('\r\n\r\n')
  const end = text.startsWith('\r\n') ? 0 : found < 0 ? text.length : found + 2
  if (found < 0 && !text.endsWith('\r\n')) throw new Error('the header does not end')
  const headerLines = end === 0 ? [] : text.slice(0, end - 2).split('\r\n')
  const body = text.slice(end + 2)
  const fields: { name: string; value: string }[] = []
  for (const line of headerLines) {
    if (line.trim() === '') throw new Error('a line of white space in the header')
    const last = fields.at(-1)
    if (/^[ \t]/.test(line) && last) last.value += line
    else {
      const found = /^([!-9;-~]+):(.*)$/.exec(line)
      if (!found) throw new Error(`not a header field: ${JSON.stringify(line)}`)
      fields.push({ name: found[1] ?? '', value: found[2] ?? '' })
    }
  }
  for (const field of fields) field.value = Buffer.from(field.value.replace(/^ | +$/g, ''), 'latin1').toString()
  const { value: type, parameters } = readParameters(valueOf(fields, 'Content-Type') ?? 'text/plain')
  const shared = { fields, headerLines, type, parameters }
  if (!type.startsWith('multipart/')) {
    return { ...shared, octets: decode(body, valueOf(fields, 'Content-Transfer-Encoding') ?? '7bit'), parts: [] }
  }
  return { ...shared, octets: Buffer.alloc(0), parts: split(body, parameters.get('boundary') ?? '').map(readEntity) }
}

export function valueOf(fields: readonly Field[], name: string): string | undefined {
  const found = fields.filter((field) => field.name.toLowerCase() === name.toLowerCase())
  if (found.length > 1) throw new Error(`${name} stands ${found.length} times`)
  return found[0]?.value
}

/** RFC 2046 5.1.1, by lines. */
function split(body: string, boundary: string): string[] {
  if (!/^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/.test(boundary)) throw new Error('not a boundary')
  const parts: string[] = []
  let current: string[] | undefined
  for (const line of body.split('\r\n')) {
    if (line === `--${boundary}--`) {
      if (current) parts.push(current.join('\r\n'))
      return parts
    }
    if (line === `--${boundary}`) {
      if (current) parts.push(current.join('\r\n'))
      current = []
    } else if (line.startsWith(`--${boundary}`)) throw new Error('a line begins like the boundary')
    else current?.push(line)
  }
  throw new Error('the multipart does not end')
}

function decode(body: string, encoding: string): Buffer {
  if (encoding === 'base64') return decodeBase64(body)
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(body)
  if (encoding !== '7bit' || /[^\x01-\x7f]/.test(body)) throw new Error(`not 7bit: ${encoding}`)
  return Buffer.from(body, 'latin1')
}

export function decodeBase64(body: string): Buffer {
  for (const line of body.split('\r\n')) if (line.length > 76) throw new Error('a base64 line is too long')
  const digits = body.replaceAll('\r\n', '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(digits)) throw new Error('not base64')
  return Buffer.from(digits, 'base64')
}

export function decodeQuotedPrintable(body: string): Buffer {
  for (const line of body.split('\r\n')) {
    if (line.length > 76) throw new Error('a quoted-printable line is too long')
    if (/[ \t]$/.test(line)) throw new Error('white space at the end of a quoted-printable line')
  }
  const octets = body.replaceAll('=\r\n', '').replace(/=(.{0,2})/gs, (_, hex: string) => {
    if (!/^[0-9A-F]{2}$/.test(hex)) throw new Error('not quoted-printable')
    return String.fromCharCode(parseInt(hex, 16))
  })
  return Buffer.from(octets, 'latin1')
}

/** Text with its encoded-words decoded: RFC 2047 6.2. */
export function decodeWords(value: string): string {
  const word = /=\?([^?\s]+)\?([BbQq])\?([^?\s]*)\?=/
  return value
    .replace(/(=\?[^?\s]+\?[BbQq]\?[^?\s]*\?=)\s+(?==\?[^?\s]+\?[BbQq]\?[^?\s]*\?=)/g, '$1')
    .replace(new RegExp(word, 'g'), (whole: string, charset: string, encoding: string, payload: string) => {
      if (whole.length > 75) throw new Error('an encoded-word is too long')
      const octets = encoding.toUpperCase() === 'B' ? decodeBase64(payload) : decodeQ(payload)
      return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(octets)
    })
}

function decodeQ(payload: string): Buffer {
  const octets = payload
    .replaceAll('_', ' ')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(octets, 'latin1')
}

/** A value and its parameters: RFC 2045 5.1 and RFC 2231. */
export function readParameters(text: string): { value: string; parameters: Map<string, string> } {
  const value = /^[^;\s]+/.exec(text)?.[0] ?? ''
  const raw = new Map<string, string>()
  const pattern = /\s*;\s*([^=\s;]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/y
  for (pattern.lastIndex = value.length; pattern.lastIndex < text.length;) {
    const found = pattern.exec(text)
    if (!found?.[1]) throw new Error(`not a parameter in ${text}`)
    if (raw.has(found[1])) throw new Error(`${found[1]} stands twice`)
    raw.set(found[1], found[3] ?? (found[2] ?? '').replace(/\\(.)/g, '$1'))
  }
  const parameters = new Map<string, string>()
  for (const [name, plain] of raw) {
    const base = name.replace(/\*.*$/, '')
    if (name === base) parameters.set(name, plain)
    else if (!parameters.has(base)) {
      let joined = raw.get(`${base}*`) ?? ''
      for (let index = 0; raw.has(`${base}*${index}*`); index++) joined += raw.get(`${base}*${index}*`)
      const found = /^utf-8''(.*)$/.exec(joined)
      if (!found?.[1]) throw new Error(`not an extended value: ${joined}`)
      parameters.set(base, decodeURIComponent(found[1]))
    }
  }
  return { value, parameters }
}

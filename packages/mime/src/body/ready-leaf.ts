import type { ContentEncoding } from '@posthorn/ground'
import { closedAccess } from '../access.js'
import type { ReadyPart } from '../draft.js'
import { fieldText, withoutOuterSpaces } from '../header/field-text.js'
import { ownFields } from '../own-draft.js'
import { OctetScan } from '../raw/octet-scan.js'
import { refusal } from '../refusal.js'
import { attachmentSource, checkSource } from './attachment-source.js'
import { carries, type Leaf, type Part, type Piece } from './part.js'
import type { Source } from './source.js'
import type { Stop } from './stop.js'

const ENCODINGS = new Set(['7bit', '8bit', 'binary', 'quoted-printable', 'base64'])
const MAX_LINE = 998
const KEYS = new Set(['headers', 'content', 'sizeOctets'])
const HEADER_KEYS = new Set(['name', 'value'])

/**
 * A part that is ready: its fields and octets stand as they are. Octets in memory are looked at, so that the message promises no more than
 * is true; those of a source are not.
 * @param whole true: the part is the whole body
 * @returns what opens its source
 * @throws {SettingsError} `draft.unknown-field`; `draft.part-header` for a field that is none of Content-*, stands twice, or is not one line of ASCII; `draft.part-encoding`;
 * what `checkSource` throws, and from what it returns what `attachmentSource` throws
 */
export function readyLeaf(given: ReadyPart, field: string, whole: boolean, stop?: Stop): () => Promise<Leaf> {
  const isObject = typeof given === 'object' && given !== null
  const part = isObject ? ownFields<ReadyPart>(given, KEYS, `${field}.`) : undefined
  if (!part || !Array.isArray(part.headers)) {
    throw refusal(
      'draft.part-header',
      `${field}.headers`,
      'is no list of fields',
      'Give { headers: [{ name, value }], content }.',
    )
  }
  const { fields, encoding: said } = headerFields(part.headers, `${field}.headers`)
  const { content, sizeOctets } = part
  const input = { content, sizeOctets, encoding: undefined, path: undefined, url: undefined }
  checkSource(input, field)
  return async () => {
    const source = await attachmentSource(input, { access: closedAccess, stop }, field)
    return new ReadyLeaf(fields, said, source, field, whole)
  }
}

class ReadyLeaf implements Leaf {
  readonly narrowest: ContentEncoding
  readonly release?: () => void
  readonly #part: Part
  readonly #octets: Uint8Array | undefined
  readonly #field: string

  constructor(fields: string, said: ContentEncoding, source: Source, field: string, whole: boolean) {
    const { octets } = source
    let checked = false
    this.narrowest = said
    if (octets && said !== 'binary') {
      const scan = new OctetScan()
      scan.push(octets)
      const ended = scan.end() === ''
      this.narrowest = scan.highOctets > 0 ? '8bit' : '7bit'
      checked = scan.bareAt < 0 && !scan.nul && scan.longestLine <= MAX_LINE && (ended || !whole)
    }
    const piece: Piece = checked && octets ? octets : { run: { ...runOf(source), unchecked: true } }
    this.#part = { fields, pieces: [piece], endsLine: false, encoding: this.narrowest }
    this.#octets = octets
    this.#field = field
    if (source.release) this.release = () => source.release?.()
  }

  mayHold(digits: string): boolean {
    return (
      this.#octets !== undefined &&
      Buffer.from(this.#octets.buffer, this.#octets.byteOffset, this.#octets.length).includes(digits)
    )
  }

  render(widest: ContentEncoding): Part {
    if (carries(widest, this.narrowest)) return this.#part
    throw refusal(
      'draft.encoding',
      this.#field,
      `needs a path that carries ${this.narrowest}, and this one carries ${widest}`,
      'A part that is ready is not encoded anew: give it in base64 or quoted-printable, with its Content-Transfer-Encoding.',
    )
  }
}

function runOf(source: Source): Source {
  const { octets, sizeOctets } = source
  return {
    ...(octets === undefined ? {} : { octets }),
    ...(sizeOctets === undefined ? {} : { sizeOctets }),
    read: () => source.read(),
  }
}

function headerFields(headers: ReadyPart['headers'], field: string): { fields: string; encoding: ContentEncoding } {
  const seen = new Set<string>()
  let fields = ''
  let encoding: ContentEncoding = '7bit'
  headers.forEach((given: unknown, index) => {
    const at = `${field}[${index}]`
    const isObject = typeof given === 'object' && given !== null
    const header = isObject ? ownFields<{ name?: unknown; value?: unknown }>(given, HEADER_KEYS, `${at}.`) : {}
    const name = fieldText(header.name, `${at}.name`)
    const value = withoutOuterSpaces(fieldText(header.value, `${at}.value`))
    const lower = name.toLowerCase()
    const wrong = (what: string) =>
      refusal('draft.part-header', at, what, 'Give each Content- field of the part once, in one line of ASCII.')
    if (!/^content-[a-z0-9-]{1,60}$/.test(lower)) throw wrong('is no Content- field')
    if (seen.has(lower)) throw wrong(`${name} stands twice`)
    seen.add(lower)
    if (value === '' || /[^ -~]/.test(value)) throw wrong('has a value that is not ASCII, or none')
    if (name.length + 2 + value.length > MAX_LINE) throw wrong(`is longer than ${MAX_LINE} characters`)
    if (lower === 'content-transfer-encoding') encoding = transferEncoding(value, at)
    fields += `${name}: ${value}\r\n`
  })
  return { fields, encoding }
}

/** What the encoding lets the octets be. */
function transferEncoding(value: string, field: string): ContentEncoding {
  const name = value.toLowerCase()
  if (!ENCODINGS.has(name)) {
    throw refusal(
      'draft.part-encoding',
      field,
      'is not a transfer encoding',
      'Use 7bit, 8bit, binary, quoted-printable or base64 (RFC 2045 6.1).',
    )
  }
  return name === '8bit' || name === 'binary' ? name : '7bit'
}

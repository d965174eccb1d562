/**
 * DER out of values (X.690 8, 10, 11): what CMS needs of it and no more. Every function gives a complete encoding and takes complete
 * encodings as members; nothing is checked, because every value comes from our own code.
 */

const UNIVERSAL = {
  integer: 2,
  octetString: 4,
  null: 5,
  oid: 6,
  utcTime: 23,
  generalizedTime: 24,
  sequence: 48,
  set: 49,
}

/** Tag and length, for a value that is streamed behind them. `tag` is the whole identifier octet. */
export function derHeader(tag: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(headerSize(length))
  writeHeader(header, tag, length)
  return header
}

/** Any tag around these octets. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  let length = 0
  for (const content of contents) length += content.length
  let at = headerSize(length)
  const out = Buffer.allocUnsafe(at + length)
  writeHeader(out, tag, length)
  for (const content of contents) {
    out.set(content, at)
    at += content.length
  }
  return out
}

/** The shortest form of the length, up to 2^48, and the tag. */
function headerSize(length: number): number {
  if (length < 128) return 2
  let size = 1
  while (length >= 256 ** size) size++
  return 2 + size
}

function writeHeader(out: Buffer, tag: number, length: number): void {
  out[0] = tag
  if (length < 128) {
    out[1] = length
    return
  }
  const size = headerSize(length) - 2
  out[1] = 128 + size
  out.writeUIntBE(length, 2, size)
}

export const sequence = (...members: readonly Uint8Array[]): Buffer => der(UNIVERSAL.sequence, ...members)

/** SET OF: the encodings in ascending order (X.690 11.6). `tag` for an implicit one. */
export function setOf(members: readonly Uint8Array[], tag = UNIVERSAL.set): Buffer {
  const sorted = members.length < 2 ? members : [...members].sort((a, b) => Buffer.compare(a, b))
  return der(tag, ...sorted)
}

/** `[number] EXPLICIT`, and `[number] IMPLICIT` for what is constructed. */
export const tagged = (number: number, ...contents: readonly Uint8Array[]): Buffer => der(0xa0 + number, ...contents)

/** `[number] IMPLICIT` for what is primitive. */
export const taggedPrimitive = (number: number, content: Uint8Array): Buffer => der(0x80 + number, content)

export const octetString = (content: Uint8Array): Buffer => der(UNIVERSAL.octetString, content)

/** A number from 0 to 127, or the content octets of an INTEGER as they are. */
export const integer = (value: number | Uint8Array): Buffer =>
  der(UNIVERSAL.integer, typeof value === 'number' ? Buffer.of(value) : value)

export const derNull: Buffer = der(UNIVERSAL.null)

const identifiers = new Map<string, Buffer>()

/** OBJECT IDENTIFIER out of its dotted numbers, each below 2^31. Not to be changed: each is made once. */
export function oid(dotted: string): Buffer {
  let made = identifiers.get(dotted)
  if (!made) identifiers.set(dotted, (made = identifier(dotted)))
  return made
}

function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const octets: number[] = []
  for (const arc of [40 * first + second, ...rest]) {
    for (let shift = 28; shift > 0; shift -= 7) if (arc >= 2 ** shift) octets.push(128 | ((arc >>> shift) & 127))
    octets.push(arc & 127)
  }
  return der(UNIVERSAL.oid, Buffer.from(octets))
}

/** Time as RFC 5652 11.3 has it: UTCTime from 1950 to 2049, GeneralizedTime before and after; whole seconds, in UTC. */
export function time(date: Date): Buffer {
  const text = date.toISOString() // ends as -12-31T23:59:59.999Z, behind a year of any length
  const part = (from: number) => text.slice(from, from + 2)
  const digits = `${text.slice(0, -20)}${part(-19)}${part(-16)}${part(-13)}${part(-10)}${part(-7)}Z`
  const year = date.getUTCFullYear()
  return year >= 1950 && year <= 2049
    ? der(UNIVERSAL.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : der(UNIVERSAL.generalizedTime, Buffer.from(digits, 'latin1'))
}

/** Octets that are not the ASN.1 that was expected. It is translated into a SettingsError where the name of the source is known. */
export class BerError extends Error {}

/** One element: its identifier octet (class, constructed bit and number), its content, and all of it as it stood there. */
export interface BerElement {
  readonly tag: number
  readonly content: Uint8Array
  readonly whole: Uint8Array
}

/** Whether lengths may be indefinite. */
export type BerRules = 'any' | 'definite'

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

const CONSTRUCTED = 0x20
/** The first octet of a length that is not said (X.690 8.1.3.6). */
const INDEFINITE = 0x80
const MAX_DEPTH = 32
const MAX_PIECES = 10_000
/** In one element of indefinite length, which is read through to find its end, each time somebody asks for it. A store of 10 000 has as many. */
const MAX_ELEMENTS = 20_000

/**
 * Reads BER and DER (X.690) from front to back, one element at a time and only as deep as it is asked to. It needs no memory besides the
 * octets: a length that goes past the end, an indefinite length nested more than 32 deep or around more than 20 000 elements, and a tag
 * above 30 are errors.
 */
export class BerReader {
  readonly #octets: Uint8Array
  readonly #rules: BerRules
  #at = 0

  /** @param rules `definite` refuses indefinite lengths, as DER does; so does every reader of what is inside */
  constructor(octets: Uint8Array, rules: BerRules = 'any') {
    this.#octets = octets
    this.#rules = rules
  }

  /** True when everything has been read. */
  get done(): boolean {
    return this.#at >= this.#octets.length
  }

  /** The identifier octet of the next element; undefined at the end. */
  get nextTag(): number | undefined {
    return this.#octets[this.#at]
  }

  /** The next element. @throws {BerError} when there is none, or it is not the one that is expected */
  next(tag?: number): BerElement {
    if (tag !== undefined && this.nextTag !== tag) throw new BerError(`expected tag ${tag}, found ${this.nextTag}`)
    if (this.#rules === 'definite' && this.#octets[this.#at + 1] === INDEFINITE) {
      throw new BerError('an indefinite length, which DER does not have')
    }
    const [element, end] = elementAt(this.#octets, this.#at, 0, { left: MAX_ELEMENTS })
    this.#at = end
    return element
  }

  /** The next element when it has this tag; undefined otherwise. */
  optional(tag: number): BerElement | undefined {
    return this.nextTag === tag ? this.next(tag) : undefined
  }

  /** The inside of the next element, which has this tag: a SEQUENCE unless another is named. */
  inside(tag: number = TAG.sequence): BerReader {
    return new BerReader(this.next(tag).content, this.#rules)
  }

  /** The next element is an object identifier; gives it as `1.2.840`. */
  oid(): string {
    return oidText(this.next(TAG.oid).content)
  }

  /** The next element is an INTEGER between 0 and 2^47. */
  smallInteger(): number {
    const { content } = this.next(TAG.integer)
    if (content.length === 0 || content.length > 6 || content[0]! > 0x7f)
      throw new BerError('an integer is out of range')
    return content.reduce((value, octet) => value * 256 + octet, 0)
  }

  /** The next element is an OCTET STRING, in one piece or in several (BER). */
  octetString(): Uint8Array {
    return stringContent(this.next())
  }
}

/** The octets of an OCTET STRING, or of an implicitly tagged one, whose pieces are joined when it is constructed (X.690 8.7.3). */
export function stringContent(element: BerElement): Uint8Array {
  if ((element.tag & CONSTRUCTED) === 0) return element.content
  const pieces: Uint8Array[] = []
  collect(element.content, pieces, 0, { left: MAX_PIECES })
  return Buffer.concat(pieces)
}

/** A reader for a whole that must be one element and nothing else. */
export function insideOnly(octets: Uint8Array, tag: number = TAG.sequence, rules: BerRules = 'any'): BerReader {
  const reader = new BerReader(octets, rules)
  const inside = reader.inside(tag)
  if (!reader.done) throw new BerError('octets follow the end')
  return inside
}

/** How many may still come. */
interface Allowance {
  left: number
}

function collect(content: Uint8Array, pieces: Uint8Array[], depth: number, allowance: Allowance): void {
  if (depth > MAX_DEPTH) throw new BerError('nested too deep')
  const reader = new BerReader(content)
  while (!reader.done) {
    const piece = reader.next()
    if (--allowance.left < 0) throw new BerError('a string of too many pieces')
    if ((piece.tag & CONSTRUCTED) !== 0) collect(piece.content, pieces, depth + 1, allowance)
    else pieces.push(piece.content)
  }
}

/** The element at `start`, and where the next one begins. */
function elementAt(octets: Uint8Array, start: number, depth: number, allowance: Allowance): [BerElement, number] {
  const tag = octets[start]
  const first = octets[start + 1]
  if (tag === undefined || first === undefined) throw new BerError('ends too early')
  if ((tag & 0x1f) === 0x1f) throw new BerError('a tag above 30')
  if (--allowance.left < 0) throw new BerError('an indefinite length around too many elements')
  if (first === INDEFINITE) return indefiniteAt(octets, start, tag, depth, allowance)
  let at = start + 2
  let length = first
  if (first > 0x80) {
    const lengthOctets = first & 0x7f
    if (lengthOctets > 4) throw new BerError('a length of more than four octets')
    length = 0
    for (let index = 0; index < lengthOctets; index++) length = length * 256 + (octets[at++] ?? Infinity)
  }
  const end = at + length
  if (!(end <= octets.length)) throw new BerError('a length goes past the end')
  return [{ tag, content: octets.subarray(at, end), whole: octets.subarray(start, end) }, end]
}

/** X.690 8.1.3.6: the content runs to the end-of-contents octets that belong to it. */
function indefiniteAt(
  octets: Uint8Array,
  start: number,
  tag: number,
  depth: number,
  allowance: Allowance,
): [BerElement, number] {
  if ((tag & CONSTRUCTED) === 0) throw new BerError('an indefinite length of a primitive element')
  if (depth >= MAX_DEPTH) throw new BerError('nested too deep')
  let at = start + 2
  while (octets[at] !== 0) at = elementAt(octets, at, depth + 1, allowance)[1]
  if (octets[at + 1] !== 0) throw new BerError('a wrong end of contents')
  return [{ tag, content: octets.subarray(start + 2, at), whole: octets.subarray(start, at + 2) }, at + 2]
}

const MAX_OID_OCTETS = 256

/** An object identifier as `1.2.840.113549`. Numbers may be of any size: 2.25 has UUIDs below it (X.667). */
export function oidText(content: Uint8Array): string {
  if (content.length === 0 || content.length > MAX_OID_OCTETS || content.at(-1)! > 0x7f) {
    throw new BerError('a broken object identifier')
  }
  const numbers: (number | bigint)[] = []
  let value: number | bigint = 0
  for (const octet of content) {
    if (typeof value === 'number' && value > MAX_SHIFTED) value = BigInt(value)
    value = typeof value === 'number' ? value * 128 + (octet & 0x7f) : value * 128n + BigInt(octet & 0x7f)
    if (octet > 0x7f) continue
    numbers.push(value)
    value = 0
  }
  const [first = 0, ...rest] = numbers
  const root = first < 80 ? Math.floor(Number(first) / 40) : 2
  const second = typeof first === 'number' ? first - 40 * root : first - 80n
  return [root, second, ...rest].join('.')
}

/** The largest number to which seven bits can be added without losing any. */
const MAX_SHIFTED = Number.MAX_SAFE_INTEGER / 128 - 1

/** Pieces of so many characters are known again. */
export const PIECE_LENGTH = 8

/** A table is filled to a quarter at most, so that a look-up ends after a step. */
const SLOTS_PER_PIECE = 4
/** No look-up goes further, whatever a server has thought out; so many slots in a row are not taken by chance. */
const MAX_STEPS = 64

const BASE = 0x01000193
/** BASE to the power of PIECE_LENGTH - 1, modulo 2^32: what the first character of a piece weighs in its hash. */
const FIRST_WEIGHT = Array.from({ length: PIECE_LENGTH - 1 }).reduce<number>((power) => Math.imul(power, BASE), 1)

/**
 * Every piece of some texts, to find them in others. Letters count alike small and in capitals, and base64 alike in its two alphabets.
 * Making it takes time and memory linear in the length of the texts (8 to 32 octets of table a character), `find` time linear in the length
 * of what is searched: at most MAX_STEPS comparisons a character, mostly none.
 */
export class HiddenPieces {
  /** The texts as they are compared, with NUL between two. */
  readonly #text: string
  /** By hash: where in `#text` a piece begins, plus one; 0 is free. */
  readonly #slots: Uint16Array | Uint32Array
  readonly #shift: number

  constructor(texts: Iterable<string>) {
    const distinct = new Set<string>()
    for (const text of texts) if (text.length >= PIECE_LENGTH) distinct.add(foldedText(text))
    this.#text = [...distinct].join('\0')
    const bits = Math.max(4, Math.ceil(Math.log2(this.#text.length * SLOTS_PER_PIECE + 1)))
    this.#shift = 32 - bits
    this.#slots = this.#text.length < 0xffff ? new Uint16Array(2 ** bits) : new Uint32Array(2 ** bits)
    let hash = 0
    for (let end = 0, length = 0; end < this.#text.length; end++) {
      if (this.#text.charCodeAt(end) === 0) {
        hash = length = 0
        continue
      }
      hash = rolled(hash, this.#text, end, length)
      if (++length < PIECE_LENGTH) continue
      const at = end - PIECE_LENGTH + 1
      const slot = this.#slotOf(this.#text, at, hash)
      if (slot !== -1 && this.#slots[slot] === 0) this.#slots[slot] = at + 1
    }
  }

  /** Marks each character that belongs to a piece with 1; undefined when none does. */
  find(text: string): Uint8Array | undefined {
    const slots = this.#slots
    const shift = this.#shift
    let marks: Uint8Array | undefined
    let hash = 0
    for (let end = 0; end < text.length; end++) {
      hash = rolled(hash, text, end, end)
      if (end < PIECE_LENGTH - 1) continue
      if (slots[slotFor(hash, shift)] === 0) continue // nearly always
      const at = end - PIECE_LENGTH + 1
      const slot = this.#slotOf(text, at, hash)
      if (slot === -1 || slots[slot] === 0) continue
      marks ??= new Uint8Array(text.length)
      marks.fill(1, at, end + 1)
    }
    return marks
  }

  /** The slot that holds this piece, or the free one where it would stand; -1: there is none near. */
  #slotOf(text: string, at: number, hash: number): number {
    const slots = this.#slots
    let slot = slotFor(hash, this.#shift)
    for (let step = 0; step < MAX_STEPS; step++) {
      const begins = slots[slot]!
      if (begins === 0 || samePiece(this.#text, begins - 1, text, at)) return slot
      slot = (slot + 1) & (slots.length - 1)
    }
    return -1
  }
}

function slotFor(hash: number, shift: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> shift
}

/** The hash of the piece that ends here, made of that of the one before. @param length how many characters that had or could have had */
function rolled(hash: number, text: string, end: number, length: number): number {
  const rest = length < PIECE_LENGTH ? hash : (hash - Math.imul(foldedUnit(text, end - PIECE_LENGTH), FIRST_WEIGHT)) | 0
  return (Math.imul(rest, BASE) + foldedUnit(text, end)) | 0
}

/** @param known folded already */
function samePiece(known: string, at: number, text: string, place: number): boolean {
  for (let index = 0; index < PIECE_LENGTH; index++)
    if (known.charCodeAt(at + index) !== foldedUnit(text, place + index)) return false
  return true
}

function foldedText(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase().replaceAll('-', '+').replaceAll('_', '/')
  const units = new Uint16Array(text.length)
  for (let index = 0; index < text.length; index++) units[index] = foldedUnit(text, index)
  return Buffer.from(units.buffer).toString('utf16le')
}

/** US-ASCII as it is compared: small letters, and the characters of base64url as those of base64. */
const FOLDED_ASCII = Uint8Array.from({ length: 128 }, (_, unit) =>
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.includes(String.fromCharCode(unit))
    ? unit + 32
    : '+/'.charCodeAt('-_'.indexOf(String.fromCharCode(unit))) || unit,
)

/** What the character is compared as; one for one, so that places stay the same. */
function foldedUnit(text: string, at: number): number {
  const unit = text.charCodeAt(at)
  if (unit < 128) return FOLDED_ASCII[unit]!
  const small = String.fromCharCode(unit).toLowerCase()
  return small.length === 1 ? small.charCodeAt(0) : unit
}

import { malformed } from './ber-reader.js'

const WHITE_SPACE = 64
const PADDING = 65
const STRANGE = 66
const VALUES = values()

/**
 * Octets out of base64 (RFC 2045 6.8) in chunks of any size. White space does not count; whatever else is not of the alphabet is an error,
 * and so is anything behind the padding.
 */
export class Base64Decoder {
  /** Six bits for each character of a group of four, of which so many are there. */
  #bits = 0
  #characters = 0
  #padding = 0
  #out = Buffer.allocUnsafe(0)

  /** What is given is lent until the next push. @throws {SettingsError} `smime.malformed` */
  push(chunk: Uint8Array): Uint8Array {
    const longest = Math.ceil(((this.#characters + chunk.length) * 3) / 4)
    if (this.#out.length < longest) this.#out = Buffer.allocUnsafeSlow(longest)
    const out = this.#out
    let length = 0
    for (let at = 0; at < chunk.length;) {
      if (this.#characters === 0 && this.#padding === 0) {
        const groups = wholeGroups(chunk, at, out, length)
        at += 4 * groups
        length += 3 * groups
        if (at === chunk.length) break
      }
      length += this.#take(VALUES[chunk[at++]!]!, out, length)
    }
    return out.subarray(0, length)
  }

  /** @throws {SettingsError} `smime.malformed` when a group is not whole */
  end(): void {
    if (this.#characters > 0) throw malformed('is base64 that ends too early')
  }

  /** One character, and how many octets it completes. */
  #take(value: number, out: Uint8Array, to: number): number {
    if (value === WHITE_SPACE) return 0
    if (value === STRANGE || (value === PADDING ? this.#characters < 2 : this.#padding > 0))
      throw malformed('is not base64')
    if (value === PADDING) this.#padding++
    this.#bits = (this.#bits << 6) | (value === PADDING ? 0 : value)
    if (++this.#characters < 4) return 0
    this.#characters = 0
    out[to] = this.#bits >> 16
    out[to + 1] = this.#bits >> 8
    out[to + 2] = this.#bits
    return 3 - this.#padding
  }
}

/** Groups of four characters without white space between, as far as they go: nearly everything in lines of 76. */
function wholeGroups(chunk: Uint8Array, start: number, out: Uint8Array, to: number): number {
  let at = start
  for (const last = chunk.length - 3; at < last; at += 4, to += 3) {
    const a = VALUES[chunk[at]!]!
    const b = VALUES[chunk[at + 1]!]!
    const c = VALUES[chunk[at + 2]!]!
    const d = VALUES[chunk[at + 3]!]!
    if ((a | b | c | d) > 63) break
    out[to] = (a << 2) | (b >> 4)
    out[to + 1] = (b << 4) | (c >> 2)
    out[to + 2] = (c << 6) | d
  }
  return (at - start) / 4
}

function values(): Uint8Array {
  const table = new Uint8Array(256).fill(STRANGE)
  const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
  for (const [value, octet] of alphabet.entries()) table[octet] = value
  for (const octet of [9, 10, 13, 32]) table[octet] = WHITE_SPACE
  table[61] = PADDING
  return table
}

import type { Rewriter } from './rewriter.js'

const CR = 13
const LF = 10
const EQUALS = 61
const DASH = 45
const MAX_LINE = 75
const HEX = Buffer.from('0123456789ABCDEF')

/**
 * Quoted-printable that keeps to its rules, out of what is called so and does not: octets that may not stand in it are encoded as
 * readers take them, and lines are broken before they are longer than 76 (RFC 2045 6.7).
 */
export class MendedQuotedPrintable implements Rewriter {
  #column = 0
  /** Octets left of an escape: it must not be torn apart. */
  #escape = 0
  #afterCr = false
  #afterBreak = false

  push(chunk: Uint8Array): Iterable<Uint8Array> {
    const out = new Uint8Array(6 * chunk.length + 6) // at most a break and three octets for each, and for a CR that was held
    let length = 0
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!
      if (this.#afterCr) {
        this.#afterCr = false
        if (octet !== LF) length = this.#put(CR, out, length)
      }
      if (octet === CR) this.#afterCr = true
      else if (octet === LF) {
        out[length++] = CR
        out[length++] = LF
        this.#column = this.#escape = 0
        this.#afterBreak = false
      } else length = this.#put(octet, out, length)
    }
    return length === 0 ? [] : [out.subarray(0, length)]
  }

  end(): Iterable<Uint8Array> {
    const out = new Uint8Array(7)
    return [out.subarray(0, this.#afterCr ? this.#put(CR, out, 0) : 0)]
  }

  #put(octet: number, out: Uint8Array, length: number): number {
    const literal = (octet > 31 && octet < 127) || octet === 9
    const width = literal && octet !== EQUALS ? 1 : 3
    if ((this.#escape === 0 || !literal) && this.#column + width > MAX_LINE) {
      out[length++] = EQUALS
      out[length++] = CR
      out[length++] = LF
      this.#column = 0
      this.#afterBreak = true
    }
    // a line of our own must not begin like a delimiter
    if (literal && !(this.#afterBreak && this.#column === 0 && octet === DASH)) {
      out[length++] = octet
      this.#column++
      this.#escape = octet === EQUALS ? 2 : Math.max(0, this.#escape - 1)
      return length
    }
    out[length++] = EQUALS
    out[length++] = HEX[octet >> 4]!
    out[length++] = HEX[octet & 15]!
    this.#column += 3
    this.#escape = 0
    return length
  }
}

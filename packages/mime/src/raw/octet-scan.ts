const CR = 13
const LF = 10
const HIGH = 0x80808080 | 0
/** Below this many octets a view by words costs more than it saves. */
const FEW_OCTETS = 64

/** What is to be inserted in front of an octet so that the line end before it, or it, is CRLF. */
export type Insertion = '\r' | '\n'

/**
 * Looks through octets for what decides how they can travel: octets above 127, NUL, lines, and CR and LF that stand apart (RFC 5321
 * 2.3.8, RFC 2045 2.7 to 2.9). One pass, four octets at a time; any chunking gives the same.
 */
export class OctetScan {
  /** How many octets went through. */
  length = 0
  /** How many of them were above 127. */
  highOctets = 0
  /** True when NUL was among them. */
  nul = false
  /** Octets of the longest line, without its line end. */
  longestLine = 0
  /** Offset of the first CR or LF that stands apart; -1 when there is none. */
  bareAt = -1
  /** True when there was a CRLF. */
  crlf = false
  /** How many octets the last line end had. */
  lastLineEnd = 0
  #lineStart = 0
  /** Offset of a CR whose LF has not been seen; -1 when there is none. */
  #openCr = -1
  #found: ((at: number, insertion: Insertion) => void) | undefined

  /** Takes the next octets; `found` is told where in them something must be inserted, in order. */
  push(octets: Uint8Array, found?: (at: number, insertion: Insertion) => void): void {
    this.#found = found
    const { length } = octets
    const start = this.length
    if (length === 0) return
    if (this.#openCr >= 0 && octets[0] !== LF) this.#bareCr(start)
    let at = 0
    if (length >= FEW_OCTETS) {
      for (const aligned = -octets.byteOffset & 3; at < aligned; at++) this.#octet(octets[at]!, start, at)
      const words = new Int32Array(octets.buffer, octets.byteOffset + at, (length - at) >> 2)
      for (let index = 0; index < words.length; index++, at += 4) {
        const word = words[index]!
        const high = word & HIGH
        if (high !== 0) this.highOctets += Math.imul(high >>> 7, 0x01010101) >>> 24
        // zero unless one of the four octets is below 14
        if (((word - 0x0e0e0e0e) & ~word & HIGH) === 0) continue
        for (let of4 = at; of4 < at + 4; of4++) if (octets[of4]! < 14) this.#control(octets[of4]!, start, of4)
      }
    }
    for (; at < length; at++) this.#octet(octets[at]!, start, at)
    this.length = start + length
    if (this.#openCr >= 0 && this.#openCr < this.length - 1) this.#bareCr(start)
  }

  /** The end: a CR that is the last octet stands apart. Gives what the last line end still needs. */
  end(): '' | '\n' | '\r\n' {
    const rest = this.#openCr >= 0 ? '\n' : this.#lineStart < this.length ? '\r\n' : ''
    this.longestLine = Math.max(this.longestLine, this.length - this.#lineStart)
    if (this.#openCr >= 0) this.#bare(this.#openCr)
    this.#openCr = -1
    return rest
  }

  #octet(octet: number, start: number, at: number): void {
    if (octet > 127) this.highOctets++
    else if (octet < 14) this.#control(octet, start, at)
  }

  #control(octet: number, start: number, at: number): void {
    if (octet === LF) {
      const offset = start + at
      const closes = this.#openCr === offset - 1 && this.#openCr >= 0
      if (closes) this.crlf = true
      else {
        if (this.#openCr >= 0) this.#bareCr(start)
        this.#bare(offset)
        this.#found?.(at, '\r')
      }
      this.#openCr = -1
      this.lastLineEnd = closes ? 2 : 1
      this.longestLine = Math.max(this.longestLine, offset - this.#lineStart - (closes ? 1 : 0))
      this.#lineStart = offset + 1
    } else if (octet === CR) {
      if (this.#openCr >= 0) this.#bareCr(start)
      this.#openCr = start + at
    } else if (octet === 0) this.nul = true
  }

  #bareCr(start: number): void {
    this.#bare(this.#openCr)
    this.#found?.(this.#openCr + 1 - start, '\n')
    this.#openCr = -1
  }

  #bare(offset: number): void {
    if (this.bareAt < 0) this.bareAt = offset
  }
}

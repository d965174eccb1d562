const TAB = 9
const LF = 10
const CR = 13
const SP = 32
const CRLFS = Buffer.from('\r\n'.repeat(512))

/**
 * The body in canonical form (RFC 6376 3.4.3, 3.4.4), chunk by chunk, without holding any of it: empty lines at the end are counted, and
 * given only when something follows them. `give` gets octets it must use up at once.
 */
export class CanonicalBody {
  readonly #relaxed: boolean
  readonly #give: (octets: Uint8Array) => void
  /** Seen and not given yet, in this order: line ends, white space, a CR that may begin a line end. */
  #lineEnds = 0
  #space = false
  #cr = false
  #any = false

  constructor(relaxed: boolean, give: (octets: Uint8Array) => void) {
    this.#relaxed = relaxed
    this.#give = give
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    if (this.#relaxed && (this.#space || chunk.includes(SP) || chunk.includes(TAB))) this.#relax(chunk)
    else this.#trim(chunk)
  }

  /** The end of the body: a last line without its line end gets one; an empty body is one line end, or nothing when relaxed. */
  end(): void {
    if (this.#cr) this.#flush()
    if (this.#any || !this.#relaxed) this.#give(CRLFS.subarray(0, 2))
  }

  /** Octets without white space to be reduced: only line ends at the end of the chunk are kept back. */
  #trim(chunk: Uint8Array): void {
    let start = 0
    if (this.#cr && chunk[0] === LF) {
      this.#cr = false
      this.#lineEnds++
      start = 1
    }
    let end = chunk.length
    const cr = end > start && chunk[end - 1] === CR
    if (cr) end--
    let lineEnds = 0
    while (end - start >= 2 && chunk[end - 1] === LF && chunk[end - 2] === CR) {
      end -= 2
      lineEnds++
    }
    if (end > start || (this.#cr && (lineEnds > 0 || cr))) {
      this.#flush()
      if (end > start) this.#give(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end))
      this.#any = true
    }
    this.#lineEnds += lineEnds
    if (cr) this.#cr = true
  }

  /** White space runs become one space, and go from line ends. */
  #relax(chunk: Uint8Array): void {
    const out = Buffer.allocUnsafe(chunk.length)
    let length = 0
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!
      if (octet === LF && this.#cr) {
        this.#cr = false
        this.#space = false
        this.#lineEnds++
        continue
      }
      if (this.#cr || (octet !== CR && octet !== SP && octet !== TAB)) {
        if (this.#lineEnds > 0 || this.#space || this.#cr) {
          if (length > 0) this.#give(out.subarray(0, length))
          // what was given may not be written over before it is used up, which it is
          length = 0
          this.#flush()
        }
        this.#any = true
      }
      if (octet === CR) this.#cr = true
      else if (octet === SP || octet === TAB) this.#space = true
      else out[length++] = octet
    }
    if (length > 0) this.#give(out.subarray(0, length))
  }

  #flush(): void {
    for (let left = this.#lineEnds; left > 0; left -= 512) this.#give(CRLFS.subarray(0, 2 * Math.min(left, 512)))
    if (this.#space) this.#give(SPACE)
    if (this.#cr) this.#give(CRLFS.subarray(0, 1))
    this.#any ||= this.#cr
    this.#lineEnds = 0
    this.#space = false
    this.#cr = false
  }
}

const SPACE = Buffer.from(' ')

const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e
const LINE_WITH_DOT = Buffer.from('\r\n.')
const ONLY_CR = Buffer.from('\r')

/**
 * Takes the dot-stuffing off the content of DATA (RFC 5321 4.5.2), however the octets are cut. Only CRLF ends a line, so the content
 * ends with CRLF, dot, CRLF and nothing else.
 */
export class DotReader {
  #emit: (octets: Buffer) => void
  #state: 'line' | 'inside' | 'cr' | 'dot' | 'dot-cr' = 'line'

  /** @param emit takes each piece of content; it shares the memory of what was pushed */
  constructor(emit: (octets: Buffer) => void) {
    this.#emit = emit
  }

  /** Reads from an index on. Gives the index after the end of the content, or -1 when it goes on after these octets. */
  push(octets: Buffer, from: number): number {
    let at = from
    while (at < octets.length) {
      if (this.#state === 'inside') {
        at = this.#inside(octets, at)
      } else if (this.#state === 'line' && octets[at] === DOT) {
        this.#state = 'dot'
        at++
      } else if (this.#state === 'dot' && octets[at] === CR) {
        this.#state = 'dot-cr'
        at++
      } else if (this.#state === 'line' || this.#state === 'dot') {
        this.#state = 'inside'
      } else if (octets[at] === LF) {
        if (this.#state === 'dot-cr') return at + 1
        this.#emit(octets.subarray(at, ++at))
        this.#state = 'line'
      } else {
        if (this.#state === 'dot-cr') this.#emit(ONLY_CR)
        this.#state = 'inside'
      }
    }
    return -1
  }

  #inside(octets: Buffer, at: number): number {
    const next = octets.indexOf(LINE_WITH_DOT, at)
    const end = next < 0 ? octets.length : next + 2
    this.#emit(octets.subarray(at, end))
    const last = octets[end - 1]
    if (last === CR) this.#state = 'cr'
    else if (last === LF && end - at > 1 && octets[end - 2] === CR) this.#state = 'line'
    return end
  }
}

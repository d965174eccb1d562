import type { Rewriter } from './rewriter.js'

const LF = 10
const DASH = 45
const SOFT_BREAK = Buffer.from('=\r\n')

/**
 * Keeps every line of quoted-printable from beginning with "--", by a soft line break between the two: no text, however long its lines
 * are and wherever they are broken, can then hold a delimiter of the multipart it stands in (RFC 2046 5.1.1).
 */
export class NoDashes implements Rewriter {
  readonly #encoder: Rewriter
  #lineStart = true
  /** A dash that begins a line was the last octet. */
  #afterDash = false

  constructor(encoder: Rewriter) {
    this.#encoder = encoder
  }

  *push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (const block of this.#encoder.push(chunk)) yield* this.#guard(block)
  }

  *end(): Generator<Uint8Array, void, undefined> {
    for (const block of this.#encoder.end()) yield* this.#guard(block)
  }

  *#guard(block: Uint8Array): Generator<Uint8Array, void, undefined> {
    let from = 0
    let at = 0
    while (at < block.length) {
      if (!this.#lineStart && !this.#afterDash) {
        at = block.indexOf(LF, at) + 1
        if (at === 0) break
        this.#lineStart = true
        continue
      }
      if (block[at] !== DASH) {
        this.#lineStart = this.#afterDash = false
        continue
      }
      if (this.#afterDash) {
        if (at > from) yield block.subarray(from, at)
        yield SOFT_BREAK
        from = at
      }
      // a dash behind the break begins a line again
      this.#lineStart = false
      this.#afterDash = true
      at++
    }
    if (from < block.length) yield block.subarray(from)
  }
}

import type { Rewriter } from './rewriter.js'

const LF = 10
const DASH = 45

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
    for (const block of this.#encoder.push(chunk)) yield this.#guard(block)
  }

  *end(): Generator<Uint8Array, void, undefined> {
    for (const block of this.#encoder.end()) yield this.#guard(block)
  }

  #guard(block: Uint8Array): Uint8Array {
    const breaks: number[] = []
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
      // behind the break the second one begins a line itself
      if (this.#afterDash) breaks.push(at)
      this.#lineStart = false
      this.#afterDash = true
      at++
    }
    return breaks.length === 0 ? block : broken(block, breaks)
  }
}

/** With a soft line break in front of each of these octets. */
function broken(block: Uint8Array, breaks: readonly number[]): Uint8Array {
  const out = new Uint8Array(block.length + 3 * breaks.length)
  let from = 0
  let to = 0
  for (const at of breaks) {
    if (at - from === 1) out[to] = block[from]!
    else out.set(block.subarray(from, at), to)
    to += at - from
    out[to++] = 61
    out[to++] = 13
    out[to++] = LF
    from = at
  }
  out.set(block.subarray(from), to)
  return out
}

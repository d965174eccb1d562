import type { Rewriter } from './rewriter.js'

const CR = 13
const LF = 10
const MAX_LINE = 990
const BREAK = Buffer.from('\r\n ')

/**
 * The text around the parts of a multipart, which readers do not show: octets above 127 and NUL become "?", and a line that is too long
 * goes on behind a space, so that no new line can be taken for a delimiter.
 */
export class MaskedText implements Rewriter {
  #column = 0

  push(chunk: Uint8Array): Iterable<Uint8Array> {
    const out = new Uint8Array(
      chunk.length + BREAK.length * Math.ceil((chunk.length + MAX_LINE) / MAX_LINE) + BREAK.length,
    )
    let length = 0
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!
      if (octet === LF) this.#column = 0
      else if (octet !== CR) {
        if (this.#column === MAX_LINE) {
          out.set(BREAK, length)
          length += BREAK.length
          this.#column = 1
        }
        this.#column++
      }
      out[length++] = octet > 127 || octet === 0 ? 63 : octet
    }
    return [out.subarray(0, length)]
  }

  end(): Iterable<Uint8Array> {
    return []
  }
}

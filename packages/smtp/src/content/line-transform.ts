import { scan, type Insertion } from './scan.js'

const CR = 13
const LF = 10

/**
 * Makes content fit for the wire, block by block: every line ends with CRLF (a bare CR or LF is completed), the last one too, and with
 * `dots` a dot at the start of a line is doubled (RFC 5321 4.5.2). A block that needs nothing is given back as it is, not copied.
 */
export class LineTransform {
  /** True when an octet above 127 went through. */
  high = false
  /** Octets inserted so far. */
  inserted = 0
  readonly #dots: boolean
  readonly #repairs: boolean
  #last = LF

  /** @param repairs false: nothing is inserted, octets above 127 are looked for all the same */
  constructor(dots: boolean, repairs = true) {
    this.#dots = dots
    this.#repairs = repairs
  }

  push(block: Uint8Array): Uint8Array {
    if (block.length === 0) return block
    let places: number[] | undefined
    let insertions: Insertion[] = []
    let extra = 0
    const high = scan(block, this.#last, this.#dots, (at, insertion) => {
      if (!this.#repairs) return
      if (!places) {
        places = []
        insertions = []
      }
      places.push(at)
      insertions.push(insertion)
      extra += insertion.length
    })
    if (high) this.high = true
    this.#last = block[block.length - 1]!
    if (!places) return block
    this.inserted += extra
    return insert(block, places, insertions, extra)
  }

  /** What the end still needs: the rest of the last line's CRLF, or nothing. */
  end(): Uint8Array {
    const rest = this.#last === LF || !this.#repairs ? '' : this.#last === CR ? '\n' : '\r\n'
    this.#last = LF
    this.inserted += rest.length
    return Buffer.from(rest, 'latin1')
  }
}

function insert(
  block: Uint8Array,
  places: readonly number[],
  insertions: readonly Insertion[],
  extra: number,
): Uint8Array {
  const out = new Uint8Array(block.length + extra)
  let from = 0
  let to = 0
  for (let index = 0; index < places.length; index++) {
    const at = places[index]!
    if (at - from < 48) while (from < at) out[to++] = block[from++]!
    else {
      out.set(block.subarray(from, at), to)
      to += at - from
      from = at
    }
    const text = insertions[index]!
    for (let k = 0; k < text.length; k++) out[to++] = text.charCodeAt(k)
  }
  out.set(block.subarray(from), to)
  return out
}

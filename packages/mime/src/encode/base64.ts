const LINE_OCTETS = 57
const LINE_SIZE = 78 // 76 characters and CRLF: RFC 2045 6.8
const BLOCK_LINES = 3361 // 256 KiB of output

/** Pairs of base64 characters by 12 bits, as two octets in memory order: one store for two characters. */
const PAIRS = pairs()
const CRLF = new Uint16Array(Uint8Array.of(13, 10).buffer)[0]!

/** How long the encoding of so many octets is, line ends included. */
export function base64Size(octets: number): number {
  const characters = 4 * Math.ceil(octets / 3)
  return characters + 2 * Math.ceil(characters / 76)
}

/**
 * Base64 in lines of 76 characters, each with its CRLF, out of chunks of any size. It holds one block of output and at most one line
 * of input. What it gives is a view of that block: use it up before going on.
 */
export class Base64Lines {
  readonly #block: Uint8Array
  readonly #pairs: Uint16Array
  readonly #line = new Uint8Array(LINE_OCTETS)
  #held = 0
  #full = 0

  /** @param sizeOctets how much will come at most, if known: a small source then gets a small block */
  constructor(sizeOctets = Infinity) {
    const lines = Math.max(1, Math.min(BLOCK_LINES, Math.ceil(sizeOctets / LINE_OCTETS)))
    this.#block = Buffer.allocUnsafeSlow(lines * LINE_SIZE) // memory of its own, so aligned for the pairs
    this.#pairs = new Uint16Array(this.#block.buffer)
  }

  /** Takes a chunk and gives each block it fills. */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    let at = 0
    if (this.#held > 0) {
      at = Math.min(LINE_OCTETS - this.#held, chunk.length)
      this.#line.set(at === chunk.length ? chunk : chunk.subarray(0, at), this.#held)
      this.#held += at
      if (this.#held < LINE_OCTETS) return
      if (this.#full === this.#block.length) yield this.#take()
      this.#encode(this.#line, 0, 1)
      this.#held = 0
    }
    let whole = Math.floor((chunk.length - at) / LINE_OCTETS)
    while (whole > 0) {
      if (this.#full === this.#block.length) yield this.#take()
      const lines = Math.min(whole, (this.#block.length - this.#full) / LINE_SIZE)
      this.#encode(chunk, at, lines)
      at += lines * LINE_OCTETS
      whole -= lines
    }
    this.#line.set(chunk.subarray(at))
    this.#held = chunk.length - at
  }

  /** Gives what is left; nothing may be pushed after it. */
  *end(): Generator<Uint8Array, void, undefined> {
    if (this.#full > 0) yield this.#take()
    if (this.#held > 0) yield Buffer.from(`${Buffer.from(this.#line.buffer, 0, this.#held).toString('base64')}\r\n`)
    this.#held = 0
  }

  #take(): Uint8Array {
    const filled = this.#block.subarray(0, this.#full)
    this.#full = 0
    return filled
  }

  #encode(octets: Uint8Array, start: number, lines: number): void {
    encodeLines(
      new DataView(octets.buffer, octets.byteOffset, octets.byteLength),
      start,
      lines,
      this.#pairs,
      this.#full >> 1,
    )
    this.#full += lines * LINE_SIZE
  }
}

/** Whole lines: 48 octets by words of 32 bits, then 9 by threes. */
function encodeLines(octets: DataView, start: number, lines: number, out: Uint16Array, outStart: number): void {
  let at = start
  let to = outStart
  for (let line = 0; line < lines; line++) {
    for (let twelve = 0; twelve < 4; twelve++) {
      const a = octets.getInt32(at)
      const b = octets.getInt32(at + 4)
      const c = octets.getInt32(at + 8)
      out[to] = PAIRS[a >>> 20]!
      out[to + 1] = PAIRS[(a >>> 8) & 4095]!
      out[to + 2] = PAIRS[((a & 255) << 4) | (b >>> 28)]!
      out[to + 3] = PAIRS[(b >>> 16) & 4095]!
      out[to + 4] = PAIRS[(b >>> 4) & 4095]!
      out[to + 5] = PAIRS[((b & 15) << 8) | (c >>> 24)]!
      out[to + 6] = PAIRS[(c >>> 12) & 4095]!
      out[to + 7] = PAIRS[c & 4095]!
      at += 12
      to += 8
    }
    for (let three = 0; three < 3; three++) {
      const bits = (octets.getUint16(at) << 8) | octets.getUint8(at + 2)
      out[to] = PAIRS[bits >> 12]!
      out[to + 1] = PAIRS[bits & 4095]!
      at += 3
      to += 2
    }
    out[to++] = CRLF
  }
}

function pairs(): Uint16Array {
  const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
  const octets = new Uint8Array(2 * 4096)
  for (let bits = 0; bits < 4096; bits++) {
    octets[2 * bits] = alphabet[bits >> 6]!
    octets[2 * bits + 1] = alphabet[bits & 63]!
  }
  return new Uint16Array(octets.buffer)
}

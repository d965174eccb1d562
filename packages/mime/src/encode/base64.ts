import { tableKernel, type Base64Kernel } from './base64-table.js'
import { vectorKernel } from './base64-vector.js'

const LINE_OCTETS = 57
const LINE_SIZE = 78 // 76 characters and CRLF: RFC 2045 6.8
const BLOCK_LINES = 3361 // 256 KiB of output
/** After so many lines by the table, 114 KB, the vectors are loaded; for fewer than this many in one go the table stays the faster. */
const LINES_TO_LOAD = 2000
const LINES_TO_CALL = 8

let vectors: Base64Kernel | undefined
let byTable = 0

/** The best kernel there is by now. What encodes little never loads the WebAssembly. */
const bestKernel: Base64Kernel = (octets, from, lines, out, to) => {
  if (!vectors) {
    byTable += lines
    if (byTable >= LINES_TO_LOAD) vectors = vectorKernel() ?? tableKernel
  }
  const kernel = vectors && lines >= LINES_TO_CALL ? vectors : tableKernel
  kernel(octets, from, lines, out, to)
}

/** How long the encoding of so many octets is, line ends included. */
export function base64Size(octets: number): number {
  const characters = 4 * Math.ceil(octets / 3)
  return characters + 2 * Math.ceil(characters / 76)
}

/**
 * Base64 in lines of 76 characters, each with its CRLF, of octets in memory into a buffer with room for `base64Size` from `to` on.
 * @returns the index behind what was written
 */
export function writeBase64(octets: Uint8Array, out: Buffer, to: number, kernel = bestKernel): number {
  const lines = Math.floor(octets.length / LINE_OCTETS)
  if (lines > 0) kernel(octets, 0, lines, out, to)
  const end = to + lines * LINE_SIZE
  const rest = octets.subarray(lines * LINE_OCTETS)
  return rest.length === 0 ? end : end + out.write(lastLine(rest), end, 'latin1')
}

/**
 * Base64 in lines of 76 characters, each with its CRLF, out of chunks of any size. It holds one block of output and at most one line
 * of input. What it gives is a view of that block: use it up before going on.
 */
export class Base64Lines {
  readonly #kernel: Base64Kernel
  readonly #block: Uint8Array
  readonly #line = new Uint8Array(LINE_OCTETS)
  #held = 0
  #full = 0

  /** @param sizeOctets how much will come at most, if known: a small source then gets a small block */
  constructor(sizeOctets = Infinity, kernel = bestKernel) {
    const lines = Math.max(1, Math.min(BLOCK_LINES, Math.ceil(sizeOctets / LINE_OCTETS)))
    this.#kernel = kernel
    this.#block = Buffer.allocUnsafe(lines * LINE_SIZE)
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
    if (this.#held > 0) yield Buffer.from(lastLine(this.#line.subarray(0, this.#held)), 'latin1')
    this.#held = 0
  }

  #take(): Uint8Array {
    const filled = this.#block.subarray(0, this.#full)
    this.#full = 0
    return filled
  }

  #encode(octets: Uint8Array, from: number, lines: number): void {
    this.#kernel(octets, from, lines, this.#block, this.#full)
    this.#full += lines * LINE_SIZE
  }
}

function lastLine(octets: Uint8Array): string {
  return `${Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64')}\r\n`
}

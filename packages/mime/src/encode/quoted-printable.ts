import { mostEncoded, tableKernel, type Progress, type QuotedPrintableKernel } from './quoted-printable-table.js'
import { vectorKernel } from './quoted-printable-vector.js'

const PIECE_OCTETS = 8 * 1024
/** Of text in memory so much is encoded at once: nearly all texts, so that they are put together in memory that is there already. */
const MEMORY_OCTETS = 32 * 1024
const BLOCK_OCTETS = 96 * 1024
/** More than what an encoding can leave over for want of what follows. */
const SEAM_OCTETS = 16
/** After so many octets by the table the vectors are loaded; they win at any length then. */
const OCTETS_TO_LOAD = 64 * 1024

let vectors: QuotedPrintableKernel | undefined
let byTable = 0
let scratch: Buffer | undefined

/** The best kernel there is by now. What encodes little never loads the WebAssembly. */
const bestKernel: QuotedPrintableKernel = (octets, from, end, out, to, last, progress) => {
  if (!vectors) {
    byTable += end - from
    if (byTable >= OCTETS_TO_LOAD) vectors = vectorKernel() ?? tableKernel
  }
  const kernel = vectors ?? tableKernel
  kernel(octets, from, end, out, to, last, progress)
}

/**
 * Text in quoted-printable (RFC 2045 6.7): lines of at most 76 octets, no space or tab at the end of one. CRLF is a line end; a CR or
 * LF on its own is encoded as an octet. A "." that begins a line and the "F" of a line that begins with "From " are encoded too, because
 * there are programs on the way that change them (RFC 2049 3, RFC 8551 3.1.1).
 */
export function quotedPrintable(text: Uint8Array, kernel = bestKernel): Buffer {
  const pieces: Buffer[] = []
  inPieces(text, kernel, (piece) => pieces.push(Buffer.from(piece)))
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}

/** How many octets `quotedPrintable` will give for the same text, to the octet. */
export function quotedPrintableSize(text: Uint8Array, kernel = bestKernel): number {
  let size = 0
  inPieces(text, kernel, (piece) => (size += piece.length))
  return size
}

/** Each piece is a view of the scratch memory. */
function inPieces(text: Uint8Array, kernel: QuotedPrintableKernel, found: (piece: Buffer) => void): void {
  scratch ??= Buffer.allocUnsafeSlow(mostEncoded(MEMORY_OCTETS))
  const progress: Progress = { column: 0, taken: 0, written: 0 }
  for (let at = 0; at < text.length; at = progress.taken) {
    const end = Math.min(at + MEMORY_OCTETS, text.length)
    kernel(text, at, end, scratch, 0, end === text.length, progress)
    found(scratch.subarray(0, progress.written))
  }
}

/**
 * The same for text that comes in chunks of any size and may be of any length, in constant memory. What it gives is a view of a block
 * that is used again: be done with it before going on.
 */
export class QuotedPrintableLines {
  readonly #kernel: QuotedPrintableKernel
  readonly #block = Buffer.allocUnsafeSlow(BLOCK_OCTETS)
  readonly #progress: Progress = { column: 0, taken: 0, written: 0 }
  /** What the last chunk left over, and behind it the beginning of the next. */
  readonly #seam = new Uint8Array(2 * SEAM_OCTETS)
  #held = 0

  constructor(kernel = bestKernel) {
    this.#kernel = kernel
  }

  /** Takes a chunk and gives each block it fills. */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    let at = 0
    if (this.#held > 0) {
      const joined = Math.min(SEAM_OCTETS, chunk.length)
      for (let index = 0; index < joined; index++) this.#seam[this.#held + index] = chunk[index]!
      const length = this.#held + joined
      if (this.#full(length)) yield this.#take()
      this.#encode(this.#seam, 0, length, false)
      const { taken } = this.#progress
      if (joined === chunk.length) {
        this.#hold(this.#seam, taken, length)
        return
      }
      at = taken - this.#held // a seam this long leaves over none of what was held
      this.#held = 0
    }
    while (at < chunk.length) {
      const end = Math.min(at + PIECE_OCTETS, chunk.length)
      if (this.#full(end - at)) yield this.#take()
      this.#encode(chunk, at, end, false)
      at = this.#progress.taken
      if (end === chunk.length) break
    }
    this.#hold(chunk, at, chunk.length)
  }

  /** Gives what is left; nothing may be pushed after it. */
  *end(): Generator<Uint8Array, void, undefined> {
    if (this.#full(this.#held)) yield this.#take()
    this.#encode(this.#seam, 0, this.#held, true)
    this.#held = 0
    if (this.#progress.written > 0) yield this.#take()
  }

  #full(more: number): boolean {
    return this.#progress.written + mostEncoded(more) > BLOCK_OCTETS
  }

  #take(): Uint8Array {
    const filled = this.#block.subarray(0, this.#progress.written)
    this.#progress.written = 0
    return filled
  }

  #encode(octets: Uint8Array, from: number, end: number, last: boolean): void {
    this.#kernel(octets, from, end, this.#block, this.#progress.written, last, this.#progress)
  }

  #hold(octets: Uint8Array, from: number, end: number): void {
    this.#held = end - from
    this.#seam.set(octets.subarray(from, end))
  }
}

import { isUtf8 } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { MAX_ENVELOPE_OCTETS, MAX_LINE_OCTETS } from './envelope-markers.js'
import { garbage } from './spool-error.js'

const BLOCK_OCTETS = 64 * 1024
const LF = 10
const CR = 13

/** One line of the envelope section. */
export interface FileLine {
  readonly text: string
  /** From 1. */
  readonly number: number
  /** Where it begins, in octets. */
  readonly from: number
  readonly crlf: boolean
}

/** The lines at the beginning of a file, up to the limits of an envelope section. */
export class LineReader {
  readonly #file: FileHandle
  readonly #blockOctets: number
  #block = Buffer.alloc(0)
  /** Where the block begins in the file. */
  #blockAt = 0
  #next = 0
  #number = 0

  /** @param sizeOctets of the file: a small one is read at once */
  constructor(file: FileHandle, sizeOctets: number) {
    this.#file = file
    this.#blockOctets = Math.min(BLOCK_OCTETS, sizeOctets + 1)
  }

  /** Where the next line begins, in octets. */
  get at(): number {
    return this.#blockAt + this.#next
  }

  /** What is in memory already of what follows, so that a small file is read once. */
  get ahead(): Buffer {
    return this.#block.subarray(this.#next)
  }

  /**
   * The next line; undefined where the file ends without the end of a line.
   * @throws {SettingsError} `spool.garbage` for one that is too long or no UTF-8, or when the section is too long
   */
  async next(): Promise<FileLine | undefined> {
    this.#number++
    let end = this.#block.indexOf(LF, this.#next)
    while (end < 0) {
      if (this.#block.length - this.#next > MAX_LINE_OCTETS) throw this.#tooLong()
      if (!(await this.#more())) return undefined
      end = this.#block.indexOf(LF, this.#next)
    }
    if (end - this.#next > MAX_LINE_OCTETS) throw this.#tooLong()
    const from = this.at
    if (from > MAX_ENVELOPE_OCTETS)
      throw garbage(this.#number, `the message to begin within ${MAX_ENVELOPE_OCTETS} octets`)
    const crlf = end > this.#next && this.#block[end - 1] === CR
    const octets = this.#block.subarray(this.#next, crlf ? end - 1 : end)
    if (!isUtf8(octets)) throw garbage(this.#number, 'UTF-8')
    this.#next = end + 1
    return { text: octets.toString('utf8'), number: this.#number, from, crlf }
  }

  async #more(): Promise<boolean> {
    const rest = this.#block.subarray(this.#next)
    const block = Buffer.allocUnsafe(rest.length + this.#blockOctets)
    rest.copy(block)
    const { bytesRead } = await this.#file.read(
      block,
      rest.length,
      this.#blockOctets,
      this.#blockAt + this.#block.length,
    )
    this.#blockAt += this.#next
    this.#next = 0
    this.#block = block.subarray(0, rest.length + bytesRead)
    return bytesRead > 0
  }

  #tooLong() {
    return garbage(this.#number, `no line longer than ${MAX_LINE_OCTETS} octets`)
  }
}

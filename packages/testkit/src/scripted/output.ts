import type { Socket } from 'node:net'

/** How replies that follow each other are cut into writes; the octets are the same. */
export type Chunking = 'whole' | 'line' | 'octet'

const BLOCK_OCTETS = 64 * 1024
const SINGLE_OCTETS = 4096

/** The writing side of a scripted connection. A client that has gone is not an error here: the next step that expects something says so. */
export class Output {
  /** Milliseconds between octets, from the step `* trickle` on. */
  trickleMs: number | undefined
  #socket: Socket
  #chunking: Chunking

  constructor(socket: Socket, chunking: Chunking, trickleMs?: number) {
    this.trickleMs = trickleMs
    this.#socket = socket
    this.#chunking = chunking
  }

  /** True while octets can still be written. */
  get open(): boolean {
    return this.#socket.writable && !this.#socket.destroyed
  }

  /** Sends what consecutive steps say, cut as asked. Resolves when the last octet was handed to the system. */
  async send(pieces: readonly Buffer[]): Promise<void> {
    if (this.trickleMs !== undefined || this.#chunking === 'octet') await this.#sendOctets(Buffer.concat(pieces))
    else if (this.#chunking === 'whole') await this.write(Buffer.concat(pieces))
    else for (const piece of pieces) await this.write(piece).then(nextTurn)
  }

  /** Sends one line many times, in blocks; octet by octet only the first 4096 octets, as the rest would take minutes. */
  async repeat(piece: Buffer, times: number): Promise<void> {
    let left = times
    if (this.trickleMs !== undefined || this.#chunking !== 'whole') {
      for (let sent = 0; sent < SINGLE_OCTETS && left > 0 && this.open; sent += piece.length, left--)
        await this.send([piece])
    }
    const perBlock = Math.max(1, Math.floor(BLOCK_OCTETS / piece.length))
    const block = Buffer.alloc(Math.min(perBlock, left) * piece.length, piece)
    while (left > 0 && this.open) {
      const lines = Math.min(left, perBlock)
      await this.write(block.subarray(0, lines * piece.length))
      left -= lines
    }
  }

  /** One write. Resolves when the system has taken it, or the client has gone. */
  async write(octets: Buffer): Promise<void> {
    if (this.open) await new Promise<void>((resolve) => void this.#socket.write(octets, () => resolve()))
  }

  async #sendOctets(octets: Buffer): Promise<void> {
    for (let at = 0; at < octets.length && this.open; at++) {
      await this.write(octets.subarray(at, at + 1))
      if (this.trickleMs === undefined) await nextTurn()
      else await pause(this.trickleMs)
    }
  }
}

/** One turn of the event loop, in which what has arrived is read. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

/** Resolves after so many milliseconds. */
export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, delayMs))
}

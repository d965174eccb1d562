import type { Socket } from 'node:net'
import { PacedWriter } from './paced-writer.js'
import { MAX_JOINED_OCTETS, Scratch } from './scratch.js'
import { SteppedWriter } from './stepped-writer.js'
import type { WireTerms } from './wire-terms.js'

/** A step of what is written where silence is measured: a line of 1,000 octets a second gets it through in time. */
const MIN_STEP_OCTETS = 16 * 1024

/**
 * What goes out on one connection: put together in groups of text and blocks, and handed to the socket. A small group goes in one piece;
 * where there is a pace, or silence is measured, a larger one goes in steps.
 */
export class Outgoing {
  readonly #socket: Socket
  readonly #moved: () => void
  readonly #paced: PacedWriter | undefined
  #stepped: SteppedWriter | undefined
  /** A larger group is written in its parts. */
  #joinedOctets = MAX_JOINED_OCTETS
  readonly #scratch = new Scratch()
  #parts: (string | Uint8Array)[] = []
  #text = ''
  #octets = 0

  /** @param moved called whenever a step of it was taken, or had to wait for nothing but its pace */
  constructor(socket: Socket, { maxOctetsPerSecond, silentMs }: WireTerms, moved: () => void) {
    this.#socket = socket
    this.#moved = moved
    if (maxOctetsPerSecond !== undefined) {
      this.#paced = new PacedWriter(socket, maxOctetsPerSecond, moved)
      this.#joinedOctets = 0
    }
    if (silentMs !== undefined) this.measureSilence(silentMs)
  }

  /** From here on what is larger goes in steps that a line which is not silent gets through in this time. */
  measureSilence(silentMs: number): void {
    if (this.#paced) return
    const stepOctets = Math.max(MIN_STEP_OCTETS, Math.min(silentMs, MAX_JOINED_OCTETS))
    this.#stepped ??= new SteppedWriter(this.#socket, this.#moved)
    this.#stepped.stepOctets = stepOctets
    this.#joinedOctets = stepOctets
  }

  /** True when nothing was put together since the last hand-over. */
  get empty(): boolean {
    return this.#text === '' && this.#parts.length === 0
  }

  text(text: string): void {
    this.#text += text
  }

  /** Not to be changed before `handBlocks` calls back or, for small ones, before `hand`. */
  block(octets: Uint8Array): void {
    if (this.#text !== '') this.#cutText()
    this.#parts.push(octets)
    this.#octets += octets.length
  }

  /** Forgets what was put together. */
  drop(): void {
    this.#text = ''
    this.#parts = []
    this.#octets = 0
  }

  /** Forgets what was handed over and has not gone out. */
  stop(): void {
    this.#paced?.stop()
    this.#stepped?.stop()
  }

  /** Hands over what was put together; the memory of its blocks may be used again at once. `taken` is called when the system has all of it. */
  hand(taken: (() => void) | undefined): void {
    const octets = this.#cutText()
    const parts = this.#parts
    this.drop()
    if (octets <= this.#joinedOctets && !this.#stepped?.busy) {
      this.#socket.write(this.#scratch.joined(parts, octets), taken)
      // written at once and whole: the system has a copy, the memory can be used again
      if (this.#socket.writableLength > 0) this.#scratch.leave()
      return
    }
    const waits = this.#paced !== undefined || this.#stepped !== undefined
    // what waits must not change meanwhile
    this.#write(waits ? parts.map((part) => (typeof part === 'string' ? part : Uint8Array.from(part))) : parts, taken)
  }

  /** Hands over what was put together; `taken` is called when the system has all of it, and the memory of its blocks is free again. */
  handBlocks(taken: () => void): void {
    this.#cutText()
    const parts = this.#parts
    this.drop()
    this.#write(parts, taken)
  }

  #write(parts: readonly (string | Uint8Array)[], taken: (() => void) | undefined): void {
    const octets = parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : part))
    if (this.#stepped) return this.#stepped.write(octets, taken)
    const to = this.#paced ?? this.#socket
    if (!this.#paced) this.#socket.cork()
    octets.forEach((part, index) => to.write(part, index === octets.length - 1 ? taken : undefined))
    if (!this.#paced) this.#socket.uncork()
  }

  /** @returns the octets of all parts */
  #cutText(): number {
    if (this.#text !== '') {
      this.#parts.push(this.#text)
      this.#octets += Buffer.byteLength(this.#text, 'utf8')
      this.#text = ''
    }
    return this.#octets
  }
}

import type { Socket } from 'node:net'

/** In how many steps a second is cut: the finer, the smoother. */
const STEPS_PER_SECOND = 20

interface Waiting {
  octets: Uint8Array
  readonly done: (() => void) | undefined
}

/**
 * Writes to a socket no faster than so many octets a second. What is given goes out in its order, in steps of a twentieth of a second;
 * there is no credit for a time in which nothing was written.
 */
export class PacedWriter {
  readonly #socket: Socket
  readonly #octetsPerSecond: number
  readonly #moved: () => void
  #queue: Waiting[] = []
  #timer: NodeJS.Timeout | undefined
  /** Before this time, by `performance.now()`, nothing more may go out. */
  #freeAt = 0

  /** @param moved called at each step when those before were taken: a slow pace is not a server that takes nothing */
  constructor(socket: Socket, octetsPerSecond: number, moved: () => void) {
    this.#socket = socket
    this.#octetsPerSecond = octetsPerSecond
    this.#moved = moved
  }

  /** The octets must stay as they are until `done`, which is called when the system has taken the last of them. */
  write(octets: Uint8Array, done?: () => void): void {
    this.#queue.push({ octets, done })
    if (this.#timer === undefined) this.#step()
  }

  /** Forgets what has not gone out. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#queue = []
  }

  readonly #step = (): void => {
    this.#timer = undefined
    const first = this.#queue[0]
    if (!first) return
    const now = performance.now()
    if (now < this.#freeAt) {
      // the socket keeps the process alive while there is something to wait for
      this.#timer = setTimeout(this.#step, Math.ceil(this.#freeAt - now)).unref()
      return
    }
    const stepOctets = Math.max(1, Math.floor(this.#octetsPerSecond / STEPS_PER_SECOND))
    const step = first.octets.subarray(0, stepOctets)
    first.octets = first.octets.subarray(stepOctets)
    const last = first.octets.length === 0
    if (last) this.#queue.shift()
    this.#freeAt = now + (step.length / this.#octetsPerSecond) * 1000
    // what the other side has not taken waits for it, not for the pace
    if (!(this.#socket.writableLength > 0)) this.#moved()
    if (last && first.done) this.#socket.write(step, first.done)
    else this.#socket.write(step)
    this.#step()
  }
}

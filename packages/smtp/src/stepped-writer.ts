import type { Socket } from 'node:net'

interface Waiting {
  octets: Uint8Array
  readonly done: (() => void) | undefined
}

/**
 * Writes to a socket step by step, each once the system has taken the one before, so that it can be told whether anything moves. What is
 * given goes out in its order.
 */
export class SteppedWriter {
  /** What goes out at once. */
  stepOctets = Infinity
  readonly #socket: Socket
  readonly #moved: () => void
  #queue: Waiting[] = []
  /** To be called when the step that is under way is taken. */
  #done: (() => void)[] = []
  #busy = false

  /** @param moved called when a step was taken */
  constructor(socket: Socket, moved: () => void) {
    this.#socket = socket
    this.#moved = moved
  }

  /** True while something given to it has not been taken. */
  get busy(): boolean {
    return this.#busy
  }

  /** The parts must stay as they are until `done`, which is called when the system has taken the last of them. */
  write(parts: readonly Uint8Array[], done?: () => void): void {
    parts.forEach((octets, index) => this.#queue.push({ octets, done: index === parts.length - 1 ? done : undefined }))
    if (!this.#busy) this.#step()
  }

  /** Forgets what has not gone out. */
  stop(): void {
    this.#queue = []
    this.#done = []
  }

  #step(): void {
    const parts: Uint8Array[] = []
    for (let room = this.stepOctets; room > 0 && this.#queue.length > 0;) {
      const first = this.#queue[0]!
      const part = first.octets.subarray(0, room)
      room -= part.length
      parts.push(part)
      first.octets = first.octets.subarray(part.length)
      if (first.octets.length > 0) break
      this.#queue.shift()
      if (first.done) this.#done.push(first.done)
    }
    this.#busy = parts.length > 0
    if (!this.#busy) return
    this.#socket.cork()
    parts.forEach((part, index) =>
      index < parts.length - 1 ? this.#socket.write(part) : this.#socket.write(part, this.#taken),
    )
    this.#socket.uncork()
  }

  readonly #taken = (): void => {
    const done = this.#done
    this.#done = []
    this.#moved()
    for (const call of done) call()
    this.#step()
  }
}

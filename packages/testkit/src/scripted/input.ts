import type { Socket } from 'node:net'

const HIGH_WATER_OCTETS = 1024 * 1024

/** What a client has sent and nobody has looked at yet. */
export class Input {
  /** Unread octets, oldest first. */
  unread: Buffer = Buffer.alloc(0)
  /** Why no more will come, once that is so: `closed the connection` or `broke the connection (ECONNRESET)`. */
  ended: string | undefined
  #socket: Socket
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('close', this.#onEnd)
    socket.on('error', this.#onError)
  }

  /** Waits for more octets than there are now. False when no more will come. */
  async more(): Promise<boolean> {
    const had = this.unread.length
    while (this.unread.length === had && this.ended === undefined)
      await new Promise<void>((wake) => (this.#wake = wake))
    return this.unread.length > had
  }

  /** Takes the oldest octets, at most `sizeOctets`. */
  take(sizeOctets: number): Buffer {
    const taken = this.unread.subarray(0, sizeOctets)
    this.unread = this.unread.subarray(taken.length)
    if (this.unread.length < HIGH_WATER_OCTETS) this.#socket.resume()
    return taken
  }

  /** Stops listening and puts the unread octets back into the socket, which somebody else will read. */
  detach(): void {
    this.#socket.pause()
    this.#socket.off('data', this.#onData)
    this.#socket.off('end', this.#onEnd)
    this.#socket.off('close', this.#onEnd)
    if (this.unread.length > 0) this.#socket.unshift(this.unread)
    this.unread = Buffer.alloc(0)
  }

  readonly #onData = (octets: Buffer): void => {
    this.unread = this.unread.length === 0 ? octets : Buffer.concat([this.unread, octets])
    if (this.unread.length >= HIGH_WATER_OCTETS) this.#socket.pause()
    this.#wake()
  }

  readonly #onEnd = (): void => {
    this.ended ??= 'closed the connection'
    this.#wake()
  }

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    this.ended ??= `broke the connection (${error.code ?? error.message})`
    this.#wake()
  }
}

import type { ConnectError } from '@posthorn/ground'
import type { Socket } from 'node:net'
import { proxyError } from './proxy-error.js'

/**
 * One connection to a proxy, read exactly up to the end of its answers: what comes behind them is of the server, and stays in the socket.
 * It ends by itself when the attempt is over, which destroys the socket.
 */
export class ProxyStream {
  readonly socket: Socket
  /** The address at which the proxy was reached. */
  readonly address: string
  readonly #name: string
  #unfinished = Buffer.alloc(0)
  /** True until the first `send`. */
  fresh = true
  /** True once anything has come since the last `send`. */
  answered = false

  constructor(socket: Socket, address: string, name: string) {
    this.socket = socket
    this.address = address
    this.#name = name
  }

  send(octets: Uint8Array): void {
    this.fresh = false
    this.answered = false
    this.socket.write(octets)
  }

  /**
   * So many octets, and not one more.
   * @throws {ConnectError} `proxy.protocol` when the proxy ends before, `proxy.unreachable` when the connection breaks
   */
  async exactly(count: number): Promise<Buffer> {
    for (;;) {
      const octets = this.#take(count)
      if (octets?.length === count) return octets
      if (octets) throw this.#hungUp() // less than asked for is what is left before the end
      await this.#more()
    }
  }

  /**
   * Everything up to and including an end; undefined when it does not come within the limit.
   * @throws {ConnectError} as `exactly`
   */
  async upTo(end: RegExp, limitOctets: number): Promise<Buffer | undefined> {
    let held = Buffer.alloc(0)
    for (;;) {
      const octets = this.#take()
      if (octets) {
        const before = Math.max(0, held.length - MAX_END_OCTETS)
        held = Buffer.concat([held, octets])
        const found = end.exec(held.toString('latin1', before, limitOctets))
        if (found) {
          const length = before + found.index + found[0].length
          // at once: what is put back after the end of the stream was noticed is refused
          if (held.length > length) this.socket.unshift(held.subarray(length))
          return held.subarray(0, length)
        }
        if (held.length >= limitOctets) return undefined
      } else if (!(await this.#moreOrEnd())) {
        this.#unfinished = held
        throw this.#hungUp()
      }
    }
  }

  /** What has come and was not taken yet, to say what it looks like. The stream is of no use afterwards. */
  rest(): Buffer {
    return Buffer.concat([this.#unfinished, this.#take() ?? Buffer.alloc(0)])
  }

  /** True when the other side has ended: a new connection is needed. */
  get over(): boolean {
    return this.socket.destroyed || this.socket.readableEnded || this.socket.errored !== null
  }

  #take(count?: number): Buffer | undefined {
    const octets = this.socket.read(count) as Buffer | null
    if (octets) this.answered = true
    return octets ?? undefined
  }

  async #more(): Promise<void> {
    if (!(await this.#moreOrEnd())) throw this.#hungUp()
  }

  /** Waits for octets; false at the end. */
  #moreOrEnd(): Promise<boolean> {
    const { socket } = this
    return new Promise((resolve, reject) => {
      const settle = (result: boolean) => {
        socket.off('readable', onReadable).off('end', onEnd).off('close', onEnd).off('error', onError)
        const { errored } = socket
        if (errored && !result) reject(this.#broken(errored))
        else resolve(result)
      }
      const onReadable = () => settle(true)
      const onEnd = () => settle(false)
      const onError = () => settle(false)
      if (this.over) return settle(false)
      socket.on('readable', onReadable).on('end', onEnd).on('close', onEnd).on('error', onError)
    })
  }

  #hungUp(): ConnectError {
    const when = this.answered ? 'in the middle of its answer' : 'without an answer'
    return proxyError('proxy.protocol', `the proxy ${this.#name} hung up ${when}`)
  }

  #broken(error: Error): ConnectError {
    const { code } = error as NodeJS.ErrnoException
    return proxyError(
      'proxy.unreachable',
      `the connection to the proxy ${this.#name} broke (${code ?? error.message})`,
      error,
    )
  }
}

/** Of the longest end that is looked for, so that one over two pieces is found. */
const MAX_END_OCTETS = 4

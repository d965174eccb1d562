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
    return (await this.#until((held) => (held.length >= count ? count : undefined))) ?? Buffer.alloc(0)
  }

  /**
   * Everything up to and including an end; undefined when it does not come within the limit.
   * @throws {ConnectError} as `exactly`
   */
  upTo(end: RegExp, limitOctets: number): Promise<Buffer | undefined> {
    let seen = 0
    return this.#until((held) => {
      const from = Math.max(0, seen - MAX_END_OCTETS)
      seen = held.length
      const found = end.exec(held.toString('latin1', from, limitOctets))
      if (found) return from + found.index + found[0].length
      return held.length >= limitOctets ? null : undefined
    })
  }

  /** What has come and was not taken yet, to say what it looks like. The stream is of no use afterwards. */
  rest(): Buffer {
    return Buffer.concat([this.#unfinished, this.#take() ?? Buffer.alloc(0)])
  }

  /** True when the other side has ended: a new connection is needed. */
  get over(): boolean {
    return this.socket.destroyed || this.socket.readableEnded || this.socket.errored !== null
  }

  /**
   * Takes octets until it is known how many of them are wanted, and puts the others back. All that is there is taken each time: with
   * octets left in it, a stream says again and again that there are some.
   * @param wanted undefined: cannot be told yet; null: never
   */
  async #until(wanted: (held: Buffer) => number | null | undefined): Promise<Buffer | undefined> {
    let held = Buffer.alloc(0)
    for (;;) {
      const count = wanted(held)
      if (count === null) {
        this.#unfinished = held
        return undefined
      }
      if (count !== undefined) {
        // before anything else is awaited: what is put back after the end of the stream was noticed is refused
        if (held.length > count) this.socket.unshift(held.subarray(count))
        return held.subarray(0, count)
      }
      const more = this.#take()
      if (more) held = Buffer.concat([held, more])
      else if (!(await this.#moreOrEnd())) {
        this.#unfinished = held
        throw this.#hungUp()
      }
    }
  }

  #take(): Buffer | undefined {
    const octets = this.socket.read() as Buffer | null
    if (octets) this.answered = true
    return octets ?? undefined
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

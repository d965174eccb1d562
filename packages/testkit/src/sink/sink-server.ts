import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { SinkMessage, SinkSessionRecord } from './ledger.js'
import type { SinkOptions } from './options.js'
import { SinkSession } from './sink-session.js'

const EXTENSIONS: readonly string[] = [
  'PIPELINING',
  'CHUNKING',
  '8BITMIME',
  'SMTPUTF8',
  'SIZE',
  'DSN',
  'ENHANCEDSTATUSCODES',
]

/**
 * A real ESMTP or LMTP server on 127.0.0.1 that takes every message and remembers it. It is strict in what it accepts, counts what it took
 * responsibility for, and cuts connections where it is told.
 */
export class SinkServer {
  /** Where it listens. */
  readonly port: number
  /** Messages in the order in which responsibility was taken. Grows while the server runs. */
  readonly ledger: SinkMessage[] = []
  /** Sessions in the order in which they were accepted. */
  readonly sessions: SinkSessionRecord[] = []
  /** The greatest number of connections at one moment. */
  peakConnections = 0
  #listener: Server
  #sockets: Set<Socket>
  #waiting: { readonly ready: () => boolean; readonly resolve: () => void }[] = []

  /** Starts listening. @throws {Error} when `implicitTls` is asked for without `tls` */
  static async start(options: SinkOptions = {}): Promise<SinkServer> {
    if (options.implicitTls === true && options.tls === undefined) throw new Error('implicitTls needs tls')
    const listener = createServer({ allowHalfOpen: true, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject)
      listener.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve)
    })
    return new SinkServer(options, listener)
  }

  private constructor(options: SinkOptions, listener: Server) {
    this.port = (listener.address() as AddressInfo).port
    this.#listener = listener
    this.#sockets = new Set()
    const { tls, extensions = EXTENSIONS } = options
    const shown = tls !== undefined && 'good' in tls ? tls.good : tls
    const secureContext = shown === undefined ? undefined : createSecureContext({ key: shown.key, cert: shown.cert })
    const shared = { options, extensions, secureContext, take: this.#take }
    listener.on('connection', (socket) => {
      this.#sockets.add(socket)
      this.peakConnections = Math.max(this.peakConnections, this.#sockets.size)
      socket.once('close', () => {
        this.#sockets.delete(socket)
        this.#wake()
      })
      this.sessions.push(new SinkSession(this.sessions.length + 1, socket, shared).record)
    })
  }

  /** Connections at this moment. */
  get openConnections(): number {
    return this.#sockets.size
  }

  /** Resolves once this many messages are in the ledger. */
  async messages(count: number): Promise<readonly SinkMessage[]> {
    await this.#until(() => this.ledger.length >= count)
    return this.ledger
  }

  /** Resolves once no connection is open. */
  async idle(): Promise<void> {
    await this.#until(() => this.#sockets.size === 0)
  }

  /** Ends every connection and the listener. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (this.#listener.listening) await new Promise<void>((resolve) => void this.#listener.close(() => resolve()))
    await this.idle()
  }

  /** `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  readonly #take = (make: (id: number) => SinkMessage): SinkMessage => {
    const message = make(this.ledger.length + 1)
    this.ledger.push(message)
    this.#wake()
    return message
  }

  async #until(ready: () => boolean): Promise<void> {
    if (!ready()) await new Promise<void>((resolve) => this.#waiting.push({ ready, resolve }))
  }

  #wake(): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = waiting.filter(({ ready }) => !ready())
    for (const waiter of waiting) if (!this.#waiting.includes(waiter)) waiter.resolve()
  }
}

import type { AddressInfo, Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

const WINDOW_OCTETS = 64 * 1024 * 1024

/** Where the proxy leads, and how far away that seems. */
export interface DelayProxyOptions {
  /** A port on 127.0.0.1. */
  readonly target: number
  /** One way, in milliseconds: a round trip takes twice as long. */
  readonly delayMs: number
}

/** What travels: octets, the end of a direction, or the breaking of it. */
interface Parcel {
  readonly dueAt: number
  readonly what: Buffer | 'end' | 'reset'
}

/**
 * A loopback TCP proxy that makes the target seem far away. Every octet, and every end, arrives `delayMs` after it was sent, in order;
 * throughput is not limited, since up to 64 MiB can be on the way in each direction.
 *
 * The TCP handshake is delayed too, as well as a proxy can: the client's `connect` comes back at once, but its octets begin to travel only
 * one round trip (2 delayMs) after that, as they would after a real handshake, and the target sees the connection another delayMs later,
 * when the last packet of the handshake would arrive. So the greeting of the target reaches the client after 4 delayMs: one round trip
 * for the handshake and one for the greeting. No delay is ever shorter than asked; timers make it up to some milliseconds longer.
 */
export class DelayProxy {
  /** Where it listens. */
  readonly port: number
  /** Connections accepted so far. */
  connections = 0
  #listener: Server
  #sockets = new Set<Socket>()

  /** Starts listening on 127.0.0.1. */
  static async start(options: DelayProxyOptions): Promise<DelayProxy> {
    const listener = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true })
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject)
      listener.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve)
    })
    return new DelayProxy(options, listener)
  }

  private constructor({ target, delayMs }: DelayProxyOptions, listener: Server) {
    this.port = (listener.address() as AddressInfo).port
    this.#listener = listener
    listener.on('connection', (near) => {
      this.connections++
      this.#hold(near)
      const acceptedAt = performance.now()
      const outward = new Path(delayMs)
      at(acceptedAt + 2 * delayMs, () => outward.from(near))
      at(acceptedAt + 3 * delayMs, () => {
        if (near.destroyed) return
        const far = this.#hold(connect({ port: target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }))
        outward.to(far)
        const homeward = new Path(delayMs)
        homeward.from(far)
        homeward.to(near)
      })
    })
  }

  /** Ends every connection and the listener. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (this.#listener.listening) await new Promise<void>((resolve) => void this.#listener.close(() => resolve()))
  }

  /** `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #hold(socket: Socket): Socket {
    this.#sockets.add(socket)
    return socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket)) // the path sends the break on
  }
}

/** One direction of one connection. */
class Path {
  #delayMs: number
  #parcels: Parcel[] = []
  #sizeOctets = 0
  #source: Socket | undefined
  #destination: Socket | undefined
  #timing = false
  #blocked = false

  constructor(delayMs: number) {
    this.#delayMs = delayMs
  }

  from(source: Socket): void {
    this.#source = source
    let ended = false
    source.on('data', (octets: Buffer) => {
      this.#send(octets)
      this.#sizeOctets += octets.length
      if (this.#sizeOctets > WINDOW_OCTETS) source.pause()
    })
    source.once('end', () => {
      ended = true
      this.#send('end')
    })
    source.once('close', (broken) => {
      if (broken || !ended) this.#send('reset')
    })
    if (source.destroyed) this.#send('reset')
    else source.resume()
  }

  to(destination: Socket): void {
    this.#destination = destination
    destination.on('drain', () => {
      this.#blocked = false
      this.#deliver()
    })
    this.#deliver()
  }

  #send(what: Parcel['what']): void {
    this.#parcels.push({ dueAt: performance.now() + this.#delayMs, what })
    this.#deliver()
  }

  #deliver(): void {
    const destination = this.#destination
    if (destination === undefined || this.#timing) return
    let sent = 0
    let nextAt: number | undefined
    for (const { dueAt, what } of this.#parcels) {
      if (dueAt > performance.now()) {
        nextAt = dueAt
        break
      }
      if (this.#blocked && what !== 'reset') break
      sent++
      if (what === 'end') destination.end()
      else if (what === 'reset') destination.resetAndDestroy()
      else {
        this.#sizeOctets -= what.length
        if (destination.writable) this.#blocked = !destination.write(what)
      }
    }
    this.#parcels.splice(0, sent)
    if (this.#sizeOctets <= WINDOW_OCTETS && this.#source?.destroyed === false) this.#source.resume()
    if (nextAt === undefined) return
    // last: when that moment has come already, it calls back at once, and nothing may be delivered twice
    this.#timing = true
    at(nextAt, () => {
      this.#timing = false
      this.#deliver()
    })
  }
}

/**
 * Calls back not before that moment of `performance.now()`: timers may be a fraction of a millisecond early. It keeps no process alive;
 * the sockets do.
 */
function at(moment: number, then: () => void): void {
  const leftMs = moment - performance.now()
  if (leftMs <= 0) then()
  else setTimeout(() => at(moment, then), Math.ceil(leftMs)).unref()
}

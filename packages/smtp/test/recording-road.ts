import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** One connection that came along: what the client sent, without the CONNECT that opened it, and that. */
export interface Passage {
  /** Octets from the client to the server, in order. */
  readonly sent: Buffer[]
  /** The request to the proxy; empty on a direct road. */
  connect: string
}

/**
 * A road on 127.0.0.1 that keeps every octet the client sends: a forwarder to `target`, or with `proxy` an HTTP proxy that opens the way
 * by CONNECT (RFC 9110 9.3.6).
 */
export class RecordingRoad {
  readonly port: number
  readonly passages: Passage[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  static async start(target: number, proxy: boolean): Promise<RecordingRoad> {
    const server = createServer({ noDelay: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new RecordingRoad(server, target, proxy)
  }

  private constructor(server: Server, target: number, proxy: boolean) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (near) => {
      this.#hold(near)
      const passage: Passage = { sent: [], connect: '' }
      this.passages.push(passage)
      if (proxy) this.#opened(near, passage)
      else this.#joined(near, passage, target)
    })
  }

  /** All that clients sent over the road. */
  get sent(): Buffer {
    return Buffer.concat(this.passages.flatMap(({ sent }) => sent))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #opened(near: Socket, passage: Passage): void {
    const take = (octets: Buffer): void => {
      passage.connect += octets.toString('latin1')
      if (!passage.connect.includes('\r\n\r\n')) return
      near.off('data', take)
      const port = Number(/^CONNECT \S+:(\d+) HTTP\/1\.1\r\n/.exec(passage.connect)?.[1])
      near.write('HTTP/1.1 200 Connection established\r\n\r\n')
      this.#joined(near, passage, port)
    }
    near.on('data', take)
  }

  #joined(near: Socket, { sent }: Passage, port: number): void {
    const far = this.#hold(connect({ host: '127.0.0.1', port, noDelay: true }))
    near.on('data', (octets) => {
      sent.push(octets)
      far.write(octets)
    })
    far.on('data', (octets) => void near.write(octets))
    near.on('end', () => far.end())
    far.on('end', () => near.end())
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  }

  #hold(socket: Socket): Socket {
    this.#sockets.add(socket)
    return socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
  }
}

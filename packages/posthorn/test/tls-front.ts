import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from 'node:tls'

/** What stands between a client and a server in this process, and ends every connection when it is closed. */
export class Front {
  readonly port: number
  readonly #server: Server
  readonly #sockets: Set<Socket>

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server
    this.#sockets = sockets
    this.port = (server.address() as AddressInfo).port
  }

  /** TLS from the first octet with these settings; what comes inside it goes on to the server. `met` is told of each client. */
  static async tls(
    settings: TlsOptions,
    onward: { readonly port: number },
    met: (client: TLSSocket) => void,
  ): Promise<Front> {
    const sockets = new Set<Socket>()
    const server = createTlsServer(settings, (near) => {
      met(near)
      join(near, onward.port, sockets)
    })
    server.on('connection', (socket: Socket) => hold(socket, sockets))
    return Front.#listening(server, sockets)
  }

  /** A road that changes octets: what `change` gives goes on in place of what came. */
  static async road(
    onward: { readonly port: number },
    change: (octets: Buffer, direction: 'in' | 'out') => Buffer,
  ): Promise<Front> {
    const sockets = new Set<Socket>()
    const server = createServer({ noDelay: true }, (near) => {
      hold(near, sockets)
      join(near, onward.port, sockets, change)
    })
    return Front.#listening(server, sockets)
  }

  static async #listening(server: Server, sockets: Set<Socket>): Promise<Front> {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Front(server, sockets)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

function join(
  near: Socket,
  port: number,
  sockets: Set<Socket>,
  change: (octets: Buffer, direction: 'in' | 'out') => Buffer = (octets) => octets,
): void {
  const far = hold(connect({ host: '127.0.0.1', port, noDelay: true }), sockets)
  near.on('error', () => {})
  near.on('data', (octets: Buffer) => far.write(change(octets, 'out')))
  far.on('data', (octets: Buffer) => void (near.writable && near.write(change(octets, 'in'))))
  near.on('end', () => far.end())
  far.on('end', () => near.end())
  near.on('close', () => far.destroy())
  far.on('close', () => near.destroySoon())
}

function hold(socket: Socket, sockets: Set<Socket>): Socket {
  sockets.add(socket)
  return socket.on('error', () => {}).on('close', () => sockets.delete(socket))
}

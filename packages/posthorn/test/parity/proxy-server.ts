import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A proxy that joins each client with one server, whatever it asks for, and remembers what it was asked. */
export class ProxyServer {
  readonly port: number
  /** The target of each request, `host:port`. */
  readonly targets: string[] = []
  /** What stood in Proxy-Authorization, in clear, or `none`. */
  readonly logins: string[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  /** @param user asked for by 407, with the password; without it nobody is asked */
  static async http(
    onward: number,
    login?: { readonly user: string; readonly password: string },
  ): Promise<ProxyServer> {
    return ProxyServer.#start((proxy, socket) => {
      let head = ''
      const read = (octets: Buffer): void => {
        head += octets.toString('latin1')
        if (!head.endsWith('\r\n\r\n')) return
        const [, target = ''] = /^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(head) ?? []
        const [, basic] = /^Proxy-Authorization: Basic (\S+)\r$/im.exec(head) ?? []
        const said = basic === undefined ? 'none' : Buffer.from(basic, 'base64').toString()
        head = ''
        proxy.targets.push(target)
        proxy.logins.push(said)
        if (login && said !== `${login.user}:${login.password}`) {
          const fields = 'Proxy-Authenticate: Basic realm="proxy"\r\nContent-Length: 0\r\n'
          return void socket.write(`HTTP/1.1 407 Proxy Authentication Required\r\n${fields}\r\n`)
        }
        socket.off('data', read)
        proxy.#join(socket, onward, Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n'))
      }
      socket.on('data', read)
    })
  }

  /** SOCKS 5 without a login (RFC 1928). */
  static async socks(onward: number): Promise<ProxyServer> {
    return ProxyServer.#start((proxy, socket) => {
      let waiting = Buffer.alloc(0)
      let greeted = false
      const read = (octets: Buffer): void => {
        waiting = Buffer.concat([waiting, octets])
        if (!greeted && waiting.length >= 2 && waiting.length >= 2 + waiting[1]!) {
          greeted = true
          waiting = waiting.subarray(2 + waiting[1]!)
          socket.write(Buffer.from([5, 0]))
        }
        if (!greeted || waiting.length < 5 || waiting.length < 7 + waiting[4]!) return
        const name = waiting.subarray(5, 5 + waiting[4]!).toString() // asked for by its name: type 3
        proxy.targets.push(`${name}:${waiting.readUInt16BE(5 + waiting[4]!)}`)
        socket.off('data', read)
        proxy.#join(socket, onward, Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 25]))
      }
      socket.on('data', read)
    })
  }

  static async #start(serve: (proxy: ProxyServer, socket: Socket) => void): Promise<ProxyServer> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new ProxyServer(server)
    server.on('connection', (socket) => {
      proxy.#hold(socket)
      serve(proxy, socket)
    })
    return proxy
  }

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(near: Socket, onward: number, consent: Buffer): void {
    const far = this.#hold(connect(onward, '127.0.0.1'))
    near.write(consent)
    near.pipe(far)
    far.pipe(near)
    near.on('close', () => far.destroy())
    far.on('error', () => near.resetAndDestroy()) // what the server does to the proxy, it does to its client
    far.on('close', () => near.destroy())
  }

  #hold(socket: Socket): Socket {
    this.#sockets.add(socket)
    return socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
  }
}

import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** What a firewall lets through. */
export interface FirewallRules {
  /** The port of this machine to which every connection leads. */
  readonly onward: number
  /** Without it nobody has to log in. */
  readonly login?: { readonly user: string; readonly password: string }
}

/** A SOCKS 5 server (RFC 1928, RFC 1929) that leads every connection to one port, and ends all of them when it is disposed of. */
export class Firewall {
  /** `user:password` of each login, and `host:port` of each request. */
  readonly logins: string[] = []
  readonly requests: string[] = []
  /** Every connection, whatever came over it. */
  connections = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #rules: FirewallRules

  private constructor(rules: FirewallRules) {
    this.#rules = rules
    this.#server = createServer((socket) => {
      this.connections++
      this.#keep(socket)
      this.#serve(socket).catch(() => socket.destroy())
    })
  }

  static async start(rules: FirewallRules): Promise<Firewall> {
    const firewall = new Firewall(rules)
    firewall.#server.listen(0, '127.0.0.1')
    await once(firewall.#server, 'listening')
    return firewall
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(socket: Socket): Promise<void> {
    const { login, onward } = this.#rules
    const [, methods = 0] = await take(socket, 2)
    await take(socket, methods)
    socket.write(Buffer.from([5, login ? 2 : 0]))
    if (login) {
      const [, length = 0] = await take(socket, 2)
      const user = (await take(socket, length)).toString()
      const password = (await take(socket, (await take(socket, 1))[0]!)).toString()
      this.logins.push(`${user}:${password}`)
      const welcome = user === login.user && password === login.password
      socket.write(Buffer.from([1, welcome ? 0 : 1]))
      if (!welcome) return void socket.end()
    }
    const [, , , addressType] = await take(socket, 4)
    const host =
      addressType === 3
        ? (await take(socket, (await take(socket, 1))[0]!)).toString()
        : [...(await take(socket, 4))].join('.')
    this.requests.push(`${host}:${(await take(socket, 2)).readUInt16BE()}`)
    const far = this.#keep(connect(onward, '127.0.0.1'))
    await once(far, 'connect')
    socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 25]))
    socket.pipe(far).pipe(socket)
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket)
    return socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
  }
}

/** So many octets. */
async function take(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const octets = (count === 0 ? Buffer.alloc(0) : socket.read(count)) as Buffer | null
    if (octets?.length === count) return octets
    if (socket.readableEnded) throw new Error('the client has gone')
    await once(socket, 'readable')
  }
}

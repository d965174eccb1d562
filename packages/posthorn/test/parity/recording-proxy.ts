import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** How a proxy is spoken to. */
export type ProxyKind = 'http' | 'socks4' | 'socks5'

/** What a proxy makes of the octets that came so far: nothing yet, an answer, or the way to the server. */
type Step = { readonly say: string; readonly joined?: true } | undefined

const HTTP_LOGIN = 'HTTP/1.1 407 Log In\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'

const STEPS: Readonly<Record<ProxyKind, (came: string, stage: number, asksForLogin: boolean) => Step>> = {
  http: (came, stage, asksForLogin) => {
    if (!came.endsWith('\r\n\r\n')) return undefined
    if (asksForLogin && stage === 0) return { say: HTTP_LOGIN }
    return { say: 'HTTP/1.1 200 Connection established\r\n\r\n', joined: true }
  },
  socks4: (came) => (came.length >= 9 && came.endsWith('\0') ? { say: '\0\x5a\0\0\0\0\0\0', joined: true } : undefined),
  socks5: (_, stage, asksForLogin) => {
    if (stage === 0) return { say: asksForLogin ? '\x05\x02' : '\x05\0' }
    if (stage === 1 && asksForLogin) return { say: '\x01\0' }
    return { say: '\x05\0\0\x01\x7f\0\0\x01\0\x19', joined: true }
  },
}

/** A proxy that keeps every octet of its handshakes and then leads to one server, whatever it was asked for. Each part comes in one piece. */
export class RecordingProxy {
  readonly port: number
  /** The parts of the handshakes as they came, Latin-1. */
  readonly heard: string[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  static async start(
    kind: ProxyKind,
    onward: { readonly port: number },
    asksForLogin = false,
  ): Promise<RecordingProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new RecordingProxy(server)
    server.on('connection', (socket) => {
      let came = ''
      let stage = 0
      const read = (octets: Buffer): void => {
        came += octets.toString('latin1')
        const step = STEPS[kind](came, stage, asksForLogin)
        if (!step) return
        proxy.heard.push(came)
        came = ''
        stage++
        if (step.joined) socket.off('data', read)
        socket.write(Buffer.from(step.say, 'latin1'))
        if (step.joined) proxy.#join(socket, onward.port)
      }
      proxy.#hold(socket).on('data', read)
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

  #join(near: Socket, port: number): void {
    const far = this.#hold(connect(port, '127.0.0.1'))
    near.pipe(far).pipe(near)
  }

  #hold(socket: Socket): Socket {
    this.#sockets.add(socket)
    return socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
  }
}

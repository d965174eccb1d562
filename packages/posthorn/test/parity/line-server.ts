import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** One AUTH command, from the side of the server. */
export interface AuthTalk {
  readonly mechanism: string
  /** The initial response, decoded; undefined when there was none. */
  readonly initial: Buffer | undefined
  /** Sends 334 with this, and gives the answer; empty when the client gave up. */
  readonly ask: (challenge: string | Uint8Array) => Promise<Buffer>
}

export interface LineServerOptions {
  /** Lines of the EHLO reply after the first. */
  readonly extensions?: readonly string[]
  /** What is said to AUTH in the end. Default: 235. */
  readonly auth?: (talk: AuthTalk) => Promise<string> | string
  /** Reads nothing more after the reply to DATA. */
  readonly deafAfterData?: boolean
}

/** A server that takes every command and every message without a look at it, for what a strict one would refuse or cannot speak. */
export class LineServer {
  readonly port: number
  /** Command lines over all sessions; those of an AUTH exchange are not among them. */
  readonly lines: string[] = []
  /** From where each session came. */
  readonly peers: { readonly address: string | undefined; readonly port: number | undefined }[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  static async start(options: LineServerOptions = {}): Promise<LineServer> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new LineServer(server, options)
  }

  private constructor(server: Server, options: LineServerOptions) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
      this.peers.push({ address: socket.remoteAddress, port: socket.remotePort })
      void this.#serve(socket, options)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(socket: Socket, { extensions = [], auth = () => '235 welcome', deafAfterData }: LineServerOptions) {
    const heard = linesOf(socket)
    const hear = async () => (await heard.next()).value
    const say = (text: string) => void socket.write(`${text}\r\n`)
    say('220 relay.example.test')
    for (let line = await hear(); line !== undefined; line = await hear()) {
      this.lines.push(line)
      const [verb = '', mechanism = '', initial] = line.split(' ')
      if (verb === 'EHLO') {
        const all = ['relay.example.test', ...extensions]
        say(all.map((text, at) => `250${at === all.length - 1 ? ' ' : '-'}${text}`).join('\r\n'))
      } else if (verb === 'AUTH') {
        const ask = async (challenge: string | Uint8Array) => {
          say(`334 ${Buffer.from(challenge).toString('base64')}`)
          return Buffer.from((await hear()) ?? '', 'base64')
        }
        say(await auth({ mechanism, initial: initial === undefined ? undefined : Buffer.from(initial, 'base64'), ask }))
      } else if (verb === 'DATA') {
        if (deafAfterData) socket.pause()
        say('354 go on')
        if (deafAfterData) return
        for (let text = await hear(); text !== '.' && text !== undefined; text = await hear());
        say('250 taken')
      } else if (verb === 'QUIT') {
        socket.end('221 bye\r\n')
      } else say('250 ok')
    }
  }
}

async function* linesOf(socket: Socket): AsyncGenerator<string, undefined, undefined> {
  const waiting: string[] = []
  let rest = ''
  let over = false
  let wake = () => {}
  socket.on('data', (octets) => {
    const lines = (rest + octets.toString('latin1')).split('\r\n')
    rest = lines.pop()!
    waiting.push(...lines)
    wake()
  })
  socket.on('close', () => ((over = true), wake()))
  for (;;) {
    for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) yield line
    if (over) return undefined
    await new Promise<void>((resolve) => (wake = resolve))
  }
}

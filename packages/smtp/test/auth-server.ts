import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import type { ServerCertificate } from '@posthorn/testkit'

/** One AUTH command, from the side of the server. */
export interface AuthDialogue {
  readonly mechanism: string
  /** The initial response, decoded; undefined when there was none. */
  readonly initial: Buffer | undefined
  readonly socket: Socket
  /** Counts AUTH commands over all sessions, from 1. */
  readonly number: number
  /** Sends 334 with this in base64, and waits for the answer; undefined when it was "*". */
  readonly ask: (challenge: string | Uint8Array) => Promise<Buffer | undefined>
  /** Sends 334 with this text. @returns the line of the client */
  readonly askText: (text: string) => Promise<string>
}

/** What the server says to AUTH in the end, such as `235 welcome`; `close` hangs up without a word. */
export type AuthScript = (dialogue: AuthDialogue) => Promise<string> | string

/** How the server is set up. */
export interface AuthServerOptions {
  /** The mechanisms it offers. */
  readonly offers: string
  readonly extensions?: readonly string[]
  /** TLS from the first octet. */
  readonly tls?: ServerCertificate & { readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3' }
  readonly auth: AuthScript
}

/** A server that takes a login by a function and any message without a look at it. For exchanges that no fixed text can describe. */
export class AuthServer {
  readonly port: number
  /** Mechanisms of all AUTH commands, in the order they came. */
  readonly tried: string[] = []
  /** All lines of the clients but content. */
  readonly lines: string[] = []
  sessions = 0
  /** Errors of the function; a test that leaves one has failed. */
  readonly errors: unknown[] = []
  readonly #server: Server
  readonly #options: AuthServerOptions
  readonly #sockets = new Set<Socket>()

  static async start(options: AuthServerOptions): Promise<AuthServer> {
    const { tls } = options
    const server = tls ? createTlsServer({ ...tls }) : createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new AuthServer(server, options)
  }

  private constructor(server: Server, options: AuthServerOptions) {
    this.#server = server
    this.#options = options
    this.port = (server.address() as AddressInfo).port
    server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket | TLSSocket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
      this.sessions++
      this.#serve(socket).catch((error: unknown) => {
        this.errors.push(error)
        socket.destroy()
      })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(socket: Socket): Promise<void> {
    const lines = linesOf(socket)
    const say = (text: string): void => void socket.write(`${text}\r\n`)
    const hear = async (): Promise<string | undefined> => {
      const { value } = await lines.next()
      if (value !== undefined) this.lines.push(value)
      return value
    }
    say('220 relay.example.test ESMTP')
    for (let line = await hear(); line !== undefined; line = await hear()) {
      const [verb = ''] = line.toUpperCase().split(' ', 1)
      if (verb === 'EHLO') {
        const keywords = [...(this.#options.extensions ?? []), `AUTH ${this.#options.offers}`]
        say(
          ['relay.example.test', ...keywords]
            .map((text, index) => `250${index === keywords.length ? ' ' : '-'}${text}`)
            .join('\r\n'),
        )
      } else if (verb === 'AUTH') {
        const reply = await this.#auth(line, socket, say, hear)
        if (reply === 'close') socket.end()
        else say(reply)
      } else if (verb === 'DATA') {
        say('354 go on')
        while ((await lines.next()).value !== '.');
        say('250 queued')
      } else if (verb === 'QUIT') {
        say('221 bye')
        socket.end()
      } else {
        say('250 ok')
      }
    }
  }

  async #auth(
    line: string,
    socket: Socket,
    say: (text: string) => void,
    hear: () => Promise<string | undefined>,
  ): Promise<string> {
    const [, mechanism = '', initial] = line.split(' ')
    this.tried.push(mechanism)
    const askText = async (text: string): Promise<string> => {
      say(`334 ${text}`)
      const answer = await hear()
      if (answer === undefined) throw new Gone()
      return answer
    }
    try {
      return await this.#options.auth({
        mechanism,
        initial: initial === undefined ? undefined : Buffer.from(initial === '=' ? '' : initial, 'base64'),
        socket,
        number: this.tried.length,
        askText,
        ask: async (challenge) => {
          const answer = await askText(Buffer.from(challenge).toString('base64'))
          return answer === '*' ? undefined : Buffer.from(answer, 'base64')
        },
      })
    } catch (error) {
      if (error instanceof Gone) return 'close'
      throw error
    }
  }
}

/** The client has hung up in the middle of an exchange. */
class Gone extends Error {}

async function* linesOf(socket: Socket): AsyncGenerator<string, undefined, undefined> {
  let rest = ''
  socket.setEncoding('latin1')
  try {
    for await (const text of socket as AsyncIterable<string>) {
      const lines = (rest + text).split('\r\n')
      rest = lines.pop()!
      yield* lines
    }
  } catch {
    // the client has broken the connection
  }
  return undefined
}

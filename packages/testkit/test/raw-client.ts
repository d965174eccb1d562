import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { certificates } from '../src/certificates.js'

/** A client with no opinion: sends what it is told and shows what came. */
export class RawClient {
  /** Everything received so far, in this layer (clear or TLS). */
  received: Buffer = Buffer.alloc(0)
  /** How the connection ended: `end`, or the code of the error. Undefined while it is open. */
  ended: string | undefined
  /** How many pieces have arrived. */
  pieces = 0
  socket!: Socket
  #wake: () => void = () => {}

  static async connect(port: number, options: { tls?: boolean; halfOpen?: boolean } = {}): Promise<RawClient> {
    const client = new RawClient()
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: options.halfOpen ?? false })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    client.#listen(socket)
    if (options.tls === true) await client.startTls()
    return client
  }

  /** Goes on inside TLS. Rejects when the handshake fails. */
  async startTls(): Promise<void> {
    const raw = this.socket
    raw.removeAllListeners('data')
    const { ca } = await certificates()
    const secure = connectTls({ socket: raw, ca, servername: 'localhost' })
    this.received = Buffer.alloc(0)
    this.#listen(secure)
    await new Promise<void>((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject))
  }

  send(text: string | Buffer): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text) : text)
  }

  /** Waits until what was received ends with such a text, and takes it. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const text = this.received.toString('latin1')
      if (pattern.test(text)) {
        this.received = Buffer.alloc(0)
        return text
      }
      if (this.ended !== undefined)
        throw new Error(`the connection ended (${this.ended}) after ${JSON.stringify(text)}`)
      await new Promise<void>((wake) => (this.#wake = wake))
    }
  }

  /** Waits for so many whole replies, takes them and gives the last line of each. */
  async replies(count: number): Promise<string[]> {
    const text = await this.until(new RegExp(`^(?:(?:\\d{3}-.*\\r\\n)*\\d{3} .*\\r\\n){${count}}$`))
    return text.split('\r\n').filter((line) => /^\d{3} /.test(line))
  }

  /** Sends a command and takes its reply. */
  async ask(text: string): Promise<string> {
    this.send(`${text}\r\n`)
    return (await this.replies(1))[0]!
  }

  /** Waits for the end of the connection and says how it ended. */
  async gone(): Promise<string> {
    while (this.ended === undefined) await new Promise<void>((wake) => (this.#wake = wake))
    return this.ended
  }

  #listen(socket: Socket): void {
    this.socket = socket
    socket.on('data', (octets: Buffer) => {
      this.received = Buffer.concat([this.received, octets])
      this.pieces++
      this.#wake()
    })
    const end = (how: string): void => {
      this.ended ??= how
      this.#wake()
    }
    socket.on('end', () => end('end'))
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
    socket.on('close', () => end('closed'))
  }
}

import { connect, type Socket } from 'node:net'
import { keep } from './server.js'

/** One connection that a test proxy serves: what it received is kept, octet by octet, tunnel included. */
export class Conversation {
  readonly socket: Socket
  /** Everything that came, as Latin-1. */
  received = ''
  #waiting = Buffer.alloc(0)
  #wake: (() => void) | undefined
  #onward: Socket | undefined
  #ended = false

  constructor(socket: Socket) {
    this.socket = socket
    const wake = () => {
      this.#wake?.()
      this.#wake = undefined
    }
    socket.on('data', (octets: Buffer) => {
      this.received += octets.toString('latin1')
      if (this.#onward) this.#onward.write(octets)
      else this.#waiting = Buffer.concat([this.#waiting, octets])
      wake()
    })
    socket.on('close', () => {
      this.#ended = true
      this.#onward?.destroy()
      wake()
    })
  }

  /** So many octets; rejects when the client has gone. */
  async take(count: number): Promise<Buffer> {
    while (this.#waiting.length < count) await this.#more()
    const taken = this.#waiting.subarray(0, count)
    this.#waiting = this.#waiting.subarray(count)
    return taken
  }

  /** Up to and including a text. */
  async takeTo(end: string): Promise<string> {
    for (;;) {
      const at = this.#waiting.indexOf(end)
      if (at >= 0) return (await this.take(at + end.length)).toString('latin1')
      await this.#more()
    }
  }

  say(...octets: (string | readonly number[])[]): void {
    this.socket.write(
      Buffer.concat(octets.map((each) => (typeof each === 'string' ? Buffer.from(each, 'latin1') : Buffer.from(each)))),
    )
  }

  /** Each octet in a packet of its own, as far as the system lets it. */
  async sayByOctet(octets: readonly number[]): Promise<void> {
    for (const octet of octets) {
      this.socket.write(Buffer.from([octet]))
      await new Promise((done) => setImmediate(done))
    }
  }

  /** Joins the client and a port of this machine. What the port says first comes behind `consent` in one packet. */
  async tunnel(port: number, consent: string | readonly number[], early = false): Promise<void> {
    const onward = keep(connect(port, '127.0.0.1'))
    await new Promise<void>((done) =>
      onward.once(early ? 'data' : 'connect', (first?: Buffer) => {
        this.say(consent, first ? [...first] : [])
        done()
      }),
    )
    onward.on('data', (octets: Buffer) => this.socket.write(octets))
    onward.on('close', () => this.socket.end())
    this.#onward = onward
    if (this.#waiting.length > 0) onward.write(this.#waiting)
  }

  #more(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new Error('the client has gone'))
      this.#wake = resolve
    })
  }
}

/** What a test proxy saw. */
export interface Ledger {
  readonly port: number
  readonly conversations: readonly Conversation[]
}

type Listen = (onConnection: (socket: Socket) => void) => Promise<number>

/** A server that speaks as the function says; it keeps quiet when the function ends, and ends when the client goes. */
export async function speak(
  listen: Listen,
  script: (conversation: Conversation, index: number) => Promise<void>,
): Promise<Ledger> {
  const conversations: Conversation[] = []
  const port = await listen((socket) => {
    const conversation = new Conversation(socket)
    conversations.push(conversation)
    script(conversation, conversations.length - 1).catch(() => socket.destroy())
  })
  return { port, conversations }
}

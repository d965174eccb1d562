import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { certificates } from '../certificates.js'
import type { CertificateName, Certificates } from '../certificates.js'
import type { Dialogue } from '../dialogue/dialogue.js'
import { parseDialogue } from '../dialogue/parse-dialogue.js'
import type { TakenTransaction } from './bookkeeper.js'
import type { Chunking } from './output.js'
import { Player } from './player.js'

/** How the dialogue is played; every value has a default. */
export interface ScriptedServerOptions {
  /** `whole` (default): consecutive replies in one write; `line`: a write per step; `octet`: a write per octet. */
  readonly chunking?: Chunking
  /** For `* tls` and `implicitTls`; those of `certificates()` by default. */
  readonly tls?: Certificates
  /** TLS from the first octet: with the good certificate, or with the one named. */
  readonly implicitTls?: boolean | CertificateName
}

/** What came in, over all sessions in the order in which they were accepted. */
export interface ScriptedLedger {
  /** Every transaction whose final reply was 2yz; over LMTP one for each recipient. */
  readonly transactions: readonly TakenTransaction[]
  /** What was received in clear, without the handshake; at most the first 4 MiB of a session. */
  readonly octetsBeforeTls: Buffer
  /** All octets the steps took, in clear and inside TLS. */
  readonly octetsReceived: number
}

/** How the dialogue went. */
export interface ScriptedResult {
  /** Empty when the client kept to the dialogue; otherwise sentences with the line in the file. */
  readonly errors: string[]
  /** What passed, readable: `S: ...`, `C: ...`; `=` instead of `:` where it is not one whole line. */
  readonly transcript: string[]
  readonly ledger: ScriptedLedger
}

/**
 * A server on 127.0.0.1 that plays a dialogue and checks that the client plays its part: one connection for each session of the file,
 * in order; a further one is an error. It waits without limit: give the client a deadline, or call `close()`.
 */
export class ScriptedServer {
  /** Where it listens. */
  readonly port: number
  /** Resolves when every session was played and its client is gone, or after `close()`. Never rejects. */
  readonly finished: Promise<ScriptedResult>
  #listener: Server
  #sockets: Set<Socket>
  #errors: string[]
  #giveUp: () => void
  #closed = false

  /** Starts listening. @throws {Error} when the dialogue is a text that does not parse */
  static async start(dialogue: Dialogue | string, options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
    const parsed = typeof dialogue === 'string' ? parseDialogue(dialogue) : dialogue
    const needsTls =
      (options.implicitTls ?? false) !== false || parsed.sessions.flat().some(({ kind }) => kind === 'tls')
    const tls = needsTls ? (options.tls ?? (await certificates())) : undefined
    const listener = createServer({ allowHalfOpen: true, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject)
      listener.listen(0, '127.0.0.1', resolve)
    })
    return new ScriptedServer(parsed, options, listener, tls)
  }

  private constructor(
    dialogue: Dialogue,
    options: ScriptedServerOptions,
    listener: Server,
    tls: Certificates | undefined,
  ) {
    this.port = (listener.address() as AddressInfo).port
    this.#listener = listener
    this.#sockets = new Set()
    this.#errors = []
    const players: Player[] = []
    const implicitTls = options.implicitTls === true ? 'good' : options.implicitTls || undefined
    let giveUp = (): void => {}
    const givenUp = new Promise<void>((resolve) => (giveUp = resolve))
    this.#giveUp = giveUp
    const played = new Promise<void>((resolve) => {
      let left = dialogue.sessions.length
      listener.on('connection', (socket) => {
        this.#sockets.add(socket.once('close', () => this.#sockets.delete(socket)))
        const steps = dialogue.sessions[players.length]
        if (steps === undefined) {
          this.#errors.push(`connection ${players.length + 1} was not expected`)
          socket.destroy()
          return
        }
        const player = new Player(steps, socket, options.chunking ?? 'whole', tls)
        players.push(player)
        void player.play(implicitTls).then((error) => {
          if (error !== undefined && !this.#closed) this.#errors.push(error)
          if (--left === 0) resolve()
        })
      })
    })
    this.finished = Promise.race([played, givenUp.then(() => this.#blame(dialogue, players))]).then(() =>
      this.#result(players),
    )
  }

  /** Ends every connection and the listener. A dialogue that was not played to its end then has an error that says where it stood. */
  async close(): Promise<void> {
    this.#giveUp()
    await this.finished
    for (const socket of this.#sockets) socket.destroy()
    if (this.#listener.listening) await new Promise<void>((resolve) => void this.#listener.close(() => resolve()))
  }

  /** `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #blame(dialogue: Dialogue, players: readonly Player[]): void {
    this.#closed = true
    for (const { where } of players) if (where !== undefined) this.#errors.push(`${where}: the server was closed here`)
    const missing = dialogue.sessions.length - players.length
    if (missing > 0) this.#errors.push(`${missing} of ${dialogue.sessions.length} connections never came`)
  }

  #result(players: readonly Player[]): ScriptedResult {
    const transcript = players.flatMap(({ transcript }, index) =>
      index === 0 ? transcript : ['* session', ...transcript],
    )
    const ledger = {
      transactions: players.flatMap(({ bookkeeper }) => bookkeeper.taken),
      octetsBeforeTls: Buffer.concat(players.flatMap(({ clear }) => clear)),
      octetsReceived: players.reduce((sum, { octetsReceived }) => sum + octetsReceived, 0),
    }
    return { errors: this.#errors, transcript, ledger }
  }
}

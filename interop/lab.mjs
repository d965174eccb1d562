// What a case works with: the servers, clients for them, and mailboxes of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { SmtpClient } from '@posthorn/smtp'
import { Box } from './box.mjs'
import { BOXES } from './postfix-config.mjs'

const SETTLE_LIMIT_MS = 60_000

/** Thrown by a case that cannot be run here; the message says why. */
export class Skipped extends Error {}

export class Lab {
  /** What `servers.mjs` says when it is ready: ports, account, authorities. */
  servers
  #child
  #answers
  #clients = []
  #boxes = 0

  /** Starts the servers, as root. */
  static async start() {
    const program = [process.execPath, fileURLToPath(new URL('servers.mjs', import.meta.url))]
    const [command, ...args] = process.getuid() === 0 ? program : ['sudo', '-n', ...program]
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.on('error', () => {}) // it has ended; the answers end with it
    const lab = new Lab()
    lab.#child = child
    lab.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    lab.servers = await lab.#answer()
    return lab
  }

  /** Stops them: they end with their standard input. */
  async stop() {
    this.#child.stdin.end()
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit')
  }

  /** A client for one of the doors of Postfix, or one of the faulty servers; ended with the case. */
  client(door, options = {}) {
    const { ports, sinkPorts, ca } = this.servers
    const client = new SmtpClient({
      host: '127.0.0.1',
      port: ports[door] ?? sinkPorts[door],
      security: 'none',
      localName: 'client.posthorn.example',
      tls: { ca },
      deadlineMs: 60_000,
      ...options,
    })
    this.#clients.push(client)
    return client
  }

  /** The account that the doors with AUTH know. */
  get credentials() {
    const { user, password } = this.servers
    return { user, password }
  }

  /** A mailbox of one's own. */
  box() {
    if (this.#boxes === BOXES) throw new Error(`there are ${BOXES} boxes; let postfix-config.mjs make more`)
    return new Box(this.#boxes++, this.servers.maildirs)
  }

  /** Resolves when Postfix has delivered everything it took. */
  async settled() {
    const limit = Date.now() + SETTLE_LIMIT_MS
    // a bounce is queued before what it is about is removed, so one look could miss both; two cannot
    for (let empty = 0; empty < 2;) {
      empty = (await this.#ask('queued')) === 0 ? empty + 1 : 0
      if (Date.now() > limit) throw new Error('the queue of Postfix did not become empty')
      if (empty === 0) await pause(20)
    }
  }

  /** The last lines of Postfix' log. */
  log() {
    return this.#ask('log')
  }

  /** Ends what the case left open. */
  async tidy() {
    await Promise.all(this.#clients.splice(0).map((client) => client.close({ now: true })))
  }

  #ask(question) {
    this.#child.stdin.write(`${question}\n`)
    return this.#answer()
  }

  async #answer() {
    const { value, done } = await this.#answers.next()
    if (done) throw new Error('the servers have ended; see above')
    return JSON.parse(value)
  }
}

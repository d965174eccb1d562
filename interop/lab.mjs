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
  #questions = 0
  #unanswered = new Map()
  #started = new Map()
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
    const ready = lab.#answered(0)
    const answers = createInterface({ input: child.stdout })
    answers.on('line', (line) => lab.#take(JSON.parse(line)))
    answers.once('close', () => lab.#take({ error: 'the servers have ended; see above' }))
    lab.servers = await ready
    return lab
  }

  /** Stops them: they end with their standard input. */
  async stop() {
    this.#child.stdin.end()
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit')
  }

  /** A client for one of the doors of Postfix, or one of the faulty servers; ended with the case. */
  client(door, options = {}) {
    const { ports, sinkPorts } = this.servers
    return this.clientOf(ports[door] ?? sinkPorts[door], { security: 'none', ...options })
  }

  /** A client for a port of loopback, which trusts the authority of the run; ended with the case. */
  clientOf(port, options = {}) {
    const { ca } = this.servers
    const client = new SmtpClient({
      host: '127.0.0.1',
      port,
      localName: 'client.posthorn.example',
      deadlineMs: 60_000,
      ...options,
      tls: { ca, ...options.tls },
    })
    this.#clients.push(client)
    return client
  }

  /**
   * What a server says about itself that runs only when it is asked for: `dovecot`, `exim`, `squid`, ... (see `servers.mjs`).
   * @throws {Skipped} when its program is not installed
   */
  async server(name) {
    if (!this.#started.has(name)) this.#started.set(name, this.#ask(`start ${name}`))
    return this.#started.get(name)
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

  /** What the servers on demand write into their logs from now on is what `log` shows of them. */
  mark() {
    return this.#ask('mark')
  }

  /** The last lines of the logs. */
  log() {
    return this.#ask('log')
  }

  /** Ends what the case left open. */
  async tidy() {
    await Promise.all(this.#clients.splice(0).map((client) => client.close({ now: true })))
  }

  #ask(question) {
    const id = ++this.#questions
    this.#child.stdin.write(`${id} ${question}\n`)
    return this.#answered(id)
  }

  #answered(id) {
    return new Promise((resolve, reject) => this.#unanswered.set(id, { resolve, reject }))
  }

  /** An answer; one without `id` is for all who wait. */
  #take({ id, value, error, missing }) {
    for (const [question, { resolve, reject }] of [...this.#unanswered]) {
      if (id !== undefined && id !== question) continue
      this.#unanswered.delete(question)
      if (error === undefined) resolve(value)
      else reject(missing ? new Skipped(`not installed: ${error}`) : new Error(error))
    }
  }
}

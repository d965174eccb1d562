// A server process in a process group of its own, so that it and its children can be ended exactly.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

const POLL_MS = 20
const START_LIMIT_MS = 20_000
const STOP_LIMIT_MS = 5_000
const LINES_SHOWN = 15

export class Daemon {
  /** Every one that was started by this process. */
  static all = []
  #child
  #name
  #logPath
  /** Why it ended, once it has. */
  ended

  /**
   * Starts a program; what it prints goes to the end of the file `logPath`.
   * @param as uid and gid of the user to run as; default: who runs this process
   * @param env variables to set besides those of this process
   */
  constructor(name, command, args, { cwd, logPath, as = {}, env = {} }) {
    const log = openSync(logPath, 'a')
    this.#name = name
    this.#logPath = logPath
    const { uid, gid } = as
    this.#child = spawn(command, args, {
      ...{ cwd, uid, gid, env: { ...process.env, ...env } },
      detached: true,
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    Daemon.all.push(this)
    this.#child.once('error', (error) => (this.ended ??= error.message))
    this.#child.once('exit', (code, signal) => (this.ended ??= signal ?? `exit code ${code}`))
  }

  /** Resolves once all these ports of 127.0.0.1 take connections. */
  async listening(ports) {
    const limit = Date.now() + START_LIMIT_MS
    for (const port of ports) {
      while (!(await takesConnections(port))) {
        if (this.ended) throw this.#failed(`ended before port ${port} was open: ${this.ended}`)
        if (Date.now() > limit) throw this.#failed(`did not open port ${port}`)
        await pause(POLL_MS)
      }
    }
    // the port may belong to somebody who was faster
    if (this.ended) throw this.#failed(`ended: ${this.ended}`)
  }

  #failed(what) {
    const printed = readFileSync(this.#logPath, 'utf8').trimEnd().split('\n').slice(-LINES_SHOWN)
    return new Error([`${this.#name} ${what}`, ...printed].join('\n'))
  }

  /** Asks it to end, then ends what is left of its group. */
  async stop() {
    const { pid } = this.#child
    if (pid === undefined) return
    if (!this.ended) process.kill(pid, 'SIGTERM')
    const limit = Date.now() + STOP_LIMIT_MS
    while (this.#groupLives() && Date.now() < limit) await pause(POLL_MS)
    this.kill()
  }

  /** Ends the group at once; for the last moment, when nothing can be awaited. */
  kill() {
    if (this.#groupLives()) process.kill(-this.#child.pid, 'SIGKILL')
  }

  #groupLives() {
    if (this.#child.pid === undefined) return false
    try {
      process.kill(-this.#child.pid, 0)
      return true
    } catch {
      return false // ESRCH: nobody of the group is left
    }
  }
}

function takesConnections(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

import { fork } from 'node:child_process'
import { join } from 'node:path'
import { pin } from './pin.mjs'

/** Raised when a job takes so long that something must be broken; no measurement is judged by it. */
const STUCK_MS = 120_000

/**
 * A process with one client in it (worker.mjs), or of another `program`, on the CPUs of clients when `pinned`. `ask(job, details)` returns
 * its answer, `stop()` ends it.
 */
export function startChild({ pinned = false, program = 'worker.mjs' } = {}) {
  const child = fork(join(import.meta.dirname, program))
  if (pinned) pin(child, 'client')
  let settle
  child.on('message', (answer) => settle?.(answer))
  child.on('exit', (code, signal) => settle?.({ error: `the client's process ended (${signal ?? code})` }))
  return {
    async ask(job, details = {}) {
      const answer = await new Promise((resolve) => {
        const stuck = setTimeout(() => {
          child.kill('SIGKILL')
          resolve({ error: `no answer to "${job}" in ${STUCK_MS / 1000} s` })
        }, STUCK_MS)
        settle = (value) => {
          clearTimeout(stuck)
          resolve(value)
        }
        child.send({ job, ...details })
      })
      settle = undefined
      if (answer.error !== undefined) throw new Error(answer.error)
      return answer.value
    },
    stop: () => {
      if (child.connected) child.disconnect()
    },
  }
}

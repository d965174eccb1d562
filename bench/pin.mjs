import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const last = availableParallelism() - 1
const possible = process.platform === 'linux' && last > 0 && spawnSync('taskset', ['--version']).status === 0
const lists = { sink: String(last), client: last === 1 ? '0' : `0-${last - 1}` }

/** What `pin` does on this machine, for the head of the report. */
export const pinning = possible
  ? `sinks on CPU ${lists.sink}, clients on CPU ${lists.client} (taskset)`
  : 'none: expect two modes with one connection, by where the kernel puts the processes'

/**
 * Keeps a process to the CPUs of its role, `sink` or `client`. Without this the kernel puts a client and its sink now on one CPU and
 * now on two, and the same client costs 10 or 30 microseconds a message on one connection, whichever comes up.
 */
export function pin(child, role) {
  if (possible) spawnSync('taskset', ['-apc', lists[role], String(child.pid)])
}

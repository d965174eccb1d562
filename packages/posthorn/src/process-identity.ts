import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Process numbers mean something within one machine and one container only: that of this process. */
export const PROCESS_WORLD = `${hostname()} ${link('/proc/self/ns/pid')}`

/** This run of the machine; '' where the system does not say. */
export const BOOT_ID = text('/proc/sys/kernel/random/boot_id')

/** The clock that start times of processes count by, where a container may have one of its own; '' where there is no such thing. */
export const TIME_WORLD = link('/proc/self/ns/time')

/** When this process began, in ticks since the machine did; undefined where the system does not say. */
export const PROCESS_STARTED = factsOf(process.pid).start

/**
 * What became of a process of this world that began at `started`. `gone`: it is over, whoever has its number now. `there`: it runs.
 * `unclear`: there is a process of that number, and it cannot be told whether it is that one.
 */
export function processState(pid: number, started: string | undefined): 'there' | 'gone' | 'unclear' {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'gone'
  }
  const { state, start } = factsOf(pid)
  // over, though whoever started it has not asked for its end
  if (state === 'Z' || state === 'X') return 'gone'
  if (started === undefined || start === undefined) return 'unclear'
  return start === started ? 'there' : 'gone' // another start: the number was given out again
}

/** Its state, and when it began, in ticks since the machine did (proc(5)); undefined where the system does not say. */
function factsOf(pid: number): { readonly state: string | undefined; readonly start: string | undefined } {
  // the name of the program stands in brackets, and may hold anything
  const fields = text(`/proc/${pid}/stat`).replace(/^.*\)/s, '').trim().split(' ')
  return { state: fields[0], start: fields[19] }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // not Linux
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim()
  } catch {
    return ''
  }
}

import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Process numbers mean something within one machine and one container only: that of this process. */
export const PROCESS_WORLD = `${hostname()} ${link('/proc/self/ns/pid')}`

/** This run of the machine; '' where the system does not say. */
export const BOOT_ID = text('/proc/sys/kernel/random/boot_id')

/** The clock that start times of processes count by, where a container may have one of its own; '' where there is no such thing. */
export const TIME_WORLD = link('/proc/self/ns/time')

/** When that process began, in ticks since the machine did; undefined where the system does not say, or there is no such process. */
export function startOf(pid: number): string | undefined {
  // the name of the program stands in brackets, and may hold anything
  return text(`/proc/${pid}/stat`).replace(/^.*\)/s, '').trim().split(' ')[19]
}

/** When this process began, as `startOf`. */
export const PROCESS_STARTED = startOf(process.pid)

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
  const start = startOf(pid)
  if (started === undefined || start === undefined) return 'unclear'
  return start === started ? 'there' : 'gone' // another start: the number was given out again
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

import { readFileSync, writeFileSync } from 'node:fs'

/** Resident now, in octets, after setting the mark of the peak back to it where the kernel allows that. */
export function restingMemory() {
  if (process.platform === 'linux') {
    try {
      writeFileSync('/proc/self/clear_refs', '5')
    } catch {
      // The peak then includes what loading took, which is less than it.
    }
  }
  return process.memoryUsage.rss()
}

/** The most that was resident since `restingMemory`, in octets. */
export function peakMemory() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'))[1]) * 1024
}

import { setTimeout as sleep } from 'node:timers/promises'

/** What time and chance are asked of; tests bring their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds since some moment, for lengths of time: goes on evenly when `now` is set forth or back. */
  elapsed(): number
  /** Resolves after so many milliseconds; rejects with the signal's reason. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
  /** From 0 up to 1. */
  random(): number
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  wait: async (ms, signal) => {
    try {
      await sleep(ms, undefined, signal ? { signal } : undefined)
    } catch (error) {
      signal?.throwIfAborted() // with the reason the caller gave
      throw error
    }
  },
  random: () => Math.random(),
}

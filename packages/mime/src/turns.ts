import { setImmediate } from 'node:timers/promises'

const MAX_TURN_MS = 8
/** What may be worked on between two looks at the clock. */
export const SLICE_OCTETS = 1024 * 1024

/**
 * Keeps long work from holding up everybody else: awaited between slices of work, it gives the event loop a turn when the last one is
 * some milliseconds ago. Awaiting sources that are in memory does not do that by itself.
 */
export class Turns {
  #since = performance.now()

  /** Undefined when there is still time. */
  due(): Promise<void> | undefined {
    return performance.now() - this.#since < MAX_TURN_MS ? undefined : this.#take()
  }

  async #take(): Promise<void> {
    await setImmediate()
    this.#since = performance.now()
  }
}

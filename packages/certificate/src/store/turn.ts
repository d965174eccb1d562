import { setImmediate as otherWork } from 'node:timers/promises'

const TURN_MS = 5

/** Keeps a store of very many keys and certificates from standing in the way of everything else the process does. */
export class Turn {
  #since = performance.now()

  /** Resolves at once, or, when some milliseconds have gone by, after what else was waiting. */
  async pass(): Promise<void> {
    if (performance.now() - this.#since <= TURN_MS) return
    await otherWork()
    this.#since = performance.now()
  }
}

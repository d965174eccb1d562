import { setImmediate as otherWork } from 'node:timers/promises'
import { step } from './steps.js'
import type { Steps } from './steps.js'

const TURN_MS = 5

/** Keeps a store of very many keys and certificates from standing in the way of everything else the process does. */
export class Turn {
  #since = performance.now();

  /** Goes on at once, or, when some milliseconds have gone by, after what else was waiting. */
  *pass(): Steps<void> {
    if (performance.now() - this.#since <= TURN_MS) return
    yield* giveWay()
    this.#since = performance.now()
  }
}

/** Lets go on what else was waiting. */
export function giveWay(): Steps<void> {
  return step(() => undefined, otherWork)
}

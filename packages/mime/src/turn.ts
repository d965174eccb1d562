import { setImmediate as otherWork } from 'node:timers/promises'

const TURN_MS = 5

/** Keeps a long calculation from standing in the way of everything else the process does. */
export class Turn {
  #since = performance.now()

  /** True when it is time to let others work: then await `pass()`. */
  get isOver(): boolean {
    return performance.now() - this.#since > TURN_MS
  }

  /** Resolves after what else was waiting. */
  async pass(): Promise<void> {
    await otherWork()
    this.#since = performance.now()
  }
}

/** Octets in memory for a reader that may take long over them: in slices, between which the event loop goes on. */
export async function* inTurns(octets: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  const turn = new Turn()
  for (const slice of slices(octets)) {
    yield slice
    if (turn.isOver) await turn.pass()
  }
}

/** Octets in slices of which each is encrypted in far less than a turn, even by 3DES. */
export function* slices(octets: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < octets.length; at += SLICE_OCTETS) yield octets.subarray(at, at + SLICE_OCTETS)
}

const SLICE_OCTETS = 128 * 1024

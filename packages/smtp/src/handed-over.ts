import type { Phase } from '@posthorn/ground'
import { Fifo } from './fifo.js'

/** A line that takes less in this time counts as silent. */
const SLOWEST_OCTETS_PER_MS = 1
/** So much counts as gone through within the silence that is allowed. */
const STEP_OCTETS = 16 * 1024

/**
 * Content that the system has taken and the other side may not have: the buffers on the way hold megabytes, and what drains them is not
 * seen from here. It is gone when the reply to it is there.
 */
export class HandedOver {
  #octets = 0
  #answered = 0
  /** Where the contents end whose replies are to come. */
  readonly #ends = new Fifo<number>()

  add(octets: number): void {
    this.#octets += octets
  }

  /** A reply to what was added so far is expected. */
  expect(phase: Phase): void {
    if (isToContent(phase)) this.#ends.push(this.#octets)
  }

  /** It came. */
  answered(phase: Phase): void {
    if (isToContent(phase)) this.#answered = this.#ends.shift() ?? this.#octets
  }

  /** How much longer than it may be silent the other side may be waited for: it may still have the content of this phase to read. */
  extraMs(phase: Phase): number {
    if (!isToContent(phase)) return 0
    const octets = (this.#ends.first ?? this.#octets) - this.#answered
    return Math.max(0, octets - STEP_OCTETS) / SLOWEST_OCTETS_PER_MS
  }
}

function isToContent(phase: Phase): boolean {
  return phase === 'content' || phase === 'final'
}

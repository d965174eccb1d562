import type { Claim } from './claim.js'
import { isGone } from './spool-error.js'
import type { SpoolEvent } from './spool-event.js'

/** Records of claims that could not be made when they were due, because the folder could not be written to. They are made as soon as it can. */
export class Owed {
  readonly #debts = new Map<Claim, () => SpoolEvent>()

  /** @param pay records it synchronously, and throws what the system says when that does not go yet */
  add(claim: Claim, pay: () => SpoolEvent): void {
    this.#debts.set(claim, pay) // no more than there are claims, which this process has run into trouble with one by one
  }

  /** Records what can be recorded by now. @returns what that is, to be counted, flushed and told */
  pay(): SpoolEvent[] {
    const paid: SpoolEvent[] = []
    for (const [claim, pay] of this.#debts) {
      try {
        paid.push(pay())
      } catch (error) {
        if (!isGone(error)) continue
        paid.push({ kind: 'lost-claim', name: claim.stem })
      }
      this.#debts.delete(claim)
    }
    return paid
  }
}

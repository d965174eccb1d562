/** What failed for now is tried again after this, doubled with each failure in a row. */
const FIRST_RETRY_MS = 15_000
const LAST_RETRY_MS = 900_000
/** At most so many are remembered; of more, the ones that failed longest ago are tried again sooner than they would be. */
const MAX_REMEMBERED = 20_000

/** The messages that are not to be tried again yet, in elapsed time. */
export class Deferred {
  readonly #until = new Map<string, { readonly tries: number; readonly untilMs: number }>()

  add(name: string, nowMs: number): void {
    const tries = (this.#until.get(name)?.tries ?? 0) + 1
    this.#until.delete(name) // to the end
    const oldest = this.#until.size >= MAX_REMEMBERED ? this.#until.keys().next().value : undefined
    if (oldest !== undefined) this.#until.delete(oldest)
    const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries - 1, 20))
    this.#until.set(name, { tries, untilMs: nowMs + delayMs })
  }

  forget(name: string): void {
    this.#until.delete(name)
  }

  isDue(name: string, nowMs: number): boolean {
    return (this.#until.get(name)?.untilMs ?? -Infinity) <= nowMs
  }

  /** How long until the next one is due; Infinity when there is none. One that is due already is not waited for again. */
  nextMs(nowMs: number): number {
    let next = Infinity
    for (const { untilMs } of this.#until.values()) if (untilMs > nowMs) next = Math.min(next, untilMs - nowMs)
    return next
  }
}

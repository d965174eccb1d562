/** What failed for now is tried again after this, doubled with each failure in a row. */
const FIRST_RETRY_MS = 15_000
const LAST_RETRY_MS = 900_000
/** At most so many are remembered one by one. */
const MAX_REMEMBERED = 20_000

/**
 * The messages that are not to be tried again yet, in elapsed time. Where too many fail to remember each, those that are not remembered, new
 * ones among them, are put off together: none of them is tried sooner than it would be.
 */
export class Deferred {
  readonly #until = new Map<string, Delay>()
  #beganMs = Infinity
  #others: Delay | undefined
  #othersDue = true
  #othersFailed = false

  /** At the beginning of each look at the folder: in one look all those that are not remembered are tried, or none of them. */
  begin(nowMs: number): void {
    if (this.#othersDue && !this.#othersFailed) this.#others = undefined
    this.#othersDue = (this.#others?.untilMs ?? -Infinity) <= nowMs
    this.#othersFailed = false
    // due all through the last look, and not refused again: sent by another process, removed, or given another name
    const longDueMs = Math.min(nowMs - LAST_RETRY_MS, this.#beganMs)
    for (const [name, { untilMs }] of this.#until) if (untilMs <= longDueMs) this.#until.delete(name)
    this.#beganMs = nowMs
  }

  add(name: string, nowMs: number): void {
    const before = this.#until.get(name)
    if (before || this.#until.size < MAX_REMEMBERED) return void this.#until.set(name, delayAfter(before, nowMs))
    // once a look, however many of them fail in it; from the last failure on
    const tries = this.#othersFailed ? this.#others!.tries - 1 : (this.#others?.tries ?? 0)
    this.#othersFailed = true
    this.#others = delayAfter({ tries }, nowMs)
  }

  forget(name: string): void {
    this.#until.delete(name)
  }

  isDue(name: string, nowMs: number): boolean {
    const delay = this.#until.get(name)
    return delay ? delay.untilMs <= nowMs : this.#othersDue
  }

  /** How long until the next one is due; Infinity when there is none. One that is due already is not waited for again. */
  nextMs(nowMs: number): number {
    let next = Infinity
    const look = ({ untilMs }: Delay): void => void (untilMs > nowMs && (next = Math.min(next, untilMs - nowMs)))
    for (const delay of this.#until.values()) look(delay)
    if (this.#others) look(this.#others)
    return next
  }
}

interface Delay {
  readonly tries: number
  readonly untilMs: number
}

function delayAfter(before: Pick<Delay, 'tries'> | undefined, nowMs: number): Delay {
  const tries = (before?.tries ?? 0) + 1
  return { tries, untilMs: nowMs + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries - 1, 20)) }
}

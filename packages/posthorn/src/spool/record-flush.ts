import type { Clock } from '../oauth2/clock.js'

/** What a power cut may undo at most, so that it is sent again: the records of so long. The end of a run waits for all of them. */
const FLUSH_EVERY_MS = 200

/**
 * Makes the records of one run last: the first one at once, and those that follow closely together, when so much time has passed since the
 * flush before began, or as soon as that is done where it takes longer.
 */
export class RecordFlush {
  readonly #flush: () => Promise<void>
  readonly #clock: Clock
  readonly #ended = new AbortController()
  #begunAt = -Infinity
  #isDue = false
  #running: Promise<void> | undefined

  /** @param flush never rejects */
  constructor(flush: () => Promise<void>, clock: Clock) {
    this.#flush = flush
    this.#clock = clock
  }

  /** There is a record that does not last yet. */
  note(): void {
    this.#isDue = true
    this.#running ??= this.#run()
  }

  /** Resolves when all that was noted lasts; leaves no timer behind. Nothing is noted afterwards. */
  async end(): Promise<void> {
    this.#ended.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#isDue) {
      const restMs = Math.ceil(this.#begunAt + FLUSH_EVERY_MS - this.#clock.elapsed())
      // at the end, or where the wait is broken off otherwise, it is flushed early
      if (restMs > 0) await this.#clock.wait(restMs, this.#ended.signal).catch(() => {})
      this.#begunAt = this.#clock.elapsed()
      this.#isDue = false
      await this.#flush()
    }
    this.#running = undefined // in the turn in which nothing was due: what is noted next finds nobody at work
  }
}

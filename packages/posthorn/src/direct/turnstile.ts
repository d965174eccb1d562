/** Lets so many in at one time; the others wait in the order they came. */
export class Turnstile {
  readonly #limit: number
  readonly #waiting: (() => void)[] = []
  #inside = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** True when nobody is inside or waits. */
  get idle(): boolean {
    return this.#inside === 0
  }

  /**
   * Does the work when there is room.
   * @throws what the work throws; the signal's reason when it is aborted before there was room
   */
  async pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    if (this.#inside < this.#limit) this.#inside++
    else await this.#turn(signal)
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#inside--
    }
  }

  /** Resolves with the place of somebody who left. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', abort, { once: true })
      this.#waiting.push(enter)
    })
  }
}

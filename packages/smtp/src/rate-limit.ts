/** At most `messages` in any window of `perMs` milliseconds. Wakes its owner when one may go again. */
export class RateLimit {
  readonly #messages: number
  readonly #perMs: number
  readonly #wake: () => void
  /** When each of the last messages went; a ring. */
  readonly #times: number[] = []
  #oldest = 0
  #timer: NodeJS.Timeout | undefined

  constructor(messages: number, perMs: number, wake: () => void) {
    this.#messages = messages
    this.#perMs = perMs
    this.#wake = wake
  }

  /** True when a message may go now; otherwise the owner is woken when one may. */
  get ready(): boolean {
    const free = this.#times.length < this.#messages || performance.now() - this.#times[this.#oldest]! >= this.#perMs
    if (!free) this.#later()
    return free
  }

  /** Counts a message, if one may go now. */
  take(): boolean {
    if (!this.ready) return false
    const now = performance.now()
    if (this.#times.length < this.#messages) this.#times.push(now)
    else {
      this.#times[this.#oldest] = now
      this.#oldest = (this.#oldest + 1) % this.#messages
    }
    return true
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #later(): void {
    if (this.#timer) return
    const wait = this.#times[this.#oldest]! + this.#perMs - performance.now()
    // kept alive on purpose: messages wait, and perhaps no socket is open
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#wake()
      },
      Math.max(1, Math.ceil(wait)),
    )
  }
}

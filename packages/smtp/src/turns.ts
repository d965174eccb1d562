import { Fifo } from './fifo.js'

/** One at a time, first come, first served. The first begins at once, in the same turn of the event loop. */
export class Turns {
  #taken = false
  readonly #waiting = new Fifo<() => Promise<unknown>>()

  /** @param run may reject, which nobody hears of here */
  take(run: () => Promise<unknown>): void {
    if (this.#taken) return this.#waiting.push(run)
    this.#taken = true
    this.#begin(run)
  }

  /** What `run` comes to, in its turn. */
  inTurn<T>(run: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => this.take(() => run().then(resolve, reject)))
  }

  #begin(run: () => Promise<unknown>): void {
    run().then(this.#over, this.#over)
  }

  readonly #over = (): void => {
    const next = this.#waiting.shift()
    if (next) this.#begin(next)
    else this.#taken = false
  }
}

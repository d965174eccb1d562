/**
 * Ends waits for something that may never come. A wait that is over is let go of: `Promise.race` with a promise that lasts would keep what
 * each of them gave until that one settles, which for the blocks of a content is the whole of it.
 */
export class Interrupt {
  readonly #waits = new Set<() => void>()
  #come = false
  #promise: Promise<void> | undefined

  /** Resolves when it has come. */
  get promise(): Promise<void> {
    return (this.#promise ??= this.#come ? Promise.resolve() : new Promise((resolve) => this.#waits.add(resolve)))
  }

  /** It has come; a second time changes nothing. */
  come(): void {
    this.#come = true
    for (const wait of this.#waits) wait()
    this.#waits.clear()
  }

  /** What the promise gives, or undefined when the interrupt comes first. */
  unlessCome<T>(promise: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const wait = (): void => resolve(undefined)
      if (this.#come) wait()
      else this.#waits.add(wait)
      promise.then(
        (value) => {
          this.#waits.delete(wait)
          resolve(value)
        },
        (error: Error) => {
          this.#waits.delete(wait)
          reject(error)
        },
      )
    })
  }
}

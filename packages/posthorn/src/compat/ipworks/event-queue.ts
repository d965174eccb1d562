/**
 * Delivers the events of one component in their order, and none while a handler of another is at work: a handler that returns a promise
 * makes the next event wait. A handler that throws is told as an uncaught exception; it does not break the exchange with the server.
 */
export class EventQueue<Events extends object> {
  readonly #listeners = new Map<keyof Events, ((event: never) => unknown)[]>()
  readonly #waiting: (() => Promise<void> | void)[] = []
  #delivering = false
  #delivered: Promise<void> | undefined

  /** True when somebody listens. */
  has(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.length ?? 0) > 0
  }

  on<N extends keyof Events>(name: N, listener: (event: Events[N]) => unknown): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener])
  }

  off<N extends keyof Events>(name: N, listener: (event: Events[N]) => unknown): void {
    const rest = (this.#listeners.get(name) ?? []).filter((one) => one !== listener)
    this.#listeners.set(name, rest)
  }

  /** Puts an event behind those that wait, and delivers at once when none is under way. */
  fire<N extends keyof Events>(name: N, event: Events[N]): void {
    if (!this.has(name)) return
    this.#waiting.push(() => this.#deliver(name, event))
    if (!this.#delivering) this.#deliverAll()
  }

  /** As `fire`, for an event whose handlers may write into it. Resolves when they are through. */
  async ask<N extends keyof Events>(name: N, event: Events[N]): Promise<Events[N]> {
    this.fire(name, event)
    await this.settled()
    return event
  }

  /** True inside a handler, and while one that is asynchronous is at work. */
  get isDelivering(): boolean {
    return this.#delivering
  }

  /** Resolves when nothing waits; undefined when nothing does now. */
  settled(): Promise<void> | undefined {
    return this.#delivered
  }

  #deliverAll(): void {
    this.#delivering = true
    while (this.#waiting.length > 0) {
      const slow = this.#waiting.shift()!()
      if (slow) {
        this.#delivered = this.#deliverRest(slow)
        return
      }
    }
    this.#delivering = false
  }

  async #deliverRest(first: Promise<void>): Promise<void> {
    await first
    while (this.#waiting.length > 0) await this.#waiting.shift()!()
    this.#delivering = false
    this.#delivered = undefined
  }

  #deliver<N extends keyof Events>(name: N, event: Events[N]): Promise<void> | void {
    const listeners = (this.#listeners.get(name) ?? []) as ((event: Events[N]) => unknown)[]
    for (let index = 0; index < listeners.length; index++) {
      const slow = run(() => listeners[index]!(event))
      if (slow) return this.#deliverSlowly(slow, listeners.slice(index + 1), event)
    }
  }

  async #deliverSlowly<E>(first: Promise<void>, rest: readonly ((event: E) => unknown)[], event: E): Promise<void> {
    await first
    for (const listener of rest) await run(() => listener(event))
  }
}

/** What a handler throws is its own fault, told outside. */
function run(handler: () => unknown): Promise<void> | undefined {
  try {
    const result = handler()
    if (!(result instanceof Promise)) return undefined
    return result.then(() => {}, raise)
  } catch (error) {
    raise(error)
    return undefined
  }
}

function raise(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

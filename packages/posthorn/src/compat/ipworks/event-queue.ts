/**
 * Delivers the events of one component in their order, and none while a handler of another is at work: a handler that returns a promise
 * makes the next event wait. A handler that throws is told as an uncaught exception; it does not break the exchange with the server.
 */
export class EventQueue<Events extends object> {
  readonly #listeners = new Map<keyof Events, ((event: never) => unknown)[]>()
  /** What was put in by `once`, by what is called in its place. */
  readonly #once = new WeakMap<(event: never) => unknown, (event: never) => unknown>()
  readonly #waiting: (() => Promise<void> | void)[] = []
  #delivering = false
  #delivered: Promise<void> | undefined
  /** Handlers that are being called at this moment. */
  #calls = 0
  /** What is under way was called by a handler, or beside a slow one: it would wait for itself. */
  #impatient = false

  /** True when somebody listens. */
  has(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.length ?? 0) > 0
  }

  on<N extends keyof Events>(name: N, listener: (event: Events[N]) => unknown): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener])
  }

  /** Calls it for the next event, and for none after that. */
  once<N extends keyof Events>(name: N, listener: (event: Events[N]) => unknown): void {
    let isOver = false
    const call = (event: Events[N]): unknown => {
      if (isOver) return undefined // the event came again while this one was under way
      isOver = true
      this.off(name, call)
      return listener(event)
    }
    this.#once.set(call, listener)
    this.on(name, call)
  }

  /** Takes out the last one that was put in with this function. */
  off<N extends keyof Events>(name: N, listener: (event: Events[N]) => unknown): void {
    const all = this.#listeners.get(name) ?? []
    const at = all.findLastIndex((one) => one === listener || this.#once.get(one) === listener)
    if (at >= 0) this.#listeners.set(name, all.toSpliced(at, 1))
  }

  /** Takes out all of an event, or of every event. */
  clear(name?: keyof Events): void {
    if (name === undefined) this.#listeners.clear()
    else this.#listeners.delete(name)
  }

  /** Puts an event behind those that wait, and delivers at once when none is under way. */
  fire<N extends keyof Events>(name: N, event: Events[N]): void {
    if (!this.has(name)) return
    this.#waiting.push(() => this.#deliver(name, event))
    if (!this.#delivering) this.#deliverAll()
  }

  /**
   * As `fire`, for an event whose handlers may write into it. Resolves when they are through. Called by a handler it does not wait for that
   * one: the answer is needed now.
   * @throws what a handler threw, first of all: it has not answered
   */
  async ask<N extends keyof Events>(name: N, event: Events[N]): Promise<Events[N]> {
    const thrown: unknown[] = []
    const deliver = () => this.#deliver(name, event, (error) => thrown.push(error))
    if (this.#impatient) await deliver()
    else {
      this.#waiting.push(deliver)
      if (!this.#delivering) this.#deliverAll()
      await this.#delivered
    }
    if (thrown.length > 0) throw thrown[0]
    return event
  }

  /** True inside a handler, until it first waits for something. */
  get isCalling(): boolean {
    return this.#calls > 0
  }

  /** A method begins: it waits for handlers, unless one is at work, which may be the one that called it. */
  methodBegins(): void {
    this.#impatient = this.#delivering
  }

  /** Resolves when nothing waits; undefined when nothing does now, and for a method that must not wait. */
  settled(): Promise<void> | undefined {
    return this.#impatient ? undefined : this.#delivered
  }

  /** Resolves when nothing waits, whoever asks. */
  get delivered(): Promise<void> | undefined {
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

  #deliver<N extends keyof Events>(name: N, event: Events[N], failed = raise): Promise<void> | void {
    const listeners = (this.#listeners.get(name) ?? []) as ((event: Events[N]) => unknown)[]
    for (let index = 0; index < listeners.length; index++) {
      const slow = this.#call(() => listeners[index]!(event), failed)
      if (slow) return this.#deliverSlowly(slow, listeners.slice(index + 1), event, failed)
    }
  }

  async #deliverSlowly<E>(
    first: Promise<void>,
    rest: readonly ((event: E) => unknown)[],
    event: E,
    failed: (error: unknown) => void,
  ): Promise<void> {
    await first
    for (const listener of rest) await this.#call(() => listener(event), failed)
  }

  /** What a handler throws is its own fault, told outside. */
  #call(handler: () => unknown, failed: (error: unknown) => void): Promise<void> | undefined {
    this.#calls++
    try {
      const result = handler()
      return isThenable(result) ? Promise.resolve(result).then(() => {}, failed) : undefined
    } catch (error) {
      failed(error)
      return undefined
    } finally {
      this.#calls--
    }
  }
}

/** Also the promises of other libraries, and of another realm. */
function isThenable(result: unknown): result is PromiseLike<unknown> {
  return typeof result === 'object' && result !== null && 'then' in result && typeof result.then === 'function'
}

function raise(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

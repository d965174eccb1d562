/**
 * Calls back when a signal is aborted, however many wait for the same one: each signal gets one listener, because the listeners of an
 * `AbortSignal` are searched one by one.
 */
export class Signals {
  readonly #callbacks = new WeakMap<AbortSignal, Set<() => void>>()

  /** @returns how to stop waiting */
  watch(signal: AbortSignal, aborted: () => void): () => void {
    const known = this.#callbacks.get(signal)
    const callbacks = known ?? new Set()
    callbacks.add(aborted)
    if (!known) this.#listen(signal, callbacks)
    return () => {
      callbacks.delete(aborted)
      if (callbacks.size > 0 || this.#callbacks.get(signal) !== callbacks) return
      signal.removeEventListener('abort', this.#listeners.get(callbacks)!)
      this.#callbacks.delete(signal)
    }
  }

  readonly #listeners = new WeakMap<Set<() => void>, () => void>()

  #listen(signal: AbortSignal, callbacks: Set<() => void>): void {
    const listener = () => {
      this.#callbacks.delete(signal)
      for (const callback of callbacks) callback()
    }
    this.#callbacks.set(signal, callbacks)
    this.#listeners.set(callbacks, listener)
    signal.addEventListener('abort', listener, { once: true })
  }
}

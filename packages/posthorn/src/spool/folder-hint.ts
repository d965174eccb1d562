import { watch, type FSWatcher } from 'node:fs'
import type { Clock } from '../oauth2/clock.js'

/**
 * Says early that something came into a folder, where the system tells; it may tell nothing, or too much, so it only shortens a wait. Holds
 * no process up.
 */
export class FolderHint {
  readonly #folder: string
  readonly #clock: Clock
  #watcher: FSWatcher | undefined
  #heard = false
  #wake: (() => void) | undefined

  constructor(folder: string, clock: Clock) {
    this.#folder = folder
    this.#clock = clock
  }

  /** Forgets what was heard, and listens from here on. */
  listen(): void {
    this.#heard = false
    if (this.#watcher) return
    try {
      const watcher = watch(this.#folder, { persistent: false }, (_, name) => {
        if (name !== null && !name.endsWith('.queued')) return
        this.#heard = true
        this.#wake?.()
      })
      watcher.on('error', () => this.close())
      this.#watcher = watcher
    } catch {
      // no folder, or none that can be watched: the poll finds what is in it
    }
  }

  /** Waits so long, until the signal, or, with `attentive`, until something is heard. */
  async wait(ms: number, signal: AbortSignal, attentive: boolean): Promise<void> {
    if (signal.aborted || (attentive && this.#heard)) return
    const early = new AbortController()
    const wake = (): void => early.abort()
    signal.addEventListener('abort', wake, { once: true })
    if (attentive) this.#wake = wake
    try {
      await this.#clock.wait(ms, early.signal)
    } catch (error) {
      if (!early.signal.aborted) throw error
    } finally {
      this.#wake = undefined
      signal.removeEventListener('abort', wake)
    }
  }

  close(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }
}

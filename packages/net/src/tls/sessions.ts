import type { TlsSessionStore } from '../options.js'

/** How long a session is kept: a working day. Servers forget theirs much sooner. */
const MAX_AGE_MS = 10 * 3_600_000

interface Kept {
  readonly session: Buffer
  readonly at: number
}

/**
 * TLS sessions in memory, to be resumed by the next connection to the same name with the same settings. The oldest one goes when there are
 * too many; none is older than ten hours.
 */
export class TlsSessions implements TlsSessionStore {
  readonly #kept = new Map<string, Kept>()
  readonly #maxEntries: number
  readonly #maxAgeMs: number
  readonly #now: () => number

  constructor(options: { maxEntries?: number; maxAgeMs?: number; now?: () => number } = {}) {
    this.#maxEntries = options.maxEntries ?? 100
    this.#maxAgeMs = options.maxAgeMs ?? MAX_AGE_MS
    this.#now = options.now ?? (() => performance.now()) // whoever sets the clock makes no session older or younger
  }

  get(key: string): Buffer | undefined {
    const kept = this.#kept.get(key)
    if (!kept) return undefined
    if (this.#now() - kept.at <= this.#maxAgeMs) return kept.session
    this.#kept.delete(key)
    return undefined
  }

  set(key: string, session: Buffer): void {
    this.#kept.delete(key) // so that it becomes the youngest
    this.#kept.set(key, { session, at: this.#now() })
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#maxEntries) break
      this.#kept.delete(oldest)
    }
  }

  delete(key: string): void {
    this.#kept.delete(key)
  }

  /** How many sessions are kept. */
  get size(): number {
    return this.#kept.size
  }
}

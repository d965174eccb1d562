import type { RevocationAnswer } from './revocation-answer.js'
import { CLOCK_TOLERANCE_MS, countsUntil } from './revocation-time.js'

/** What was found out, and from whom: `ocsp http://...`; or why nothing could be. */
export type KnownAnswer = { readonly source: string } & (
  Pick<RevocationAnswer, 'status' | 'revokedAt'> | { readonly status: 'unknown' }
)

interface Entry {
  readonly known: KnownAnswer
  readonly fromMs: number
  readonly untilMs: number
}

/** However long an answer counts, it is asked for again after this. */
const MAX_KEPT_MS = 12 * 3_600_000
/** A responder that cannot be reached is not waited for again in this time, when it is not needed. */
const FAILURE_KEPT_MS = 60_000
const MAX_ENTRIES = 2000

/** Keeps answers in memory until the next one is due, at most 12 hours, and at most 2000: the ones asked for longest ago go first. */
export class RevocationCache {
  readonly #entries = new Map<string, Entry>()

  /** What is known at this time. */
  get(key: string, at: Date): KnownAnswer | undefined {
    const entry = this.#entries.get(key)
    if (!entry || at.getTime() < entry.fromMs) return undefined
    this.#entries.delete(key)
    if (at.getTime() > entry.untilMs) return undefined
    this.#entries.set(key, entry)
    return entry.known
  }

  keep(key: string, source: string, answer: RevocationAnswer, at: Date): void {
    const { status, revokedAt } = answer
    this.#set(key, {
      known: { source, status, revokedAt },
      fromMs: answer.thisUpdate.getTime() - CLOCK_TOLERANCE_MS,
      untilMs: Math.min(countsUntil(answer).getTime(), at.getTime() + MAX_KEPT_MS),
    })
  }

  keepFailure(key: string, source: string, at: Date): void {
    this.#set(key, {
      known: { source, status: 'unknown' },
      fromMs: at.getTime(),
      untilMs: at.getTime() + FAILURE_KEPT_MS,
    })
  }

  #set(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest)
  }
}

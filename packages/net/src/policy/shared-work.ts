import { unlessAborted } from '@posthorn/ground'

interface UnderWay<T> {
  readonly result: Promise<T>
  readonly limit: AbortController
  waiting: number
}

/** Lets everybody who asks for the same thing at the same time wait for the same answer. */
export class SharedWork<T> {
  readonly #underWay = new Map<string, UnderWay<T>>()

  /**
   * The result for a key, of work that is under way or begins now. The work is told to stop when the last one who waited for it went away.
   * @throws what the work throws; the signal's reason when it is aborted
   */
  async result(key: string, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal?.throwIfAborted()
    const shared = this.#underWay.get(key) ?? this.#begin(key, work)
    shared.waiting++
    try {
      return await (signal ? unlessAborted(shared.result, signal) : shared.result)
    } finally {
      if (--shared.waiting === 0) this.#end(key, shared)
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): UnderWay<T> {
    const limit = new AbortController()
    const shared = { result: work(limit.signal), limit, waiting: 0 }
    this.#underWay.set(key, shared)
    return shared
  }

  #end(key: string, shared: UnderWay<T>): void {
    if (this.#underWay.get(key) === shared) this.#underWay.delete(key)
    shared.limit.abort(new Error('nobody waits for it any more'))
  }
}

/**
 * The result of work that gets a signal, which is aborted with the one that is given and when the time is over. Work that does not heed it
 * is not waited for.
 * @throws what the work throws; an error that tells the time, or the signal's reason
 */
export async function within<T>(
  timeMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const limit = new AbortController()
  const onAbort = () => limit.abort(signal.reason)
  const timer = setTimeout(() => limit.abort(new Error(`no answer within ${timeMs / 1000} seconds`)), timeMs)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await unlessAborted(work(limit.signal), limit.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

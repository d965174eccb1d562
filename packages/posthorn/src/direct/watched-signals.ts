import { setMaxListeners } from 'node:events'

interface Watched {
  readonly followers: Set<AbortController>
  readonly abort: () => void
}

/** Lets many sends follow one signal with one listener on it: a caller's signal may be that of a thousand messages. */
export class WatchedSignals {
  readonly #watched = new Map<AbortSignal, Watched>()

  /** A controller that is aborted with the signal, by its reason; its own signal may have any number of listeners. */
  follow(signal: AbortSignal | undefined): AbortController {
    const follower = new AbortController()
    setMaxListeners(0, follower.signal)
    if (!signal) return follower
    if (signal.aborted) follower.abort(signal.reason)
    else this.#watch(signal).followers.add(follower)
    return follower
  }

  /** The send is over. */
  leave(signal: AbortSignal | undefined, follower: AbortController): void {
    const watched = signal && this.#watched.get(signal)
    if (!watched) return
    watched.followers.delete(follower)
    if (watched.followers.size > 0) return
    signal.removeEventListener('abort', watched.abort)
    this.#watched.delete(signal)
  }

  #watch(signal: AbortSignal): Watched {
    const known = this.#watched.get(signal)
    if (known) return known
    const followers = new Set<AbortController>()
    const abort = () => {
      this.#watched.delete(signal)
      for (const follower of followers) follower.abort(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    const watched = { followers, abort }
    this.#watched.set(signal, watched)
    return watched
  }
}

import type { StoredTokens, TokenStore } from './token-store.js'

/** Keeps tokens as long as the process lives; give one to several sources to let them share. */
export class MemoryTokenStore implements TokenStore {
  #entries = new Map<string, StoredTokens>()
  #last = new Map<string, Promise<unknown>>()

  async read(credential: string): Promise<StoredTokens | undefined> {
    return this.#entries.get(credential)
  }

  async write(credential: string, tokens: StoredTokens | undefined): Promise<void> {
    if (tokens) this.#entries.set(credential, tokens)
    else this.#entries.delete(credential)
  }

  async lock<T>(credential: string, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#last.get(credential)
    const turn = (async () => {
      await before
      signal?.throwIfAborted()
      return await run()
    })()
    const settled = turn.then(
      () => {},
      () => {},
    )
    this.#last.set(credential, settled)
    try {
      return await turn
    } finally {
      if (this.#last.get(credential) === settled) this.#last.delete(credential)
    }
  }
}

import type { MtaStsPolicy } from './mta-sts-policy.js'

/** A policy as it is kept: data that JSON can hold. */
export interface KeptPolicy {
  readonly domain: string
  /** The id that the TXT record announced when it was fetched. */
  readonly id: string
  readonly policy: MtaStsPolicy
  /** Milliseconds since 1970. */
  readonly fetchedAtMs: number
}

/** Where policies are kept; it protects only as long as it remembers (RFC 8461 10.2), so it should outlive the process. */
export interface MtaStsStore {
  get(domain: string): Promise<KeptPolicy | undefined>
  set(kept: KeptPolicy): Promise<void>
  delete(domain: string): Promise<void>
  /** All of them, for refreshing. */
  all(): Promise<readonly KeptPolicy[]>
}

const MAX_DOMAINS = 100_000

/** Keeps policies in memory, of at most 100 000 domains: the ones set longest ago go first. */
export class MtaStsMemoryStore implements MtaStsStore {
  readonly #kept = new Map<string, KeptPolicy>()

  get(domain: string): Promise<KeptPolicy | undefined> {
    return Promise.resolve(this.#kept.get(domain))
  }

  set(kept: KeptPolicy): Promise<void> {
    this.#kept.delete(kept.domain)
    this.#kept.set(kept.domain, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MAX_DOMAINS && oldest !== undefined) this.#kept.delete(oldest)
    return Promise.resolve()
  }

  delete(domain: string): Promise<void> {
    this.#kept.delete(domain)
    return Promise.resolve()
  }

  all(): Promise<readonly KeptPolicy[]> {
    return Promise.resolve([...this.#kept.values()])
  }
}

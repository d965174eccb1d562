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
/** Of all policies as JSON. What most domains have takes some 200 octets. */
const MAX_OCTETS = 32_000_000

/**
 * Keeps policies in memory, of at most 100 000 domains: the ones set longest ago go first; and at most 32 MB: then the longest policy goes first,
 * so that nobody drives out those of others by long ones.
 */
export class MtaStsMemoryStore implements MtaStsStore {
  readonly #kept = new Map<string, KeptPolicy>()
  #octets = 0

  get(domain: string): Promise<KeptPolicy | undefined> {
    return Promise.resolve(this.#kept.get(domain))
  }

  set(kept: KeptPolicy): Promise<void> {
    this.#forget(kept.domain)
    this.#kept.set(kept.domain, kept)
    this.#octets += octetsOf(kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MAX_DOMAINS && oldest !== undefined) this.#forget(oldest)
    while (this.#octets > MAX_OCTETS) this.#forget(this.#longest())
    return Promise.resolve()
  }

  delete(domain: string): Promise<void> {
    this.#forget(domain)
    return Promise.resolve()
  }

  all(): Promise<readonly KeptPolicy[]> {
    return Promise.resolve([...this.#kept.values()])
  }

  #forget(domain: string): void {
    const kept = this.#kept.get(domain)
    if (!kept) return
    this.#kept.delete(domain)
    this.#octets -= octetsOf(kept)
  }

  #longest(): string {
    let longest: KeptPolicy | undefined
    for (const each of this.#kept.values()) if (!longest || octetsOf(each) > octetsOf(longest)) longest = each
    return longest?.domain ?? ''
  }
}

const texts = new WeakMap<KeptPolicy, string>()

/** A policy as JSON, made once: names in it are ASCII. */
export function jsonOf(kept: KeptPolicy): string {
  const known = texts.get(kept) ?? JSON.stringify(kept)
  texts.set(kept, known)
  return known
}

function octetsOf(kept: KeptPolicy): number {
  return jsonOf(kept).length
}

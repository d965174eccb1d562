import { Resolver } from 'node:dns/promises'
import type { DiscoverResolver } from './discovery.js'

/** A resolver of Node that can be called off as a whole. Its questions end by themselves after 5 seconds and 2 tries. */
export function newNodeResolver(): Resolver {
  return new Resolver({ timeout: 5_000, tries: 2 })
}

/** The name servers a resolver of Node asks; all of its questions end when one signal is aborted. Addresses are those of the system. */
export function nameServers(resolver: Resolver): DiscoverResolver {
  const asking =
    <T>(ask: (name: string) => Promise<T>) =>
    async (name: string, { signal }: { readonly signal: AbortSignal }): Promise<T> => {
      const cancel = () => resolver.cancel()
      signal.throwIfAborted()
      signal.addEventListener('abort', cancel, { once: true })
      try {
        return await ask(name)
      } finally {
        signal.removeEventListener('abort', cancel)
      }
    }
  return { srv: asking((name) => resolver.resolveSrv(name)), mx: asking((domain) => resolver.resolveMx(domain)) }
}

/** True when a resolver says that there is no such record; anything else is a fault. */
export function isAbsent(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code
  return code === 'ENOTFOUND' || code === 'ENODATA'
}

import type { DiscoverOptions } from './discovery.js'
import { insideOf } from './mail-address.js'
import { withoutPrivate } from './private-addresses.js'
import type { VerifyRoad } from './verify.js'

/** The way to the servers of one domain. */
export interface GuardedRoad {
  /** With a resolver that gives private addresses only where they may be. */
  readonly road: VerifyRoad & { readonly resolve: NonNullable<VerifyRoad['resolve']> }
  /** True for the domain, what is below it, and what has the same registrable domain. */
  readonly isInside: (host: string) => boolean
  /** `example.co.uk` of `mx.example.co.uk`; undefined for a public suffix. */
  readonly registrableOf: (host: string) => string | undefined
}

/** The way to servers that are found for a domain (in A-labels); loads the list of public suffixes. */
export async function guardedRoad(
  domain: string,
  {
    road: { family, localAddress, tls, proxy, connector } = {},
    resolver,
    privateAddresses = 'inside',
  }: DiscoverOptions,
): Promise<GuardedRoad> {
  const { getDomain } = await import('tldts') // here, so that mail by SMTP does not load it
  const registrableOf = (host: string) => getDomain(host, { allowPrivateDomains: true }) ?? undefined
  const isInside = insideOf(registrableOf(domain), domain)
  const mayBePrivate = (host: string) =>
    privateAddresses === 'always' || (privateAddresses === 'inside' && isInside(host))
  const road = {
    ...(family === undefined ? {} : { family }),
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(tls ? { tls } : {}),
    ...(proxy === undefined ? {} : { proxy }),
    ...(connector ? { connector } : {}),
    resolve: withoutPrivate(resolver?.address, mayBePrivate),
  }
  return { road, isInside, registrableOf }
}

import type { DiscoverOptions, DiscoverResolver } from './discovery.js'
import { guardedRoad, type GuardedRoad } from './guarded-road.js'
import type { MailAddress } from './mail-address.js'
import { nameServers, newNodeResolver } from './name-servers.js'
import { Steps } from './steps.js'

/** Everything one discovery asks with. */
export interface Question extends GuardedRoad {
  readonly address: MailAddress
  readonly resolver: DiscoverResolver
  readonly fetch: typeof fetch
  readonly steps: Steps
  readonly signal: AbortSignal
  readonly ispdb: string | false
  readonly verify: NonNullable<DiscoverOptions['verify']>
}

/** Each question over HTTPS, TLS included. */
const CONNECT_MS = 6_000
const MAX_OCTETS = 65_536
const THUNDERBIRD = 'https://autoconfig.thunderbird.net/v1.1/'

/** Settles what is asked with; loads what it takes. */
export async function prepareQuestion(
  address: MailAddress,
  options: DiscoverOptions,
  signal: AbortSignal,
): Promise<Question> {
  const guarded = await guardedRoad(address.domain, options)
  return {
    ...guarded,
    address,
    resolver: options.resolver ?? nameServers(newNodeResolver()),
    fetch: options.fetch ?? (await webOver(guarded)),
    steps: new Steps(),
    signal,
    ispdb: options.ispdb ?? THUNDERBIRD,
    verify: options.verify ?? 'guesses',
  }
}

async function webOver({ road: { proxy, tls, resolve } }: GuardedRoad): Promise<typeof fetch> {
  const { webFetch } = await import('@posthorn/net/web')
  return webFetch({ proxy, tls, resolve, connectMs: CONNECT_MS, maxOctets: MAX_OCTETS })
}

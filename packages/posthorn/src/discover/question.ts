import type { DiscoverOptions, DiscoverResolver } from './discovery.js'
import { insideOf, type MailAddress } from './mail-address.js'
import { nameServers, newNodeResolver } from './name-servers.js'
import { withoutPrivate } from './private-addresses.js'
import { Steps } from './steps.js'
import type { VerifyRoad } from './verify.js'

/** Everything one discovery asks with. */
export interface Question {
  readonly address: MailAddress
  readonly resolver: DiscoverResolver
  readonly fetch: typeof fetch
  readonly road: VerifyRoad
  readonly steps: Steps
  readonly signal: AbortSignal
  /** True for the domain, what is below it, and what has the same registrable domain. */
  readonly isInside: (host: string) => boolean
  readonly ispdb: string | false
  readonly verify: NonNullable<DiscoverOptions['verify']>
  readonly registrableOf: (host: string) => string | undefined
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
  const { getDomain } = await import('tldts') // here, so that mail by SMTP does not load it
  const registrableOf = (host: string) => getDomain(host, { allowPrivateDomains: true }) ?? undefined
  const isInside = insideOf(registrableOf(address.domain), address.domain)
  const { privateAddresses = 'inside' } = options
  const mayBePrivate = (host: string) =>
    privateAddresses === 'always' || (privateAddresses === 'inside' && isInside(host))
  const resolve = withoutPrivate(options.resolver?.address, mayBePrivate)
  return {
    address,
    resolver: options.resolver ?? nameServers(newNodeResolver()),
    fetch: options.fetch ?? (await webOver(options, resolve)),
    road: { ...given(options.road), resolve },
    steps: new Steps(),
    signal,
    isInside,
    ispdb: options.ispdb ?? THUNDERBIRD,
    verify: options.verify ?? 'guesses',
    registrableOf,
  }
}

async function webOver({ road = {} }: DiscoverOptions, resolve: VerifyRoad['resolve']): Promise<typeof fetch> {
  const { webFetch } = await import('@posthorn/net/web')
  return webFetch({ proxy: road.proxy, tls: road.tls, resolve, connectMs: CONNECT_MS, maxOctets: MAX_OCTETS })
}

/** What is given, without what is undefined. */
function given({ family, localAddress, tls, proxy, connector }: NonNullable<DiscoverOptions['road']> = {}): VerifyRoad {
  return {
    ...(family === undefined ? {} : { family }),
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(tls ? { tls } : {}),
    ...(proxy === undefined ? {} : { proxy }),
    ...(connector ? { connector } : {}),
  }
}

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Attempt } from './attempt.js'
import { connectError, noAddress, resolveFailure } from './diagnosis.js'
import type { DialOptions, FamilyOption, Resolve, ResolvedAddress } from './options.js'

/**
 * The addresses of the target in the order they are to be tried. An IP literal is its own address and asks nobody.
 * @throws {ConnectError} `resolve.not-found` or `resolve.failed`
 */
export async function resolveTarget(
  attempt: Attempt,
  {
    family: asked = 0,
    localAddress,
    resolve = systemResolver,
    onEvent,
  }: Pick<DialOptions, 'family' | 'localAddress' | 'resolve' | 'onEvent'>,
): Promise<ResolvedAddress[]> {
  const { host } = attempt.target
  const family = asked || familyOf(localAddress)
  const literal = familyOf(host)
  const found = literal ? [{ address: host, family: literal }] : await ask(resolve, host, family, attempt)
  const usable = found.filter((each) => family === 0 || each.family === family)
  if (usable.length === 0) throw noAddress(host, family, found)
  const ordered = interleave(usable)
  if (!literal) onEvent?.({ type: 'resolve', host, addresses: ordered.map(({ address }) => address) })
  return ordered
}

/** IPv6 first, then the families in turn, each in the resolver's order; duplicates once (RFC 8305 4). */
export function interleave(addresses: readonly ResolvedAddress[]): ResolvedAddress[] {
  const unique = [...new Map(addresses.map((each) => [each.address, each])).values()]
  const v6 = unique.filter(({ family }) => family === 6)
  const v4 = unique.filter(({ family }) => family === 4)
  return Array.from({ length: Math.max(v6.length, v4.length) }, (_, index) => [v6[index], v4[index]])
    .flat()
    .filter((each) => each !== undefined)
}

/**
 * getaddrinfo, which asks for A and AAAA at once and gives them in the order of RFC 6724. It cannot be called off: after an abort it
 * ends by itself, unheard.
 */
export const systemResolver: Resolve = async (host, { family }) => {
  const found = await lookup(host, { all: true, family, verbatim: true })
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}

async function ask(
  resolve: Resolve,
  host: string,
  family: FamilyOption,
  { signal }: Attempt,
): Promise<ResolvedAddress[]> {
  try {
    const found = await resolve(host, { family, signal })
    signal.throwIfAborted()
    return found.map(({ address }) => {
      const family = familyOf(address) // a name here would be looked up again, out of our sight
      if (family === 0) throw connectError('resolve.failed', 'resolve', `the resolver gave no IP address for ${host}`)
      return { address, family }
    })
  } catch (error) {
    throw resolveFailure(error, host)
  }
}

function familyOf(address: string | undefined): FamilyOption {
  const family = isIP(address ?? '')
  return family === 4 || family === 6 ? family : 0
}

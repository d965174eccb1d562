import { lookup } from 'node:dns/promises'
import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { ConnectError } from '@posthorn/ground'
import type { Resolve, ResolvedAddress } from '@posthorn/net'

/** What is not reached over the public internet (IANA's registries of special-purpose addresses, RFC 6890). */
const NOT_PUBLIC: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 128],
  ['::1', 128],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
]

const LIST = new BlockList()
for (const [address, prefix] of NOT_PUBLIC) LIST.addSubnet(address, prefix, isIPv4(address) ? 'ipv4' : 'ipv6')

/** True for an address that is not reached over the public internet; IPv4 inside IPv6 (mapped, NAT64, 6to4) counts as what it is. */
export function isPrivate(address: string): boolean {
  if (isIPv4(address)) return LIST.check(address, 'ipv4')
  if (!isIPv6(address)) return true
  const inner = embedded(address)
  return inner === undefined ? LIST.check(address, 'ipv6') : LIST.check(inner, 'ipv4')
}

/**
 * A resolver that gives private addresses only for hosts that may have them: whoever writes the records of a domain must not be able to
 * send this machine to the neighbours it can reach.
 * @throws {ConnectError} `discover.private-address` from the returned function
 */
export function withoutPrivate(resolve: Resolve = systemResolver, mayBePrivate: (host: string) => boolean): Resolve {
  return async (host, options) => {
    const found = await resolve(host, options)
    if (mayBePrivate(host)) return found
    const usable = found.filter(({ address }) => !isPrivate(address))
    if (usable.length > 0 || found.length === 0) return usable
    throw new ConnectError('discover.private-address', `${host} has an address that is not public`, {
      outcome: 'permanent',
      phase: 'resolve',
      hint: 'If that is right, name the server yourself, or set privateAddresses.',
    })
  }
}

const systemResolver: Resolve = async (host, { family }): Promise<ResolvedAddress[]> => {
  const found = await lookup(host, { all: true, family, verbatim: true })
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}

function embedded(address: string): string | undefined {
  const groups = groupsOf(address)
  const [first, second, third] = groups
  const dotted = (high: number, low: number) => [high >> 8, high & 255, low >> 8, low & 255].join('.')
  const upTo = (count: number) => groups.slice(0, count).every((group) => group === 0)
  if (upTo(5) && groups[5] === 0xff_ff) return dotted(groups[6]!, groups[7]!)
  if (first === 0x64 && second === 0xff_9b && groups.slice(2, 6).every((group) => group === 0)) {
    return dotted(groups[6]!, groups[7]!)
  }
  if (first === 0x20_02) return dotted(second!, third!)
  return undefined
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const plain = address.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...octets: string[]) => {
    const [a, b, c, d] = octets.slice(0, 4).map(Number)
    return `${((a! << 8) | b!).toString(16)}:${((c! << 8) | d!).toString(16)}`
  })
  const [head = '', tail] = plain.split('::')
  const read = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  const [before, after] = [read(head), read(tail ?? '')]
  return [...before, ...Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => 0), ...after]
}

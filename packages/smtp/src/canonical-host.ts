import { lookupService } from 'node:dns/promises'
import type { LoginSession } from './login-session.js'
import type { Reverse } from './options.js'

/**
 * The name of the server a session is connected to, by the reverse lookup of its address. Undefined where there is none, and behind a proxy
 * or a connector, where the address is not that of the server. Never rejects: the host that was asked for is the name then.
 */
export async function canonicalHost(
  { options, wire }: Pick<LoginSession, 'options' | 'wire'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { reverse = systemReverse, port, proxy = 'none', connector } = options
  const { remoteAddress } = wire.socket
  if (remoteAddress === undefined || proxy !== 'none' || connector !== undefined) return undefined
  try {
    const name = await reverse(remoteAddress, { port, signal })
    return name !== undefined && isHostName(name) ? name.replace(/\.$/, '') : undefined
  } catch {
    return undefined // most addresses have no name
  }
}

/** What stands in a message of the login must be a name and nothing else. */
function isHostName(name: string): boolean {
  return name.length <= 255 && /^[\w-]+(?:\.[\w-]+)*\.?$/.test(name)
}

/**
 * getnameinfo, which knows the hosts of the system, too. It cannot be called off: after an abort it ends by itself, unheard.
 */
const systemReverse: Reverse = async (address, { port }) => (await lookupService(address, port)).hostname

import { ConnectError } from '@posthorn/ground'
import type { Attempt } from '../attempt.js'
import type { Target } from '../diagnosis.js'
import { handshake, type HandshakeOptions } from '../handshake.js'
import type { DialOptions, ResolvedAddress } from '../options.js'
import { resolveTarget } from '../resolve.js'
import { openTcp, type TcpOptions } from '../tcp.js'
import { proxyOutOfReach, proxyTlsFailure } from './proxy-error.js'
import type { ProxyPlan } from './proxy-plan.js'
import { ProxyStream } from './proxy-stream.js'

/** What of the settings of the road is meant for the connection to the proxy. */
export type ReachOptions = Pick<DialOptions, 'family' | 'resolve' | 'localAddress' | 'localPort' | 'onEvent'> &
  TcpOptions &
  Pick<HandshakeOptions, 'send'>

/**
 * The addresses of the proxy itself.
 * @throws {ConnectError} `proxy.resolve`
 */
export async function proxyAddresses(
  attempt: Attempt,
  { name, target }: ProxyPlan,
  options: ReachOptions,
): Promise<readonly ResolvedAddress[]> {
  attempt.proxy = { name, doing: 'resolving its name' }
  try {
    return await resolveTarget(ownAttempt(attempt, target), options)
  } catch (error) {
    throw error instanceof ConnectError ? proxyOutOfReach(error, name) : error
  }
}

/**
 * A connection to the proxy itself, with TLS if it is an `https` one. A connection of this attempt that was there before is closed.
 * @throws {ConnectError} `proxy.unreachable`, `proxy.tls`
 */
export async function reachProxy(
  attempt: Attempt,
  plan: ProxyPlan,
  addresses: readonly ResolvedAddress[],
  options: ReachOptions,
): Promise<ProxyStream> {
  const { name, target, tls } = plan
  const doing = (what: string) => (attempt.proxy = { name, doing: what })
  attempt.signal.throwIfAborted()
  closeAll(attempt)
  const own = ownAttempt(attempt, target)
  try {
    doing(`connecting to ${addresses.map(({ address }) => address).join(', ')}`)
    own.step = 'connect'
    const { socket, address } = await openTcp(own, addresses, options)
    if (!tls) return new ProxyStream(socket, address, name)
    doing('TLS with the proxy')
    const { onEvent, resolve, send } = options
    const secured = await handshake(own, socket, tls, { upgrading: false, to: 'proxy', onEvent, resolve, send })
    return new ProxyStream(secured, address, name)
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    throw (own.step as string) === 'tls' ? proxyTlsFailure(error, name) : proxyOutOfReach(error, name)
  }
}

/** What happens on the way to the proxy is reported with its name, and then told to be of the proxy. */
function ownAttempt({ signal, sockets }: Attempt, target: Target): Attempt {
  return { target, step: 'resolve', signal, sockets, failures: [] }
}

/** Before its stream the TLS above it, as in `runAttempt`. */
function closeAll({ sockets }: Attempt): void {
  for (const socket of [...sockets].reverse()) socket.destroy()
  sockets.clear()
}

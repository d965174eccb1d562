import { ConnectError } from '@posthorn/ground'
import { isIP } from 'node:net'
import type { Attempt } from '../attempt.js'
import type { Target } from '../diagnosis.js'
import type { DialOptions, ProxyOptions, ResolvedAddress } from '../options.js'
import type { Winner } from '../race.js'
import { resolveTarget } from '../resolve.js'
import { openTunnel } from './http/tunnel.js'
import { authority } from './proxy-error.js'
import { planProxy, type ProxyPlan } from './proxy-plan.js'
import type { ProxyStream } from './proxy-stream.js'
import { proxyAddresses, reachProxy, type ReachOptions } from './reach-proxy.js'
import { socks4, socks4Request } from './socks/socks4.js'
import { socks5 } from './socks/socks5.js'

type RoadOptions = DialOptions & Pick<ReachOptions, 'send'>

/**
 * The stream to the target of the attempt through a proxy. With local resolution its addresses are tried in their order, each over a
 * connection of its own to the proxy, until one answers.
 * @throws {ConnectError} `proxy.*`; `resolve.*` when this machine is to resolve the name of the target and cannot
 * @throws {SettingsError} `settings.proxy`
 */
export async function throughProxy(attempt: Attempt, proxy: ProxyOptions, options: RoadOptions): Promise<Winner> {
  const plan = await planProxy(proxy)
  const { onEvent } = options
  if (plan.type.startsWith('socks4') && proxy.password !== undefined) {
    onEvent?.({ type: 'note', text: 'SOCKS 4 has no password: the one that is set is not sent' })
  }
  checkTarget(attempt, plan)
  // before that of the server, where that is looked up here: without the proxy nobody is to be asked for it
  const addresses = await proxyAddresses(attempt, plan, options)
  const failures: ConnectError[] = []
  for (const target of await targets(attempt, plan, options)) {
    attempt.step = 'proxy'
    try {
      const { socket, address } = await open(attempt, plan, target, addresses, options)
      onEvent?.({ type: 'proxy', proxy: plan.name, address, port: plan.target.port })
      return { socket, address: target.host }
    } catch (error) {
      if (!(error instanceof ConnectError) || !OF_TARGET.has(error.code)) throw error
      failures.push(error)
    }
  }
  throw allFailed(failures)
}

/** What another address of the target may do better. */
const OF_TARGET: ReadonlySet<string> = new Set(['proxy.target-refused', 'proxy.target-unreachable', 'proxy.refused'])

/** What goes to the proxy as it is. */
function isForProxy({ target }: Attempt, { resolve }: ProxyPlan): boolean {
  return resolve === 'remote' || isIP(target.host) !== 0
}

/** So that what SOCKS 4 cannot carry is refused before a packet is sent. */
function checkTarget(attempt: Attempt, plan: ProxyPlan): void {
  if (isForProxy(attempt, plan) && plan.type.startsWith('socks4')) socks4Request(plan, attempt.target)
}

async function targets(attempt: Attempt, plan: ProxyPlan, options: RoadOptions): Promise<readonly Target[]> {
  const { target } = attempt
  if (isForProxy(attempt, plan)) return [target]
  attempt.step = 'resolve'
  const { resolve, onEvent, family } = options // not localAddress, which is our end of the connection to the proxy
  const wanted = plan.type.startsWith('socks4') ? 4 : family
  const found = await resolveTarget(attempt, { resolve, onEvent, family: wanted })
  return found.map(({ address }) => ({ host: address, port: target.port }))
}

async function open(
  attempt: Attempt,
  plan: ProxyPlan,
  target: Target,
  addresses: readonly ResolvedAddress[],
  options: RoadOptions,
): Promise<ProxyStream> {
  const reach = async () => {
    const stream = await reachProxy(attempt, plan, addresses, options)
    attempt.proxy = { name: plan.name, doing: `waiting for its answer about ${authority(target)}` }
    return stream
  }
  if (plan.type === 'http' || plan.type === 'https') return openTunnel(reach, plan, target)
  const stream = await reach()
  await (plan.type === 'socks5' ? socks5 : socks4)(stream, plan, target)
  return stream
}

/** The most telling one: a machine that refused was there. */
function allFailed(failures: readonly ConnectError[]): unknown {
  const [first] = failures
  const best = failures.find(({ code }) => code === 'proxy.target-refused') ?? first
  if (!best || failures.length === 1) return best
  const reasons = failures.slice(0, 3).map(({ message }) => message)
  const more = failures.length > 3 ? `; and ${failures.length - 3} more` : ''
  const message = `none of the ${failures.length} addresses: ${reasons.join('; ')}${more}`
  const { outcome, phase, hint } = best
  return new ConnectError(best.code, message, { outcome, phase, hint, cause: new AggregateError(failures, message) })
}

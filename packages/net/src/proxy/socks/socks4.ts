import { SettingsError } from '@posthorn/ground'
import { isIP } from 'node:net'
import type { Target } from '../../diagnosis.js'
import { authority, proxyError } from '../proxy-error.js'
import type { ProxyPlan } from '../proxy-plan.js'
import type { ProxyStream } from '../proxy-stream.js'
import { looksLike } from '../shown.js'

const VERSION = 4
const CONNECT = 1
const GRANTED = 90

/** An address that cannot be, 0.0.0.1: the name follows (SOCKS 4a). */
const NAME_FOLLOWS = [0, 0, 0, 1]

/** The reply codes. Only the login is told apart. 91 is everything else, and may be a fault that passes. */
const REFUSALS: Readonly<
  Record<number, readonly ['proxy.target-unreachable' | 'proxy.authentication-refused', string]>
> = {
  91: ['proxy.target-unreachable', 'refuses the connection, or cannot make it'],
  92: ['proxy.authentication-refused', 'asks identd on this machine for the user, and gets no answer'],
  93: ['proxy.authentication-refused', 'asks identd on this machine for the user, who is another'],
}

/**
 * The request to connect. SOCKS 4 carries IPv4 addresses, 4a names besides; neither carries a password.
 * @throws {SettingsError} `settings.proxy` for a target it cannot carry
 */
export function socks4Request({ type, user = '' }: Pick<ProxyPlan, 'type' | 'user'>, { host, port }: Target): Buffer {
  const family = isIP(host)
  if (family === 6) throw uncarried(`cannot carry the IPv6 address ${host}`)
  if (family === 0 && type === 'socks4') {
    throw uncarried(
      `cannot carry the name ${host}, only IPv4 addresses: proxy.resolve 'remote' needs socks4a or socks5`,
    )
  }
  const address = family === 4 ? host.split('.').map(Number) : NAME_FOLLOWS
  const name = family === 4 ? '' : `${host}\0`
  const head = [VERSION, CONNECT, port >> 8, port & 0xff, ...address]
  return Buffer.concat([Buffer.from(head), Buffer.from(`${user}\0${name}`)])
}

/**
 * The dialogue of SOCKS 4 and 4a: one request, one reply of eight octets.
 * @throws {ConnectError} `proxy.*`
 */
export async function socks4(stream: ProxyStream, plan: ProxyPlan, target: Target): Promise<void> {
  stream.send(socks4Request(plan, target))
  const start = await stream.exactly(2)
  const [version, code = 0] = start
  if (version !== 0 || code < GRANTED || code > 93) {
    const octets = Buffer.concat([start, stream.rest()])
    const what = looksLike(octets, [plan.password.reveal()])
    throw proxyError('proxy.protocol', `no SOCKS 4 proxy answers at ${plan.name}, but ${what}`)
  }
  await stream.exactly(6) // port and address, which mean nothing here
  if (code === GRANTED) return
  const [error, what] = REFUSALS[code] ?? ['proxy.target-unreachable', 'refuses']
  throw proxyError(error, `the proxy ${plan.name} on the way to ${authority(target)} ${what} (reply ${code})`)
}

function uncarried(what: string): SettingsError {
  return new SettingsError('settings.proxy', 'proxy.type', `SOCKS 4 ${what}`, { hint: "Use the type 'socks5'." })
}

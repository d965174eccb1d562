import type { FamilyOption } from '@posthorn/net'
import type { SmtpOptions } from '@posthorn/smtp'
import { isIPv6 } from 'node:net'
import { NO_LIMIT_MS } from '../../../way/no-limit.js'
import type { ComponentValues } from '../values.js'

/** Everything of the engine that is about the socket and its times. */
export type SocketSettings = Pick<
  SmtpOptions,
  | 'keepAlive'
  | 'keepAliveDelayMs'
  | 'noDelay'
  | 'linger'
  | 'lingerMs'
  | 'maxOctetsPerSecond'
  | 'readBufferOctets'
  | 'writeBufferOctets'
  | 'localPort'
  | 'timeouts'
>

/** How long QUIT waits for its reply where there is no limit: what is said is said, and the other side may be gone. */
const QUIT_MS = 60_000

/** The settings of sockets and times. What is not set is left to the engine, or is off as the rows say. */
export function socketOptions(values: ComponentValues): SocketSettings {
  const keepAlive = values.config('TCPKeepAlive')
  const keepAliveDelayMs = values.config('KeepAliveTime')
  const linger = values.config('Linger')
  const lingerMs = values.config('LingerTime') * 1000
  const maxOctetsPerSecond = values.config('MaxTransferRate')
  const readBufferOctets = values.config('InBufferSize')
  const writeBufferOctets = values.config('OutBufferSize')
  const localPort = values.config('LocalPort')
  const silentMs = silenceMs(values)
  return {
    keepAlive,
    ...(keepAlive && keepAliveDelayMs !== undefined ? { keepAliveDelayMs } : {}),
    noDelay: values.config('TcpNoDelay'),
    linger,
    ...(linger && lingerMs > 0 ? { lingerMs } : {}),
    ...(maxOctetsPerSecond > 0 ? { maxOctetsPerSecond } : {}),
    ...(readBufferOctets ? { readBufferOctets } : {}),
    ...(writeBufferOctets ? { writeBufferOctets } : {}),
    ...(localPort > 0 ? { localPort } : {}),
    timeouts: { connectMs: connectMs(values), silentMs, quitMs: silentMs === NO_LIMIT_MS ? QUIT_MS : silentMs },
  }
}

/** The other side, between two octets. */
export function silenceMs(values: ComponentValues): number {
  return milliseconds(values.property('Timeout'))
}

/** Lookup, proxy and connection. */
export function connectMs(values: ComponentValues): number {
  return milliseconds(values.config('ConnectionTimeout') ?? values.property('Timeout'))
}

/** Seconds; 0 is no limit. */
function milliseconds(seconds: number): number {
  return seconds === 0 ? NO_LIMIT_MS : Math.min(seconds * 1000, NO_LIMIT_MS)
}

/**
 * Which addresses are used: IPv4, IPv6, or both with IPv6 first. Where the server, the proxy or `LocalHost` is an IPv6 address, that says it
 * itself, unless `UseIPv6` was set. [ipworks.config.UseIPv6]
 */
export function familyOf(host: string, values: ComponentValues): FamilyOption {
  const given = [host, values.property('Firewall').host, values.property('LocalHost')]
  const literal = given.some((each) => isIPv6(each.trim().replace(/^\[(.*)\]$/s, '$1')))
  if (literal && !values.isSet('UseIPv6')) return 0
  return ([4, 6, 0] as const)[values.config('UseIPv6') as 0 | 1 | 2]
}

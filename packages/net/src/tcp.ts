import { SettingsError } from '@posthorn/ground'
import { connect } from 'node:net'
import type { Attempt } from './attempt.js'
import type { DialOptions, ResolvedAddress, SocketOptions } from './options.js'
import { race, type Winner } from './race.js'

/** Node rounds down to whole seconds, and takes 0 for the system's default. */
const SHORTEST_DELAY_MS = 1_000

/** Settings that a TCP connection is opened with. */
export type TcpOptions = SocketOptions & Pick<DialOptions, 'localAddress' | 'localPort'>

/**
 * Settings of the socket that cannot be meant.
 * @throws {SettingsError} `settings.socket`
 */
export function checkSocket({ keepAliveDelayMs, readBufferOctets, writeBufferOctets }: SocketOptions): void {
  if (keepAliveDelayMs !== undefined && !(keepAliveDelayMs >= 0)) {
    throw new SettingsError(
      'settings.socket',
      'keepAliveDelayMs',
      `${keepAliveDelayMs} is not a time in milliseconds`,
      {
        hint: 'Give a number of milliseconds, or leave it out for the default of the system.',
      },
    )
  }
  for (const [field, octets] of Object.entries({ readBufferOctets, writeBufferOctets })) {
    if (octets !== undefined && !(Number.isSafeInteger(octets) && octets >= 0)) {
      throw new SettingsError('settings.socket', field, `${octets} is not a number of octets`, {
        hint: 'Give a whole number of octets, or leave it out for the default of Node.',
      })
    }
  }
}

/**
 * A TCP connection to the first of the addresses that takes one.
 * @throws {ConnectError} `connect.*` once all have failed
 */
export function openTcp(
  attempt: Attempt,
  addresses: readonly ResolvedAddress[],
  { localAddress, localPort, readBufferOctets, writeBufferOctets, ...options }: TcpOptions,
): Promise<Winner> {
  const { keepAlive = true, keepAliveDelayMs, noDelay = true } = options
  return race(attempt, addresses, ({ address, family }) =>
    connect({
      host: address,
      family,
      port: attempt.target.port,
      keepAlive,
      noDelay,
      ...(keepAliveDelayMs ? { keepAliveInitialDelay: Math.max(keepAliveDelayMs, SHORTEST_DELAY_MS) } : {}),
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(localPort === undefined ? {} : { localPort }),
      ...(readBufferOctets === undefined ? {} : { readableHighWaterMark: readBufferOctets }),
      ...(writeBufferOctets === undefined ? {} : { writableHighWaterMark: writeBufferOctets }),
    }),
  )
}

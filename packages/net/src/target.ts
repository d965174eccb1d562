import { SettingsError } from '@posthorn/ground'
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import type { Target } from './diagnosis.js'

/**
 * Host and port as they are used: brackets taken off an IPv6 address, an international name as A-label (RFC 5890).
 * @throws {SettingsError} `settings.host`, `settings.port`, `settings.timeout`, `settings.local-address`
 */
export function checkTarget(options: {
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
}): Target {
  const { port, timeoutMs, localAddress, localPort } = options
  const host = checkHost(options.host)
  if (!isPort(port)) throw new SettingsError('settings.port', 'port', `${port} is not a port; 1 to 65535 are`)
  if (!(timeoutMs >= 0))
    throw new SettingsError('settings.timeout', 'timeoutMs', `${timeoutMs} is not a time in milliseconds`)
  if (localAddress !== undefined && isIP(localAddress) === 0) {
    throw new SettingsError('settings.local-address', 'localAddress', 'is not an IP address', {
      hint: 'Give an IP address of this machine, not a host name and not the name of an interface.',
    })
  }
  if (localPort !== undefined && localPort !== 0 && !isPort(localPort)) {
    throw new SettingsError('settings.port', 'localPort', `${localPort} is not a port; 1 to 65535 are`)
  }
  return { host, port }
}

/** A host name as it is looked up, or an IP address without brackets. @throws {SettingsError} `settings.host` */
export function checkHost(given: string, field = 'host'): string {
  if (isIP(bareHost(given)) === 6) return bareHost(given)
  // ASCII stays as it is: the converter of URLs would read `1` as an address and refuse underscores, which real hosts have.
  const ascii = /^[\x21-\x7e]*$/.test(given)
  const host = ascii || /[\s\0-\x1f\x7f]/.test(given) ? given : domainToASCII(given)
  if (host === '' || (isIP(host) === 0 && /[^\w.-]/.test(host))) {
    throw new SettingsError('settings.host', field, 'is neither a host name nor an IP address', {
      hint: 'Give the name alone, without a scheme, a port or spaces.',
    })
  }
  return host
}

/** An IPv6 address without the brackets it may stand in; anything else as it is. */
export function bareHost(given: string): string {
  const inBrackets = /^\[(.*)\]$/s.exec(given)?.[1]
  return inBrackets !== undefined && isIP(inBrackets) === 6 ? inBrackets : given
}

/** 1 to 65535. */
export function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535
}

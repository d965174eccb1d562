import { Secret } from '@posthorn/ground'
import type { ProxyChoice, ProxyOptions } from '@posthorn/net'
import { PROXY_TYPES } from '@posthorn/settings/ipworks'
import { invalidArgument, IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'
import type { ComponentValues } from '../values.js'
import { checkUsable } from './usable-address.js'

/** The server as it is to be asked for, and the way to it. */
export interface Road {
  readonly host: string
  readonly proxy?: ProxyChoice
}

/**
 * The way to `MailServer`. SOCKS 4 and 5 get an address that was looked up here, unless the name begins with a star; the others get the name.
 * [ipworks.type.Firewall] [ipworks.behaviour.star-host]
 * @param platform for tests
 * @throws {IPWorksError} 102 for 0.0.0.0 and `::`, 118 for a star with SOCKS 4, 10022 for FirewallData that is no header lines
 */
export function roadTo(
  server: string,
  values: ComponentValues,
  note: (text: string) => void,
  platform: NodeJS.Platform = process.platform,
): Road {
  const { autoDetect, firewallType, host: proxyHost, port, user, password } = values.property('Firewall')
  const starred = server.startsWith('*')
  const host = (starred ? server.slice(1) : server).trim()
  const type = (PROXY_TYPES as Readonly<Record<number, ProxyOptions['type']>>)[firewallType]
  const data = values.config('FirewallData')
  const bypass = exceptions(values.config('ProxyExceptionsList'))
  checkUsable(host, 'MailServer')
  if (proxyHost === '' || type === undefined) {
    const detects = autoDetect && proxyHost === ''
    if (starred && !detects) note('There is no proxy that would look up the name of MailServer: its star has no effect')
    if (!detects && (proxyHost !== '' || type !== undefined))
      note(`No proxy is used: Firewall.${proxyHost === '' ? 'Host is empty' : 'FirewallType is 0'}`)
    if (!detects || isException(host, bypass)) return { host }
    if (data !== '') note('FirewallData has no effect on a proxy that is found in the environment')
    return { host, proxy: platform === 'win32' ? 'system' : 'environment' }
  }
  checkUsable(proxyHost.trim(), 'Firewall.Host')
  if (starred && type === 'socks4')
    throw new IPWorksError(
      118,
      `${errorText(118)}: SOCKS4 carries addresses only, so *${host} cannot be passed on; use SOCKS4A or SOCKS5`,
    )
  const headers = type === 'http' ? headerLines(data) : undefined
  if (data !== '' && !headers) note('FirewallData has no effect: it is for a tunnel')
  return {
    host,
    proxy: {
      type,
      host: proxyHost.trim(),
      port,
      ...(user === '' ? {} : { user }),
      ...(password === '' ? {} : { password: new Secret(password) }),
      resolve: type === 'socks4' || (type === 'socks5' && !starred) ? 'local' : 'remote',
      ...(headers ? { headers } : {}),
      ...(bypass.length > 0 ? { bypass } : {}),
    },
  }
}

/** [ipworks.config.ProxyExceptionsList] */
function exceptions(list: string): readonly string[] {
  return list
    .split(';')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
}

/** The same name or address; `*.name` is what is below it. A proxy that is found takes no list, so it is looked at here. */
function isException(host: string, entries: readonly string[]): boolean {
  const name = host.toLowerCase()
  return entries.some((entry) => entry === name || (entry.startsWith('*.') && name.endsWith(entry.slice(1))))
}

/**
 * Lines such as `Name: value`; of a field that comes twice the values are joined (RFC 9110 5.3).
 * @throws {IPWorksError} 10022
 */
function headerLines(data: string): Readonly<Record<string, string>> | undefined {
  const fields = new Map<string, { readonly name: string; readonly value: string }>()
  for (const line of data.split(/\r\n|\r|\n/)) {
    if (line.trim() === '') continue
    const [, name, value] = /^([^\s:]+):(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined)
      throw invalidArgument('FirewallData', 'must be header lines such as "X-Name: value"')
    const before = fields.get(name.toLowerCase())
    fields.set(
      name.toLowerCase(),
      before ? { name: before.name, value: `${before.value}, ${value.trim()}` } : { name, value: value.trim() },
    )
  }
  if (fields.size === 0) return undefined
  return Object.fromEntries([...fields.values()].map(({ name, value }) => [name, value]))
}

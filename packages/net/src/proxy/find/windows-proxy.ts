import type { ProxyOptions } from '../../options.js'
import { bypassEntries } from './bypass.js'
import type { ProxyUse } from './environment.js'
import { parseProxyUrl } from './proxy-url.js'
import type { SystemProxy } from './system-proxy.js'

/** Below which the settings of the current user are. */
export const INTERNET_SETTINGS = 'HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings'

/** In the list `http=a:80;https=b:80;socks=c:1080` which entry is taken for what, the first that is there. */
const ENTRIES: Readonly<Record<ProxyUse, readonly string[]>> = {
  mail: ['socks', 'https', 'http'],
  https: ['https', 'socks'],
  http: ['http', 'socks'],
}

/**
 * What `reg query` of the Internet Settings says: ProxyEnable, ProxyServer, ProxyOverride. `socks=` is SOCKS 4 there, and a proxy
 * without a name before it is an HTTP proxy for everything.
 * @throws {SettingsError} `settings.proxy` when ProxyServer cannot be read
 */
export function parseWindowsProxy(output: string, use: ProxyUse): SystemProxy {
  const values = new Map<string, string>()
  for (const line of output.split(/\r?\n/)) {
    const [, name, value] = /^\s+(\S+)\s+REG_\w+\s+(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) values.set(name.toLowerCase(), value)
  }
  const script = values.has('autoconfigurl')
  const server = values.get('proxyserver') ?? ''
  if (Number(values.get('proxyenable') ?? 0) !== 1 || server === '') return { script }
  const proxy = chosen(server, use)
  if (!proxy) return { script }
  return { script, proxy: { ...proxy, bypass: bypassEntries(values.get('proxyoverride') ?? '') } }
}

function chosen(server: string, use: ProxyUse): ProxyOptions | undefined {
  const entries = new Map<string, string>()
  for (const entry of server.split(/[;\s]+/).filter((each) => each !== '')) {
    const equals = entry.indexOf('=')
    if (equals < 0) return parseProxyUrl(entry, 'ProxyServer of the Internet Settings', 'http')
    entries.set(entry.slice(0, equals).toLowerCase(), entry.slice(equals + 1))
  }
  const name = ENTRIES[use].find((each) => entries.has(each))
  if (name === undefined) return undefined
  return parseProxyUrl(
    entries.get(name) ?? '',
    'ProxyServer of the Internet Settings',
    name === 'socks' ? 'socks4' : 'http',
  )
}

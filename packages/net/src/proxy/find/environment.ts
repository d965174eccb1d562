import type { ProxyOptions } from '../../options.js'
import { noProxyEntries } from './bypass.js'
import { parseProxyUrl } from './proxy-url.js'

/** What the proxy is for: connections to mail servers, or requests to `https:` or `http:` URLs. */
export type ProxyUse = 'mail' | 'https' | 'http'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Which variables are asked, in this order. A mail connection is an octet stream, so what takes any stream comes first; for the web it is
 * the order that is usual there.
 */
const VARIABLES: Readonly<Record<ProxyUse, readonly string[]>> = {
  mail: ['SOCKS_PROXY', 'ALL_PROXY', 'HTTPS_PROXY', 'HTTP_PROXY'],
  https: ['HTTPS_PROXY', 'ALL_PROXY', 'SOCKS_PROXY'],
  http: ['HTTP_PROXY', 'ALL_PROXY', 'SOCKS_PROXY'],
}

/**
 * The proxy that the environment names, with NO_PROXY as its bypass list; undefined when it names none. Each variable may be written in
 * lower case, which wins. An empty one is as good as none.
 * @throws {SettingsError} `settings.proxy` naming the variable: what was meant as a proxy never ends in a direct connection
 */
export function proxyFromEnvironment(
  use: ProxyUse,
  env: Environment,
  platform: NodeJS.Platform = process.platform,
): ProxyOptions | undefined {
  for (const name of VARIABLES[use]) {
    const found = [name.toLowerCase(), name].find((each) => env[each]?.trim() && !fromRequest(each, env, platform))
    if (found === undefined) continue
    const proxy = parseProxyUrl(env[found] ?? '', found, name === 'SOCKS_PROXY' ? 'socks5' : 'http')
    const bypass = noProxyEntries(env['no_proxy']?.trim() || env['NO_PROXY'] || '')
    return bypass.length > 0 ? { ...proxy, bypass } : proxy
  }
  return undefined
}

/**
 * In a CGI process HTTP_PROXY is what the request has in its header field `Proxy` (CVE-2016-5385). Windows does not tell it from `http_proxy`.
 */
function fromRequest(name: string, env: Environment, platform: NodeJS.Platform): boolean {
  const asked = platform === 'win32' ? name.toUpperCase() : name
  return asked === 'HTTP_PROXY' && env['REQUEST_METHOD'] !== undefined
}

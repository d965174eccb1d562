import { SettingsError } from '@posthorn/ground/portable'
import type { SettingValue } from './values.js'

const TYPES: ReadonlyMap<string, string> = new Map([
  ['http', 'http'],
  ['https', 'https'],
  ['socks4', 'socks4'],
  ['socks4a', 'socks4a'],
  ['socks5', 'socks5'],
  ['socks5h', 'socks5'],
  ['socks', 'socks5'],
])

/**
 * The settings of a proxy from its URL, `socks5://user:password@proxy.example:1080`, or from one of the words `none`, `environment` and
 * `system`. No part of it is in a message: it may hold a password.
 * @param field what to name in errors: `--proxy`, `proxy`
 * @throws {SettingsError} `settings.proxy-url`
 */
export function proxyValues(text: string, field: string): SettingValue[] {
  if (text === 'none' || text === 'environment' || text === 'system') return [['proxy.type', text]]
  const [, scheme = '', rest = ''] = /^([a-z0-9]+):\/\/(.*)$/is.exec(text) ?? []
  const type = TYPES.get(scheme.toLowerCase())
  if (type === undefined) throw malformed(field, 'is no proxy')
  let url: URL
  try {
    url = new URL(`http://${rest}`) // the rules of a URL are those of its scheme, and http has those that are meant
  } catch {
    throw malformed(field, 'is not well-formed') // no cause: it would hold the whole
  }
  if (url.hostname === '' || !/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '')
    throw malformed(field, 'is not well-formed')
  const port = portOf(rest, url)
  const values: SettingValue[] = [
    ['proxy.type', type],
    ['proxy.host', url.hostname.replace(/^\[(.*)\]$/, '$1')],
  ]
  if (port !== undefined) values.push(['proxy.port', port])
  if (url.username !== '') values.push(['proxy.user', decoded(url.username, field)])
  if (url.password !== '') values.push(['proxy.password', `plain:${decoded(url.password, field)}`])
  return values
}

/** A URL drops the port that is usual for its scheme, and 80 is usual for http only. */
function portOf(rest: string, { port }: URL): number | undefined {
  if (port !== '') return Number(port)
  return /:0*80\/?$/.test(rest) ? 80 : undefined
}

function decoded(text: string, field: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw malformed(field, 'has a malformed percent-encoding')
  }
}

function malformed(field: string, message: string): SettingsError {
  return new SettingsError('settings.proxy-url', field, message, {
    hint: 'Write http://, https://, socks4://, socks4a:// or socks5://user:password@host:port with special characters percent-encoded; or none, environment, system.',
  })
}

import type { SettingValue } from '../../values.js'
import type { FieldId } from './fields.js'
import type { ProfileFields } from './profile-fields.js'

/** By name and by number; `SOCK S4` is how the dialog spells it. */
const TYPES = new Map([
  ...['none', '0'].map((name) => [name, 'none'] as const),
  ...['tunnel', 'httptunnel', 'http', '1'].map((name) => [name, 'http'] as const),
  ...['socks4', 'sock4', '2'].map((name) => [name, 'socks4'] as const),
  ...['socks4a', 'sock4a', '10'].map((name) => [name, 'socks4a'] as const),
  ...['socks5', 'sock5', '3'].map((name) => [name, 'socks5'] as const),
])
const OTHERS: readonly FieldId[] = ['Firewall.Host', 'Firewall.Port', 'Firewall.UserName', 'Firewall.Password']

/** The way through a proxy, or the one the system says. */
export function applyFirewall(fields: ProfileFields): void {
  if (fields.flag('AutoDetect')) {
    fields.take('AutoDetect', [['proxy.type', 'system']], 'HTTPS_PROXY and its like; on Windows its own settings, too')
    fields.sayAll(['FirewallType', ...OTHERS], 'ignored', 'the proxy is found by itself')
    return
  }
  fields.sayAll(['AutoDetect'], 'taken', 'no proxy is looked for')
  const type = typeOf(fields)
  if (type === 'none') return applyNone(fields)
  if (!fields.needs('Firewall.Host')) return
  const note = type === 'http' ? 'an HTTP CONNECT through the proxy; nothing goes around it' : undefined
  fields.take('FirewallType', [['proxy.type', type]], note)
  fields.takeText('Firewall.Host', 'proxy.host')
  if (fields.text('Firewall.Port') === undefined)
    fields.defaulted('Firewall.Port', [['proxy.port', type === 'http' ? 80 : 1080]])
  else fields.take('Firewall.Port', [['proxy.port', fields.whole('Firewall.Port', 1, 65_535)]])
  applyLogin(fields, type)
}

function typeOf(fields: ProfileFields): string {
  const word = fields.word('FirewallType')
  const type = word === undefined ? 'none' : TYPES.get(word)
  if (type !== undefined) return type
  throw fields.refused('FirewallType', 'is none of None, Tunnel, SOCKS4 and SOCKS5', 'Write one of these.')
}

/** The fields are kept; `none` wins over them. */
function applyNone(fields: ProfileFields): void {
  const values: SettingValue[] = [['proxy.type', 'none']]
  if (fields.text('FirewallType') === undefined) fields.defaulted('FirewallType', values, 'no proxy')
  else fields.take('FirewallType', values)
  const kept = 'kept and not used: there is no proxy'
  const host = fields.text('Firewall.Host')?.trim()
  if (host !== undefined) fields.take('Firewall.Host', [['proxy.host', host]], kept)
  if (fields.text('Firewall.Port') !== undefined && host === undefined)
    fields.say('Firewall.Port', 'ignored', 'there is no proxy')
  else if (host !== undefined && fields.text('Firewall.Port') !== undefined)
    fields.take('Firewall.Port', [['proxy.port', fields.whole('Firewall.Port', 1, 65_535)]], kept)
  if (host !== undefined) applyLogin(fields, 'none')
  else fields.sayAll(['Firewall.UserName', 'Firewall.Password'], 'ignored', 'there is no proxy')
}

function applyLogin(fields: ProfileFields, type: string): void {
  const password = fields.text('Firewall.Password')
  fields.takeText('Firewall.UserName', 'proxy.user')
  if (password === undefined) return
  if (type.startsWith('socks4')) fields.say('Firewall.Password', 'ignored', 'SOCKS 4 knows no password')
  else if (fields.text('Firewall.UserName') === undefined)
    fields.say('Firewall.Password', 'ignored', 'there is no user name beside it')
  else fields.take('Firewall.Password', [['proxy.password', password]])
}

import type { SettingValue } from '../../values.js'
import type { JavaMailProperties } from './javamail-properties.js'

/** How the connection is made and kept: time-outs, local side, proxies, liveness, logging. */
export function applySession(properties: JavaMailProperties): void {
  applyTimeouts(properties)
  applyLocalSide(properties)
  applyProxies(properties)
  applyFlags(properties)
  applyDebug(properties)
}

const LIMITS: readonly (readonly [name: string, setting: string])[] = [
  ['mail.smtp.connectiontimeout', 'timeouts.connectMs'],
  ['mail.smtp.timeout', 'timeouts.idleMs'],
  ['mail.smtp.writetimeout', 'timeouts.writeMs'],
]

function applyTimeouts(properties: JavaMailProperties): void {
  for (const [name, setting] of LIMITS) {
    const limit = properties.number(name)
    if (limit) properties.take(limit, [[setting, Math.max(limit.value, 0)]], limit.value > 0 ? undefined : 'no limit')
  }
  const executor = properties.entry('mail.smtp.executor.writetimeout')
  if (executor) properties.say(executor, 'ignored', 'is an object of Java; the time limit of a write needs none')
  const wait = properties.flag('mail.smtp.quitwait', true)
  const idleMs = properties.draft.get('timeouts.idleMs')
  if (wait?.value === false) properties.take(wait, [['timeouts.quitMs', 0]])
  else if (wait && typeof idleMs === 'number' && idleMs > 0) properties.take(wait, [['timeouts.quitMs', idleMs]])
  else if (wait) properties.say(wait.entry, 'ignored', 'the reply to QUIT is waited for anyway, for 2 seconds at most')
}

function applyLocalSide(properties: JavaMailProperties): void {
  const name = properties.text('mail.smtp.localhost')
  if (name) properties.take(name, [['identity.localName', name.value]])
  const address = properties.text('mail.smtp.localaddress')
  if (address && !isAddress(address.value)) {
    properties.say(address.entry, 'lost', 'is no IP address; set identity.localAddress to the one to connect from')
  } else if (address) {
    const said: SettingValue = ['identity.localAddress', address.value]
    const literal = address.value.includes(':') ? `[IPv6:${address.value}]` : `[${address.value}]`
    if (properties.draft.has('identity.localName')) properties.take(address, [said])
    else properties.take(address, [said, ['identity.localName', literal]], 'it is the name in EHLO, too')
  }
  const port = properties.number('mail.smtp.localport')
  if (port && port.value > 0) {
    const values: SettingValue[] = [['identity.localPort', port.value]]
    if (!properties.draft.has('pool.maxConnections')) values.push(['pool.maxConnections', 1])
    properties.take(port, values, 'one port serves one connection at a time, so the pool has no more')
  } else if (port) properties.say(port.entry, 'ignored', 'the system chooses the port')
}

const isAddress = (text: string) => /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) || /^[\da-f:.]{2,45}$/i.test(text)

interface Proxy {
  readonly name: string
  readonly type: 'http' | 'socks5'
}

function applyProxies(properties: JavaMailProperties): void {
  const http = properties.entry('mail.smtp.proxy.host')
  if (http) applyProxy(properties, { name: 'proxy', type: 'http' })
  const socks = ['mail.smtp.socks.host', 'mail.smtp.socks.port'].flatMap((name) => properties.entry(name) ?? [])
  if (http) for (const entry of socks) properties.say(entry, 'ignored', 'proxy.host is there, and wins')
  else if (properties.entry('mail.smtp.socks.host')) applyProxy(properties, { name: 'socks', type: 'socks5' })
  for (const name of ['proxy.port', 'proxy.user', 'proxy.password', 'socks.port']) {
    const entry = properties.entry(`mail.smtp.${name}`)
    if (entry) properties.say(entry, 'ignored', 'there is no host of that proxy')
  }
}

function applyProxy(properties: JavaMailProperties, { name, type }: Proxy): void {
  const host = properties.text(`mail.smtp.${name}.host`)!
  const port = properties.number(`mail.smtp.${name}.port`)
  const [, named = host.value, inHost] = /^([^:]{1,255}|\[[^\]]{1,60}\]):(\d{1,5})$/.exec(host.value) ?? []
  const values: SettingValue[] = [
    ['proxy.type', type],
    ['proxy.host', named.replace(/^\[(.*)\]$/, '$1')],
  ]
  const ownPort = port !== undefined && port.value > 0
  if (inHost !== undefined && !ownPort) values.push(['proxy.port', Number(inHost)])
  properties.take(
    host,
    values,
    inHost !== undefined && ownPort ? 'the port in it gives way to that of its own' : undefined,
  )
  if (port && ownPort) properties.take(port, [['proxy.port', port.value]])
  const user = type === 'http' ? properties.text('mail.smtp.proxy.user') : undefined
  const password = type === 'http' ? properties.text('mail.smtp.proxy.password') : undefined
  if (user && password) {
    properties.take(user, [['proxy.user', user.value]])
    properties.take(password, [['proxy.password', password.entry.value]])
  } else if (user ?? password) {
    properties.say((user ?? password)!.entry, 'ignored', 'JavaMail logs in at a proxy only with a name and a password')
  }
}

function applyFlags(properties: JavaMailProperties): void {
  const flags: readonly (readonly [name: string, byDefault: boolean, (value: boolean) => SettingValue])[] = [
    ['mail.smtp.ehlo', true, (value) => ['relay.extensions', value]],
    ['mail.smtp.quitonsessionreject', false, (value) => ['relay.quitAfterRefusedGreeting', value]],
    ['mail.smtp.userset', false, (value) => ['pool.probeCommand', value ? 'RSET' : 'NOOP']],
    ['mail.smtp.noop.strict', true, (value) => ['pool.probeStrict', value]],
  ]
  for (const [name, byDefault, settingOf] of flags) {
    const flag = properties.flag(name, byDefault)
    if (flag) properties.take(flag, [settingOf(flag.value)])
  }
  const quit: SettingValue[] = [['relay.quitAfterRefusedGreeting', false]]
  properties.defaulted('mail.smtp.quitonsessionreject', quit, 'the connection is closed without QUIT')
  const channels = properties.entry('mail.smtp.usesocketchannels')
  if (channels) properties.say(channels, 'ignored', 'is a way of Java to wait')
}

function applyDebug(properties: JavaMailProperties): void {
  const debug = properties.flag('mail.debug', false)
  if (debug?.value) {
    const values: SettingValue[] = [
      ['logging.level', 'debug'],
      ['logging.destinations', ['stderr']],
    ]
    properties.take(debug, values, 'the dialogue goes to standard error, with secrets masked')
  } else if (debug) properties.say(debug.entry, 'ignored', 'is so by default')
  const user = properties.flag('mail.debug.auth.username', true)
  if (user) properties.take(user, [['logging.showUser', user.value]])
  const notes: readonly (readonly [name: string, note: string])[] = [
    ['mail.debug.auth', 'logins are in the dialogue always, their secrets never'],
    ['mail.debug.auth.password', 'secrets are never shown'],
    ['mail.debug.quote', 'control characters are always shown escaped'],
  ]
  for (const [name, note] of notes) {
    const entry = properties.entry(name)
    if (entry) properties.say(entry, 'ignored', note)
  }
}

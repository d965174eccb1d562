import { PROXY_TYPES } from './numbers.js'
import { numbered, numberIn, secondsIn, switched, truth, type SettingReader } from './setting-reader.js'

const FIREWALLS = {
  none: 0,
  fwNone: 0,
  tunnel: 1,
  fwTunnel: 1,
  SOCKS4: 2,
  fwSOCKS4: 2,
  SOCKS5: 3,
  fwSOCKS5: 3,
  SOCKS4A: 10,
  fwSOCKS4A: 10,
}
const PROXIES: Readonly<Record<number, string>> = { 0: 'none', ...PROXY_TYPES }

/** The server, this side of the connection, and its times. */
export function takeServer(reader: SettingReader): void {
  const { draft } = reader
  const server = reader.peek('MailServer') ?? ''
  const unresolved = server.startsWith('*')
  reader.take('MailServer', (value) => [['relay.host', value.replace(/^\*/, '').trim()]])
  reader.take('MailPort', (value) => [['relay.port', numberIn(value)]])
  reader.usual('MailPort', [['relay.port', 25]], 'IPWorks uses 25')
  reader.take('AllowExtensions', (value) => switched(value, (on) => [['relay.extensions', on]]))
  reader.take('Hello', (value) => [['identity.localName', value]])
  reader.take('LocalHost', (value) => [['identity.localAddress', value]])
  reader.take('LocalPort', (value) => (value === '0' ? [] : [['identity.localPort', numberIn(value)]]))
  reader.take('UseIPv6', (value) => {
    const family = ({ '0': 4, '1': 6, '2': 0 } as const)[value as '0' | '1' | '2'] as 4 | 6 | 0 | undefined
    return family === undefined ? 'it must be 0, 1 or 2' : [['identity.family', family]]
  })
  reader.usual('UseIPv6', [['identity.family', 4]], 'IPWorks uses IPv4 alone')
  takeTimes(reader)
  takeSocket(reader)
  takeProxy(reader, unresolved)
  reader.take('MaxTransferRate', (value) => (value === '0' ? [] : [['limits.octetsPerSecond', numberIn(value)]]))
  if (unresolved && !draft.has('proxy.host'))
    draft.say({ entry: 'MailServer' }, 'ignored', 'there is no proxy that would resolve the name')
}

function takeTimes(reader: SettingReader): void {
  const { draft } = reader
  const absolute = reader.read('AbsoluteTimeout')
  const whole = absolute ? truth(absolute.value) : false
  if (absolute && whole === undefined) draft.say(absolute.place, 'lost', 'it must be True or False')
  const time = reader.read('Timeout')
  const given = secondsIn(time?.value ?? '60')
  const ms = time?.value === '' ? 60_000 : given
  const verdict = time && time.value !== '' ? 'taken' : 'defaulted'
  const note = ms === 0 ? '0: without limit' : verdict === 'defaulted' ? 'IPWorks waits 60 seconds' : undefined
  draft.take(
    time?.place ?? { entry: 'Timeout' },
    [['timeouts.idleMs', ms], ['timeouts.connectMs', ms], ...(whole ? [['timeouts.totalMs', ms] as const] : [])],
    verdict,
    note,
  )
  if (absolute && whole !== undefined) {
    if (whole) draft.say(absolute.place, 'taken', 'Timeout is for the whole of a message')
    else draft.take(absolute.place, [['timeouts.totalMs', 0]], 'taken', 'Timeout begins anew with every octet')
  }
  reader.usual('AbsoluteTimeout', [['timeouts.totalMs', 0]], 'Timeout begins anew with every octet')
  reader.take('ConnectionTimeout', (value) => [['timeouts.connectMs', secondsIn(value)]])
}

function takeSocket(reader: SettingReader): void {
  const alive = 'TCPKeepAlive'
  reader.take(alive, (value) => switched(value, (on) => [['relay.keepAlive', on]]))
  reader.usual(alive, [['relay.keepAlive', false]], 'IPWorks sends no keep-alive packets')
  if (reader.draft.get('relay.keepAlive') === true)
    reader.take('KeepAliveTime', (value) => (value === '0' ? [] : [['relay.keepAliveDelayMs', numberIn(value)]]))
  else reader.tell('KeepAliveTime', 'ignored', 'no keep-alive packets are sent')
  reader.tell('KeepAliveInterval', 'lost', 'Node.js cannot set it: the system decides')
  reader.take('TcpNoDelay', (value) => switched(value, (on) => [['relay.noDelay', on]]))
  reader.usual('TcpNoDelay', [['relay.noDelay', false]], 'IPWorks waits for more octets to fill a packet')
  reader.take('Linger', (value) => switched(value, (on) => [['relay.linger', on]]))
  reader.take('LingerTime', (value) => (value === '0' ? [] : [['relay.lingerMs', secondsIn(value)]]))
  reader.take('InBufferSize', (value) => (value === '0' ? [] : [['relay.readBufferOctets', numberIn(value)]]))
  reader.take('OutBufferSize', (value) => (value === '0' ? [] : [['relay.writeBufferOctets', numberIn(value)]]))
}

function takeProxy(reader: SettingReader, unresolved: boolean): void {
  const { draft } = reader
  const detect = truth(reader.peek('FirewallAutoDetect') ?? '')
  const written = reader.read('FirewallType')
  const number = written ? numbered(written.value, FIREWALLS) : 0
  const type = number === undefined ? undefined : PROXIES[number]
  const host = reader.has('FirewallHost')
  if (detect && !host) reader.take('FirewallAutoDetect', () => [['proxy.type', 'system']])
  else reader.tell('FirewallAutoDetect', 'ignored', detect ? 'FirewallHost says which proxy' : 'no proxy is looked for')
  if (written && type === undefined) draft.say(written.place, 'lost', 'it must be 0, 1, 2, 3 or 10')
  else if (written && draft.has('proxy.type')) draft.say(written.place, 'ignored', 'the system says which proxy')
  else if (written && (type === 'none' || host)) draft.take(written.place, [['proxy.type', type]])
  else if (written) draft.say(written.place, 'ignored', 'there is no FirewallHost')
  else if (host) reader.usual('FirewallType', [['proxy.type', 'none']], 'a host alone makes no proxy in IPWorks')
  const used = host && type !== undefined && type !== 'none' && written !== undefined
  const says = 'there is no proxy'
  const keep = used || host
  for (const [name, setting] of [
    ['FirewallHost', 'proxy.host'],
    ['FirewallUser', 'proxy.user'],
    ['FirewallPassword', 'proxy.password'],
  ] as const)
    if (keep)
      reader.take(
        name,
        (value) => [[setting, value]],
        used ? 'taken' : 'changed',
        used ? undefined : 'it is kept and not used: FirewallType is none',
      )
    else reader.tell(name, 'ignored', says)
  if (keep) reader.take('FirewallPort', (value) => (value === '0' ? [] : [['proxy.port', numberIn(value)]]))
  else reader.tell('FirewallPort', 'ignored', says)
  if (used && (type === 'socks5' || type === 'socks4'))
    draft.take(
      { entry: unresolved ? 'MailServer' : 'name of the relay' },
      [['proxy.resolve', unresolved && type === 'socks5' ? 'remote' : 'local']],
      unresolved ? 'taken' : 'defaulted',
      unresolved ? 'the proxy resolves the name' : 'IPWorks resolves the name before it asks the proxy',
    )
  reader.take('ProxyExceptionsList', (value) => [
    [
      'proxy.bypass',
      value
        .split(';')
        .map((each) => each.trim())
        .filter((each) => each !== ''),
    ],
  ])
  reader.tell('FirewallData', 'lost', 'nothing is added to what the proxy is asked')
  const listener = reader.read('FirewallListener')
  if (listener) draft.say(listener.place, truth(listener.value) ? 'lost' : 'ignored', 'a mail client never listens')
  reader.tell('Firewall', 'ignored', 'its fields say what it is')
}

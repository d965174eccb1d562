import { afterEach, describe, expect, test, vi } from 'vitest'
import { componentValues, connected, type Settings } from '../../../../test/ipworks-road.js'
import { LineServer } from '../../../../test/parity/line-server.js'
import { ProxyServer } from '../../../../test/parity/proxy-server.js'
import { RecordingProxy } from '../../../../test/parity/recording-proxy.js'
import { Firewall } from '../type/firewall.js'

afterEach(() => void vi.unstubAllEnvs())

/** A connection through a proxy on this port; what the relay was asked. */
async function through(
  relay: LineServer,
  port: number,
  fields: Partial<Firewall>,
  MailServer: string,
  settings: Settings = {},
) {
  const firewall = Object.assign(new Firewall(), { host: '127.0.0.1', ...fields, port })
  const values = componentValues(
    { MailServer, MailPort: relay.port, Firewall: firewall },
    { Hello: 'app.example', ...settings },
  )
  const { error, notes } = await connected(values)
  return { error, notes, lines: relay.lines.splice(0) }
}

const TALK = ['EHLO app.example', 'QUIT']

describe('[part of ipworks.type.Firewall.FirewallType] [part of ipworks.behaviour.star-host] [part of ipworks.prop.MailServer] the target as the proxy is told', () => {
  test.each([
    [3, 'socks5', '*mx.test', '\x05\x01\0\x03\x07mx.test'],
    [3, 'socks5', 'localhost', '\x05\x01\0\x01\x7f\0\0\x01'],
    [2, 'socks4', 'localhost', '\x7f\0\0\x01\0'],
    [10, 'socks4', '*mx.test', '\0\0\0\x01\0mx.test\0'],
    [10, 'socks4', 'mx.test', '\0\0\0\x01\0mx.test\0'],
    [1, 'http', '*mx.test', 'CONNECT mx.test:'],
    [1, 'http', 'mx.test', 'CONNECT mx.test:'],
  ] as const)('type %d (%s): %s', async (firewallType, kind, server, told) => {
    await using relay = await LineServer.start()
    await using proxy = await RecordingProxy.start(kind, relay)
    const { error, lines } = await through(relay, proxy.port, { firewallType }, server)
    expect(error).toBeUndefined()
    expect(proxy.heard.join('')).toContain(told)
    expect(lines).toEqual(TALK)
  })

  test('type 2 with a star is refused before a packet is sent', async () => {
    await using relay = await LineServer.start()
    await using proxy = await RecordingProxy.start('socks4', relay)
    expect((await through(relay, proxy.port, { firewallType: 2 }, '*mx.test')).error).toMatchObject({ code: 118 })
    expect(proxy.heard).toEqual([])
  })
})

describe('[part of ipworks.type.Firewall.User] [part of ipworks.type.Firewall.Password] the login at the proxy', () => {
  const login = { user: 'u', password: 'p' }

  test('a tunnel', async () => {
    await using relay = await LineServer.start()
    await using proxy = await ProxyServer.http(relay.port, login)
    expect((await through(relay, proxy.port, { firewallType: 1, ...login }, 'mx.test')).lines).toEqual(TALK)
    expect(proxy.logins.at(-1)).toBe('u:p')
    const wrong = await through(relay, proxy.port, { firewallType: 1, user: 'u', password: 'wrong' }, 'mx.test')
    expect(wrong.error).toMatchObject({
      code: 'proxy.authentication-refused',
      message: expect.stringContaining('407') as string,
    })
  })

  test('SOCKS', async () => {
    await using relay = await LineServer.start()
    await using five = await RecordingProxy.start('socks5', relay, true)
    expect((await through(relay, five.port, { firewallType: 3, ...login }, '*mx.test')).lines).toEqual(TALK)
    expect(five.heard[1]).toBe('\x01\x01u\x01p')
    await using four = await RecordingProxy.start('socks4', relay)
    expect((await through(relay, four.port, { firewallType: 10, user: 'u' }, 'mx.test')).lines).toEqual(TALK)
    expect(four.heard[0]).toContain('\0\0\0\x01u\0mx.test\0')
  })
})

test('[part of ipworks.config.FirewallData] the lines stand in CONNECT', async () => {
  await using relay = await LineServer.start()
  await using proxy = await RecordingProxy.start('http', relay)
  await through(relay, proxy.port, { firewallType: 1 }, 'mx.test', { FirewallData: 'X-Zone: office\r\n' })
  expect(proxy.heard[0]).toContain('\r\nX-Zone: office\r\n')
})

test('[part of ipworks.config.ProxyExceptionsList] [part of ipworks.example.proxy-exceptions] who is on the list is reached directly, another one through the proxy', async () => {
  await using relay = await LineServer.start()
  await using proxy = await RecordingProxy.start('http', relay)
  const list = { ProxyExceptionsList: 'www.google.com;LOCALHOST' }
  expect((await through(relay, proxy.port, { firewallType: 1 }, 'localhost', list)).lines).toEqual(TALK)
  expect(proxy.heard).toEqual([])
  expect((await through(relay, proxy.port, { firewallType: 1 }, '127.0.0.1', list)).lines).toEqual(TALK)
  expect(proxy.heard).toHaveLength(1)
})

test('[part of ipworks.type.Firewall.AutoDetect] the proxy of the environment is used; none is a direct connection', async () => {
  const names = ['SOCKS_PROXY', 'ALL_PROXY', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']
  for (const name of names.flatMap((each) => [each, each.toLowerCase()])) vi.stubEnv(name, '')
  await using relay = await LineServer.start()
  await using proxy = await RecordingProxy.start('http', relay)
  const detecting = { autoDetect: true, host: '' }
  const direct = await through(relay, 0, detecting, '127.0.0.1')
  expect([direct.lines, proxy.heard]).toEqual([TALK, []])
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${proxy.port}`)
  const found = await through(relay, 0, detecting, 'mx.test', { FirewallData: 'X-A: 1' })
  expect(found.lines).toEqual(TALK)
  expect(proxy.heard[0]).toMatch(/^CONNECT mx\.test:/)
  expect(found.notes).toEqual([expect.stringContaining('FirewallData')])
  const excepted = await through(relay, 0, detecting, 'localhost', { ProxyExceptionsList: 'localhost' })
  expect([excepted.lines, proxy.heard.length]).toEqual([TALK, 1])
})

test('[part of ipworks.type.Firewall.Host] [part of ipworks.error.102] a proxy at no address', async () => {
  await using relay = await LineServer.start()
  const { error } = await through(relay, 1080, { firewallType: 3, host: '0.0.0.0' }, 'mx.test')
  expect(error).toMatchObject({ code: 102 })
})

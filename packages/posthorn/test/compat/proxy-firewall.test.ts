import { deadPort } from '@posthorn/testkit'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Firewall, SMTP } from '../../src/compat/ipworks/index.js'
import { Firewall as SocksServer } from '../parity/firewall.js'
import { ProxyServer } from '../parity/proxy-server.js'
import { RecordingProxy, type ProxyKind } from '../parity/recording-proxy.js'
import { component, failure, heardBy, sink, trailOf } from './component.js'

const VARIABLES = ['SOCKS_PROXY', 'ALL_PROXY', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']
beforeEach(() => {
  for (const name of VARIABLES.flatMap((each) => [each, each.toLowerCase()])) vi.stubEnv(name, '')
})
afterEach(() => void vi.unstubAllEnvs())

async function recording(kind: ProxyKind, onward: { readonly port: number }, asksForLogin = false) {
  const proxy = await RecordingProxy.start(kind, onward, asksForLogin)
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  return proxy
}

/** A component whose server can be reached through the proxy alone. */
function behind(proxy: { readonly port: number }, fields: Partial<Firewall>): SMTP {
  const smtp = component({ port: 2525 })
  smtp.mailServer = 'inside.test'
  Object.assign(smtp.firewall, { host: '127.0.0.1', ...fields, port: proxy.port })
  return smtp
}

describe('the settings of config() and the fields of the object are the same', () => {
  test.each([
    ['[ipworks.config.FirewallAutoDetect]', 'FirewallAutoDetect', 'autoDetect', 'True', true, 'False'],
    ['[ipworks.config.FirewallHost]', 'FirewallHost', 'host', 'proxy.test', 'proxy.test', ''],
    ['[ipworks.config.FirewallPassword]', 'FirewallPassword', 'password', 'a=b c', 'a=b c', ''],
    ['[part of ipworks.config.FirewallPort]', 'FirewallPort', 'port', '3128', 3128, '0'],
    ['[ipworks.config.FirewallType]', 'FirewallType', 'firewallType', '10', 10, '0'],
    ['[ipworks.config.FirewallUser]', 'FirewallUser', 'user', 'anna', 'anna', ''],
  ] as const)('%s', (_, name, field, text, value, initial) => {
    const smtp = new SMTP()
    expect(smtp.config(name)).toBe(initial)
    expect(smtp.config(`${name}=${text}`)).toBe(text)
    expect(smtp.firewall[field]).toBe(value)
    const firewall = Object.assign(new Firewall(), { [field]: value })
    const other = new SMTP()
    other.firewall = firewall
    expect(other.config(name)).toBe(text)
    other.config(`${name}=${initial}`)
    expect(String(firewall[field]).toLowerCase()).toBe(initial.toLowerCase())
    smtp.reset()
    expect([smtp.config(name), String(smtp.firewall[field]).toLowerCase()]).toEqual([initial, initial.toLowerCase()])
  })

  test('[ipworks.config.FirewallPort] [part of ipworks.type.Firewall.Port] the type sets it, a value afterwards stays until the type changes', () => {
    const smtp = new SMTP()
    for (const [type, port] of [
      ['1', '80'],
      ['2', '1080'],
      ['3', '1080'],
      ['10', '1080'],
      ['0', '0'],
      ['SOCKS5', '1080'],
    ] as const) {
      smtp.config('FirewallPort=3128')
      if (type === 'SOCKS5') smtp.config('FirewallType=fwSOCKS5')
      else smtp.config(`FirewallType=${type}`)
      expect(smtp.config('FirewallPort')).toBe(port)
      smtp.config('FirewallPort=4321')
      expect([smtp.config('FirewallPort'), smtp.firewall.port]).toEqual(['4321', 4321])
    }
    smtp.firewall.port = 0 // a type without a port cannot be
    expect(smtp.config('FirewallPort')).toBe('1080')
    for (const wrong of ['-1', '65536', 'x'])
      expect(() => smtp.config(`FirewallPort=${wrong}`)).toThrow(/FirewallPort must be/)
  })

  test('[part of ipworks.config.FirewallType] what is none is refused, and nothing changes', () => {
    const smtp = new SMTP()
    smtp.config('FirewallType=3')
    for (const wrong of ['4', '-1', 'http', ''])
      expect(() => smtp.config(`FirewallType=${wrong}`)).toThrow(expect.objectContaining({ code: 10022 }))
    expect([smtp.config('FirewallType'), smtp.config('FirewallPort')]).toEqual(['3', '1080'])
    // @ts-expect-error: a program in JavaScript says anything
    expect(() => (smtp.firewall = { firewallType: 3 })).toThrow(/Firewall must be a Firewall/)
    // @ts-expect-error: as above
    expect(() => smtp.setFirewall(undefined)).toThrow(expect.objectContaining({ code: 10022 }))
  })

  test('[ipworks.config.FirewallListener] a client never listens', () => {
    const smtp = new SMTP()
    expect(smtp.config('FirewallListener')).toBe('False')
    expect(() => smtp.config('FirewallListener=True')).toThrow(/a mail client never listens/)
    expect(smtp.config('FirewallListener=False')).toBe('False')
    expect(smtp.config('FirewallListener')).toBe('False')
  })
})

describe('[ipworks.type.Firewall] the proxy on the way', () => {
  test('[ipworks.prop.Firewall] the server is reached through it alone; an open session stays as it is', async () => {
    const server = await sink()
    const socks = await SocksServer.start({ onward: server.port })
    onTestFinished(() => socks[Symbol.asyncDispose]())
    const smtp = component({ port: 2525 })
    smtp.mailServer = '203.0.113.25'
    expect([smtp.firewall.firewallType, smtp.firewall.host]).toEqual([0, ''])
    const firewall = new Firewall()
    firewall.firewallType = Firewall.fwSOCKS5
    firewall.host = '127.0.0.1'
    firewall.port = socks.port
    smtp.setFirewall(firewall)
    expect(smtp.getFirewall()).toBe(firewall)
    await smtp.connect()
    expect(socks.requests).toEqual(['203.0.113.25:2525'])
    firewall.port = await deadPort()
    smtp.firewall = new Firewall()
    await smtp.send()
    await smtp.disconnect()
    expect([server.ledger.length, server.sessions.length, socks.connections]).toEqual([1, 1, 1])
  })

  test('half of one is none, and that is said', async () => {
    const server = await sink()
    for (const fields of [{ host: '127.0.0.1', port: await deadPort() }, { firewallType: 3 }]) {
      const smtp = component(server)
      Object.assign(smtp.firewall, fields)
      const heard = heardBy(smtp, ['PITrail'])
      await smtp.send()
      expect(trailOf(heard)[0]).toMatch(/^-- No proxy is used: Firewall\.(FirewallType is 0|Host is empty)/)
    }
    expect(server.ledger).toHaveLength(2)
  })

  const octets = (text: string): string => Buffer.from(text, 'latin1').toString('hex')
  const PORT = '\x09\xdd'

  test.each([
    ['a tunnel', 1, 'http', 'inside.test', ['CONNECT inside.test:2525 HTTP/1.1\r\nHost: inside.test:2525\r\n']],
    ['SOCKS4', 2, 'socks4', 'localhost', [`\x04\x01${PORT}\x7f\0\0\x01\0`]],
    ['SOCKS5', 3, 'socks5', 'localhost', ['\x05\x01\0', `\x05\x01\0\x01\x7f\0\0\x01${PORT}`]],
    ['SOCKS4A', 10, 'socks4', 'inside.test', [`\x04\x01${PORT}\0\0\0\x01\0inside.test\0`]],
  ] as const)(
    '[ipworks.type.Firewall.FirewallType] the octets of the handshake: %s',
    async (_, firewallType, kind, mailServer, said) => {
      const server = await sink()
      const proxy = await recording(kind, server)
      const smtp = behind(proxy, { firewallType })
      smtp.mailServer = mailServer
      await smtp.send()
      expect(server.ledger).toHaveLength(1)
      if (kind === 'http') expect(proxy.heard[0]).toMatch(new RegExp(`^${said[0]}`))
      else expect(proxy.heard.map(octets)).toEqual(said.map(octets))
    },
  )

  test('[ipworks.type.Firewall.User] [part of ipworks.type.Firewall.Password] the login as each kind carries it', async () => {
    const server = await sink()
    const login = { user: 'anna', password: 'hunter2' }
    const tunnel = await recording('http', server, true)
    await behind(tunnel, { firewallType: 1, ...login }).send()
    const basic = Buffer.from('anna:hunter2').toString('base64')
    expect(tunnel.heard.at(-1)).toContain(`\r\nProxy-Authorization: Basic ${basic}\r\n`)
    const five = await recording('socks5', server, true)
    const named = behind(five, { firewallType: 3, ...login })
    named.mailServer = '*inside.test' // so that nobody here looks it up
    await named.send()
    expect(five.heard[1]).toBe('\x01\x04anna\x07hunter2')
    for (const firewallType of [2, 10]) {
      const four = await recording('socks4', server)
      const smtp = behind(four, { firewallType, user: 'anna' })
      smtp.mailServer = '127.0.0.1'
      await smtp.send()
      expect(four.heard[0]!.slice(8)).toMatch(/^anna\0/)
    }
    expect(server.ledger).toHaveLength(4)
  })

  test('[ipworks.type.Firewall.Password] a wrong one is 118 with what the proxy said, and is told nowhere', async () => {
    const server = await sink()
    const login = { user: 'anna', password: 'hunter2' }
    await using tunnel = await ProxyServer.http(server.port, login)
    await using socks = await SocksServer.start({ onward: server.port, login })
    for (const [proxy, firewallType, said] of [
      [tunnel, 1, /407/],
      [socks, 3, /does not accept user and password \(status 1\)/],
    ] as const) {
      const smtp = behind(proxy, { firewallType, user: 'anna', password: 'wr0ng-secret' })
      smtp.mailServer = '*inside.test'
      const heard = heardBy(smtp)
      const error = await failure(smtp.send())
      expect(error).toMatchObject({ code: 118, message: expect.stringMatching(said) as string })
      expect(`${error.message}${JSON.stringify([error.cause, heard])}`).not.toMatch(/wr0ng-secret|d3Iwbmct/)
      smtp.firewall.password = 'hunter2'
      await smtp.send()
    }
    expect(server.ledger).toHaveLength(2)
  })

  test('[ipworks.config.FirewallData] its lines stand in CONNECT, and other kinds leave them out and say so', async () => {
    const server = await sink()
    const tunnel = await recording('http', server)
    const smtp = behind(tunnel, { firewallType: 1 })
    expect(smtp.config('FirewallData')).toBe('')
    const lines = 'X-Zone: office\r\nX-User: anna'
    expect(smtp.config(`FirewallData=${lines}`)).toBe(lines)
    await smtp.send()
    expect(tunnel.heard[0]).toContain('\r\nX-Zone: office\r\nX-User: anna\r\n')
    const five = await recording('socks5', server)
    const other = behind(five, { firewallType: 3 })
    other.mailServer = '127.0.0.1'
    other.config(`FirewallData=${lines}`)
    const heard = heardBy(other, ['PITrail'])
    await other.send()
    expect(five.heard.join('')).not.toContain('X-Zone')
    expect(trailOf(heard)[0]).toMatch(/^-- FirewallData has no effect/)
    smtp.config('FirewallData=no header line')
    expect(await failure(smtp.send())).toMatchObject({
      code: 10022,
      message: expect.stringContaining('FirewallData') as string,
    })
  })

  test.each([['SOCKS_PROXY'], ['ALL_PROXY'], ['HTTPS_PROXY'], ['HTTP_PROXY']])(
    '[ipworks.type.Firewall.AutoDetect] the proxy of %s is used, and without one there is none',
    async (variable) => {
      const server = await sink()
      const proxy = await recording(variable === 'SOCKS_PROXY' ? 'socks5' : 'http', server)
      const url = `${variable === 'SOCKS_PROXY' ? 'socks5' : 'http'}://127.0.0.1:${proxy.port}`
      const smtp = component(server)
      smtp.config('FirewallAutoDetect=True')
      await smtp.send()
      expect([proxy.heard.length, server.ledger.length]).toEqual([0, 1])
      vi.stubEnv(variable, url)
      smtp.mailServer = '203.0.113.25' // this machine is never behind a proxy
      await smtp.send()
      expect([proxy.heard.length > 0, server.ledger.length]).toEqual([true, 2])
      vi.stubEnv('NO_PROXY', '203.0.113.25,127.0.0.1')
      smtp.mailServer = '127.0.0.1'
      proxy.heard.length = 0
      await smtp.send()
      expect([proxy.heard.length, server.ledger.length]).toEqual([0, 3])
    },
  )

  test('[part of ipworks.type.Firewall.AutoDetect] SOCKS_PROXY goes first, an explicit host before all, and without AutoDetect nothing is looked for', async () => {
    const server = await sink()
    const [socks, http, own] = [
      await recording('socks5', server),
      await recording('http', server),
      await recording('http', server),
    ]
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${http.port}`)
    vi.stubEnv('SOCKS_PROXY', `socks5://127.0.0.1:${socks.port}`)
    const smtp = component(server)
    await smtp.send()
    expect([socks, http, own].map(({ heard }) => heard.length)).toEqual([0, 0, 0])
    smtp.mailServer = '203.0.113.25'
    smtp.firewall.autoDetect = true
    await smtp.send()
    expect([socks, http, own].map(({ heard }) => heard.length > 0)).toEqual([true, false, false])
    Object.assign(smtp.firewall, { firewallType: 1, host: '127.0.0.1', port: own.port })
    await smtp.send()
    expect([http, own].map(({ heard }) => heard.length)).toEqual([0, 1])
  })
})

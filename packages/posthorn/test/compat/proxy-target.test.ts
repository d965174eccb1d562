import { lookup } from 'node:dns/promises'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { SMTP } from '../../src/compat/ipworks/index.js'
import { RecordingProxy, type ProxyKind } from '../parity/recording-proxy.js'
import { component, failure, heardBy, sink, trailOf } from './component.js'

vi.mock('node:dns/promises', async (original) => ({ ...(await original<object>()), lookup: vi.fn() }))

/** Names of this test; every other one is unknown. */
const NAMES: Readonly<Record<string, string>> = {
  'mx.test': '127.0.0.1',
  'www.google.com': '127.0.0.1',
  'www.nsoftware.com': '127.0.0.1',
  'a.near.test': '127.0.0.1',
  'WWW.Google.COM': '127.0.0.1',
}
beforeEach(() => {
  vi.mocked(lookup).mockClear()
  vi.mocked(lookup).mockImplementation((async (host: string) => {
    const address = NAMES[host]
    if (address === undefined) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' })
    return [{ address, family: 4 }]
  }) as never)
})

/** The names that were looked up here since the last question. */
const asked = (): string[] =>
  vi
    .mocked(lookup)
    .mock.calls.splice(0)
    .map(([host]) => host)

async function recording(kind: ProxyKind, onward: { readonly port: number }): Promise<RecordingProxy> {
  const proxy = await RecordingProxy.start(kind, onward)
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  return proxy
}

function through(proxy: { readonly port: number }, firewallType: number, mailServer: string, port = 25): SMTP {
  const smtp = component({ port })
  smtp.mailServer = mailServer
  Object.assign(smtp.firewall, { firewallType, host: '127.0.0.1', port: proxy.port })
  return smtp
}

describe('a server with a star', () => {
  test.each([
    [3, 'socks5', '\x05\x01\0\x03\x07mx.test\0\x19'],
    [10, 'socks4', '\x04\x01\0\x19\0\0\0\x01\0mx.test\0'],
    [1, 'http', 'CONNECT mx.test:25 HTTP/1.1\r\n'],
  ] as const)(
    '[ipworks.behaviour.star-host] type %i is told the name, and nobody here looks it up',
    async (type, kind, told) => {
      const server = await sink()
      const proxy = await recording(kind, server)
      await through(proxy, type, '*mx.test').send()
      expect(proxy.heard.join('')).toContain(told)
      expect([asked(), server.ledger.length]).toEqual([[], 1])
    },
  )

  test.each([
    [3, 'socks5', '\x05\x01\0\x01\x7f\0\0\x01\0\x19'],
    [2, 'socks4', '\x04\x01\0\x19\x7f\0\0\x01\0'],
  ] as const)(
    '[part of ipworks.behaviour.star-host] without the star type %i is told an address that was looked up here',
    async (type, kind, told) => {
      const server = await sink()
      const proxy = await recording(kind, server)
      await through(proxy, type, 'mx.test').send()
      expect(proxy.heard.join('')).toContain(told)
      expect([asked(), server.ledger.length]).toEqual([['mx.test'], 1])
    },
  )

  test('[part of ipworks.behaviour.star-host] SOCKS4 carries addresses only: 118, and no packet is sent', async () => {
    const server = await sink()
    const proxy = await recording('socks4', server)
    const smtp = through(proxy, 2, '*mx.test')
    const error = await failure(smtp.send())
    expect(error).toMatchObject({ code: 118, message: expect.stringMatching(/mx\.test.*SOCKS4A or SOCKS5/) as string })
    expect([asked(), proxy.heard, server.sessions, smtp.mailServer]).toEqual([[], [], [], '*mx.test'])
  })

  test('[part of ipworks.behaviour.star-host] without a proxy the star has no effect, and that is said', async () => {
    const server = await sink()
    const smtp = component(server)
    smtp.mailServer = '*mx.test'
    const heard = heardBy(smtp, ['PITrail'])
    await smtp.send()
    expect([trailOf(heard)[0], asked()]).toEqual([expect.stringContaining('star'), ['mx.test']])
  })
})

describe('a proxy by its name', () => {
  test.each([[1], [2], [3], [10]])(
    '[ipworks.type.Firewall.Host] type %i: an unknown one is 11001 before anything else is looked up',
    async (firewallType) => {
      const server = await sink()
      const smtp = through({ port: 1080 }, firewallType, 'mx.test', server.port)
      smtp.firewall.host = 'proxy.test'
      expect(await failure(smtp.connect())).toMatchObject({
        code: 11_001,
        message: expect.stringContaining('proxy.test') as string,
      })
      expect([asked(), server.sessions]).toEqual([['proxy.test'], []])
    },
  )

  test('[part of ipworks.type.Firewall.Host] one that is known is found when connecting, each time', async () => {
    const server = await sink()
    const proxy = await recording('socks5', server)
    const smtp = through(proxy, 3, '*inside.test')
    smtp.firewall.host = 'mx.test'
    await smtp.send()
    await smtp.send()
    expect([asked(), server.ledger.length]).toEqual([['mx.test', 'mx.test'], 2])
    smtp.firewall.host = '0.0.0.0'
    expect(await failure(smtp.connect())).toMatchObject({ code: 102 })
  })
})

describe('servers that are reached without it', () => {
  /** Says which way each of these servers is reached. */
  async function ways(
    list: string,
    servers: readonly string[],
    firewallType: 1 | 3 = 1,
  ): Promise<Record<string, string>> {
    const server = await sink()
    const proxy = await recording(firewallType === 1 ? 'http' : 'socks5', server)
    const found: Record<string, string> = {}
    for (const each of servers) {
      const smtp = through(proxy, firewallType, each, server.port)
      expect(smtp.config(`ProxyExceptionsList=${list}`)).toBe(list)
      proxy.heard.length = 0
      await smtp.send()
      found[each] = proxy.heard.length > 0 ? 'proxy' : 'direct'
    }
    expect(server.ledger).toHaveLength(servers.length)
    return found
  }

  test('[ipworks.example.proxy-exceptions] [ipworks.config.ProxyExceptionsList] the two of the document, and another one', async () => {
    expect(component().config('ProxyExceptionsList')).toBe('')
    const list = 'www.google.com;www.nsoftware.com'
    for (const type of [1, 3] as const) {
      expect(await ways(list, ['www.google.com', 'www.nsoftware.com', 'WWW.Google.COM', 'mx.test'], type)).toEqual({
        ...{
          'www.google.com': 'direct',
          'www.nsoftware.com': 'direct',
          'WWW.Google.COM': 'direct',
          'mx.test': 'proxy',
        },
      })
    }
  })

  test('[part of ipworks.config.ProxyExceptionsList] addresses, "*." for what is below, blanks and empty entries', async () => {
    expect(await ways(' 127.0.0.1 ;; *.Near.test; ', ['127.0.0.1', 'a.near.test', 'mx.test'])).toEqual({
      ...{ '127.0.0.1': 'direct', 'a.near.test': 'direct', 'mx.test': 'proxy' },
    })
    expect(await ways('google.com;near.test', ['www.google.com', 'a.near.test'])).toEqual({
      'www.google.com': 'proxy',
      'a.near.test': 'proxy',
    })
    expect(await ways('', ['mx.test'])).toEqual({ 'mx.test': 'proxy' })
  })
})

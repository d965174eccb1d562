import { Secret } from '@posthorn/ground'
import { deadPort } from '@posthorn/testkit'
import { once } from 'node:events'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { makeCertificate } from '../../test/certificate.js'
import { speak } from '../../test/conversation.js'
import {
  CONSENT,
  httpProxy,
  plain,
  secure,
  socks4Proxy,
  socks5Proxy,
  unauthorized,
  type Reaction,
} from '../../test/proxy.js'
import {
  authority,
  base,
  good,
  HOST,
  keep,
  plainServer,
  readUntil,
  refused,
  resolve,
  tlsServer,
  trust,
} from '../../test/server.js'
import { dial } from '../dial.js'
import type { NetEvent, ProxyOptions, Resolve } from '../options.js'
import { upgrade } from '../upgrade.js'

const PROXY = 'proxy.example.test'
const by = (port: number, more: Partial<ProxyOptions> = {}): ProxyOptions => ({
  type: 'http',
  host: PROXY,
  port,
  ...more,
})
const greeter = () => plainServer((socket) => socket.write('220 ready\r\n'))

test('[part of beyondtrust.firewall.type.None] [part of illiad.config.FirewallHost] without a proxy, with none and with one that is bypassed the connection is direct', async () => {
  const port = await greeter()
  const proxy = await httpProxy(() => ({ end: true }))
  for (const choice of [undefined, 'none', by(proxy.port, { bypass: [HOST] })]) {
    const socket = keep(await dial({ ...base, port, proxy: choice }))
    expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
  }
  expect(proxy.conversations).toEqual([])
})

test('[part of ipworks.config.ProxyExceptionsList] [part of ipworks.example.proxy-exceptions] a listed server is reached directly, another one through the proxy', async () => {
  const port = await greeter()
  const proxy = await httpProxy(() => ({ tunnel: port, early: true }))
  const options = by(proxy.port, { bypass: ['www.google.com', 'MAIL.example.TEST'] })
  keep(await dial({ ...base, port, proxy: options }))
  expect(proxy.conversations).toHaveLength(0)
  keep(await dial({ ...base, host: 'other.example.test', port, proxy: options }))
  expect(proxy.conversations).toHaveLength(1)
})

test('[part of genesys.extra.proxy-section] [part of runmyjobs.behaviour.secure-gateway] the proxy as a URL, with user and password', async () => {
  const proxy = await socks5Proxy({ onward: await greeter(), password: 'p@ss:w/rd', early: true })
  const socket = keep(await dial({ ...base, proxy: `socks5h://a%64a:p%40ss:w%2Frd@127.0.0.1:${proxy.port}` }))
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
  expect(proxy.requests).toMatchObject([{ user: 'ada', password: 'p@ss:w/rd', host: HOST }])
})

test('TLS to the proxy, then TLS to the server in the tunnel', async () => {
  const onward = await tlsServer(good, (socket) => socket.write('220 ready\r\n'))
  const proxy = await httpProxy(() => ({ tunnel: onward }), secure)
  const events: NetEvent[] = []
  const proxyTls = { ...trust, servername: HOST }
  const socket = keep(
    await dial({
      ...base,
      port: 465,
      security: 'tls',
      tls: trust,
      proxy: by(proxy.port, { type: 'https', tls: proxyTls }),
      onEvent: (event) => events.push(event),
    }),
  )
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
  expect(events.map((event) => (event.type === 'tls' ? `tls to ${event.to}` : event.type))).toEqual([
    'resolve',
    'tls to proxy',
    'proxy',
    'connect',
    'tls to server',
  ])
})

test('STARTTLS goes over a tunnel in TLS, too', async () => {
  const onward = await tlsServer(good, (socket) => socket.write('250 inside\r\n'))
  const proxy = await httpProxy(() => ({ tunnel: onward }), secure)
  const road = by(proxy.port, { type: 'https', tls: { ...trust, servername: HOST } })
  const stream = await dial({ ...base, proxy: road })
  const socket = keep(await upgrade(stream, { host: HOST, port: 25, tls: trust, timeoutMs: 20_000 }))
  expect(await readUntil(socket, '\r\n')).toBe('250 inside\r\n')
})

test('a greeting behind the consent of a proxy in TLS is kept', async () => {
  const proxy = await httpProxy(() => ({ say: `${CONSENT}220 ready\r\n` }), secure)
  const socket = keep(
    await dial({ ...base, proxy: by(proxy.port, { type: 'https', tls: { ...trust, servername: HOST } }) }),
  )
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
})

test.each([
  ['whose issuer is unknown', {}, 'tls.unknown-issuer'],
  ['for another name', trust, 'tls.wrong-name'],
])('a certificate of the proxy %s: proxy.tls, and no request goes out', async (_, tls, code) => {
  const proxy = await httpProxy(() => ({ end: true }), secure)
  const error = await refused(
    dial({
      ...base,
      proxy: by(proxy.port, { type: 'https', tls, user: 'a', password: 'pa55', authentication: 'basic' }),
    }),
  )
  expect(error).toMatchObject({ code: 'proxy.tls', phase: 'proxy', cause: { code } })
  expect(error.message).toContain(`(${code})`)
  expect(error.hint).toContain('proxy.tls')
  expect(proxy.conversations).toEqual([])
})

test('an expired certificate of the proxy may be renewed by its operator', async () => {
  const HOUR = 3_600_000
  const expired = makeCertificate({
    commonName: 'x',
    names: [PROXY],
    issuer: authority,
    notAfter: new Date(Date.now() - HOUR),
    notBefore: new Date(Date.now() - 2 * HOUR),
  })
  const port = await tlsServer({ cert: expired.cert, key: expired.key })
  const error = await refused(dial({ ...base, proxy: by(port, { type: 'https', tls: trust }) }))
  expect(error).toMatchObject({ code: 'proxy.tls', outcome: 'transient', cause: { code: 'tls.certificate-expired' } })
})

test('a proxy without TLS where TLS is expected', async () => {
  const proxy = await plainServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
  const error = await refused(dial({ ...base, proxy: by(proxy, { type: 'https', tls: trust }) }))
  expect(error).toMatchObject({ code: 'proxy.tls', cause: { code: 'tls.plaintext' } })
})

test('[part of ipworks.type.Firewall.Host] [part of ipworks.config.FirewallHost] [part of beyondtrust.firewall.Host] a proxy whose name is not found, before the server is looked up', async () => {
  const asked: string[] = []
  const unknown: Resolve = (host) => {
    asked.push(host)
    return Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
  }
  const error = await refused(dial({ ...base, resolve: unknown, proxy: by(3128) }))
  expect(error).toMatchObject({
    code: 'proxy.resolve',
    phase: 'proxy',
    outcome: 'permanent',
    cause: { code: 'resolve.not-found' },
  })
  expect(error.message).toContain(`the proxy http://${PROXY}:3128 cannot be reached: ${PROXY} has no address`)
  expect(asked.splice(0)).toEqual([PROXY])
  const local = by(1080, { type: 'socks5', resolve: 'local' })
  expect(await refused(dial({ ...base, resolve: unknown, proxy: local }))).toMatchObject({ code: 'proxy.resolve' })
  expect(asked).toEqual([PROXY])
  const failing: Resolve = () => Promise.reject(new Error('out of order'))
  expect(await refused(dial({ ...base, resolve: failing, proxy: by(3128) }))).toMatchObject({
    code: 'proxy.resolve',
    outcome: 'transient',
  })
})

test('a proxy that nothing listens for', async () => {
  const port = await deadPort()
  const error = await refused(dial({ ...base, proxy: by(port) }))
  expect(error).toMatchObject({
    code: 'proxy.unreachable',
    phase: 'proxy',
    outcome: 'transient',
    cause: { code: 'connect.refused' },
  })
  expect(error.message).toContain('127.0.0.1 refused the connection (ECONNREFUSED)')
})

test('a proxy that resets the connection', async () => {
  const port = await plainServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
  const error = await refused(dial({ ...base, proxy: by(port) }))
  expect(error).toMatchObject({ code: 'proxy.unreachable', phase: 'proxy' })
  expect(error.message).toContain('ECONNRESET')
})

const three: Resolve = async (host) =>
  host === PROXY
    ? [{ address: '127.0.0.1', family: 4 }]
    : [
        { address: '192.0.2.1', family: 4 },
        { address: '192.0.2.2', family: 4 },
        { address: '2001:db8::3', family: 6 },
      ]

test('local resolution tries the addresses in their order, each over its own connection', async () => {
  const onward = await greeter()
  const socks = await socks5Proxy({ onward, early: true, refuse: ({ host }) => (host === '192.0.2.2' ? undefined : 5) })
  const local = by(socks.port, { type: 'socks5', resolve: 'local' })
  const socket = keep(await dial({ ...base, resolve: three, proxy: local }))
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
  expect(socks.requests.map(({ addressType }) => addressType)).toEqual([4, 1, 1])
  await expect.poll(() => socks.conversations.filter((each) => !each.socket.destroyed).length).toBe(1)

  const tunnel = await httpProxy(({ line }): Reaction =>
    line.startsWith('CONNECT [2001:db8::3]:25') ? { tunnel: onward, early: true } : { say: 'HTTP/1.1 502 x\r\n\r\n' },
  )
  keep(await dial({ ...base, resolve: three, proxy: by(tunnel.port, { resolve: 'local' }) }))
  expect(tunnel.conversations).toHaveLength(1)
})

test('[part of ipworks.config.UseIPv6] the family holds for the addresses of the server that are resolved here', async () => {
  const socks = await socks5Proxy({ onward: await greeter() })
  const asked: unknown[] = []
  const byFamily: Resolve = async (host, { family }) => {
    asked.push([host, family])
    return three(host, { family, signal: new AbortController().signal })
  }
  keep(
    await dial({ ...base, resolve: byFamily, family: 4, proxy: by(socks.port, { type: 'socks5', resolve: 'local' }) }),
  )
  expect(socks.requests).toMatchObject([{ host: '192.0.2.1' }])
  expect(asked).toEqual([
    [PROXY, 4],
    [HOST, 4],
  ])
})

test('when all addresses fail the error has the most telling reason and all of them', async () => {
  const socks = await socks5Proxy({ refuse: ({ host }) => (host === '192.0.2.2' ? 5 : 4) })
  const error = await refused(
    dial({ ...base, resolve: three, proxy: by(socks.port, { type: 'socks5', resolve: 'local' }) }),
  )
  expect(error).toMatchObject({ code: 'proxy.target-refused', phase: 'proxy' })
  expect(error.message).toMatch(/^none of the 3 addresses: .*2001:db8::3.*192\.0\.2\.1.*192\.0\.2\.2/)
})

test('a login that is refused is not tried with the next address', async () => {
  const socks = await socks5Proxy({ password: 'right' })
  const proxy = by(socks.port, { type: 'socks5', resolve: 'local', user: 'a', password: 'wrong' })
  expect(await refused(dial({ ...base, resolve: three, proxy }))).toMatchObject({
    code: 'proxy.authentication-refused',
  })
  expect(socks.conversations).toHaveLength(1)
})

test('a server that cannot be resolved here is not a fault of the proxy', async () => {
  const resolveNone: Resolve = async (host) =>
    host === HOST ? [] : resolve(host, { family: 0, signal: new AbortController().signal })
  const socks = await socks5Proxy({})
  const proxy = by(socks.port, { type: 'socks5', resolve: 'local' })
  const error = await refused(dial({ ...base, resolve: resolveNone, proxy }))
  expect(error).toMatchObject({ code: 'resolve.not-found', phase: 'resolve' })
})

test('a connector wins over a proxy', async () => {
  const port = await greeter()
  const proxy = await httpProxy(() => ({ end: true }))
  const connector = () => dial({ ...base, port })
  keep(await dial({ ...base, proxy: by(proxy.port), connector }))
  expect(proxy.conversations).toEqual([])
})

test('localAddress is ours towards the proxy', async () => {
  const onward = await greeter()
  const proxy = await httpProxy(() => ({ tunnel: onward }))
  const error = await refused(dial({ ...base, proxy: by(proxy.port), localAddress: '192.0.2.1' }))
  expect(error).toMatchObject({ code: 'proxy.unreachable', cause: { code: 'connect.local-address' } })
  keep(await dial({ ...base, proxy: by(proxy.port), localAddress: '127.0.0.1' }))
  expect(proxy.conversations[0]?.socket.remoteAddress).toBe('127.0.0.1')
})

/** A proxy that takes so many octets, says something and falls silent. */
async function silent(count: number, say = '') {
  let tell = () => {}
  const seen = new Promise<void>((done) => (tell = done))
  const ledger = await speak(plain, async (conversation) => {
    await conversation.take(count)
    conversation.say(say)
    tell()
  })
  const closed = () => expect.poll(() => ledger.conversations.map(({ socket }) => socket.destroyed)).toEqual([true])
  return { port: ledger.port, seen, closed }
}

/** Where a proxy falls silent, and what the error says it waited for. */
const silences: [string, ProxyOptions['type'], Parameters<typeof silent>, string][] = [
  ['before TLS', 'https', [1], 'TLS with the proxy'],
  ['before the answer to CONNECT', 'http', [10], `waiting for its answer about ${HOST}:25`],
  ['in the middle of the answer', 'http', [10, 'HTTP/1.1 200 OK\r\nX:'], 'waiting for its answer'],
  ['in the body of a 407', 'http', [10, unauthorized(['Basic realm="x"']).slice(0, -2)], 'waiting for its answer'],
  ['before the method of SOCKS 5', 'socks5', [3], 'waiting for its answer'],
  ['before the reply of SOCKS 4', 'socks4a', [8], 'waiting for its answer'],
]

test.each(silences)(
  'a proxy that falls silent %s: the deadline strikes, and the connection is closed',
  async (_, type, script, words) => {
    const { port, closed } = await silent(...script)
    const login = type === 'http' ? { user: 'a', password: 'b' } : {}
    const error = await refused(dial({ ...base, timeoutMs: 150, proxy: by(port, { type, ...login }) }))
    expect(error).toMatchObject({ code: 'proxy.timeout', phase: 'proxy', outcome: 'transient' })
    expect(error.message).toContain(
      `the proxy ${type}://${PROXY}:${port} did not open the way to ${HOST}:25 within 150 ms: `,
    )
    expect(error.message).toContain(words)
    await closed()
  },
)

test.each(silences)(
  'a proxy that falls silent %s: an abort ends it with its reason, and the connection is closed',
  async (_, type, script) => {
    const { port, seen, closed } = await silent(...script)
    const controller = new AbortController()
    const login = type === 'http' ? { user: 'a', password: 'b' } : {}
    const dialled = refused(dial({ ...base, proxy: by(port, { type, ...login }), signal: controller.signal }))
    await seen
    const reason = new Error('enough')
    controller.abort(reason)
    const error = await dialled
    expect(error).toMatchObject({ code: 'aborted', phase: 'proxy', cause: reason })
    expect(error.message).toContain(`through ${type}://${PROXY}:${port}`)
    await closed()
  },
)

test('a proxy that cannot be resolved in time', async () => {
  const error = await refused(dial({ ...base, timeoutMs: 30, resolve: () => new Promise(() => {}), proxy: by(3128) }))
  expect(error).toMatchObject({ code: 'proxy.timeout', phase: 'proxy' })
  expect(error.message).toContain('resolving its name')
})

test('the next address is not begun after an abort', async () => {
  const controller = new AbortController()
  const socks = await socks5Proxy({
    refuse: () => {
      controller.abort()
      return 5
    },
  })
  const proxy = by(socks.port, { type: 'socks5', resolve: 'local' })
  expect(await refused(dial({ ...base, resolve: three, proxy, signal: controller.signal }))).toMatchObject({
    code: 'aborted',
  })
  expect(socks.conversations).toHaveLength(1)
})

test('no error and no event shows the password, and no proxy of another type gets it', async () => {
  const password = new Secret('hunter2-\u00fc')
  const shownAs = [
    'hunter2',
    Buffer.from('hunter2-\u00fc').toString('base64').slice(0, 8),
    Buffer.from('hunter2').toString('hex'),
  ]
  const events: NetEvent[] = []
  const onEvent = (event: NetEvent) => events.push(event)
  const http = await httpProxy(() => ({ say: unauthorized(['Basic realm="hunter2-\u00c3\u00bc"']) }))
  const socks5 = await socks5Proxy({ password: 'other' })
  const socks4 = await socks4Proxy({ refuse: () => 91 })
  const roads: [number, ProxyOptions['type']][] = [
    [http.port, 'http'],
    [socks5.port, 'socks5'],
    [socks4.port, 'socks4a'],
    [await deadPort(), 'https'],
  ]
  for (const [port, type] of roads) {
    const error = await refused(dial({ ...base, proxy: by(port, { type, user: 'ada', password }), onEvent }))
    const everything =
      inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error) + inspect(events, { depth: 10 })
    for (const form of shownAs) expect(everything).not.toContain(form)
  }
  expect(events.length).toBeGreaterThan(0)
  await once(keep(await dial({ ...base, port: await greeter() })), 'readable')
})

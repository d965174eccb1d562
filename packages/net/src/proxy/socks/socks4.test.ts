import { expect, test } from 'vitest'
import { socks4Proxy, speakTo } from '../../../test/proxy.js'
import { HOST, keep, plainServer, readUntil, refused, resolve } from '../../../test/server.js'
import { dial } from '../../dial.js'
import type { DialOptions, NetEvent, ProxyOptions, Resolve } from '../../options.js'

const base = {
  host: HOST,
  port: 587,
  security: 'plain',
  timeoutMs: 20_000,
  resolve,
} as const satisfies Partial<DialOptions>
const greeter = () => plainServer((socket) => socket.write('220 ready\r\n'))
const by = (type: 'socks4' | 'socks4a', port: number, more: Partial<ProxyOptions> = {}): ProxyOptions => ({
  type,
  host: '127.0.0.1',
  port,
  ...more,
})
const addresses: Resolve = async () => [
  { address: '2001:db8::1', family: 6 },
  { address: '192.0.2.7', family: 4 },
]

test('[part of beyondtrust.firewall.type.SOCKS4] [part of ipworks.type.Firewall.FirewallType] SOCKS 4: the name is resolved here and the address sent, with the user id', async () => {
  const proxy = await socks4Proxy({ onward: await greeter(), early: true })
  const events: NetEvent[] = []
  const socket = keep(
    await dial({
      ...base,
      resolve: addresses,
      proxy: by('socks4', proxy.port, { user: 'ada' }),
      onEvent: (event) => events.push(event),
    }),
  )
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
  expect(Buffer.from(proxy.conversations[0]?.received ?? '', 'latin1').toString('hex')).toBe(
    `0401024bc0000207${Buffer.from('ada\0').toString('hex')}`,
  )
  expect(events).toEqual([
    { type: 'resolve', host: HOST, addresses: ['192.0.2.7'] },
    { type: 'proxy', proxy: `socks4://127.0.0.1:${proxy.port}`, address: '127.0.0.1', port: proxy.port },
    { type: 'connect', address: '192.0.2.7', port: 587 },
  ])
})

test('[part of ipworks.type.Firewall.User] SOCKS 4a: the name goes to the proxy, behind the user id', async () => {
  const proxy = await socks4Proxy({ onward: await greeter(), early: true })
  const never: Resolve = () => Promise.reject(new Error('asked'))
  const socket = keep(await dial({ ...base, resolve: never, proxy: by('socks4a', proxy.port, { user: 'ada \u00e4' }) }))
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
  const sent = Buffer.from(proxy.conversations[0]?.received ?? '', 'latin1')
  expect(sent).toEqual(Buffer.from(`\x04\x01\x02\x4b\0\0\0\x01ada \u00e4\0${HOST}\0`))
})

test('SOCKS 4a with local resolution sends the address', async () => {
  const proxy = await socks4Proxy({ onward: await greeter() })
  keep(await dial({ ...base, resolve: addresses, proxy: by('socks4a', proxy.port, { resolve: 'local' }) }))
  expect(proxy.requests).toMatchObject([{ host: '192.0.2.7', addressType: 1 }])
})

test.each<[string, Partial<DialOptions>, Partial<ProxyOptions>]>([
  ['[part of ipworks.behaviour.star-host] a name for the proxy to resolve', {}, { resolve: 'remote' }],
  ['an IPv6 address', { host: '::1' }, {}],
  ['a NUL in the user id', {}, { user: 'a\0b' }],
])('SOCKS 4 cannot carry %s', async (_, options, more) => {
  const proxy = await socks4Proxy({})
  const attempt = dial({ ...base, ...options, proxy: by('socks4', proxy.port, more) })
  await expect(attempt).rejects.toMatchObject({ code: 'settings.proxy', outcome: 'permanent' })
  expect(proxy.conversations).toEqual([])
})

test('a server with IPv6 addresses only is not found for SOCKS 4', async () => {
  const six: Resolve = async () => [{ address: '2001:db8::1', family: 6 }]
  const proxy = await socks4Proxy({})
  const error = await refused(dial({ ...base, resolve: six, proxy: by('socks4', proxy.port) }))
  expect(error).toMatchObject({ code: 'resolve.not-found', phase: 'resolve' })
})

test.each([
  [91, 'proxy.target-unreachable'],
  [92, 'proxy.authentication-refused'],
  [93, 'proxy.authentication-refused'],
])('reply %i is %s', async (reply, code) => {
  const proxy = await socks4Proxy({ refuse: () => reply })
  const error = await refused(dial({ ...base, proxy: by('socks4a', proxy.port) }))
  expect(error).toMatchObject({ code, phase: 'proxy' })
  expect(error.message).toContain(`(reply ${reply})`)
})

test('a password is not sent, and a note says so', async () => {
  const proxy = await socks4Proxy({ onward: await greeter() })
  const notes: string[] = []
  const onEvent = (event: NetEvent) => void (event.type === 'note' && notes.push(event.text))
  keep(await dial({ ...base, proxy: by('socks4a', proxy.port, { password: 'pa55' }), onEvent }))
  expect(notes).toEqual(['SOCKS 4 has no password: the one that is set is not sent'])
  expect(proxy.conversations[0]?.received).not.toContain('pa55')
})

test.each([
  [
    'an HTTP server',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    "an HTTP server (type 'http' or 'https'): HTTP/1.1 400 Bad Request",
  ],
  ['a mail server', '220 relay.example ESMTP\r\n', 'the greeting of a mail server: 220 relay.example ESMTP'],
  ['another version', '\x05\xff', "SOCKS 5 (type 'socks5')"],
])('%s where the proxy should be', async (_, octets, words) => {
  const port = await speakTo(octets)
  const error = await refused(dial({ ...base, proxy: by('socks4a', port) }))
  expect(error).toMatchObject({ code: 'proxy.protocol', phase: 'proxy' })
  expect(error.message).toBe(`no SOCKS 4 proxy answers at socks4a://127.0.0.1:${port}, but ${words}`)
})

import { expect, test } from 'vitest'
import { speak } from '../../../test/conversation.js'
import { plain, socks5Proxy, speakTo } from '../../../test/proxy.js'
import { HOST, keep, plainServer, readUntil, refused, resolve } from '../../../test/server.js'
import { dial } from '../../dial.js'
import type { DialOptions, ProxyOptions, Resolve } from '../../options.js'

const never: Resolve = (host) => Promise.reject(new Error(`asked for ${host}`))
const base = {
  host: HOST,
  port: 25,
  security: 'plain',
  timeoutMs: 20_000,
  resolve: never,
} as const satisfies Partial<DialOptions>
const greeter = () => plainServer((socket) => socket.write('220 ready\r\n'))
const by = (port: number, more: Partial<ProxyOptions> = {}): ProxyOptions => ({
  type: 'socks5',
  host: '127.0.0.1',
  port,
  ...more,
})
const sentTo = (ledger: { conversations: readonly { received: string }[] }) =>
  Buffer.from(ledger.conversations[0]?.received ?? '', 'latin1').toString('hex')
const hex = (text: string) => Buffer.from(text).toString('hex')

test('[part of beyondtrust.firewall.type.SOCKS5] [part of ipworks.behaviour.star-host] [part of javamail.mail.smtp.socks.host] [part of ipworks.prop.Firewall] [part of ipworks.prop.MailServer] the name goes to the proxy, and a greeting behind its reply is kept', async () => {
  const proxy = await socks5Proxy({ onward: await greeter(), early: true })
  const socket = keep(await dial({ ...base, proxy: by(proxy.port) }))
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
  expect(sentTo(proxy)).toBe(`05010005010003${HOST.length.toString(16)}${hex(HOST)}0019`)
})

test.each([
  ['192.0.2.1', 1, '192.0.2.1'],
  ['::1', 4, '00000000000000000000000000000001'],
  ['[2001:DB8::a:0:1]', 4, '20010db8000000000000000a00000001'],
  ['::ffff:192.0.2.1', 4, '00000000000000000000ffffc0000201'],
  ['1:2:3:4:5:6:7:8', 4, '00010002000300040005000600070008'],
])('the address %s has type %i', async (host, addressType, seen) => {
  const proxy = await socks5Proxy({ onward: await greeter() })
  keep(await dial({ ...base, host, proxy: by(proxy.port) }))
  expect(proxy.requests).toMatchObject([{ host: seen, addressType, port: 25 }])
})

test('[part of beyondtrust.firewall.Password] [part of illiad.config.FirewallUser] user and password of 255 octets, in UTF-8', async () => {
  const password = '\u00e4'.repeat(127) + 'x'
  const user = 'u'.repeat(255)
  const proxy = await socks5Proxy({ onward: await greeter(), password, early: true })
  const socket = keep(await dial({ ...base, proxy: by(proxy.port, { user, password }) }))
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
  expect(proxy.requests).toMatchObject([{ user, password }])
  expect(sentTo(proxy)).toMatch(/^05020002/)
  for (const more of [{ user: `${user}x` }, { user, password: `${password}x` }]) {
    const attempt = dial({ ...base, proxy: by(proxy.port, more) })
    await expect(attempt).rejects.toMatchObject({ code: 'settings.proxy' })
  }
  expect(proxy.conversations).toHaveLength(1)
})

test('only what is set is offered', async () => {
  const offers: number[][] = []
  const method = (offered: readonly number[]) => {
    offers.push([...offered])
    return offered[0] ?? 255
  }
  const proxy = await socks5Proxy({ onward: await greeter(), method, password: 'b' })
  const login = { user: 'a', password: 'b' }
  for (const more of [
    {},
    login,
    { ...login, authentication: 'password' },
    { ...login, authentication: 'none' },
  ] as const) {
    keep(await dial({ ...base, proxy: by(proxy.port, more) }))
  }
  expect(offers).toEqual([[0], [0, 2], [2], [0]])
  await expect(dial({ ...base, proxy: by(proxy.port, { authentication: 'password' }) })).rejects.toMatchObject({
    code: 'settings.proxy',
    field: 'proxy.user',
  })
  await expect(dial({ ...base, proxy: by(proxy.port, { authentication: 'digest', user: 'a' }) })).rejects.toMatchObject(
    {
      code: 'settings.proxy',
      field: 'proxy.authentication',
    },
  )
})

test('[part of illiad.behaviour.unhandled-proxy-login] [part of illiad.config.FirewallPassword] a refused password is an error, without the password in it, and nothing reaches the server', async () => {
  let reached = 0
  const onward = await plainServer(() => reached++)
  const proxy = await socks5Proxy({ onward, password: 'right' })
  const error = await refused(dial({ ...base, proxy: by(proxy.port, { user: 'ada', password: 'wr0ng' }) }))
  expect(error).toMatchObject({ code: 'proxy.authentication-refused', phase: 'proxy', outcome: 'permanent' })
  expect(`${String(error)}${JSON.stringify(error)}`).not.toContain('wr0ng')
  expect(reached).toBe(0)
})

test('a proxy that wants a login, and one that wants another', async () => {
  const proxy = await socks5Proxy({ method: () => 255 })
  const required = await refused(dial({ ...base, proxy: by(proxy.port) }))
  expect(required).toMatchObject({ code: 'proxy.authentication-required', phase: 'proxy' })
  const other = await refused(dial({ ...base, proxy: by(proxy.port, { user: 'a' }) }))
  expect(other).toMatchObject({ code: 'proxy.authentication-refused' })
})

test('a method that was not offered is no method: the password stays here', async () => {
  const proxy = await socks5Proxy({ method: () => 2 })
  const error = await refused(
    dial({ ...base, proxy: by(proxy.port, { user: 'a', password: 'pa55', authentication: 'none' }) }),
  )
  expect(error).toMatchObject({ code: 'proxy.protocol' })
  expect(sentTo(proxy)).toBe('050100')
})

test.each([
  [1, 'proxy.target-unreachable'],
  [2, 'proxy.refused'],
  [3, 'proxy.target-unreachable'],
  [4, 'proxy.target-unreachable'],
  [5, 'proxy.target-refused'],
  [6, 'proxy.target-unreachable'],
  [7, 'proxy.protocol'],
  [8, 'proxy.protocol'],
  [99, 'proxy.protocol'],
])('reply %i is %s', async (reply, code) => {
  const proxy = await socks5Proxy({ refuse: () => reply })
  const error = await refused(dial({ ...base, proxy: by(proxy.port) }))
  expect(error).toMatchObject({ code, phase: 'proxy' })
  expect(error.message).toContain(`${HOST}:25 (reply ${reply})`)
})

test.each([
  ['a name', [3, 4, 0x68, 0x6f, 0x73, 0x74]],
  ['an IPv6 address', [4, ...new Array<number>(16).fill(1)]],
])('the proxy may call its own end by %s, octet by octet', async (_, bound) => {
  const { port } = await speak(plain, async (conversation) => {
    await conversation.take(3)
    await conversation.sayByOctet([5, 0])
    await conversation.take(5 + HOST.length + 2)
    await conversation.sayByOctet([5, 0, 0, ...bound, 0, 25])
    conversation.say('220 ready\r\n')
  })
  const socket = keep(await dial({ ...base, proxy: by(port) }))
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
})

test.each([
  [
    'an HTTP server',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    "an HTTP server (type 'http' or 'https'): HTTP/1.1 400 Bad Request",
  ],
  ['a mail server', '220 relay.example ESMTP\r\n', 'the greeting of a mail server: 220 relay.example ESMTP'],
  ['another version', '\x00\x5b', "SOCKS 4 (type 'socks4')"],
])('%s where the proxy should be', async (_, octets, words) => {
  const port = await speakTo(octets)
  const error = await refused(dial({ ...base, proxy: by(port) }))
  expect(error).toMatchObject({ code: 'proxy.protocol', phase: 'proxy' })
  expect(error.message).toBe(`no SOCKS 5 proxy answers at socks5://127.0.0.1:${port}, but ${words}`)
})

test.each([
  ['an unknown address type', [5, 0, 0, 9], 'address type 9'],
  ['half a reply', [5, 0, 0, 1, 127], 'hung up in the middle of its answer'],
])('%s is no consent', async (_, reply, words) => {
  const { port } = await speak(plain, async (conversation) => {
    await conversation.take(3)
    conversation.say([5, 0])
    await conversation.take(5 + HOST.length + 2)
    conversation.say(reply)
    conversation.socket.end()
  })
  const error = await refused(dial({ ...base, proxy: by(port) }))
  expect(error).toMatchObject({ code: 'proxy.protocol' })
  expect(error.message).toContain(words)
})

test('the address of an own resolver is not used for a name that the proxy resolves', async () => {
  const proxy = await socks5Proxy({ onward: await greeter() })
  keep(await dial({ ...base, resolve, proxy: { ...by(proxy.port), host: 'proxy.example.test' } }))
  expect(proxy.requests).toMatchObject([{ host: HOST, addressType: 3 }])
})

import { SettingsError } from '@posthorn/ground'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { CONSENT, digestHolds, httpProxy, unauthorized, type Reaction } from '../../../test/proxy.js'
import { base, HOST, keep, plainServer, readUntil, refused, tlsServer, trust } from '../../../test/server.js'
import { dial } from '../../dial.js'
import type { NetEvent, ProxyOptions } from '../../options.js'

const login = { user: 'ada', password: 'Lovelace & Babbage' }
const through = (port: number, more: Partial<ProxyOptions> = {}): ProxyOptions => ({
  type: 'http',
  host: 'proxy.example.test',
  port,
  ...more,
})
const greeter = () => plainServer((socket) => socket.write('220 ready\r\n'))
const basic = `Basic ${Buffer.from('ada:Lovelace & Babbage').toString('base64')}`

test('[part of beyondtrust.firewall.type.Tunnel] [part of javamail.mail.smtp.proxy.host] CONNECT opens the way, and a greeting in the same packet is kept', async () => {
  const onward = await greeter()
  const proxy = await httpProxy(() => ({ tunnel: onward, early: true }))
  const events: NetEvent[] = []
  const socket = keep(await dial({ ...base, proxy: through(proxy.port), onEvent: (event) => events.push(event) }))
  await once(socket, 'readable') // the greeting is here before anyone listens
  socket.removeAllListeners('readable')
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
  expect(proxy.conversations[0]?.received).toBe(
    'CONNECT mail.example.test:25 HTTP/1.1\r\nHost: mail.example.test:25\r\nProxy-Connection: Keep-Alive\r\n\r\n',
  )
  expect(events).toEqual([
    { type: 'resolve', host: 'proxy.example.test', addresses: ['127.0.0.1'] },
    { type: 'proxy', proxy: `http://proxy.example.test:${proxy.port}`, address: '127.0.0.1', port: proxy.port },
    { type: 'connect', address: HOST, port: 25 },
  ])
  expect(socket.readableFlowing).toBe(true)
})

test('the stream through a proxy is at rest and carries no listener of ours but the guard', async () => {
  const onward = await plainServer()
  const proxy = await httpProxy(() => ({ tunnel: onward }))
  const socket = keep(await dial({ ...base, proxy: through(proxy.port) }))
  expect(socket.readableFlowing).toBe(null)
  const fresh = keep(new Socket())
  const names = ['data', 'readable', 'end', 'close', 'connect', 'timeout']
  expect(names.map((name) => socket.listenerCount(name))).toEqual(names.map((name) => fresh.listenerCount(name)))
})

test('an IPv6 target stands in brackets, and own header fields go along [part of ipworks.config.FirewallData]', async () => {
  const onward = await plainServer()
  const proxy = await httpProxy(() => ({ tunnel: onward }))
  const headers = { 'X-Tenant': 'a b', 'Proxy-Connection': 'close' }
  keep(await dial({ ...base, host: '[2001:db8::1]', port: 587, proxy: through(proxy.port, { headers }) }))
  expect(proxy.conversations[0]?.received).toBe(
    'CONNECT [2001:db8::1]:587 HTTP/1.1\r\nHost: [2001:db8::1]:587\r\nX-Tenant: a b\r\nProxy-Connection: close\r\n\r\n',
  )
})

test('an international name goes to the proxy as A-label', async () => {
  const onward = await plainServer()
  const proxy = await httpProxy(() => ({ tunnel: onward }))
  keep(await dial({ ...base, host: 'b\u00fccher.example', proxy: through(proxy.port) }))
  expect(proxy.conversations[0]?.received).toMatch(/^CONNECT xn--bcher-kva\.example:25 /)
})

test.each<[string, Record<string, string>]>([
  ['a line end in a value', { 'X-A': 'b\r\nX-C: d' }],
  ['a line end in a name', { 'X-A\r\nX-C': 'd' }],
  ['a Host of one\u2019s own', { hOsT: 'other.example' }],
  ['a Proxy-Authorization of one\u2019s own', { 'Proxy-Authorization': 'Basic eA==' }],
  ['a Content-Length', { 'Content-Length': '1' }],
])('%s is refused before a packet is sent', async (_, headers) => {
  const proxy = await httpProxy(() => ({ end: true }))
  const attempt = dial({ ...base, proxy: through(proxy.port, { headers }) })
  await expect(attempt).rejects.toMatchObject({
    code: 'settings.proxy',
    field: expect.stringMatching(/^proxy\.headers\[/) as string,
  })
  await expect(attempt).rejects.toBeInstanceOf(SettingsError)
  expect(proxy.conversations).toEqual([])
})

test('interim answers are skipped, also when they come in pieces', async () => {
  const onward = await greeter()
  const proxy = await httpProxy(async (_, __, conversation) => {
    const head = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'
    for (const octet of head) {
      conversation.say(octet)
      await new Promise((done) => setImmediate(done))
    }
    return { tunnel: onward, early: true, consent: 'HTTP/1.0 201 fine\nVia: x\n\n' }
  })
  const socket = keep(await dial({ ...base, proxy: through(proxy.port) }))
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
})

const challenges = {
  basic: 'Basic realm="proxy"',
  md5: 'Digest realm="proxy", nonce="n1", qop="auth", algorithm=MD5, opaque="o"',
  sha: 'Digest realm="proxy", nonce="n1", qop="auth,auth-int", algorithm=SHA-256',
  session: 'Digest realm="proxy", nonce="n1", qop="auth", algorithm=SHA-256-sess',
  old: 'Digest realm="proxy", nonce="n1"',
  future: 'Digest realm="proxy", nonce="n1", algorithm=SHA-3-512, qop="auth"',
}

test.each([
  ['keeps the connection', false, 1],
  ['closes the connection', true, 2],
])(
  '[part of ipworks.type.Firewall.User] [part of ipworks.config.FirewallUser] [part of beyondtrust.firewall.UserName] [part of javamail.mail.smtp.proxy.user] [part of javamail.mail.smtp.proxy.password] Basic after a 407 that %s',
  async (_, close, connections) => {
    const onward = await greeter()
    const proxy = await httpProxy(({ authorization }): Reaction => {
      if (authorization === basic) return { tunnel: onward, early: true }
      return { say: unauthorized([challenges.basic], { close }), end: close }
    })
    const socket = keep(await dial({ ...base, proxy: through(proxy.port, login) }))
    expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
    expect(proxy.conversations).toHaveLength(connections)
    expect(proxy.conversations[0]?.received.split('\r\n\r\n')[0]).not.toContain('Proxy-Authorization')
  },
)

test('Basic that is asked for by name is sent at once', async () => {
  const onward = await plainServer()
  const proxy = await httpProxy(({ authorization }) => (authorization === basic ? { tunnel: onward } : { end: true }))
  keep(await dial({ ...base, proxy: through(proxy.port, { ...login, authentication: 'basic' }) }))
  expect(proxy.conversations).toHaveLength(1)
})

test.each([
  ['MD5', [challenges.md5]],
  ['SHA-256 and not MD5', [challenges.md5, challenges.sha, challenges.basic]],
  ['the -sess kind', [challenges.session]],
  ['RFC 2069', [challenges.old]],
  ['the known one of two', [`${challenges.future}, ${challenges.md5}`]],
])('Digest: %s', async (_, offered) => {
  const onward = await plainServer()
  const seen: string[] = []
  const proxy = await httpProxy(({ authorization }): Reaction => {
    seen.push(authorization)
    if (digestHolds(authorization, login.password, login.user)) return { tunnel: onward }
    return { say: unauthorized(offered) }
  })
  keep(await dial({ ...base, proxy: through(proxy.port, login) }))
  expect(seen).toHaveLength(2)
  expect(seen[1]).toContain('uri="mail.example.test:25"')
  if (offered.includes(challenges.sha)) expect(seen[1]).toContain('algorithm=SHA-256')
  expect(proxy.conversations).toHaveLength(1)
})

test('a stale nonce is answered anew, with the new one; always stale ones are a refusal', async () => {
  const onward = await plainServer()
  const stale = (nonce: string) => unauthorized([`Digest realm="proxy", nonce="${nonce}", qop="auth", stale=TRUE`])
  const proxy = await httpProxy(({ authorization }): Reaction => {
    if (authorization === '') return { say: unauthorized([challenges.md5]) }
    if (authorization.includes('nonce="n1"')) return { say: stale('n2') }
    return digestHolds(authorization, login.password, login.user) ? { tunnel: onward } : { end: true }
  })
  keep(await dial({ ...base, proxy: through(proxy.port, login) }))
  let count = 0
  const broken = await httpProxy(() => ({ say: stale(`m${++count}`) }))
  const error = await refused(dial({ ...base, proxy: through(broken.port, login) }))
  expect(error).toMatchObject({ code: 'proxy.authentication-refused', phase: 'proxy' })
  expect(count).toBe(4)
})

test('[part of ipworks.error.118] [part of ipworks.type.Firewall.Password] [part of ipworks.config.FirewallPassword] [part of illiad.config.FirewallPassword] a wrong password is refused once, and no weaker way is tried', async () => {
  const seen: string[] = []
  const proxy = await httpProxy(({ authorization }): Reaction => {
    seen.push(authorization.split(' ')[0] ?? '')
    return { say: unauthorized([challenges.md5, challenges.basic]) }
  })
  const error = await refused(dial({ ...base, proxy: through(proxy.port, login) }))
  expect(error).toMatchObject({ code: 'proxy.authentication-refused', phase: 'proxy', outcome: 'permanent' })
  expect(error.message).toBe(
    `the proxy http://proxy.example.test:${proxy.port} does not accept the login by Digest: HTTP/1.1 407 Proxy Authentication Required`,
  )
  expect(seen).toEqual(['', 'Digest'])
})

test.each<[string, Partial<ProxyOptions>, string]>([
  ['no user', {}, 'wants a login by digest (MD5), basic, negotiate, and no user is set'],
  ['the setting none', { ...login, authentication: 'none' }, 'and the setting allows none'],
  ['another way by name', { ...login, authentication: 'digest' }, 'and the setting allows digest'],
])('%s: a login is required, and nothing of it is sent', async (_, more, words) => {
  const offered =
    more.authentication === 'digest' ? [challenges.basic] : [challenges.md5, challenges.basic, 'Negotiate']
  const proxy = await httpProxy(() => ({ say: unauthorized(offered) }))
  const error = await refused(dial({ ...base, proxy: through(proxy.port, more) }))
  expect(error).toMatchObject({ code: 'proxy.authentication-required', phase: 'proxy' })
  expect(error.message).toContain(words)
  expect(error.message).toContain('407')
  expect(proxy.conversations[0]?.received).not.toContain('Proxy-Authorization')
})

test('a proxy that wants a login and offers none says so, whether a user is set or not', async () => {
  for (const more of [{}, login]) {
    const proxy = await httpProxy(() => ({ say: unauthorized([]) }))
    const error = await refused(dial({ ...base, proxy: through(proxy.port, more) }))
    expect(error).toMatchObject({ code: 'proxy.authentication-required', phase: 'proxy' })
    expect(error.message).toContain('wants a login and does not say which (no Proxy-Authenticate): HTTP/1.1 407')
  }
})

test('a user with a colon does not go by Basic', async () => {
  const proxy = await httpProxy(() => ({ say: unauthorized([challenges.basic]) }))
  const options = through(proxy.port, { user: 'a:b', password: 'c' })
  expect(await refused(dial({ ...base, proxy: options }))).toMatchObject({ code: 'proxy.authentication-required' })
  const byName = dial({ ...base, proxy: { ...options, authentication: 'basic' } })
  await expect(byName).rejects.toMatchObject({ code: 'settings.proxy', field: 'proxy.user' })
})

test.each([
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nabcde\r\n3\r\nfgh\r\n0\r\nTrailer: x\r\n\r\n', 1],
  ['without an end', '\r\nsorry', 2],
  ['too long to be read', `Content-Length: 1000000\r\n\r\n${'x'.repeat(100)}`, 2],
  ['in broken chunks', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n', 2],
])('the body of a 407 %s', async (_, rest, connections) => {
  const onward = await plainServer()
  const proxy = await httpProxy(({ authorization }): Reaction => {
    if (authorization === basic) return { tunnel: onward }
    return { say: `HTTP/1.1 407 No\r\nProxy-Authenticate: ${challenges.basic}\r\n${rest}` }
  })
  keep(await dial({ ...base, proxy: through(proxy.port, login) }))
  expect(proxy.conversations).toHaveLength(connections)
})

test('a proxy that says it keeps the connection and closes it is asked once more', async () => {
  const onward = await plainServer()
  const proxy = await httpProxy(({ authorization }, connection): Reaction => {
    if (connection === 0) return { say: unauthorized([challenges.basic]), end: true }
    return authorization === basic ? { tunnel: onward } : { end: true }
  })
  keep(await dial({ ...base, proxy: through(proxy.port, login) }))
  expect(proxy.conversations).toHaveLength(2)
})

test('TLS to the server goes inside the tunnel', async () => {
  const onward = await tlsServer(undefined, (socket) => socket.write('220 ready\r\n'))
  const proxy = await httpProxy(() => ({ tunnel: onward }))
  const socket = keep(await dial({ ...base, port: 465, security: 'tls', tls: trust, proxy: through(proxy.port) }))
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
  expect(proxy.conversations[0]?.received).not.toContain('220')
})

test.each<[string, string, string]>([
  ['403', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0', 'proxy.refused'],
  ['404', 'HTTP/1.1 404 No such domain', 'proxy.target-not-found'],
  ['405', 'HTTP/1.1 405 Method Not Allowed', 'proxy.protocol'],
  ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: http://login.example/', 'proxy.protocol'],
  ['502', 'HTTP/1.1 502 Bad Gateway', 'proxy.target-unreachable'],
  [
    '503 of Squid, refused',
    'HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 111',
    'proxy.target-refused',
  ],
  [
    '503 of Squid, no name',
    'HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0',
    'proxy.target-not-found',
  ],
  [
    '502 with Proxy-Status',
    'HTTP/1.1 502 x\r\nProxy-Status: p.example; error=dns_error; rcode="NXDOMAIN"',
    'proxy.target-not-found',
  ],
])('a refusal by %s is %s', async (_, head, code) => {
  const proxy = await httpProxy(() => ({ say: `${head}\r\n\r\n` }))
  const error = await refused(dial({ ...base, proxy: through(proxy.port) }))
  expect(error).toMatchObject({ code, phase: 'proxy' })
  expect(error.message).toContain(head.split('\r\n')[0])
  expect(error.message).toContain('mail.example.test:25')
})

test.each([
  [
    'the greeting of a mail server',
    '220 relay.example ESMTP\r\n',
    'the greeting of a mail server: 220 relay.example ESMTP',
  ],
  ['TLS', '\x15\x03\x03\x00\x02\x02\x46', "TLS (type 'https', if it is an HTTP proxy)"],
  ['a SOCKS proxy', '\x05\xff\x00\x00\x00', "SOCKS 5 (type 'socks5')"],
  ['nonsense', '\u001b[2Jwhat\u0000ever\r\n', '"?[2Jwhat?ever"'],
  ['another HTTP', 'HTTP/9.9 hello\r\n\r\n', "an HTTP server (type 'http' or 'https'): HTTP/9.9 hello"],
])('%s where the proxy should be', async (_, octets, words) => {
  const proxy = await httpProxy(() => ({ say: octets }))
  const error = await refused(dial({ ...base, proxy: through(proxy.port) }))
  expect(error).toMatchObject({ code: 'proxy.protocol', phase: 'proxy' })
  expect(error.message).toBe(`no HTTP proxy answers at http://proxy.example.test:${proxy.port}, but ${words}`)
})

test.each([
  ['at once', '', 'hung up without an answer'],
  ['in the middle', 'HTTP/1.1 200 Conn', 'hung up in the middle of its answer'],
])('a proxy that hangs up %s', async (_, say, words) => {
  const proxy = await httpProxy(() => ({ say, end: true }))
  const error = await refused(dial({ ...base, proxy: through(proxy.port) }))
  expect(error).toMatchObject({ code: 'proxy.protocol' })
  expect(error.message).toContain(words)
})

test('a header section without end is cut off', async () => {
  const proxy = await httpProxy(() => ({ say: `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(20_000)}` }))
  const error = await refused(dial({ ...base, proxy: through(proxy.port) }))
  expect(error).toMatchObject({ code: 'proxy.protocol' })
  expect(error.message).toContain('16384 octets')
})

test('a proxy that goes on asking is left', async () => {
  const proxy = await httpProxy(() => ({ say: 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000) }))
  expect(await refused(dial({ ...base, proxy: through(proxy.port) }))).toMatchObject({ code: 'proxy.protocol' })
})

test('a proxy that repeats the login does not get it into the error', async () => {
  const secrets = [
    'Lovelace & Babbage',
    basic,
    encodeURIComponent(login.password),
    Buffer.from(login.password).toString('hex'),
  ]
  for (const secret of secrets) {
    const proxy = await httpProxy(({ authorization }) =>
      authorization ? { say: `HTTP/1.1 403 no: ${secret}\r\n\r\n` } : { say: unauthorized([challenges.basic]) },
    )
    const error = await refused(dial({ ...base, proxy: through(proxy.port, login) }))
    expect(error.code).toBe('proxy.refused')
    expect(error.message).toContain('HTTP/1.1 403 (the rest is not shown: it repeats the login)')
    expect(JSON.stringify(error)).not.toContain(secret)
  }
})

test('[part of ipworks.type.Firewall] a refusal never ends in a direct connection', async () => {
  let direct = 0
  const port = await plainServer(() => direct++)
  const proxy = await httpProxy(() => ({ say: `HTTP/1.1 403 no\r\n\r\n${CONSENT}` }))
  await refused(dial({ ...base, port, proxy: through(proxy.port) }))
  expect(direct).toBe(0)
})

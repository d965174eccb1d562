import { ApiError, Secret } from '@posthorn/ground'
import { deadPort } from '@posthorn/testkit'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { CONSENT, digestHolds, httpProxy, secure, socks5Proxy, unauthorized, type Reaction } from '../../test/proxy.js'
import { adopt, good, HOST, plainServer, resolve, trust } from '../../test/server.js'
import type { ProxyOptions } from '../options.js'
import { webRequest } from './web-request.js'

interface Seen {
  readonly request: IncomingMessage
  readonly body: string
}

/** A web server that answers as the function says, and what it saw. */
async function web(answer: (response: ServerResponse, seen: Seen) => void, underTls = false) {
  const seen: Seen[] = []
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    request.on('data', (octets: Buffer) => (body += octets.toString()))
    request.on('end', () => {
      seen.push({ request, body })
      answer(response, { request, body })
    })
  }
  const server = adopt(underTls ? createSecureServer({ ...good }, onRequest) : createServer(onRequest))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { port, seen, url: `${underTls ? 'https' : 'http'}://${HOST}:${port}` }
}

const text = (body: Uint8Array) => Buffer.from(body).toString()
const through = (port: number, more: Partial<ProxyOptions> = {}): ProxyOptions => ({
  type: 'http',
  host: 'proxy.example.test',
  port,
  ...more,
})

test('a request with fields, a secret and a body; the answer as it is', async () => {
  const { url, seen } = await web((response) =>
    response.writeHead(201, { 'X-A': 'b', 'Set-Cookie': ['c=1', 'd=2'] }).end('made'),
  )
  const token = new Secret('t0ken')
  const answer = await webRequest(
    { url: `${url}/a?b=c#d`, headers: { Authorization: token, 'Content-Type': 'text/plain' }, body: 'h\u00e9' },
    { resolve },
  )
  expect(answer).toMatchObject({ status: 201, headers: { 'x-a': 'b', 'set-cookie': 'c=1, d=2' } })
  expect(text(answer.body)).toBe('made')
  const [{ request, body } = {}] = seen
  expect(request).toMatchObject({ method: 'POST', url: '/a?b=c' })
  expect(request?.headers).toMatchObject({
    authorization: 't0ken',
    'content-length': '3',
    'accept-encoding': 'identity',
  })
  expect(body).toBe('h\u00e9')
})

test('https with the TLS settings of the road, and HTTP/1.1 agreed on', async () => {
  const { url, seen } = await web((response) => response.end('x'), true)
  const answer = await webRequest({ url }, { resolve, tls: trust })
  expect(text(answer.body)).toBe('x')
  expect(seen[0]?.request.socket).toMatchObject({ alpnProtocol: 'http/1.1' })
  await expect(webRequest({ url }, { resolve })).rejects.toMatchObject({ code: 'tls.unknown-issuer', phase: 'tls' })
})

test('a redirect and an error status are answers', async () => {
  const { url, seen } = await web((response) =>
    response.writeHead(302, { Location: 'https://elsewhere.example/' }).end(),
  )
  expect(await webRequest({ url }, { resolve })).toMatchObject({ status: 302 })
  expect(seen).toHaveLength(1)
})

test('an answer too long is cut off, whether or not it says so before', async () => {
  const long = await web((response) => response.end('x'.repeat(101)))
  const endless = await web((response) => {
    const more = () => void (response.destroyed || response.write('x'.repeat(50), () => setImmediate(more)))
    more()
  })
  for (const { url } of [long, endless]) {
    const error = await webRequest({ url: `${url}/path?secret=1` }, { resolve, maxOctets: 100 }).catch(
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ code: 'web.too-large', message: `${url}/path answers with more than 100 octets` })
  }
})

test('the deadline is over everything: connecting, the head, the body', async () => {
  let open = 0
  const counted = (socket: Socket) => {
    open++
    return socket.resume().on('close', () => open--)
  }
  const silent = await plainServer(counted)
  const half = await plainServer((socket) => counted(socket).write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'))
  for (const port of [silent, half]) {
    const request = { url: `http://${HOST}:${port}/` }
    await expect(webRequest(request, { resolve, timeoutMs: 50 })).rejects.toMatchObject({ code: 'web.timeout' })
  }
  const unresolved = { resolve: () => new Promise<never>(() => {}), timeoutMs: 20 }
  await expect(webRequest({ url: 'http://x.example' }, unresolved)).rejects.toMatchObject({ code: 'web.timeout' })
  const noTls = { url: `https://${HOST}:${silent}/` }
  await expect(webRequest(noTls, { resolve, connectMs: 50 })).rejects.toMatchObject({ code: 'tls.timeout' })
  await expect.poll(() => open).toBe(0)
})

test('an abort ends it with the reason as the cause', async () => {
  const controller = new AbortController()
  const { url } = await web(() => controller.abort(new Error('enough')))
  const error = await webRequest({ url, signal: controller.signal }, { resolve }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'aborted', cause: { message: 'enough' } })
  await expect(webRequest({ url, signal: controller.signal }, { resolve })).rejects.toMatchObject({ code: 'aborted' })
})

test.each([
  ['hangs up', ''],
  ['speaks nonsense', '220 ready\r\n'],
  ['sends half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
  ['compresses unasked', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx'],
  ['has endless fields', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`],
  ['has many small fields', `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${'a: b\r\n'.repeat(12_000)}\r\n`],
])('a server that %s: web.broken', async (_, octets) => {
  const port = await plainServer((socket) => socket.once('data', () => socket.end(octets)))
  const error = await webRequest({ url: `http://${HOST}:${port}` }, { resolve }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'web.broken', outcome: 'transient' })
})

test('the errors of the road come as they are', async () => {
  const url = `http://${HOST}:${await deadPort()}`
  await expect(webRequest({ url }, { resolve })).rejects.toMatchObject({ code: 'connect.refused', phase: 'connect' })
})

test.each([
  [{ url: 'login.example' }, 'settings.url'],
  [{ url: 'ftp://login.example' }, 'settings.url'],
  [{ url: 'https://user:pa55@login.example' }, 'settings.url'],
  [{ url: 'https://login.example', headers: { 'X\r\nY': 'z' } }, 'settings.headers'],
  [{ url: 'https://login.example', headers: { X: new Secret('y\r\nZ: pa55') } }, 'settings.headers'],
  [{ url: 'https://login.example', headers: { Host: 'other.example' } }, 'settings.headers'],
])('%j is refused before a packet is sent', async (request, code) => {
  const error: unknown = await webRequest(request, { resolve: () => Promise.reject(new Error('asked')) }).catch(
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ code })
  expect(String(error)).not.toContain('pa55')
})

test('https goes through an HTTP proxy by CONNECT, http with the whole URL in its line', async () => {
  const inTls = await web((response) => response.end('secure'), true)
  const tunnel = await httpProxy(() => ({ tunnel: inTls.port }))
  const inTunnel = await webRequest({ url: inTls.url }, { resolve, tls: trust, proxy: through(tunnel.port) })
  expect(text(inTunnel.body)).toBe('secure')
  expect(tunnel.conversations[0]?.received).toMatch(new RegExp(`^CONNECT ${HOST}:${inTls.port} HTTP/1.1\r\n`))

  const forward = await httpProxy(() => ({ say: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' }))
  const proxy = through(forward.port, { headers: { 'X-Tenant': 'a' } })
  const forwarded = await webRequest(
    { url: 'http://crl.example:8080/a?b', headers: { 'X-A': 'b' } },
    { resolve, proxy },
  )
  expect(text(forwarded.body)).toBe('ok')
  expect(forward.conversations[0]?.received).toMatch(/^GET http:\/\/crl\.example:8080\/a\?b HTTP\/1\.1\r\n/)
  expect(forward.conversations[0]?.received).toMatch(/\r\nhost: crl\.example:8080\r\n/i)
  expect(forward.conversations[0]?.received).toMatch(/\r\nX-Tenant: a\r\n/)
})

test('a login to the proxy with the URL as what is asked for', async () => {
  const seen: string[] = []
  const proxy = await httpProxy(({ authorization, line }): Reaction => {
    seen.push(line)
    if (authorization === '')
      return { say: unauthorized(['Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256']) }
    const holds =
      digestHolds(authorization, 'pa55', 'ada', 'GET') && authorization.includes('uri="http://crl.example/a"')
    return holds ? { say: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' } : { say: unauthorized(['Basic realm="r"']) }
  })
  const login = through(proxy.port, { user: 'ada', password: 'pa55' })
  expect(await webRequest({ url: 'http://crl.example/a' }, { resolve, proxy: login })).toMatchObject({ status: 200 })
  expect(seen).toHaveLength(2)
  const wrong = { ...login, password: 'wr0ng' }
  const error: unknown = await webRequest({ url: 'http://crl.example/a' }, { resolve, proxy: wrong }).catch(
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ code: 'proxy.authentication-refused', phase: 'proxy' })
})

test('what the proxy says of the server is told apart from what the server says', async () => {
  const proxy = await httpProxy(() => ({
    say: 'HTTP/1.1 503 x\r\nX-Squid-Error: ERR_DNS_FAIL 0\r\nContent-Length: 0\r\n\r\n',
  }))
  const asked = webRequest({ url: 'http://no.example/' }, { resolve, proxy: through(proxy.port) })
  await expect(asked).rejects.toMatchObject({ code: 'proxy.target-not-found', phase: 'proxy' })
  const gone = webRequest({ url: 'http://no.example/' }, { resolve, proxy: through(await deadPort()) })
  await expect(gone).rejects.toMatchObject({ code: 'proxy.unreachable', phase: 'proxy' })
  expect(CONSENT).toContain('200')
})

test('http goes through a proxy in TLS', async () => {
  const proxy = await httpProxy(() => ({ say: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' }), secure)
  const road = through(proxy.port, { type: 'https', tls: { ...trust, servername: HOST } })
  const answer = await webRequest({ url: 'http://crl.example/' }, { resolve, proxy: road })
  expect(text(answer.body)).toBe('ok')
})

test('a proxy that falls silent is one, whatever is asked', async () => {
  const port = await plainServer((socket) => socket.resume())
  for (const type of ['https', 'socks5'] as const) {
    const asked = webRequest({ url: 'http://x.example/' }, { resolve, connectMs: 50, proxy: through(port, { type }) })
    await expect(asked).rejects.toMatchObject({ code: 'proxy.timeout', phase: 'proxy' })
  }
})

test('SOCKS carries both kinds of URL, and the bypass list is heeded', async () => {
  const { port, seen } = await web((response) => response.end('direct'))
  const socks = await socks5Proxy({ onward: port })
  const proxy: ProxyOptions = { type: 'socks5', host: 'proxy.example.test', port: socks.port, bypass: ['*.test'] }
  expect(text((await webRequest({ url: 'http://far.example/' }, { resolve, proxy })).body)).toBe('direct')
  expect(socks.requests).toEqual([{ host: 'far.example', port: 80, addressType: 3, user: '', password: '' }])
  await webRequest({ url: `http://${HOST}:${port}/` }, { resolve, proxy })
  expect(seen).toHaveLength(2)
  expect(socks.requests).toHaveLength(1)
})

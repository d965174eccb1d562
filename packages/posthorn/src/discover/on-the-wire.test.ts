import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { connect, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { certificates, SinkServer } from '@posthorn/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { discover, isDiscoverFailure } from './discover.js'
import type { DiscoverOptions } from './discovery.js'
import { nameServers, newNodeResolver } from './name-servers.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const [SRV, MX] = [33, 15]

/** A name in the form of DNS (RFC 1035 3.1). */
function encodedName(name: string): Buffer {
  const labels = name
    .replace(/\.$/, '')
    .split('.')
    .filter((label) => label !== '')
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ])
}

function uint16(...values: number[]): Buffer {
  return Buffer.concat(values.map((value) => Buffer.from([value >> 8, value & 255])))
}

const srvData = (priority: number, weight: number, port: number, target: string) =>
  Buffer.concat([uint16(priority, weight, port), encodedName(target)])
const mxData = (preference: number, exchange: string) => Buffer.concat([uint16(preference), encodedName(exchange)])

/** A name server on loopback: answers by `TYPE name`, NXDOMAIN for the rest; undefined stays silent. */
async function nameServer(records: Readonly<Record<string, readonly Buffer[] | 'silent'>>): Promise<string> {
  const socket = createSocket('udp4')
  closing.push(() => new Promise<void>((resolve) => socket.close(() => resolve())))
  socket.on('message', (query, from) => {
    let at = 12
    const labels: string[] = []
    while (query[at] !== 0) {
      labels.push(query.subarray(at + 1, at + 1 + query[at]!).toString())
      at += 1 + query[at]!
    }
    const question = query.subarray(12, at + 5)
    const type = query.readUInt16BE(at + 1)
    const data = records[`${type === SRV ? 'SRV' : type === MX ? 'MX' : type} ${labels.join('.')}`]
    if (data === 'silent') return
    const answers = (data ?? []).map((each) => Buffer.concat([uint16(0xc0_0c, type, 1, 0, 300, each.length), each]))
    const flags = 0x81_80 | (data ? 0 : 3)
    const header = Buffer.concat([query.subarray(0, 2), uint16(flags, 1, answers.length, 0, 0)])
    socket.send(Buffer.concat([header, question, ...answers]), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return `127.0.0.1:${socket.address().port}`
}

async function listening(server: ReturnType<typeof createHttp>): Promise<number> {
  closing.push(() => new Promise<void>((resolve) => void server.close(() => resolve())))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A proxy that knows what stands behind each `host:port`; everything else is closed. */
async function proxyTo(ports: Readonly<Record<string, number>>): Promise<string> {
  const open = new Set<Duplex>()
  const server = createHttp()
  server.on('connect', (request, socket) => {
    open.add(socket.on('error', () => socket.destroy()).once('close', () => open.delete(socket)))
    const port = ports[request.url ?? '']
    if (port === undefined) return void socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n')
    const there = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      there.pipe(socket).pipe(there)
    })
    open.add(there.on('error', () => socket.destroy()).once('close', () => open.delete(there)))
  })
  const port = await listening(server)
  closing.push(() => {
    for (const socket of open) socket.destroy()
  })
  return `http://127.0.0.1:${port}`
}

const CONFIG = `<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="x">
<outgoingServer type="smtp"><hostname>relay.example.test</hostname><port>587</port><socketType>STARTTLS</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer></emailProvider></clientConfig>`

/** A server of the web with the certificate of relay.example.test, and what it was asked. */
async function web(
  pages: Readonly<Record<string, string>>,
): Promise<{ readonly port: number; readonly asked: string[] }> {
  const { good } = await certificates()
  const asked: string[] = []
  const server = createHttps({ key: good.key, cert: good.cert }, (request, response) => {
    asked.push(
      `${request.method} ${request.headers.host}${request.url} ${request.headers.authorization ?? 'without login'}`,
    )
    const page = pages[request.url!]
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/xml' }).end(page)
  })
  return { port: await listening(server), asked }
}

async function optionsFor(
  records: Parameters<typeof nameServer>[0],
  ports: Readonly<Record<string, number>>,
): Promise<DiscoverOptions> {
  const resolver = newNodeResolver()
  resolver.setServers([await nameServer(records)])
  const road = { proxy: await proxyTo(ports), tls: { ca: (await certificates()).ca } }
  return { resolver: nameServers(resolver), road, ispdb: false }
}

describe('discovery over real sockets', () => {
  it('asks a name server, the web and the mail server, and says what each showed', async () => {
    await using mail = await SinkServer.start({ tls: await certificates(), implicitTls: true })
    const pages = { '/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=ann%40relay.example.test': CONFIG }
    const site = await web(pages)
    const options = await optionsFor(
      {
        'SRV _submissions._tcp.relay.example.test': [srvData(0, 1, 465, 'relay.example.test')],
        'MX relay.example.test': [mxData(10, 'relay.example.test')],
      },
      {
        'relay.example.test:443': site.port,
        'autoconfig.relay.example.test:443': site.port,
        'relay.example.test:465': mail.port,
      },
    )
    const found = await discover('ann@relay.example.test', { ...options, verify: 'all' })
    expect(found.candidates.map(({ source, settings }) => `${source} ${settings.host}:${settings.port}`)).toEqual([
      'srv relay.example.test:465',
      'autoconfig relay.example.test:587',
      'mx relay.example.test:25',
    ])
    expect(found.candidates[0]!.verified).toMatchObject({ ok: true })
    expect(found.steps.map(({ kind, status }) => `${kind} ${status}`)).toEqual([
      'provider-table none',
      'srv found',
      'srv none',
      'mx found',
      'autoconfig failed',
      'autoconfig found',
      'connect found',
      'connect failed',
      'connect failed',
    ])
    expect(found.steps[4]!.answer).toContain('certificate')
    expect(site.asked).toEqual([
      'GET relay.example.test/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=ann%40relay.example.test without login',
    ])
    expect(mail.sessions.flatMap(({ commands }) => commands).map((command) => command.split(' ')[0])).toEqual([
      'EHLO',
      'QUIT',
    ])
  })

  it('believes the target "." of a name server', async () => {
    const root = srvData(0, 0, 0, '.')
    const options = await optionsFor(
      { 'SRV _submissions._tcp.relay.example.test': [root], 'SRV _submission._tcp.relay.example.test': [root] },
      {},
    )
    await expect(discover('ann@relay.example.test', options)).rejects.toMatchObject({ code: 'discover.not-offered' })
  })

  it('guesses the domain itself, and takes it for its certificate', async () => {
    await using mail = await SinkServer.start({ tls: await certificates(), implicitTls: true })
    const options = await optionsFor(
      {},
      { 'relay.example.test:465': mail.port, 'smtp.relay.example.test:465': mail.port },
    )
    const found = await discover('relay.example.test', options)
    expect(found.candidates).toMatchObject([{ source: 'guess', settings: { host: 'relay.example.test', port: 465 } }])
    const misfit = found.steps.find(({ asked }) => asked.startsWith('smtp.relay.example.test:465'))
    expect(misfit).toMatchObject({ status: 'failed' })
    expect(misfit!.answer).toContain('smtp.relay.example.test')
  })

  it('does not wait for a silent name server longer than it may, and lets go of everything', async () => {
    const options = await optionsFor(
      {
        'SRV _submissions._tcp.relay.example.test': 'silent',
        'SRV _submission._tcp.relay.example.test': 'silent',
        'MX relay.example.test': 'silent',
      },
      {},
    )
    const failure: unknown = await discover('ann@relay.example.test', { ...options, deadlineMs: 200 }).catch(
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({ code: 'discover.no-answer', outcome: 'transient' })
    expect(
      isDiscoverFailure(failure) && failure.discovery.steps.filter(({ status }) => status === 'failed').length,
    ).toBeGreaterThan(2)
  })

  it('does not connect to addresses that are not public for a host outside the domain', async () => {
    await using mail = await SinkServer.start({ tls: await certificates(), implicitTls: true })
    const resolver = newNodeResolver()
    resolver.setServers([
      await nameServer({
        'SRV _submissions._tcp.relay.example.test': [srvData(0, 1, mail.port, 'inner.elsewhere.test')],
      }),
    ])
    const address = () => Promise.resolve([{ address: '127.0.0.1', family: 4 as const }])
    const options: DiscoverOptions = { resolver: { ...nameServers(resolver), address }, ispdb: false, verify: 'all' }
    const failure: unknown = await discover('relay.example.test', options).catch((error: unknown) => error)
    expect(isDiscoverFailure(failure) && failure.discovery.candidates[0]!.verified!.problem).toMatchObject({
      code: 'discover.private-address',
    })
    expect(mail.sessions).toHaveLength(0)
    const allowed = await discover('relay.example.test', {
      ...options,
      privateAddresses: 'always',
      road: { tls: { ca: (await certificates()).ca, servername: 'relay.example.test' } },
    })
    expect(allowed.candidates[0]!.verified).toMatchObject({ ok: true })
  })
})

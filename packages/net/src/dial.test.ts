import { deadPort } from '@posthorn/testkit'
import { once } from 'node:events'
import { connect, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { good, HOST, keep, plainServer, readUntil, refused, resolve, tlsServer, trust } from '../test/server.js'
import { dial } from './dial.js'
import type { ConnectorOption, DialOptions, NetEvent } from './options.js'

const base = { host: HOST, security: 'plain', timeoutMs: 20_000, resolve } as const satisfies Partial<DialOptions>

test('a plain stream keeps octets that came early, and flows once someone listens', async () => {
  const port = await plainServer((socket) => socket.write('220 ready\r\n'))
  const socket = keep(await dial({ ...base, port }))
  await once(socket, 'readable') // the greeting is here before anyone listens
  expect(socket.readableFlowing).not.toBe(true)
  socket.removeAllListeners('readable')
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
})

test('a plain stream carries no listener of ours but the guard for errors', async () => {
  const socket = keep(await dial({ ...base, port: await plainServer() }))
  const fresh = keep(new Socket())
  const counts = (each: Socket) =>
    ['connect', 'data', 'readable', 'end', 'close', 'timeout'].map((name) => each.listenerCount(name))
  expect(counts(socket)).toEqual(counts(fresh))
  expect(socket.readableFlowing).toBe(null)
  expect(socket.listenerCount('error')).toBe(2) // the guard, and that of `keep`
  expect(() => socket.emit('error', new Error('late'))).not.toThrow()
})

test('a TLS stream keeps octets that came early', async () => {
  const port = await tlsServer(good, (socket) => socket.write('220 ready\r\n'))
  const events: NetEvent[] = []
  const socket = keep(
    await dial({ ...base, port, security: 'tls', tls: trust, onEvent: (event) => events.push(event) }),
  )
  expect(socket.readableFlowing).toBe(null)
  expect(['secureConnect', 'keylog', 'data', 'readable'].map((name) => socket.listenerCount(name))).toEqual([
    0, 0, 0, 0,
  ])
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
  expect(events).toEqual([
    { type: 'resolve', host: HOST, addresses: ['127.0.0.1'] },
    { type: 'connect', address: '127.0.0.1', port },
    expect.objectContaining({
      type: 'tls',
      to: 'server',
      protocol: 'TLSv1.3',
      cipher: expect.stringMatching(/^TLS_/) as string,
      verified: true,
      subject: 'CN=whatever',
    }),
  ])
})

test('the certificate stays readable for channel binding', async () => {
  const port = await tlsServer()
  const socket = keep((await dial({ ...base, port, security: 'tls', tls: trust })) as TLSSocket)
  expect(socket.getPeerCertificate().raw).toBeInstanceOf(Buffer)
  expect(socket.getPeerX509Certificate()?.subject).toBe('CN=whatever')
})

test('[part of ipworks.config.UseIPv6] a dead IPv6 address does not keep from the IPv4 one', async () => {
  const port = await plainServer()
  const both = async () =>
    [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ] as const
  const events: NetEvent[] = []
  keep(await dial({ ...base, port, resolve: both, onEvent: (event) => events.push(event) }))
  expect(events).toEqual([
    { type: 'resolve', host: HOST, addresses: ['::1', '127.0.0.1'] },
    { type: 'connect', address: '127.0.0.1', port },
  ])
})

test('nothing listens: connect.refused', async () => {
  const port = await deadPort()
  const error = await refused(dial({ ...base, port }))
  expect(error).toMatchObject({ code: 'connect.refused', phase: 'connect', outcome: 'transient' })
  expect(error.message).toBe(`could not connect to ${HOST}:${port}: 127.0.0.1 refused the connection (ECONNREFUSED)`)
  expect(error.hint).toContain('nothing listens')
  expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' })
})

test('a local address this machine does not have: connect.local-address', async () => {
  const error = await refused(dial({ ...base, port: await plainServer(), localAddress: '192.0.2.1' }))
  expect(error).toMatchObject({ code: 'connect.local-address', outcome: 'permanent' })
})

const through =
  (port: number, prepare: (socket: Socket) => void = () => {}): ConnectorOption =>
  async () => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    prepare(socket)
    return socket
  }

test('[part of javamail.mail.smtp.socketFactory] a connector takes the place of resolving and connecting', async () => {
  const port = await plainServer((socket) => socket.write('220 ready\r\n'))
  const targets: unknown[] = []
  const events: NetEvent[] = []
  const paused = through(port, (socket) => socket.pause())
  const connector: ConnectorOption = (target, options) => {
    targets.push({ ...target, aborted: options.signal.aborted })
    return paused(target, options)
  }
  const onEvent = (event: NetEvent) => events.push(event)
  const socket = keep(await dial({ ...base, port: 2525, connector, onEvent }))
  expect(targets).toEqual([{ host: HOST, port: 2525, aborted: false }])
  expect(events).toEqual([{ type: 'connect', address: HOST, port: 2525 }])
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n') // although the connector had paused the stream
})

test('TLS goes over a connector, and TLS over TLS', async () => {
  const inner = await tlsServer(good, (socket) => socket.end('220 ready\r\n'))
  const outer = await tlsServer(good, (socket) => {
    const onward = keep(connect(inner, '127.0.0.1'))
    socket.pipe(onward).pipe(socket)
  })
  for (const connector of [through(inner), () => dial({ ...base, port: outer, security: 'tls', tls: trust })]) {
    const socket = keep(await dial({ ...base, port: 465, security: 'tls', tls: trust, connector }))
    expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
  }
})

test('the fault of a connector is diagnosed', async () => {
  const error = await refused(dial({ ...base, port: 25, connector: through(await deadPort()) }))
  expect(error).toMatchObject({ code: 'connect.refused', phase: 'connect' })
  const own = await refused(dial({ ...base, port: 25, connector: () => Promise.reject(error) }))
  expect(own).toBe(error)
  const closed = async () => new Socket().destroy()
  expect(await refused(dial({ ...base, port: 25, connector: closed }))).toMatchObject({ code: 'connect.reset' })
})

test('a listener that throws ends the attempt with its error, and no socket stays open', async () => {
  let closed = false
  const port = await plainServer((socket) => void socket.resume().on('close', () => (closed = true)))
  const fault = new Error('from the listener')
  const onEvent = ({ type }: NetEvent) => {
    if (type === 'connect') throw fault
  }
  await expect(dial({ ...base, port, onEvent })).rejects.toBe(fault)
  await expect.poll(() => closed).toBe(true)
})

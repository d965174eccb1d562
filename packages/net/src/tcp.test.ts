import * as net from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { HOST, keep, plainServer, readUntil, refused, resolve } from '../test/server.js'
import { dial } from './dial.js'

vi.mock('node:net', async (original) => {
  const actual = await original<typeof net>()
  return { ...actual, connect: vi.fn(actual.connect) }
})

const options = { host: HOST, security: 'plain', timeoutMs: 20_000, resolve } as const

afterEach(() => {
  vi.mocked(net.connect).mockClear()
})

test('[part of ipworks.config.TCPKeepAlive] [part of ipworks.config.TcpNoDelay] keep-alive and no-delay are on unless they are switched off', async () => {
  const port = await plainServer()
  keep(await dial({ ...options, port }))
  keep(await dial({ ...options, port, keepAlive: false, noDelay: false }))
  expect(vi.mocked(net.connect).mock.calls).toEqual([
    [{ host: '127.0.0.1', family: 4, port, keepAlive: true, noDelay: true }],
    [{ host: '127.0.0.1', family: 4, port, keepAlive: false, noDelay: false }],
  ])
})

test('[part of ipworks.prop.LocalHost] [part of ipworks.config.LocalPort] localAddress and localPort are what the socket is bound to', async () => {
  const port = await plainServer()
  const localPort = await plainServer() // in use, so that binding to it must fail
  const error = await refused(dial({ ...options, port, localAddress: '127.0.0.1', localPort }))
  expect(error).toMatchObject({ code: 'connect.local-address', cause: { code: 'EADDRINUSE' } })
  expect(vi.mocked(net.connect).mock.lastCall?.[0]).toMatchObject({ localAddress: '127.0.0.1', localPort })
  const socket = keep(await dial({ ...options, port, localAddress: '127.0.0.1' }))
  expect(socket.localAddress).toBe('127.0.0.1')
})

test('[part of ipworks.config.KeepAliveTime] the time before the first keep-alive probe reaches the socket, one second at least', async () => {
  const port = await plainServer()
  for (const keepAliveDelayMs of [90_000, 10, 0]) keep(await dial({ ...options, port, keepAliveDelayMs }))
  const delays = vi
    .mocked(net.connect)
    .mock.calls.map(([given]) => (given as unknown as net.TcpNetConnectOpts).keepAliveInitialDelay)
  expect(delays).toEqual([90_000, 1_000, undefined])
})

test.each([0, 1, 5_000, 2 ** 31])(
  '[part of ipworks.config.InBufferSize] [part of ipworks.config.OutBufferSize] buffers of %i octets are those of the stream, and it works',
  async (octets) => {
    const port = await plainServer((socket) => socket.pipe(socket))
    const buffers = { readBufferOctets: octets, writeBufferOctets: octets }
    const socket = keep(await dial({ ...options, port, ...buffers }))
    expect([socket.readableHighWaterMark, socket.writableHighWaterMark]).toEqual([octets, octets])
    socket.write(`${'x'.repeat(10_000)}\r\n`)
    expect(await readUntil(socket, '\r\n')).toHaveLength(10_002)
  },
)

test.each([
  ['keepAliveDelayMs', -1],
  ['keepAliveDelayMs', Number.NaN],
  ['readBufferOctets', -1],
  ['writeBufferOctets', 1.5],
])('%s: %d cannot be meant', async (field, value) => {
  await expect(dial({ ...options, port: 25, [field]: value })).rejects.toMatchObject({ code: 'settings.socket', field })
})

import * as net from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { deadPort, HOST, keep, plainServer, refused, resolve } from '../test/server.js'
import { dial } from './dial.js'

vi.mock('node:net', async (original) => {
  const actual = await original<typeof net>()
  return { ...actual, connect: vi.fn(actual.connect) }
})

const options = { host: HOST, security: 'plain', timeoutMs: 20_000, resolve } as const

afterEach(() => {
  vi.mocked(net.connect).mockClear()
})

test('keep-alive and no-delay are on unless they are switched off', async () => {
  const port = await plainServer()
  keep(await dial({ ...options, port }))
  keep(await dial({ ...options, port, keepAlive: false, noDelay: false }))
  expect(vi.mocked(net.connect).mock.calls).toEqual([
    [{ host: '127.0.0.1', family: 4, port, keepAlive: true, noDelay: true }],
    [{ host: '127.0.0.1', family: 4, port, keepAlive: false, noDelay: false }],
  ])
})

test('localAddress and localPort are what the socket is bound to', async () => {
  const port = await plainServer()
  const localPort = await deadPort() // in use, so that binding to it must fail
  const error = await refused(dial({ ...options, port, localAddress: '127.0.0.1', localPort }))
  expect(error).toMatchObject({ code: 'connect.local-address', cause: { code: 'EADDRINUSE' } })
  expect(vi.mocked(net.connect).mock.lastCall?.[0]).toMatchObject({ localAddress: '127.0.0.1', localPort })
  const socket = keep(await dial({ ...options, port, localAddress: '127.0.0.1' }))
  expect(socket.localAddress).toBe('127.0.0.1')
})

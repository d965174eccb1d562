import { expect, test } from 'vitest'
import { HOST, keep, plainServer, refused, resolve } from '../test/server.js'
import { dial } from './dial.js'
import type { DialOptions, NetEvent, Resolve, ResolvedAddress } from './options.js'
import { interleave } from './resolve.js'

const base = { host: HOST, port: 25, security: 'plain', timeoutMs: 20_000 } as const satisfies DialOptions
const failing =
  (code: string): Resolve =>
  async () =>
    Promise.reject(Object.assign(new Error(`getaddrinfo ${code}`), { code }))

test('IPv6 comes first, then the families take turns, and an address is tried once', () => {
  const of = (address: string): ResolvedAddress => ({ address, family: address.includes(':') ? 6 : 4 })
  const found = ['10.0.0.1', '10.0.0.2', '::1', '10.0.0.3', '10.0.0.1', '::2'].map(of)
  expect(interleave(found).map(({ address }) => address)).toEqual(['::1', '10.0.0.1', '::2', '10.0.0.2', '10.0.0.3'])
})

test.each(['ENOTFOUND', 'ENODATA'])('%s from the resolver: the name has no address', async (code) => {
  const error = await refused(dial({ ...base, resolve: failing(code) }))
  expect(error).toMatchObject({ code: 'resolve.not-found', phase: 'resolve', outcome: 'permanent' })
  expect(error.hint).toContain('spelling')
  expect(error.cause).toMatchObject({ code })
})

test.each(['EAI_AGAIN', 'ESERVFAIL', 'EMFILE'])('%s from the resolver: a passing fault', async (code) => {
  const error = await refused(dial({ ...base, resolve: failing(code) }))
  expect(error).toMatchObject({ code: 'resolve.failed', phase: 'resolve', outcome: 'transient' })
})

test('an empty answer means that there is no address', async () => {
  const error = await refused(dial({ ...base, resolve: async () => [] }))
  expect(error).toMatchObject({ code: 'resolve.not-found', message: `${HOST} has no address` })
})

test('a resolver that gives a name is not followed', async () => {
  const elsewhere: Resolve = async () => [{ address: 'other.example.test', family: 4 }]
  expect(await refused(dial({ ...base, resolve: elsewhere }))).toMatchObject({ code: 'resolve.failed' })
})

test('the family is told to the resolver, and held against its answer', async () => {
  const asked: number[] = []
  const spy: Resolve = async (_, { family }) => {
    asked.push(family)
    return [{ address: '::1', family: 6 }]
  }
  const error = await refused(dial({ ...base, family: 4, resolve: spy }))
  expect(asked).toEqual([4])
  expect(error).toMatchObject({ code: 'resolve.not-found', message: `${HOST} has no IPv4 address, only ::1` })
})

test('a local address allows only addresses of its family', async () => {
  const both: Resolve = async () => [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ]
  const events: NetEvent[] = []
  const port = await plainServer()
  const localAddress = '127.0.0.1'
  keep(await dial({ ...base, port, resolve: both, localAddress, onEvent: (event) => events.push(event) }))
  expect(events).toEqual([
    { type: 'resolve', host: HOST, addresses: ['127.0.0.1'] },
    { type: 'connect', address: '127.0.0.1', port },
  ])
})

test('an IP literal asks no resolver', async () => {
  const port = await plainServer()
  const events: NetEvent[] = []
  const onEvent = (event: NetEvent) => events.push(event)
  const never: Resolve = async () => Promise.reject(new Error('asked'))
  keep(await dial({ ...base, host: '127.0.0.1', port, resolve: never, onEvent }))
  expect(events).toEqual([{ type: 'connect', address: '127.0.0.1', port }])
})

test.each(['::1', '[::1]'])('%s is an IPv6 literal', async (host) => {
  const error = await refused(dial({ ...base, host, family: 4, resolve }))
  expect(error.message).toBe('::1 has no IPv4 address, only ::1')
})

test('the resolver of the system knows localhost', async () => {
  const port = await plainServer()
  const socket = keep(await dial({ ...base, host: 'localhost', port, family: 4 }))
  expect(socket.remoteAddress).toBe('127.0.0.1')
})

test('an international name is looked up as A-label', async () => {
  const asked: string[] = []
  const spy: Resolve = async (host) => {
    asked.push(host)
    return []
  }
  await refused(dial({ ...base, host: 'bücher.example', resolve: spy }))
  await refused(dial({ ...base, host: 'my_host.example.', resolve: spy }))
  expect(asked).toEqual(['xn--bcher-kva.example', 'my_host.example.'])
})

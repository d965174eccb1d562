import { getEventListeners, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { HOST, keep, openHandles, plainServer, refused, resolve } from '../test/server.js'
import { dial } from './dial.js'
import type { ConnectorOption, DialOptions, Resolve } from './options.js'
import { upgrade } from './upgrade.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Each brings an attempt to a step in which the other side is silent for ever, and says when it is there. */
const silences: Record<string, (there: () => void) => Promise<Partial<DialOptions>>> = {
  resolve: async (there) => ({ resolve: neverResolves(there) }),
  connect: async (there) => ({ connector: neverConnects(there) }),
  tls: async (there) => ({ resolve, security: 'tls', port: await plainServer((socket) => socket.once('data', there)) }),
}
const neverResolves =
  (there: () => void): Resolve =>
  () =>
    new Promise(() => there())
const neverConnects =
  (there: () => void): ConnectorOption =>
  () =>
    new Promise(() => there())

describe.each(Object.entries(silences))('in step %s', (step, silence) => {
  test('the deadline settles the promise and leaves nothing behind', async () => {
    const before = openHandles()
    let options: Partial<DialOptions> = {}
    let settled: Promise<unknown> | undefined
    await new Promise<void>((there) => {
      void silence(there).then((given) => {
        options = given
        settled = refused(dial({ host: HOST, port: 25, security: 'plain', timeoutMs: 500, ...options }))
      })
    })
    await vi.advanceTimersByTimeAsync(499)
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    const error = await settled
    expect(error).toMatchObject({ code: `${step}.timeout`, phase: step, outcome: 'transient' })
    expect((error as Error).message).toMatch(/did not come about within 500 ms$/)
    await nothingLeft(before, options)
  })

  test('an abort settles the promise and leaves nothing behind', async () => {
    const before = openHandles()
    const abort = new AbortController()
    const reason = new Error('the user went home')
    let options: Partial<DialOptions> = {}
    let settled: Promise<unknown> | undefined
    await new Promise<void>((there) => {
      void silence(there).then((given) => {
        options = given
        const { signal } = abort
        settled = refused(dial({ host: HOST, port: 25, security: 'plain', timeoutMs: 500, signal, ...options }))
      })
    })
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1)
    abort.abort(reason)
    expect(await settled).toMatchObject({ code: 'aborted', phase: step, outcome: 'transient', cause: reason })
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0)
    await nothingLeft(before, options)
  })
})

/** No timer, and no socket but those of the server the test itself opened. */
async function nothingLeft(before: number, { port }: Partial<DialOptions>): Promise<void> {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
  await expect.poll(openHandles).toBeLessThanOrEqual(before + (port === undefined ? 0 : 1))
}

test('success takes the timer and the listener away too', async () => {
  const { signal } = new AbortController()
  const port = await plainServer()
  keep(await dial({ host: HOST, port, security: 'plain', timeoutMs: 500, signal, resolve }))
  expect(vi.getTimerCount()).toBe(0)
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

test('what is aborted already does not begin', async () => {
  const asked = vi.fn<Resolve>()
  const signal = AbortSignal.abort('too late')
  const options = { host: HOST, port: 25, timeoutMs: 500, signal } as const
  const error = await refused(dial({ ...options, security: 'plain', resolve: asked }))
  expect(error).toMatchObject({ code: 'aborted', phase: 'resolve', cause: 'too late' })
  expect(asked).not.toHaveBeenCalled()
  const socket = keep(connect(await plainServer(), '127.0.0.1'))
  await once(socket, 'connect')
  expect(await refused(upgrade(socket, options))).toMatchObject({ code: 'aborted', phase: 'tls' })
  expect(socket.destroyed).toBe(true)
})

test('a resolver and a connector are told, and what they bring too late is closed', async () => {
  const port = await plainServer()
  const late = connect(port, '127.0.0.1')
  await once(late, 'connect')
  const told: unknown[] = []
  let bring: (socket: Socket) => void = () => {}
  const connector: ConnectorOption = (_, { signal }) => {
    signal.addEventListener('abort', () => told.push(signal.reason))
    return new Promise((done) => (bring = done))
  }
  const dialling = refused(dial({ host: HOST, port, security: 'plain', timeoutMs: 500, connector }))
  await vi.advanceTimersByTimeAsync(500)
  const error = await dialling
  expect(told).toEqual([error])
  bring(late)
  await once(late, 'close')
  expect(late.destroyed).toBe(true)
})

test('an address that comes after the deadline is not connected to', async () => {
  let answer: () => void = () => {}
  const connected = vi.fn()
  const port = await plainServer(connected)
  const slow: Resolve = async () => {
    await new Promise<void>((done) => (answer = done))
    return [{ address: '127.0.0.1', family: 4 }]
  }
  const events: string[] = []
  const onEvent = ({ type }: { type: string }) => events.push(type)
  const dialling = refused(dial({ host: HOST, port, security: 'plain', timeoutMs: 500, resolve: slow, onEvent }))
  await vi.advanceTimersByTimeAsync(500)
  expect(await dialling).toMatchObject({ code: 'resolve.timeout' })
  answer()
  const next = keep(connect(port, '127.0.0.1')) // by the time this one is seen, the other would have been
  await once(next, 'connect')
  await vi.waitFor(() => expect(connected).toHaveBeenCalled())
  expect(connected).toHaveBeenCalledTimes(1)
  expect(events).toEqual([])
})

test('a very long deadline is no short one', async () => {
  const abort = new AbortController()
  const options = { host: HOST, port: 25, security: 'plain', signal: abort.signal } as const
  const dialling = refused(dial({ ...options, timeoutMs: Infinity, resolve: neverResolves(() => {}) }))
  await vi.advanceTimersByTimeAsync(1_000_000)
  abort.abort()
  expect(await dialling).toMatchObject({ code: 'aborted' })
})

import { deadPort } from '@posthorn/testkit'
import { connect, Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { HOST, keep, plainServer, refused } from '../test/server.js'
import { runAttempt } from './attempt.js'
import type { ResolvedAddress } from './options.js'
import { race } from './race.js'

afterEach(() => {
  vi.useRealTimers()
})

const v6: ResolvedAddress = { address: '2001:db8::1', family: 6 }
const v4: ResolvedAddress = { address: '127.0.0.1', family: 4 }

function run(addresses: ResolvedAddress[], open: (address: ResolvedAddress) => Socket, options: Options = {}) {
  const { signal, delayMs } = options
  const limits = { timeoutMs: 60_000, signal }
  return runAttempt({ host: HOST, port: 25 }, 'connect', limits, async (attempt) => {
    const { socket } = await race(attempt, addresses, open, delayMs)
    return keep(socket)
  })
}
interface Options {
  readonly signal?: AbortSignal
  readonly delayMs?: number
}

test('a silent first address is overtaken by the second and closed', async () => {
  const port = await plainServer()
  const silent = new Socket() // never connects, as when a firewall drops the packets
  const socket = await run([v6, v4], ({ family }) => (family === 6 ? silent : connect(port, '127.0.0.1')), {
    delayMs: 1,
  })
  expect(socket.remotePort).toBe(port)
  expect(silent.destroyed).toBe(true)
  expect(socket.listenerCount('connect') + silent.listenerCount('connect')).toBe(0)
})

test('the second address waits for the delay of 250 ms, and the first may still win after it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const opened: Socket[] = []
  const racing = run([v6, v4], () => {
    const socket = new Socket()
    opened.push(socket)
    return socket
  })
  await vi.advanceTimersByTimeAsync(249)
  expect(opened).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(opened).toHaveLength(2)
  opened[0]?.emit('connect')
  expect(await racing).toBe(opened[0])
  expect(opened.map(({ destroyed }) => destroyed)).toEqual([false, true])
  expect(vi.getTimerCount()).toBe(0)
})

test('a failed address starts the next at once, without a timer', async () => {
  const port = await plainServer()
  const dead = await deadPort()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }) // nobody moves them on
  const socket = await run([v6, v4], ({ family }) => connect(family === 6 ? dead : port, '127.0.0.1'))
  expect(socket.remotePort).toBe(port)
  expect(vi.getTimerCount()).toBe(0)
})

test('a single address sets no timer but the deadline', async () => {
  const port = await plainServer()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const racing = run([v4], () => connect(port, '127.0.0.1'))
  expect(vi.getTimerCount()).toBe(1)
  await racing
  expect(vi.getTimerCount()).toBe(0)
})

test('when all addresses fail the error counts them, gives the first reasons and has them all as its cause', async () => {
  const reasons = ['ENETUNREACH', 'EHOSTUNREACH', 'ECONNREFUSED', 'ETIMEDOUT', 'ECONNRESET']
  const addresses = reasons.map((_, index): ResolvedAddress => ({ address: `192.0.2.${index}`, family: 4 }))
  const error = await refused(
    run(addresses, ({ address }) => {
      const code = reasons[Number(address.split('.')[3])]
      const socket = new Socket()
      setImmediate(() => socket.destroy(Object.assign(new Error(code), { code })))
      return socket
    }),
  )
  expect(error).toMatchObject({ code: 'connect.refused', phase: 'connect', outcome: 'transient' })
  expect(error.message).toBe(
    `none of the 5 addresses of ${HOST}:25 could be connected to: 192.0.2.0 is unreachable (ENETUNREACH); ` +
      '192.0.2.1 is unreachable (EHOSTUNREACH); 192.0.2.2 refused the connection (ECONNREFUSED); and 2 more',
  )
  expect(error.cause).toBeInstanceOf(AggregateError)
  expect((error.cause as AggregateError).errors.map(({ code }: NodeJS.ErrnoException) => code)).toEqual(reasons)
})

test('an abort closes every racer and clears the delay', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const abort = new AbortController()
  const opened: Socket[] = []
  const racing = run(
    [v6, v4, v4],
    () => {
      const socket = new Socket()
      opened.push(socket)
      return socket
    },
    { signal: abort.signal },
  )
  await vi.advanceTimersByTimeAsync(250)
  abort.abort('enough')
  expect(await refused(racing)).toMatchObject({ code: 'aborted', phase: 'connect', cause: 'enough' })
  expect(opened.map(({ destroyed }) => destroyed)).toEqual([true, true])
  expect(vi.getTimerCount()).toBe(0)
})

test('the deadline names the addresses that had failed before it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const failing = new Socket()
  const racing = refused(run([v6, v4], ({ family }) => (family === 6 ? failing : new Socket())))
  failing.destroy(Object.assign(new Error('no route'), { code: 'ENETUNREACH' }))
  await new Promise((done) => failing.on('close', done))
  await vi.advanceTimersByTimeAsync(60_000)
  const error = await racing
  expect(error.code).toBe('connect.timeout')
  expect(error.message).toContain('within 60000 ms; before that 2001:db8::1 is unreachable (ENETUNREACH)')
})

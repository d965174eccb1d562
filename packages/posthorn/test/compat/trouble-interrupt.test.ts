import { lookup } from 'node:dns/promises'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { Certificate, type SMTP } from '../../src/compat/ipworks/index.js'
import { pass, stopClock, turns, until, watched } from './clock.js'
import { component, failure, sink } from './component.js'
import { puppet } from './puppet.js'

vi.mock('node:dns/promises', async (original) => ({ ...(await original<object>()), lookup: vi.fn() }))

beforeEach(() => void vi.mocked(lookup).mockReset())

const INTERRUPTED = { code: 301, reason: 'interrupted' }
const TIMEOUT = { code: 301, reason: 'timeout' }

/** A component whose LocalHost nobody can tell the address of. */
function lookingUp(): SMTP {
  vi.mocked(lookup).mockReturnValue(new Promise(() => {}) as never)
  const smtp = component({ port: 2525 })
  smtp.localHost = 'slow.example'
  return smtp
}

/** A component whose token waits for its PIN. */
function openingToken(): { readonly smtp: SMTP; readonly open: () => void } {
  const certificate = new Certificate()
  let open = (): void => {}
  const identity = new Promise((resolve) => (open = () => resolve(undefined)))
  Object.defineProperty(certificate, 'identity', { get: () => identity })
  const smtp = component({ port: 2525 })
  smtp.sslStartMode = 2
  smtp.sslCert = certificate
  return { smtp, open }
}

describe('what is waited for before there is a connection', () => {
  const MAKE: Record<string, () => SMTP> = {
    'the lookup of LocalHost': lookingUp,
    'the opening of a token': () => openingToken().smtp,
  }

  test.each(Object.entries(MAKE))(
    '[part of ipworks.method.Interrupt] [part of ipworks.error.301] %s is ended by interrupt() at once',
    async (_, make) => {
      stopClock()
      const smtp = make()
      const watch = watched(smtp.connect())
      await turns()
      smtp.interrupt()
      expect(await watch.outcome).toMatchObject(INTERRUPTED)
      expect([smtp.idle, vi.getTimerCount()]).toEqual([true, 0])
    },
  )

  test.each(Object.entries(MAKE))(
    '[part of ipworks.prop.Timeout] [part of ipworks.config.AbsoluteTimeout] %s is under Timeout, ConnectionTimeout and AbsoluteTimeout',
    async (_, make) => {
      stopClock()
      for (const settings of [
        ['ConnectionTimeout='],
        ['ConnectionTimeout=2'],
        ['ConnectionTimeout=9', 'AbsoluteTimeout=1'],
      ]) {
        const smtp = make()
        smtp.timeout = settings.length > 1 || settings[0] === 'ConnectionTimeout=' ? 2 : 60
        for (const setting of settings) smtp.config(setting)
        const watch = watched(smtp.send())
        await pass(1999)
        expect(watch.settled).toBe(false)
        await pass(1)
        expect(await watch.outcome).toMatchObject(TIMEOUT)
        expect([smtp.idle, vi.getTimerCount()]).toEqual([true, 0])
      }
    },
  )

  test('a token that opens when nobody waits any more tells nothing', async () => {
    const { smtp, open } = openingToken()
    smtp.config('KeepAliveInterval=5')
    const told: string[] = []
    smtp.on('PITrail', ({ message }) => told.push(message))
    const watch = watched(smtp.connect())
    await turns()
    smtp.interrupt()
    expect(await watch.outcome).toMatchObject(INTERRUPTED)
    open()
    await turns()
    expect(told).toEqual([])
  })
})

describe('a method that only waits for handlers', () => {
  test('[part of ipworks.method.Interrupt] is given up by interrupt(), and the connection stays', async () => {
    const server = await sink()
    const smtp = component(server)
    await smtp.connect()
    let called = false
    smtp.on('EndTransfer', () => {}) // so that the reply to the content is told when it comes
    smtp.on('PITrail', ({ message }) => {
      if (called || !message.startsWith('250 2.0.0 taken')) return undefined
      called = true
      return new Promise(() => {})
    })
    const watch = watched(smtp.send())
    await until(() => called)
    await turns()
    expect([watch.settled, smtp.idle]).toEqual([false, false])
    smtp.interrupt()
    expect(await watch.outcome).toBeUndefined()
    expect([smtp.connected, smtp.idle]).toEqual([true, true])
    await smtp.send()
    expect([server.sessions.length, server.ledger.length]).toEqual([1, 2])
  })

  test('[part of ipworks.config.AbsoluteTimeout] is given up when its time is over', async () => {
    stopClock()
    const smtp = component(await sink())
    smtp.timeout = 1
    smtp.config('AbsoluteTimeout=True')
    let called = false
    smtp.on('ConnectionStatus', ({ connectionEvent }) => {
      if (connectionEvent !== 'Disconnected') return undefined
      called = true
      return new Promise(() => {})
    })
    const watch = watched(smtp.send())
    await until(() => called)
    await turns()
    expect(watch.settled).toBe(false)
    await pass(1000)
    expect(await watch.outcome).toBeUndefined()
    expect(smtp.idle).toBe(true)
  })
})

test('[part of ipworks.method.Interrupt] queue() is interrupted, and the connection has nothing to do with it', async () => {
  const server = await sink()
  const smtp = component(server)
  await smtp.connect()
  const watch = watched(smtp.queue('*'))
  smtp.interrupt()
  expect(await watch.outcome).toMatchObject(INTERRUPTED)
  expect(smtp.connected).toBe(true)
  await smtp.send()
  expect(server.sessions).toHaveLength(1)
})

describe('await using', () => {
  test('waits for the end of the method that is at work', async () => {
    const server = await puppet()
    const smtp = component(server)
    await smtp.connect()
    const watch = watched(smtp.verify('anna'))
    const refused = failure(smtp.verify('bruno'))
    await turns()
    await smtp[Symbol.asyncDispose]()
    expect([smtp.idle, smtp.connected]).toEqual([true, false])
    expect(await watch.outcome).toMatchObject(INTERRUPTED)
    expect(await refused).toMatchObject({ code: 166 })
  })

  test('ends the connection also when a method was at work that has none', async () => {
    const server = await sink()
    const smtp = component(server)
    await smtp.connect()
    const watch = watched(smtp.queue('*'))
    await smtp[Symbol.asyncDispose]()
    expect(smtp.connected).toBe(false)
    expect(server.sessions[0]!.endedBy).toBe('quit')
    await watch.outcome
  })
})

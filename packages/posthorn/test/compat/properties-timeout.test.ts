import { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SMTP } from '../../src/compat/ipworks/index.js'
import { pass, stopClock, turns, until, watched } from './clock.js'
import { component } from './component.js'
import { puppet } from './puppet.js'

beforeEach(stopClock)
afterEach(() => void vi.restoreAllMocks())

/** A component that is connected to a server in the hands of the test, and its side of the connection. */
async function connected(timeout: number) {
  const server = await puppet()
  const dialled = vi.spyOn(Socket.prototype, 'connect')
  const smtp = component(server)
  smtp.timeout = timeout
  await smtp.connect()
  const client = dialled.mock.contexts.at(-1) as Socket
  /** Says a text octet by octet, with a pause before each, and each is heard. */
  const dribble = async (text: string, pauseMs: number): Promise<void> => {
    for (const octet of text) {
      await pass(pauseMs)
      const before = client.bytesRead
      server.socket().write(octet)
      await until(() => client.bytesRead > before || client.destroyed)
    }
  }
  return { server, smtp, client, dribble }
}

describe('[ipworks.prop.Timeout] N seconds of silence', () => {
  test('a server that stalls: after N seconds, and not before; the connection is closed', async () => {
    const { server, smtp, client } = await connected(4)
    const closed = new Promise((resolve) => server.socket().once('close', resolve))
    const watch = watched(smtp.verify('anna'))
    await until(() => server.socket().bytesRead > 'EHLO client.example.test\r\n'.length)
    await pass(3999)
    await turns()
    expect([watch.settled, smtp.idle, smtp.connected]).toEqual([false, false, true])
    await pass(1)
    expect(await watch.outcome).toMatchObject({ code: 301, reason: 'timeout' })
    expect([smtp.idle, smtp.connected, client.destroyed]).toEqual([true, false, true])
    await closed
  })

  test('a server that says an octet each N/2 seconds: no timeout', async () => {
    const { server, smtp, dribble } = await connected(4)
    const watch = watched(smtp.verify('anna'))
    await until(() => server.socket().bytesRead > 'EHLO client.example.test\r\n'.length)
    await dribble('252 maybe, we shall see\r', 2000)
    await turns()
    expect(watch.settled).toBe(false)
    await dribble('\n', 2000)
    expect(await watch.outcome).toBeUndefined()
    expect(smtp.lastReply).toBe('252 maybe, we shall see')
  })

  test('0: still pending after a day', async () => {
    const { server, smtp, dribble } = await connected(0)
    const watch = watched(smtp.verify('anna'))
    await until(() => server.socket().bytesRead > 'EHLO client.example.test\r\n'.length)
    await pass(86_400_000)
    await turns()
    expect([watch.settled, smtp.connected]).toEqual([false, true])
    await dribble('252 maybe\r\n', 0)
    expect(await watch.outcome).toBeUndefined()
  })
})

test('[part of ipworks.prop.Timeout] it is 60 by itself, counts while connecting, and a change counts from the next method on', async () => {
  expect(new SMTP().timeout).toBe(60)
  const silent = await puppet(false)
  const smtp = component(silent)
  let stands = false
  smtp.on('ConnectionStatus', ({ connectionEvent }) => (stands ||= connectionEvent === 'Connected'))
  const connecting = watched(smtp.connect())
  await until(() => stands)
  await turns()
  await pass(59_000)
  await turns()
  expect(connecting.settled).toBe(false)
  await pass(1000)
  expect(await connecting.outcome).toMatchObject({ code: 301, reason: 'timeout' })
  expect(smtp.connected).toBe(false)

  const { server, smtp: other, dribble } = await connected(30)
  const first = watched(other.verify('anna'))
  const asked = () => server.socket().bytesRead
  await until(() => asked() > 'EHLO client.example.test\r\n'.length)
  other.timeout = 1
  await pass(20_000)
  await dribble('250 ok\r\n', 0)
  expect(await first.outcome).toBeUndefined()
  const before = asked()
  const second = watched(other.verify('anna'))
  await until(() => asked() > before)
  await pass(1000)
  expect(await second.outcome).toMatchObject({ code: 301, reason: 'timeout' })
  for (const wrong of [-1, 1.5, NaN, undefined, null, '', 'long', {}])
    expect(() => Object.assign(other, { timeout: wrong })).toThrow(expect.objectContaining({ code: 10022 }))
  Object.assign(other, { timeout: '5' })
  expect(other.timeout).toBe(5)
})

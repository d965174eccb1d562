import type { TrailEvent } from '@posthorn/smtp'
import { SinkServer } from '@posthorn/testkit'
import { expect, it } from 'vitest'
import { ServerClients } from './server-clients.js'

it('keeps so many servers, closes the one used longest ago that nobody uses, and counts sessions over all', async () => {
  await using server = await SinkServer.start()
  const events: TrailEvent[] = []
  const clients = new ServerClients(2, (event) => void events.push(event))
  clients.isWatched = true
  const options = () => ({ host: '127.0.0.1', port: server.port, security: 'none' }) as const
  const submission = { envelope: { reversePath: '', recipients: ['b@example.test'] }, content: 'x\r\n' }
  let made = 0
  const send = (key: string) =>
    clients.use(
      key,
      () => {
        made++
        return options()
      },
      (client) => client.send(submission),
    )
  await send('a')
  await send('b')
  await send('a')
  expect([made, clients.counts.open]).toEqual([2, 2])
  await send('c') // b goes
  await send('a')
  expect(made).toBe(3)
  await send('b')
  expect(made).toBe(4)
  expect(new Set(events.map(({ session }) => session))).toEqual(new Set([1, 2, 3, 4]))
  clients.isWatched = false
  const before = events.length
  await send('b')
  expect(events).toHaveLength(before)
  await clients.close(false)
  expect(server.ledger).toHaveLength(7)
  await server.idle()
})

it('keeps those that are in use, however many', async () => {
  await using server = await SinkServer.start()
  const clients = new ServerClients(1, () => {})
  const options = () => ({ host: '127.0.0.1', port: server.port, security: 'none' }) as const
  let leave = () => {}
  const busy = clients.use('a', options, async (client) => {
    await new Promise<void>((resolve) => (leave = resolve))
    await client.verify()
  })
  await clients.use('b', options, (client) => client.verify())
  leave()
  await busy
  await clients.close(true)
  expect(server.sessions).toHaveLength(2)
})

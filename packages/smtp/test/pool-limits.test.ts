import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { SinkServer, type SinkOptions } from '@posthorn/testkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { SmtpClient, type PoolOptions, type SmtpOptions } from '../src/index.js'
import { clientFor, receiptOf, until } from './support.js'

const CONTENT = 'Subject: pool\r\n\r\nx\r\n'
const message = (number: number) => ({
  envelope: { reversePath: 'a@example.test', recipients: [`r${number}@example.test`] },
  content: CONTENT,
})

/** From here on the clocks stand until they are moved; sockets go on. */
const stopClocks = async (): Promise<void> => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  await pass(1_000)
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
afterEach(() => void vi.useRealTimers())

/** Two messages with so much time between them; the commands of every session, without the envelopes. */
async function twice(idleMs: number, pool: PoolOptions = {}, server: SinkOptions = {}): Promise<string[][]> {
  await stopClocks()
  await using sink = await SinkServer.start(server)
  const client = clientFor(sink, { pool: { maxConnections: 1, ...pool } })
  await client.send(message(1))
  await until(() => client.counts.idle === 1)
  await pass(idleMs)
  const receipt = await client.send(message(2))
  expect(receipt.deliveries[0]!.outcome).toBe('delivered')
  expect(sink.ledger.map(({ recipients }) => recipients[0])).toEqual(['r1@example.test', 'r2@example.test'])
  await client.close()
  await sink.idle()
  return sink.sessions.map(({ commands }) => commands.flatMap((line) => /^(?:MAIL|NOOP|RSET|QUIT)/.exec(line) ?? []))
}

const ALIVE = (check: string) => [['MAIL', check, 'MAIL', 'QUIT']]
const ANOTHER = (...ended: string[]) => [
  ['MAIL', ...ended],
  ['MAIL', 'QUIT'],
]
const answers = (verb: string, reply: string): SinkOptions => ({
  replyTo: (asked) => (asked === verb ? reply : undefined),
})

/** Answers the end of a content only when ten sessions wait for that, or all messages that are left do. */
async function slowServer(messages: number) {
  const waiting: (() => void)[] = []
  const counted = { port: 0, most: 0, taken: 0, close: () => void server.close() }
  let open = 0
  const server = createServer((socket) => {
    counted.most = Math.max(counted.most, ++open)
    socket.on('error', () => {})
    socket.on('close', () => open--)
    socket.write('220 slow\r\n')
    socket.on('data', (octets) => {
      const text = octets.toString()
      if (text.startsWith('QUIT')) return void socket.end('221 bye\r\n')
      if (text.startsWith('DATA')) return void socket.write('354 go on\r\n')
      if (!text.endsWith('\r\n.\r\n')) return void socket.write('250 ok\r\n')
      waiting.push(() => void socket.write('250 taken\r\n'))
      if (waiting.length < Math.min(10, messages - counted.taken)) return
      counted.taken += waiting.length
      for (const answer of waiting.splice(0)) answer()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  counted.port = (server.address() as AddressInfo).port
  return counted
}

describe('whether an idle session is still alive', () => {
  it('is asked after more than 30 seconds, and not before [part of genesys.behaviour.noop-check] [part of genesys.option.cnx-check-idle-time]', async () => {
    expect(await twice(29_000)).toEqual([['MAIL', 'MAIL', 'QUIT']])
    expect(await twice(31_000)).toEqual(ALIVE('NOOP'))
  })

  it('is asked every time with 0 [part of genesys.option.cnx-check-idle-time]', async () => {
    expect(await twice(0, { probeIdleMs: 0 })).toEqual(ALIVE('NOOP'))
  })

  it('is asked by RSET when that is wanted [part of javamail.mail.smtp.userset]', async () => {
    expect(await twice(31_000, { probeCommand: 'RSET' })).toEqual(ALIVE('RSET'))
    const refusing = answers('RSET', '500 5.5.1 what')
    expect(await twice(31_000, { probeCommand: 'RSET' }, refusing)).toEqual(ANOTHER('RSET', 'QUIT'))
  })

  it.each([
    ['250 alive', ALIVE('NOOP'), ALIVE('NOOP')],
    ['200 alive', ANOTHER('NOOP', 'QUIT'), ALIVE('NOOP')],
    ['502 5.5.1 unknown', ANOTHER('NOOP', 'QUIT'), ALIVE('NOOP')],
    ['421 4.4.2 too late', ANOTHER('NOOP'), ANOTHER('NOOP')],
  ])(
    '%s: strictly 250 alone, else all but 421 [part of javamail.mail.smtp.noop.strict] [part of javamail.behaviour.noop-alive]',
    async (reply, strict, lenient) => {
      expect(await twice(31_000, {}, answers('NOOP', reply))).toEqual(strict)
      expect(await twice(31_000, { probeStrict: true }, answers('NOOP', reply))).toEqual(strict)
      expect(await twice(31_000, { probeStrict: false }, answers('NOOP', reply))).toEqual(lenient)
    },
  )

  it('a connection that is dead: another one, and the message goes once [part of genesys.option.cnx-check-idle-time] [part of javamail.behaviour.noop-alive]', async () => {
    const dies: SinkOptions = {
      fault: (session) => (session === 1 ? { at: 'command', index: 5, how: 'rst' } : undefined),
    }
    expect(await twice(31_000, { probeStrict: false }, dies)).toEqual(ANOTHER('NOOP'))
  })
})

describe('an idle session', () => {
  it('is closed with QUIT after maxIdleMs, and not before [part of genesys.option.cnx-max-idle-time]', async () => {
    await stopClocks()
    await using sink = await SinkServer.start()
    const client = clientFor(sink)
    await client.send(message(1))
    await until(() => client.counts.idle === 1)
    await pass(299_000)
    expect([client.counts.idle, sink.openConnections]).toEqual([1, 1])
    await pass(2_000)
    await sink.idle()
    expect(sink.sessions[0]!.endedBy).toBe('quit')
    await client.close()
  })

  it('is closed at its own time, however many others there are', async () => {
    await stopClocks()
    await using sink = await SinkServer.start()
    const client = clientFor(sink, { pool: { maxConnections: 1, maxIdleMs: 90_000 } })
    await client.send(message(1))
    await pass(50_000)
    const other = client.send(message(2)) // the same session: its time begins anew
    await other
    await until(() => client.counts.idle === 1)
    await pass(89_000)
    expect(sink.openConnections).toBe(1)
    await pass(1_500)
    await sink.idle()
    expect(sink.sessions.map(({ endedBy }) => endedBy)).toEqual(['quit'])
    await client.close()
  })
})

describe('the size of the pool', () => {
  it('25 messages to a slow server: never more than 10 sessions, and all are delivered [part of genesys.option.cnx-pool-size]', async () => {
    const slow = await slowServer(25)
    const client = clientFor(slow)
    let most = 0
    client.on('trail', () => (most = Math.max(most, client.counts.open)))
    const receipts = await Promise.all(Array.from({ length: 25 }, (_, number) => client.send(message(number))))
    expect(receipts.every(({ deliveries }) => deliveries[0]!.outcome === 'delivered')).toBe(true)
    expect([most, slow.most, slow.taken]).toEqual([10, 10, 25])
    await client.close()
    slow.close()
  })

  it.each([0, -1, 1.5, Number.NaN, '10'])('%s is refused [part of genesys.option.cnx-pool-size]', (maxConnections) => {
    const options = { host: 'relay.example.test', pool: { maxConnections } } as SmtpOptions
    expect(() => new SmtpClient(options)).toThrow(expect.objectContaining({ field: 'pool.maxConnections' }) as Error)
  })
})

describe('a message that stalls', () => {
  it('fails alone and for now; the others go on meanwhile and after [part of genesys.behaviour.large-message-timeout]', async () => {
    await stopClocks()
    await using sink = await SinkServer.start({
      extensions: [],
      fault: (session) => (session === 1 ? { at: 'command', index: 4, how: 'hold' } : undefined), // DATA
    })
    const client = clientFor(sink, {
      pool: { maxConnections: 2 },
      timeouts: { idleMs: 300_000 },
      deadlineMs: 3_600_000,
    })
    const stalled = receiptOf(client, message(0))
    await until(() => sink.sessions[0]?.commands.at(-1) === 'DATA')
    for (let number = 1; number <= 5; number++) await client.send(message(number))
    await pass(299_000)
    expect(client.counts.busy).toBe(1)
    await pass(1_100)
    expect((await stalled).deliveries[0]).toMatchObject({ outcome: 'notSent', phase: 'data' })
    await client.send(message(6))
    expect(sink.ledger.length).toBe(6)
    await client.close()
  })
})

import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ScriptedServer, SinkServer, type SinkOptions } from '@posthorn/testkit'
import { clientFor, receiptOf, until } from './support.js'
import { isSendFailure, PosthornError, type PoolOptions, type SmtpClient, type SmtpOptions } from '../src/index.js'

const content = 'Subject: pool\r\n\r\nx\r\n'

function message(number: number, recipients = [`r${number}@example.test`]) {
  return { envelope: { reversePath: 'a@example.test', recipients }, content }
}

function sendMany(client: SmtpClient, count: number) {
  return Promise.all(Array.from({ length: count }, (_, number) => client.send(message(number))))
}

async function withPool(
  pool: PoolOptions,
  run: (client: SmtpClient, server: SinkServer) => Promise<void>,
  server: SinkOptions = {},
  options: Partial<SmtpOptions> = {},
) {
  await using sink = await SinkServer.start({ digest: false, ...server })
  const client = clientFor(sink, { ...options, pool })
  await run(client, sink)
  await client.close()
  expect(client.counts).toEqual({ open: 0, idle: 0, busy: 0, waiting: 0 })
  await sink.idle()
  expect(sink.sessions.flatMap(({ violations }) => violations)).toEqual([])
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (error: unknown) => (error instanceof PosthornError ? error.code : String(error)),
  )
}

describe('pool', () => {
  it('opens no more connections than the cap, and ends each by QUIT', () =>
    withPool({ maxConnections: 3 }, async (client, server) => {
      await sendMany(client, 300)
      await client.close()
      await server.idle()
      expect(server.peakConnections).toBeLessThanOrEqual(3)
      expect(server.sessions.map(({ endedBy }) => endedBy)).toEqual(server.sessions.map(() => 'quit'))
    }))

  it('serves in the order of the calls', () =>
    withPool({ maxConnections: 1 }, async (client, server) => {
      await sendMany(client, 50)
      expect(server.ledger.map(({ recipients }) => recipients[0])).toEqual(
        Array.from({ length: 50 }, (_, number) => `r${number}@example.test`),
      )
    }))

  it('needs one connection for sends one after the other', () =>
    withPool({}, async (client, server) => {
      for (let number = 0; number < 20; number++) await client.send(message(number))
      expect(server.sessions.length).toBe(1)
    }))

  it('leaves a session after maxMessagesPerConnection', () =>
    withPool({ maxConnections: 1, maxMessagesPerConnection: 4 }, async (client, server) => {
      await sendMany(client, 12)
      expect(server.sessions.map(({ commands }) => commands.filter((line) => line.startsWith('MAIL')).length)).toEqual([
        4, 4, 4,
      ])
    }))

  it('leaves a session after LIMITS MAILMAX, and splits recipients at RCPTMAX (RFC 9422)', () =>
    withPool(
      { maxConnections: 1 },
      async (client, server) => {
        const recipients = Array.from({ length: 7 }, (_, number) => `many${number}@example.test`)
        const receipt = await client.send(message(0, recipients))
        expect(receipt.deliveries.map(({ recipient, outcome }) => [recipient, outcome])).toEqual(
          recipients.map((recipient) => [recipient, 'delivered']),
        )
        expect(server.ledger.map((taken) => taken.recipients.length)).toEqual([3, 3, 1])
        expect(
          server.sessions.map(({ commands }) => commands.filter((line) => line.startsWith('MAIL')).length),
        ).toEqual([2, 1])
      },
      { extensions: ['PIPELINING', 'LIMITS MAILMAX=2 RCPTMAX=3'] },
    ))

  it('keeps to LIMITS RCPTDOMAINMAX, with a further session for further domains', () =>
    withPool(
      { maxConnections: 1 },
      async (client, server) => {
        const recipients = ['a@one.test', 'b@two.test', 'c@three.test', 'd@one.test']
        const receipt = await client.send(message(0, recipients))
        expect(receipt.deliveries.every(({ outcome }) => outcome === 'delivered')).toBe(true)
        for (const { number } of server.sessions) {
          const domains = new Set(
            server.ledger
              .filter(({ session }) => session === number)
              .flatMap((taken) => taken.recipients.map((address) => address.split('@')[1])),
          )
          expect(domains.size).toBeLessThanOrEqual(2)
        }
        expect(await codeOf(client.send(message(1, recipients), { recipients: 'all' }))).toBe('recipients.too-many')
      },
      { extensions: ['PIPELINING', 'LIMITS RCPTDOMAINMAX=2'] },
    ))

  it('sends recipients the server had no room for (452) in further transactions, and remembers', () =>
    withPool(
      { maxConnections: 1 },
      async (client, server) => {
        const recipients = Array.from({ length: 10 }, (_, number) => `many${number}@example.test`)
        for (const round of [1, 2]) {
          const receipt = await client.send(message(round, recipients))
          expect(receipt.deliveries.map(({ outcome }) => outcome)).toEqual(recipients.map(() => 'delivered'))
        }
        expect(server.ledger.map((taken) => taken.recipients.length)).toEqual([4, 4, 2, 4, 4, 2])
        expect(server.sessions[0]!.commands.filter((line) => line.startsWith('RCPT')).length).toBe(10 + 6 + 10)
      },
      { maxRecipients: 4 },
    ))

  it('asks NOOP before it uses an idle session again, and takes another when there is no answer', () =>
    withPool(
      { maxConnections: 1, probeIdleMs: 0 },
      async (client, server) => {
        for (const number of [1, 2, 3]) {
          await client.send(message(number))
          await until(() => client.counts.idle === 1)
        }
        expect(server.sessions[0]!.commands.filter((line) => line === 'NOOP').length).toBe(2)
        expect(server.sessions.length).toBe(2)
        expect(server.ledger.map(({ session }) => session)).toEqual([1, 1, 2])
      },
      // EHLO, MAIL, RCPT, BDAT, NOOP, MAIL, RCPT, BDAT, NOOP
      { fault: (session) => (session === 1 ? { at: 'command', index: 9, how: 'rst' } : undefined) },
    ))

  it('notices that an idle session has ended, and loses no message to it', async () => {
    const session = (recipient: string) => `S: 220 relay.example.test
C: EHLO client.example.test
S: 250 relay.example.test
C: MAIL FROM:<a@example.test>
S: 250 ok
C: RCPT TO:<${recipient}>
S: 250 ok
C: DATA
S: 354 go on
C: Subject: pool
C:
C: x
C: .
S: 250 ok
`
    await using server = await ScriptedServer.start(
      `${session('r1@example.test')}* close\n* session\n${session('r2@example.test')}C: QUIT\nS: 221 bye`,
    )
    const client = clientFor(server, { pool: { maxConnections: 1 } })
    await client.send(message(1))
    await until(() => client.counts.open === 0)
    await client.send(message(2))
    await client.close()
    expect((await server.finished).errors).toEqual([])
  })

  it('closes a session that was idle for maxIdleMs', () =>
    withPool({ maxIdleMs: 20 }, async (client, server) => {
      await client.send(message(1))
      await server.idle()
      expect(server.sessions.map(({ endedBy }) => endedBy)).toEqual(['quit'])
      await until(() => client.counts.open === 0)
    }))

  it('does not use a session beyond maxAgeMs', () =>
    withPool({ maxConnections: 1, maxAgeMs: 1 }, async (client, server) => {
      for (let number = 0; number < 3; number++) {
        await client.send(message(number))
        const before = performance.now()
        await until(() => performance.now() - before > 2)
      }
      expect(server.sessions.length).toBe(3)
    }))

  it('keeps to the rate over all sessions', () =>
    withPool({ maxConnections: 4, rateLimit: { messages: 5, perMs: 150 } }, async (client, server) => {
      await sendMany(client, 16)
      const times = server.ledger.map(({ repliedAt }) => repliedAt!).sort((a, b) => a - b)
      // the first of any six and the last of them are a window apart, but for the way of a reply
      for (let index = 0; index + 5 < times.length; index++)
        expect(times[index + 5]! - times[index]!).toBeGreaterThan(100)
    }))

  it('leaves a session before its access token ends, and asks for a token once a session', async () => {
    let asked = 0
    const accessToken = async () => {
      asked++
      return { token: 'token', expiresAt: Date.now() + 1_000 }
    }
    await withPool(
      { maxConnections: 1, tokenMarginMs: 60_000 },
      async (client, server) => {
        for (let number = 0; number < 3; number++) await client.send(message(number))
        expect(server.sessions.length).toBe(3)
        expect(asked).toBe(3)
      },
      { auth: { user: 'user', password: 'token', mechanisms: ['XOAUTH2'] } },
      { credentials: { user: 'user', accessToken }, allowCleartextAuth: true },
    )
    asked = 0
    await withPool(
      { maxConnections: 1, tokenMarginMs: 10 },
      async (client, server) => {
        await sendMany(client, 20)
        expect(server.sessions.length).toBe(1)
        expect(asked).toBe(1)
      },
      { auth: { user: 'user', password: 'token', mechanisms: ['XOAUTH2'] } },
      {
        credentials: {
          user: 'user',
          accessToken: async () => ({ ...(await accessToken()), expiresAt: Date.now() + 3_600_000 }),
        },
        allowCleartextAuth: true,
      },
    )
  })

  it('refuses more than maxWaiting', () =>
    withPool({ maxConnections: 1, maxWaiting: 2 }, async (client) => {
      const results = await Promise.all(Array.from({ length: 5 }, (_, number) => codeOf(client.send(message(number)))))
      expect(results).toEqual([undefined, undefined, 'pool.full', 'pool.full', 'pool.full'])
    }))

  it('refuses with a prepared content, too, and close() does not wait for it', () =>
    withPool({ maxConnections: 1, maxWaiting: 0 }, async (client) => {
      const sent = codeOf(client.send({ ...message(1), content: Readable.from(['Subject: x\r\n\r\nx\r\n']) }))
      await client.close()
      expect(await sent).toBe('pool.full')
    }))

  it('close() waits for what is under way and takes no more', () =>
    withPool({ maxConnections: 2 }, async (client, server) => {
      const sends = sendMany(client, 40)
      const closed = client.close()
      expect(await codeOf(client.send(message(99)))).toBe('pool.closed')
      await sends
      await closed
      expect(server.ledger.length).toBe(40)
    }))

  it('close({ now }) settles every send with a receipt', () =>
    withPool({ maxConnections: 2 }, async (client, server) => {
      const sends = Array.from({ length: 200 }, (_, number) => receiptOf(client, message(number)))
      await server.messages(5)
      await client.close({ now: true })
      const outcomes = (await Promise.all(sends)).map(({ deliveries }) => deliveries[0]!.outcome)
      expect(outcomes.filter((outcome) => outcome === 'notSent').length).toBeGreaterThan(0)
      expect(outcomes.filter((outcome) => outcome === 'delivered').length).toBeLessThanOrEqual(server.ledger.length)
    }))

  it('one failed connection is told to all who waited for it, not tried once for each', async () => {
    const server = await SinkServer.start()
    const { port } = server
    await server.close()
    const client = clientFor({ port }, { pool: { maxConnections: 4 } })
    let attempts = 0
    client.on('trail', (event) => {
      if (event.type === 'close') attempts++
    })
    const errors = await Promise.all(
      Array.from({ length: 50 }, (_, number) => client.send(message(number)).catch((error: unknown) => error)),
    )
    expect(
      errors.every(
        (error) =>
          isSendFailure(error) &&
          error.code === 'connect.refused' &&
          error.receipt.deliveries[0]!.outcome === 'notSent',
      ),
    ).toBe(true)
    expect(new Set(errors).size).toBe(50) // each its own, with its own receipt
    expect(attempts).toBe(0)
    await client.close()
  })

  it('a wrong password is tried once for all who wait', () =>
    withPool(
      { maxConnections: 1 },
      async (client, server) => {
        const codes = await Promise.all(Array.from({ length: 20 }, (_, number) => codeOf(client.send(message(number)))))
        expect(new Set(codes)).toEqual(new Set(['smtp.auth.refused']))
        expect(server.sessions.length).toBe(1)
        expect(server.ledger.length).toBe(0)
      },
      { auth: { user: 'user', password: 'right', mechanisms: ['PLAIN'] } },
      { credentials: { user: 'user', password: 'wrong' }, allowCleartextAuth: true },
    ))

  it('learns from 421 how many connections the server takes', () =>
    withPool(
      { maxConnections: 6 },
      async (client, server) => {
        await sendMany(client, 400)
        expect(server.ledger.length).toBe(400)
        // two are let in; those that were already on their way learn that there is no more room
        expect(server.sessions.length).toBeLessThan(20)
      },
      {
        replyTo: (verb, _argument, { session }) =>
          verb === 'GREETING' && session.number > 2 ? '421 4.7.0 too many connections' : undefined,
      },
    ))
})

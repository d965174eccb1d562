import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { certificates, ScriptedServer, SinkServer } from '@posthorn/testkit'
import { clientFor, until } from './support.js'
import { PosthornError, type SmtpOptions } from '../src/index.js'

const DEADLINE_MS = 300
/** Far above any time slack of a busy machine, far below what an idle timer reset by each octet would take. */
const BOUND_MS = 10_000
const GREETING = 'S: 220 relay.example.test ESMTP'
const EHLO = `${GREETING}\nC: EHLO client.example.test\n`
const PIPELINING = `${EHLO}S: 250-relay.example.test\nS: 250 PIPELINING\nC: MAIL FROM:<a@example.test>\nC: RCPT TO:<b@example.test>\nC: DATA\n`
const DRIP = 'S* 100000 250-another line of a reply without end'

interface Script {
  readonly phase: string
  readonly outcome: 'notSent' | 'unknown'
  readonly dialogue: string
  readonly options?: Partial<SmtpOptions>
}

const credentials = { user: 'user', password: 'pass' }
const SCRIPTS: Record<string, Script> = {
  'the greeting never comes': { phase: 'greeting', outcome: 'notSent', dialogue: '* silence' },
  'the greeting drips': { phase: 'greeting', outcome: 'notSent', dialogue: '* trickle 20\nS* 10000 220-wait' },
  'EHLO is not answered': { phase: 'ehlo', outcome: 'notSent', dialogue: `${EHLO}* silence` },
  'EHLO drips': { phase: 'ehlo', outcome: 'notSent', dialogue: `${EHLO}* trickle 20\n${DRIP}` },
  'STARTTLS drips': {
    phase: 'starttls',
    outcome: 'notSent',
    dialogue: `${EHLO}S: 250-relay.example.test\nS: 250 STARTTLS\nC: STARTTLS\n* trickle 20\nS* 10000 220-soon`,
    options: { security: 'starttls' },
  },
  'the handshake never comes': {
    phase: 'tls',
    outcome: 'notSent',
    dialogue: `${EHLO}S: 250-relay.example.test\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n* silence`,
    options: { security: 'starttls' },
  },
  'AUTH drips': {
    phase: 'auth',
    outcome: 'notSent',
    dialogue: `${EHLO}S: 250-relay.example.test\nS: 250 AUTH PLAIN\nC~ AUTH PLAIN .*\n* trickle 20\nS* 10000 235-almost`,
    options: { credentials, allowCleartextAuth: true },
  },
  'MAIL drips': { phase: 'mail', outcome: 'notSent', dialogue: `${PIPELINING}* trickle 20\n${DRIP}` },
  'RCPT drips': { phase: 'rcpt', outcome: 'notSent', dialogue: `${PIPELINING}S: 250 ok\n* trickle 20\n${DRIP}` },
  'DATA is not answered': {
    phase: 'data',
    outcome: 'notSent',
    dialogue: `${PIPELINING}S: 250 ok\nS: 250 ok\n* silence`,
  },
  'the content is not read': {
    phase: 'content',
    outcome: 'notSent',
    dialogue: `${PIPELINING}S: 250 ok\nS: 250 ok\nS: 354 go on\n* deaf`,
  },
  'the final reply drips': {
    phase: 'final',
    outcome: 'unknown',
    dialogue: `${PIPELINING}S: 250 ok\nS: 250 ok\nS: 354 go on\nC: Subject: x\nC:\nC: x\nC: .\n* trickle 20\n${DRIP}`,
  },
}

async function fails(send: Promise<unknown>): Promise<{ error: PosthornError; elapsedMs: number }> {
  const startedAt = performance.now()
  const error: unknown = await send.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(PosthornError)
  return { error: error as PosthornError, elapsedMs: performance.now() - startedAt }
}

describe('a deadline holds in every phase, names it, and leaves nothing behind', () => {
  const late: Record<string, number> = {}
  const envelope = { reversePath: 'a@example.test', recipients: ['b@example.test'] }

  for (const [title, { phase, outcome, dialogue, options }] of Object.entries(SCRIPTS)) {
    it(title, async () => {
      const { ca } = await certificates()
      await using server = await ScriptedServer.start(dialogue)
      const client = clientFor(server, { ...options, tls: { ca } })
      const content = phase === 'content' ? Buffer.alloc(32 * 1024 * 1024, 'x\r\n') : 'Subject: x\r\n\r\nx\r\n'
      const { error, elapsedMs } = await fails(client.send({ envelope, content }, { deadlineMs: DEADLINE_MS }))
      late[title] = Math.round(elapsedMs - DEADLINE_MS)
      expect({ code: error.code, phase: error.phase }).toEqual({ code: 'deadline.exceeded', phase })
      expect(error.outcome).toBe(outcome === 'unknown' ? 'unknown' : 'transient')
      expect(
        (error as { receipt?: { deliveries: { outcome: string }[] } }).receipt?.deliveries.map(
          (delivery) => delivery.outcome,
        ),
      ).toEqual([outcome])
      expect(elapsedMs).toBeLessThan(BOUND_MS)
      await until(() => client.counts.open === 0)
    })
  }

  it('the name is never resolved', async () => {
    const client = clientFor({ port: 1 }, { host: 'relay.example.test', resolve: () => new Promise(() => {}) })
    const { error } = await fails(client.send({ envelope, content: 'x' }, { deadlineMs: DEADLINE_MS }))
    expect({ code: error.code, phase: error.phase }).toEqual({ code: 'deadline.exceeded', phase: 'resolve' })
    await until(() => client.counts.open === 0)
  })

  it('the connection is never made', async () => {
    const client = clientFor({ port: 1 }, { connector: () => new Promise(() => {}) })
    const { error } = await fails(client.send({ envelope, content: 'x' }, { deadlineMs: DEADLINE_MS }))
    expect(error.code).toBe('deadline.exceeded')
    expect(['resolve', 'connect']).toContain(error.phase)
    await until(() => client.counts.open === 0)
  })

  it('the access token never comes', async () => {
    await using server = await SinkServer.start({ auth: { user: 'user', password: 'token' } })
    const client = clientFor(server, {
      credentials: { user: 'user', accessToken: () => new Promise(() => {}) },
      allowCleartextAuth: true,
    })
    const { error } = await fails(client.send({ envelope, content: 'x' }, { deadlineMs: DEADLINE_MS }))
    expect({ code: error.code, phase: error.phase }).toEqual({ code: 'deadline.exceeded', phase: 'auth' })
    await until(() => client.counts.open === 0)
  })

  it('every session is busy', async () => {
    await using server = await ScriptedServer.start(
      `${PIPELINING}S: 250 ok\nS: 250 ok\nS: 354 go on\nC: Subject: x\nC:\nC: x\nC: .\n* silence`,
    )
    const client = clientFor(server, { pool: { maxConnections: 1 } })
    const content = 'Subject: x\r\n\r\nx\r\n'
    const first = fails(client.send({ envelope, content }, { deadlineMs: 4 * DEADLINE_MS }))
    const firstWaits = new Promise<void>((resolve) =>
      client.on('trail', (event) => event.type === 'content' && resolve()),
    )
    await firstWaits
    const { error } = await fails(
      client.send({ envelope: { ...envelope, recipients: ['c@example.test'] }, content }, { deadlineMs: DEADLINE_MS }),
    )
    expect({ code: error.code, phase: error.phase }).toEqual({ code: 'deadline.exceeded', phase: 'wait' })
    expect((await first).error.phase).toBe('final')
    await until(() => client.counts.open === 0)
  })

  it('an aborted send settles in every phase too', async () => {
    for (const { phase, dialogue, options } of Object.values(SCRIPTS)) {
      const { ca } = await certificates()
      await using server = await ScriptedServer.start(dialogue)
      const client = clientFor(server, { ...options, tls: { ca } })
      const abort = new AbortController()
      const content = phase === 'content' ? Buffer.alloc(32 * 1024 * 1024, 'x\r\n') : 'Subject: x\r\n\r\nx\r\n'
      setTimeout(() => abort.abort(new Error('enough')), 50)
      const { error } = await fails(client.send({ envelope, content }, { signal: abort.signal }))
      expect(error.code).toBe('aborted')
      await until(() => client.counts.open === 0)
    }
  })

  it('how late each one was, for the reader', () => {
    console.log(`milliseconds behind a deadline of ${DEADLINE_MS}:`, late)
    expect(Object.keys(late).length).toBe(Object.keys(SCRIPTS).length)
  })
})

describe('the process ends by itself', () => {
  // the client is not closed: neither a failed send nor an idle session may keep the process
  const program = `
    const { SmtpClient } = await import(process.env.SMTP)
    const client = new SmtpClient({ host: '127.0.0.1', port: Number(process.env.PORT), security: 'none' })
    const send = () => client.send({ envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] }, content: 'x' }, { deadlineMs: 500 })
    await send().then((receipt) => console.log(receipt.deliveries[0].outcome), (error) => console.log(error.code))
  `
  const run = async (port: number): Promise<string> => {
    const env = {
      ...process.env,
      PORT: String(port),
      SMTP: fileURLToPath(new URL('../dist/index.js', import.meta.url)),
    }
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.on('data', (octets: Buffer) => (out += octets.toString()))
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code).toBe(0)
    return out.trim()
  }

  it('after a success, with an idle session in the pool', async () => {
    await using server = await SinkServer.start()
    expect(await run(server.port)).toBe('delivered')
  })

  it('after a deadline, with a server that says nothing', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    await once(server, 'listening')
    expect(await run((server.address() as AddressInfo).port)).toBe('deadline.exceeded')
    server.close()
  })
})

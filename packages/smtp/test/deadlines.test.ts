import { spawn } from 'node:child_process'
import { once } from 'node:events'
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
      // a busy machine needs its time to get as far as the content
      const deadlineMs = phase === 'content' ? 4 * DEADLINE_MS : DEADLINE_MS
      const { error, elapsedMs } = await fails(client.send({ envelope, content }, { deadlineMs }))
      late[title] = Math.round(elapsedMs - deadlineMs)
      expect({ code: error.code, phase: error.phase }).toEqual({ code: 'deadline.exceeded', phase })
      expect(error.outcome).toBe(outcome === 'unknown' ? 'unknown' : 'transient')
      expect(
        (error as { receipt?: { deliveries: { outcome: string }[] } }).receipt?.deliveries.map(
          (delivery) => delivery.outcome,
        ),
      ).toEqual([outcome])
      expect(elapsedMs - deadlineMs).toBeLessThan(BOUND_MS)
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

  it('none: Infinity leaves it to the limits of the phases', async () => {
    await using server = await ScriptedServer.start(`${EHLO}* silence\n* session\n${EHLO}* silence`)
    const client = clientFor(server, { deadlineMs: 1, timeouts: { idleMs: DEADLINE_MS } })
    const { error } = await fails(client.send({ envelope, content: 'x' }, { deadlineMs: Infinity }))
    expect({ code: error.code, phase: error.phase }).toEqual({ code: 'smtp.timeout', phase: 'ehlo' })
    await expect(client.session({ deadlineMs: Infinity })).rejects.toMatchObject({
      code: 'smtp.timeout',
      phase: 'ehlo',
    })
    for (const deadlineMs of [0, -1, Number.NaN, 2 ** 31, -Infinity])
      await expect(client.session({ deadlineMs })).rejects.toMatchObject({ code: 'settings.number' })
    await client.close()
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
  // the clients are not closed: neither a failed send nor an idle session may keep the process
  const program = `
    const { SmtpClient } = await import(process.env.SMTP)
    const never = () => new Promise(() => {})
    const own = { resolve: { resolve: never }, connector: { connector: never }, token: { credentials: { user: 'u', accessToken: never } } }
    const envelope = { reversePath: 'a@example.test', recipients: ['b@example.test'] }
    const run = async ({ title, port, options, large, waits }) => {
      const { stuck, ...said } = options
      const host = stuck === 'resolve' ? 'relay.example.test' : '127.0.0.1'
      const given = { host, port, security: 'none', localName: 'client.example.test', allowCleartextAuth: true, ...said, ...own[stuck] }
      const client = new SmtpClient(given)
      const send = () => client.send({ envelope, content: large ? Buffer.alloc(32 * 1024 * 1024, 'x\\r\\n') : 'Subject: x\\r\\n\\r\\nx\\r\\n' }, { deadlineMs: 300 })
      const sends = waits ? [send(), send()] : [send()]
      for (const result of await Promise.allSettled(sends)) console.log(title + ': ' + (result.reason?.code ?? result.value.deliveries[0].outcome))
    }
    await Promise.all(JSON.parse(process.env.WORK).map(run))
  `

  interface Task {
    readonly title: string
    readonly port: number
    readonly options: object
    /** More than any buffer on the way takes. */
    readonly large?: boolean
    /** Two sends over one connection, so that the second only waits. */
    readonly waits?: boolean
  }

  const runAll = async (tasks: readonly Task[]): Promise<string[]> => {
    const env = {
      ...process.env,
      WORK: JSON.stringify(tasks),
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
    return out.trim().split('\n').sort()
  }

  it('after a success, with an idle session in the pool', async () => {
    await using server = await SinkServer.start()
    expect(await runAll([{ title: 'sent', port: server.port, options: {} }])).toEqual(['sent: delivered'])
  })

  // one process for each: what one script leaves behind must not be hidden by the end of another
  for (const [title, { phase, dialogue, options }] of Object.entries(SCRIPTS)) {
    it(`after: ${title}`, async () => {
      const { ca } = await certificates()
      await using server = await ScriptedServer.start(dialogue)
      const task = { title, port: server.port, options: { ...options, tls: { ca } }, large: phase === 'content' }
      expect(await runAll([task])).toEqual([`${title}: deadline.exceeded`])
    })
  }

  it('after a resolver, a connector and a token function that never come back, and a send that only waited', async () => {
    await using tokens = await SinkServer.start({ auth: { user: 'u', password: 'p' } })
    await using silent = await ScriptedServer.start('* silence')
    const tasks = [
      { title: 'connector', port: 1, options: { stuck: 'connector' } },
      { title: 'resolver', port: 1, options: { stuck: 'resolve' } },
      { title: 'token', port: tokens.port, options: { stuck: 'token' } },
      { title: 'waits', port: silent.port, options: { pool: { maxConnections: 1 } }, waits: true },
    ]
    for (const task of tasks) {
      const results = await runAll([task])
      expect(new Set(results)).toEqual(new Set([`${task.title}: deadline.exceeded`]))
      expect(results.length).toBe(task.waits ? 2 : 1)
    }
  })
})

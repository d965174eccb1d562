import { once } from 'node:events'
import { TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { certificates, fillPattern, ScriptedServer, SinkServer } from '@posthorn/testkit'
import { isSendFailure, type SendFailure, type Submission } from '../src/index.js'
import { clientFor, until } from './support.js'

const LONGEST_MS = 2 ** 31 - 1
const letter = (
  recipient = 'b@example.test',
  content: Submission['content'] = 'Subject: x\r\n\r\nx\r\n',
): Submission => ({
  envelope: { reversePath: 'a@example.test', recipients: [recipient] },
  content,
})

/** What a send rejected with. */
async function failureOf(send: Promise<unknown>): Promise<SendFailure> {
  const error: unknown = await send.then(
    () => expect.fail('it was delivered'),
    (reason: unknown) => reason,
  )
  if (isSendFailure(error)) return error
  throw error
}

describe("messages on a session of one's own", () => {
  it('go in the order of the calls, in turn with commands, over one connection', async () => {
    await using sink = await SinkServer.start()
    const client = clientFor(sink)
    const session = await client.session({ deadlineMs: LONGEST_MS })
    const first = session.send(letter('one@example.test'), { deadlineMs: LONGEST_MS })
    const second = session.send(letter('two@example.test', fillPattern(300_000)))
    const noop = session.noop()
    const third = session.send(letter('three@example.test'), { reset: true })
    const rset = session.rset()
    expect((await Promise.all([first, second, third])).flatMap(({ deliveries }) => deliveries[0]!.outcome)).toEqual([
      'delivered',
      'delivered',
      'delivered',
    ])
    expect([(await noop).code, (await rset).code]).toEqual([250, 250])
    expect(session.dirty).toBe(false)
    await session.quit()
    expect(sink.ledger.map(({ recipients }) => recipients[0])).toEqual([
      'one@example.test',
      'two@example.test',
      'three@example.test',
    ])
    const { commands, violations } = sink.sessions[0]!
    expect(violations).toEqual([])
    expect(commands.filter((line) => /^(?:MAIL|NOOP|RSET|QUIT)/.test(line)).map((line) => line.slice(0, 4))).toEqual(
      'MAIL MAIL NOOP RSET MAIL RSET QUIT'.split(' '),
    )
    await client.close()
    expect(sink.sessions.length).toBe(1)
  })

  it('tells the facts of the connection', async () => {
    const { ca, good } = await certificates()
    await using sink = await SinkServer.start({ tls: good })
    const client = clientFor(sink, { security: 'starttls', tls: { ca } })
    const session = await client.session()
    expect(session).toMatchObject({ alive: true, failure: undefined, secure: true, dirty: false })
    expect(session.tls).toMatchObject({ to: 'server', verified: true })
    expect(session.socket).toBeInstanceOf(TLSSocket)
    expect([session.socket.remoteAddress, session.socket.remotePort]).toEqual(['127.0.0.1', sink.port])
    expect((session.socket as TLSSocket).getPeerX509Certificate()?.subject).toContain('relay.example.test')
    await session.quit()
    await session.ended
    expect(session).toMatchObject({ alive: false, failure: { code: 'smtp.closed' } })
    await client.close()
    await using plain = await SinkServer.start()
    const other = clientFor(plain)
    const inClear = await other.session()
    expect([inClear.tls, inClear.secure]).toEqual([undefined, false])
    await other.close()
  })

  it('a message behind a challenge ends it: what is said next is a command again, and shown', async () => {
    await using server = await ScriptedServer.start(
      'S: 220 relay.example.test\nC: EHLO client.example.test\nS: 250 relay.example.test\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\n' +
        'C: MAIL FROM:<a@example.test>\nS: 250 ok\nC: RCPT TO:<b@example.test>\nS: 250 ok\nC: DATA\nS: 354 go on\n' +
        'C: Subject: x\nC: \nC: x\nC: .\nS: 250 ok\nC: NOOP hello\nS: 250 hello\n* end',
    )
    const client = clientFor(server)
    const shown: string[] = []
    client.on('trail', (event) => event.type === 'command' && shown.push(event.line))
    const session = await client.session()
    await session.raw('AUTH LOGIN')
    await session.send(letter())
    const reply = await session.raw('NOOP hello')
    expect([shown.at(-1), reply.lines]).toEqual(['NOOP hello', ['hello']])
    await client.close({ now: true })
  })

  it('ended resolves in the turn in which the socket reports the end', async () => {
    await using sink = await SinkServer.start({ fault: () => ({ at: 'command', index: 2, how: 'fin' }) })
    const client = clientFor(sink)
    const session = await client.session()
    let ended = false
    void session.ended.then(() => (ended = true))
    const reported = once(session.socket, 'end').then(() => ended)
    await expect(session.noop()).rejects.toMatchObject({ code: 'smtp.connection.lost' })
    expect(await reported).toBe(true)
    expect(session).toMatchObject({ alive: false, failure: { code: 'smtp.connection.lost', phase: 'noop' } })
    const failure = await failureOf(session.send(letter()))
    expect(failure).toMatchObject({ code: 'smtp.connection.lost', outcome: 'transient' })
    expect(failure.receipt.deliveries).toMatchObject([{ recipient: 'b@example.test', outcome: 'notSent' }])
    await client.close()
    expect(sink.sessions.length).toBe(1)
  })

  it('a send that is aborted in the middle of its content ends the session; those behind it are told', async () => {
    await using sink = await SinkServer.start({ fault: () => ({ at: 'content', octets: 100_000, how: 'stall' }) })
    const client = clientFor(sink)
    const session = await client.session()
    const abort = new AbortController()
    const content = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      yield fillPattern(150_000)
      await new Promise((resolve) => setImmediate(resolve))
      abort.abort(new Error('enough'))
      yield fillPattern(150_000)
    }
    const front = session.send(letter('b@example.test', content), { signal: abort.signal })
    const behind = failureOf(session.send(letter('c@example.test')))
    const noop = session.noop().catch((error: unknown) => error)
    const failure = await failureOf(front)
    expect(failure).toMatchObject({ code: 'aborted', phase: 'content', outcome: 'transient' })
    expect(failure.receipt.deliveries[0]!.outcome).toBe('notSent')
    expect(session).toMatchObject({ alive: false, failure: { code: 'aborted' } })
    expect((await behind).receipt.deliveries[0]!.outcome).toBe('notSent')
    // the abort was none of theirs
    expect(await behind).toMatchObject({ code: 'smtp.closed', phase: 'wait', cause: { cause: { code: 'aborted' } } })
    expect(await noop).toMatchObject({ code: 'smtp.closed', phase: 'wait', cause: { code: 'aborted' } })
    await client.close()
    expect(sink.ledger).toEqual([])
  })

  it('is unknown when the deadline comes behind the last octet', async () => {
    await using sink = await SinkServer.start({ fault: () => ({ at: 'final', how: 'hold' }) })
    const client = clientFor(sink)
    const session = await client.session()
    const failure = await failureOf(session.send(letter(), { deadlineMs: 300 }))
    expect(failure).toMatchObject({ code: 'deadline.exceeded', phase: 'final', outcome: 'unknown' })
    expect(failure.receipt.deliveries[0]!.outcome).toBe('unknown')
    expect(session.alive).toBe(false)
    await client.close()
  })

  it('a send that is aborted before anything of it was sent leaves the session', async () => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    await using sink = await SinkServer.start()
    const client = clientFor(sink)
    const session = await client.session()
    const content = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      yield Buffer.from('Subject: x\r\n\r\n')
      await held
    }
    const front = session.send(letter('b@example.test', content))
    const abort = new AbortController()
    const waiting = failureOf(session.send(letter('c@example.test'), { signal: abort.signal }))
    const late = failureOf(session.send(letter('d@example.test'), { deadlineMs: 1 }))
    const settled = failureOf(session.send(letter('e@example.test'), { signal: AbortSignal.abort() }))
    abort.abort()
    expect(await waiting).toMatchObject({ code: 'aborted', phase: 'wait' })
    expect(await late).toMatchObject({ code: 'deadline.exceeded', phase: 'wait' })
    expect(await settled).toMatchObject({ code: 'aborted' })
    expect(session.alive).toBe(true)
    release()
    expect((await front).deliveries[0]!.outcome).toBe('delivered')
    expect((await session.send(letter('f@example.test'))).deliveries[0]!.outcome).toBe('delivered')
    await client.close()
    expect(sink.ledger.map(({ recipients }) => recipients[0])).toEqual(['b@example.test', 'f@example.test'])
  })

  it('wrong terms are refused before anything is sent, and leave the session', async () => {
    await using sink = await SinkServer.start()
    const client = clientFor(sink)
    const session = await client.session()
    const wrong = (terms: object) => session.send(letter(), terms).catch((error: unknown) => error)
    expect(await wrong({ reset: 1 })).toMatchObject({ code: 'settings.value', field: 'reset' })
    expect(await wrong({ resetAfterFailure: 'no' })).toMatchObject({ field: 'resetAfterFailure' })
    expect(await wrong({ deadlineMs: 0 })).toMatchObject({ code: 'settings.number', field: 'deadlineMs' })
    for (const field of ['keepOrder', 'asIs']) {
      const { envelope, content } = letter()
      const sending = session.send({ envelope: { ...envelope, [field]: 'yes' }, content })
      await expect(sending).rejects.toMatchObject({ code: 'envelope.type', field: `envelope.${field}` })
    }
    expect((await session.noop()).code).toBe(250)
    await client.close()
    expect(sink.sessions[0]!.commands.map((line) => line.slice(0, 4))).toEqual(['EHLO', 'NOOP', 'QUIT'])
  })
})

describe('close() and drain()', () => {
  it('wait for messages on sessions of callers, and take no more', async () => {
    await using sink = await SinkServer.start()
    const client = clientFor(sink)
    const session = await client.session()
    const large = session.send(letter('b@example.test', fillPattern(3_000_000)))
    const behind = session.send(letter('c@example.test'))
    let drained = false
    const drain = client.drain().then(() => (drained = true))
    const closed = client.close()
    const failure = await failureOf(session.send(letter('d@example.test')))
    expect(failure).toMatchObject({ code: 'pool.closed' })
    expect(drained).toBe(false)
    await Promise.all([large, behind, drain, closed])
    expect(sink.ledger.length).toBe(2)
    expect(sink.sessions[0]).toMatchObject({ endedBy: 'quit', violations: [] })
    expect(client.counts).toEqual({ open: 0, idle: 0, busy: 0, waiting: 0 })
  })

  it('now: they fail at once, with what is known of each', async () => {
    await using sink = await SinkServer.start({ fault: () => ({ at: 'content', octets: 1_000, how: 'hold' }) })
    const client = clientFor(sink)
    const session = await client.session()
    const sent = failureOf(session.send(letter('b@example.test', fillPattern(20_000))))
    const behind = failureOf(session.send(letter('c@example.test')))
    await until(() => sink.sessions[0]!.commands.some((line) => line.startsWith('BDAT')))
    await client.close({ now: true })
    const outcomes = (await Promise.all([sent, behind])).map(({ code, receipt }) => [
      code,
      receipt.deliveries[0]!.outcome,
    ])
    expect(outcomes).toEqual([
      ['pool.closed', 'unknown'],
      ['pool.closed', 'notSent'],
    ])
    expect(session.alive).toBe(false)
  })
})

import { getEventListeners } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { certificates, ScriptedServer, SinkServer } from '@posthorn/testkit'
import { clientFor, receiptOf, takenCount, until } from './support.js'
import { isSendFailure, type TrailEvent } from '../src/index.js'

const content = 'Subject: x\r\n\r\nx\r\n'
const to = (...recipients: string[]) => ({ envelope: { reversePath: 'a@example.test', recipients }, content })
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number)

describe('sends do not harm each other', () => {
  it('share one signal with one listener, and are all settled by it', async () => {
    await using server = await ScriptedServer.start('* silence')
    const client = clientFor(server, { pool: { maxConnections: 1 } })
    const stop = new AbortController()
    const sends = numbers(2_000).map((number) =>
      receiptOf(client, to(`r${number}@example.test`), { signal: stop.signal }),
    )
    expect(getEventListeners(stop.signal, 'abort').length).toBeLessThanOrEqual(2)
    stop.abort()
    const receipts = await Promise.all(sends)
    expect(new Set(receipts.flatMap(({ deliveries }) => deliveries.map(({ outcome }) => outcome)))).toEqual(
      new Set(['notSent']),
    )
    await client.close()
    expect(getEventListeners(stop.signal, 'abort').length).toBe(0)
  })

  it('a login that fails for now on one session fails nobody while another works', async () => {
    await using server = await SinkServer.start({
      auth: { user: 'user', password: 'secret', mechanisms: ['PLAIN'] },
      replyTo: (verb, _argument, { session }) =>
        verb === 'AUTH' && session.number === 2 ? '454 4.7.0 not now' : undefined,
    })
    const client = clientFor(server, {
      pool: { maxConnections: 2 },
      credentials: { user: 'user', password: 'secret' },
      allowCleartextAuth: true,
    })
    const receipts = await Promise.all(numbers(100).map((number) => receiptOf(client, to(`r${number}@example.test`))))
    await client.close()
    expect(receipts.filter(({ deliveries }) => deliveries[0]!.outcome !== 'delivered')).toEqual([])
  })

  it('close() ends when the last send that waits for the rate limit is aborted', async () => {
    await using server = await SinkServer.start()
    const client = clientFor(server, { pool: { rateLimit: { messages: 1, perMs: 600_000 } } })
    await client.send(to('first@example.test'))
    const stop = new AbortController()
    const waiting = receiptOf(client, to('second@example.test'), { signal: stop.signal })
    const closed = client.close()
    stop.abort()
    expect((await waiting).deliveries[0]!.outcome).toBe('notSent')
    await closed
  })

  it('recipients there was no room for are queued once, even when 421 follows', async () => {
    let refused = false
    await using server = await SinkServer.start({
      extensions: ['PIPELINING'],
      replyTo: (verb, argument) => {
        if (verb === 'RCPT' && argument.includes('two') && !refused) return '452 4.5.3 too many recipients'
        if (verb === 'DATA' && !refused) {
          refused = true
          return '421 4.3.2 going'
        }
        return undefined
      },
    })
    const client = clientFor(server)
    const receipt = await client.send(to('one@example.test', 'two@example.test'))
    await client.close()
    expect(receipt.deliveries.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered'])
    expect([...takenCount(server).values()]).toEqual([1, 1])
  })

  it('close({ now }) starts nothing new for a message that rides', async () => {
    await using server = await SinkServer.start({ fault: () => ({ at: 'final', how: 'hold' }) })
    const client = clientFor(server, { pool: { maxConnections: 1 } })
    const both = ['one@example.test', 'two@example.test'].map((recipient) => receiptOf(client, to(recipient)))
    await until(() => (server.sessions[0]?.commands.filter((line) => line.startsWith('BDAT')).length ?? 0) > 0)
    await client.close({ now: true })
    const outcomes = (await Promise.all(both)).map(({ deliveries }) => deliveries[0]!.outcome)
    expect(outcomes[1]).toBe('notSent')
    expect(server.sessions.length).toBe(1)
  })
})

describe('what a server or a caller must not be able to do', () => {
  it('a server that repeats the login it refuses does not bring the secret into an error or the trail', async () => {
    const password = 'correct horse'
    const response = Buffer.from(`\0user\0${password}`).toString('base64')
    await using server = await ScriptedServer.start(`S: 220 relay.example.test
C: EHLO client.example.test
S: 250-relay.example.test
S: 250 AUTH PLAIN
C~ AUTH PLAIN .*
S: 535 5.7.8 refused: AUTH PLAIN ${response} (${password})
C: QUIT
S: 221 bye`)
    const client = clientFor(server, { credentials: { user: 'user', password }, allowCleartextAuth: true })
    const trail: TrailEvent[] = []
    client.on('trail', (event) => trail.push(event))
    const error: unknown = await client.send(to('b@example.test')).catch((reason: unknown) => reason)
    await client.close()
    expect((await server.finished).errors).toEqual([])
    expect(isSendFailure(error) && error.code).toBe('smtp.auth.refused')
    const shown = JSON.stringify([trail, error]) + String((error as Error).stack)
    for (const secret of [password, response, Buffer.from(password).toString('base64')])
      expect(shown).not.toContain(secret)
    expect(shown).toContain('***')
  })

  it('TLS that a connector brings does not count as TLS to the server', async () => {
    const { ca } = await certificates()
    // the connector stands for an HTTPS proxy: its TLS ends before the server, which offers no STARTTLS
    await using server = await SinkServer.start({
      tls: await certificates(),
      implicitTls: true,
      auth: { user: 'user', password: 'secret' },
    })
    const client = clientFor(server, {
      security: 'opportunistic',
      credentials: { user: 'user', password: 'secret' },
      connector: ({ port }) =>
        new Promise((resolve) => {
          const stream = connectTls({ socket: connect(port, '127.0.0.1'), ca, servername: 'localhost' }, () =>
            resolve(stream),
          )
        }),
    })
    const error: unknown = await client.send(to('b@example.test')).catch((reason: unknown) => reason)
    await client.close()
    expect(isSendFailure(error) && error.code).toBe('smtp.auth.cleartext')
    expect(server.sessions[0]!.commands.filter((line) => line.startsWith('AUTH'))).toEqual([])
  })

  it('a stream that gives text is text: its lines and dots are made safe', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-text-'))
    const path = join(folder, 'evil.eml')
    await writeFile(path, 'Subject: x\n\nhello\n.\nMAIL FROM:<evil@example.test>\n')
    try {
      for (const chunking of ['auto', 'off'] as const) {
        for (const source of [
          createReadStream(path, 'utf8'),
          createReadStream(path),
          () => createReadStream(path, 'utf8'),
        ]) {
          await using server = await SinkServer.start({ keepContent: true })
          const client = clientFor(server, { chunking })
          await client.send({ ...to('b@example.test'), content: source })
          await client.close()
          expect(server.ledger.map((taken) => taken.content!.toString())).toEqual([
            'Subject: x\r\n\r\nhello\r\n.\r\nMAIL FROM:<evil@example.test>\r\n',
          ])
        }
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('content that calls itself binary goes out octet for octet', async () => {
    const octets = Buffer.from('Subject: x\r\n\r\n\n\r\0\xff\n', 'latin1')
    async function* open() {
      yield octets
    }
    for (const known of [{ octets }, { sizeOctets: octets.length }, {}]) {
      await using server = await SinkServer.start({
        keepContent: true,
        extensions: ['CHUNKING', 'BINARYMIME', '8BITMIME'],
      })
      const client = clientFor(server)
      await client.send({ ...to('b@example.test'), content: { open, encoding: 'binary', ...known } })
      await client.close()
      expect(server.ledger[0]!.content!.equals(octets)).toBe(true)
    }
  })

  it('a false promise of whole lines cannot make octets run over the end of their chunk', async () => {
    const rough = Buffer.from('Subject: x\n\nx\nMAIL FROM:<evil@example.test>\n')
    async function* open() {
      yield rough
    }
    await using server = await SinkServer.start({ extensions: ['PIPELINING', 'CHUNKING'] })
    const client = clientFor(server)
    const error: unknown = await client
      .send({ ...to('b@example.test'), content: { open, sizeOctets: rough.length, canonical: true } })
      .catch((reason: unknown) => reason)
    await client.close()
    expect(isSendFailure(error) && error.code).toBe('content.not-canonical')
    expect(server.ledger).toEqual([])
    expect(server.sessions[0]!.commands.filter((line) => line.includes('evil'))).toEqual([])
  })
})

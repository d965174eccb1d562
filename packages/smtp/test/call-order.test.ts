import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { SinkServer } from '@posthorn/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContentSource, Submission } from '../src/index.js'
import { clientFor } from './support.js'

const path = join(tmpdir(), `posthorn-call-order-${process.pid}.eml`)
const letter = (recipient: string, content: ContentSource = 'Subject: x\r\n\r\nx\r\n'): Submission => ({
  envelope: { reversePath: 'a@example.test', recipients: [recipient] },
  content,
})
const sources: Record<string, () => ContentSource> = {
  'a file': () => ({ path }),
  'a stream': () => Readable.from([Buffer.from('Subject: x\r\n\r\nx\r\n')]),
}
/** Gives nothing, ever. */
const stalled = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
  await new Promise(() => {})
  yield Buffer.alloc(0)
}

describe('content that is prepared first', () => {
  beforeAll(() => writeFile(path, 'Subject: x\r\n\r\nx\r\n'))
  afterAll(() => rm(path))

  it.each(Object.entries(sources))('%s has its place from the call on, on an own session', async (_name, source) => {
    await using sink = await SinkServer.start()
    const client = clientFor(sink)
    const session = await client.session()
    const order: string[] = []
    await Promise.all([
      session.send(letter('one@example.test', source())).then(() => order.push('prepared')),
      session.settled().then(() => order.push('settled')),
      session.send(letter('two@example.test')).then(() => order.push('text')),
      session.rset().then(() => order.push('rset')),
      session.send(letter('three@example.test', source())).then(() => order.push('again')),
      session.quit().then(() => order.push('quit')),
    ])
    expect(order).toEqual(['prepared', 'settled', 'text', 'rset', 'again', 'quit'])
    expect(sink.ledger.map(({ recipients }) => recipients[0]!.split('@')[0])).toEqual(['one', 'two', 'three'])
    await client.close()
  })

  it.each(Object.entries(sources))('%s is waited for by drain() and by close()', async (_name, source) => {
    await using sink = await SinkServer.start()
    const client = clientFor(sink)
    let settled = 0
    const count = (): number => settled++
    const sent = [client.send(letter('one@example.test', source())).then(count)]
    await client.drain()
    await Promise.resolve()
    expect(settled).toBe(1)
    const session = await client.session()
    sent.push(session.send(letter('two@example.test', source())).then(count))
    sent.push(client.send(letter('three@example.test', source())).then(count))
    await client.close()
    await Promise.all(sent)
    expect(sink.ledger.length).toBe(3)
  })

  it('that never comes ends with close({ now }), with its deadline, and with the session', async () => {
    await using sink = await SinkServer.start()
    const client = clientFor(sink)
    const session = await client.session()
    const late = session.send(letter('b@example.test', stalled()), { deadlineMs: 1 })
    await expect(late).rejects.toMatchObject({ code: 'deadline.exceeded', phase: 'compose' })
    expect(session.alive).toBe(true)
    const own = session.send(letter('b@example.test', stalled())).catch((error: unknown) => error)
    const noop = session.noop().catch((error: unknown) => error)
    const pooled = client.send(letter('b@example.test', stalled())).catch((error: unknown) => error)
    await client.close({ now: true })
    for (const error of [await own, await noop, await pooled]) expect(error).toMatchObject({ code: 'pool.closed' })
    const after = client.send(letter('b@example.test', stalled()))
    await expect(after).rejects.toMatchObject({
      code: 'pool.closed',
      receipt: { deliveries: [{ outcome: 'notSent' }] },
    })
    expect(sink.ledger).toEqual([])
  })
})

describe('close()', () => {
  it('settles the commands of own sessions that wait, and what stands behind them', async () => {
    await using sink = await SinkServer.start({ fault: () => ({ at: 'command', index: 2, how: 'stall' }) })
    const client = clientFor(sink)
    const session = await client.session()
    const commands = [session.noop(), session.noop('again')].map((reply) => reply.catch((error: unknown) => error))
    const settled = session.settled()
    const quit = session.quit()
    await client.close()
    for (const error of await Promise.all(commands)) expect(error).toMatchObject({ code: 'smtp.closed' })
    await Promise.all([settled, quit])
    await expect(session.noop()).rejects.toMatchObject({ code: 'smtp.closed' })
    await expect(client.session()).rejects.toMatchObject({ code: 'pool.closed' })
    expect(sink.sessions.length).toBe(1)
  })

  it('refuses a command that comes while QUIT is under way', async () => {
    await using sink = await SinkServer.start()
    const client = clientFor(sink)
    const session = await client.session()
    let behind: Promise<unknown> | undefined
    client.on('trail', (event) => {
      if (event.type === 'command' && event.line === 'QUIT') behind = session.noop().catch((error: unknown) => error)
    })
    await client.close()
    expect(await behind).toMatchObject({ code: 'smtp.closed' })
    expect(sink.sessions[0]!.commands.map((line) => line.slice(0, 4))).toEqual(['EHLO', 'QUIT'])
  })
})

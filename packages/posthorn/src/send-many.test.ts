import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import type { Mail, MailDraft } from './mail.js'
import type { MailReceipt } from './mail-receipt.js'
import { Mailer } from './mailer.js'
import { sendingMany, type SendResult } from './send-many.js'

const draft = (number: number): MailDraft => ({
  from: 'a@example.test',
  to: `${number}@example.test`,
  subject: `${number}`,
  text: 'x\n',
})

/** Counts what was taken from it, and whether it was closed. */
class Source<T extends Mail = MailDraft> implements AsyncIterable<T> {
  taken = 0
  closed = false
  readonly #length: number
  readonly #make: (number: number) => T

  constructor(length: number, make: (number: number) => T) {
    this.#length = length
    this.#make = make
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      while (this.taken < this.#length) yield this.#make(this.taken++)
    } finally {
      this.closed = true
    }
  }
}

async function all<T extends Mail>(results: AsyncIterable<SendResult<T>>): Promise<SendResult<T>[]> {
  const found: SendResult<T>[] = []
  for await (const result of results) found.push(result)
  return found
}

/** Sends that end when they are told to, in any order. */
class Hands {
  readonly open = new Map<number, { done: () => void; fail: (error: Error) => void }>()
  most = 0
  #begun = 0
  #waiting: (() => void)[] = []

  readonly send = (): Promise<MailReceipt> => {
    const number = this.#begun++
    const sent = new Promise<MailReceipt>((resolve, reject) => {
      const end = (settle: () => void) => {
        this.open.delete(number)
        settle()
      }
      this.open.set(number, {
        done: () => end(() => resolve({ deliveries: [] })),
        fail: (error) => end(() => reject(error)),
      })
    })
    this.most = Math.max(this.most, this.open.size)
    this.#waiting.splice(0).forEach((wake) => wake())
    return sent
  }

  /** Resolves once so many were begun in all. */
  async begun(count: number): Promise<void> {
    while (this.#begun < count) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}

describe('Mailer.sendMany', () => {
  it('sends them all, each once, and tells of each', async () => {
    await using sink = await SinkServer.start()
    await using mailer = new Mailer({ relay: { host: '127.0.0.1', port: sink.port }, security: 'none' })
    const drafts = Array.from({ length: 300 }, (_, number) => draft(number))
    const results = await all(mailer.sendMany(drafts))
    expect(results.map(({ index }) => index).sort((a, b) => a - b)).toEqual(drafts.map((_, index) => index))
    for (const { index, mail, receipt } of results) {
      expect(mail).toBe(drafts[index])
      expect(receipt!.deliveries).toMatchObject([{ recipient: `${index}@example.test`, outcome: 'delivered' }])
    }
    expect(sink.ledger.map(({ recipients }) => Number.parseInt(recipients[0]!)).sort((a, b) => a - b)).toEqual(
      drafts.map((_, index) => index),
    )
    expect(sink.peakConnections).toBeLessThanOrEqual(10)
  })

  it('goes on behind one that fails', async () => {
    const replyTo = (verb: string, argument: string) =>
      verb === 'RCPT' && argument.includes('<1@') ? '550 no' : undefined
    await using sink = await SinkServer.start({ replyTo })
    await using mailer = new Mailer({ smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
    const mails = [draft(0), draft(1), { ...draft(2), subject: 'a\r\nb' }, draft(3), null as never]
    const results = await all(mailer.sendMany(mails))
    const codes = results
      .sort((a, b) => a.index - b.index)
      .map(({ error, receipt }) => error?.code ?? receipt!.deliveries.length)
    expect(codes).toEqual([1, 'smtp.rcpt.refused', 'draft.control-character', 1, 'draft.not-an-object'])
    expect(sink.ledger).toHaveLength(2)
  })

  it('takes from the source only what connections can carry and the reader reads', async () => {
    await using sink = await SinkServer.start()
    const profile = {
      relay: { host: '127.0.0.1', port: sink.port },
      security: 'none',
      pool: { maxConnections: 2 },
    } as const
    await using mailer = new Mailer(profile)
    const source = new Source(100, draft)
    let read = 0
    for await (const { receipt } of mailer.sendMany(source)) {
      expect(receipt).toBeDefined()
      expect(source.taken).toBeLessThanOrEqual(++read + 4)
    }
    expect([read, source.closed]).toEqual([100, true])
  })

  it('never has more waiting than the pool allows', async () => {
    await using sink = await SinkServer.start()
    const pool = { maxConnections: 1, maxWaiting: 1 }
    await using mailer = new Mailer({ relay: { host: '127.0.0.1', port: sink.port }, security: 'none', pool })
    const results = await all(mailer.sendMany(new Source(50, draft)))
    expect(results.filter(({ error }) => error !== undefined)).toEqual([])
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses to send %j at a time', async (concurrency) => {
    await using mailer = new Mailer('smtp://127.0.0.1:1?security=none')
    await expect(all(mailer.sendMany([draft(0)], { concurrency }))).rejects.toMatchObject({ code: 'settings.number' })
  })

  it('with the signal those under way end, all that were taken are told, and then it throws', async () => {
    await using sink = await SinkServer.start({ fault: () => ({ at: 'content', octets: 1, how: 'hold' }) })
    const profile = {
      relay: { host: '127.0.0.1', port: sink.port },
      security: 'none',
      pool: { maxConnections: 2 },
    } as const
    const mailer = new Mailer(profile)
    const controller = new AbortController()
    const source = new Source(1000, draft)
    const told: SendResult[] = []
    const reading = (async () => {
      for await (const result of mailer.sendMany(source, { signal: controller.signal })) told.push(result)
    })()
    while (sink.sessions.length < 2) await new Promise((resolve) => setImmediate(resolve))
    controller.abort()
    await expect(reading).rejects.toMatchObject({ code: 'aborted' })
    expect(told.map(({ error }) => error?.code)).toEqual(Array.from({ length: source.taken }, () => 'aborted'))
    expect(source.closed).toBe(true)
    await mailer.close({ now: true })
  })
})

describe('sendingMany', () => {
  it('has no more under way, or done and not read, than it was told', async () => {
    const hands = new Hands()
    const source = new Source(10, draft)
    const results = sendingMany(source, hands.send, { concurrency: 3 })
    const first = results.next()
    await hands.begun(3)
    expect(source.taken).toBe(3)
    hands.open.get(1)!.done()
    expect((await first).value).toMatchObject({ index: 1 })
    hands.open.get(0)!.done()
    hands.open.get(2)!.done()
    // two are done and not read: nobody reads, so nothing is taken
    await new Promise((resolve) => setImmediate(resolve))
    expect(source.taken).toBe(3)
    const second = await results.next()
    expect(second.value).toMatchObject({ index: 0 })
    await results.next()
    const more = results.next()
    await hands.begun(5)
    hands.open.get(3)!.done()
    expect((await more).value).toMatchObject({ index: 3 })
    expect(hands.most).toBeLessThanOrEqual(3)
    const end = results.return()
    for (const { done } of hands.open.values()) done()
    await end
    expect([hands.open.size, source.closed]).toEqual([0, true])
  })

  it('sends what is under way to its end when the reader breaks off, and takes no more', async () => {
    const hands = new Hands()
    const source = new Source(10, draft)
    const reading = (async () => {
      for await (const { index } of sendingMany(source, hands.send, { concurrency: 2 })) {
        expect(index).toBe(0)
        break
      }
      return source.taken
    })()
    await hands.begun(2)
    hands.open.get(0)!.done()
    // it waits for the other one
    await new Promise((resolve) => setImmediate(resolve))
    expect(hands.open.size).toBe(1)
    hands.open.get(1)!.done()
    expect([await reading, source.closed]).toEqual([2, true])
  })

  it.each([true, false])(
    'tells of all that were taken before it throws what the source throws (async: %s)',
    async (later) => {
      const hands = new Hands()
      const fault = new Error('the source broke')
      function* now(): Generator<MailDraft> {
        yield draft(0)
        yield draft(1)
        throw fault
      }
      async function* then(): AsyncGenerator<MailDraft> {
        yield* now()
      }
      const told: number[] = []
      const reading = (async () => {
        for await (const { index } of sendingMany(later ? then() : now(), hands.send, { concurrency: 10 }))
          told.push(index)
      })()
      await hands.begun(2)
      hands.open.get(1)!.done()
      hands.open.get(0)!.fail(new Error('x'))
      await expect(reading).rejects.toBe(fault)
      expect(told.sort()).toEqual([0, 1])
    },
  )

  it('does not wait for a source that gives nothing when the reader breaks off', async () => {
    const hands = new Hands()
    let closed = false
    async function* stalled(): AsyncGenerator<MailDraft> {
      try {
        yield draft(0)
        await new Promise(() => {})
      } finally {
        closed = true
      }
    }
    const results = sendingMany(stalled(), hands.send, { concurrency: 5 })
    const first = results.next()
    await hands.begun(1)
    hands.open.get(0)!.done()
    await first
    await results.return()
    expect(closed).toBe(false) // it is still where it was
  })

  it('ends with an empty source, and tells what is no error of ours as one', async () => {
    expect(await all(sendingMany([], () => Promise.reject(new Error()), { concurrency: 1 }))).toEqual([])
    const [result] = await all(sendingMany([draft(0)], () => Promise.reject(new Error('odd')), { concurrency: 1 }))
    expect(result!.error).toMatchObject({ code: 'invariant' })
  })

  it('waits for what any next() gives that can be waited for', async () => {
    const hands = new Hands()
    let given = 0
    // as one of another realm: no instance of our Promise
    const later = <T>(value: T) => ({ then: (tell: (value: T) => void) => tell(value) }) as unknown as Promise<T>
    const next = () =>
      later<IteratorResult<MailDraft>>(given < 2 ? { done: false, value: draft(given++) } : { done: true, value: 0 })
    const source: AsyncIterable<MailDraft> = { [Symbol.asyncIterator]: () => ({ next }) }
    const results = all(sendingMany(source, hands.send, { concurrency: 2 }))
    await hands.begun(2)
    for (const { done } of [...hands.open.values()]) done()
    expect((await results).map(({ mail }) => mail.subject)).toEqual(['0', '1'])
  })

  it('takes nothing that the source gives after the reader broke off', async () => {
    const hands = new Hands()
    let give = (_: IteratorResult<MailDraft>) => {}
    const answers = [
      { done: false as const, value: draft(0) },
      { done: false as const, value: draft(1) },
    ]
    const next = () => {
      const answer = answers.shift()
      return answer ? Promise.resolve(answer) : new Promise<IteratorResult<MailDraft>>((resolve) => (give = resolve))
    }
    const source: AsyncIterable<MailDraft> = { [Symbol.asyncIterator]: () => ({ next }) }
    const results = sendingMany(source, hands.send, { concurrency: 3 })
    const first = results.next()
    await hands.begun(2)
    hands.open.get(0)!.done()
    expect((await first).value).toMatchObject({ index: 0 })
    const broken = results.return()
    give({ done: false, value: draft(2) })
    await new Promise((resolve) => setImmediate(resolve))
    expect([...hands.open.keys()]).toEqual([1])
    hands.open.get(1)!.done()
    await broken
  })

  it.each([[undefined], [null], ['x'], [{}], [{ [Symbol.iterator]: 1 }]])('refuses %j as a source', async (source) => {
    const results = sendingMany(source as unknown as MailDraft[], new Hands().send, { concurrency: 1 })
    await expect(results.next()).rejects.toMatchObject({ code: 'draft.not-an-object', field: 'source' })
  })
})

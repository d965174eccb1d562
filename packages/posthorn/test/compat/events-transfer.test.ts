import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { SMTP, TransferEvent } from '../../src/compat/ipworks/index.js'
import { component, failure, heardBy, sink, type Heard } from './component.js'

/** How the body can go: DATA, one BDAT, or one for each part. */
const WAYS = [
  ['DATA', []],
  ['BDAT', ['CHUNKING']],
  ['groups', ['PIPELINING', 'CHUNKING', '8BITMIME', 'SIZE']],
] as const

/** A megabyte and a bit, with dots to be doubled. */
const LARGE = Buffer.from('..A line that begins with dots.\r\nAnd one that does not.\r\n'.repeat(20_000))

const stepsOf = (heard: readonly Heard[]): TransferEvent[] =>
  heard.flatMap(({ name, event }) => (name === 'Transfer' ? event : []))

/** Sends, and says what was heard of the body. */
async function transferred(smtp: SMTP): Promise<{ readonly names: string[]; readonly steps: TransferEvent[] }> {
  const heard = heardBy(smtp, ['StartTransfer', 'Transfer', 'EndTransfer'])
  await smtp.send()
  for (const { event } of heard) expect('direction' in event && event.direction).toBe(0)
  return { names: heard.map(({ name }) => name), steps: stepsOf(heard) }
}

/** The counts of the steps fit to their texts, which are the body together. */
function expectBody(steps: readonly TransferEvent[], body: Buffer): void {
  let octets = 0
  for (const { text, bytesTransferred } of steps) {
    expect(text).toBeInstanceOf(Buffer)
    expect(bytesTransferred).toBeGreaterThan(octets)
    expect(bytesTransferred).toBe((octets += text.length))
  }
  expect(octets).toBe(body.length)
  expect(Buffer.concat(steps.map(({ text }) => text)).equals(body)).toBe(true)
}

test.each(WAYS)(
  '[part of ipworks.event.StartTransfer] [ipworks.event.StartTransfer.Direction] [ipworks.event.Transfer] [ipworks.event.Transfer.Direction] [ipworks.event.Transfer.BytesTransferred] [ipworks.event.Transfer.PercentDone] [ipworks.event.Transfer.Text] [part of ipworks.event.EndTransfer] [ipworks.event.EndTransfer.Direction] a megabyte by %s, its length known and unknown',
  async (_, extensions) => {
    const server = await sink({ extensions })
    const known = component(server)
    known.message = LARGE
    const { names, steps } = await transferred(known)
    expect(names).toEqual(['StartTransfer', ...steps.map(() => 'Transfer'), 'EndTransfer'])
    expect(steps.length).toBeGreaterThan(1)
    expectBody(steps, LARGE)
    const percents = steps.map(({ percentDone }) => percentDone)
    expect(percents).toEqual([...percents].sort((a, b) => a - b))
    expect(percents.every((percent) => Number.isInteger(percent) && percent >= 0)).toBe(true)
    expect(percents.filter((percent) => percent === 100)).toHaveLength(1)
    expect(percents.at(-1)).toBe(100)

    const unknown = component(server)
    unknown.setMessageStream(Readable.from([LARGE.subarray(0, 700_000), LARGE.subarray(700_000)]))
    const streamed = await transferred(unknown)
    expect(streamed.names).toEqual(['StartTransfer', 'Transfer', 'Transfer', 'EndTransfer'])
    expectBody(streamed.steps, LARGE)
    expect(streamed.steps.map(({ percentDone }) => percentDone)).toEqual([-1, -1])
    for (const { content } of server.ledger)
      expect(content!.subarray(content!.indexOf('\r\n\r\n') + 4).equals(LARGE)).toBe(true)
  },
)

test('[ipworks.event.StartTransfer] [ipworks.event.EndTransfer] [part of ipworks.event.Transfer] a text is told as it is sent; an empty body is not told', async () => {
  const server = await sink()
  const text = component(server)
  text.messageText = 'Grüße\nzwei'
  const told = await transferred(text)
  expect(told.names).toEqual(['StartTransfer', 'Transfer', 'EndTransfer'])
  expectBody(told.steps, Buffer.from('Gr=C3=BC=C3=9Fe\r\nzwei\r\n'))
  expect(told.steps[0]!.text.toString()).toBe(text.config('TransferText'))
  const empties: ((smtp: SMTP) => void)[] = [
    (smtp) => (smtp.messageText = ''),
    (smtp) => smtp.setMessageStream(Readable.from([])),
    (smtp) => smtp.setMessageStream(Readable.from([Buffer.alloc(0), Buffer.alloc(0)])),
  ]
  for (const empty of empties) {
    const smtp = component(server)
    empty(smtp)
    expect((await transferred(smtp)).names).toEqual([])
  }
  expect(server.ledger).toHaveLength(4)
})

test('[part of ipworks.event.StartTransfer] a part of a stream that is empty does not begin the body twice', async () => {
  const smtp = component(await sink())
  smtp.setMessageStream(Readable.from([Buffer.alloc(0), Buffer.from('a\r\n'), Buffer.alloc(0), Buffer.from('b\r\n')]))
  const { names, steps } = await transferred(smtp)
  expect(names).toEqual(['StartTransfer', 'Transfer', 'Transfer', 'EndTransfer'])
  expectBody(steps, Buffer.from('a\r\nb\r\n'))
})

test('[part of ipworks.event.Transfer] one handler is enough, and a message that is refused before its body has no events of it', async () => {
  const server = await sink({ replyTo: (verb) => (verb === 'DATA' ? '554 no' : undefined), extensions: [] })
  const smtp = component(server)
  const counts: number[] = []
  smtp.on('Transfer', ({ bytesTransferred }) => counts.push(bytesTransferred))
  expect(await failure(smtp.send())).toMatchObject({ code: 161 })
  expect(counts).toEqual([])
  await smtp.disconnect()
  smtp.mailPort = (await sink()).port
  await smtp.send()
  expect(counts).toEqual(['A text.\r\n'.length])
})

test('[part of ipworks.event.Transfer] a body that goes in several transactions, since the server takes few recipients at once, is told once', async () => {
  const server = await sink({ maxRecipients: 2, extensions: [] })
  const smtp = component(server)
  smtp.config('StopOnToErrors=False')
  smtp.sendTo = 'c@example.test, d@example.test, e@example.test'
  const { names, steps } = await transferred(smtp)
  expect(server.ledger.map(({ recipients }) => recipients.length)).toEqual([2, 2])
  expect(names).toEqual(['StartTransfer', 'Transfer', 'EndTransfer'])
  expect(steps.map(({ percentDone }) => percentDone)).toEqual([100])
})

test('[part of ipworks.method.SetMessageStream] a short stream goes in several transactions, too; a long one cannot, and who went without is said', async () => {
  const server = await sink({ maxRecipients: 2 })
  for (const [octets, taken] of [
    [1_000_000, 2],
    [2_000_000, 1],
  ] as const) {
    const smtp = component(server)
    smtp.config('StopOnToErrors=False')
    smtp.sendTo = 'c@example.test, d@example.test, e@example.test'
    smtp.setMessageStream(Readable.from([Buffer.alloc(octets, 'hello\r\n.\r\n')]))
    const sent = smtp.send()
    if (taken === 2) await sent
    else
      expect(await failure(sent)).toMatchObject({
        code: 211,
        message: expect.stringMatching(
          /2 of 4 recipients did not get the message: d@example\.test, e@example\.test$/,
        ) as string,
      })
    const messages = server.ledger.splice(0)
    expect(messages.map(({ recipients }) => recipients.length)).toEqual(Array(taken).fill(2))
    for (const { content } of messages) expect(content!.subarray(content!.indexOf('\r\n\r\n') + 4).length).toBe(octets)
  }
})

test.each([[[]], [['8BITMIME']], [['CHUNKING']], [['8BITMIME', 'CHUNKING']]])(
  '[part of ipworks.event.Transfer] who listens changes nothing of what the server is told, nor of what is refused before: %j',
  async (extensions) => {
    const server = await sink({ extensions })
    const text = 'Content-Type: text/plain; charset=utf-8'
    const bodies: ((smtp: SMTP) => void)[] = [
      ...['a\r\n', 'a\n', 'a\0b\r\n', 'a\0b', '\xfc\r\n', '\xfc\n', '\xfc\0\r\n'].map(
        (octets) => (smtp: SMTP) => (smtp.message = Buffer.from(octets, 'latin1')),
      ),
      ...['a', 'a\0b', 'ü', 'ü\0'].map(
        (messageText) => (smtp: SMTP) => Object.assign(smtp, { messageText, otherHeaders: text }),
      ),
    ]
    for (const set of bodies) {
      const told = async (listen: boolean) => {
        const smtp = component(server)
        set(smtp)
        if (listen) smtp.on('Transfer', () => {})
        const { code, message } = await smtp.send().then(() => ({ code: 0, message: '' }), failureFacts)
        const { commands } = server.sessions.at(-1)!
        return { code, message, commands: commands.map((line) => (line.startsWith('BDAT') ? 'BDAT' : line)) }
      }
      const unheard = await told(false)
      expect(await told(true)).toEqual(unheard)
    }
  },
)

const failureFacts = ({ code, message }: Error & { readonly code?: number }) => ({ code, message })

/** Keeps count of the handlers that are at work. */
function reentrance() {
  let running = 0
  const seen = { deepest: 0, order: [] as string[] }
  const enter = (what: string): void => {
    seen.order.push(what)
    seen.deepest = Math.max(seen.deepest, ++running)
  }
  return { seen, enter, leave: () => void running-- }
}

test.each(WAYS)(
  '[ipworks.behaviour.events-not-reentrant] [part of ipworks.event.Transfer] a handler that takes 50 ms for each part: by %s all octets arrive, the counts in their order',
  async (_, extensions) => {
    const body = LARGE.subarray(0, LARGE.indexOf('\n', 200_000) + 1)
    const server = await sink({ extensions })
    const smtp = component(server)
    smtp.message = body
    const { seen, enter, leave } = reentrance()
    const steps: TransferEvent[] = []
    smtp.on('Transfer', async (event) => {
      enter(`T${event.bytesTransferred}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
      steps.push(event)
      leave()
    })
    for (const name of ['PITrail', 'ConnectionStatus', 'StartTransfer', 'EndTransfer'] as const) {
      smtp.on(name, async () => {
        enter(name)
        await new Promise((resolve) => setImmediate(resolve))
        leave()
      })
    }
    await smtp.send()
    expect(seen.deepest).toBe(1)
    expectBody(steps, body)
    const told = seen.order.filter((each) => /^T\d|Transfer$/.test(each))
    expect(told).toEqual(['StartTransfer', ...steps.map((step) => `T${step.bytesTransferred}`), 'EndTransfer'])
    expect(seen.order.at(-1)).toBe('ConnectionStatus')
    const { content } = server.ledger[0]!
    expect(content!.subarray(content!.indexOf('\r\n\r\n') + 4).equals(body)).toBe(true)
  },
)

test('[part of ipworks.behaviour.events-not-reentrant] what a handler sets off is told behind it, also where nothing is asynchronous', async () => {
  const server = await sink({ extensions: [] })
  const smtp = component(server)
  smtp.message = LARGE
  const { seen, enter, leave } = reentrance()
  smtp.on('ConnectionStatus', ({ connectionEvent }) => {
    enter(connectionEvent)
    leave()
  })
  smtp.on('Transfer', () => {
    enter('first')
    smtp.interrupt() // ends the connection at once, which is an event of its own
    leave()
  })
  smtp.on('Transfer', () => {
    enter('second')
    leave()
  })
  expect(await failure(smtp.send())).toMatchObject({ code: 301, reason: 'interrupted' })
  expect(seen).toEqual({ deepest: 1, order: ['Connected', 'first', 'second', 'Disconnected'] })
})

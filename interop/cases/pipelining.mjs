// Many messages at once, on one session and on several: each one accepted arrives exactly once, each one refused never.
import { deepStrictEqual, equal, ok } from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { outcomesOf, trailOf } from '../expectation.mjs'
import { exactly, letter } from '../letter.mjs'

const MESSAGES = 500

/**
 * Who a message goes to, by its number: mixtures of accepted and refused ones, and now and then nobody who is accepted. Never so many
 * of these in a row that Postfix hangs up on the client for its errors.
 */
const ENVELOPES = [
  { names: ['bob'], outcomes: ['delivered'] },
  { names: ['bob', 'reject'], outcomes: ['delivered', 'refused 550'] },
  { names: ['reject'], outcomes: ['refused 550'] },
  { names: ['full', 'carol', 'defer'], outcomes: ['refused 552', 'delivered', 'refused 450'] },
  { names: ['bob', 'carol'], outcomes: ['delivered', 'delivered'] },
  { names: ['defer', 'reject'], outcomes: ['refused 450', 'refused 550'] },
  { names: ['dave'], outcomes: ['delivered'] },
]

const mixed = [
  {
    title: 'BDAT in flight, 16 deep',
    options: { pool: { maxConnections: 1, pipelineDepth: 16 } },
    verb: 'BDAT',
    depth: 16,
  },
  { title: 'riding BDAT', options: { pool: { maxConnections: 1 } }, verb: 'BDAT', depth: 1 },
  { title: 'riding DATA', options: { pool: { maxConnections: 1 }, chunking: 'off' }, verb: 'DATA', depth: 1 },
  {
    title: 'BDAT in flight on 4 connections',
    options: { pool: { maxConnections: 4, pipelineDepth: 16 } },
    verb: 'BDAT',
    depth: 16,
  },
].map(({ title, options, verb, depth }) => ({
  title: `${title}: ${MESSAGES} messages with accepted and refused recipients`,
  async run(lab) {
    const box = lab.box()
    const client = lab.client('mx', options)
    const trail = trailOf(client)
    const sent = Array.from({ length: MESSAGES }, (_, number) => ({
      number,
      ...ENVELOPES[(number * 5 + (number >> 4)) % ENVELOPES.length],
    }))
    const results = await Promise.all(
      sent.map(async ({ number, names }) => {
        const one = letter(body(number))
        const envelope = {
          reversePath: box.at(`sender${number}`),
          recipients: names.map((name) => box.at(`${name}${name === 'bob' ? number : ''}`)),
        }
        const settled = await client.send({ envelope, content: one.content }).catch((error) => error)
        return { one, envelope, receipt: settled.receipt ?? settled, settled }
      }),
    )
    await client.close()
    results.forEach(({ receipt, settled }, number) => {
      ok(receipt.deliveries, String(settled.stack ?? settled))
      deepStrictEqual(outcomesOf(receipt), sent[number].outcomes, `message ${number}`)
    })
    equal(trail.sessions(), options.pool.maxConnections)
    ok(trail.count(verb) > 0)
    equal(trail.ahead().depth, depth)
    ok(trail.ahead().ridden > MESSAGES / 2, `${trail.ahead().ridden} envelopes went out behind content`)
    await lab.settled()
    const expected = results.map(({ one, envelope, receipt }) => ({
      letter: one,
      recipients: envelope.recipients.filter((_, index) => receipt.deliveries[index].outcome === 'delivered'),
    }))
    const arrived = await box.arrived()
    exactly(arrived, expected)
    // nobody got somebody else's envelope
    const senders = new Map(results.map(({ one, envelope }) => [one.marker, envelope.reversePath]))
    for (const { marker, front } of arrived) ok(front.startsWith(`Return-Path: <${senders.get(marker)}>\n`), front)
  },
}))

const pool = [
  {
    title: 'the pool: 200 messages over 5 connections, under TLS with login',
    async run(lab) {
      const box = lab.box()
      const client = lab.client('submission', {
        security: 'starttls',
        credentials: lab.credentials,
        pool: { maxConnections: 5 },
      })
      const trail = trailOf(client)
      const letters = Array.from({ length: 200 }, (_, number) => letter(body(number)))
      const recipients = [box.at('bob')]
      const receipts = await Promise.all(
        letters.map(({ content }) => client.send({ envelope: { reversePath: box.at('alice'), recipients }, content })),
      )
      for (const receipt of receipts) deepStrictEqual(outcomesOf(receipt), ['delivered'])
      await client.close()
      equal(trail.sessions(), 5)
      equal(trail.count('QUIT'), 5)
      deepStrictEqual(client.counts, { open: 0, idle: 0, busy: 0, waiting: 0 })
      await lab.settled()
      exactly(
        await box.arrived(),
        letters.map((one) => ({ letter: one, recipients })),
      )
    },
  },
  {
    title: 'the pool: a session is left after maxMessagesPerConnection, and nothing is lost by it',
    async run(lab) {
      const box = lab.box()
      const client = lab.client('mx', { pool: { maxConnections: 2, maxMessagesPerConnection: 10 } })
      const trail = trailOf(client)
      const letters = Array.from({ length: 60 }, (_, number) => letter(body(number)))
      const recipients = [box.at('bob')]
      await Promise.all(
        letters.map(({ content }) => client.send({ envelope: { reversePath: box.at('alice'), recipients }, content })),
      )
      await client.close()
      // seven when the last two share what is left
      ok(trail.sessions() === 6 || trail.sessions() === 7, `${trail.sessions()} sessions`)
      for (const session of new Set(trail.events.map((event) => event.session))) {
        const mails = trail.events.filter((event) => event.session === session && event.line?.startsWith('MAIL')).length
        ok(mails <= 10, `${mails} messages on session ${session}`)
      }
      await lab.settled()
      exactly(
        await box.arrived(),
        letters.map((one) => ({ letter: one, recipients })),
      )
    },
  },
  {
    title: 'the pool: an idle session is asked NOOP and used again',
    async run(lab) {
      const box = lab.box()
      const client = lab.client('mx', { pool: { maxConnections: 1, probeIdleMs: 0 } })
      const trail = trailOf(client)
      const letters = [letter(), letter()]
      const recipients = [box.at('bob')]
      for (const { content } of letters) {
        await client.send({ envelope: { reversePath: box.at('alice'), recipients }, content })
        while (client.counts.idle === 0) await nextTurn()
      }
      await client.close()
      equal(trail.sessions(), 1)
      equal(trail.count('NOOP'), 1)
      await lab.settled()
      exactly(
        await box.arrived(),
        letters.map((one) => ({ letter: one, recipients })),
      )
    },
  },
]

export const cases = [...mixed, ...pool]

/** Bodies of very different lengths, with lines that are dangerous if taken for commands or for the end. */
function body(number) {
  return `message ${number}\r\n.\r\nMAIL FROM:<thief@posthorn.example>\r\n`.repeat(1 + ((number * 37) % 90))
}

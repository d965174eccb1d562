// Servers that hang up or refuse at the worst moments: what the receipt says is what is known, and nothing is sent twice.
import { deepStrictEqual, equal, ok } from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { isSendFailure, SettingsError } from '@posthorn/smtp'
import { outcomesOf, sendFailure, trailOf } from '../expectation.mjs'
import { exactly, letter, withLf } from '../letter.mjs'

const ENVELOPE = {
  reversePath: 'alice@posthorn.example',
  recipients: ['bob@posthorn.example', 'carol@posthorn.example'],
}

/** Sources that do not keep what they promise; the server must never take what they gave for a whole message. */
const SOURCES = {
  'throws half-way': (octets) => ({
    async *open() {
      yield octets.subarray(0, octets.length - 40)
      throw new Error('the disk is gone')
    },
  }),
  'ends 6 octets early': (octets) => ({
    open: () => Readable.from([octets.subarray(0, -6)]),
    sizeOctets: octets.length,
    canonical: true,
  }),
  'gives more than announced': (octets) => ({
    open: () => Readable.from([octets]),
    sizeOctets: octets.length - 40,
    canonical: true,
  }),
}

const sources = Object.entries(SOURCES).flatMap(([name, source]) =>
  ['off', 'auto'].map((chunking) => ({
    title: `a source that ${name}, by ${chunking === 'off' ? 'DATA' : 'BDAT'}: not sent, and nothing arrives`,
    async run(lab) {
      const box = lab.box()
      const client = lab.client('mx', { chunking })
      const send = (content) =>
        client.send({ envelope: { reversePath: box.at('alice'), recipients: [box.at('bob')] }, content })
      const error = await send(source(letter('line\r\n'.repeat(20)).content)).catch((thrown) => thrown)
      ok(isSendFailure(error) && error instanceof SettingsError, String(error.stack ?? JSON.stringify(error)))
      deepStrictEqual(outcomesOf(error.receipt), ['notSent'])
      const one = letter()
      await send(one.content)
      await lab.settled()
      exactly(await box.arrived(), [{ letter: one, recipients: [box.at('bob')] }])
    },
  })),
)

const servers = [
  {
    title: 'no EHLO: HELO, and the message arrives',
    async run(lab) {
      const one = letter('.\r\nplain\r\n')
      const client = lab.client('noEhlo')
      const trail = trailOf(client)
      const receipt = await client.send({ envelope: ENVELOPE, content: one.content })
      await client.close()
      deepStrictEqual(outcomesOf(receipt), ['delivered', 'delivered'])
      deepStrictEqual([trail.count('EHLO'), trail.count('HELO')], [1, 1])
      const names = await readdir(lab.servers.sinkMail)
      equal(names.length, 1)
      const kept = withLf(await readFile(join(lab.servers.sinkMail, names[0])))
      ok(kept.includes(one.stored), kept.toString('utf8'))
    },
  },
  {
    title: 'closes at DATA: not sent, safe to try again',
    async run(lab) {
      const client = lab.client('closesAtData')
      const trail = trailOf(client)
      const error = await sendFailure(
        client.send({ envelope: ENVELOPE, content: letter().content }),
        'smtp.connection.lost',
        ['notSent', 'notSent'],
      )
      equal(error.outcome, 'transient')
      ok(trail.sessions() <= 3, 'tried again at most twice')
      ok(!trail.events.some(({ type }) => type === 'content'), 'no content was sent')
    },
  },
  {
    title: 'closes at the dot: unknown, and not sent again',
    async run(lab) {
      const client = lab.client('closesAtDot')
      const trail = trailOf(client)
      const error = await sendFailure(
        client.send({ envelope: ENVELOPE, content: letter().content }),
        'smtp.connection.lost',
        ['unknown', 'unknown'],
      )
      equal(error.outcome, 'unknown')
      equal(trail.events.filter(({ type, done }) => type === 'content' && done).length, 1)
    },
  },
  {
    title: 'closes at the dot with others waiting: each is sent at most once',
    async run(lab) {
      const client = lab.client('closesAtDot', { pool: { maxConnections: 2 } })
      const trail = trailOf(client)
      const errors = await Promise.all(
        Array.from({ length: 20 }, () =>
          client.send({ envelope: ENVELOPE, content: letter().content }).catch((error) => error),
        ),
      )
      const outcomes = errors.map(({ receipt }) => receipt.deliveries[0].outcome)
      ok(
        outcomes.every((outcome) => outcome === 'unknown' || outcome === 'notSent'),
        outcomes.join(),
      )
      const unknown = outcomes.filter((outcome) => outcome === 'unknown').length
      equal(trail.events.filter(({ type, done }) => type === 'content' && done).length, unknown)
    },
  },
  {
    title: '4xx at the dot: refused for now, and the session goes on',
    async run(lab) {
      const client = lab.client('refusesAtDot', { pool: { maxConnections: 1 } })
      const trail = trailOf(client)
      for (let count = 0; count < 3; count++) {
        const sending = client.send({ envelope: ENVELOPE, content: letter().content })
        const error = await sendFailure(sending, 'smtp.final.refused', ['refused 450', 'refused 450'])
        equal(error.outcome, 'transient')
      }
      equal(trail.sessions(), 1)
    },
  },
]

export const cases = [...servers, ...sources]

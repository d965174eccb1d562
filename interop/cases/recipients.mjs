// Several recipients, some of them refused, and addresses beyond ASCII.
import { deepStrictEqual, equal, ok } from 'node:assert/strict'
import { isSendFailure } from '@posthorn/smtp'
import { outcomesOf, sendFailure, trailOf } from '../expectation.mjs'
import { exactly, letter } from '../letter.mjs'

const CARRIAGES = [
  { by: 'DATA', options: { chunking: 'off' } },
  { by: 'BDAT', options: {} },
  { by: 'BDAT in flight', options: { pool: { pipelineDepth: 16 } } },
  { by: 'lock-step', options: { pipelining: 'off' } },
]

const refusals = CARRIAGES.flatMap(({ by, options }) => [
  {
    title: `one of three refused: the others get it, by ${by}`,
    async run(lab) {
      const { box, one, send } = begin(lab, options)
      const receipt = await send(['bob', 'reject', 'carol'])
      deepStrictEqual(outcomesOf(receipt), ['delivered', 'refused 550', 'delivered'])
      equal(receipt.deliveries[1].reply.enhanced, '5.1.1')
      await lab.settled()
      exactly(await box.arrived(), [{ letter: one, recipients: [box.at('bob'), box.at('carol')] }])
    },
  },
  {
    title: `all refused, for good and for now, and the session goes on, by ${by}`,
    async run(lab) {
      const { box, one, send, trail } = begin(lab, { ...options, pool: { ...options.pool, maxConnections: 1 } })
      const error = await sendFailure(send(['reject', 'full', 'defer']), 'smtp.rcpt.refused', [
        'refused 550',
        'refused 552',
        'refused 450',
      ])
      equal(error.outcome, 'permanent')
      equal(error.refused.length, 3)
      const transient = await sendFailure(send(['defer']), 'smtp.rcpt.refused', ['refused 450'])
      equal(transient.outcome, 'transient')
      deepStrictEqual(outcomesOf(await send(['bob'])), ['delivered'])
      equal(trail.sessions(), 1)
      await lab.settled()
      exactly(await box.arrived(), [{ letter: one, recipients: [box.at('bob')] }])
    },
  },
  {
    title: `recipients 'all': one refused, nobody gets it, by ${by}`,
    async run(lab) {
      const { box, one, send } = begin(lab, options)
      await sendFailure(send(['bob', 'defer', 'carol'], { recipients: 'all' }), 'smtp.rcpt.refused', [
        'notSent',
        'refused 450',
        'notSent',
      ])
      deepStrictEqual(outcomesOf(await send(['dave', 'erin'], { recipients: 'all' })), ['delivered', 'delivered'])
      await lab.settled()
      exactly(await box.arrived(), [{ letter: one, recipients: [box.at('dave'), box.at('erin')] }])
    },
  },
  {
    title: `421 to RCPT ends the session, loses nothing of others and delivers nothing of this one, by ${by}`,
    async run(lab) {
      const { box, one, send } = begin(lab, options)
      const before = await send(['bob'])
      deepStrictEqual(outcomesOf(before), ['delivered'])
      const failed = await send(['dave', 'drop']).catch((error) => error)
      ok(isSendFailure(failed), String(failed.stack ?? failed))
      // content in flight behind the RCPT was out before the 421 came: "unknown" is all a client may be asked to know
      const allowed = options.pool ? ['notSent', 'unknown'] : ['notSent']
      const [dave, drop] = failed.receipt.deliveries
      ok(allowed.includes(dave.outcome), dave.outcome)
      ok(drop.outcome === 'refused' || allowed.includes(drop.outcome), drop.outcome)
      if (drop.outcome !== 'unknown') equal(drop.reply.code, 421)
      if (dave.outcome !== 'unknown') equal(failed.outcome, 'transient')
      deepStrictEqual(outcomesOf(await send(['erin'])), ['delivered'])
      await lab.settled()
      exactly(await box.arrived(), [{ letter: one, recipients: [box.at('bob'), box.at('erin')] }])
    },
  },
])

const many = [
  {
    title: '150 recipients in one message',
    async run(lab) {
      const { box, one, send } = begin(lab, {})
      const names = Array.from({ length: 150 }, (_, index) => `r${index}`)
      const receipt = await send(names)
      ok(receipt.deliveries.every(({ outcome }) => outcome === 'delivered'))
      await lab.settled()
      exactly(await box.arrived(), [{ letter: one, recipients: names.map((name) => box.at(name)) }])
    },
  },
  {
    title: 'quoted and odd local parts arrive where they should',
    async run(lab) {
      const { box, one, send } = begin(lab, {})
      const names = ['"two words"', 'a+b=c', "o'brien", '"a\\"b"']
      deepStrictEqual(
        outcomesOf(await send(names)),
        names.map(() => 'delivered'),
      )
      await lab.settled()
      exactly(await box.arrived(), [{ letter: one, recipients: names.map((name) => box.at(name)) }])
    },
  },
  {
    title: 'the null reverse-path',
    async run(lab) {
      const box = lab.box()
      const one = letter()
      await lab.client('mx').send({ envelope: { reversePath: '', recipients: [box.at('bob')] }, content: one.content })
      await lab.settled()
      const arrived = await box.arrived()
      exactly(arrived, [{ letter: one, recipients: [box.at('bob')] }])
      ok(arrived[0].front.startsWith('Return-Path: <>\n'))
    },
  },
]

const utf8 = CARRIAGES.slice(0, 3).map(({ by, options }) => ({
  title: `SMTPUTF8 addresses, by ${by}`,
  async run(lab) {
    const box = lab.box()
    const one = letter()
    const client = lab.client('mx', options)
    const trail = trailOf(client)
    const recipients = [box.at('пошта'), box.at('grüße'), box.at('plain')]
    const receipt = await client.send({ envelope: { reversePath: box.at('älice'), recipients }, content: one.content })
    deepStrictEqual(outcomesOf(receipt), ['delivered', 'delivered', 'delivered'])
    ok(trail.commands().some((line) => line.startsWith('MAIL FROM:<älice@') && line.includes(' SMTPUTF8')))
    await lab.settled()
    const arrived = await box.arrived()
    exactly(arrived, [{ letter: one, recipients }])
    ok(arrived[0].front.startsWith(`Return-Path: <${box.at('älice')}>\n`))
  },
}))

export const cases = [...refusals, ...many, ...utf8]

function begin(lab, options) {
  const box = lab.box()
  const one = letter()
  const client = lab.client('mx', options)
  const trail = trailOf(client)
  const send = (names, sendOptions) =>
    client.send(
      {
        envelope: { reversePath: box.at('alice'), recipients: names.map((name) => box.at(name)) },
        content: one.content,
      },
      sendOptions,
    )
  return { box, one, send, trail }
}

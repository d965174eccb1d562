// A server that offers almost nothing: no PIPELINING, CHUNKING, 8BITMIME, DSN or SMTPUTF8, and 100 000 octets at most.
import { deepStrictEqual, equal, ok } from 'node:assert/strict'
import { outcomesOf, sendFailure, trailOf } from '../expectation.mjs'
import { exactly, letter } from '../letter.mjs'

const LARGE = `${'0123456789'.repeat(7)}\r\n`.repeat(2000)

export const cases = [
  {
    title: 'lock-step: each command waits for its reply',
    async run(lab) {
      const { box, client, trail } = begin(lab)
      const letters = Array.from({ length: 5 }, () => letter('.\r\n..\r\nfrom a poor server\r\n'))
      const recipients = [box.at('bob'), box.at('reject'), box.at('carol')]
      const receipts = await Promise.all(
        letters.map(({ content }) => client.send({ envelope: { reversePath: box.at('alice'), recipients }, content })),
      )
      for (const receipt of receipts) deepStrictEqual(outcomesOf(receipt), ['delivered', 'refused 550', 'delivered'])
      await client.close()
      const kinds = trail.events.filter(({ type }) => type === 'command' || type === 'reply').map(({ type }) => type)
      const inOrder = kinds.every((kind, index) => kind === 'reply' || kinds[index - 1] === 'reply')
      ok(inOrder, 'no command before the reply to the one before it')
      equal(trail.count('MAIL'), 5)
      await lab.settled()
      exactly(
        await box.arrived(),
        letters.map((one) => ({ letter: one, recipients: [box.at('bob'), box.at('carol')] })),
      )
    },
  },
  {
    title: 'content above SIZE is refused before MAIL',
    async run(lab) {
      const { box, trail, send } = begin(lab)
      const error = await sendFailure(send(letter(LARGE).content), 'content.too-large', ['notSent'])
      equal(error.outcome, 'permanent')
      equal(trail.count('MAIL'), 0)
      await lab.settled()
      exactly(await box.arrived(), [])
    },
  },
  {
    title: 'content of unknown size above the limit is refused by the server, and the client goes on',
    async run(lab) {
      const { box, client, send } = begin(lab)
      const { content } = letter(LARGE)
      const source = async function* () {
        for (let from = 0; from < content.length; from += 8192) yield content.subarray(from, from + 8192)
      }
      const error = await send(source).catch((thrown) => thrown)
      equal(error.reply?.code, 552, String(error.stack ?? error))
      deepStrictEqual(outcomesOf(error.receipt), ['refused 552'])
      equal(error.outcome, 'permanent')
      const one = letter()
      deepStrictEqual(outcomesOf(await send(one.content)), ['delivered'])
      await client.close()
      await lab.settled()
      exactly(await box.arrived(), [{ letter: one, recipients: [box.at('bob')] }])
    },
  },
  {
    title: '8-bit content is refused before MAIL, not sent and hoped for',
    async run(lab) {
      const { trail, send } = begin(lab)
      await sendFailure(send(letter('grüße\r\n').content), 'content.eight-bit', ['notSent'])
      equal(trail.count('MAIL'), 0)
    },
  },
  {
    title: 'an address that needs SMTPUTF8 is refused before MAIL',
    async run(lab) {
      const { box, client, trail } = begin(lab)
      const envelope = { reversePath: box.at('alice'), recipients: [box.at('пошта')] }
      await sendFailure(client.send({ envelope, content: letter().content }), 'extension.missing', ['notSent'])
      equal(trail.count('MAIL'), 0)
    },
  },
]

function begin(lab) {
  const box = lab.box()
  const client = lab.client('poor', { pool: { maxConnections: 1 } })
  const trail = trailOf(client)
  const send = (content) =>
    client.send({ envelope: { reversePath: box.at('alice'), recipients: [box.at('bob')] }, content })
  return { box, client, trail, send }
}

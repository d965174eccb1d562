import { describe, expect, it } from 'vitest'
import { SinkServer } from '@posthorn/testkit'
import { clientFor, contradictions, receiptOf, takenCount } from './support.js'
import type { SmtpOptions } from '../src/index.js'

const MODES: Record<string, Partial<SmtpOptions>> = {
  'groups and DATA': { chunking: 'off' },
  'groups and BDAT': {},
  'transactions in flight': { pool: { pipelineDepth: 16 } },
}
const NAMES = ['a', 'b', 'c', 'd']
/** `required`: the one, or the two, that this copy of the message must reach. */
type Wanted = 'any' | 'all' | 'required'
const REQUIRED: readonly (readonly number[])[] = [[0], [3], [1, 2]]

/** Every pattern of accepted and refused over four recipients, three messages each so that envelopes ride and fly. */
async function outcomes(
  options: Partial<SmtpOptions>,
  wanted: Wanted,
  moment: 'rcpt' | 'mail' | 'content',
): Promise<unknown[]> {
  await using server = await SinkServer.start({
    replyTo: (verb, argument, { reversePath }) => {
      if (moment === 'rcpt' && verb === 'RCPT' && /<refused-/.test(argument)) return '550 5.1.1 no such mailbox'
      if (moment === 'mail' && verb === 'MAIL' && /<refused/.test(argument)) return '550 5.7.1 not you'
      if (moment === 'content' && verb === 'CONTENT' && reversePath?.startsWith('refused')) return '554 5.6.0 not that'
      return undefined
    },
  })
  const client = clientFor(server, {
    pool: { maxConnections: 1, ...options.pool },
    ...options,
    ...(options.pool ? { pool: { maxConnections: 1, ...options.pool } } : {}),
  })
  const sends: Promise<unknown>[] = []
  let number = 0
  for (let pattern = 0; pattern < 16; pattern++) {
    for (let copy = 0; copy < 3; copy++) {
      number++
      const recipients = NAMES.map((name, index) => ({
        address: `${moment === 'rcpt' && pattern & (1 << index) ? 'refused' : 'good'}-${name}${number}@example.test`,
        required: wanted === 'required' && REQUIRED[copy]!.includes(index),
      }))
      const reversePath = moment !== 'rcpt' && pattern & 1 ? 'refused@example.test' : 'good@example.test'
      sends.push(
        receiptOf(
          client,
          { envelope: { reversePath, recipients }, content: `Subject: ${number}\r\n\r\nx\r\n` },
          { recipients: wanted === 'all' ? 'all' : 'any' },
        ).then((receipt) => {
          return {
            number,
            deliveries: receipt.deliveries.map(({ recipient, outcome, reply, phase }) => ({
              recipient,
              outcome,
              code: reply?.code,
              phase,
            })),
            receipt,
          }
        }),
      )
    }
  }
  const results = (await Promise.all(sends)) as { receipt: Parameters<typeof contradictions>[0]; deliveries: unknown }[]
  await client.close()
  const taken = takenCount(server)
  expect(results.flatMap(({ receipt }) => contradictions(receipt, taken))).toEqual([])
  expect(server.sessions.flatMap(({ violations }) => violations)).toEqual([])
  return results.map(({ deliveries }) => deliveries)
}

describe('the same receipts in every way of sending', () => {
  for (const wanted of ['any', 'all', 'required'] as const) {
    for (const moment of ['rcpt', 'mail', 'content'] as const) {
      it(`all 16 patterns over four recipients, refused at ${moment}, wanted: ${wanted}`, async () => {
        const expected = await outcomes({ pipelining: 'off' }, wanted, moment)
        for (const [mode, options] of Object.entries(MODES))
          expect(await outcomes(options, wanted, moment), mode).toEqual(expected)
      })
    }
  }
})

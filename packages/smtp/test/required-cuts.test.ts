import { SinkServer, type Fault, type SinkOptions } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { clientFor, contradictions, receiptOf, takenCount } from './support.js'
import type { Recipient, SendOptions, SmtpOptions } from '../src/index.js'

const WAYS: Record<string, Partial<SmtpOptions>> = {
  'lock-step': { pipelining: 'off', chunking: 'off' },
  'groups and DATA': { chunking: 'off' },
  'groups and BDAT': {},
  pieces: { chunkOctets: 8 },
  'transactions in flight': { pool: { pipelineDepth: 8, maxConnections: 2 } },
}
const FAULTS: readonly Fault[] = [
  ...Array.from({ length: 12 }, (_, index): Fault => ({ at: 'command', index: index + 1, how: 'fin' })),
  ...Array.from({ length: 14 }, (_, index): Fault => ({ at: 'reply', index, octets: index % 2 ? 3 : 0, how: 'rst' })),
  { at: 'final', how: 'rst' },
  { at: 'taken', how: 'rst' },
]
const OTHERS = ['c@example.test', 'd@example.test', 'e@example.test']
const LETTER = 'Subject: required\r\n\r\nx\r\n'

/** One message to four, of whom `b` is required, on a connection that is cut; what must not be is told in sentences. */
async function problems(options: Partial<SmtpOptions>, server: SinkOptions, fault: Fault, terms: SendOptions) {
  await using sink = await SinkServer.start({
    digest: false,
    ...server,
    fault: (session) => (session === 1 ? fault : undefined),
  })
  const client = clientFor(sink, options)
  const required: Recipient = { address: 'b@example.test', required: true }
  const receipt = await receiptOf(
    client,
    {
      envelope: { reversePath: 'a@example.test', recipients: [OTHERS[0]!, required, ...OTHERS.slice(1)] },
      content: LETTER,
    },
    terms,
  )
  await client.close()
  const taken = takenCount(sink)
  const found = contradictions(receipt, taken)
  if (!taken.has('b@example.test') && taken.size > 0) found.push(`not b, but ${[...taken.keys()].join(', ')} got it`)
  // with 'all' it is d who is refused, each time
  if (terms.recipients === 'all' && taken.size > 0) found.push(`not d, but ${[...taken.keys()].join(', ')} got it`)
  return { found, b: receipt.deliveries[1]!.outcome }
}

describe('nobody gets it without the required one, wherever the connection is cut', () => {
  for (const [way, options] of Object.entries(WAYS)) {
    it.each<[string, SinkOptions, string, SendOptions]>([
      ['who is accepted', {}, 'delivered', {}],
      ['who is accepted, with room for two', { maxRecipients: 2 }, 'delivered', {}],
      [
        'who is refused',
        { replyTo: (verb, to) => (verb === 'RCPT' && to.includes('<b@') ? '550 no' : undefined) },
        'refused',
        {},
      ],
      [
        'as all others, one of whom is refused',
        { replyTo: (verb, to) => (verb === 'RCPT' && to.includes('<d@') ? '550 no' : undefined) },
        'notSent',
        { recipients: 'all' },
      ],
      [
        'who is accepted, and the content is not',
        { maxRecipients: 2, replyTo: (verb) => (verb === 'CONTENT' ? '554 no' : undefined) },
        'refused',
        {},
      ],
    ])(`${way}: %s`, async (_title, server, usual, terms) => {
      const results = await Promise.all(FAULTS.map((fault) => problems(options, server, fault, terms)))
      for (const [index, { found }] of results.entries()) expect(found, JSON.stringify(FAULTS[index])).toEqual([])
      expect(results.map(({ b }) => b)).toContain(usual)
    })
  }
})

import { describe, expect, it } from 'vitest'
import { fillPattern, random, SinkServer, type Fault, type FaultKind } from '@posthorn/testkit'
import { clientFor, contradictions, receiptOf, takenCount } from './support.js'
import type { Receipt, SmtpOptions, TrailEvent } from '../src/index.js'

const LARGE = fillPattern(400_000)
const SMALL = fillPattern(900)
const KINDS: readonly FaultKind[] = ['fin', 'rst']

function allFaults(seed: number): Fault[] {
  const generator = random(seed)
  const faults: Fault[] = KINDS.flatMap((how) => [{ at: 'greeting', how }])
  for (const how of KINDS) {
    for (let index = 1; index <= 6; index++) faults.push({ at: 'command', index, how })
    for (let index = 0; index <= 9; index++)
      for (const octets of [0, 2, 7]) faults.push({ at: 'reply', index, octets, how })
    for (const message of [1, 2]) faults.push({ at: 'final', message, how }, { at: 'taken', message, how })
  }
  for (let count = 0; count < 100; count++) {
    const message = 1 + (count % 2)
    faults.push({
      at: 'content',
      octets: generator.integer(message === 1 ? LARGE.length : SMALL.length),
      message,
      how: KINDS[count % 2]!,
    })
  }
  return faults
}

/** One message alone, on a connection that is cut; sessions after the first are sound. */
async function alone(fault: Fault, options: Partial<SmtpOptions>): Promise<string[]> {
  await using server = await SinkServer.start({
    digest: false,
    fault: (session) => (session === 1 ? fault : undefined),
  })
  const client = clientFor(server, options)
  const trail: TrailEvent[] = []
  client.on('trail', (event) => trail.push(event))
  const receipt = await receiptOf(client, {
    envelope: { reversePath: 'a@example.test', recipients: ['b@example.test', 'c@example.test'] },
    content: LARGE,
  })
  await client.close()
  const problems = contradictions(receipt, takenCount(server))
  const unknown = receipt.deliveries.some(({ outcome }) => outcome === 'unknown')
  const contentOut = trail.some((event) => event.type === 'content' && event.done)
  const verdict = trail.some((event) => event.type === 'reply' && event.phase === 'final')
  if (unknown && !(contentOut && !verdict))
    problems.push('unknown outside the time between the last octet and the final reply')
  if (!unknown && contentOut && !verdict) problems.push(`${receipt.deliveries[0]!.outcome} without a final reply`)
  return problems
}

/** Ten messages through a pool of two, of which the first connection is cut. */
async function pooled(fault: Fault, options: Partial<SmtpOptions>): Promise<string[]> {
  await using server = await SinkServer.start({
    digest: false,
    fault: (session) => (session === 1 ? fault : undefined),
  })
  const client = clientFor(server, { ...options, pool: { maxConnections: 2, ...options.pool } })
  const sends: Promise<Receipt>[] = []
  for (let number = 0; number < 10; number++) {
    const recipients = [`b${number}@example.test`, `c${number}@example.test`]
    sends.push(
      receiptOf(client, {
        envelope: { reversePath: 'a@example.test', recipients },
        content: number % 5 === 0 ? LARGE : SMALL,
      }),
    )
  }
  const receipts = await Promise.all(sends)
  await client.close()
  const taken = takenCount(server)
  return receipts.flatMap((receipt) => contradictions(receipt, taken))
}

/** Four messages on one session of one's own, which is cut; nothing is tried on another connection. */
async function own(fault: Fault, options: Partial<SmtpOptions>): Promise<string[]> {
  await using server = await SinkServer.start({ digest: false, fault: () => fault })
  const client = clientFor(server, options)
  const session = await client.session().catch(() => undefined) // cut before it could carry anything
  const receipts: Receipt[] = []
  for (let number = 0; session && number < 4; number++) {
    const recipients = [`b${number}@example.test`, `c${number}@example.test`]
    const content = number === 0 ? LARGE : SMALL
    receipts.push(await receiptOf(session, { envelope: { reversePath: 'a@example.test', recipients }, content }))
  }
  await client.close()
  const taken = takenCount(server)
  const problems = receipts.flatMap((receipt) => contradictions(receipt, taken))
  if (server.sessions.length !== 1) problems.push(`${server.sessions.length} connections`)
  return problems
}

describe('a connection cut anywhere leaves receipts that agree with the ledger of the server', () => {
  const modes: Record<string, Partial<SmtpOptions>> = {
    DATA: { chunking: 'off' },
    BDAT: {},
    'lock-step': { pipelining: 'off', chunking: 'off' },
    'in flight': { pool: { pipelineDepth: 16 } },
  }
  let seed = 1
  for (const [mode, options] of Object.entries(modes)) {
    for (const [way, run] of Object.entries({ alone, pooled, own })) {
      const faults = allFaults(seed++)
      it(`${mode}, ${way}: ${faults.length} cuts`, { timeout: 60_000 }, async () => {
        const problems: string[] = []
        let next = 0
        const worker = async () => {
          for (let fault = faults[next++]; fault; fault = faults[next++]) {
            const found = await run(fault, options)
            problems.push(...found.map((problem) => `${JSON.stringify(fault)}: ${problem}`))
          }
        }
        await Promise.all(Array.from({ length: 8 }, worker))
        expect(problems).toEqual([])
      })
    }
  }
})

import { describe, expect, it } from 'vitest'
import { random, SinkServer, type Fault } from '@posthorn/testkit'
import { clientFor, contradictions, takenCount, until } from './support.js'
import { isSendFailure, type Receipt } from '../src/index.js'

const MESSAGES = 100_000
const CAP = 8

describe('the pool under chaos', () => {
  it(
    `${MESSAGES} messages with one connection in ten killed at a random point all settle, and truly`,
    { timeout: 180_000 },
    async () => {
      const generator = random(20_26)
      const kinds = ['fin', 'rst'] as const
      const fault = (): Fault | undefined => {
        if (generator.integer(10) !== 0) return undefined
        const how = kinds[generator.integer(2)]!
        const message = 1 + generator.integer(100)
        switch (generator.integer(5)) {
          case 0:
            return { at: 'greeting', how }
          case 1:
            return { at: 'command', index: 1 + generator.integer(300), how }
          case 2:
            return { at: 'reply', index: generator.integer(400), octets: generator.integer(9), how }
          case 3:
            return { at: 'content', octets: generator.integer(200), message, how }
          default:
            return { at: generator.integer(2) ? 'final' : 'taken', message, how }
        }
      }
      await using server = await SinkServer.start({ digest: false, fault })
      const client = clientFor(server, { pool: { maxConnections: CAP, maxMessagesPerConnection: 100 } })
      const content = Buffer.from('Subject: chaos\r\n\r\n.one line\r\n')
      const receipts: Receipt[] = []
      const strange: unknown[] = []
      const sends: Promise<void>[] = []
      let peak = 0
      for (let number = 0; number < MESSAGES; number++) {
        const envelope = { reversePath: 'a@example.test', recipients: [`r${number}@example.test`] }
        sends.push(
          client.send({ envelope, content }).then(
            (receipt) => {
              receipts.push(receipt)
              peak = Math.max(peak, client.counts.open)
            },
            (error: unknown) => void (isSendFailure(error) ? receipts.push(error.receipt) : strange.push(error)),
          ),
        )
      }
      await Promise.all(sends)
      await client.close()
      expect(strange).toEqual([])
      expect(receipts.length).toBe(MESSAGES)
      const taken = takenCount(server)
      expect(receipts.flatMap((receipt) => contradictions(receipt, taken))).toEqual([])
      const outcomes = new Map<string, number>()
      for (const { deliveries } of receipts)
        for (const { outcome } of deliveries) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      const killed = server.sessions.filter(({ endedBy }) => endedBy === 'fault').length
      console.log(`sessions ${server.sessions.length}, killed ${killed}, outcomes`, Object.fromEntries(outcomes))
      expect(killed).toBeGreaterThan(40)
      expect(outcomes.get('delivered')).toBeGreaterThan(MESSAGES * 0.99)
      // by the client's count: the server sees the end of a connection a moment later
      expect(peak).toBeLessThanOrEqual(CAP)
      expect(server.peakConnections).toBeLessThanOrEqual(CAP + 2)
      expect(client.counts).toEqual({ open: 0, idle: 0, busy: 0, waiting: 0 })
      await server.idle()
      await until(() => !process.getActiveResourcesInfo().includes('TCPSocketWrap'))
    },
  )
})

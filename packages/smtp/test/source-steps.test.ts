import { setImmediate } from 'node:timers/promises'
import { fillPattern, SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import type { SmtpOptions } from '../src/index.js'
import { clientFor } from './support.js'

const ENVELOPE = { reversePath: 'a@example.test', recipients: ['b@example.test'] }
const BLOCK = 32 * 1024
const BLOCKS = 20

describe('a source of known size and whole lines', () => {
  const ways: Record<string, Partial<SmtpOptions>> = {
    DATA: { chunking: 'off' },
    BDAT: {},
    'DATA, silentMs': { chunking: 'off', timeouts: { silentMs: 20_000 } },
    'BDAT, silentMs': { timeouts: { silentMs: 20_000 } },
  }
  it.each(Object.entries(ways))(
    'is asked for a block once the one before was taken, and for its end before the content ends: %s',
    async (_name, options) => {
      const octets = fillPattern(BLOCK * BLOCKS)
      await using sink = await SinkServer.start({ keepContent: true })
      const client = clientFor(sink, options)
      const session = await client.session()
      const { socket } = session
      const waiting: number[] = []
      let before = 0
      const content = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        before = socket.bytesWritten
        for (let from = 0; from < octets.length; from += BLOCK) {
          yield octets.subarray(from, from + BLOCK)
          waiting.push(socket.writableLength)
          // of the last block of BDAT one octet waits for the source to show that it ends here
          expect(socket.bytesWritten - before).toBeGreaterThanOrEqual(from + BLOCK - 1)
        }
        await setImmediate()
        await setImmediate()
        expect(sink.ledger.length).toBe(0)
      }
      await session.send({ envelope: ENVELOPE, content: { open: content, sizeOctets: octets.length, canonical: true } })
      await client.close()
      expect(waiting).toEqual(Array.from({ length: BLOCKS }, () => 0))
      expect(sink.ledger[0]!.content!.equals(octets)).toBe(true)
    },
  )
})

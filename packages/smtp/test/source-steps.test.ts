import { setImmediate } from 'node:timers/promises'
import { fillPattern, SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import type { SmtpOptions } from '../src/index.js'
import { clientFor } from './support.js'

const ENVELOPE = { reversePath: 'a@example.test', recipients: ['b@example.test'] }
const BLOCK = 32 * 1024
const BLOCKS = 20

describe('a source of known size and whole lines', () => {
  it.each(['DATA', 'BDAT'])('goes in one write with its end when it is short: %s', async (way) => {
    await using sink = await SinkServer.start({ extensions: way === 'BDAT' ? ['CHUNKING'] : [] })
    const client = clientFor(sink)
    const session = await client.session()
    let writes = 0
    const open = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      const { socket } = session
      const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
      Object.assign(socket, {
        write: (...args: unknown[]) => {
          writes++
          return write(...args)
        },
      })
      yield Buffer.from('Subject: x\r\n\r\n')
      yield Buffer.from('A text.\r\n')
    }
    await session.send({ envelope: ENVELOPE, content: { open, sizeOctets: 23, canonical: true } })
    await client.close()
    expect(sink.ledger[0]!.octets).toBe(23)
    expect(writes).toBeLessThanOrEqual(4) // the first block, the rest with its end, and QUIT
  })

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
          // the last block waits for the source to show that it ends here, and goes together with the end
          const isLast = from + BLOCK === octets.length
          expect(socket.bytesWritten - before).toBeGreaterThanOrEqual(isLast ? from : from + BLOCK)
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

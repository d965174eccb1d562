import { Readable } from 'node:stream'
import { SinkServer } from '@posthorn/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ContentSource, SmtpOptions } from '../src/index.js'
import { cut, cuts } from './cuts-of-octets.js'
import { clientFor } from './support.js'
import { normalised } from './wire-oracle.js'

const ENVELOPE = { reversePath: 'a@example.test', recipients: ['b@example.test'], asIs: true }

describe('asIs', () => {
  const octets = fc
    .array(fc.constantFrom(13, 10, 46, 97, 0, 0xe9), { maxLength: 60 })
    .map((list) => Uint8Array.from(list))
  const ways: Record<string, Partial<SmtpOptions>> = {
    BDAT: {},
    pieces: { chunkOctets: 7 },
    'in flight': { pool: { pipelineDepth: 4 } },
    DATA: { chunking: 'off' },
  }

  it.each(Object.entries(ways))('%s: the octets of any content, from any kind of source', async (way, options) => {
    await using sink = await SinkServer.start({ keepContent: true })
    await fc.assert(
      fc.asyncProperty(octets, cuts, async (whole, at) => {
        const client = clientFor(sink, options)
        const open = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
          yield* cut(whole, at)
        }
        const sources: ContentSource[] = [whole, open, { open, sizeOctets: whole.length }, Readable.from([whole])]
        for (const content of sources) await client.send({ envelope: ENVELOPE, content })
        await client.close()
        const expected = Buffer.from(way === 'DATA' ? normalised(whole) : whole).toString('latin1')
        expect(sink.ledger.splice(0).map(({ content }) => content!.toString('latin1'))).toEqual(
          sources.map(() => expected),
        )
        const { commands, violations } = sink.sessions.splice(0)[0]!
        expect(violations).toEqual([])
        const body = commands.filter((line) => line.startsWith('MAIL')).map((line) => line.includes('BODY=8BITMIME'))
        // what lies in memory is looked at
        const isPlain = whole.every((octet) => octet < 128) && Buffer.from(normalised(whole)).equals(whole)
        if (way !== 'DATA') expect(body).toEqual([!isPlain, true, true, true])
      }),
      { numRuns: 40 },
    )
  })
})

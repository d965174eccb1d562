import { describe, expect, it } from 'vitest'
import type { Content, ContentEncoding } from '@posthorn/ground'
import { SinkServer, type SinkOptions } from '@posthorn/testkit'
import { SettingsError, type SmtpOptions } from '../src/index.js'
import { clientFor } from './support.js'

const FORMS: Record<ContentEncoding, Buffer> = {
  '7bit': Buffer.from('Subject: x\r\n\r\n=C3=BC 7bit\r\n'),
  '8bit': Buffer.from('Subject: x\r\n\r\nü 8bit\r\n'),
  binary: Buffer.from('Subject: x\r\n\r\nü\rbinary\n'),
}
const WIDTH: ContentEncoding[] = ['7bit', '8bit', 'binary']

/** Content that has three forms and notes what it was asked for. */
function threefold(encoding: ContentEncoding, asked: ContentEncoding[], inMemory = true): Content {
  const octets = FORMS[encoding]
  return {
    encoding,
    canonical: encoding !== 'binary',
    sizeOctets: octets.length,
    ...(inMemory ? { octets } : {}),
    async *open() {
      yield octets
    },
    recode(widest) {
      asked.push(widest)
      return widest === encoding ? this : threefold(widest, asked, inMemory)
    },
  }
}

const OFFERS: Record<ContentEncoding, readonly string[]> = {
  '7bit': ['PIPELINING', 'SIZE'],
  '8bit': ['PIPELINING', 'SIZE', '8BITMIME'],
  binary: ['PIPELINING', 'SIZE', '8BITMIME', 'CHUNKING', 'BINARYMIME'],
}

async function arrives(content: Content, offer: ContentEncoding, options: Partial<SmtpOptions> = {}) {
  const server: SinkOptions = { keepContent: true, extensions: OFFERS[offer] }
  await using sink = await SinkServer.start(server)
  await using client = clientFor(sink, options)
  await client.send({ envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] }, content })
  expect(sink.sessions.flatMap(({ violations }) => violations)).toEqual([])
  return { octets: sink.ledger[0]!.content!.toString('latin1'), mail: sink.ledger[0]!.mailParameters }
}

describe('content that can be re-encoded takes the form the server offers', () => {
  for (const inMemory of [true, false]) {
    for (const given of WIDTH) {
      for (const offer of WIDTH) {
        for (const wanted of [undefined, ...WIDTH]) {
          it(`${inMemory ? 'in memory' : 'streamed'}, ${given} given, ${offer} offered, ${wanted ?? 'nothing'} wanted`, async () => {
            const asked: ContentEncoding[] = []
            const arrived = await arrives(
              threefold(given, asked, inMemory),
              offer,
              wanted ? { transferEncoding: wanted } : {},
            )
            const rank = (encoding: ContentEncoding) => WIDTH.indexOf(encoding)
            const widest = Math.min(rank(offer), Math.max(rank(given), rank(wanted ?? '7bit')))
            const expected = WIDTH[widest]!
            expect(arrived.octets).toBe(FORMS[expected].toString('latin1'))
            expect(asked).toEqual(expected === given ? [] : [expected])
          })
        }
      }
    }
  }

  it('content of unknown encoding is asked to fit a server without 8BITMIME', async () => {
    const asked: ContentEncoding[] = []
    const { encoding: _, octets: __, ...unknown } = threefold('8bit', asked)
    const arrived = await arrives({ ...unknown, recode: (widest) => threefold(widest, asked) }, '7bit')
    expect(arrived.octets).toBe(FORMS['7bit'].toString('latin1'))
  })

  it('bodyType 7bit narrows what a server with 8BITMIME would take', async () => {
    const asked: ContentEncoding[] = []
    await using sink = await SinkServer.start({ keepContent: true, extensions: OFFERS['8bit'] })
    await using client = clientFor(sink)
    const envelope = { reversePath: 'a@example.test', recipients: ['b@example.test'], bodyType: '7bit' as const }
    await client.send({ envelope, content: threefold('8bit', asked) })
    expect(sink.ledger[0]!.content!.equals(FORMS['7bit'])).toBe(true)
  })

  it('content that must not be changed is refused before anything is sent, and the session goes on', async () => {
    const signed: Content = {
      ...threefold('8bit', []),
      recode() {
        throw new SettingsError('content.signed', 'content', 'is signed')
      },
    }
    await using sink = await SinkServer.start({ keepContent: true, extensions: OFFERS['7bit'] })
    await using client = clientFor(sink)
    const envelope = { reversePath: 'a@example.test', recipients: ['b@example.test'] }
    await expect(client.send({ envelope, content: signed })).rejects.toMatchObject({ code: 'content.signed' })
    await client.send({ envelope, content: threefold('7bit', []) })
    expect(sink.ledger.length).toBe(1)
    expect(sink.sessions.length).toBe(1)
  })
})

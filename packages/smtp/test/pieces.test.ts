import { createHash } from 'node:crypto'
import { SinkServer } from '@posthorn/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SmtpClient, type ContentSource, type SmtpOptions } from '../src/index.js'
import { clientFor, until } from './support.js'
import { cut, cuts } from './cuts-of-octets.js'
import { normalised } from './wire-oracle.js'

const ENVELOPE = { reversePath: 'a@example.test', recipients: ['b@example.test'] }

/** The BDAT lines of one message, and what the server made of it. */
async function sent(content: ContentSource, options: Partial<SmtpOptions>, extensions?: readonly string[]) {
  await using sink = await SinkServer.start({ keepContent: true, ...(extensions && { extensions }) })
  const client = clientFor(sink, options)
  await client.send({ envelope: ENVELOPE, content })
  await client.close()
  const { commands, violations } = sink.sessions[0]!
  expect(violations).toEqual([])
  return { lines: commands.filter((line) => /^(?:BDAT|DATA)/.test(line)), content: sink.ledger[0]!.content! }
}

const TEXT = `Subject: pieces\r\n\r\n${'0123456789abcde\r\n'.repeat(60)}` // 1039 octets

describe('content in pieces', () => {
  it('goes by BDAT of that size; without CHUNKING by DATA [part of javamail.mail.smtp.chunksize]', async () => {
    const pieces = await sent(TEXT, { chunkOctets: 400 })
    expect(pieces.lines).toEqual(['BDAT 400', 'BDAT 400', `BDAT ${TEXT.length - 800} LAST`])
    expect(pieces.content.toString()).toBe(TEXT)
    const whole = await sent(TEXT, {})
    expect(whole.lines).toEqual([`BDAT ${TEXT.length} LAST`])
    const data = await sent(TEXT, { chunkOctets: 400 }, ['PIPELINING'])
    expect(data.lines).toEqual(['DATA'])
    expect(data.content.toString()).toBe(TEXT)
    const off = await sent(TEXT, { chunkOctets: 400, chunking: 'off' })
    expect(off.lines).toEqual(['DATA'])
  })

  it('is the same content, whatever the size of the pieces and the blocks of the source', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const octets = fc.array(fc.constantFrom(13, 10, 46, 97, 98), { maxLength: 60 }).map((list) => Uint8Array.from(list))
    await fc.assert(
      fc.asyncProperty(
        octets,
        cuts,
        fc.integer({ min: 1, max: 70 }),
        fc.boolean(),
        async (whole, at, chunkOctets, once) => {
          const client = clientFor(sink, { chunkOctets, pipelining: once ? 'off' : 'auto' })
          const shared = new Uint8Array(64)
          const blocks = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
            for (const block of cut(whole, at)) {
              shared.set(block) // a source may use its memory again
              yield shared.subarray(0, block.length)
            }
          }
          await client.send({ envelope: ENVELOPE, content: whole })
          await client.send({ envelope: ENVELOPE, content: { open: blocks } })
          await client.close()
          const [memory, source] = sink.ledger.splice(0).map(({ content }) => content!.toString('latin1'))
          const expected = Buffer.from(normalised(whole)).toString('latin1')
          expect(memory).toBe(expected)
          expect(source).toBe(expected)
          const session = sink.sessions.splice(0)[0]!
          const sizes = session.commands.flatMap((line) => (/^BDAT (\d+)$/.exec(line) ?? []).slice(1))
          expect(sizes.every((size) => Number(size) === chunkOctets)).toBe(true)
          expect(session.violations).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is not held whole: a piece goes out as soon as the source has given more', async () => {
    await using sink = await SinkServer.start()
    const client = clientFor(sink, { chunkOctets: 1_000_000 })
    const block = Buffer.alloc(100_000, '0123456789\r\n')
    const digest = createHash('sha256')
    let given = 0
    const content = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for (let count = 0; count < 100; count++) {
        given += block.length
        digest.update(block)
        yield block
      }
    }
    const held: number[] = []
    client.on('trail', (event) => {
      if (event.type === 'command' && /^BDAT \d+$/.test(event.line)) held.push(given - 1_000_000 * held.length)
    })
    await client.send({ envelope: ENVELOPE, content: { open: content, encoding: '7bit', canonical: true } })
    await client.close()
    expect(sink.ledger[0]).toMatchObject({ octets: 10_000_000, sha256: digest.digest('hex') })
    expect(held).toEqual(Array.from({ length: 9 }, () => 1_100_000))
  })

  it('goes no more than 64 pieces ahead of the replies', async () => {
    await using sink = await SinkServer.start({ digest: false })
    const client = clientFor(sink, { chunkOctets: 1 })
    let said = 0
    let replies = 0
    let most = 0
    client.on('trail', (event) => {
      if (event.type === 'command' && event.line.startsWith('BDAT')) most = Math.max(most, ++said - replies)
      if (event.type === 'reply' && (event.phase === 'content' || event.phase === 'final')) replies++
    })
    await client.send({ envelope: ENVELOPE, content: 'x'.repeat(998) + '\r\n' })
    await client.close()
    expect([said, replies]).toEqual([1_000, 1_000])
    expect(most).toBeLessThanOrEqual(64)
  })

  it('is left where it is when the caller gives up', async () => {
    await using sink = await SinkServer.start({ fault: () => ({ at: 'content', octets: 100, how: 'stall' }) })
    const client = clientFor(sink, { chunkOctets: 50, pipelining: 'off' })
    const error: unknown = await client
      .send({ envelope: ENVELOPE, content: TEXT }, { deadlineMs: 300 })
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'deadline.exceeded', outcome: 'transient' })
    await until(() => client.counts.open === 0)
    expect(sink.ledger).toEqual([])
    await client.close()
  })

  it.each([0, -1, 1.5, 2 ** 26 + 1, '400'])('cannot have the size %s', (chunkOctets) => {
    const options = { host: 'relay.example.test', chunkOctets } as SmtpOptions
    expect(() => new SmtpClient(options)).toThrow(expect.objectContaining({ field: 'chunkOctets' }) as Error)
  })
})

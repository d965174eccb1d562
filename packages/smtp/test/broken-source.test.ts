import { describe, expect, it } from 'vitest'
import { SinkServer } from '@posthorn/testkit'
import { isSendFailure, SmtpClient, type ContentSource, type SmtpOptions } from '../src/index.js'

const BODY = Buffer.from('Subject: x\r\n\r\nhello\r\n')

/** A source of whole lines that says how large it is, and gives something else. */
function source(sizeOctets: number, ...blocks: Uint8Array[]): ContentSource {
  return {
    sizeOctets,
    canonical: true,
    encoding: '7bit',
    open: async function* () {
      yield* blocks
    },
  }
}

const WAYS: Record<string, Partial<SmtpOptions>> = {
  BDAT: {},
  DATA: { chunking: 'off' },
  'transactions in flight': { pool: { maxConnections: 1, pipelineDepth: 16 } },
}

describe.each(Object.entries(WAYS))('a source that is not what it said, by %s', (_way, options) => {
  async function run(
    content: ContentSource,
  ): Promise<{ outcome: string; code: string; taken: Buffer[]; good: string }> {
    await using server = await SinkServer.start({ keepContent: true })
    const client = new SmtpClient({
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      localName: 'client.example.test',
      deadlineMs: 5_000,
      pool: { maxConnections: 1 },
      ...options,
    })
    const send = (what: ContentSource) =>
      client.send({ envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'] }, content: what }).then(
        () => ({ outcome: 'delivered', code: '' }),
        (error: unknown) =>
          isSendFailure(error)
            ? { outcome: error.receipt.deliveries[0]!.outcome, code: error.code }
            : Promise.reject(error as Error),
      )
    const first = await send(content)
    const { outcome: good } = await send(BODY)
    await client.close()
    await server.idle()
    return { ...first, taken: server.ledger.map((message) => message.content!), good }
  }

  it.each([1, 2, 6, 7, 20])(
    '%i octets too few: nobody gets anything, and the next message is whole',
    async (missing) => {
      const { outcome, code, taken, good } = await run(source(BODY.length, BODY.subarray(0, BODY.length - missing)))
      expect({ outcome, code, good }).toEqual({ outcome: 'notSent', code: 'content.changed', good: 'delivered' })
      expect(taken).toEqual([BODY])
    },
  )

  it.each([1, 2, 7, 1000])('%i octets too many: the part that fits is not delivered in its place', async (surplus) => {
    const { outcome, code, taken, good } = await run(source(BODY.length, BODY, Buffer.alloc(surplus, 'x')))
    expect({ outcome, code, good }).toEqual({ outcome: 'notSent', code: 'content.changed', good: 'delivered' })
    expect(taken).toEqual([BODY])
  })

  it('a source that fails half-way: nobody gets half a message', async () => {
    const failing: ContentSource = async function* () {
      yield BODY.subarray(0, 14)
      throw new Error('the disk is gone')
    }
    const { outcome, code, taken, good } = await run(failing)
    expect({ outcome, code, good }).toEqual({ outcome: 'notSent', code: 'content.source-failed', good: 'delivered' })
    expect(taken).toEqual([BODY])
  })

  it('a source that fails at its very end: nobody gets a message that may lack something', async () => {
    const failing: ContentSource = async function* () {
      yield BODY
      throw new Error('the disk is gone')
    }
    const { outcome, taken, good } = await run(failing)
    expect({ outcome, good }).toEqual({ outcome: 'notSent', good: 'delivered' })
    expect(taken).toEqual([BODY])
  })

  it('a sized source that fails at its very end, too', async () => {
    const failing: ContentSource = {
      sizeOctets: BODY.length,
      canonical: true,
      open: async function* () {
        yield BODY
        throw new Error('the disk is gone')
      },
    }
    const { outcome, taken, good } = await run(failing)
    expect({ outcome, good }).toEqual({ outcome: 'notSent', good: 'delivered' })
    expect(taken).toEqual([BODY])
  })
})

import { readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fillPattern, SinkServer, type SinkOptions } from '@posthorn/testkit'
import { clientFor, until } from './support.js'
import { isSendFailure, type ContentSource, type SmtpOptions, type TrailEvent } from '../src/index.js'

const envelope = { reversePath: 'a@example.test', recipients: ['b@example.test'] }
const octets = fillPattern(1_500_000, { eightBit: true })
let folder = ''
let path = ''

const usual = process.env.TMPDIR
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthorn-sources-'))
  process.env.TMPDIR = folder // other tests have temporary files of their own
  path = join(folder, 'message.eml')
  await writeFile(path, octets)
})
afterAll(() => {
  if (usual === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = usual
  return rm(folder, { recursive: true })
})

async function* pieces(size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < octets.length; from += size) yield octets.subarray(from, from + size)
}

const spilled = () => readdirSync(tmpdir()).filter((name) => /^posthorn-[0-9a-f]{8}-[0-9a-f-]{27}$/.test(name)).length

describe('the same octets arrive from every kind of source', () => {
  const sources: Record<string, () => ContentSource> = {
    octets: () => octets,
    'a file': () => ({ path }),
    'a factory': () => () => pieces(10_007),
    'a one-shot iterable': () => pieces(70_001),
    'a one-shot Readable': () => Readable.from(pieces(3_331)),
    'content of known size': () => ({
      open: () => pieces(65_536),
      sizeOctets: octets.length,
      canonical: true,
      encoding: '8bit',
    }),
    'content in memory that promises its form': () => ({
      open: () => pieces(65_536),
      sizeOctets: octets.length,
      octets,
      canonical: true,
      encoding: '8bit',
    }),
  }
  const servers: Record<string, [SinkOptions, Partial<SmtpOptions>]> = {
    DATA: [{}, { chunking: 'off' }],
    BDAT: [{}, {}],
    'LMTP with BDAT': [{ lmtp: true }, { protocol: 'lmtp' }],
  }
  for (const [way, [server, options]] of Object.entries(servers)) {
    for (const [name, source] of Object.entries(sources)) {
      it(`${name}, ${way}`, async () => {
        const before = spilled()
        await using sink = await SinkServer.start({ keepContent: true, ...server })
        const client = clientFor(sink, options)
        const receipt = await client.send({ envelope, content: source() })
        await client.close()
        expect(receipt.deliveries[0]!.outcome).toBe('delivered')
        expect(sink.ledger.length).toBe(1)
        expect(sink.ledger[0]!.content!.equals(octets)).toBe(true)
        expect(sink.sessions.flatMap(({ violations }) => violations)).toEqual([])
        await until(() => spilled() <= before)
      })
    }
  }

  it('line endings are repaired with DATA and BDAT alike, and not in binary content', async () => {
    const rough = Buffer.from('Subject: x\n\n.a\rb\n\r\n..c\r')
    const repaired = Buffer.from('Subject: x\r\n\r\n.a\r\nb\r\n\r\n..c\r\n')
    for (const source of [rough, () => Readable.from([rough.subarray(0, 14), rough.subarray(14)])]) {
      for (const chunking of ['auto', 'off'] as const) {
        await using sink = await SinkServer.start({ keepContent: true })
        const client = clientFor(sink, { chunking })
        await client.send({ envelope, content: source })
        await client.close()
        expect(sink.ledger[0]!.content!.toString()).toBe(repaired.toString())
      }
    }
    await using sink = await SinkServer.start({ keepContent: true, extensions: ['CHUNKING', 'BINARYMIME', '8BITMIME'] })
    const client = clientFor(sink)
    await client.send({ envelope: { ...envelope, bodyType: 'binary' }, content: rough })
    await client.close()
    expect(sink.ledger[0]!.content!.equals(rough)).toBe(true)
  })
})

describe('sources that fail', () => {
  it('a stream that stalls does not outlive the deadline, and its file is removed', async () => {
    const before = spilled()
    await using sink = await SinkServer.start()
    const client = clientFor(sink)
    const stalled = new Readable({ read() {} })
    stalled.push('Subject: x\r\n')
    const error: unknown = await client
      .send({ envelope, content: stalled }, { deadlineMs: 60 })
      .catch((reason: unknown) => reason)
    expect(isSendFailure(error) && [error.code, error.phase, error.receipt.deliveries[0]!.outcome]).toEqual([
      'deadline.exceeded',
      'compose',
      'notSent',
    ])
    expect(stalled.destroyed).toBe(true)
    await client.close()
    await until(() => spilled() <= before)
    expect(sink.sessions).toEqual([])
  })

  it('a file that is not there is told before anything is sent', async () => {
    await using sink = await SinkServer.start()
    const client = clientFor(sink)
    const error: unknown = await client
      .send({ envelope, content: { path: join(folder, 'missing.eml') } })
      .catch((reason: unknown) => reason)
    expect(isSendFailure(error) && error.code).toBe('content.unreadable')
    expect(sink.sessions).toEqual([])
    await client.close()
  })
})

describe('progress', () => {
  it('is told in octets and percent, ends at 100, and costs no listener anything', async () => {
    await using sink = await SinkServer.start()
    const client = clientFor(sink)
    const events: Extract<TrailEvent, { type: 'content' }>[] = []
    client.on('trail', (event) => event.type === 'content' && events.push(event))
    await client.send({ envelope, content: { path } })
    await client.close()
    expect(events.length).toBeGreaterThan(3)
    expect(events.map(({ octets: sent }) => sent)).toEqual(events.map(({ octets: sent }) => sent).sort((a, b) => a - b))
    expect(events.at(-1)).toMatchObject({ octets: octets.length, totalOctets: octets.length, percent: 100, done: true })
  })
})

describe('content in memory that promises canonical lines of 7bit', () => {
  it.each(['DATA', 'BDAT'])('gets the end that its last line lacks: %s', async (way) => {
    await using sink = await SinkServer.start({ keepContent: true })
    const client = clientFor(sink, way === 'DATA' ? { chunking: 'off' } : {})
    for (const end of ['', '\r', '\n', '\r\n']) {
      const promised = Buffer.from(`Subject: x\r\n\r\n.no end${end}`)
      const open = () => Readable.from([promised])
      const content = {
        octets: promised,
        sizeOctets: promised.length,
        canonical: true,
        encoding: '7bit',
        open,
      } as const
      await client.send({ envelope, content }, { deadlineMs: 10_000 })
    }
    await client.close()
    const arrived = sink.ledger.map((entry) => entry.content!.toString())
    expect(arrived).toEqual(new Array(4).fill('Subject: x\r\n\r\n.no end\r\n'))
  })
})

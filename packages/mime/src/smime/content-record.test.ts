import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ContentRecord } from './content-record.js'

const SLICE = 128 * 1024
const OCTETS = Buffer.from(Array.from({ length: 3 * SLICE + 100 }, (_, index) => (index * 7) % 251))

const record = (sizeOctets?: number) =>
  new ContentRecord('sha256', (difference) => new RangeError(difference), sizeOctets)

async function* cut(octets: Uint8Array, size: number) {
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size)
}

/** What a reading gives before it ends or fails. */
async function given(
  source: AsyncIterable<Uint8Array>,
  slices = Infinity,
): Promise<{ octets: Buffer; error?: string }> {
  const all: Buffer[] = []
  try {
    for await (const slice of source) if (all.push(Buffer.from(slice)) === slices) break
  } catch (error) {
    return { octets: Buffer.concat(all), error: (error as Error).message }
  }
  return { octets: Buffer.concat(all) }
}

function other(at: number): Buffer {
  const octets = Buffer.from(OCTETS)
  octets[at]! ^= 1
  return octets
}

describe('ContentRecord', () => {
  it('lets the same octets pass, however they are cut, and knows their digest', async () => {
    const one = record()
    for (const size of [1000, SLICE, SLICE + 1, OCTETS.length]) {
      expect((await given(one.read(cut(OCTETS, size)))).octets.equals(OCTETS)).toBe(true)
    }
    expect(one.whole).toEqual({ sizeOctets: OCTETS.length, digest: createHash('sha256').update(OCTETS).digest() })
  })

  it('gives no octet of a slice that differs, nor of anything behind it', async () => {
    const one = record()
    await given(one.read(cut(OCTETS, 5000)))
    await fc.assert(
      fc.asyncProperty(fc.nat(OCTETS.length - 1), fc.integer({ min: 900, max: 300_000 }), async (at, size) => {
        const { octets, error } = await given(one.read(cut(other(at), size)))
        expect(error).toBe('other')
        expect(octets).toHaveLength(Math.floor(at / SLICE) * SLICE)
      }),
      { numRuns: 20 },
    )
  })

  it('compares with a reading that stopped half-way, and adds what is behind', async () => {
    const one = record(OCTETS.length)
    await given(one.read(cut(OCTETS, 1000)), 2)
    expect(await given(one.read(cut(other(SLICE), 1000)))).toMatchObject({ error: 'other' })
    expect(await given(one.read(cut(other(2 * SLICE + 5), 1000)))).not.toHaveProperty('error')
    expect(await given(one.read(cut(OCTETS, 1000)))).toMatchObject({ error: 'other' })
  })

  it('says when there are fewer octets or more', async () => {
    for (const one of [record(SLICE), record()]) {
      await given(one.read(cut(OCTETS.subarray(0, SLICE), 1000)))
      for (const [size, difference] of [
        [SLICE - 1, 'fewer'],
        [SLICE + 1, 'more'],
        [0, 'fewer'],
      ] as const) {
        const { octets, error } = await given(one.read(cut(OCTETS.subarray(0, size), 1000)))
        expect(error).toBe(difference)
        expect(octets.length).toBeLessThanOrEqual(SLICE)
      }
    }
  })

  it('compares with octets that somebody else used', async () => {
    const one = record()
    const reading = one.reading()
    for await (const chunk of cut(OCTETS, 7001)) await reading.update(chunk)
    expect(reading.end().sizeOctets).toBe(OCTETS.length)
    expect((await given(one.read(cut(OCTETS, 999)))).octets.equals(OCTETS)).toBe(true)
    expect(await given(one.read(cut(other(OCTETS.length - 1), 999)))).toMatchObject({ error: 'other' })
  })
})

import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { inChunks, inMemory } from '../../test/signed.js'
import { DIGESTS } from './digest-algorithm.js'
import { hashContent } from './hash-content.js'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('hashContent', () => {
  const octets = Buffer.alloc(1_000_000, 'some text\r\n')

  it.each(Object.values(DIGESTS))('gives the $name digest and the size', async (digest) => {
    const expected = createHash(digest.name).update(octets).digest()
    for (const content of [inMemory(octets), inChunks(octets, 70_001)]) {
      expect(await hashContent(content, digest)).toEqual({ digest: expected, sizeOctets: octets.length })
    }
    expect(expected).toHaveLength(digest.sizeOctets)
  })

  it('lets others work between slices, of what is in memory, too', async () => {
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 6)) // every second slice ends a turn
    let turns = 0
    const other = () => {
      turns++
      waiting = setImmediate(other)
    }
    let waiting = setImmediate(other)
    await hashContent(inMemory(octets), DIGESTS.sha256)
    clearImmediate(waiting)
    expect(turns).toBeGreaterThan(2)
  })
})

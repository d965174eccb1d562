import { afterEach, describe, expect, it, vi } from 'vitest'
import { collect } from '../../test/collect.js'
import { inChunks } from '../../test/signed.js'
import { inBlocks, once } from './blocks.js'
import { cmsType } from './cms-type.js'
import { readEntity, rangeOf } from './mime-entity.js'
import { opaque } from '../../test/forged.js'

afterEach(() => vi.restoreAllMocks())

const octets = Buffer.from(Array.from({ length: 200_001 }, (_, at) => at % 251))

describe('inBlocks', () => {
  it('gives octets in blocks of 64 KiB, however they come', async () => {
    for (const size of [1, 1000, 65_535, 65_536, 65_537, 1_000_000]) {
      const sizes: number[] = []
      const blocks: Buffer[] = []
      for await (const block of inBlocks(inChunks(octets, size).open())) {
        sizes.push(block.length)
        blocks.push(Buffer.from(block))
      }
      expect(Buffer.concat(blocks).equals(octets)).toBe(true)
      expect(Math.max(...sizes)).toBe(65_536)
      expect(sizes.length).toBeLessThan(8)
    }
  })

  it('lets others work between blocks of what is in memory', async () => {
    let clock = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (clock += 10)) // each block takes longer than a turn
    const events: string[] = []
    const other = () => {
      events.push('other')
      if (events.length < 100) setImmediate(other)
    }
    setImmediate(other)
    for await (const block of inBlocks(once(octets))) events.push(`block of ${block.length}`)
    const blocks = events.flatMap((event, at) => (event === 'other' ? [] : [at]))
    expect(blocks).toHaveLength(4)
    for (const [at, event] of blocks.entries()) expect(event - (blocks[at - 1] ?? -1)).toBeGreaterThan(1)
    events.length = 100
  })
})

describe('content in memory', () => {
  it('is opened in blocks', async () => {
    const range = rangeOf({ octets, open: () => once(octets) }, 5)
    for await (const block of range.open()) expect(block.length).toBeLessThanOrEqual(65_536)
    expect((await collect(range)).equals(octets.subarray(5))).toBe(true)
  })

  it('is not decoded further than to the type of its CMS', async () => {
    const cms = Buffer.concat([Buffer.from('308006092a864886f70d010702a080', 'hex'), octets])
    const message = opaque(cms)
    message.fill('?', 120_000) // which is no base64
    expect(await cmsType(await readEntity({ octets: message, open: () => once(message) }))).toBe('signed')
  })
})

import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fileFacts, readFileBlocks } from './file.js'

const BLOCK_OCTETS = 1024 * 1024
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthorn-file-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A file of this size, no two blocks of it alike. */
async function fileOf(sizeOctets: number): Promise<{ path: string; octets: Buffer }> {
  const octets = Buffer.alloc(sizeOctets, 'A file is read in blocks, and no octet goes astray. ')
  for (let at = 0; at < sizeOctets; at += 1000) octets[at] = (at / 1000) & 255
  const path = join(folder, `${sizeOctets}.bin`)
  await writeFile(path, octets)
  return { path, octets }
}

describe('readFileBlocks', () => {
  it.each([0, 1, 1000, BLOCK_OCTETS - 1, BLOCK_OCTETS, BLOCK_OCTETS + 1, 2 * BLOCK_OCTETS, 3 * BLOCK_OCTETS + 7])(
    'gives all octets of a file of %i, whatever is known of it',
    async (sizeOctets) => {
      const { path, octets } = await fileOf(sizeOctets)
      for (const expected of [undefined, sizeOctets, await fileFacts(path, 'path')]) {
        const read: Buffer[] = []
        for await (const block of readFileBlocks(path, 'path', expected)) {
          expect(block.length).toBeLessThanOrEqual(BLOCK_OCTETS / 4)
          read.push(Buffer.from(block))
        }
        expect(Buffer.concat(read).equals(octets)).toBe(true)
      }
    },
  )

  it.each([10, BLOCK_OCTETS, 2 * BLOCK_OCTETS + 5])(
    'says that a file of %i octets is not what was expected',
    async (sizeOctets) => {
      const { path } = await fileOf(sizeOctets)
      for (const expected of [sizeOctets - 1, sizeOctets + 1]) {
        await expect(count(readFileBlocks(path, 'path', expected))).rejects.toMatchObject({ code: 'content.changed' })
      }
      const facts = await fileFacts(path, 'path')
      await appendFile(path, 'x')
      await expect(count(readFileBlocks(path, 'path', facts))).rejects.toMatchObject({ code: 'content.changed' })
    },
  )

  it.each([
    ['grows', (path: string) => appendFile(path, 'more')],
    ['shrinks', (path: string) => truncate(path, BLOCK_OCTETS + 1)],
  ])('notices a file that %s while it is read', async (_, change) => {
    const { path } = await fileOf(4 * BLOCK_OCTETS)
    const blocks = readFileBlocks(path, 'path', await fileFacts(path, 'path'))
    expect((await blocks.next()).done).toBe(false)
    await change(path)
    await expect(count(blocks)).rejects.toMatchObject({ code: 'content.changed' })
  })

  it('closes the file for a reader that stops early, with a read under way', async () => {
    const { path } = await fileOf(5 * BLOCK_OCTETS)
    for (let round = 0; round < 20; round++) {
      const blocks = readFileBlocks(path, 'path')
      expect((await blocks.next()).value).toHaveLength(BLOCK_OCTETS / 4)
      await expect(blocks.return()).resolves.toEqual({ done: true, value: undefined })
      await expect(blocks.next()).resolves.toEqual({ done: true, value: undefined })
    }
  })

  it('refuses what is not there', async () => {
    const blocks = readFileBlocks(join(folder, 'none'), 'path')
    await expect(count(blocks)).rejects.toMatchObject({ code: 'content.unreadable', field: 'path' })
  })
})

async function count(blocks: AsyncIterable<Uint8Array>): Promise<number> {
  let octets = 0
  for await (const block of blocks) octets += block.length
  return octets
}

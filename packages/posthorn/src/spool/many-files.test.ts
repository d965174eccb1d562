import { writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { SpoolFolder } from './index.js'
import { MAX_HELD, oldest, type Waiting } from './oldest.js'
import { readName, timeOfStem } from './spool-name.js'

const FILES = 100_000

it(
  'goes through 100,000 files in one folder in their order, and holds some thousand names at a time',
  { timeout: 120_000 },
  async () => {
    await using folder = await Folder.make()
    const stems: string[] = []
    for (let count = 0; count < FILES; count++) {
      const time = new Date(Date.UTC(2026, 0, 1) + ((count * 7_919) % FILES)).toISOString().replace(/[-:.]/g, '')
      stems.push(`${time}-000001-0123456789abcdef`)
      writeFileSync(folder.file(`${stems.at(-1)}.queued`), 'MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\n\n')
    }
    stems.sort()
    const spool = new SpoolFolder(folder.path)
    const stop = new AbortController()
    let count = 0
    let most = 0
    const before = memory()
    const send = async ({ name }: { readonly name: string }): Promise<void> => {
      expect(name).toBe(stems[count])
      if (++count === 5_200) stop.abort()
      if (count % 650 === 0) most = Math.max(most, memory())
    }
    await expect(spool.process(send, { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' })
    expect(count).toBe(5_200)
    expect(most - before).toBeLessThan(8 * 1024 * 1024)

    const nameAt = (index: number): Waiting => {
      const file = `${stems[index]}.queued`
      return { name: readName(file)!, atMs: timeOfStem(stems[index]!)! }
    }
    const isQueued = ({ state }: { readonly state: string }) => state === 'queued'
    const middle = await oldest(folder.path, nameAt(49_999), isQueued)
    expect(middle.map(({ name }) => name.stem)).toEqual(stems.slice(50_000, 50_000 + MAX_HELD))
    const last = await oldest(folder.path, nameAt(FILES - 1_001), isQueued)
    expect(last.map(({ name }) => name.stem)).toEqual(stems.slice(-1_000))
    expect((await readdir(folder.path)).filter((name) => name.endsWith('.queued'))).toHaveLength(FILES - 5_200)
    let entries = 0
    for await (const { state } of spool.entries()) {
      expect(['queued', 'sent']).toContain(state)
      if (++entries === 10_000) break
    }
  },
)

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** What is held, in octets. */
function memory(): number {
  collect()
  return process.memoryUsage().heapUsed
}

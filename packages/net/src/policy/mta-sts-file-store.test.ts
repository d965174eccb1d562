import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MtaStsFileStore } from './mta-sts-file-store.js'
import { MtaStsMemoryStore, type KeptPolicy, type MtaStsStore } from './mta-sts-store.js'

let folder: string
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthorn-mta-sts-'))
})
afterAll(() => rm(folder, { recursive: true }))

const kept = (domain: string, id = '1'): KeptPolicy => ({
  domain,
  id,
  policy: { mode: 'enforce', mx: ['*.example.test'], maxAgeSeconds: 86_400 },
  fetchedAtMs: 1_700_000_000_000,
})

const newFile = () => join(folder, `${++files}.json`)
const STORES: readonly (readonly [string, () => MtaStsStore])[] = [
  ['memory', () => new MtaStsMemoryStore()],
  ['file', () => new MtaStsFileStore(newFile())],
]

describe.each(STORES)('a store in the %s', (_, open) => {
  it('keeps, replaces and forgets', async () => {
    const store = open()
    expect(await store.get('a.test')).toBeUndefined()
    expect(await store.all()).toEqual([])
    await Promise.all([store.set(kept('a.test')), store.set(kept('b.test'))])
    await store.set(kept('a.test', '2'))
    expect(await store.get('a.test')).toEqual(kept('a.test', '2'))
    expect(await store.all()).toEqual([kept('b.test'), kept('a.test', '2')])
    await store.delete('b.test')
    await store.delete('c.test')
    expect(await store.all()).toEqual([kept('a.test', '2')])
  })
})

describe('a store in a file', () => {
  it('is there for the next one, and leaves nothing beside it', async () => {
    const path = newFile()
    const store = new MtaStsFileStore(path)
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.set(kept(`d${index}.test`))))
    expect(await new MtaStsFileStore(path).all()).toEqual(await store.all())
    expect((await readdir(folder)).filter((name) => name.includes('.new-'))).toEqual([])
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ version: 1 })
  })

  it.each([
    ['no JSON', 'version: STSv1'],
    ['another version', '{"version":2,"policies":[]}'],
    ['nothing', ''],
    ['an incomplete policy', '{"version":1,"policies":[{"domain":"a.test"}]}'],
    [
      'a policy that is none',
      JSON.stringify({ version: 1, policies: [{ ...kept('a.test'), policy: { mode: 'x', mx: [] } }] }),
    ],
    ['null', 'null'],
  ])('refuses a file with %s, and is mended with it', async (_, text) => {
    const path = newFile()
    await writeFile(path, text)
    const store = new MtaStsFileStore(path)
    await expect(store.get('a.test')).rejects.toMatchObject({ code: 'policy.store', field: 'path' })
    await expect(store.set(kept('a.test'))).rejects.toMatchObject({ code: 'policy.store' })
    await rm(path)
    await store.set(kept('a.test'))
    expect(await store.get('a.test')).toEqual(kept('a.test'))
  })

  it('says when it cannot write, and goes on', async () => {
    const path = join(folder, 'not-there', 'policies.json')
    const store = new MtaStsFileStore(path)
    await expect(store.set(kept('a.test'))).rejects.toMatchObject({ code: 'policy.store' })
    expect(await store.get('a.test')).toEqual(kept('a.test'))
  })
})

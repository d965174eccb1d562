import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MtaStsFileStore } from './mta-sts-file-store.js'
import { parseMtaStsPolicy } from './mta-sts-policy.js'
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

describe('a store in the memory', () => {
  it('has a limit for all policies together, and the longest go first', async () => {
    const store = new MtaStsMemoryStore()
    const mx = (letters: number) => Array.from({ length: 500 }, (_, index) => `${'a'.repeat(letters)}.${index}`)
    const long = { mode: 'testing', mx: mx(60), maxAgeSeconds: 1 } as const
    await store.set(kept('good.test'))
    for (let index = 0; index < 1000; index++) await store.set({ ...kept(`evil${index}.test`), policy: long })
    const longer = { ...long, mx: mx(63) }
    await store.set({ ...kept('longer.test'), policy: longer })
    const all = await store.all()
    expect(JSON.stringify(all).length).toBeLessThan(32_100_000)
    expect(all.length).toBeGreaterThan(500)
    expect(await store.get('good.test')).toEqual(kept('good.test'))
    expect(await store.get('longer.test')).toBeUndefined()
    for (const { domain } of all) await store.delete(domain)
    await store.set({ ...kept('longer.test'), policy: longer })
    expect(await store.all()).toHaveLength(1)
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

  const policy = kept('a.test').policy
  it.each<[string, unknown]>([
    ['is not complete', { domain: 'a.test' }],
    ['is null', null],
    ['has no such mode', { ...kept('a.test'), policy: { ...policy, mode: 'x' } }],
    ['names no server', { ...kept('a.test'), policy: { ...policy, mx: [] } }],
    ['names what is no host', { ...kept('a.test'), policy: { ...policy, mx: ['a b'] } }],
    ['names a number', { ...kept('a.test'), policy: { ...policy, mx: [1] } }],
    [
      'names too many servers',
      { ...kept('a.test'), policy: { ...policy, mx: Array.from({ length: 501 }, () => 'a') } },
    ],
    ['has no age', { ...kept('a.test'), policy: { ...policy, maxAgeSeconds: '1' } }],
    ['was fetched at no time', { ...kept('a.test'), fetchedAtMs: null }],
  ])('leaves out a policy that %s, and that one alone', async (_, bad) => {
    const path = newFile()
    await writeFile(path, JSON.stringify({ version: 1, policies: [kept('first.test'), bad, kept('last.test')] }))
    const store = new MtaStsFileStore(path)
    expect(await store.all()).toEqual([kept('first.test'), kept('last.test')])
    await store.set(kept('a.test'))
    expect(await new MtaStsFileStore(path).get('a.test')).toEqual(kept('a.test'))
  })

  it('what one domain writes as long as it may keeps nobody from the policies of the others', async () => {
    const text = `version:STSv1\nmode:testing\nmax_age:31557600\n${'mx:a\n'.repeat(13_000)}`
    const long = Array.from({ length: 500 }, (_, index) => `mx:${'a'.repeat(60)}.${'b'.repeat(50)}.${index}\n`)
    const path = newFile()
    const store = new MtaStsFileStore(path)
    const hostile = parseMtaStsPolicy(text)
    expect(hostile.mx).toEqual(['a'])
    await store.set({ ...kept('evil.test'), policy: hostile })
    const wide = parseMtaStsPolicy(`version:STSv1\nmode:testing\nmax_age:31557600\n${long.join('')}`)
    await store.set({ ...kept('wide.test'), policy: wide })
    await store.set(kept('good.test'))
    const next = new MtaStsFileStore(path)
    expect(await next.get('good.test')).toEqual(kept('good.test'))
    expect(await next.all()).toEqual(await store.all())
    expect(() => parseMtaStsPolicy(`version:STSv1\nmode:testing\nmax_age:1\n${long.join('')}mx:one-more\n`)).toThrow(
      'names more than 500 mx',
    )
  })

  it('says when it cannot write, and goes on', async () => {
    const path = join(folder, 'not-there', 'policies.json')
    const store = new MtaStsFileStore(path)
    await expect(store.set(kept('a.test'))).rejects.toMatchObject({ code: 'policy.store' })
    expect(await store.get('a.test')).toEqual(kept('a.test'))
  })
})

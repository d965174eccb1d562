import { randomBytes } from 'node:crypto'
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { Secret } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { expectNoSecret, rejection } from '../../test/oauth2/rejection.js'
import { FileTokenStore } from './file-token-store.js'
import type { StoredTokens } from './token-store.js'

const tokens = (name: string): StoredTokens => ({
  accessToken: new Secret(`access-${name}`),
  obtainedAt: 1,
  expiresAt: 2,
  refreshToken: new Secret(`refresh-${name}`),
  previousRefreshToken: undefined,
  seed: 'seed',
})

const shown = (stored: StoredTokens | undefined) =>
  stored && { ...stored, accessToken: stored.accessToken?.reveal(), refreshToken: stored.refreshToken?.reveal() }

const hasModes = process.platform !== 'win32'

describe('FileTokenStore', () => {
  it.each([
    ['a key file of its own', {}],
    ['a key', { key: randomBytes(32) }],
    ['a passphrase', { passphrase: 'correct horse' }],
  ])('keeps several credentials in one file, under %s', async (_, key) => {
    await using folder = await Folder.make()
    const path = folder.file('tokens')
    const store = new FileTokenStore({ path, ...key })
    expect(await store.read('a')).toBeUndefined()
    await store.write('a', tokens('a'))
    await store.write('b', tokens('b'))
    const again = new FileTokenStore({ path, ...key })
    expect(shown(await again.read('a'))).toEqual(shown(tokens('a')))
    expect(shown(await again.read('b'))).toEqual(shown(tokens('b')))
    expect(await again.read('c')).toBeUndefined()
    await again.write('a', undefined)
    expect(await store.read('a')).toBeUndefined()
    expect(shown(await store.read('b'))).toEqual(shown(tokens('b')))
  })

  it('has no token in the file, and modes that keep others out', async () => {
    await using folder = await Folder.make()
    const path = folder.file('tokens')
    await new FileTokenStore({ path }).write('a', tokens('a'))
    const text = await readFile(path, 'utf8')
    expectNoSecret({ text }, ['access-a', 'refresh-a'])
    const secret = hasModes ? ['tokens', 'tokens.key'] : []
    for (const name of secret) expect((await stat(folder.file(name))).mode & 0o777).toBe(0o600)
    expect((await readdir(folder.path)).sort()).toEqual(['tokens', 'tokens.key', 'tokens.lock'])
  })

  it('does not open an entry under another name', async () => {
    await using folder = await Folder.make()
    const path = folder.file('tokens')
    const store = new FileTokenStore({ path })
    await store.write('a', tokens('a'))
    const file = JSON.parse(await readFile(path, 'utf8')) as { entries: Record<string, string> }
    file.entries['b'] = file.entries['a']!
    await writeFile(path, JSON.stringify(file))
    expect(await rejection(store.read('b'))).toMatchObject({ code: 'oauth2.store-damaged', field: 'store.path' })
    expect(shown(await store.read('a'))).toEqual(shown(tokens('a')))
  })

  it('reports a damaged file and leaves it as it is', async () => {
    await using folder = await Folder.make()
    const path = folder.file('tokens')
    const store = new FileTokenStore({ path, key: randomBytes(32) })
    await store.write('a', tokens('a'))
    const good = await readFile(path, 'utf8')
    const entry = (JSON.parse(good) as { entries: { a: string } }).entries.a
    const flipped = `${entry.slice(0, 30)}${entry[30] === 'A' ? 'B' : 'A'}${entry.slice(31)}`
    for (const bad of [
      '',
      '{}',
      good.slice(0, -40),
      good.replace('"version": 1', '"version": 2'),
      good.replace(entry, flipped),
      good.replace(entry, 'AAAA'),
    ]) {
      await writeFile(path, bad)
      expect(await rejection(store.read('a'))).toMatchObject({ code: 'oauth2.store-damaged' })
      expect(await rejection(store.write('a', tokens('new')))).toMatchObject({ code: 'oauth2.store-damaged' })
      expect(await readFile(path, 'utf8')).toBe(bad)
    }
  })

  it('tells another key, a missing one, and one of another kind from damage', async () => {
    await using folder = await Folder.make()
    const path = folder.file('tokens')
    await new FileTokenStore({ path }).write('a', tokens('a'))
    const others = [{ key: randomBytes(32) }, { passphrase: 'wrong' }, { keyFile: folder.file('absent') }]
    for (const other of others) {
      const store = new FileTokenStore({ path, ...other })
      expect(await rejection(store.read('a'))).toMatchObject({ code: 'oauth2.store-key' })
      expect(await rejection(store.write('b', tokens('b')))).toMatchObject({ code: 'oauth2.store-key' })
    }
    expect(await readdir(folder.path)).not.toContain('absent')
    await rm(folder.file('tokens.key'))
    expect(await rejection(new FileTokenStore({ path }).read('a'))).toMatchObject({ code: 'oauth2.store-key' })
  })

  it('refuses a key file that others may read, where files have modes', async () => {
    await using folder = await Folder.make()
    const path = folder.file('tokens')
    await new FileTokenStore({ path }).write('a', tokens('a'))
    await chmod(folder.file('tokens.key'), 0o644)
    const read = new FileTokenStore({ path }).read('a')
    if (hasModes)
      expect(await rejection(read)).toMatchObject({
        code: 'oauth2.store-key',
        hint: expect.stringContaining('0600') as string,
      })
    else expect(shown(await read)).toEqual(shown(tokens('a')))
  })

  it('does not compute for hours because a file says so', async () => {
    await using folder = await Folder.make()
    const path = folder.file('tokens')
    for (const cost of [2 ** 30, 2 ** 18]) {
      const key = { kind: 'passphrase', id: 'x', salt: 'AAAA', cost }
      await writeFile(path, JSON.stringify({ format: 'posthorn tokens', version: 1, key, entries: {} }))
      const store = new FileTokenStore({ path, passphrase: 'p' })
      expect(await rejection(store.read('a'))).toMatchObject({ code: 'oauth2.store-damaged' })
    }
  })

  it('makes one key file for several stores that begin at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      await using folder = await Folder.make()
      const keyFile = folder.file('shared.key')
      const paths = ['a', 'b', 'c', 'd'].map((name) => folder.file(name))
      await Promise.all(paths.map((path) => new FileTokenStore({ path, keyFile }).write('box', tokens(path))))
      for (const path of paths)
        expect(shown(await new FileTokenStore({ path, keyFile }).read('box'))).toEqual(shown(tokens(path)))
      expect((await readdir(folder.path)).filter((name) => name.includes('.new-'))).toEqual([])
    }
  })

  it('does not write for an owner whose lock another has taken over', async () => {
    await using folder = await Folder.make()
    const path = folder.file('tokens')
    const store = new FileTokenStore({ path })
    await store.write('a', tokens('theirs'))
    await store.lock('a', async () => {
      const locks = await readdir(`${path}.lock`)
      const own = locks.find((name) => name !== 'file')!
      await writeFile(`${path}.lock/${own}/9`, 'another')
      expect(await rejection(store.write('a', tokens('late')))).toMatchObject({ code: 'oauth2.store-locked' })
    })
    expect(shown(await store.read('a'))).toEqual(shown(tokens('theirs')))
  })

  it('says what cannot be written', async () => {
    await using folder = await Folder.make()
    const path = folder.file('file/tokens')
    await writeFile(folder.file('file'), '')
    const store = new FileTokenStore({ path, key: randomBytes(32) })
    expect(await rejection(store.write('a', tokens('a')))).toMatchObject({
      code: 'oauth2.store-write',
      outcome: 'transient',
    })
  })

  it('loses none of many writes at the same time, by several who share the file', async () => {
    await using folder = await Folder.make()
    const path = folder.file('tokens')
    const names = Array.from({ length: 12 }, (_, index) => `box-${index}`)
    await Promise.all(names.map((name) => new FileTokenStore({ path }).write(name, tokens(name))))
    const store = new FileTokenStore({ path })
    for (const name of names) expect((await store.read(name))?.accessToken?.reveal()).toBe(`access-${name}`)
    expect((await readdir(folder.path)).filter((name) => name.includes('.new-'))).toEqual([])
  })

  it('removes what a process that died while writing left behind', async () => {
    await using folder = await Folder.make()
    const path = folder.file('tokens')
    await writeFile(folder.file('tokens.new-left'), 'half')
    await new FileTokenStore({ path, key: randomBytes(32) }).write('a', tokens('a'))
    expect((await readdir(folder.path)).sort()).toEqual(['tokens', 'tokens.lock'])
  })

  it.each([
    [{ path: '' }, /store\.path: is missing/],
    [{ path: 'x', key: randomBytes(16) }, /not 32 octets/],
    [{ path: 'x', passphrase: '' }, /is empty/],
    [{ path: 'x', passphrase: 'p', keyFile: 'k' }, /beside another key/],
  ])('refuses %o', (options, message) => {
    expect(() => new FileTokenStore(options)).toThrow(message)
  })
})

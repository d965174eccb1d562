import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { WatchedFiles, type WatchTerms } from './watched-files.js'

/** Counts what it is told, and lets one wait for it. */
class Ear {
  told = 0
  #waiting: (() => void)[] = []

  readonly hear = (): void => {
    this.told++
    this.#waiting.splice(0).forEach((wake) => wake())
  }

  async next(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}

async function replaced(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

describe('WatchedFiles', () => {
  const ways: readonly [string, WatchTerms][] = [
    ['as the system tells', {}],
    ['by looking', { pollMs: 10 }],
  ]

  it.each(ways)('tells of every way in which a file becomes another, %s', async (_how, terms) => {
    await using folder = await Folder.make()
    const file = folder.file('a.yaml')
    await writeFile(file, 'one')
    const ear = new Ear()
    const watched = new WatchedFiles(ear.hear, terms)
    await watched.watch([file])
    const changes = [
      () => writeFile(file, 'two'),
      () => replaced(file, 'three'),
      () => replaced(file, 'four!'),
      () => rm(file),
      () => writeFile(file, 'five'),
    ]
    for (const change of changes) {
      const next = ear.next()
      await change()
      await next
    }
    await watched.close()
    expect(ear.told).toBeGreaterThanOrEqual(changes.length)
  })

  it.skipIf(process.platform === 'win32')(
    'follows links, and sees when one on the way leads elsewhere, as mounted volumes do it',
    async () => {
      await using folder = await Folder.make()
      for (const version of ['1', '2']) {
        await mkdir(folder.file(`..${version}`))
        await writeFile(join(folder.file(`..${version}`), 'p.yaml'), version)
      }
      await symlink('..1', folder.file('..data'))
      await symlink('..data/p.yaml', folder.file('p.yaml'))
      const ear = new Ear()
      const watched = new WatchedFiles(ear.hear)
      await watched.watch([folder.file('p.yaml')])
      const next = ear.next()
      await symlink('..2', folder.file('..data_tmp'))
      await rename(folder.file('..data_tmp'), folder.file('..data'))
      await next
      await watched.close()
      expect(ear.told).toBe(1)
    },
  )

  it('goes on with other files, in other folders, too, and tells nothing about those it left', async () => {
    await using folder = await Folder.make()
    await mkdir(folder.file('sub'))
    const [first, second] = [folder.file('first'), join(folder.file('sub'), 'second')]
    await writeFile(first, '1')
    await writeFile(second, '1')
    const ear = new Ear()
    const watched = new WatchedFiles(ear.hear)
    await watched.watch([first])
    await watched.watch([second])
    const next = ear.next()
    await replaced(first, '22')
    await replaced(second, '22')
    await next
    await watched.close()
    expect(ear.told).toBe(1)
  })

  it('tells of a file that is made later', async () => {
    await using folder = await Folder.make()
    const ear = new Ear()
    const watched = new WatchedFiles(ear.hear)
    await watched.watch([folder.file('later')])
    const next = ear.next()
    await writeFile(folder.file('later'), 'x')
    await next
    await watched.close()
    expect(ear.told).toBeGreaterThan(0)
  })

  it('tells nothing once it is closed', async () => {
    await using folder = await Folder.make()
    const file = folder.file('a')
    await writeFile(file, '1')
    const ear = new Ear()
    const watched = new WatchedFiles(ear.hear)
    await watched.watch([file])
    await writeFile(file, '22')
    await watched.close()
    const before = ear.told
    await replaced(file, '333')
    await new Promise((resolve) => setImmediate(resolve))
    expect(ear.told).toBe(before)
    await watched.watch([file]) // has no effect
    await watched.close()
  })
})

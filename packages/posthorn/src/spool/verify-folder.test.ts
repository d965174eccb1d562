import type * as Files from 'node:fs/promises'
import { afterEach, expect, it, vi } from 'vitest'
import { spoolWorld } from '../../test/spool/spool-world.js'
import { SpoolClient } from '../way/spool-client.js'
import { SpoolFolder } from './index.js'
import { isHidden } from './leftovers.js'

const broken = vi.hoisted(() => ({ unlink: false }))
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof Files>()
  const unlink: typeof real.unlink = async (path) => {
    if (broken.unlink) throw Object.assign(new Error('EIO'), { code: 'EIO' })
    await real.unlink(path)
  }
  return { ...real, unlink }
})
afterEach(() => void (broken.unlink = false))

it('verify leaves nothing, and says what is wrong with the folder', async () => {
  await using w = await spoolWorld()
  await w.spool.verify()
  expect(await w.files()).toEqual([])
  await expect(new SpoolFolder(w.folder.file('gone')).verify()).rejects.toMatchObject({ code: 'spool.missing' })
})

it.each(['SpoolFolder', 'SpoolClient'])('what a verify of %s cannot remove is removed with its process', async (by) => {
  await using w = await spoolWorld()
  broken.unlink = true
  const verified = by === 'SpoolFolder' ? w.spool.verify() : new SpoolClient(w.folder.path).verify()
  await expect(verified).rejects.toMatchObject({ code: 'spool.write' })
  const [left, ...others] = await w.files()
  expect([isHidden(left!), others]).toEqual([true, []])
})

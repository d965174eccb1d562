import type * as Files from 'node:fs'
import { renameSync, utimesSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { file, spoolWorld } from '../../test/spool/spool-world.js'
import type { SpoolEvent } from './index.js'

const denied = vi.hoisted(() => ({ code: undefined as string | undefined }))
vi.mock('node:fs', async (original) => {
  const real = await original<typeof Files>()
  const renameSync: typeof real.renameSync = (from, to) => {
    if (denied.code !== undefined && Buffer.isBuffer(from))
      throw Object.assign(new Error(denied.code), { code: denied.code })
    real.renameSync(from, to)
  }
  return { ...real, renameSync }
})
afterEach(() => void (denied.code = undefined))

/** A world with a file that waits under a name of so many octets that are no UTF-8. */
async function withLatin1(octets: number) {
  const w = await spoolWorld()
  const name = Buffer.concat([Buffer.from(`${w.folder.path}/`), Buffer.alloc(octets, 0xe9), Buffer.from('.queued')])
  await writeFile(name, file('x'))
  return w
}

describe('a name that is no UTF-8', () => {
  it('is cut where it would become too long for the file system, and its message is sent', async () => {
    await using w = await withLatin1(248)
    const run = await w.spool.process(async () => {}, { onEvent: w.onEvent })
    expect(run).toMatchObject({ sent: 1, skipped: 0 })
    expect(w.kinds()).toEqual(['claimed', 'sent'])
    expect(w.events[0]!.name).toMatch(/^(?:%E9){33}%-[0-9a-f]{16}$/)
    expect(await w.files()).toEqual([])
  })

  it('gets a number where there is a file of its name', async () => {
    await using w = await withLatin1(1)
    await w.drop('%E9.queued', file('y'))
    expect(await w.spool.process(async () => {}, { keep: true })).toMatchObject({ sent: 2 })
    expect(await w.files()).toEqual(['%E9.1.sent', '%E9.sent'])
  })

  it('that cannot be changed is told of and counted, and those behind it are sent', async () => {
    await using w = await withLatin1(2)
    await w.drop('z.queued', file('z'))
    denied.code = 'EPERM'
    const run = await w.spool.process(async () => {}, { onEvent: w.onEvent })
    expect(run).toMatchObject({ sent: 1, skipped: 1 })
    expect(w.events.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['skipped %E9%E9', 'claimed z', 'sent z'])
    expect(w.events[0]!.error).toMatchObject({ code: 'spool.unreadable' })
  })

  it('that cannot be changed is told of once in a while by a watch, and not at each look', async () => {
    await using w = await withLatin1(2)
    await w.drop('first.queued', file('1'))
    denied.code = 'EPERM'
    const stop = new AbortController()
    const onEvent = (event: SpoolEvent) => {
      w.onEvent(event)
      if (event.kind !== 'sent') return
      if (event.name === 'second') return stop.abort()
      writeFileSync(w.folder.file('second'), file('2'))
      utimesSync(w.folder.file('second'), 1, 1) // older than what this look has come to, so that the next one takes it
      renameSync(w.folder.file('second'), w.folder.file('second.queued'))
    }
    await w.spool.watch(async () => {}, { signal: stop.signal, pollMs: 1, onEvent })
    expect(w.kinds()).toEqual(['skipped', 'claimed', 'sent', 'claimed', 'sent'])
  })

  it('is another process’s to tell of when that was quicker', async () => {
    await using w = await withLatin1(2)
    denied.code = 'ENOENT'
    const run = await w.spool.process(async () => {}, { onEvent: w.onEvent })
    expect([run.skipped, w.kinds()]).toEqual([0, []])
  })

  it('that cannot be changed ends the run where the whole folder is to blame', async () => {
    await using w = await withLatin1(2)
    denied.code = 'EROFS'
    await expect(w.spool.process(async () => {})).rejects.toMatchObject({ code: 'spool.denied' })
  })
})

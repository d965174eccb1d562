import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { rejection } from '../../test/oauth2/rejection.js'
import { TestClock } from '../../test/oauth2/test-clock.js'
import { withFileLock } from './file-lock.js'

describe('withFileLock', () => {
  it('lets one in at a time', async () => {
    await using folder = await Folder.make()
    const lock = folder.file('lock')
    let inside = 0
    let most = 0
    const turn = async () => {
      most = Math.max(most, ++inside)
      await readdir(folder.path)
      inside--
    }
    await Promise.all(Array.from({ length: 20 }, () => withFileLock(lock, turn)))
    expect(most).toBe(1)
    const left = await readdir(lock)
    expect(left).toHaveLength(1)
    expect(await readFile(`${lock}/${left[0]}`, 'utf8')).toMatch(/^free/)
  })

  it('is free again after a failure', async () => {
    await using folder = await Folder.make()
    const lock = folder.file('lock')
    await expect(withFileLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await withFileLock(lock, async () => 'yes')).toBe('yes')
  })

  it('takes over from a dead process of this machine at once, by one of many', async () => {
    await using folder = await Folder.make()
    const lock = folder.file('lock')
    // what an owner writes, by a process that is over
    let owner = ''
    await withFileLock(lock, async () => {
      owner = await readFile(`${lock}/1`, 'utf8')
    })
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    await writeFile(`${lock}/1`, JSON.stringify({ ...(JSON.parse(owner) as object), pid }))
    let inside = 0
    let most = 0
    const turn = async () => {
      most = Math.max(most, ++inside)
      await readdir(folder.path)
      inside--
    }
    await Promise.all(Array.from({ length: 10 }, () => withFileLock(lock, turn)))
    expect(most).toBe(1)
  })

  it('waits for the heart of an owner elsewhere, and takes over when it does not beat for half a minute', async () => {
    await using folder = await Folder.make()
    const lock = folder.file('lock')
    await mkdir(lock)
    await writeFile(`${lock}/7`, JSON.stringify({ pid: 1, world: `${hostname()} another container` }))
    const clock = new TestClock()
    const begin = clock.time
    expect(await withFileLock(lock, async () => (await readdir(lock)).sort(), { clock })).toEqual(['8'])
    expect(clock.time - begin).toBeGreaterThanOrEqual(30_000)
  })

  it('does not take over from a living process whose heart beats, and gives up in time', async () => {
    await using folder = await Folder.make()
    const lock = folder.file('lock')
    await withFileLock(lock, async () => {
      const clock = new TestClock()
      const late = withFileLock(lock, async () => 'in', { clock, timeoutMs: 20_000 })
      expect(await rejection(late)).toMatchObject({ code: 'oauth2.store-locked', outcome: 'transient' })
    })
  })

  it('does not take a living owner for dead when the clock of the machine is set forth', async () => {
    await using folder = await Folder.make()
    const lock = folder.file('lock')
    await withFileLock(lock, async () => {
      const clock = new TestClock()
      const wait = clock.wait.bind(clock)
      clock.wait = (ms, signal) => {
        clock.setForthMs += 3_600_000
        return wait(ms, signal)
      }
      const late = withFileLock(lock, async () => 'in', { clock, timeoutMs: 20_000 })
      expect(await rejection(late)).toMatchObject({ code: 'oauth2.store-locked' })
      expect(clock.waits.length).toBeGreaterThan(10)
    })
  })

  it('takes over from a living process only when it gives no sign of life for long: a thread of it may have been ended', async () => {
    await using folder = await Folder.make()
    const lock = folder.file('lock')
    await withFileLock(lock, async () => {
      const clock = new TestClock()
      const begin = clock.time
      expect(await withFileLock(lock, async () => 'in', { clock, timeoutMs: 500_000 })).toBe('in')
      expect(clock.time - begin).toBeGreaterThanOrEqual(75_000)
    })
  })

  it('tells a process number that was given out again, where a start can be told', async () => {
    await using folder = await Folder.make()
    const lock = folder.file('lock')
    let owner = ''
    await withFileLock(lock, async () => {
      owner = await readFile(`${lock}/1`, 'utf8')
    })
    await writeFile(`${lock}/1`, JSON.stringify({ ...(JSON.parse(owner) as object), started: '1' }))
    const clock = new TestClock()
    const begin = clock.time
    expect(await withFileLock(lock, async () => 'in', { clock })).toBe('in')
    const waited = clock.time - begin
    expect(process.platform === 'linux' ? waited === 0 : waited >= 0).toBe(true)
  })

  it('tells an owner that it was overtaken', async () => {
    await using folder = await Folder.make()
    const lock = folder.file('lock')
    await withFileLock(lock, async (held) => {
      await held.check()
      await writeFile(`${lock}/2`, 'another')
      expect(await rejection(held.check())).toMatchObject({ code: 'oauth2.store-locked', outcome: 'transient' })
    })
  })

  it('ends the wait on abort', async () => {
    await using folder = await Folder.make()
    const lock = folder.file('lock')
    await withFileLock(lock, async () => {
      const aborted = AbortSignal.abort(new Error('enough'))
      await expect(withFileLock(lock, async () => 'in', { signal: aborted })).rejects.toThrow('enough')
    })
  })

  it('counts the owners, and never gives a number twice', async () => {
    await using folder = await Folder.make()
    const lock = folder.file('lock')
    await mkdir(lock)
    await writeFile(`${lock}/3`, 'free')
    const numbers: number[] = []
    const turn = async () => {
      numbers.push(Math.max(...(await readdir(lock)).map(Number)))
    }
    await Promise.all(Array.from({ length: 8 }, () => withFileLock(lock, turn)))
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    expect(new Set(numbers).size).toBe(8)
  })
})

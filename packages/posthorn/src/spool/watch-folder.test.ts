import { link, readdir, rename, writeFile } from 'node:fs/promises'
import { ConnectError, ReplyError } from '@posthorn/ground'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { TestClock } from '../../test/oauth2/test-clock.js'
import { letter } from '../../test/spool/letter.js'
import { SpoolFolder, type SpoolEvent } from './index.js'

const LONG_MS = 3_600_000

function refusal(): ReplyError {
  const reply = { code: 451, lines: ['later'] }
  return new ReplyError('smtp.content.refused', '451 later', { phase: 'content', outcome: 'transient', reply })
}

function down(): ConnectError {
  return new ConnectError('connect.refused', 'nobody listens', { phase: 'connect', outcome: 'transient' })
}

/** Resolves with the count-th thing it is told. */
class Bell {
  #count = 0
  #waiting: { readonly count: number; readonly resolve: () => void }[] = []

  ring(): void {
    this.#count++
    for (const { count, resolve } of this.#waiting) if (this.#count >= count) resolve()
  }

  async rung(count: number): Promise<void> {
    if (this.#count < count) await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }))
  }
}

/** A folder with one letter, by a clock that is moved by hand. */
async function oneWaits() {
  const folder = await Folder.make()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const clock = new TestClock()
  const spool = new SpoolFolder(folder.path, { clock })
  await spool.queue(letter())
  return { folder, clock, spool, stop: new AbortController() }
}

describe('watch', () => {
  it('takes what is there and what comes in, and ends by the signal with what is under way finished', async () => {
    await using folder = await Folder.make()
    const spool = new SpoolFolder(folder.path)
    await spool.queue(letter())
    const stop = new AbortController()
    const bell = new Bell()
    let aborted = false
    const watching = spool.watch(
      async (_, signal) => {
        bell.ring()
        await bell.rung(3)
        aborted ||= signal.aborted
      },
      { signal: stop.signal, concurrency: 2, pollMs: 20 },
    )
    await bell.rung(1)
    await spool.queue(letter())
    await spool.queue(letter())
    setImmediate(() => stop.abort())
    bell.ring()
    bell.ring()
    await watching
    expect(aborted).toBe(false)
    const left = await readdir(folder.path)
    expect(left.every((name) => name.endsWith('.queued'))).toBe(true)
  })

  it.runIf(process.platform === 'linux')('hears what comes in without waiting for the poll', async () => {
    await using folder = await Folder.make()
    const spool = new SpoolFolder(folder.path)
    const stop = new AbortController()
    const bell = new Bell()
    const watching = spool.watch(async () => bell.ring(), { signal: stop.signal, pollMs: LONG_MS })
    await spool.queue(letter())
    await bell.rung(1)
    await writeFile(folder.file('other'), 'MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\n\n')
    await rename(folder.file('other'), folder.file('other.queued'))
    await bell.rung(2)
    stop.abort()
    await watching
    expect(await readdir(folder.path)).toEqual([])
  })

  it('finds by the poll what nobody told of', async () => {
    await using folder = await Folder.make()
    await using store = await Folder.make()
    const spool = new SpoolFolder(folder.path)
    const stop = new AbortController()
    const bell = new Bell()
    const watching = spool.watch(async () => bell.ring(), { signal: stop.signal, pollMs: 10 })
    await writeFile(store.file('x'), 'MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\n\n')
    await link(store.file('x'), folder.file('linked.queued'))
    await bell.rung(1)
    stop.abort()
    await watching
  })

  it('tries what failed for now again, later each time, while others are sent', async () => {
    await using folder = await Folder.make()
    const clock = new TestClock()
    const spool = new SpoolFolder(folder.path, { clock })
    const first = (await spool.queue(letter())).replace('.queued', '')
    clock.time++
    const stop = new AbortController()
    const tried: number[] = []
    const events: SpoolEvent[] = []
    const start = clock.elapsed()
    await spool.watch(
      async ({ name }) => {
        if (name !== first) return
        tried.push(clock.elapsed() - start)
        if (tried.length === 1) await spool.queue(letter())
        if (tried.length === 9) stop.abort()
        throw refusal()
      },
      { signal: stop.signal, pollMs: 5_000, onEvent: (event) => void events.push(event) },
    )
    const gaps = tried.slice(1).map((at, index) => Math.round((at - tried[index]!) / 1000))
    expect(gaps).toEqual([15, 30, 60, 120, 240, 480, 900, 900])
    expect(events.findIndex(({ kind }) => kind === 'sent')).toBeLessThan(events.length - 10)
  })

  it('tells why no server is reached, and goes on, later each time; no message is put off by that', async () => {
    const { folder, clock, spool, stop } = await oneWaits()
    const told: unknown[] = []
    const at: number[] = []
    await spool.watch(
      async () => {
        at.push(Math.round(clock.elapsed() / 1000))
        if (at.length < 5) throw down()
        stop.abort()
      },
      { signal: stop.signal, onError: (error) => void told.push(error) },
    )
    expect(told).toHaveLength(4)
    expect(at.slice(1).map((time, index) => time - at[index]!)).toEqual([1, 2, 4, 8])
    expect(await readdir(folder.path)).toEqual([])
  })

  it('tries again soon when no server is reached, however often that was so before the last look that went well', async () => {
    const { clock, spool, stop } = await oneWaits()
    const at: number[] = []
    await spool.watch(
      async () => {
        at.push(Math.round(clock.elapsed() / 1000))
        if (at.length === 4) throw refusal() // it is put off, and nothing is wrong with the server
        if (at.length < 7) throw down()
        stop.abort()
      },
      { signal: stop.signal, onError: () => {} },
    )
    expect(at.slice(1).map((time, index) => time - at[index]!)).toEqual([1, 2, 4, 15, 1, 2])
  })

  it('puts off whatever waits again while it goes on, whatever the receipt says', async () => {
    const { clock, spool, stop } = await oneWaits()
    const at: number[] = []
    await spool.watch(
      async () => {
        at.push(Math.round(clock.elapsed() / 1000))
        if (at.length === 4) stop.abort()
        return { deliveries: [{ recipient: 'b@example.test', outcome: 'notSent', phase: 'connect', at: 0 }] }
      },
      { signal: stop.signal },
    )
    expect(at.slice(1).map((time, index) => time - at[index]!)).toEqual([15, 30, 60])
  })

  it('rests ten times as long as a look took, so that a folder full of files of others costs little', async () => {
    await using folder = await Folder.make()
    const clock = new (class extends TestClock {
      override elapsed(): number {
        return (this.time += 100) // time passes whenever it is asked for
      }
    })()
    const spool = new SpoolFolder(folder.path, { clock })
    const stop = new AbortController()
    const wait = clock.wait.bind(clock)
    clock.wait = async (ms, signal) => {
      await wait(ms, signal)
      if (clock.waits.length === 2) stop.abort()
    }
    await spool.watch(async () => {}, { signal: stop.signal, pollMs: 5 })
    expect(clock.waits).toEqual([1_000, 5])
  })

  it('ends with an error that does not pass, unless somebody is told', async () => {
    await using folder = await Folder.make()
    const spool = new SpoolFolder(folder.file('missing'), { clock: new TestClock() })
    const stop = new AbortController()
    const { signal } = stop
    await expect(spool.watch(async () => {}, { signal })).rejects.toMatchObject({ code: 'spool.missing' })
    let told = 0
    const onError = (): void => {
      if (++told === 3) stop.abort()
    }
    await spool.watch(async () => {}, { signal, onError })
    expect(told).toBe(3)
  })

  it('ends with the first message that fails, where that is asked for, whoever is told', async () => {
    await using folder = await Folder.make()
    const spool = new SpoolFolder(folder.path)
    await spool.queue(letter())
    const error = refusal()
    const send = async () => {
      throw error
    }
    const { signal } = new AbortController()
    const watching = spool.watch(send, { signal, onFailure: 'stop', transient: 'fail', onError: () => {} })
    await expect(watching).rejects.toBe(error)
  })

  it('does nothing when the signal is there already', async () => {
    await using folder = await Folder.make()
    await new SpoolFolder(folder.path).watch(async () => {}, { signal: AbortSignal.abort() })
  })
})

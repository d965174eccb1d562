import { describe, expect, it } from 'vitest'
import { TestClock } from '../../test/oauth2/test-clock.js'
import { file, spoolWorld } from '../../test/spool/spool-world.js'
import { Stepper } from '../../test/spool/stepper.js'
import { SpoolFolder, type SpooledMessage } from './index.js'
import { RecordFlush } from './record-flush.js'

/** Its waits end when the test says so, or by their signal. */
class HeldClock extends TestClock {
  readonly #held: (() => void)[] = []

  get held(): number {
    return this.#held.length
  }

  override async wait(ms: number, signal?: AbortSignal): Promise<void> {
    await super.wait(ms, signal)
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        this.#held.splice(this.#held.indexOf(resolve), 1)
        reject(signal!.reason as Error)
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#held.push(() => {
        signal?.removeEventListener('abort', abort)
        resolve()
      })
    })
  }

  pass(): void {
    this.#held.shift()!()
  }
}

/** A disk that is done with a flush when the test says so. */
class Disk {
  begun = 0
  #end: () => void = () => {}
  readonly flush = async (): Promise<void> => {
    this.begun++
    await new Promise<void>((resolve) => (this.#end = resolve))
  }

  /** The flush under way is done, and who waits for it has gone on. */
  async done(): Promise<void> {
    this.#end()
    await turn()
  }
}

/** Everything that waits for nothing but promises has happened. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('the flush of records', () => {
  it('follows the first at once, and those behind it no later than 200 ms after it began', async () => {
    const clock = new HeldClock()
    const disk = new Disk()
    const records = new RecordFlush(disk.flush, clock)
    records.note()
    expect(disk.begun).toBe(1)
    clock.time += 50
    await disk.done()
    records.note()
    records.note()
    await turn()
    expect([disk.begun, clock.waits]).toEqual([1, [150]])
    clock.pass()
    await turn()
    expect(disk.begun).toBe(2)
    await disk.done()
    clock.time += 200
    records.note()
    expect(disk.begun).toBe(3)
    await disk.done()
    await records.end()
    expect([disk.begun, clock.held]).toEqual([3, 0])
  })

  it('is made again when there was one under way, at once if that took long', async () => {
    const clock = new HeldClock()
    const disk = new Disk()
    const records = new RecordFlush(disk.flush, clock)
    records.note()
    records.note()
    clock.time += 1_000
    await disk.done()
    expect([disk.begun, clock.waits]).toEqual([2, []])
    await disk.done()
    await records.end()
    expect(disk.begun).toBe(2)
  })

  it('is made at the end without waiting, and leaves no timer behind', async () => {
    const clock = new HeldClock()
    const disk = new Disk()
    const records = new RecordFlush(disk.flush, clock)
    records.note()
    await disk.done()
    records.note()
    await turn()
    expect([disk.begun, clock.held]).toEqual([1, 1])
    const ended = records.end()
    await turn()
    expect([disk.begun, clock.held]).toEqual([2, 0])
    await disk.done()
    await ended
  })
})

describe('a record of a run', () => {
  it('is flushed while the next message is under way, however long that takes', async () => {
    await using w = await spoolWorld()
    for (const name of ['a', 'b', 'c']) await w.drop(`${name}.queued`, file(name))
    let flushes = 0
    let flushed = (): void => {}
    const flushedTwice = new Promise<void>((resolve) => (flushed = resolve))
    await using _stepper = await Stepper.start(({ name, paths }) => {
      if (name === 'open' && paths[0] === w.folder.path && ++flushes === 2) flushed()
    })
    const clock = new TestClock()
    const spool = new SpoolFolder(w.folder.path, { clock })
    const send = async ({ name }: SpooledMessage): Promise<void> => {
      if (name === 'c') await flushedTwice // not by its own record, nor by the end of the run
    }
    expect(await spool.process(send)).toMatchObject({ sent: 3 })
    expect(clock.waits[0]).toBe(200)
  })
})

import { spawnSync } from 'node:child_process'
import { readdir, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { TestClock } from '../../test/oauth2/test-clock.js'
import { SpoolChild } from '../../test/spool/child.js'
import { letter } from '../../test/spool/letter.js'
import { fault, Stepper } from '../../test/spool/stepper.js'
import { SpoolFolder, type SpoolEvent } from './index.js'

const TEXT = 'MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\n\n'
const ELSEWHERE = 'aaaaaaaaaaaa-123-456-bbbbbbbbbbbb'
const CLAIM = `x~${ELSEWHERE}-1.sending`
const HEARTBEAT = `.${ELSEWHERE}.alive`

/** Time passes only while somebody waits. */
class WatchedClock extends TestClock {
  onWait: (ms: number) => Promise<void> = async () => {}

  override async wait(ms: number, signal?: AbortSignal): Promise<void> {
    await super.wait(ms, signal)
    await this.onWait(ms)
  }
}

async function foreignClaim(beatAgoMs: number, leaseMs = 300_000) {
  const folder = await Folder.make()
  await writeFile(folder.file(CLAIM), TEXT)
  await writeFile(folder.file(HEARTBEAT), `${leaseMs}\n`)
  const beat = async (agoMs: number): Promise<void> => {
    const time = (Date.now() - agoMs) / 1000
    await utimes(folder.file(HEARTBEAT), time, time)
  }
  await beat(beatAgoMs)
  const clock = new WatchedClock()
  const events: SpoolEvent[] = []
  const spool = new SpoolFolder(folder.path, { clock })
  const run = () => spool.process(async () => {}, { onEvent: (event) => void events.push(event) })
  return { folder, beat, clock, events, run, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

describe('the claim of a process elsewhere', () => {
  it('is left alone while its heart beats', async () => {
    await using w = await foreignClaim(200_000)
    expect(await w.run()).toMatchObject({ takenOver: 0, sent: 0 })
    expect(w.clock.waits).toEqual([])
    expect((await readdir(w.folder.path)).sort()).toEqual([HEARTBEAT, CLAIM])
  })

  it('is taken over when its lease is over, after half a lease in which nothing moved', async () => {
    await using w = await foreignClaim(310_000)
    expect(await w.run()).toMatchObject({ takenOver: 1, sent: 1 })
    expect(w.events.map(({ kind, name }) => [kind, name])).toEqual([
      ['waiting', 'x'],
      ['taken-over', 'x'],
      ['sent', 'x'],
    ])
    expect(w.clock.waits).toEqual([150_000])
    expect(await readdir(w.folder.path)).toEqual([HEARTBEAT])
  })

  it('is left alone when it beats meanwhile: the clock was set forth, and no time had passed', async () => {
    await using w = await foreignClaim(3_600_000)
    w.clock.onWait = () => w.beat(0)
    expect(await w.run()).toMatchObject({ takenOver: 0 })
    expect(w.clock.waits).toHaveLength(1)
  })

  it('is taken over after a whole lease without a beat when the clock was set back', async () => {
    await using w = await foreignClaim(-3_600_000)
    expect(await w.run()).toMatchObject({ takenOver: 1 })
    expect(w.clock.waits).toEqual([300_000])
  })

  it('is left alone when it beats in the time to come, and is not waited for without end', async () => {
    await using w = await foreignClaim(-3_600_000)
    w.clock.onWait = () => w.beat(-3_700_000)
    expect(await w.run()).toMatchObject({ takenOver: 0 })
    expect(w.clock.waits).toHaveLength(1)
  })

  it('has the lease that its owner says', async () => {
    await using longer = await foreignClaim(310_000, 600_000)
    expect(await longer.run()).toMatchObject({ takenOver: 0 })
    await using shorter = await foreignClaim(2_000, 1_000)
    expect(await shorter.run()).toMatchObject({ takenOver: 1 })
  })

  it('is told of once while it is waited for, and left when that would be longer than the lease here', async () => {
    await using w = await foreignClaim(40_000_000, 36_000_000)
    expect(await w.run()).toMatchObject({ takenOver: 0, skipped: 1 })
    expect(w.clock.waits).toEqual([])
    expect(w.events).toMatchObject([
      { kind: 'waiting', name: 'x', waitMs: 18_000_000, signMs: expect.any(Number) as number },
      { kind: 'skipped', name: 'x', error: { code: 'spool.held', outcome: 'transient' } },
    ])
    await w.run()
    expect(w.events.map(({ kind }) => kind)).toEqual(['waiting', 'skipped', 'skipped'])
  })

  it('is tried once in a run when it cannot be taken, and holds up nobody while others are waited for', async () => {
    await using w = await foreignClaim(310_000, 1_000)
    const longer = ELSEWHERE.replaceAll('a', 'c')
    await writeFile(w.folder.file(`y~${longer}-1.sending`), TEXT)
    await writeFile(w.folder.file(`.${longer}.alive`), '10000\n')
    const time = Date.now() / 1000 - 3_600
    await utimes(w.folder.file(`.${longer}.alive`), time, time)
    await using _stepper = await Stepper.start(({ name, paths }) => {
      if (name === 'rename' && paths[0]?.endsWith(CLAIM)) throw fault('EPERM')
    })
    w.clock.onWait = async () => {
      if (w.clock.waits.length > 10) throw new Error('it is waited without end')
    }
    expect(await w.run()).toMatchObject({ takenOver: 1, sent: 1, skipped: 1 })
    expect(w.events.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
      'sent y',
      'skipped x',
      'taken-over y',
      'waiting x',
      'waiting y',
    ])
    expect(w.clock.waits).toEqual([500, 4_500])
  })

  it.runIf(process.platform !== 'win32')('is not waited for when its heartbeat is a pipe', async () => {
    await using w = await foreignClaim(0)
    await unlink(w.folder.file(HEARTBEAT))
    expect(spawnSync('mkfifo', [w.folder.file(HEARTBEAT)]).status).toBe(0)
    await w.beat(310_000)
    expect(await w.run()).toMatchObject({ takenOver: 1 })
  })

  it('counts from the moment it was made when there is no heartbeat', async () => {
    await using w = await foreignClaim(310_000)
    await unlink(w.folder.file(HEARTBEAT))
    expect(await w.run()).toMatchObject({ takenOver: 0 })
  })
})

describe('the claim of a process on this machine', () => {
  it('is never taken while that runs, and at once when it was killed', async () => {
    await using folder = await Folder.make()
    const spool = new SpoolFolder(folder.path)
    const name = (await spool.queue(letter())).replace('.queued', '')
    const child = new SpoolChild(folder.path, { hang: true })
    await child.says(`send ${name}`)
    const beat = (await readdir(folder.path)).find((file) => file.endsWith('.alive'))!
    await utimes(folder.file(beat), 1, 1) // however long it gives no sign of life
    expect(await spool.process(async () => {})).toEqual({ sent: 0, failed: 0, released: 0, skipped: 0, takenOver: 0 })
    await child.kill()
    const events: SpoolEvent[] = []
    const run = await spool.process(async () => {}, { onEvent: (event) => void events.push(event) })
    expect(run).toEqual({ sent: 1, failed: 0, released: 0, skipped: 0, takenOver: 1 })
    expect(events.map((event) => `${event.kind} ${event.name}`)).toEqual([`taken-over ${name}`, `sent ${name}`])
    expect(await readdir(folder.path)).toEqual([])
  })

  it.runIf(process.platform === 'linux')('is taken at once when nobody asked for the end of its process', async () => {
    await using folder = await Folder.make()
    const spool = new SpoolFolder(folder.path)
    await spool.queue(letter())
    // the shell goes on as a program that asks for no child's end
    const child = new SpoolChild(folder.path, { hang: true }, '"$@" & exec tail -f /dev/null; exit')
    await child.says('send ')
    const [claim] = (await readdir(folder.path)).filter((file) => file.endsWith('.sending'))
    process.kill(Number(claim!.split('~')[1]!.split('-')[1]), 'SIGKILL')
    let run = await spool.process(async () => {})
    while (run.takenOver === 0) run = await spool.process(async () => {}) // the signal takes a moment
    expect(run.sent).toBe(1)
    await child.kill()
  })

  it('is taken over by one of many', async () => {
    await using folder = await Folder.make()
    const spool = new SpoolFolder(folder.path)
    for (let count = 0; count < 10; count++) await spool.queue(letter())
    const child = new SpoolChild(folder.path, { hang: true })
    await child.says('send ')
    await child.kill()
    const runs = await Promise.all(
      Array.from({ length: 5 }, () => new SpoolFolder(folder.path).process(async () => {})),
    )
    const sum = (key: 'sent' | 'takenOver') => runs.reduce((total, run) => total + run[key], 0)
    expect([sum('sent'), sum('takenOver')]).toEqual([10, 1])
  })

  it('is not touched by other processes: each of 50 messages is sent by one of two', async () => {
    await using folder = await Folder.make()
    const spool = new SpoolFolder(folder.path)
    for (let count = 0; count < 50; count++) await spool.queue(letter())
    const children = [new SpoolChild(folder.path), new SpoolChild(folder.path)]
    const lines = (await Promise.all(children.map((child) => child.ended()))).flat()
    const sent = lines.filter((line) => line.startsWith('send '))
    expect(sent).toHaveLength(50)
    expect(new Set(sent).size).toBe(50)
    expect(await readdir(folder.path)).toEqual([])
  })
})

describe('what processes that are gone have left', () => {
  it('is removed: temporary files and heartbeats, but not those of processes that run, or of others', async () => {
    await using folder = await Folder.make()
    const child = new SpoolChild(folder.path)
    await child.ended()
    const spool = new SpoolFolder(folder.path)
    await spool.queue(letter())
    const hanging = new SpoolChild(folder.path, { hang: true })
    await hanging.says('send ')
    const [alive] = (await readdir(folder.path)).filter((file) => file.endsWith('.alive'))
    const temporary = alive!.replace('.alive', '-z.tmp')
    await writeFile(folder.file(temporary), 'half')
    const old = `.${ELSEWHERE}-2.tmp`
    const young = `.${ELSEWHERE}-3.tmp`
    for (const name of [old, young, '.profile', '.x.tmp']) await writeFile(folder.file(name), 'x')
    await utimes(folder.file(old), 1, 1)
    await spool.process(async () => {})
    const left = (await readdir(folder.path)).filter((name) => !name.endsWith('.sending')).sort()
    expect(left).toEqual(['.profile', '.x.tmp', young, alive, temporary].sort())
    await hanging.kill()
    await spool.process(async () => {})
    expect((await readdir(folder.path)).sort()).toEqual(['.profile', '.x.tmp', young].sort())
    expect((await stat(folder.file(young))).size).toBe(1)
  })
})

import { existsSync, linkSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { link, mkdir, rename, symlink, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ReplyError } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { letter } from '../../test/spool/letter.js'
import { file, spoolWorld } from '../../test/spool/spool-world.js'
import { fault, Stepper } from '../../test/spool/stepper.js'
import { Claim } from './claim.js'
import { Owed } from './owed.js'
import { Claimant } from './owner.js'
import { SpoolFolder } from './spool-folder.js'
import { readName } from './spool-name.js'

const OWN_STEM = '20260101T000000000Z-000001-0123456789abcdef'
const MOST_STEPS = 50

const take = (folder: string, name: string, owed = new Owed()) =>
  Claim.take(folder, readName(name)!, new Claimant(), owed)

/** What is in the folder, notes left out: each message once, however many names it has. */
function messagesIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => !name.startsWith('.') && !name.endsWith('.txt'))
  return [...new Set(names.map((name) => readFileSync(join(folder, name), 'utf8')))].sort()
}

/** Another process, between two calls of this one: it takes m.queued, and the message fails again. */
function failAgain(folder: string): void {
  const at = (name: string) => join(folder, name)
  const claim = at(`m~${new Claimant().next()}.sending`)
  if (!existsSync(at('m.queued'))) return
  for (const name of ['m.failed', 'm.failed.txt']) if (existsSync(at(name))) unlinkSync(at(name))
  renameSync(at('m.queued'), claim)
  writeFileSync(at('m.failed.txt'), 'because\n')
  renameSync(claim, at('m.failed'))
}

/** Another process, between two calls of this one: another message of this name fails, where the name is free. */
function failAnother(folder: string): void {
  if (existsSync(join(folder, 'm.failed'))) return
  writeFileSync(join(folder, 'm.failed.txt'), 'because\n')
  writeFileSync(join(folder, 'm.failed'), 'another')
}

/** Does `work` again and again, with `between` before its first call to the disk, then before its second, and so on. */
async function atEachStep(
  prepare: (folder: string) => void,
  work: (folder: string) => Promise<unknown>,
  between: (folder: string) => void,
  check: (folder: string) => void,
): Promise<number> {
  for (let at = 1; at < MOST_STEPS; at++) {
    await using w = await spoolWorld()
    prepare(w.folder.path)
    let steps = 0
    let isBetween = false
    {
      await using _ = await Stepper.start(() => {
        if (isBetween || ++steps !== at) return
        isBetween = true
        between(w.folder.path)
        isBetween = false
      })
      await work(w.folder.path)
    }
    check(w.folder.path)
    if (steps < at) return at - 1
  }
  throw new Error('it has no end')
}

describe('what another process does between any two calls to the disk', () => {
  const failed = (folder: string): void => {
    writeFileSync(join(folder, 'm.failed'), 'message')
    writeFileSync(join(folder, 'm.failed.txt'), 'because\n')
  }
  const failedAndQueued = (folder: string): void => {
    failed(folder)
    linkSync(join(folder, 'm.failed'), join(folder, 'm.queued'))
  }
  const retry = (folder: string) => new SpoolFolder(folder).retry('m').catch(() => {})
  const taking = (folder: string) => take(folder, 'm.queued')

  it.each([
    ['a retry', failed, retry],
    ['a retry that another one had begun', failedAndQueued, retry],
    ['a claim of what a retry had left', failedAndQueued, taking],
  ] as const)('costs no message: %s, and it fails again', async (_, prepare, work) => {
    const steps = await atEachStep(prepare, work, failAgain, (folder) => {
      expect(messagesIn(folder)).toEqual(['message'])
    })
    expect(steps).toBeGreaterThan(2)
  })

  it.each([
    ['a retry', failed, retry],
    ['a claim of what a retry had left', failedAndQueued, taking],
  ] as const)('costs no message: %s, and another one of this name fails', async (_, prepare, work) => {
    let others = 0
    await atEachStep(prepare, work, failAnother, (folder) => {
      const messages = messagesIn(folder)
      expect(messages).toContain('message')
      if (messages.length > 1) others++
    })
    expect(others).toBeGreaterThan(0)
  })

  it.each(['queued', 'failed', 'sent'] as const)('is not fallen on: a new %s', async (state) => {
    for (const stem of ['m', OWN_STEM]) {
      await using w = await spoolWorld()
      await w.drop(`${stem}.queued`, 'message')
      const claim = (await take(w.folder.path, `${stem}.queued`))!
      const target = w.folder.file(`${stem}.${state}`)
      {
        await using _ = await Stepper.start(({ name, paths }) => {
          if ((name === 'linkSync' || name === 'renameSync') && paths[1] === target && !existsSync(target)) {
            writeFileSync(target, 'theirs')
          }
        })
        if (state === 'queued') claim.release()
        else if (state === 'sent') claim.recordSent(true)
        else await claim.fail('because\n')
      }
      expect(messagesIn(w.folder.path)).toEqual(['message', 'theirs'])
      expect(readFileSync(target, 'utf8')).toBe('theirs')
      expect(existsSync(w.folder.file(`${stem}.failed.txt`))).toBe(false)
    }
  })
})

describe('a message that two take by two names', () => {
  /** Resolves when it is told to. */
  function gate() {
    let open = (): void => {}
    const opened = new Promise<void>((resolve) => (open = resolve))
    return { open: () => open(), opened }
  }
  const dead = new Claimant().next()

  async function released() {
    const w = await spoolWorld()
    await w.drop('m.queued', 'message')
    await link(w.folder.file('m.queued'), w.folder.file(`m~${dead}.sending`))
    return w
  }

  it('is that of the one who took the name with which it waits: the claim is taken over before that', async () => {
    await using w = await released()
    const [looked, isTakenOver, taken] = [gate(), gate(), gate()]
    const isOfDead = (path: string | undefined) => path?.includes(dead) === true
    await using _ = await Stepper.start(
      async ({ name, paths }) => {
        if (name === 'unlink' && isOfDead(paths[0])) {
          looked.open()
          await isTakenOver.opened
        }
        if (name === 'rename' && isOfDead(paths[0])) await looked.opened
      },
      async ({ name, paths }) => {
        if (name !== 'rename') return
        if (!isOfDead(paths[0])) return taken.open()
        isTakenOver.open()
        await taken.opened
      },
    )
    const [one, two] = await Promise.all([take(w.folder.path, 'm.queued'), take(w.folder.path, `m~${dead}.sending`)])
    expect(one?.isOurs()).toBe(true)
    expect(two).toBeUndefined()
    expect(await w.files()).toEqual([one!.file])
  })

  it('is that of the one who took the name with which it waits: in either order', async () => {
    for (const order of [
      ['m.queued', `m~${dead}.sending`],
      [`m~${dead}.sending`, 'm.queued'],
    ]) {
      await using w = await released()
      const claims = []
      for (const name of order) claims.push(await take(w.folder.path, name))
      expect(claims.map((claim) => claim?.isOurs())).toEqual(
        order.map((name) => (name === 'm.queued' ? true : undefined)),
      )
      expect(await w.files()).toHaveLength(1)
    }
  })

  it.each([0, 1])(
    'is left to one at least when two claims of it are taken over at once: generation %i',
    async (generation) => {
      await using w = await spoolWorld()
      const files = [`m~${new Claimant().next()}.sending`, `m~${new Claimant().next(generation)}.sending`]
      await w.drop(files[0]!, 'message')
      await link(w.folder.file(files[0]!), w.folder.file(files[1]!))
      let renamed = 0
      const both = gate()
      await using _ = await Stepper.start(
        () => {},
        async ({ name }) => {
          if (name !== 'rename') return
          if (++renamed === 2) both.open()
          await both.opened
        },
      )
      const claims = await Promise.all(files.map((name) => take(w.folder.path, name)))
      expect(messagesIn(w.folder.path)).toEqual(['message'])
      expect(claims[1]?.isOurs()).toBe(true)
      if (generation > 0) expect(await w.files()).toEqual([claims[1]!.file])
    },
  )
})

describe('trouble', () => {
  it('behind the rename gives the message back, as soon as that can be done', async () => {
    for (const isBroken of [false, true]) {
      await using w = await spoolWorld()
      await w.drop('m.failed', file('x'))
      await link(w.folder.file('m.failed'), w.folder.file('m.queued'))
      const owed = new Owed()
      {
        await using _ = await Stepper.start(({ name, paths }) => {
          if (name === 'renameSync' && paths[0]!.endsWith('.failed')) throw fault('EIO')
          if (isBroken && name === 'linkSync') throw fault('EIO')
        })
        await expect(take(w.folder.path, 'm.queued', owed)).rejects.toMatchObject({ code: 'EIO' })
        expect((await w.files()).includes('m.queued')).toBe(!isBroken)
      }
      expect(owed.pay()).toEqual(isBroken ? [{ kind: 'released', name: 'm' }] : [])
      expect(await w.files()).toEqual(['m.failed', 'm.queued'])
    }
  })

  it('leaves no temporary file: a copy that cannot be put aside', async () => {
    await using w = await spoolWorld()
    await w.drop('m.queued', file('x'))
    const claim = (await take(w.folder.path, 'm.queued'))!
    for (const at of ['open', 'linkSync']) {
      await using _ = await Stepper.start(({ name, paths }) => {
        if (name === at && paths.some((path) => path.includes('.failed'))) throw fault('EIO')
      })
      const copy = { submission: letter(), temporary: w.folder.file('.copy.tmp') }
      await expect(claim.fail('because\n', copy)).rejects.toMatchObject({ code: 'EIO' })
      expect(await w.files()).toEqual([claim.file])
    }
  })

  it('of the folder as a whole is no claim that was lost', async () => {
    await using w = await spoolWorld()
    const folder = w.folder.file('spool')
    await mkdir(folder)
    writeFileSync(join(folder, 'm.queued'), file('x'))
    const spool = new SpoolFolder(folder)
    const send = async () => {
      await rename(folder, w.folder.file('away'))
      await symlink('spool', folder) // it leads to itself, so nothing in it can be asked for
      const reply = { code: 450, lines: ['no'] }
      throw new ReplyError('smtp.mail.refused', 'refused', { phase: 'mail', outcome: 'transient', reply })
    }
    await expect(spool.process(send)).rejects.toMatchObject({ code: 'spool.write' })
    await unlink(folder)
    await rename(w.folder.file('away'), folder)
    expect(await spool.process(async () => {}, { onEvent: w.onEvent })).toMatchObject({ sent: 1 })
    expect(w.kinds()).toEqual(['released', 'claimed', 'sent'])
  })

  it('with the release lets a retry be made up for later', async () => {
    await using w = await spoolWorld()
    await w.drop('m.failed', file('x'))
    {
      await using _ = await Stepper.start(({ name }) => {
        if (name === 'linkSync') throw fault('EIO')
      })
      await expect(w.spool.retry('m')).rejects.toMatchObject({ code: 'spool.write' })
    }
    expect(await w.spool.process(async () => {}, { onEvent: w.onEvent })).toMatchObject({ sent: 1 })
    expect(w.kinds()).toEqual(['released', 'claimed', 'sent'])
    expect(await w.files()).toEqual([])
  })
})

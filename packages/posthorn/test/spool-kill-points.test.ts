import { cpSync, readdirSync, rmSync } from 'node:fs'
import { link, readdir, readFile, rename } from 'node:fs/promises'
import { ConnectError, ReplyError, type Reply } from '@posthorn/ground'
import type { Delivery, Receipt } from '@posthorn/smtp'
import { describe, expect, it } from 'vitest'
import { SpoolFolder, type SpooledMessage } from '../src/spool/index.js'
import { spoolWorld } from './spool/spool-world.js'
import { fault, Stepper } from './spool/stepper.js'

/** A name that others give, and one of ours. */
const STEMS = ['m', '20260101T000000000Z-000001-0123456789abcdef']
const MOST_STEPS = 200

/** What the first process is told of each recipient; the next ones are told that the others got it. */
type Fate = 'delivered' | 'later' | 'never'

interface Scenario {
  readonly fates: Readonly<Record<string, Fate>>
  readonly keep?: boolean
  readonly isDown?: boolean
  readonly retry?: boolean
  /** What the folder holds in the end, the stem as M. */
  readonly end: readonly string[]
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  plain: { fates: { a: 'delivered' }, end: [] },
  keep: { fates: { a: 'delivered' }, keep: true, end: ['M.sent'] },
  release: { fates: { a: 'delivered' }, isDown: true, end: [] },
  'partial, the rest waits': { fates: { a: 'delivered', b: 'later' }, end: [] },
  'partial, the rest fails': { fates: { a: 'delivered', c: 'never' }, end: ['M.failed', 'M.failed.txt'] },
  'partial, three ways': { fates: { a: 'delivered', b: 'later', c: 'never' }, end: ['M.failed', 'M.failed.txt'] },
  'failed whole': { fates: { c: 'never' }, end: ['M.failed', 'M.failed.txt'] },
  retry: { fates: { a: 'delivered' }, retry: true, end: [] },
}

/** Stands for the end of the process: no call to the disk is made any more. */
class Killed extends Error {}

const REPLIES = { later: { code: 451, lines: ['later'] }, never: { code: 550, lines: ['never'] } }

function delivery(recipient: string, fate: Fate): Delivery {
  if (fate === 'delivered') return { recipient, outcome: 'delivered', phase: 'final', at: 0 }
  return { recipient, outcome: 'refused', phase: 'rcpt', at: 0, reply: REPLIES[fate] }
}

function refused(deliveries: readonly Delivery[]): Error {
  const reply: Reply = deliveries[0]!.reply!
  const outcome = reply.code < 500 ? 'transient' : 'permanent'
  const error = new ReplyError('smtp.rcpt.refused', 'refused', { phase: 'rcpt', outcome, reply })
  return Object.assign(error, { receipt: { deliveries } })
}

/** One message that is sent by a process killed before its step `killAt`, and then by processes that live. */
async function story(stem: string, scenario: Scenario, killAt: number) {
  await using w = await spoolWorld()
  const { fates, keep = false, isDown = false, retry = false } = scenario
  const recipients = Object.keys(fates)
  const lines = recipients.map((recipient) => `RCPT TO:<${recipient}@example.test>\n`)
  await w.drop(`${stem}.${retry ? 'failed' : 'queued'}`, `MAIL FROM:<s@example.test>\n${lines.join('')}\nhi\r\n`)
  if (retry) await w.drop(`${stem}.failed.txt`, 'because\n')
  const got: string[] = []
  let steps = 0
  let killed = false
  let doubtful: readonly string[] = []
  let unrecorded: readonly string[] = []
  const trail: string[] = []
  const send =
    (first: boolean) =>
    ({ submission }: SpooledMessage): Promise<Receipt> => {
      if (first && isDown) {
        return Promise.reject(new ConnectError('connect.refused', 'down', { phase: 'connect', outcome: 'transient' }))
      }
      const named = submission.envelope.recipients.map((each) => (typeof each === 'string' ? each : each.address))
      const fateOf = (address: string): Fate => {
        const fate = fates[address[0]!]!
        return fate === 'later' && !first ? 'delivered' : fate
      }
      const delivered = named.filter((address) => fateOf(address) === 'delivered')
      got.push(...delivered.map((address) => address[0]!))
      if (first) unrecorded = delivered.map((address) => address[0]!)
      const deliveries = named.map((address) => delivery(address, fateOf(address)))
      return delivered.length > 0 ? Promise.resolve({ deliveries }) : Promise.reject(refused(deliveries))
    }
  {
    await using _ = await Stepper.start(({ name, paths }) => {
      if (!killed && ++steps === killAt) {
        killed = true
        doubtful = unrecorded
      }
      if (killed) throw new Killed()
      trail.push(`${name} ${paths.map((path) => path.slice(w.folder.path.length + 1)).join(' ')}`)
      if (name === 'unlinkSync' || name === 'writeSync' || name === 'linkSync' || name === 'renameSync') unrecorded = []
    })
    const spool = new SpoolFolder(w.folder.path)
    if (retry) await spool.retry(stem).catch(() => {})
    if (!killed) await spool.process(send(true), { keep }).catch(() => {})
  }
  if (!killed) return undefined
  await disown(w.folder.path)
  for (let run = 0; run < 3; run++) {
    const spool = new SpoolFolder(w.folder.path)
    const left = await readdir(w.folder.path)
    if (retry && run === 0 && left.includes(`${stem}.failed`)) await spool.retry(stem)
    await spool.process(send(false), { keep })
  }
  const end = (await w.files()).map((file) => file.replace(stem, 'M'))
  const failed = await Promise.all(
    (await w.files()).filter((file) => file.endsWith('.failed')).map((file) => readFile(w.folder.file(file), 'utf8')),
  )
  return { got: got.sort(), doubtful, end, failed, trail }
}

/** The files of this process become those of one that is gone: its start is another one. */
async function disown(folder: string): Promise<void> {
  for (const file of await readdir(folder)) {
    const gone = file.replace(/([0-9a-f]{12}-\d+)-[0-9a-z]+-([0-9a-f]{12})/, '$1-1-$2')
    if (gone !== file) await rename(`${folder}/${file}`, `${folder}/${gone}`)
  }
}

describe.runIf(process.platform === 'linux')('a process that is killed before any of its calls to the disk', () => {
  for (const [title, scenario] of Object.entries(SCENARIOS)) {
    it.each(STEMS)(`loses nothing, and sends twice only what it had not recorded: ${title}, %s`, async (stem) => {
      let killAt = 1
      for (; killAt < MOST_STEPS; killAt++) {
        const told = await story(stem, scenario, killAt)
        if (!told) break
        const { got, doubtful, end, failed, trail } = told
        const hint = `killed behind ${trail.join(', ')}`
        const wanted = Object.keys(scenario.fates).filter((recipient) => scenario.fates[recipient] !== 'never')
        expect([...new Set(got)], hint).toEqual(wanted)
        expect(got, hint).toEqual([...wanted, ...doubtful].sort())
        if (scenario.end.length === 0 || scenario.keep) {
          expect(end, hint).toEqual(scenario.end)
          continue
        }
        // killed between a note and its message, or between a copy and its mark, it leaves one more; never one less
        expect(
          end.filter((file) => !/^M(?:\.1)?\.failed(?:\.txt)?$/.test(file)),
          hint,
        ).toEqual([])
        expect(failed.length, hint).toBeGreaterThan(0)
        for (const text of failed) expect(text, hint).toContain('RCPT TO:<c@example.test>')
      }
      expect(killAt).toBeGreaterThan(3)
      expect(killAt).toBeLessThan(MOST_STEPS)
    })
  }

  it('has one step in which the receipt is not recorded, whatever is to be recorded', async () => {
    for (const stem of STEMS) {
      for (const keep of [false, true]) {
        let doubtful = 0
        for (let killAt = 1; killAt < MOST_STEPS; killAt++) {
          const told = await story(stem, { fates: { a: 'delivered' }, keep, end: [] }, killAt)
          if (!told) break
          if (told.doubtful.length > 0) doubtful++
        }
        expect(doubtful).toBe(1)
      }
    }
  })
})

describe('a call to the disk that fails', () => {
  const receipt: Receipt = {
    deliveries: [delivery('a@example.test', 'delivered'), delivery('b@example.test', 'later')],
  }
  const TWO = 'MAIL FROM:<s@example.test>\nRCPT TO:<a@example.test>\nRCPT TO:<b@example.test>\n\nhi'
  const ONE = 'MAIL FROM:<s@example.test>\nRCPT TO:<a@example.test>\n\nhi'

  it('leaves one message when it is the removal behind a release', async () => {
    await using w = await spoolWorld()
    await w.drop('m.queued', TWO)
    let faults = 1
    {
      await using _ = await Stepper.start(({ name, paths }) => {
        if (name === 'unlinkSync' && paths[0]!.endsWith('.sending') && faults-- > 0) throw fault('EIO')
      })
      await w.spool.process(() => Promise.resolve(receipt), { onEvent: w.onEvent })
    }
    expect(w.kinds()).toEqual(['claimed', 'partly-sent', 'released'])
    const named: unknown[] = []
    const send = async ({ submission }: SpooledMessage) => void named.push(submission.envelope.recipients)
    await w.spool.process(send)
    await w.spool.process(send)
    expect(named).toEqual([['b@example.test']])
    expect(await w.files()).toEqual([])
  })

  it('is made up for as soon as the folder can be written to: what was delivered', async () => {
    await using w = await spoolWorld()
    await w.drop('m.queued', ONE)
    let tries = 0
    let isBroken = true
    await using _ = await Stepper.start(({ name, paths }) => {
      if (isBroken && name === 'unlinkSync' && paths[0]!.endsWith('.sending')) throw fault('EROFS')
    })
    const send = async () => void tries++
    await expect(w.spool.process(send, { onEvent: w.onEvent })).rejects.toMatchObject({ code: 'spool.settle' })
    expect((await w.files())[0]).toMatch(/^m~.*\.sending$/)
    isBroken = false
    await w.spool.process(send, { onEvent: w.onEvent })
    expect(w.kinds()).toEqual(['claimed', 'sent'])
    expect(await w.files()).toEqual([])
    expect(tries).toBe(1)
  })

  it('is made up for as soon as the folder can be written to: what waits again', async () => {
    await using w = await spoolWorld()
    await w.drop('m.queued', ONE)
    let isBroken = true
    await using _ = await Stepper.start(({ name, paths }) => {
      if (isBroken && name === 'linkSync' && paths[1]!.endsWith('.queued')) throw fault('EROFS')
    })
    const down = new ConnectError('connect.refused', 'down', { phase: 'connect', outcome: 'transient' })
    await expect(w.spool.process(() => Promise.reject(down))).rejects.toMatchObject({ code: 'spool.denied' })
    expect((await w.files())[0]).toMatch(/^m~.*\.sending$/)
    isBroken = false
    let tries = 0
    expect(await w.spool.process(async () => void tries++, { onEvent: w.onEvent })).toMatchObject({ sent: 1 })
    expect(w.kinds()).toEqual(['released', 'claimed', 'sent'])
    expect(tries).toBe(1)
  })

  it('records a delivery where there is no room to keep it', async () => {
    for (const stem of STEMS) {
      await using w = await spoolWorld()
      await w.drop(`${stem}.queued`, ONE)
      await using _ = await Stepper.start(({ name, paths }) => {
        if (paths.some((path) => path.endsWith('.sent')) && name !== 'renameSync') throw fault('ENOSPC')
      })
      expect(await w.spool.process(async () => {}, { keep: true })).toMatchObject({ sent: 1 })
      expect(await w.files()).toEqual([`${stem}.sent`])
    }
  })

  it('records a delivery where it cannot be kept at all', async () => {
    for (const stem of STEMS) {
      await using w = await spoolWorld()
      await w.drop(`${stem}.queued`, ONE)
      await using _ = await Stepper.start(({ paths }) => {
        if (paths.some((path) => path.endsWith('.sent'))) throw fault('EIO')
      })
      expect(await w.spool.process(async () => {}, { keep: true })).toMatchObject({ sent: 1 })
      expect(await w.files()).toEqual([])
    }
  })

  it('puts what is refused for good aside without a note where there is no room for one', async () => {
    await using w = await spoolWorld()
    await w.drop('0.queued', 'nonsense\n')
    await w.drop('1.queued', ONE)
    await using _ = await Stepper.start(({ paths }) => {
      if (paths.some((path) => path.endsWith('.txt'))) throw fault('ENOSPC')
    })
    expect(await w.spool.process(async () => {})).toMatchObject({ sent: 1, failed: 1 })
    expect(await w.files()).toEqual(['0.failed'])
  })

  it('leaves nothing of a message that could not be queued', async () => {
    await using w = await spoolWorld()
    await using _ = await Stepper.start(({ name }) => {
      if (name === 'rename') throw fault('ENOSPC')
    })
    const submission = { envelope: { reversePath: 's@example.test', recipients: ['a@example.test'] }, content: 'hi' }
    await expect(w.spool.queue(submission)).rejects.toMatchObject({ code: 'spool.full' })
    expect(await w.files()).toEqual([])
  })

  it('is a claim that was lost when a network file system says ESTALE', async () => {
    await using w = await spoolWorld()
    await w.drop('m.queued', ONE)
    await using _ = await Stepper.start(({ name }) => {
      if (name === 'unlinkSync') throw fault('ESTALE')
    })
    await w.spool.process(async () => {}, { onEvent: w.onEvent })
    expect(w.kinds()).toEqual(['claimed', 'lost-claim'])
  })
})

describe('a file with more names than one', () => {
  const TWO = 'MAIL FROM:<s@example.test>\nRCPT TO:<a@example.test>\nRCPT TO:<b@example.test>\n\nhi'
  const partly: Receipt = {
    deliveries: [delivery('a@example.test', 'delivered'), delivery('b@example.test', 'later')],
  }

  it('is a message for each of its names, and none of what is recorded is seen under the others', async () => {
    await using w = await spoolWorld()
    await w.drop('original.eml', TWO)
    for (const name of ['m', 'n']) await link(w.folder.file('original.eml'), w.folder.file(`${name}.queued`))
    const named: string[] = []
    await w.spool.process(async ({ name, submission }) => {
      named.push(`${name} ${JSON.stringify(submission.envelope.recipients)}`)
      return name === 'm' ? partly : undefined
    })
    expect(named).toEqual(['m', 'n'].map((name) => `${name} ["a@example.test","b@example.test"]`))
    expect(await w.files()).toEqual(['m.queued', 'original.eml'])
    expect(await readFile(w.folder.file('original.eml'), 'utf8')).toBe(TWO)
    await w.spool.process(async ({ submission }) => void named.push(JSON.stringify(submission.envelope.recipients)))
    expect(named.at(-1)).toBe('["b@example.test"]')
  })

  it('waits when one of them says so, whatever the others of this message say', async () => {
    await using w = await spoolWorld()
    await w.drop('m.failed', TWO)
    await w.drop('m.failed.txt', 'because')
    await link(w.folder.file('m.failed'), w.folder.file('m.queued'))
    await w.spool.retry('m') // finishes what was broken off
    expect(await w.files()).toEqual(['m.queued'])
    await link(w.folder.file('m.queued'), w.folder.file('m.sent'))
    expect(await w.spool.process(async () => {}, { keep: true })).toMatchObject({ sent: 1 })
    expect(await w.files()).toEqual(['m.sent'])
  })
})

describe('a claim that is lost while its copy is made', () => {
  it.each(['utimes', 'rename'])('is not brought back: lost at %s', async (at) => {
    await using w = await spoolWorld()
    await w.drop('m.queued', 'MAIL FROM:<s@example.test>\nRCPT TO:<a@example.test>\nRCPT TO:<b@example.test>\n\nhi')
    let settling = false
    let takenAt = ''
    await using _ = await Stepper.start(({ name }) => {
      if (!settling || name !== at || takenAt !== '') return
      takenAt = name
      const claim = readdirSync(w.folder.path).find((file) => file.endsWith('.sending'))!
      cpSync(w.folder.file(claim), w.folder.file('theirs.sending'))
      rmSync(w.folder.file(claim))
    })
    await w.spool.process(async () => {
      settling = true
      return { deliveries: [delivery('a@example.test', 'delivered'), delivery('b@example.test', 'later')] }
    })
    expect(await w.files()).toEqual([takenAt === '' ? 'm.queued' : 'theirs.sending'])
  })
})

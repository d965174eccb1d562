import { renameSync } from 'node:fs'
import { ProtocolError, ReplyError } from '@posthorn/ground'
import type { Delivery } from '@posthorn/smtp'
import { describe, expect, it } from 'vitest'
import { file, spoolWorld } from '../../test/spool/spool-world.js'
import { fault, Stepper } from '../../test/spool/stepper.js'
import type { SpooledMessage } from './index.js'

const TWO = 'MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\nRCPT TO:<c@example.test>\n\nhi'

function delivery(recipient: string, outcome: Delivery['outcome']): Delivery {
  return { recipient, outcome, phase: 'final', at: 0 }
}

describe('a file that cannot be dealt with', () => {
  it.each([
    ['claimed', 'rename', 'EIO'],
    ['read', 'open', 'EIO'],
  ])('is skipped when it cannot be %s, and those behind it are sent', async (_, call, code) => {
    await using w = await spoolWorld()
    for (const name of ['a', 'b']) await w.drop(`${name}.queued`, file(name))
    await using _stepper = await Stepper.start(({ name, paths }) => {
      if (name === call && /\ba(?:\.queued|~)/.test(paths.join(' '))) throw fault(code)
    })
    const sent: string[] = []
    const run = await w.spool.process(async ({ name }) => void sent.push(name), { onEvent: w.onEvent })
    expect(run).toMatchObject({ sent: 1, skipped: 1 })
    expect(sent).toEqual(['b'])
    expect(w.events.find(({ kind }) => kind === 'skipped')).toMatchObject({
      name: 'a',
      error: { code: 'spool.unreadable', message: expect.stringContaining(code) as string },
    })
    expect(await w.files()).toEqual(['a.queued'])
  })

  it.each(['garbage', 'refused for good'])(
    'does not hold up those behind it for want of room for a note: %s',
    async (what) => {
      await using w = await spoolWorld()
      await w.drop('a.queued', what === 'garbage' ? 'nonsense' : file('a'))
      await w.drop('b.queued', file('b'))
      await using _stepper = await Stepper.start(({ name, paths }) => {
        if (name === 'open' && paths[0]?.endsWith('.txt')) throw fault('ENOSPC')
      })
      const tried: string[] = []
      const send = async ({ name }: SpooledMessage) => {
        tried.push(name)
        const reply = { code: 550, lines: ['no'] }
        if (name === 'a')
          throw new ReplyError('smtp.mail.refused', 'no', { phase: 'mail', outcome: 'permanent', reply })
      }
      expect(await w.spool.process(send)).toMatchObject({ sent: 1, failed: 1 })
      expect(tried).toEqual(what === 'garbage' ? ['b'] : ['a', 'b'])
      expect(await w.files()).toEqual(['a.failed'])
    },
  )

  it('is left alone when it was taken over before it could be read, and those behind it are sent', async () => {
    await using w = await spoolWorld()
    for (const name of ['a', 'b']) await w.drop(`${name}.queued`, file(name))
    await using _stepper = await Stepper.start(({ name, paths }) => {
      if (name !== 'open' || !/\ba~/.test(paths.join(' '))) return
      renameSync(paths[0]!, w.folder.file('theirs.sent'))
      throw fault('EIO')
    })
    expect(await w.spool.process(async () => {}, { onEvent: w.onEvent })).toMatchObject({ sent: 1, skipped: 0 })
    expect(w.events.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'claimed a',
      'lost-claim a',
      'claimed b',
      'sent b',
    ])
    expect(await w.files()).toEqual(['theirs.sent'])
  })

  it('waits for those who have not got it when it cannot be read again to be divided, and those behind it are sent', async () => {
    await using w = await spoolWorld()
    await w.drop('a.queued', TWO + 'x'.repeat(300_000)) // more than is held in memory
    await w.drop('b.queued', file('b'))
    let isSent = false
    await using _stepper = await Stepper.start(({ name, paths }) => {
      if (isSent && name === 'open' && /\ba~[^/]*\.sending$/.test(paths[0]!)) throw fault('EIO')
    })
    const send = async ({ name }: SpooledMessage) => {
      if (name !== 'a') return
      isSent = true
      return { deliveries: [delivery('b@example.test', 'delivered'), delivery('c@example.test', 'notSent')] }
    }
    expect(await w.spool.process(send, { onEvent: w.onEvent })).toMatchObject({ sent: 2, released: 1 })
    expect(w.kinds()).toEqual(['claimed', 'partly-sent', 'released', 'claimed', 'sent'])
    isSent = false
    const named: unknown[] = []
    await w.spool.process(async ({ submission }) => void named.push(submission.envelope.recipients))
    expect(named).toEqual([['c@example.test']])
  })

  it('ends the run when it is the folder that cannot be worked in', async () => {
    await using w = await spoolWorld()
    await w.drop('a.queued', file('a'))
    await using _stepper = await Stepper.start(({ name }) => {
      if (name === 'rename') throw fault('EROFS')
    })
    await expect(w.spool.process(async () => {})).rejects.toMatchObject({ code: 'spool.denied' })
  })
})

describe('what a rejection says was delivered', () => {
  it.each(['aborted', 'not reached'])('is recorded, although nobody else got it: %s', async (why) => {
    await using w = await spoolWorld()
    await w.drop('a.queued', TWO)
    const stop = new AbortController()
    const phase = why === 'aborted' ? 'final' : 'connect'
    const error = Object.assign(new ProtocolError('x', 'x', { phase, outcome: 'transient' }), {
      receipt: { deliveries: [delivery('b@example.test', 'delivered'), delivery('c@example.test', 'notSent')] },
    })
    const send = async () => {
      if (why === 'aborted') stop.abort()
      throw error
    }
    const running = w.spool.process(send, { signal: stop.signal, transient: 'fail', onEvent: w.onEvent })
    const ended: unknown = await running.catch((reason: unknown) => reason)
    expect(ended).toBe(why === 'aborted' ? stop.signal.reason : error)
    const named: unknown[] = []
    await w.spool.process(async ({ submission }) => void named.push(submission.envelope.recipients))
    expect(named).toEqual(why === 'aborted' ? [['c@example.test']] : [])
    expect((await w.files()).map((name) => name.replace(/\.txt$/, ''))).toEqual(
      why === 'aborted' ? [] : ['a.failed', 'a.failed'],
    )
  })

  it('is not guessed: a receipt of another message ends the run, and the message waits', async () => {
    await using w = await spoolWorld()
    await w.drop('a.queued', TWO)
    const send = async () => ({ deliveries: [delivery('x@example.test', 'delivered')] })
    await expect(w.spool.process(send)).rejects.toThrow(TypeError)
    expect(await w.files()).toEqual(['a.queued'])
  })
})

describe('a record that could not be made when it was due', () => {
  it.each(['sent', 'released'])('is counted and flushed by the run that makes it: %s', async (what) => {
    await using w = await spoolWorld()
    await w.drop('a.queued', file('a'))
    let isBroken = true
    let flushes = 0
    await using _stepper = await Stepper.start(({ name, paths }) => {
      if (isBroken && /^(?:link|rename|unlink)Sync$/.test(name) && paths[0]!.endsWith('.sending')) throw fault('EROFS')
      if (name === 'open' && paths[0] === w.folder.path) flushes++
    })
    const send = async () => {
      if (what === 'released') throw new ProtocolError('x', 'x', { phase: 'connect', outcome: 'transient' })
    }
    await expect(w.spool.process(send)).rejects.toMatchObject({ code: expect.stringMatching(/^spool\./) as string })
    isBroken = false
    flushes = 0
    const run = await w.spool.process(async () => {}, { onEvent: w.onEvent })
    expect(run).toMatchObject({ sent: 1, released: what === 'released' ? 1 : 0 })
    expect(w.kinds()).toEqual(what === 'sent' ? ['sent'] : ['released', 'claimed', 'sent'])
    expect(flushes).toBeGreaterThan(0)
  })
})

describe('a listener that throws', () => {
  it('ends the run with its error, once what is under way is finished and recorded', async () => {
    await using w = await spoolWorld()
    for (const name of ['a', 'b', 'c']) await w.drop(`${name}.queued`, file(name))
    const error = new Error('of the listener')
    const sent: string[] = []
    let begun = 0
    let both = () => {}
    const bothBegun = new Promise<void>((resolve) => (both = resolve))
    const send = async ({ name }: SpooledMessage) => {
      if (++begun === 2) both()
      await bothBegun
      sent.push(name)
    }
    const onEvent = ({ kind }: { kind: string }) => {
      if (kind === 'sent') throw error
    }
    await expect(w.spool.process(send, { concurrency: 2, onEvent })).rejects.toBe(error)
    expect(sent.sort()).toEqual(['a', 'b'])
    expect(await w.files()).toEqual(['c.queued'])
  })
})

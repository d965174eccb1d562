import { readFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { SmtpClient, type Receipt } from '@posthorn/smtp'
import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { letter } from '../../test/spool/letter.js'
import { entriesOf, spoolWorld } from '../../test/spool/spool-world.js'
import { fault, Stepper } from '../../test/spool/stepper.js'
import type { SpooledMessage } from './index.js'

describe('a message for several', () => {
  const all = [
    'ok@example.test',
    'later@example.test',
    'no@example.test',
    { address: 'ok2@example.test', notify: ['never'] as const },
  ]

  async function partly(recipients: readonly unknown[], options: object = {}) {
    const w = await spoolWorld()
    await using sink = await SinkServer.start({
      replyTo: (verb, argument) => {
        if (verb !== 'RCPT') return undefined
        return argument.includes('later@') ? '450 4.2.1 later' : argument.includes('no@') ? '550 5.1.1 no' : undefined
      },
    })
    await using client = new SmtpClient({ host: '127.0.0.1', port: sink.port, security: 'none' })
    await w.spool.queue(letter(recipients as typeof all))
    const run = await w.spool.process((message) => client.send(message.submission), { ...options, onEvent: w.onEvent })
    const texts = await Promise.all(
      (await w.files()).map(
        async (name) => [name.replace(/^.*?\./, ''), await readFile(w.folder.file(name), 'utf8')] as const,
      ),
    )
    await w[Symbol.asyncDispose]()
    return {
      run,
      kinds: w.kinds(),
      files: new Map(texts),
      delivered: sink.ledger.flatMap((message) => message.recipients),
    }
  }

  it('waits again for those who were put off, and fails for those who were refused', async () => {
    const { run, kinds, files, delivered } = await partly(all)
    expect(delivered).toEqual(['ok@example.test', 'ok2@example.test'])
    expect(run).toMatchObject({ sent: 1, failed: 1, released: 1 })
    expect(kinds).toEqual(['claimed', 'partly-sent', 'failed', 'released'])
    const tail = '\r\n\r\nSubject: x\r\n\r\nhello\r\n'
    expect(files.get('queued')).toBe(`MAIL FROM:<a@example.test> SIZE=21\r\nRCPT TO:<later@example.test>${tail}`)
    expect(files.get('failed')).toBe(`MAIL FROM:<a@example.test> SIZE=21\r\nRCPT TO:<no@example.test>${tail}`)
    expect(files.get('failed.txt')).toContain('recipient: no@example.test refused (rcpt): 550 5.1.1 no')
    expect(files.get('failed.txt')).toMatch(/^message: recipient no@example.test refused: 550 5.1.1 no$/m)
    expect(files.get('failed.txt')).not.toContain('later')
    expect([...files.keys()].sort()).toEqual(['failed', 'failed.txt', 'queued'])
  })

  it('fails for all who did not get it, when every failure is to fail', async () => {
    const { run, files } = await partly(all, { transient: 'fail' })
    expect(run).toMatchObject({ sent: 1, failed: 1, released: 0 })
    expect(files.get('failed')).toContain('RCPT TO:<later@example.test>\r\nRCPT TO:<no@example.test>\r\n\r\n')
    expect([...files.keys()].sort()).toEqual(['failed', 'failed.txt'])
  })

  it('is divided when nobody got it either', async () => {
    const { run, files } = await partly(['later@example.test', 'no@example.test'])
    expect(run).toMatchObject({ sent: 0, failed: 1, released: 1 })
    expect(files.get('queued')).toContain('RCPT TO:<later@example.test>\r\n\r\n')
    expect(files.get('failed')).toContain('RCPT TO:<no@example.test>\r\n\r\n')
  })

  it('stays whole when one of them is required', async () => {
    const required = { address: 'no@example.test', required: true }
    const { run, files, delivered } = await partly(['ok@example.test', 'later@example.test', required])
    expect(delivered).toEqual([])
    expect(run).toMatchObject({ sent: 0, failed: 1, released: 0 })
    expect(files.get('failed')).toContain('RCPT TO:<no@example.test> XREQUIRED\r\n\r\n')
    expect(files.get('failed')).toContain('RCPT TO:<ok@example.test>\r\n')
  })

  it('keeps the time of a file that was dropped in', async () => {
    await using w = await spoolWorld()
    await w.drop('a.queued', 'MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\nRCPT TO:<c@example.test>\n\n')
    await utimes(w.folder.file('a.queued'), 1_000, 1_000)
    const receipt: Receipt = {
      deliveries: [
        { recipient: 'b@example.test', outcome: 'delivered', phase: 'final', at: 0 },
        { recipient: 'c@example.test', outcome: 'notSent', phase: 'final', at: 0 },
      ],
    }
    let sends = 0
    expect(await w.spool.process(async () => (sends++, receipt))).toMatchObject({ sent: 1, released: 1 })
    expect(sends).toBe(1)
    const [entry] = await entriesOf(w.spool)
    expect(entry).toMatchObject({ name: 'a', state: 'queued', at: new Date(1_000_000) })
  })

  it('may be delivered again when no reply came, and the note says so', async () => {
    await using w = await spoolWorld()
    await using sink = await SinkServer.start({ fault: () => ({ how: 'rst', at: 'taken' }) })
    await using client = new SmtpClient({ host: '127.0.0.1', port: sink.port, security: 'none' })
    await w.spool.queue(letter())
    const send = (message: SpooledMessage) => client.send(message.submission)
    expect(await w.spool.process(send, { onEvent: w.onEvent })).toMatchObject({ released: 1 })
    expect(w.events[1]!.error).toMatchObject({ outcome: 'unknown' })
    expect(await w.spool.process(send, { transient: 'fail' })).toMatchObject({ failed: 1 })
    const note = (await w.files()).find((name) => name.endsWith('.txt'))!
    expect(await readFile(w.folder.file(note), 'utf8')).toContain('it may have been delivered')
    expect(sink.ledger).toHaveLength(2)
  })

  it('waits again for the rest when the folder takes no copy, and names nobody who got it', async () => {
    await using w = await spoolWorld()
    await w.drop('a.queued', 'MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\nRCPT TO:<c@example.test>\n\nhi')
    const deliveries: Receipt['deliveries'] = [
      { recipient: 'b@example.test', outcome: 'delivered', phase: 'final', at: 0 },
      { recipient: 'c@example.test', outcome: 'refused', phase: 'rcpt', at: 0, reply: { code: 550, lines: ['no'] } },
    ]
    {
      await using _stepper = await Stepper.start(({ name, paths }) => {
        if (name === 'open' && paths[0]!.endsWith('.tmp')) throw fault('ENOSPC')
      })
      const run = await w.spool.process(async () => ({ deliveries }), { onEvent: w.onEvent })
      expect(run).toMatchObject({ sent: 1, released: 1 })
    }
    expect(w.events.at(-1)).toMatchObject({ error: { code: expect.stringMatching(/^spool\./) as string } })
    expect(w.kinds()).toEqual(['claimed', 'partly-sent', 'released'])
    expect(await readFile(w.folder.file('a.queued'), 'utf8')).toBe(
      'MAIL FROM:<a@example.test>\nSENT TO:<b@example.test>\nRCPT TO:<c@example.test>\n\nhi',
    )
    const again: unknown[] = []
    await w.spool.process(async ({ submission }) => void again.push(submission.envelope.recipients))
    expect(again).toEqual([['c@example.test']])
  })

  it.each(['link', 'file'])('writes into no other file that was put in its place: a %s', async (kind) => {
    await using w = await spoolWorld()
    await w.drop('a.queued', 'MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\nRCPT TO:<c@example.test>\n\nhi')
    const victim = w.folder.file('victim')
    const text = 'x'.repeat(80)
    await writeFile(victim, text)
    const deliveries: Receipt['deliveries'] = [
      { recipient: 'b@example.test', outcome: 'delivered', phase: 'final', at: 0 },
      { recipient: 'c@example.test', outcome: 'notSent', phase: 'final', at: 0 },
    ]
    let claim = ''
    let marked: string | undefined
    await w.spool.process(
      async () => {
        claim = w.folder.file((await w.files()).find((name) => name.endsWith('.sending'))!)
        const theirs = w.folder.file('theirs')
        await (kind === 'link' ? symlink(victim, theirs) : writeFile(theirs, text))
        await rename(theirs, claim)
        return { deliveries }
      },
      { onEvent: ({ kind }) => kind === 'partly-sent' && (marked = readFileSync(claim, 'utf8')) },
    )
    expect(marked).toBe(text)
    expect(await readFile(victim, 'utf8')).toBe(text)
    expect(await readFile(w.folder.file('a.queued'), 'utf8')).toContain('RCPT TO:<c@example.test>\r\n\r\n')
  })

  it('says loudly that a delivered one cannot be recorded', async () => {
    await using w = await spoolWorld()
    await w.drop('a.queued', 'MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\n\nhi')
    const send = async () => {
      const [claim] = (await w.files()).filter((name) => name.endsWith('.sending'))
      await rm(w.folder.file(claim!))
      await mkdir(w.folder.file(claim!)) // what cannot be removed as a file
    }
    await expect(w.spool.process(send)).rejects.toMatchObject({ code: 'spool.settle', outcome: 'unknown' })
  })
})

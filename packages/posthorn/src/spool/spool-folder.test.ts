import { mkdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { ConnectError, ReplyError, SettingsError } from '@posthorn/ground'
import { SmtpClient } from '@posthorn/smtp'
import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { SpoolChild } from '../../test/spool/child.js'
import { letter } from '../../test/spool/letter.js'
import { octetsOfMessage } from '../../test/spool/octets.js'
import { entriesOf, file, spoolWorld } from '../../test/spool/spool-world.js'
import { SpoolFolder, spoolText, type SpooledMessage } from './index.js'

const NAME = /^\d{8}T\d{9}Z-\d{6}-[0-9a-f]{16}\.queued$/

async function subjectOf({ submission }: SpooledMessage): Promise<string> {
  return /^Subject: (.*?)\r?$/m.exec((await octetsOfMessage(submission.content)).toString('utf8'))![1]!
}

function refusal(code: number): ReplyError {
  const outcome = code < 500 ? 'transient' : 'permanent'
  const reply = { code, lines: ['no'] }
  return new ReplyError('smtp.content.refused', `message refused: ${code} no`, {
    phase: 'content',
    outcome,
    reply,
    hint: 'h',
  })
}

function down(): ConnectError {
  return new ConnectError('connect.refused', 'nobody listens', { phase: 'connect', outcome: 'transient' })
}

describe('queue', () => {
  it('makes one whole file under a name of its own, which holds what spoolText says [part of ipworks.method.Queue]', async () => {
    await using w = await spoolWorld()
    const submission = letter(['b@example.test', { address: 'c@example.test', notify: ['failure'] }])
    const name = await w.spool.queue(submission)
    expect(name).toMatch(NAME)
    expect(await w.files()).toEqual([name])
    expect(await readFile(w.folder.file(name), 'utf8')).toBe(await spoolText(submission))
    expect(await spoolText(submission)).toBe(
      'MAIL FROM:<a@example.test> SIZE=21\r\nRCPT TO:<b@example.test>\r\n' +
        'RCPT TO:<c@example.test> NOTIFY=FAILURE ORCPT=rfc822;c@example.test\r\n\r\nSubject: x\r\n\r\nhello\r\n',
    )
    const missing = new SpoolFolder(w.folder.file('missing')).queue(submission)
    await expect(missing).rejects.toMatchObject({ code: 'spool.missing', name: 'SettingsError' })
    await expect(
      w.spool.queue({ ...submission, envelope: { ...submission.envelope, recipients: [] } }),
    ).rejects.toThrow('envelope.recipients')
    expect(await w.files()).toEqual([name])
  })

  it('shows nothing of a file until it is whole, and nothing is left when the source fails [part of ipworks.method.Queue]', async () => {
    await using w = await spoolWorld()
    let seen: string[] = []
    const content = async function* () {
      yield Buffer.from('Subject: x\r\n')
      seen = await w.files()
      throw new Error('no more')
    }
    await expect(w.spool.queue({ ...letter(), content: content() })).rejects.toMatchObject({
      code: 'content.source-failed',
    })
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatch(/^\..*\.tmp$/)
    expect(await w.files()).toEqual([])
  })

  it('ends with the signal, even while the source stalls', async () => {
    await using w = await spoolWorld()
    const stop = new AbortController()
    const content = async function* () {
      yield Buffer.from('x')
      setImmediate(() => stop.abort(new Error('enough')))
      await new Promise(() => {})
    }
    await expect(w.spool.queue({ ...letter(), content: content() }, { signal: stop.signal })).rejects.toThrow('enough')
    expect(await w.files()).toEqual([])
  })

  it('gives names that sort in the order of the calls', async () => {
    await using w = await spoolWorld()
    const names: string[] = []
    for (let count = 0; count < 30; count++) names.push(await w.spool.queue(letter()))
    expect(await w.files()).toEqual(names)
  })

  it('refuses what a file could not give back, naming the field', async () => {
    await using w = await spoolWorld()
    const twice = [{ keyword: 'DSN', text: 'RET=FULL' }]
    for (const envelope of [
      { ret: 'full' as const, parameters: twice },
      { parameters: [{ keyword: 'X', text: 'XPREFER=RET' }] },
      { parameters: [{ keyword: 'not a keyword', text: 'X=1' }] },
      { parameters: [{ keyword: 'X', text: `X=${'y'.repeat(20_000)}` }] },
      { recipients: Array<string>(100_001).fill('b@example.test') },
    ]) {
      const given = { ...letter(), envelope: { ...letter().envelope, ...envelope } }
      await expect(w.spool.queue(given)).rejects.toMatchObject({ code: 'spool.envelope' })
    }
    const broken = { ...letter().envelope, parameters: [{ keyword: 'X', text: 'X=1\r\nRCPT TO:<c@example.test>' }] }
    await expect(w.spool.queue({ ...letter(), envelope: broken })).rejects.toMatchObject({ code: 'envelope.parameter' })
    expect(await w.files()).toEqual([])
  })
})

describe('process', () => {
  it('delivers the identical envelope and octets that another process has queued [ipworks.file.queue]', async () => {
    await using w = await spoolWorld()
    await using sink = await SinkServer.start({ keepContent: true })
    await using client = new SmtpClient({ host: '127.0.0.1', port: sink.port, security: 'none' })
    const recipients = [{ address: 'b@example.test', notify: ['failure'] as const }, 'c@example.test']
    const submission = {
      envelope: { ...letter().envelope, recipients, ret: 'headers' as const },
      content: letter().content,
    }
    await client.send(submission)
    const lines = await new SpoolChild(w.folder.path, { submission }).ended()
    expect(lines).toEqual([expect.stringMatching(/^queued .*\.queued$/)])
    await w.spool.process((message) => client.send(message.submission))
    const [direct, queued] = sink.ledger.map(
      ({ reversePath, recipients, mailParameters, rcptParameters, content }) => ({
        ...{ reversePath, recipients, mailParameters, rcptParameters, content },
      }),
    )
    expect(queued).toEqual(direct)
    expect(await w.files()).toEqual([])
  })

  it('sends the oldest first, by the time in a name of ours or that of the file, then by name', async () => {
    await using w = await spoolWorld()
    await w.drop('b.queued', file('second'))
    await w.drop('a.queued', file('first'))
    await w.drop('z.queued', file('oldest'))
    for (const name of ['a', 'b']) await utimes(w.folder.file(`${name}.queued`), 2, 2)
    await utimes(w.folder.file('z.queued'), 1, 1)
    await w.drop('20000101T000000000Z-000001-0123456789abcdef.queued', file('third'))
    const order: string[] = []
    await w.spool.process(async (message) => void order.push(await subjectOf(message)))
    expect(order).toEqual(['oldest', 'first', 'second', 'third'])
  })

  it.each([false, true])(
    'deletes what was sent, or keeps it as .sent: keep %s [part of ipworks.config.KeepQueue]',
    async (keep) => {
      await using w = await spoolWorld()
      await w.drop('a.queued', file('x'))
      await w.drop('a.sent', 'an older one')
      const run = await w.spool.process(async () => {}, { keep, onEvent: w.onEvent })
      expect(run).toEqual({ sent: 1, failed: 0, released: 0, skipped: 0, takenOver: 0 })
      expect(w.kinds()).toEqual(['claimed', 'sent'])
      expect(await w.files()).toEqual(keep ? ['a.1.sent', 'a.sent'] : ['a.sent'])
      expect(await readFile(w.folder.file('a.sent'), 'utf8')).toBe('an older one')
      if (keep) expect(await readFile(w.folder.file('a.1.sent'), 'utf8')).toBe(file('x'))
    },
  )

  it('ends with the error of the first that failed, and leaves the others [part of ipworks.method.ProcessQueue]', async () => {
    await using w = await spoolWorld()
    for (const name of ['1', '2', '3']) {
      await w.drop(`${name}.queued`, file(name))
      await utimes(w.folder.file(`${name}.queued`), 1, 1)
    }
    const error = refusal(554)
    const send = async (message: SpooledMessage) => {
      if (message.name === '2') throw error
    }
    await expect(w.spool.process(send, { onFailure: 'stop', transient: 'fail' })).rejects.toBe(error)
    expect(await w.files()).toEqual(['2.failed', '2.failed.txt', '3.queued'])
    const note = await readFile(w.folder.file('2.failed.txt'), 'utf8')
    expect(note).toContain('code: smtp.content.refused\nmessage: message refused: 554 no\n')
    expect(note).toContain('\nreply: 554 no\nhint: h\n')
  })

  it('goes on behind one that failed, and releases what may pass, which it does not try again', async () => {
    await using w = await spoolWorld()
    for (const name of ['1', '2', '3', '4']) await w.spool.queue(letter(undefined, name))
    const tried: string[] = []
    const send = async (message: SpooledMessage) => {
      const subject = await subjectOf(message)
      tried.push(subject)
      if (subject === '1') throw refusal(451)
      if (subject === '2') throw refusal(554)
    }
    expect(await w.spool.process(send, { onEvent: w.onEvent })).toMatchObject({ sent: 2, failed: 1, released: 1 })
    expect(tried).toEqual(['1', '2', '3', '4'])
    expect(w.kinds()).toEqual(['claimed', 'released', 'claimed', 'failed', 'claimed', 'sent', 'claimed', 'sent'])
    expect((await entriesOf(w.spool)).map(({ state }) => state)).toEqual(['queued', 'failed'])
  })

  it.each(['release', 'fail'] as const)('stops when no server is reached, with transient %s', async (transient) => {
    await using w = await spoolWorld()
    for (let count = 0; count < 3; count++) await w.spool.queue(letter())
    let tries = 0
    const send = async () => {
      tries++
      throw down()
    }
    await expect(w.spool.process(send, { transient })).rejects.toBeInstanceOf(ConnectError)
    expect(tries).toBe(1)
    const states = (await entriesOf(w.spool)).map(({ state }) => state)
    expect(states).toEqual([transient === 'release' ? 'queued' : 'failed', 'queued', 'queued'])
  })

  it('takes a fault of whoever sends for none of the message', async () => {
    await using w = await spoolWorld()
    await w.spool.queue(letter())
    const send = async () => {
      throw new TypeError('a defect')
    }
    await expect(w.spool.process(send, { transient: 'fail' })).rejects.toThrow('a defect')
    expect((await entriesOf(w.spool)).map(({ state }) => state)).toEqual(['queued'])
  })

  it('puts garbage aside with its reason, and goes on', async () => {
    await using w = await spoolWorld()
    await w.drop('1.queued', 'nothing of the kind\n')
    await w.drop('2.queued', file('x'))
    await symlink(w.folder.file('2.queued'), w.folder.file('3.queued'))
    await mkdir(w.folder.file('4.queued'))
    expect(await w.spool.process(async () => {}, { onEvent: w.onEvent })).toMatchObject({ sent: 1, failed: 3 })
    expect(w.kinds().filter((kind) => kind === 'garbage')).toHaveLength(3)
    expect(await w.files()).toEqual([
      '1.failed',
      '1.failed.txt',
      '3.failed',
      '3.failed.txt',
      '4.failed',
      '4.failed.txt',
    ])
    expect((await entriesOf(w.spool))[0]!.reason).toBe('spool: line 1: expected MAIL FROM:<mailbox>')
  })

  it('takes names of any kind', async () => {
    await using w = await spoolWorld()
    const names = [
      'with spaces and "quotes"',
      '📯 послание',
      '~',
      'a~b',
      '.hidden',
      'new\nline',
      'x'.repeat(247),
      `${'ü'.repeat(123)}`,
      '%',
      '..',
    ]
    for (const name of names) await w.drop(`${name}.queued`, file('x'))
    await writeFile(
      Buffer.concat([Buffer.from(`${w.folder.path}/caf`), Buffer.from([0xe9]), Buffer.from('.queued')]),
      file('x'),
    )
    const run = await w.spool.process(async () => {}, { keep: true, onEvent: w.onEvent })
    expect(run.sent).toBe(names.length - 1) // of those hidden, which a folder of others may have, none is taken
    expect(w.events.map(({ name }) => name)).toContain('caf%E9')
    const left = (await w.files()).filter((name) => !name.endsWith('.sent'))
    expect(left).toEqual(['...queued', '.hidden.queued'])
  })

  it('sends what a claim of another product has left only when its lease is over', async () => {
    await using w = await spoolWorld()
    await w.drop('left.sending', file('x'))
    const patient = await w.spool.process(async () => {})
    expect(patient).toEqual({ sent: 0, failed: 0, released: 0, skipped: 0, takenOver: 0 })
    const spool = new SpoolFolder(w.folder.path, { leaseMs: 100 })
    const onEvent = w.onEvent
    let run = await spool.process(async () => {}, { onEvent })
    while (run.takenOver === 0) run = await spool.process(async () => {}, { onEvent }) // its time of change cannot be set back
    expect(run).toMatchObject({ sent: 1 })
    expect(w.kinds()).toEqual(['waiting', 'taken-over', 'sent'])
    expect(await w.files()).toEqual([])
  })

  it('leaves a claim that was lost to whoever has it, and says so', async () => {
    await using w = await spoolWorld()
    await w.spool.queue(letter())
    const { rename } = await import('node:fs/promises')
    const send = async () => {
      const [claim] = (await w.files()).filter((name) => name.endsWith('.sending'))
      await rename(w.folder.file(claim!), w.folder.file('theirs.sending'))
    }
    expect(await w.spool.process(send, { onEvent: w.onEvent })).toMatchObject({ sent: 0 })
    expect(w.kinds()).toEqual(['claimed', 'lost-claim'])
    expect(w.events[1]!.delivered).toBe(true)
    expect(await w.files()).toEqual(['theirs.sending'])
  })

  it('leaves out a time to hold until that is over', async () => {
    await using w = await spoolWorld()
    await w.drop('a.queued', 'MAIL FROM:<a@example.test> HOLDUNTIL=2020-01-01T00:00:00Z\nRCPT TO:<b@example.test>\n\n')
    let envelope: unknown
    await w.spool.process(async ({ submission }) => void (envelope = submission.envelope))
    expect(envelope).toEqual({ reversePath: 'a@example.test', recipients: ['b@example.test'] })
  })

  it('delivers each of 50 messages once when two runs are under way [part of ipworks.behaviour.queue-life-cycle]', async () => {
    await using w = await spoolWorld()
    await using sink = await SinkServer.start()
    await using client = new SmtpClient({ host: '127.0.0.1', port: sink.port, security: 'none' })
    for (let count = 0; count < 50; count++) await w.spool.queue(letter([`${count}@example.test`]))
    const states = new Set<string>()
    const run = (spool: SpoolFolder) =>
      spool.process(
        async (message) => {
          for (const name of await w.files()) states.add(name.slice(name.lastIndexOf('.')))
          return client.send(message.submission)
        },
        { concurrency: 3 },
      )
    const runs = await Promise.all([run(w.spool), run(new SpoolFolder(w.folder.path))])
    expect(runs[0].sent + runs[1].sent).toBe(50)
    expect(new Set(sink.ledger.flatMap(({ recipients }) => recipients)).size).toBe(50)
    expect(sink.ledger).toHaveLength(50)
    expect(states).toEqual(new Set(['.queued', '.sending', '.alive']))
    expect(await w.files()).toEqual([])
  })
})

describe('the signal of a run', () => {
  it('ends the send under way, and what was claimed waits again', async () => {
    await using w = await spoolWorld()
    await w.spool.queue(letter())
    await w.spool.queue(letter())
    const stop = new AbortController()
    const reason = new Error('enough')
    const send = async (_: SpooledMessage, signal: AbortSignal) => {
      stop.abort(reason)
      signal.throwIfAborted()
    }
    await expect(w.spool.process(send, { signal: stop.signal, onEvent: w.onEvent })).rejects.toBe(reason)
    expect(w.kinds()).toEqual(['claimed', 'released'])
    expect((await w.files()).every((name) => name.endsWith('.queued'))).toBe(true)
    await expect(w.spool.process(send, { signal: stop.signal })).rejects.toBe(reason)
  })
})

describe('entries and retry', () => {
  it('tell what is there, and let a failed one wait again without its reason', async () => {
    await using w = await spoolWorld()
    await w.drop('bad.queued', 'x\n')
    await w.spool.process(async () => {})
    const name = await w.spool.queue(letter())
    const stem = name.replace('.queued', '')
    let owner: string | undefined
    await w.spool.process(async () => {
      owner = (await entriesOf(w.spool)).find(({ state }) => state === 'sending')?.owner
      throw refusal(451)
    })
    expect(owner).toMatch(/^[0-9a-f]{12}-\d+-/)
    expect(await entriesOf(w.spool)).toEqual([
      { name: stem, state: 'queued', sizeOctets: (await spoolText(letter())).length, at: expect.any(Date) as Date },
      {
        name: 'bad',
        state: 'failed',
        sizeOctets: 2,
        at: expect.any(Date) as Date,
        reason: 'spool: line 1: expected MAIL FROM:<mailbox>',
      },
    ])
    await w.spool.retry('bad')
    expect(await w.files()).toEqual([name, 'bad.queued'])
    await expect(w.spool.retry('bad')).rejects.toMatchObject({ code: 'spool.not-found' })
    await w.drop('bad.failed', 'y')
    await expect(w.spool.retry('bad.failed')).rejects.toMatchObject({ code: 'spool.name' })
    for (const wrong of ['../x', '', '.x', 'a/b'])
      await expect(w.spool.retry(wrong)).rejects.toMatchObject({ code: 'spool.name' })
  })
})

describe('what cannot be', () => {
  it('is refused with the field it is about', async () => {
    expect(() => new SpoolFolder('')).toThrow(SettingsError)
    expect(() => new SpoolFolder('x', { leaseMs: 3 })).toThrow('leaseMs')
    const spool = new SpoolFolder('x')
    await expect(spool.process(async () => {}, { concurrency: 0 })).rejects.toMatchObject({
      code: 'spool.option',
      field: 'concurrency',
    })
  })

  it('is a folder that is missing, or no folder', async () => {
    await using w = await spoolWorld()
    await w.drop('file', '')
    for (const path of ['missing', 'file']) {
      const spool = new SpoolFolder(w.folder.file(path))
      await expect(spool.process(async () => {})).rejects.toMatchObject({ code: 'spool.missing' })
      await expect(spool.queue(letter())).rejects.toMatchObject({ code: 'spool.missing' })
      await expect(entriesOf(spool)).rejects.toMatchObject({ code: 'spool.missing' })
    }
  })

  it('is not a link to a folder: that is a folder', async () => {
    await using w = await spoolWorld()
    await mkdir(w.folder.file('real'))
    await symlink(w.folder.file('real'), w.folder.file('link'))
    const spool = new SpoolFolder(w.folder.file('link'))
    await spool.queue(letter())
    expect(await spool.process(async () => {})).toMatchObject({ sent: 1 })
  })
})

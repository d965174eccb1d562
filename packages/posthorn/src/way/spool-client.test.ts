import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { SettingsError } from '@posthorn/ground'
import type { Envelope } from '@posthorn/smtp'
import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import {
  isSendFailure,
  Mailer,
  openCertificateStore,
  type MailFailure,
  type Profile,
  type SpooledDelivery,
} from '../index.js'
import { readSpooled, SpoolFolder } from '../spool/index.js'
import { SpoolClient } from './spool-client.js'

const DRAFT = {
  from: 'a@example.test',
  to: ['b@one.test', 'c@two.test'],
  bcc: 'd@one.test',
  subject: 'Hi',
  text: 'ü\n',
}

const into = (folder: Folder, more: Profile = {}): Profile => ({
  transport: 'spool',
  spool: { directory: folder.path },
  ...more,
})

/** What each file in the folder says, in the order in which they were written. */
async function messagesIn(folder: Folder) {
  const names = (await readdir(folder.path)).filter((name) => !name.startsWith('.')).sort()
  return Promise.all(
    names.map(async (name) => {
      const { submission } = await readSpooled(folder.file(name), name.replace(/\.queued$/, ''))
      const octets: Uint8Array[] = []
      const { content } = submission
      if (typeof content !== 'object' || !('open' in content)) throw new Error('it is no content')
      for await (const block of content.open()) octets.push(Buffer.from(block))
      return { name, envelope: submission.envelope, text: Buffer.concat(octets).toString() }
    }),
  )
}

async function failure(sent: Promise<unknown>): Promise<MailFailure> {
  const error: unknown = await sent.catch((reason: unknown) => reason)
  if (isSendFailure(error)) return error
  throw new Error('it carries no receipt', { cause: error })
}

describe('the transport spool', () => {
  it('writes a file, says so in the receipt, and another process sends the same message', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start({ keepContent: true })
    const mailer = new Mailer(into(folder))
    const receipt = await mailer.send(DRAFT)
    await mailer.close()
    const file = receipt.file!
    expect(file).toBe(folder.file(basename(file)))
    expect(receipt.messageId).toMatch(/^<\S+@example\.test>$/)
    expect(receipt.deliveries).toEqual(
      ['b@one.test', 'c@two.test', 'd@one.test'].map((recipient) => ({
        ...{ recipient, outcome: 'delivered', phase: 'final', file, at: expect.any(Number) as number },
      })),
    )
    const [message, ...others] = await messagesIn(folder)
    expect(others).toEqual([])
    expect(message).toMatchObject({ name: basename(file), envelope: { reversePath: 'a@example.test' } })
    expect(message!.text).toMatch(/^[\x00-\x7f]*$/) // fit for any server as it stands
    await using relay = new Mailer(`smtp://127.0.0.1:${sink.port}?security=none`)
    const run = await new SpoolFolder(folder.path).process(({ submission }) => relay.send(submission))
    expect(run).toMatchObject({ sent: 1, failed: 0 })
    expect(sink.ledger[0]).toMatchObject({ recipients: ['b@one.test', 'c@two.test', 'd@one.test'] })
    expect(sink.ledger[0]!.content!.toString()).toBe(message!.text)
    expect(message!.text.replaceAll('\r\n ', ' ')).toContain(`Message-ID: ${receipt.messageId}\r\n`)
    expect(message!.text).not.toContain('d@one.test')
  })

  it.each([
    ['all', {}, [true, true, true]],
    ['any', {}, [undefined, undefined, undefined]],
    [undefined, { onRefused: { bcc: 'stop' } }, [undefined, undefined, true]],
    [undefined, { onRefused: { to: 'stop' } }, [true, true, undefined]],
  ] as const)('keeps in the file who must not be refused: %j with %j', async (recipients, delivery, required) => {
    await using folder = await Folder.make()
    await using mailer = new Mailer(into(folder, { delivery }))
    await mailer.send(DRAFT, recipients === undefined ? {} : { recipients })
    const [message] = await messagesIn(folder)
    const said = message!.envelope.recipients.map((each) => (typeof each === 'string' ? undefined : each.required))
    expect(said).toEqual(required)
  })

  it('keeps the terms of the envelope, and what the profile says of drafts', async () => {
    await using folder = await Folder.make()
    const profile = into(folder, {
      sender: { from: 'app@example.test', returnPath: 'bounce@example.test' },
      delivery: { dsn: { notify: ['failure'], ret: 'headers' }, requireTls: true },
    })
    await using mailer = new Mailer(profile)
    await mailer.send({ to: 'b@one.test', text: 'x' }, { envelope: { envelopeId: 'id-1' } })
    const [message] = await messagesIn(folder)
    expect(message!.envelope).toEqual({
      ...{ reversePath: 'bounce@example.test', envelopeId: 'id-1', ret: { prefer: 'headers' }, requireTls: true },
      recipients: [{ address: 'b@one.test', notify: { prefer: ['failure'] } }],
    })
    expect(message!.text).toContain('From: app@example.test\r\n')
  })

  it('writes nothing beyond the limits and the policies of the profile', async () => {
    await using folder = await Folder.make()
    await using files = await Folder.make()
    await writeFile(files.file('there.txt'), 'there')
    const limits = { recipients: 3, messageOctets: 5_000 }
    const attachments = { basePath: files.path, onMissing: 'skip' as const }
    await using mailer = new Mailer(into(folder, { limits, attachments }))
    const codeOf = (sent: Promise<unknown>) => expect(sent).rejects
    await codeOf(mailer.send({ ...DRAFT, cc: 'e@one.test' })).toMatchObject({ code: 'limits.recipients' })
    await codeOf(mailer.send({ ...DRAFT, text: 'x'.repeat(6_000) })).toMatchObject({ code: 'limits.message-octets' })
    expect(await readdir(folder.path)).toEqual([])
    const receipt = await mailer.send({ ...DRAFT, attachments: [{ path: 'there.txt' }, { path: '/etc/hosts' }] })
    expect(receipt.leftOut).toMatchObject([{ name: 'hosts' }])
    const [message] = await messagesIn(folder)
    expect(message!.text).toContain('filename=there.txt')
  })

  it('takes many messages at once, each in a file of its own', async () => {
    await using folder = await Folder.make()
    await using mailer = new Mailer(into(folder))
    const drafts = Array.from({ length: 200 }, (_, index) => ({ ...DRAFT, subject: `number ${index}` }))
    const files = new Set<string | undefined>()
    for await (const { receipt } of mailer.sendMany(drafts)) files.add(receipt?.file)
    expect(files.size).toBe(200)
    const subjects = (await messagesIn(folder)).map(({ text }) => /^Subject: number (\d+)/m.exec(text)?.[1])
    expect(new Set(subjects).size).toBe(200)
    expect(mailer.counts).toEqual({ open: 0, idle: 0, busy: 0, waiting: 0 })
  })

  it('tells the file of each of several messages', async () => {
    await using folder = await Folder.make()
    await using mailer = new Mailer(into(folder))
    const store = (name: string) =>
      openCertificateStore({ source: { path: new URL(`../../../../examples/certificates/${name}`, import.meta.url) } })
    const certificates = [
      ...(await store('anna-with-key.pem')).certificates,
      ...(await store('bruno.pem')).certificates,
    ]
    const draft = { from: 'anna@example.test', to: 'anna@example.test', bcc: 'bruno@example.test', text: 'x' }
    const receipt = await mailer.send(draft, { compose: { smime: { encrypt: { certificates } } } })
    const [anna, bruno] = receipt.deliveries as readonly SpooledDelivery[]
    expect(anna!.file).toBe(receipt.file)
    expect(await readFile(bruno!.file, 'utf8')).toContain('RCPT TO:<bruno@example.test>')
    expect(await readFile(anna!.file, 'utf8')).not.toContain('bruno')
  })

  it('starts the folder where the profile lies, and goes to another one once the profile names it', async () => {
    await using folder = await Folder.make()
    await mkdir(folder.file('one'))
    await mkdir(folder.file('two'))
    const profile = (directory: string) => JSON.stringify({ transport: 'spool', spool: { directory } })
    await writeFile(folder.file('app.json'), profile('one'))
    await using mailer = await Mailer.load(folder.file('app.json'))
    const first = await mailer.send(DRAFT)
    await writeFile(folder.file('app.json'), profile('./two'))
    await mailer.reload()
    const second = await mailer.send(DRAFT)
    expect([first, second].map(({ file }) => file)).toEqual([
      folder.file(`one/${basename(first.file!)}`),
      folder.file(`two/${basename(second.file!)}`),
    ])
  })
})

describe('what the transport spool does not need', () => {
  it('is not read, and is said to be unused', async () => {
    await using folder = await Folder.make()
    const unused: Profile = {
      relay: { host: 'relay.test' },
      security: 'implicit',
      tls: { ca: 'file:gone.pem' },
      credentials: { user: 'app', password: 'env:GONE' },
      limits: { octetsPerSecond: 1_000, recipients: 5 },
      timeouts: { totalMs: 30_000 },
    }
    await using mailer = new Mailer(into(folder, unused), { env: {} })
    await mailer.send(DRAFT)
    expect(mailer.warnings).toEqual([
      {
        code: 'settings.unused',
        path: 'relay',
        message:
          'is kept and not used, like security, tls, credentials, limits.octetsPerSecond: the transport spool asks no server',
        hint: 'Give it to the profile that sends from the folder; this one can do without.',
      },
    ])
    await using plain = new Mailer(into(folder, { limits: { recipients: 5 } }))
    await plain.verify()
    expect(plain.warnings).toEqual([])
  })
})

describe('a spool folder that cannot be used', () => {
  it('is told by verify and by send, with a receipt', async () => {
    await using folder = await Folder.make()
    await using mailer = new Mailer({ transport: 'spool', spool: { directory: folder.file('gone') } })
    await expect(mailer.verify()).rejects.toMatchObject({ code: 'spool.missing', outcome: 'permanent' })
    const error = await failure(mailer.send(DRAFT))
    expect(error).toMatchObject({ code: 'spool.missing', hint: expect.stringContaining('Make the folder') as string })
    expect(error.receipt.messageId).toMatch(/^<.*>$/)
    expect(error.receipt.deliveries.map(({ outcome }) => outcome)).toEqual(['notSent', 'notSent', 'notSent'])
    await writeFile(folder.file('gone'), 'a file')
    await expect(mailer.verify()).rejects.toMatchObject({ code: 'spool.missing' })
    await using rejecting = new Mailer(into(folder))
    const wrong = rejecting.send({ envelope: { reversePath: 'a@b.test', recipients: [] }, content: 'x' })
    expect(await failure(wrong)).toMatchObject({ code: 'envelope.recipients', receipt: { deliveries: [] } })
    await rejecting.verify()
    expect(await readdir(folder.path)).toEqual(['gone'])
  })

  it('is told when nothing may be written into it, and works once it may', async () => {
    await using folder = await Folder.make()
    await mkdir(folder.file('closed'))
    await chmod(folder.path, 0o755)
    await using mailer = new Mailer({ transport: 'spool', spool: { directory: folder.file('closed') } })
    await mailer.verify()
    await chmod(folder.file('closed'), 0o555)
    await asNobody(async () => {
      await expect(mailer.verify()).rejects.toMatchObject({ code: 'spool.denied' })
      expect(await failure(mailer.send(DRAFT))).toMatchObject({ code: 'spool.denied' })
    })
    await chmod(folder.file('closed'), 0o755)
    expect(await readdir(folder.file('closed'))).toEqual([])
    await mailer.send(DRAFT)
    expect(await readdir(folder.file('closed'))).toHaveLength(1)
  })

  it('is written down once in the log, and so is what was queued, with its file', async () => {
    await using folder = await Folder.make()
    const logging = { destinations: ['file' as const], file: { path: 'mail.log' } }
    const spool = { directory: 'queue' }
    await using mailer = new Mailer({ transport: 'spool', spool, logging }, { directory: folder.path })
    const error = await failure(mailer.send(DRAFT))
    await mkdir(folder.file('queue'))
    const { messageId, file } = await mailer.send(DRAFT)
    await mailer.close()
    const log = (await readFile(folder.file('mail.log'), 'utf8')).trimEnd().split('\n')
    expect(log).toEqual([
      expect.stringMatching(/error +failed: message <\S+> was not sent: .*there is no folder/),
      expect.stringContaining(`note: written as ${file}`),
      expect.stringContaining(`accepted: message ${messageId} was accepted`),
    ])
    expect(log[0]).toContain(error.receipt.messageId)
  })
})

describe('recipients that are none', () => {
  it.each([undefined, 'all' as const])('are refused with a receipt, recipients: %s', async (recipients) => {
    await using folder = await Folder.make()
    const client = new SpoolClient(folder.path)
    for (const wrong of [null, undefined, 7, { address: 7 }]) {
      const envelope = { reversePath: 'a@example.test', recipients: ['b@one.test', wrong] } as unknown as Envelope
      const sent = client.send({ envelope, content: 'x' }, recipients ? { recipients } : {})
      const { name, field, receipt } = (await failure(sent)) as MailFailure & SettingsError
      expect([name, field]).toEqual(['SettingsError', expect.stringContaining('envelope')])
      expect(receipt.deliveries.map(({ recipient, outcome }) => [recipient, outcome])).toEqual([
        ['b@one.test', 'notSent'],
        ['', 'notSent'],
      ])
    }
    expect(await readdir(folder.path)).toEqual([])
  })
})

describe('a message that takes too long to be written', () => {
  /** Content that says when it is asked, and gives no second block. */
  function stalling(): { readonly source: AsyncIterable<Uint8Array>; readonly begun: Promise<void> } {
    let begin = () => {}
    const begun = new Promise<void>((resolve) => (begin = resolve))
    const source = {
      async *[Symbol.asyncIterator]() {
        yield Buffer.from('Subject: x\r\n\r\n')
        begin()
        await new Promise(() => {})
      },
    }
    return { source, begun }
  }
  const ENVELOPE = { reversePath: 'a@example.test', recipients: ['b@one.test'] }
  const RECEIPT = { deliveries: [{ recipient: 'b@one.test', outcome: 'notSent', phase: 'wait' }] }

  it('is given up when the caller, the deadline or the end of the mailer says so, and leaves nothing', async () => {
    await using folder = await Folder.make()
    await using mailer = new Mailer(into(folder))
    const stop = new AbortController()
    const one = stalling()
    const aborted = failure(mailer.send({ envelope: ENVELOPE, content: one.source }, { signal: stop.signal }))
    await one.begun
    expect(mailer.counts.busy).toBe(1)
    stop.abort(new Error('enough'))
    expect(await aborted).toMatchObject({ code: 'aborted', outcome: 'transient', receipt: RECEIPT })
    const late = failure(mailer.send({ envelope: ENVELOPE, content: stalling().source }, { deadlineMs: 20 }))
    expect(await late).toMatchObject({ code: 'deadline.exceeded', receipt: RECEIPT })
    const [first, second] = [stalling(), stalling()]
    const both = [first, second].map(({ source }) => failure(mailer.send({ envelope: ENVELOPE, content: source })))
    await Promise.all([first.begun, second.begun])
    await mailer.close({ now: true })
    const errors = await Promise.all(both)
    for (const error of errors) expect(error).toMatchObject({ code: 'pool.closed', receipt: RECEIPT })
    expect(errors[0]!.receipt).not.toBe(errors[1]!.receipt)
    expect(await readdir(folder.path)).toEqual([])
  })

  it('is waited for by close', async () => {
    await using folder = await Folder.make()
    const mailer = new Mailer(into(folder))
    const sending = mailer.send(DRAFT)
    await mailer.close()
    expect(await readdir(folder.path)).toEqual([basename((await sending).file!)])
    await expect(mailer.send(DRAFT)).rejects.toMatchObject({ code: 'pool.closed' })
  })
})

/** Rights mean nothing to root. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid!(65_534)
  try {
    await work()
  } finally {
    if (isRoot) process.seteuid!(0)
  }
}

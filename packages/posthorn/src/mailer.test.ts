import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import {
  compose,
  isSendFailure,
  Mailer,
  openCertificateStore,
  rawMessage,
  SettingsError,
  type Access,
  type ComposeOptions,
  type Draft,
  type EnvelopeTerms,
  type TrailEvent,
} from './index.js'
import { verifyMessage } from './smime.js'
import { certificates, SinkServer } from '@posthorn/testkit'

const DRAFT = {
  from: 'Anna <a@example.test>',
  to: ['b@example.test', 'c@example.test'],
  subject: 'Hi',
  text: 'Hello\n',
}
const LOGIN = { user: 'app', password: 'hunter2' }

describe('Mailer', () => {
  it('composes a draft, sends it and tells of each recipient', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    await using mailer = new Mailer(`smtp://127.0.0.1:${sink.port}?security=none`)
    const receipt = await mailer.send(DRAFT)
    expect(receipt.deliveries.map(({ recipient, outcome }) => [recipient, outcome])).toEqual([
      ['b@example.test', 'delivered'],
      ['c@example.test', 'delivered'],
    ])
    const [message] = await sink.messages(1)
    expect(message).toMatchObject({ reversePath: 'a@example.test', recipients: ['b@example.test', 'c@example.test'] })
    expect(message!.content!.toString().replaceAll('\r\n ', ' ')).toContain(`Message-ID: ${receipt.messageId}\r\n`)
  })

  it('logs in over TLS with what the URL says', async () => {
    const tls = await certificates()
    const dir = await mkdtemp(join(tmpdir(), 'posthorn-mailer-'))
    try {
      await writeFile(join(dir, 'ca.pem'), tls.ca)
      await using sink = await SinkServer.start({ tls, auth: LOGIN })
      const ca = encodeURIComponent(join(dir, 'ca.pem'))
      await using mailer = new Mailer(`smtp://app:hunter2@localhost:${sink.port}?tls.ca=file:${ca}`)
      await mailer.verify()
      expect(sink.sessions[0]).toMatchObject({ tls: true, authenticated: 'app' })
      await mailer.send(DRAFT)
      expect(sink.ledger).toHaveLength(1)
    } finally {
      await rm(dir, { recursive: true })
    }
  })

  it('loads a profile, with files beside it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'posthorn-mailer-'))
    try {
      await using sink = await SinkServer.start({ auth: LOGIN })
      const path = join(dir, 'profile.json')
      await writeFile(join(dir, 'password'), 'hunter2\n', { mode: 0o600 })
      await writeFile(
        path,
        JSON.stringify({
          relay: { host: '127.0.0.1', port: sink.port },
          security: 'none',
          credentials: { user: 'app', password: 'file:password', allowCleartextAuth: true },
        }),
      )
      await using mailer = await Mailer.load(path, { env: {} })
      await mailer.send(DRAFT)
      expect(sink.sessions[0]!.authenticated).toBe('app')
      expect(mailer.warnings).toEqual([])
      await expect(Mailer.load(join(dir, 'none.json'))).rejects.toMatchObject({ code: 'settings.file' })
    } finally {
      await rm(dir, { recursive: true })
    }
  })

  it('sends a message that is ready as it is', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    await using mailer = new Mailer({ smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
    const message = await compose(DRAFT)
    expect((await mailer.send(message)).messageId).toBe(message.messageId)
    const raw = await mailer.send({
      envelope: { reversePath: '', recipients: ['b@example.test'] },
      content: 'Subject: raw\r\n\r\nx\r\n',
    })
    expect(raw.messageId).toBeUndefined()
    expect(sink.ledger[1]).toMatchObject({ reversePath: '', content: Buffer.from('Subject: raw\r\n\r\nx\r\n') })
  })

  it.each<[string, string[], string | undefined]>([
    ['as it is to a server with 8BITMIME', ['8BITMIME'], undefined],
    ['as quoted-printable to a server without', ['PIPELINING'], 'Gr=C3=BC=C3=9Fe und so weiter und so fort'],
  ])('sends a ready message %s, whatever it comes from', async (_how, extensions, encoded) => {
    await using sink = await SinkServer.start({ keepContent: true, extensions })
    await using mailer = new Mailer({ smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
    const text =
      'From: a@example.test\r\nTo: b@example.test\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGrüße und so weiter und so fort\r\n'
    const envelope = { reversePath: '', recipients: ['b@example.test'] }
    const stream = async function* () {
      yield Buffer.from(text)
    }
    const message = await rawMessage(stream(), { readRecipients: true })
    for (const content of [text, Buffer.from(text), message.content]) await mailer.send({ envelope, content })
    await mailer.send(message)
    message.content.release?.()
    expect(sink.ledger).toHaveLength(4)
    for (const { content, mailParameters } of sink.ledger) {
      expect(mailParameters['BODY']).toBe(encoded === undefined ? '8BITMIME' : undefined)
      expect(content!.toString()).toBe(
        encoded === undefined
          ? text
          : text.replace(
              '\r\n\r\nGrüße und so weiter und so fort',
              `\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${encoded}`,
            ),
      )
    }
  })

  it('puts the terms of the envelope beside a draft', async () => {
    await using sink = await SinkServer.start()
    await using mailer = new Mailer({ smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
    await mailer.send(DRAFT, {
      envelope: { reversePath: 'bounces@example.test', ret: 'headers', envelopeId: 'job-7', notify: ['failure'] },
    })
    expect(sink.ledger[0]!.reversePath).toBe('bounces@example.test')
    const [mail, ...rcpts] = sink.sessions[0]!.commands.filter((line) => /^(MAIL|RCPT)/.test(line))
    expect(mail).toContain('RET=HDRS ENVID=job-7')
    for (const rcpt of rcpts) expect(rcpt).toContain('NOTIFY=FAILURE')
  })

  it('keeps the Message-ID in the receipt of a failure', async () => {
    const fault = { at: 'taken', how: 'rst' } as const
    await using sink = await SinkServer.start({ fault: () => fault })
    await using mailer = new Mailer({ smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
    const error: unknown = await mailer
      .send({ ...DRAFT, messageId: 'kept@example.test' })
      .catch((reason: unknown) => reason)
    if (!isSendFailure(error)) throw error
    expect(error).toMatchObject({ outcome: 'unknown', receipt: { messageId: '<kept@example.test>' } })
    expect(error.receipt.deliveries.map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown'])
  })

  it('refuses a draft that cannot be sent before it connects', async () => {
    await using sink = await SinkServer.start()
    await using mailer = new Mailer({ smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
    const error: unknown = await mailer
      .send({ ...DRAFT, subject: 'a\r\nBcc: x@example.test' })
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'draft.control-character', phase: 'compose' })
    expect(isSendFailure(error)).toBe(false)
    expect(sink.sessions).toHaveLength(0)
  })

  it('tells the trail while somebody listens, with the password nowhere in it', async () => {
    await using sink = await SinkServer.start({ auth: LOGIN })
    await using mailer = new Mailer(`smtp://app:hunter2@127.0.0.1:${sink.port}?security=none&allowCleartextAuth=true`)
    const events: TrailEvent[] = []
    const listener = (event: TrailEvent) => events.push(event)
    mailer.on('trail', listener)
    await mailer.send(DRAFT)
    mailer.off('trail', listener)
    const heard = events.length
    await mailer.send(DRAFT)
    expect(events).toHaveLength(heard)
    const text = JSON.stringify(events)
    expect(text).toContain('AUTH PLAIN ***')
    expect(text).not.toContain('hunter2')
    expect(text).not.toContain(Buffer.from('\0app\0hunter2').toString('base64'))
  })

  it('counts, and takes nothing after close', async () => {
    await using sink = await SinkServer.start()
    const mailer = new Mailer({ smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
    await mailer.send(DRAFT)
    expect(mailer.counts.open).toBeGreaterThan(0)
    await mailer.close()
    expect(mailer.counts).toEqual({ open: 0, idle: 0, busy: 0, waiting: 0 })
    await expect(mailer.send(DRAFT)).rejects.toMatchObject({ code: 'pool.closed' })
  })

  it('sends what was called before close, however far it was', async () => {
    await using sink = await SinkServer.start()
    for (const attachments of [[], [{ content: 'x', filename: 'x.txt' }]]) {
      const mailer = new Mailer(`smtp://127.0.0.1:${sink.port}?security=none`)
      await mailer.verify()
      const sent = mailer.send({ ...DRAFT, attachments })
      await mailer.close()
      expect((await sent).deliveries).toHaveLength(2)
    }
    expect(sink.ledger).toHaveLength(2)
  })

  it('ends what is being composed when it is closed at once', async () => {
    const mailer = new Mailer('smtp://127.0.0.1:1?security=none')
    const content = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a')
      await new Promise(() => {}) // for ever
    }
    const sent = mailer.send({ ...DRAFT, attachments: [{ content: content(), filename: 'x' }] })
    const failed = expect(sent).rejects.toMatchObject({ code: 'pool.closed' })
    await mailer.close({ now: true })
    await failed
  })

  it.each([[{}], [null], [7], [[]], [{ host: 'relay.example' }], [{ relay: {} }]])('refuses %j as a way out', (way) => {
    expect(() => new Mailer(way as unknown as string)).toThrow(SettingsError)
  })
})

describe('what the profile says about composing', () => {
  const CLOSED: Access = { files: 'none' }
  const path = new URL(import.meta.url)

  it('holds for every draft, and is not wiped out by a key that is undefined', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const smtp = { host: '127.0.0.1', port: sink.port, security: 'none' } as const
    await using mailer = new Mailer({ smtp, compose: { access: CLOSED, foldAt: 30 } })
    const draft = { ...DRAFT, attachments: [{ path }] }
    for (const compose of [undefined, {}, { access: undefined } as ComposeOptions]) {
      const sent = mailer.send(draft, compose ? { compose } : {})
      await expect(sent).rejects.toMatchObject({ code: 'attachment.access', field: 'attachments[0].path' })
    }
    await mailer.send(draft, { compose: { access: { files: 'all' } } })
    expect(sink.ledger).toHaveLength(1)
    expect(sink.ledger[0]!.content!.toString()).toMatch(/^To: b@example\.test,\r\n c@example\.test\r$/m)
  })

  it('a term of the envelope that is undefined takes nothing away', async () => {
    await using sink = await SinkServer.start()
    await using mailer = new Mailer(`smtp://127.0.0.1:${sink.port}?security=none`)
    await mailer.send(DRAFT, { envelope: { reversePath: undefined } as unknown as EnvelopeTerms })
    expect(sink.ledger[0]!.reversePath).toBe('a@example.test')
  })

  it.each([[null], [7], ['text']])('refuses %j as mail', async (mail) => {
    await using mailer = new Mailer('smtp://127.0.0.1:1?security=none')
    await expect(mailer.send(mail as unknown as Draft)).rejects.toMatchObject({ code: 'draft.not-an-object' })
  })
})

describe('composing is under the deadline and the signal of the send', () => {
  async function* stalled(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a')
    await new Promise(() => {}) // for ever
  }
  const draft = () => ({ ...DRAFT, attachments: [{ content: stalled(), filename: 'x' }] })

  it('ends at the deadline when a source stalls', async () => {
    await using mailer = new Mailer('smtp://127.0.0.1:1?security=none')
    const sent = mailer.send(draft(), { deadlineMs: 20 })
    await expect(sent).rejects.toMatchObject({ code: 'deadline.exceeded', phase: 'compose', outcome: 'transient' })
  })

  it.each([0, -1, Number.NaN, 2 ** 31])('a deadline of %j is refused, with files and without', async (deadlineMs) => {
    await using mailer = new Mailer('smtp://127.0.0.1:1?security=none')
    for (const mail of [DRAFT, draft()]) {
      await expect(mailer.send(mail, { deadlineMs })).rejects.toMatchObject({ code: 'settings.number' })
    }
  })

  it('a deadline of Infinity is none, with files and without, the first time and later', async () => {
    await using sink = await SinkServer.start()
    await using mailer = new Mailer(`smtp://127.0.0.1:${sink.port}?security=none`)
    const file = { content: 'x', filename: 'x' }
    for (const mail of [DRAFT, { ...DRAFT, attachments: [file] }, DRAFT])
      expect((await mailer.send(mail, { deadlineMs: Infinity })).deliveries).toHaveLength(2)
  })

  it('puts one listener on a signal, however many are sent with it', async () => {
    await using sink = await SinkServer.start()
    await using mailer = new Mailer(`smtp://127.0.0.1:${sink.port}?security=none`)
    const { signal } = new AbortController()
    const add = vi.spyOn(signal, 'addEventListener')
    const remove = vi.spyOn(signal, 'removeEventListener')
    let most = 0
    const mails = Array.from({ length: 30 }, () => ({ ...DRAFT, attachments: [{ content: 'x', filename: 'x' }] }))
    for await (const { receipt } of mailer.sendMany(mails, { signal, concurrency: 30 })) {
      expect(receipt).toBeDefined()
      most = Math.max(most, add.mock.calls.length - remove.mock.calls.length)
    }
    expect(most).toBeLessThan(5)
  })

  it('ends with the signal', async () => {
    await using mailer = new Mailer('smtp://127.0.0.1:1?security=none')
    const controller = new AbortController()
    const sent = mailer.send(draft(), { signal: controller.signal })
    controller.abort()
    await expect(sent).rejects.toMatchObject({ code: 'aborted' })
    const before = mailer.send(draft(), { signal: AbortSignal.abort() })
    await expect(before).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('an encrypted draft with blind recipients', () => {
  const store = (name: string) =>
    openCertificateStore({ source: { path: new URL(`../../../examples/certificates/${name}`, import.meta.url) } })
  const draft = { from: 'anna@example.test', to: 'anna@example.test', bcc: 'bruno@example.test', text: 'x' }

  it('goes out as one message each, with one receipt', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    await using mailer = new Mailer(`smtp://127.0.0.1:${sink.port}?security=none`)
    const certificates = [
      ...(await store('anna-with-key.pem')).certificates,
      ...(await store('bruno.pem')).certificates,
    ]
    const compose = { smime: { encrypt: { certificates } } }
    const receipt = await mailer.send(draft, { compose })
    expect(receipt.deliveries.map(({ recipient, outcome }) => [recipient, outcome])).toEqual([
      ['anna@example.test', 'delivered'],
      ['bruno@example.test', 'delivered'],
    ])
    expect(
      sink.ledger
        .map(({ recipients }) => recipients)
        .flat()
        .sort(),
    ).toEqual(['anna@example.test', 'bruno@example.test'])
    const [bruno] = (await store('bruno-with-key.pem')).identities
    for (const { content, recipients } of sink.ledger) {
      const opened = verifyMessage({ open: () => once(content!) }, { decryptWith: [bruno!] })
      if (recipients[0] === 'bruno@example.test') expect((await opened).encrypted).toBe(true)
      else await expect(opened).rejects.toMatchObject({ code: 'smime.not-for-us' })
    }
    await expect(mailer.send(draft, { compose, recipients: 'all' })).rejects.toMatchObject({
      code: 'draft.blind-copies',
    })
    expect(sink.ledger).toHaveLength(2)
  })

  it('one of them refused is told in the receipt', async () => {
    const replyTo = (verb: string, argument: string) =>
      verb === 'RCPT' && argument.includes('bruno') ? '550 no' : undefined
    await using sink = await SinkServer.start({ replyTo })
    await using mailer = new Mailer(`smtp://127.0.0.1:${sink.port}?security=none`)
    const certificates = [
      ...(await store('anna-with-key.pem')).certificates,
      ...(await store('bruno.pem')).certificates,
    ]
    const receipt = await mailer.send(draft, { compose: { smime: { encrypt: { certificates } } } })
    expect(receipt.deliveries.map(({ outcome }) => outcome)).toEqual(['delivered', 'refused'])
    const onlyBlind = mailer.send({ ...draft, to: [] }, { compose: { smime: { encrypt: { certificates } } } })
    const error: unknown = await onlyBlind.catch((thrown: unknown) => thrown)
    expect(isSendFailure(error) && error.receipt.deliveries).toMatchObject([
      { recipient: 'bruno@example.test', outcome: 'refused' },
    ])
  })
})

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  yield octets
}

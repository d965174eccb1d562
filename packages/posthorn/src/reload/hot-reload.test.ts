import { chmod, copyFile, readFile, rename, writeFile } from 'node:fs/promises'
import type { Profile } from '@posthorn/settings'
import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { KeptProfile, to } from '../../test/kept-profile.js'
import { Folder } from '../../test/oauth2/folder.js'
import { token, TokenEndpoint } from '../../test/oauth2/token-endpoint.js'
import { verifyMessage } from '../smime.js'

const DRAFT = { from: 'a@example.test', to: 'b@example.test', subject: 'Hi', text: 'Hello\n' }

describe('a profile that changes while mail is sent', () => {
  it('what becomes of a message is written down, though the log was changed meanwhile', async () => {
    await using sink = await SinkServer.start()
    await using folder = await Folder.make()
    const logging = (level: 'info' | 'warn') => ({
      level,
      destinations: ['file'] as const,
      file: { path: folder.file('mail.log') },
    })
    await using kept = await KeptProfile.start({ ...to(sink), logging: logging('info') })
    let go = () => {}
    const gate = new Promise<void>((resolve) => (go = resolve))
    let asked = () => {}
    const composing = new Promise<void>((resolve) => (asked = resolve))
    const content = async function* () {
      asked()
      await gate
      yield Buffer.from('x')
    }
    const sent = kept.mailer.send({ ...DRAFT, attachments: [{ content: content(), filename: 'x' }] })
    await composing
    expect(await kept.change({ ...to(sink), logging: logging('warn') })).toMatchObject({ changed: ['logging.level'] })
    go()
    const { messageId } = await sent
    await kept.mailer.close()
    const log = await readFile(folder.file('mail.log'), 'utf8')
    expect(log).toContain(messageId!.slice(1, -1))
  })

  it('what counts for a message counts for the next one, on the same connection [part of genesys.behaviour.change-classes]', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    await using kept = await KeptProfile.start({ ...to(sink), sender: { organization: 'Old' } })
    await kept.mailer.send(DRAFT)
    expect(await kept.change({ ...to(sink), sender: { organization: 'New' } })).toEqual({
      ...{ loaded: true, changed: ['sender.organization'], pending: [] },
    })
    await kept.mailer.send(DRAFT)
    const contents = sink.ledger.map(({ content }) => content!.toString())
    expect(contents[0]).toContain('Organization: Old')
    expect(contents[1]).toContain('Organization: New')
    expect(sink.sessions).toHaveLength(1)
  })

  it('what counts for a session counts for the next one; the old one ends by QUIT [part of genesys.behaviour.change-classes]', async () => {
    await using first = await SinkServer.start()
    await using second = await SinkServer.start()
    await using kept = await KeptProfile.start(to(first))
    await kept.mailer.send(DRAFT)
    expect(await kept.change({ ...to(second), identity: { localName: 'new.example.test' } })).toMatchObject({
      ...{ loaded: true, changed: ['identity.localName', 'relay.port'] },
    })
    await kept.mailer.send(DRAFT)
    expect([first.ledger.length, second.ledger.length]).toEqual([1, 1])
    expect(second.sessions[0]!.commands[0]).toBe('EHLO new.example.test')
    await first.idle()
    expect(first.sessions.map(({ endedBy }) => endedBy)).toEqual(['quit'])
  })

  it('what needs a start waits, is told, and counts after reload() [part of genesys.behaviour.change-classes] [part of illiad.behaviour.restart]', async () => {
    await using sink = await SinkServer.start()
    await using kept = await KeptProfile.start({ ...to(sink), pool: { maxConnections: 1 } })
    const { mailer } = kept
    const changed = { ...to(sink), pool: { maxConnections: 3 }, sender: { organization: 'New' } }
    expect(await kept.change(changed)).toEqual({
      ...{ loaded: true, changed: ['sender.organization'], pending: ['pool.maxConnections'] },
    })
    expect(mailer.pending).toEqual(['pool.maxConnections'])
    await Promise.all(Array.from({ length: 20 }, () => mailer.send(DRAFT)))
    expect(sink.sessions).toHaveLength(1)
    await mailer.reload()
    expect(mailer.pending).toEqual([])
    await Promise.all(Array.from({ length: 60 }, () => mailer.send(DRAFT)))
    expect(sink.sessions.length).toBeGreaterThan(2)
    expect(sink.ledger).toHaveLength(80)
  })

  it('what does not go with what waits, waits as well', async () => {
    await using sink = await SinkServer.start()
    await using kept = await KeptProfile.start(to(sink))
    const told = await kept.change({ transport: 'direct', sender: { organization: 'New' } })
    expect(told).toEqual({
      ...{ loaded: true, changed: [] },
      pending: ['relay.host', 'relay.port', 'security', 'sender.organization', 'transport'],
    })
    await kept.mailer.send(DRAFT)
    expect(sink.ledger).toHaveLength(1)
  })

  it.each<[string, string | Profile, string]>([
    ['is no profile', '{ "relay": ', 'settings.file-format'],
    ['is empty', '', 'settings.file-format'],
    ['has a setting that is not known', '{ "relay": { "hots": "x" } }', 'settings.unknown'],
    ['lacks what it needs', '{}', 'settings.rule'],
    [
      'refers to what is not there',
      { relay: { host: 'h' }, credentials: { user: 'u', password: 'env:NONE' } },
      'settings.environment-missing',
    ],
  ])('a file that %s changes nothing and is told', async (_what, wrong, code) => {
    await using sink = await SinkServer.start()
    await using kept = await KeptProfile.start(to(sink))
    await kept.mailer.send(DRAFT)
    expect(await kept.change(wrong)).toMatchObject({ loaded: false, error: { code } })
    await kept.mailer.send(DRAFT)
    expect(sink.sessions).toHaveLength(1)
    await expect(kept.mailer.reload()).rejects.toMatchObject({ code })
    await kept.mailer.send(DRAFT)
    expect(await kept.change(to(sink))).toEqual({ loaded: true, changed: [], pending: [] })
    expect(sink.ledger).toHaveLength(3)
  })

  it('a password that changes in its file counts for the next session', async () => {
    let password = 'one'
    const accepted = {
      user: 'app',
      get password() {
        return password
      },
    }
    await using sink = await SinkServer.start({ auth: accepted })
    const folder = await Folder.make()
    await writeFile(folder.file('pw'), 'one', { mode: 0o600 })
    const credentials = { user: 'app', password: `file:${folder.file('pw')}`, allowCleartextAuth: true }
    await using kept = await KeptProfile.start({ ...to(sink), credentials })
    await kept.mailer.send(DRAFT)
    password = 'two'
    const told = kept.told()
    await writeFile(folder.file('pw'), 'two', { mode: 0o600 })
    expect(await told).toEqual({ loaded: true, changed: ['credentials.password'], pending: [] })
    await kept.mailer.send(DRAFT)
    expect(sink.sessions.map(({ authenticated }) => authenticated)).toEqual(['app', 'app'])
    await folder[Symbol.asyncDispose]()
  })

  it('tokens stay where nothing about them changed, so that a rotated one is not lost', async () => {
    const user = 'app@example.test'
    await using endpoint = await TokenEndpoint.start(() => token('t0', { refresh_token: 'rotated' }))
    await using sink = await SinkServer.start({ auth: { user, password: 't0', mechanisms: ['XOAUTH2'] } })
    const oauth2 = {
      tokenUrl: `${endpoint.url}/token`,
      clientId: 'app',
      grant: 'refresh-token',
      refreshToken: 'env:RT',
    } as const
    const credentials = { user, mechanism: 'XOAUTH2', allowCleartextAuth: true }
    const profile: Profile = { ...to(sink), credentials, oauth2 }
    await using kept = await KeptProfile.start(profile, { env: { RT: 'first' } })
    await kept.mailer.send(DRAFT)
    await kept.change({ ...profile, identity: { localName: 'other.example.test' } })
    await kept.mailer.send(DRAFT)
    expect(sink.sessions).toHaveLength(2)
    expect(endpoint.forms.map(({ refresh_token: used }) => used)).toEqual(['first'])
  })

  it('every message arrives exactly once while the profile changes again and again', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    await using other = await SinkServer.start({ keepContent: true })
    const profile = (round: number): Profile => ({
      ...to(round % 3 === 0 ? other : sink),
      identity: { localName: `round-${round % 4}.example.test` },
      sender: { organization: `Round ${round}` },
      pool: { maxConnections: 3 },
    })
    await using kept = await KeptProfile.start(profile(1))
    const { mailer } = kept
    const receipts: Promise<unknown>[] = []
    let number = 0
    let sending = true
    const stream = (async () => {
      while (sending) {
        const subject = `message-${number++}`
        const attachments = number % 5 === 0 ? [{ content: 'x'.repeat(20_000), filename: 'x.txt' }] : undefined
        receipts.push(mailer.send({ ...DRAFT, subject, attachments }))
        if (number % 20 === 0) await receipts.at(-1)
        else await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    for (let round = 2; round < 22; round++) {
      if (round % 5 === 0) await kept.change('{ "relay": ')
      if (round % 2 === 0) {
        await kept.change(profile(round))
      } else {
        await kept.write(profile(round))
        await mailer.reload()
      }
    }
    sending = false
    await stream
    await Promise.all(receipts)
    await mailer.close()
    const arrived = [...sink.ledger, ...other.ledger].map(
      ({ content }) => /^Subject: (.*)\r$/m.exec(content!.toString())![1],
    )
    expect(arrived).toHaveLength(number)
    expect(new Set(arrived).size).toBe(number)
    expect(sink.ledger.length * other.ledger.length).toBeGreaterThan(0)
    expect(mailer.counts).toEqual({ open: 0, idle: 0, busy: 0, waiting: 0 })
    expect([...sink.sessions, ...other.sessions].filter(({ endedBy }) => endedBy !== 'quit')).toEqual([])
  }, 60_000)

  it('no message is lost that is composed while the client is replaced', async () => {
    await using first = await SinkServer.start()
    await using second = await SinkServer.start()
    await using kept = await KeptProfile.start(to(first))
    let begun = () => {}
    let go = () => {}
    const composing = new Promise<void>((resolve) => (begun = resolve))
    const gate = new Promise<void>((resolve) => (go = resolve))
    async function* slow(): AsyncGenerator<Uint8Array> {
      begun()
      await gate
      yield Buffer.from('x')
    }
    const sent = kept.mailer.send({ ...DRAFT, attachments: [{ content: slow(), filename: 'x' }] })
    await composing
    await kept.change(to(second))
    go()
    expect((await sent).deliveries).toMatchObject([{ outcome: 'delivered' }])
    expect([first.ledger.length, second.ledger.length]).toEqual([0, 1])
  })
})

describe('the certificates of a profile', () => {
  it('are opened once for as long as nothing about them changes, and anew when it does', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const folder = await Folder.make()
    const example = (name: string) => new URL(`../../../../examples/certificates/${name}`, import.meta.url)
    await copyFile(example('anna-with-key.pem'), folder.file('signer.pem'))
    await chmod(folder.file('signer.pem'), 0o600)
    const source = `file:${folder.file('signer.pem')}`
    const smime = { sign: { certificate: { source }, form: 'opaque' as const } }
    await using kept = await KeptProfile.start({ ...to(sink), smime })
    await kept.mailer.send(DRAFT)
    expect(await kept.change({ ...to(sink), smime, sender: { organization: 'New' } })).toMatchObject({
      changed: ['sender.organization'],
    })
    await kept.mailer.send(DRAFT)
    const told = kept.told()
    await copyFile(example('bruno-with-key.pem'), folder.file('signer.new'))
    await rename(folder.file('signer.new'), folder.file('signer.pem'))
    expect(await told).toMatchObject({ loaded: true, changed: ['smime.sign.certificate.source'] })
    await kept.mailer.send(DRAFT)
    const signers: unknown[] = []
    for (const { content } of sink.ledger) {
      const { layers } = await verifyMessage({ open: () => once(content!) })
      signers.push(
        ...layers.flatMap((layer) =>
          'signatures' in layer ? layer.signatures.map(({ signer }) => signer.emails[0]) : [],
        ),
      )
    }
    expect(signers).toEqual(['anna@example.test', 'anna@example.test', 'bruno@example.test'])
    expect(sink.sessions).toHaveLength(1) // a message setting: the session goes on
    await folder[Symbol.asyncDispose]()
  })

  async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array> {
    yield octets
  }
})

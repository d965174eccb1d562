import { rename, writeFile } from 'node:fs/promises'
import type { Profile } from '@posthorn/settings'
import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { token, TokenEndpoint } from '../../test/oauth2/token-endpoint.js'
import { Mailer, type LoadTerms } from '../mailer.js'
import type { ProfileWarning } from '../way/profile-warning.js'
import type { ReloadEvent } from './reload-event.js'

const DRAFT = { from: 'a@example.test', to: 'b@example.test', subject: 'Hi', text: 'Hello\n' }

/** A profile in a file that is watched, and what its mailer told. */
class Kept {
  readonly folder: Folder
  readonly file: string
  readonly events: ReloadEvent[] = []
  mailer!: Mailer
  #waiting: (() => void)[] = []

  private constructor(folder: Folder) {
    this.folder = folder
    this.file = folder.file('profile.json')
  }

  static async start(profile: Profile, terms: LoadTerms = {}): Promise<Kept> {
    const kept = new Kept(await Folder.make())
    await kept.write(profile)
    kept.mailer = await Mailer.load(kept.file, { env: {}, watch: true, ...terms })
    kept.mailer.on('reload', (event) => {
      kept.events.push(event)
      kept.#waiting.splice(0).forEach((wake) => wake())
    })
    return kept
  }

  /** Puts another file in its place, whole. */
  async write(profile: Profile | string): Promise<void> {
    const text = typeof profile === 'string' ? profile : JSON.stringify(profile)
    await writeFile(`${this.file}.new`, text, { mode: 0o600 })
    await rename(`${this.file}.new`, this.file)
  }

  /** The same, and waits until the mailer has told of it. */
  async change(profile: Profile | string): Promise<ReloadEvent> {
    const told = this.told()
    await this.write(profile)
    return told
  }

  async told(): Promise<ReloadEvent> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.events.at(-1)!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mailer.close()
    await this.folder[Symbol.asyncDispose]()
  }
}

const to = ({ port }: SinkServer): Profile => ({ relay: { host: '127.0.0.1', port }, security: 'none' })

describe('a profile that changes while mail is sent', () => {
  it('what counts for a message counts for the next one, on the same connection [part of genesys.behaviour.change-classes]', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    await using kept = await Kept.start({ ...to(sink), sender: { organization: 'Old' } })
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
    await using kept = await Kept.start(to(first))
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
    await using kept = await Kept.start({ ...to(sink), pool: { maxConnections: 1 } })
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
    await using kept = await Kept.start(to(sink))
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
    await using kept = await Kept.start(to(sink))
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
    const accepted = { user: 'app', get password() { return password } } // prettier-ignore
    await using sink = await SinkServer.start({ auth: accepted })
    const folder = await Folder.make()
    await writeFile(folder.file('pw'), 'one', { mode: 0o600 })
    const credentials = { user: 'app', password: `file:${folder.file('pw')}`, allowCleartextAuth: true }
    await using kept = await Kept.start({ ...to(sink), credentials })
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
    await using kept = await Kept.start(profile, { env: { RT: 'first' } })
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
    await using kept = await Kept.start(profile(1))
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
    await using kept = await Kept.start(to(first))
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

describe('Mailer.reload', () => {
  it('reads anew what a profile in code refers to', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start()
    await writeFile(folder.file('name'), 'x')
    const env: Record<string, string> = { CA: 'one' }
    const profile: Profile = { ...to(sink), tls: { ca: 'env:CA' } }
    await using mailer = new Mailer(profile, { env })
    await mailer.send(DRAFT)
    await mailer.reload()
    await mailer.send(DRAFT)
    expect(sink.sessions).toHaveLength(1)
    env['CA'] = 'two'
    await mailer.reload()
    await mailer.send(DRAFT)
    expect(sink.sessions).toHaveLength(2)
    delete env['CA']
    await expect(mailer.reload()).rejects.toMatchObject({ code: 'settings.environment-missing' })
    await mailer.send(DRAFT)
    expect(sink.ledger).toHaveLength(4)
  })

  it('has nothing to read for options in code', async () => {
    await using sink = await SinkServer.start()
    await using mailer = new Mailer({ smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
    await mailer.reload()
    await mailer.send(DRAFT)
    expect([mailer.pending, mailer.warnings]).toEqual([[], []])
  })
})

describe('a mailer that is used for the first time', () => {
  it('tries again when what it refers to was not there', async () => {
    await using sink = await SinkServer.start()
    const env: Record<string, string> = {}
    const profile: Profile = { ...to(sink), tls: { ca: 'env:CA' } }
    await using mailer = new Mailer(profile, { env })
    await expect(mailer.send(DRAFT)).rejects.toMatchObject({ code: 'settings.environment-missing', field: 'tls.ca' })
    env['CA'] = 'x'
    await mailer.send(DRAFT)
    expect(sink.ledger).toHaveLength(1)
  })

  it('is made once, however many use it at once', async () => {
    let asked = 0
    await using sink = await SinkServer.start()
    const vault = async () => `secret ${++asked}`
    const profile: Profile = { ...to(sink), proxy: { type: 'none', password: 'vault:x' }, tls: { ca: 'vault:ca' } }
    await using mailer = new Mailer(profile, { vault })
    await Promise.all(Array.from({ length: 10 }, () => mailer.send(DRAFT)))
    expect([asked, sink.ledger.length]).toEqual([1, 10])
  })

  it('tells each warning once, by event and as a list, and never a secret', async () => {
    await using sink = await SinkServer.start({ auth: { user: 'app', password: 'hunter2' } })
    const credentials = { user: 'app', password: 'hunter2', allowCleartextAuth: true }
    const told: ProfileWarning[] = []
    const profile: Profile = { ...to(sink), credentials, proxy: { type: 'none', host: 'p.example.test' } }
    await using mailer = new Mailer(profile).on('warning', (warning) => told.push(warning))
    expect(mailer.warnings).toEqual([])
    await mailer.send(DRAFT)
    await mailer.reload()
    await mailer.send(DRAFT)
    expect(told).toEqual(mailer.warnings)
    expect(told.map(({ code, path }) => [code, path])).toEqual([
      ['settings.plain-secret', 'credentials.password'],
      ['settings.unused', 'proxy.host'],
    ])
    expect(JSON.stringify(told)).not.toContain('hunter2')
  })

  it('takes nothing after it was closed, used or not', async () => {
    const mailer = new Mailer('smtp://127.0.0.1:1?security=none')
    await mailer.close()
    await expect(mailer.send(DRAFT)).rejects.toMatchObject({ code: 'pool.closed' })
    await expect(mailer.verify()).rejects.toMatchObject({ code: 'pool.closed' })
    expect(mailer.counts).toEqual({ open: 0, idle: 0, busy: 0, waiting: 0 })
  })

  it('that is closed while it is made opens nothing', async () => {
    await using sink = await SinkServer.start()
    let go = () => {}
    const gate = new Promise<void>((resolve) => (go = resolve))
    const mailer = new Mailer({ ...to(sink), tls: { ca: 'vault:x' } }, { vault: () => gate.then(() => 'x') })
    const sent = mailer.send(DRAFT)
    const closed = mailer.close()
    go()
    await expect(sent).rejects.toMatchObject({ code: 'pool.closed' })
    await closed
    expect(sink.sessions).toEqual([])
  })
})

describe('Mailer.load', () => {
  it('watches only a file', async () => {
    const env = { POSTHORN_RELAY_HOST: 'relay.example.test' }
    await using folder = await Folder.make()
    const load = Mailer.load(undefined, { env, folder: folder.path, watch: true })
    await expect(load).rejects.toMatchObject({ code: 'settings.watch' })
    await (await Mailer.load(undefined, { env, folder: folder.path })).close()
  })

  it('a password out of the environment is no password in the file', async () => {
    await using sink = await SinkServer.start({ auth: { user: 'app', password: 'hunter2' } })
    const credentials = { user: 'app', allowCleartextAuth: true }
    await using kept = await Kept.start(
      { ...to(sink), credentials },
      { watch: false, env: { POSTHORN_PASSWORD: 'hunter2' } },
    )
    await kept.mailer.send(DRAFT)
    expect(sink.sessions[0]!.authenticated).toBe('app')
    expect(kept.mailer.warnings).toEqual([])
  })
})

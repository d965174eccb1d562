import type { Profile } from '@posthorn/settings'
import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it, vi } from 'vitest'
import { KeptProfile, to } from '../../test/kept-profile.js'
import { Folder } from '../../test/oauth2/folder.js'
import { Mailer } from '../mailer.js'
import type { ProfileWarning } from '../way/profile-warning.js'

const DRAFT = { from: 'a@example.test', to: 'b@example.test', subject: 'Hi', text: 'Hello\n' }

describe('Mailer.reload', () => {
  it('reads anew what a profile in code refers to', async () => {
    await using sink = await SinkServer.start()
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

  it('that is closed while it is made sends what was called before, and nothing that is called after', async () => {
    await using sink = await SinkServer.start()
    let go = () => {}
    const gate = new Promise<void>((resolve) => (go = resolve))
    const mailer = new Mailer({ ...to(sink), tls: { ca: 'vault:x' } }, { vault: () => gate.then(() => 'x') })
    const sent = mailer.send(DRAFT)
    const closed = mailer.close()
    await expect(mailer.send(DRAFT)).rejects.toMatchObject({ code: 'pool.closed' })
    await expect(mailer.reload()).rejects.toMatchObject({ code: 'pool.closed' })
    go()
    expect((await sent).deliveries).toMatchObject([{ outcome: 'delivered' }])
    await closed
    expect(sink.ledger).toHaveLength(1)
    expect(mailer.counts.open).toBe(0)
  })
})

describe('a vault that gives nothing', () => {
  const silent = () => new Promise<string>(() => {})
  const waiting = () =>
    new Mailer({ relay: { host: '127.0.0.1', port: 1 }, security: 'none', tls: { ca: 'vault:x' } }, { vault: silent })

  it('holds up nobody behind the deadline, or the signal', async () => {
    const mailer = waiting()
    const late = { code: 'deadline.exceeded', phase: 'wait', outcome: 'transient' }
    await expect(mailer.send(DRAFT, { deadlineMs: 20 })).rejects.toMatchObject(late)
    await expect(mailer.verify({ deadlineMs: 20 })).rejects.toMatchObject(late)
    await expect(mailer.sendMany([DRAFT], { deadlineMs: 20 }).next()).rejects.toMatchObject(late)
    const controller = new AbortController()
    const sent = mailer.send(DRAFT, { signal: controller.signal })
    controller.abort()
    await expect(sent).rejects.toMatchObject({ code: 'aborted', phase: 'wait' })
    await mailer.close({ now: true })
  })

  it('does not hold up a close at once', async () => {
    const mailer = waiting()
    const calls = [mailer.send(DRAFT), mailer.verify(), mailer.reload()]
    const settled = Promise.allSettled(calls)
    await mailer.close({ now: true })
    const closed = { status: 'rejected', reason: { code: 'pool.closed' } }
    expect(await settled).toMatchObject([closed, closed, closed])
  })

  it('is given up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const sent = waiting().send(DRAFT)
      const failed = expect(sent).rejects.toMatchObject({ code: 'settings.vault', field: 'tls.ca' })
      await vi.advanceTimersByTimeAsync(30_000)
      await failed
    } finally {
      vi.useRealTimers()
    }
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

  it('that fails leaves no log open', async () => {
    await using folder = await Folder.make()
    const close = vi.spyOn(Mailer.prototype, 'close')
    const env = { POSTHORN_RELAY_HOST: 'relay.example.test' }
    const load = Mailer.load(undefined, { env, folder: folder.path, watch: true })
    await expect(load).rejects.toMatchObject({ code: 'settings.watch' })
    expect(close).toHaveBeenCalledExactlyOnceWith({ now: true })
    close.mockRestore()
  })

  it('a password out of the environment is no password in the file', async () => {
    await using sink = await SinkServer.start({ auth: { user: 'app', password: 'hunter2' } })
    const credentials = { user: 'app', allowCleartextAuth: true }
    await using kept = await KeptProfile.start(
      { ...to(sink), credentials },
      { watch: false, env: { POSTHORN_PASSWORD: 'hunter2' } },
    )
    await kept.mailer.send(DRAFT)
    expect(sink.sessions[0]!.authenticated).toBe('app')
    expect(kept.mailer.warnings).toEqual([])
  })
})

import type { Profile } from '@posthorn/settings'
import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
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
    await using kept = await KeptProfile.start(
      { ...to(sink), credentials },
      { watch: false, env: { POSTHORN_PASSWORD: 'hunter2' } },
    )
    await kept.mailer.send(DRAFT)
    expect(sink.sessions[0]!.authenticated).toBe('app')
    expect(kept.mailer.warnings).toEqual([])
  })
})

import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { writeProfileFile } from '@posthorn/settings/file'
import { certificates, SinkServer } from '@posthorn/testkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Mailer, type Profile } from '../../src/index.js'
import { Folder } from '../oauth2/folder.js'
import { FROM, fromSection, LOGIN, refusedOption } from './genesys-section.js'
import { fromProduct, sent, TO_BEN, type Circumstances } from './product-send.js'

afterEach(() => vi.restoreAllMocks())

const DRAFT = { ...TO_BEN, from: FROM }
const SERVER = { server: 'relay.example.com' }
const AUTH = { user: LOGIN.user, password: LOGIN.password }
const sample = (name: string) =>
  readFileSync(new URL(`../../../settings/test/samples/genesys/${name}`, import.meta.url), 'utf8')

/** One letter; the certificate of the server is of an authority of the tests, and for another name. */
async function sentBy(profile: Profile, circumstances: Circumstances = {}) {
  const { ca } = await certificates()
  const terms = { smtp: { tls: { ca, servername: 'relay.example.test' } } }
  return sent(profile, { draft: DRAFT, terms, ...circumstances })
}

describe('the examples', () => {
  it('a section with login, STARTTLS and a JavaMail property', async () => {
    const { good } = await certificates()
    const { profile } = fromProduct('genesys', sample('smtp-client.cfg'))
    vi.spyOn(process.stderr, 'write').mockReturnValue(true) // enable-debug
    // overridden: the server is on the loopback, with a certificate of the tests
    const auth = { user: 'mailer@example.com', password: 'Geheim-7/1' }
    const { session, targets, commands, error } = await sentBy(profile, { tls: good, auth })
    expect([error, targets, session?.authenticated]).toEqual([undefined, ['smtp.example.com:587'], auth.user])
    expect([commands[0], session?.tls]).toEqual(['EHLO mail.example.com', true])
  })

  it('all options with their defaults', async () => {
    const { profile } = fromProduct('genesys', sample('all-defaults.cfg'))
    const { error, targets, verbs } = await sentBy(profile, { extensions: ['8BITMIME', 'AUTH PLAIN'] })
    expect([error, targets, verbs]).toEqual([undefined, ['relay.example.com:25'], 'EHLO, MAIL, RCPT, DATA, QUIT'])
  })

  it('two Applications as rows of JSON', async () => {
    const { profiles } = fromProduct('genesys', sample('applications.json'))
    const { good } = await certificates()
    const [berlin, paris] = profiles.map(({ profile }) => profile)
    // overridden: the proxy of the first is left out
    expect((await sentBy({ ...berlin!, proxy: { type: 'none' } })).targets).toEqual(['smtp.berlin.example.com:25'])
    const second = await sentBy(paris!, { tls: good, implicitTls: true })
    expect([second.targets, second.session?.tls, second.error]).toEqual([
      ['smtp.paris.example.com:465'],
      ...[true, undefined],
    ])
  })
})

describe('smtp-connection-security', () => {
  const PLAIN = ['8BITMIME']
  const IN_CLEAR = ['EHLO, MAIL, RCPT, DATA', false, undefined]
  const UPGRADED = ['EHLO, STARTTLS', true, undefined]

  it('is what each value says, against servers with and without STARTTLS [genesys.option.smtp-connection-security]', async () => {
    const { good, wrongName } = await certificates()
    const ways = async (value: string | undefined, server: Circumstances) => {
      const { profile } = fromSection({ ...SERVER, 'smtp-connection-security': value })
      const { clear, session, error } = await sentBy(profile, server)
      return [clear, session?.tls, error?.code]
    }
    const without = { extensions: PLAIN }
    const offering = { extensions: PLAIN, tls: good }
    for (const none of ['none', undefined])
      for (const server of [without, offering]) expect(await ways(none, server)).toEqual(IN_CLEAR)
    expect(await ways('start-tls', without)).toEqual(IN_CLEAR)
    expect(await ways('start-tls', offering)).toEqual(UPGRADED)
    // the handshake fails behind STARTTLS: no second try in the clear
    const failing = { extensions: PLAIN, tls: wrongName }
    expect(await ways('start-tls', failing)).toEqual(['EHLO, STARTTLS', expect.anything(), 'tls.wrong-name'])
    expect(await ways('start-tls-required', without)).toEqual(['EHLO, QUIT', false, 'smtp.starttls.not-offered'])
    expect(await ways('start-tls-required', offering)).toEqual(UPGRADED)
    expect(await ways('ssl-tls', { ...offering, implicitTls: true })).toEqual(['', true, undefined])
    expect(await ways('ssl-tls', without)).toEqual(['', false, 'tls.plaintext'])
    for (const server of ['https://mail.example.com/EWS/Exchange.asmx']) {
      const ews = fromSection({ 'server-type': 'EWS', server, 'smtp-connection-security': 'ssl-tls' })
      expect(ews.profile.security).toBeUndefined()
      expect(ews.about('smtp-connection-security')).toMatchObject([{ verdict: 'ignored' }])
    }
  })
})

describe('enable-authentication', () => {
  it('decides about the login, whatever user and password say [genesys.option.enable-authentication] [genesys.option.user]', async () => {
    const { good } = await certificates()
    const tls = { 'smtp-connection-security': 'start-tls-required' }
    const on = await sentBy(fromSection({ ...SERVER, ...LOGIN, ...tls }).profile, { tls: good, auth: AUTH })
    expect([on.error, on.session?.authenticated]).toEqual([undefined, LOGIN.user])
    for (const off of ['false', undefined]) {
      const { profile } = fromSection({ ...SERVER, ...LOGIN, ...tls, 'enable-authentication': off })
      const { error, verbs, text, commands } = await sentBy(profile, { tls: good, extensions: ['AUTH PLAIN LOGIN'] })
      expect([error, verbs]).toEqual([undefined, 'EHLO, STARTTLS, EHLO, MAIL, RCPT, DATA, QUIT'])
      expect([text.length > 0, commands.join()]).toEqual([true, expect.not.stringContaining(LOGIN.password)])
    }
    expect(refusedOption({ ...SERVER, 'enable-authentication': 'true' })).toBe('import.missing user, password')
  })
})

describe('enable-debug', () => {
  it('shows the dialogue, and never the password [genesys.option.enable-debug]', async () => {
    const { good } = await certificates()
    let shown = ''
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      shown += String(text)
      return true
    })
    const tls = { 'smtp-connection-security': 'start-tls-required' }
    for (const password of [LOGIN.password, 'another']) {
      const { profile } = fromSection({ ...SERVER, ...LOGIN, ...tls, password, 'enable-debug': 'true' })
      await sentBy(profile, { tls: good, auth: AUTH })
    }
    expect(shown).toMatch(/> EHLO client\.example\.test [^]*> AUTH LOGIN [^]*> MAIL FROM:<app@example\.com>[^]*< 250/)
    expect(shown).toContain('535')
    for (const password of [LOGIN.password, 'another'])
      for (const form of [password, `\0${LOGIN.user}\0${password}`].map((each) => Buffer.from(each)))
        for (const encoding of ['utf8', 'base64', 'hex'] as const) expect(shown).not.toContain(form.toString(encoding))
    shown = ''
    await sentBy(fromSection({ ...SERVER, 'enable-debug': 'false' }).profile)
    expect(shown).toBe('')
  })
})

describe('port', () => {
  it('is used as it is, and another one counts for the next connection [genesys.option.port]', async () => {
    expect((await sentBy(fromSection({ ...SERVER, port: 587 }).profile)).targets).toEqual(['relay.example.com:587'])
    await using folder = await Folder.make()
    await using first = await SinkServer.start()
    await using second = await SinkServer.start()
    const file = folder.file('profile.yaml')
    const write = async (port: number) => {
      const { profile } = fromSection({ server: '127.0.0.1', port })
      await writeFile(`${file}.new`, writeProfileFile({ profile, sites: {} }, 'yaml'), { mode: 0o600 })
      await rename(`${file}.new`, file)
    }
    await write(first.port)
    await using mailer = await Mailer.load(file, { env: {}, watch: true })
    await mailer.send(DRAFT)
    const told = new Promise((resolve) => void mailer.on('reload', resolve))
    await write(second.port)
    expect(await told).toEqual({ loaded: true, changed: ['relay.port'], pending: [] })
    await mailer.send(DRAFT)
    await first.idle()
    expect([first.ledger.length, second.ledger.length, first.sessions[0]!.endedBy]).toEqual([1, 1, 'quit'])
  })
})

import { createHmac } from 'node:crypto'
import Module from 'node:module'
import { certificates, SinkServer } from '@posthorn/testkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Mailer } from '../../src/index.js'
import { leadTo } from '../one-send.js'
import { fromDialog, refusedField, type Fields } from './beyondtrust-dialog.js'
import { LineServer, type AuthTalk } from './line-server.js'
import { sent, TO_BEN, type Circumstances } from './product-send.js'

const PASSWORD = 'Wonder-7land'
const LOGIN = { UseCredentials: 'Yes', UserName: 'pi', Password: PASSWORD }
const AUTH = { user: 'pi', password: PASSWORD }

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** By the profile of these fields; the certificate of the server is of an authority of the tests, and for another name than the dialog has. */
async function sentBy(fields: Fields, { terms, ...circumstances }: Circumstances = {}) {
  const { ca } = await certificates()
  const tls = { ca, servername: 'relay.example.test' }
  return sent(fromDialog(fields).profile, { ...circumstances, terms: { ...terms, smtp: { tls, ...terms?.smtp } } })
}

/** A letter by this method to a server that offers mechanisms, and every line of it that the server saw. */
async function loginBy(method: Fields, offers: string, auth: (talk: AuthTalk) => Promise<string> | string) {
  await using server = await LineServer.start({ extensions: [`AUTH ${offers}`], auth })
  const { profile } = fromDialog({ ...LOGIN, ChannelEncryption: 'NONE', ...method })
  await using mailer = new Mailer(profile, { smtp: { connector: leadTo(server).connector } })
  const error = await mailer.send(TO_BEN).then(
    () => undefined,
    (reason: unknown) => reason as Error & { code: string },
  )
  return { error, auth: server.lines.filter((line) => line.startsWith('AUTH')), lines: server.lines.join('\n') }
}

const WELCOME = '235 2.7.0 welcome'
const base64 = (text: string) => Buffer.from(text).toString('base64')

describe('the encryption of the channel', () => {
  const PLAIN = ['8BITMIME']
  const without = { extensions: PLAIN }
  const IN_CLEAR = 'EHLO, MAIL, RCPT, DATA'
  const UPGRADED = 'EHLO, STARTTLS, EHLO, MAIL, RCPT, DATA, QUIT'

  it('AUTOMATIC is STARTTLS where it is offered, else in the clear; on 465 TLS from the first octet [beyondtrust.server.tls.AUTOMATIC] [part of beyondtrust.server.ChannelEncryption]', async () => {
    const { good, wrongName } = await certificates()
    for (const ChannelEncryption of ['AUTOMATIC', undefined]) {
      const upgraded = await sentBy({ ChannelEncryption }, { extensions: PLAIN, tls: good })
      expect([upgraded.clear, upgraded.verbs, upgraded.session?.tls]).toEqual(['EHLO, STARTTLS', UPGRADED, true])
      const clear = await sentBy({ ChannelEncryption }, without)
      expect([clear.clear, clear.session?.tls, clear.error]).toEqual([IN_CLEAR, false, undefined])
    }
    const first = await sentBy({ Port: 465 }, { extensions: PLAIN, tls: good, implicitTls: true })
    expect([first.targets, first.clear, first.session?.tls, first.error]).toEqual([
      ['smtp.example.com:465'],
      ...['', true, undefined],
    ])
    const failed = await sentBy({}, { extensions: PLAIN, tls: wrongName })
    expect([failed.error?.code, failed.clear, failed.message]).toEqual(['tls.wrong-name', 'EHLO, STARTTLS', undefined])
  })

  it('IMPLICIT is TLS before the greeting [beyondtrust.server.tls.IMPLICIT]', async () => {
    const { good } = await certificates()
    const first = await sentBy(
      { ChannelEncryption: 'IMPLICIT', Port: 587 },
      { extensions: PLAIN, tls: good, implicitTls: true },
    )
    expect([first.targets, first.clear, first.verbs]).toEqual([
      ['smtp.example.com:587'],
      ...['', 'EHLO, MAIL, RCPT, DATA, QUIT'],
    ])
    expect(first.session?.clearOctets).toHaveLength(0)
    const poor = await sentBy({ ChannelEncryption: 'IMPLICIT' }, without)
    expect([poor.error?.code, poor.clear, poor.message]).toEqual(['tls.plaintext', '', undefined])
  })

  it('EXPLICIT is STARTTLS or nothing, on 465 too [beyondtrust.server.tls.EXPLICIT]', async () => {
    const { good } = await certificates()
    for (const Port of [25, 465]) {
      const upgraded = await sentBy({ ChannelEncryption: 'EXPLICIT', Port }, { extensions: PLAIN, tls: good })
      expect([upgraded.clear, upgraded.verbs]).toEqual(['EHLO, STARTTLS', UPGRADED])
    }
    const refused = await sentBy({ ChannelEncryption: 'EXPLICIT' }, without)
    expect([refused.error?.code, refused.clear, refused.message]).toEqual([
      ...['smtp.starttls.not-offered', 'EHLO, QUIT', undefined],
    ])
  })

  it('NONE is no TLS, whatever is offered; each of the four is what it says against both kinds of server [beyondtrust.server.tls.NONE] [beyondtrust.server.ChannelEncryption]', async () => {
    const { good } = await certificates()
    for (const server of [without, { extensions: PLAIN, tls: good }]) {
      const { clear, session, error } = await sentBy({ ChannelEncryption: 'NONE' }, server)
      expect([clear, session?.tls, error]).toEqual([IN_CLEAR, false, undefined])
    }
    const ended = async (ChannelEncryption: string, server: Circumstances) => {
      const { error, session } = await sentBy({ ChannelEncryption }, server)
      return error?.code ?? (session!.tls ? 'under TLS' : 'in the clear')
    }
    const table = async (server: Circumstances) =>
      Promise.all(['AUTOMATIC', 'IMPLICIT', 'EXPLICIT', 'NONE'].map((value) => ended(value, server)))
    expect(await table(without)).toEqual(['in the clear', 'tls.plaintext', 'smtp.starttls.not-offered', 'in the clear'])
    expect(await table({ extensions: PLAIN, tls: good })).toEqual([
      ...['under TLS', 'tls.plaintext', 'under TLS', 'in the clear'],
    ])
    // what may end in the clear, and takes the password along, is said
    for (const ChannelEncryption of ['AUTOMATIC', 'NONE'])
      expect(fromDialog({ ...LOGIN, ChannelEncryption }).about('login without TLS')).toMatchObject([{ unsafe: true }])
  })
})

describe('the login', () => {
  it('is there when the switch is on, and needs both then [beyondtrust.server.UseCredentials] [beyondtrust.server.UserName]', async () => {
    const { good } = await certificates()
    const off = await sentBy({ ...LOGIN, UseCredentials: 'No' }, { tls: good, extensions: ['AUTH PLAIN'] })
    expect([off.error, off.verbs]).toEqual([undefined, 'EHLO, STARTTLS, EHLO, MAIL, RCPT, DATA, QUIT'])
    expect(fromDialog({ ...LOGIN, UseCredentials: 'No' }).profile.credentials).toMatchObject({
      ...{ enabled: false, user: 'pi', password: PASSWORD },
    })
    const on = await sentBy(LOGIN, { tls: good, auth: AUTH })
    expect([on.session?.authenticated, on.error]).toEqual(['pi', undefined])
    expect(refusedField({ UseCredentials: 'Yes', Password: PASSWORD })).toBe('import.missing UserName')
    expect(refusedField({ UseCredentials: 'Yes', UserName: 'pi' })).toBe('import.missing Password')
  })

  it('the password gets there, and is in no report, trail or error [part of beyondtrust.server.Password]', async () => {
    const { good } = await certificates()
    const right = await sentBy(LOGIN, { tls: good, auth: AUTH })
    const wrong = await sentBy(LOGIN, { tls: good, auth: { ...AUTH, password: 'other' } })
    expect([right.error, wrong.error?.code]).toEqual([undefined, 'smtp.auth.refused'])
    const shown = JSON.stringify([fromDialog(LOGIN).report, right.trail, wrong.trail, wrong.error])
    for (const form of [PASSWORD, base64(PASSWORD), base64(`\0pi\0${PASSWORD}`)]) expect(shown).not.toContain(form)
  })

  it('USER_PASSWORD is PLAIN, else LOGIN [beyondtrust.server.auth.USER_PASSWORD]', async () => {
    for (const AuthenticationMethod of ['USER_PASSWORD', undefined]) {
      const plain = await loginBy({ AuthenticationMethod }, 'LOGIN CRAM-MD5 PLAIN', () => WELCOME)
      expect(plain.auth).toEqual([`AUTH PLAIN ${base64(`\0pi\0${PASSWORD}`)}`])
      const asked: string[] = []
      const login = await loginBy({ AuthenticationMethod }, 'LOGIN CRAM-MD5', async ({ ask }) => {
        asked.push(String(await ask('Username:')), String(await ask('Password:')))
        return WELCOME
      })
      expect([login.auth, asked]).toEqual([['AUTH LOGIN'], ['pi', PASSWORD]])
    }
  })

  it('SASLPLAIN is PLAIN alone, with a warning where anybody can read it [beyondtrust.server.auth.SASLPLAIN]', async () => {
    const plain = await loginBy({ AuthenticationMethod: 'SASLPLAIN' }, 'LOGIN PLAIN CRAM-MD5', () => WELCOME)
    expect(plain.auth).toEqual([`AUTH PLAIN ${base64(`\0pi\0${PASSWORD}`)}`])
    const none = fromDialog({ ...LOGIN, AuthenticationMethod: 'SASLPLAIN', ChannelEncryption: 'NONE' })
    expect(none.about('AuthenticationMethod')[0]!.note).toMatch(/no challenge.*without TLS anyone on the way reads it/)
    expect(none.report.filter(({ unsafe }) => unsafe).map(({ entry }) => entry)).toContain('login without TLS')
  })

  it('CRAMMD5 proves the password, which stays here [beyondtrust.server.auth.CRAMMD5]', async () => {
    const answers: string[] = []
    const cram = await loginBy({ AuthenticationMethod: 'CRAMMD5' }, 'PLAIN CRAM-MD5', async ({ ask }) => {
      answers.push(String(await ask('<1896.6971@relay.example.test>')))
      return WELCOME
    })
    const proof = createHmac('md5', PASSWORD).update('<1896.6971@relay.example.test>').digest('hex')
    expect([cram.error, cram.auth, answers]).toEqual([undefined, ['AUTH CRAM-MD5'], [`pi ${proof}`]])
    for (const form of [PASSWORD, base64(PASSWORD)]) expect(cram.lines).not.toContain(form)
  })

  it('NTLM answers a challenge of Windows; the password stays here [beyondtrust.server.auth.NTLM]', async () => {
    const told: Buffer[] = []
    const ntlm = await loginBy({ AuthenticationMethod: 'NTLM' }, 'PLAIN NTLM', async ({ initial, ask }) => {
      const head = Buffer.from('NTLMSSP\0\x02\0\0\0', 'latin1')
      const flags = Buffer.from([1, 2, 8, 0])
      told.push(initial!, await ask(Buffer.concat([head, Buffer.alloc(8), flags, Buffer.alloc(24, 1)])))
      return WELCOME
    })
    expect(ntlm.error).toBeUndefined()
    expect(ntlm.auth).toEqual([expect.stringMatching(/^AUTH NTLM TlRMTVNTUAAB/)])
    expect(told.map((message) => message.readUInt32LE(8))).toEqual([1, 3])
    expect(told[1]!.includes(Buffer.from('pi', 'utf16le'))).toBe(true)
    for (const message of told)
      for (const encoding of ['utf8', 'utf16le'] as const)
        expect(message.includes(Buffer.from(PASSWORD, encoding))).toBe(false)
  })

  it('XOAUTH2 sends what stands in its tab [beyondtrust.server.auth.XOAUTH2]', async () => {
    const method = { AuthenticationMethod: 'XOAUTH2', AuthenticationValue: 'ya29.token', UserName: 'pi@example.com' }
    const token = await loginBy(method, 'PLAIN XOAUTH2', () => WELCOME)
    expect(token.auth).toEqual([`AUTH XOAUTH2 ${base64('user=pi@example.com\x01auth=Bearer ya29.token\x01\x01')}`])
    expect(token.lines).not.toContain(base64(PASSWORD))
  })

  /** Takes the place of the optional package, whether it is installed here or not. */
  function kerberosIs(load: () => unknown): void {
    const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown }
    const real = loader._load.bind(loader)
    vi.spyOn(loader, '_load').mockImplementation((name, ...rest) =>
      name === 'kerberos' ? load() : real(name, ...rest),
    )
  }

  it('KERBEROS is GSSAPI with a ticket for smtp@server; no other method is in its place [beyondtrust.server.auth.KERBEROS]', async () => {
    const services: string[] = []
    const token = (text: string) => Promise.resolve(base64(text))
    kerberosIs(() => ({
      initializeClient: (service: string) => {
        services.push(service)
        let steps = 0
        const client = { contextComplete: false, wrap: () => token('wrapped'), unwrap: () => token('\x01\0\x10\0') }
        const step = () => {
          client.contextComplete = ++steps > 1
          return steps === 1 ? token('the ticket') : Promise.resolve('')
        }
        return Promise.resolve(Object.assign(client, { step }))
      },
    }))
    const told: string[] = []
    const ticket = await loginBy({ AuthenticationMethod: 'KERBEROS' }, 'PLAIN GSSAPI', async ({ ask }) => {
      told.push(String(await ask('the server')), String(await ask('the layers')))
      return WELCOME
    })
    expect(ticket.error).toBeUndefined()
    expect([services, ticket.auth, told]).toEqual([
      ['smtp@smtp.example.com'],
      [`AUTH GSSAPI ${base64('the ticket')}`],
      ['', 'wrapped'],
    ])
    expect(ticket.lines).not.toContain(base64(PASSWORD))
  })

  it('each of the six methods is the mechanism it says; KERBEROS without its package names that [beyondtrust.server.AuthenticationMethod]', async () => {
    kerberosIs(() => {
      throw Object.assign(new Error("Cannot find module 'kerberos'"), { code: 'MODULE_NOT_FOUND' })
    })
    const all = 'PLAIN LOGIN CRAM-MD5 NTLM GSSAPI XOAUTH2'
    const tried = async (AuthenticationMethod: string | undefined, more: Fields = {}) => {
      const { auth, error } = await loginBy({ AuthenticationMethod, ...more }, all, () => '535 5.7.8 no')
      return [...new Set(auth.map((line) => line.split(' ')[1])), error!.code]
    }
    expect(await tried('USER_PASSWORD')).toEqual(['PLAIN', 'LOGIN', 'smtp.auth.refused'])
    expect(await tried('CRAMMD5')).toEqual(['CRAM-MD5', 'smtp.auth.refused'])
    expect(await tried('NTLM')).toEqual(['NTLM', 'smtp.auth.refused'])
    expect(await tried('SASLPLAIN')).toEqual(['PLAIN', 'smtp.auth.refused'])
    expect(await tried('XOAUTH2', { AuthenticationValue: 't' })).toEqual(['XOAUTH2', 'smtp.auth.token'])
    expect(await tried('KERBEROS')).toEqual(['credentials.package-missing'])
    const { error } = await loginBy({ AuthenticationMethod: 'KERBEROS' }, all, () => WELCOME)
    expect(error!.message).toContain('the package "kerberos", which is not installed')
    const other = await loginBy({ AuthenticationMethod: 'CRAMMD5' }, 'PLAIN LOGIN', () => WELCOME)
    expect([other.auth, other.error?.code]).toEqual([[], 'smtp.auth.no-mechanism'])
  })

  it('by a method the server does not have fails, though the password is right, and says what it has [beyondtrust.behaviour.wrong-mechanism]', async () => {
    const { good } = await certificates()
    const wrong = { ...LOGIN, AuthenticationMethod: 'CRAMMD5' }
    const { error, verbs, message } = await sentBy(wrong, { tls: good, auth: { ...AUTH, mechanisms: ['PLAIN'] } })
    expect(error).toMatchObject({ code: 'smtp.auth.no-mechanism' })
    expect(`${error!.message} ${error!.hint}`).toMatch(/CRAM-MD5.*PLAIN/)
    expect([verbs, message]).toEqual(['EHLO, STARTTLS, EHLO, QUIT', undefined])
  })
})

describe('the time', () => {
  it('is for the whole message, in seconds; 0 is no limit [beyondtrust.server.ServerTimeout]', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const ends = async (ServerTimeout: number | undefined, waits: readonly number[]) => {
      await using sink = await SinkServer.start({ extensions: [], fault: () => ({ at: 'final', how: 'hold' }) })
      const { profile } = fromDialog({ ServerTimeout, ChannelEncryption: 'NONE' })
      // so that only the time of the dialog can end it: the engine gives a silent server less than that
      const timeouts = { idleMs: 2 ** 31 - 1, finalMs: 2 ** 31 - 1 }
      const mailer = new Mailer(profile, { smtp: { connector: leadTo(sink).connector, timeouts } })
      let code: string | undefined
      const sending = mailer.send(TO_BEN).catch((error: unknown) => (code = (error as { code: string }).code))
      while (sink.sessions[0]?.commands.at(-1) !== 'DATA') await new Promise((resolve) => setImmediate(resolve))
      const found: (string | undefined)[] = []
      for (const ms of waits) {
        await vi.advanceTimersByTimeAsync(ms)
        found.push(code)
      }
      await mailer.close({ now: true })
      await sending
      return found
    }
    expect(await ends(90, [89_000, 1_100])).toEqual([undefined, 'deadline.exceeded'])
    expect(await ends(undefined, [59_000, 1_100])).toEqual([undefined, 'deadline.exceeded'])
    expect(await ends(0, [3_600_000])).toEqual([undefined])
  })

  it('the port is 25 unless it is said, and is one that exists [part of beyondtrust.server.Port]', async () => {
    const targets = async (Port?: number) => (await sentBy({ Port, ChannelEncryption: 'NONE' })).targets[0]
    expect(await targets()).toBe('smtp.example.com:25')
    expect(await targets(587)).toBe('smtp.example.com:587')
    expect(refusedField({ Port: 0 })).toBe('import.format Port')
  })
})

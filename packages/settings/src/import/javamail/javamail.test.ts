import { SettingsError } from '@posthorn/ground/portable'
import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkProfile } from '../../check-profile.js'
import type { Profile } from '../../profile/profile.js'
import { FORMATS } from '../formats.js'
import type { ReportLine } from '../import.js'
import { javamail } from './javamail.js'

const HOST = 'mail.smtp.host=smtp.example.com'
const LOGIN = 'mail.smtp.user=app\nmail.smtp.password=Geheim-1'

interface Imported {
  readonly profile: Profile
  readonly report: readonly ReportLine[]
  /** The lines of the report about an entry. */
  readonly of: (entry: string) => readonly ReportLine[]
}

function imported(...lines: readonly string[]): Imported {
  const { profiles, report } = javamail.import({ text: lines.join('\n') })
  const profile = checkProfile(profiles[0]!.profile)
  return { profile, report, of: (entry) => report.filter((line) => line.entry === entry) }
}

const refusal = (...lines: readonly string[]): SettingsError => {
  try {
    javamail.import({ text: lines.join('\n') })
  } catch (error) {
    if (error instanceof SettingsError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** What one property beside a host makes of the profile, and the verdict on it. */
function one(name: string, value: string, ...more: readonly string[]) {
  const { profile, of } = imported(HOST, ...more, `${name}=${value}`)
  const line = of(name).findLast((each) => each.line !== undefined)
  return { profile, ...line! }
}

describe('where mail goes', () => {
  test('the host and port that are written are used, and the default port depends on TLS [part of javamail.mail.smtp.host] [javamail.mail.smtp.port]', () => {
    expect(imported(HOST, 'mail.smtp.port=2525').profile.relay).toMatchObject({ host: 'smtp.example.com', port: 2525 })
    expect(imported(HOST).profile.relay?.port).toBe(25)
    expect(imported(HOST, 'mail.smtp.ssl.enable=true').profile.relay?.port).toBe(465)
    expect(imported('mail.transport.protocol=smtps', 'mail.smtps.host=a.example').profile.relay?.port).toBe(465)
  })

  test('without a host it is this machine, as in JavaMail, and the report says so [part of javamail.mail.smtp.host]', () => {
    const { profile, of } = imported('mail.smtp.port=25')
    expect(profile.relay?.host).toBe('localhost')
    expect(of('mail.smtp.host')).toMatchObject([{ verdict: 'defaulted', settings: ['relay.host'] }])
  })

  test('mail.host is the fallback [javamail.mail.host]', () => {
    expect(imported('mail.host=general.example').profile.relay?.host).toBe('general.example')
    const both = imported('mail.host=general.example', HOST)
    expect(both.profile.relay?.host).toBe('smtp.example.com')
    expect(both.of('mail.host')).toMatchObject([{ verdict: 'ignored' }])
  })

  test('a host that cannot be one is not replaced by another in silence', () => {
    const error = refusal('mail.smtp.host=no host')
    expect([error.code, error.field]).toEqual(['import.missing', 'mail.smtp.host'])
  })

  test('a port that is no number counts as none, as in JavaMail, and one with blanks is understood', () => {
    expect(one('mail.smtp.port', 'many')).toMatchObject({ profile: { relay: { port: 25 } }, verdict: 'ignored' })
    expect(one('mail.smtp.port', '-1')).toMatchObject({ profile: { relay: { port: 25 } }, verdict: 'ignored' })
    expect(one('mail.smtp.port', '587 ')).toMatchObject({ profile: { relay: { port: 587 } }, verdict: 'changed' })
  })

  test.each(['smtp', 'smtps'])('mail.transport.protocol %s [javamail.mail.transport.protocol]', (transport) => {
    const { profile, of } = imported(
      `mail.transport.protocol=${transport}`,
      `mail.${transport}.host=${transport}.example`,
    )
    expect(profile.relay?.host).toBe(`${transport}.example`)
    expect(profile.security).toBe(transport === 'smtps' ? 'implicit' : 'none')
    expect(of('mail.transport.protocol')[0]).toMatchObject({ verdict: 'taken' })
  })

  test('a transport that is not SMTP is refused', () => {
    expect(refusal('mail.transport.protocol=aws', HOST)).toMatchObject({
      code: 'import.format',
      field: 'mail.transport.protocol',
    })
  })

  test('smtps reads mail.smtps.* and not mail.smtp.timeout [javamail.mail.smtps.*]', () => {
    const { profile, of } = imported(
      'mail.transport.protocol=smtps',
      'mail.smtps.host=a.example',
      'mail.smtps.connectiontimeout=7000',
      'mail.smtp.timeout=1000',
    )
    expect(profile).toMatchObject({ security: 'implicit', relay: { port: 465 }, timeouts: { connectMs: 7000 } })
    expect(profile.timeouts?.idleMs).toBeUndefined()
    expect(of('mail.smtp.timeout')).toMatchObject([{ verdict: 'ignored', line: 4 }])
  })

  test('a file with properties of mail.smtps alone is read as smtps, and the report says so', () => {
    const { profile, of } = imported('mail.smtps.host=a.example')
    expect(profile).toMatchObject({ security: 'implicit', relay: { host: 'a.example', port: 465 } })
    expect(of('mail.transport.protocol')[0]).toMatchObject({ verdict: 'changed' })
  })
})

describe('TLS', () => {
  test.each([
    [['mail.smtp.starttls.enable=true'], 'opportunistic'],
    [['mail.smtp.starttls.required=true'], 'starttls'],
    [['mail.smtp.starttls.enable=true', 'mail.smtp.starttls.required=true'], 'starttls'],
    [['mail.smtp.starttls.enable=false', 'mail.smtp.starttls.required=true'], 'starttls'],
    [['mail.smtp.ssl.enable=true', 'mail.smtp.starttls.required=true'], 'implicit'],
    [['mail.smtp.ssl.enable=false', 'mail.smtp.starttls.enable=false'], 'none'],
    [[], 'none'],
  ])(
    '%j is %s [part of javamail.mail.smtp.starttls.enable] [part of javamail.mail.smtp.starttls.required] [part of javamail.mail.smtp.ssl.enable]',
    (lines, security) => {
      expect(imported(HOST, ...lines).profile.security).toBe(security)
    },
  )

  test('no TLS, and TLS only when offered, are said to be unsafe', () => {
    expect(imported(HOST).report).toContainEqual(
      expect.objectContaining({ verdict: 'defaulted', settings: ['security'], unsafe: true }),
    )
    expect(one('mail.smtp.starttls.enable', 'true')).toMatchObject({ verdict: 'taken', unsafe: true })
  })

  test('what JavaMail does not take for true is not taken for true here, and said', () => {
    const { profile, verdict, note } = one('mail.smtp.starttls.required', 'yes')
    expect(profile.security).toBe('none')
    expect([verdict, note]).toEqual(['changed', 'is neither true nor false; JavaMail takes it for false'])
  })

  test('the SSL socket factory is implicit TLS, another class is only told of [javamail.mail.smtp.socketFactory.class]', () => {
    const ssl = one('mail.smtp.socketFactory.class', 'javax.net.ssl.SSLSocketFactory')
    expect(ssl).toMatchObject({ verdict: 'taken', profile: { security: 'implicit', relay: { port: 465 } } })
    const other = one('mail.smtp.socketFactory.class', 'com.example.Factory')
    expect(other).toMatchObject({ verdict: 'lost', profile: { security: 'none' } })
  })

  test('there is no fallback to a clear connection [part of javamail.mail.smtp.socketFactory.fallback]', () => {
    const { profile, of } = imported(
      HOST,
      'mail.smtp.socketFactory.class=javax.net.ssl.SSLSocketFactory',
      'mail.smtp.socketFactory.fallback=true',
    )
    expect(profile.security).toBe('implicit')
    expect(of('mail.smtp.socketFactory.fallback')).toMatchObject([{ verdict: 'ignored' }])
  })

  test('the port of the factory counts before the other one [part of javamail.mail.smtp.socketFactory.port] [part of javamail.mail.smtp.ssl.socketFactory.port]', () => {
    const ofClass = imported(
      HOST,
      'mail.smtp.port=25',
      'mail.smtp.socketFactory.class=javax.net.ssl.SSLSocketFactory',
      'mail.smtp.socketFactory.port=4650',
    )
    expect(ofClass.profile.relay?.port).toBe(4650)
    expect(ofClass.of('mail.smtp.port')).toMatchObject([{ verdict: 'ignored' }])
    expect(one('mail.smtp.ssl.socketFactory.port', '4651', 'mail.smtp.ssl.enable=true').profile.relay?.port).toBe(4651)
    expect(one('mail.smtp.socketFactory.port', '4650')).toMatchObject({
      verdict: 'ignored',
      profile: { relay: { port: 25 } },
    })
  })

  test.each([
    ['mail.smtp.socketFactory', '[javamail.mail.smtp.socketFactory]'],
    ['mail.smtp.ssl.socketFactory', '[javamail.mail.smtp.ssl.socketFactory]'],
    ['mail.smtp.ssl.socketFactory.class', '[javamail.mail.smtp.ssl.socketFactory.class]'],
    ['mail.smtp.ssl.hostnameverifier', '[javamail.mail.smtp.ssl.hostnameverifier]'],
    ['mail.smtp.executor.writetimeout', '[javamail.mail.smtp.executor.writetimeout]'],
  ])('%s is an object of Java: a line says that it is not used %s', (name) => {
    const { profile, verdict, note } = one(name, 'com.example.Thing')
    expect([verdict, note]).toEqual(['ignored', expect.stringMatching(/an object of Java/)])
    expect(profile).toEqual(imported(HOST).profile)
  })

  test('the usual host name check is accepted by its names, another one refused [javamail.mail.smtp.ssl.hostnameverifier.class]', () => {
    for (const name of ['legacy', 'sun.security.util.HostnameChecker', 'JdkHostnameChecker', 'MailHostnameVerifier']) {
      expect(one('mail.smtp.ssl.hostnameverifier.class', name)).toMatchObject({ verdict: 'ignored' })
    }
    const error = refusal(HOST, 'mail.smtp.ssl.hostnameverifier.class=com.example.TrustAll')
    expect([error.code, error.field]).toEqual(['import.format', 'mail.smtp.ssl.hostnameverifier.class'])
    expect(refusal(HOST, 'mail.smtp.ssl.hostnameverifier.class=any').code).toBe('import.format')
  })

  test('the name check can be left out, the chain is still checked, and that is unsafe [part of javamail.mail.smtp.ssl.checkserveridentity]', () => {
    expect(one('mail.smtp.ssl.checkserveridentity', 'false')).toMatchObject({
      profile: { tls: { verifyHost: false } },
      unsafe: true,
    })
    expect(one('mail.smtp.ssl.checkserveridentity', 'true').profile.tls).toEqual({ verifyHost: true })
    expect(imported(HOST).profile.tls).toBeUndefined()
  })

  test('trusted hosts, between blanks or all [part of javamail.mail.smtp.ssl.trust]', () => {
    expect(one('mail.smtp.ssl.trust', 'a.example  B.example')).toMatchObject({
      profile: { tls: { trustHosts: ['a.example', 'B.example'] } },
      unsafe: true,
    })
    expect(one('mail.smtp.ssl.trust', '*').profile.tls?.trustHosts).toEqual(['*'])
    const own = one('mail.smtp.ssl.trust', '*', 'mail.smtp.ssl.socketFactory.class=com.example.Factory')
    expect([own.verdict, own.profile.tls]).toEqual(['ignored', undefined])
  })

  test('versions become the oldest and the newest; gaps and dead ones alone are refused [part of javamail.mail.smtp.ssl.protocols]', () => {
    expect(one('mail.smtp.ssl.protocols', 'TLSv1.2').profile.tls).toEqual({
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
    })
    expect(one('mail.smtp.ssl.protocols', 'TLSv1.3 TLSv1.2').profile.tls).toEqual({
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
    })
    expect(one('mail.smtp.ssl.protocols', 'SSLv2Hello SSLv3 TLSv1')).toMatchObject({
      verdict: 'changed',
      unsafe: true,
      profile: { tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1' } },
    })
    for (const value of ['TLSv1 TLSv1.2', 'SSLv3', 'TLSv1.2 TLSv9', 'TLS']) {
      expect(refusal(HOST, `mail.smtp.ssl.protocols=${value}`)).toMatchObject({
        code: 'import.format',
        field: 'mail.smtp.ssl.protocols',
      })
    }
  })

  test('cipher suites by their names in Java [part of javamail.mail.smtp.ssl.ciphersuites]', () => {
    expect(
      one('mail.smtp.ssl.ciphersuites', 'SSL_RSA_WITH_AES_128_CBC_SHA  TLS_AES_256_GCM_SHA384').profile.tls?.ciphers,
    ).toBe('SSL_RSA_WITH_AES_128_CBC_SHA TLS_AES_256_GCM_SHA384')
  })
})

describe('the connection', () => {
  test('time-outs are milliseconds, 0 and negative ones no limit, none is ours [javamail.mail.smtp.connectiontimeout] [part of javamail.mail.smtp.timeout] [part of javamail.mail.smtp.writetimeout]', () => {
    const { profile } = imported(
      HOST,
      'mail.smtp.connectiontimeout=1500',
      'mail.smtp.timeout=0',
      'mail.smtp.writetimeout=-1',
    )
    expect(profile.timeouts).toEqual({ connectMs: 1500, idleMs: 0, writeMs: 0 })
    const unset = imported(HOST)
    expect(unset.profile.timeouts).toBeUndefined()
    expect(unset.of('mail.smtp.timeout')).toMatchObject([{ verdict: 'changed' }])
  })

  test('the name in EHLO, else the local address as a literal [part of javamail.mail.smtp.localhost] [part of javamail.mail.smtp.localaddress]', () => {
    expect(one('mail.smtp.localaddress', '192.0.2.1', 'mail.smtp.localhost=app.example').profile.identity).toEqual({
      localName: 'app.example',
      localAddress: '192.0.2.1',
    })
    expect(one('mail.smtp.localaddress', '192.0.2.1').profile.identity?.localName).toBe('[192.0.2.1]')
    expect(one('mail.smtp.localaddress', '2001:db8::1').profile.identity?.localName).toBe('[IPv6:2001:db8::1]')
    expect(one('mail.smtp.localaddress', 'name.example').verdict).toBe('lost')
  })

  test('a local port serves one connection [part of javamail.mail.smtp.localport]', () => {
    const { profile, note } = one('mail.smtp.localport', '2500')
    expect(profile).toMatchObject({ identity: { localPort: 2500 }, pool: { maxConnections: 1 } })
    expect(note).toMatch(/one port serves one connection/)
  })

  test.each<[name: string, value: string, expected: object, row: string]>([
    ['mail.smtp.ehlo', 'false', { relay: { extensions: false } }, '[part of javamail.mail.smtp.ehlo]'],
    ['mail.smtp.quitwait', 'false', { timeouts: { quitMs: 0 } }, '[part of javamail.mail.smtp.quitwait]'],
    [
      'mail.smtp.quitonsessionreject',
      'true',
      { relay: { quitAfterRefusedGreeting: true } },
      '[part of javamail.mail.smtp.quitonsessionreject]',
    ],
    ['mail.smtp.userset', 'true', { pool: { probeCommand: 'RSET' } }, '[part of javamail.mail.smtp.userset]'],
    ['mail.smtp.noop.strict', 'false', { pool: { probeStrict: false } }, '[part of javamail.mail.smtp.noop.strict]'],
    ['mail.smtp.chunksize', '65536', { relay: { chunkOctets: 65_536 } }, '[part of javamail.mail.smtp.chunksize]'],
    ['mail.smtp.chunksize', '-1', { relay: { chunking: 'off' } }, '[part of javamail.mail.smtp.chunksize]'],
    [
      'mail.smtp.allow8bitmime',
      'true',
      { delivery: { transferEncoding: '8bit' } },
      '[part of javamail.mail.smtp.allow8bitmime]',
    ],
    [
      'mail.smtp.submitter',
      'a@b.example',
      { delivery: { submitter: 'a@b.example' } },
      '[part of javamail.mail.smtp.submitter]',
    ],
    [
      'mail.smtp.from',
      'bounce@b.example',
      { sender: { returnPath: 'bounce@b.example' } },
      '[part of javamail.mail.smtp.from]',
    ],
    ['mail.smtp.dsn.ret', 'HDRS', { delivery: { dsn: { ret: 'headers' } } }, '[part of javamail.mail.smtp.dsn.ret]'],
    [
      'mail.mime.allowutf8',
      'true',
      { delivery: { smtpUtf8: 'when-offered' } },
      '[part of javamail.mail.mime.allowutf8]',
    ],
    ['mail.debug', 'true', { logging: { level: 'debug', destinations: ['stderr'] } }, '[part of javamail.mail.debug]'],
    [
      'mail.debug.auth.username',
      'false',
      { logging: { showUser: false } },
      '[part of javamail.mail.debug.auth.username]',
    ],
  ])('%s=%s is %j %s', (name, value, expected) => {
    const { profile, settings } = one(name, value)
    expect(profile).toMatchObject(expected)
    expect(settings?.length).toBeGreaterThan(0)
  })

  test('QUIT waits as long as replies do', () => {
    expect(one('mail.smtp.quitwait', 'true', 'mail.smtp.timeout=4000').profile.timeouts).toEqual({
      idleMs: 4000,
      quitMs: 4000,
    })
    expect(one('mail.smtp.quitwait', 'true').verdict).toBe('ignored')
  })

  test('a refused greeting is not answered with QUIT, as in JavaMail by default', () => {
    expect(imported(HOST).profile.relay?.quitAfterRefusedGreeting).toBe(false)
  })

  test.each([
    ['mail.smtp.usesocketchannels', 'true', '[javamail.mail.smtp.usesocketchannels]'],
    ['mail.smtp.reportsuccess', 'true', '[part of javamail.mail.smtp.reportsuccess]'],
    ['mail.smtp.auth.ntlm.unicode', 'false', '[javamail.mail.smtp.auth.ntlm.unicode]'],
    ['mail.smtp.auth.ntlm.lmcompat', '5', '[javamail.mail.smtp.auth.ntlm.lmcompat]'],
    ['mail.debug.auth', 'true', '[part of javamail.mail.debug.auth]'],
    ['mail.debug.auth.password', 'true', '[part of javamail.mail.debug.auth.password]'],
    ['mail.debug.quote', 'false', '[part of javamail.mail.debug.quote]'],
  ])('%s=%s changes nothing and has a line %s', (name, value) => {
    const { profile, verdict } = one(name, value)
    expect(profile).toEqual(imported(HOST).profile)
    expect(verdict).toBe('ignored')
  })

  test('an HTTP proxy, its port in the host or beside it, and its login [part of javamail.mail.smtp.proxy.host] [part of javamail.mail.smtp.proxy.port] [part of javamail.mail.smtp.proxy.user] [part of javamail.mail.smtp.proxy.password]', () => {
    expect(one('mail.smtp.proxy.host', 'proxy.example').profile.proxy).toEqual({ type: 'http', host: 'proxy.example' })
    expect(one('mail.smtp.proxy.host', 'proxy.example:3128').profile.proxy).toMatchObject({ port: 3128 })
    const { profile } = imported(
      HOST,
      'mail.smtp.proxy.host=[2001:db8::2]:3128',
      'mail.smtp.proxy.port=8080',
      'mail.smtp.proxy.user=u',
      'mail.smtp.proxy.password=Geheim-2',
    )
    expect(profile.proxy).toEqual({ type: 'http', host: '2001:db8::2', port: 8080, user: 'u', password: 'Geheim-2' })
  })

  test('a SOCKS proxy [part of javamail.mail.smtp.socks.host] [part of javamail.mail.smtp.socks.port]', () => {
    expect(one('mail.smtp.socks.port', '1081', 'mail.smtp.socks.host=socks.example').profile.proxy).toEqual({
      type: 'socks5',
      host: 'socks.example',
      port: 1081,
    })
    expect(one('mail.smtp.socks.host', 'socks.example:9').profile.proxy?.port).toBe(9)
    expect(one('mail.smtp.socks.port', '1081')).toMatchObject({ verdict: 'ignored' })
  })

  test('the HTTP proxy wins over SOCKS [part of javamail.behaviour.proxy-order]', () => {
    const { profile, of } = imported(HOST, 'mail.smtp.socks.host=s.example', 'mail.smtp.proxy.host=p.example')
    expect(profile.proxy).toEqual({ type: 'http', host: 'p.example' })
    expect(of('mail.smtp.socks.host')).toMatchObject([{ verdict: 'ignored' }])
  })
})

describe('the envelope', () => {
  test('one refusal stops the message for all kinds of recipients, unless it may go to the others [part of javamail.mail.smtp.sendpartial]', () => {
    const all = (value: string) => ({ to: value, cc: value, bcc: value })
    expect(imported(HOST).profile.delivery?.onRefused).toEqual(all('stop'))
    expect(one('mail.smtp.sendpartial', 'false').profile.delivery?.onRefused).toEqual(all('stop'))
    expect(one('mail.smtp.sendpartial', 'true').profile.delivery?.onRefused).toEqual(all('continue'))
  })

  test('notifications, and what JavaMail does not know of them is refused [part of javamail.mail.smtp.dsn.notify]', () => {
    expect(one('mail.smtp.dsn.notify', 'NEVER').profile.delivery?.dsn?.notify).toEqual(['never'])
    expect(one('mail.smtp.dsn.notify', 'SUCCESS, FAILURE,DELAY').profile.delivery?.dsn?.notify).toEqual([
      'success',
      'failure',
      'delay',
    ])
    for (const value of ['ALWAYS', 'NEVER,SUCCESS', ',']) {
      expect(refusal(HOST, `mail.smtp.dsn.notify=${value}`).code).toBe('import.format')
    }
    expect(refusal(HOST, 'mail.smtp.dsn.ret=SOME').code).toBe('import.format')
  })

  test('what goes behind MAIL is one line [part of javamail.mail.smtp.mailextension]', () => {
    expect(one('mail.smtp.mailextension', 'BY=120;R  XFOO').profile.delivery?.mailParameters).toEqual([
      'BY=120;R',
      'XFOO',
    ])
    expect(refusal(HOST, 'mail.smtp.mailextension=A\\r\\nRCPT TO:<x@y>').code).toBe('import.format')
  })

  test('mail.from is the author, with a name shown or without; else mail.user at mail.host [javamail.mail.from]', () => {
    expect(one('mail.from', 'a@b.example').profile.sender).toEqual({ from: 'a@b.example' })
    expect(one('mail.from', '"Doe, J." <a@b.example>').profile.sender).toEqual({ from: 'a@b.example', name: 'Doe, J.' })
    expect(imported('mail.host=b.example', 'mail.user=app').profile.sender).toEqual({ from: 'app@b.example' })
    expect(imported(HOST, 'mail.smtp.user=app').profile.sender).toBeUndefined()
  })
})

describe('the login', () => {
  test('mail.user is the fallback of mail.smtp.user, and a name alone logs nobody in [javamail.mail.user] [part of javamail.mail.smtp.user]', () => {
    expect(imported(HOST, 'mail.user=general', 'password=Geheim-1').profile.credentials?.user).toBe('general')
    expect(imported(HOST, 'mail.user=general', LOGIN).profile.credentials?.user).toBe('app')
    expect(imported(HOST, 'mail.smtp.user=app').profile.credentials).toEqual({ user: 'app', enabled: false })
  })

  test.each([
    [true, true, { user: 'app', required: true }],
    [false, true, { user: 'app', required: false }],
    [undefined, true, { user: 'app', required: false }],
    [false, false, undefined],
  ])('auth %s with credentials %s [part of javamail.mail.smtp.auth]', (auth, credentials, expected) => {
    const { profile, report } = imported(
      HOST,
      ...(auth === undefined ? [] : [`mail.smtp.auth=${auth}`]),
      ...(credentials ? [LOGIN] : []),
    )
    if (expected) expect(profile.credentials).toMatchObject(expected)
    else expect(profile.credentials).toBeUndefined()
    const unsafe = report.find((line) => line.unsafe && line.settings?.includes('credentials.required'))
    expect(unsafe !== undefined).toBe(credentials && auth !== true)
  })

  test('auth without anybody to log in is refused before anything is sent [part of javamail.mail.smtp.auth]', () => {
    const error = refusal(HOST, 'mail.smtp.auth=true')
    expect([error.code, error.field]).toEqual(['import.missing', 'mail.smtp.user, mail.smtp.password'])
  })

  test('a password that is not in the file is looked for in a variable', () => {
    const asked = imported(HOST, 'mail.smtp.auth=true', 'mail.smtp.user=app')
    expect(asked.profile.credentials).toMatchObject({ user: 'app', password: 'env:SMTP_PASSWORD' })
    expect(asked.of('mail.smtp.auth')).toMatchObject([{ verdict: 'changed' }])
    const named = imported(
      HOST,
      'mail.smtp.auth=true',
      'mail.smtp.user=app',
      'mail.smtp.password=${mail.secret-word:Geheim}',
    )
    expect(named.profile.credentials?.password).toBe('env:MAIL_SECRET_WORD')
    expect(named.of('mail.smtp.password')).toMatchObject([
      { verdict: 'lost', note: expect.stringContaining('default in the placeholder') as string },
      { verdict: 'changed', note: expect.stringContaining('the variable MAIL_SECRET_WORD of') as string },
    ])
    expect(JSON.stringify(named.report)).not.toContain('Geheim')
    for (const password of ['${A}', '${A:}']) {
      const { profile, of } = imported(HOST, 'mail.smtp.user=app', `mail.smtp.password=${password}`)
      expect(profile.credentials?.password).toBe('env:A')
      expect(of('mail.smtp.password').map(({ verdict }) => verdict)).toEqual(['changed'])
    }
  })

  test('a password that looks like a reference stays a password', () => {
    const { profile } = imported(HOST, 'mail.smtp.auth=true', 'user=app', 'password=env:GEHEIM')
    expect(profile.credentials?.password).toBe('plain:env:GEHEIM')
  })

  test('where there may be no TLS, JavaMail logs in all the same; that is taken over and unsafe', () => {
    for (const lines of [[], ['mail.smtp.starttls.enable=true']]) {
      const { profile, report } = imported(HOST, LOGIN, ...lines)
      expect(profile.credentials?.allowCleartextAuth).toBe(true)
      expect(report).toContainEqual(
        expect.objectContaining({ verdict: 'defaulted', settings: ['credentials.allowCleartextAuth'], unsafe: true }),
      )
    }
    expect(
      imported(HOST, LOGIN, 'mail.smtp.starttls.required=true').profile.credentials?.allowCleartextAuth,
    ).toBeUndefined()
  })

  test('the order of mechanisms is that of JavaMail, or the one that is written [part of javamail.mail.smtp.auth.mechanisms]', () => {
    expect(imported(HOST, LOGIN).profile.credentials?.mechanisms).toEqual(['LOGIN', 'PLAIN', 'DIGEST-MD5', 'NTLM'])
    const { profile, of } = imported(
      HOST,
      LOGIN,
      'mail.smtp.auth.mechanisms=scram-sha-256 PLAIN',
      'mail.smtp.auth.plain.disable=true',
    )
    expect(profile.credentials).toMatchObject({ mechanisms: ['SCRAM-SHA-256', 'PLAIN'], mechanismFallback: false })
    expect(of('mail.smtp.auth.plain.disable')).toMatchObject([{ verdict: 'ignored' }])
  })

  test.each(['login', 'plain', 'digest-md5', 'ntlm'])(
    'auth.%s.disable leaves it out [part of javamail.mail.smtp.auth.login.disable] [part of javamail.mail.smtp.auth.plain.disable] [part of javamail.mail.smtp.auth.digest-md5.disable] [part of javamail.mail.smtp.auth.ntlm.disable]',
    (name) => {
      const { profile } = imported(HOST, LOGIN, `mail.smtp.auth.${name}.disable=true`)
      expect(profile.credentials?.mechanisms).toHaveLength(3)
      expect(profile.credentials?.mechanisms).not.toContain(name.toUpperCase())
    },
  )

  test('XOAUTH2 is off until it is switched on, and the password is a token then [part of javamail.mail.smtp.auth.xoauth2.disable] [part of javamail.behaviour.xoauth2-response]', () => {
    expect(imported(HOST, LOGIN, 'mail.smtp.auth.xoauth2.disable=true').profile.credentials?.mechanisms).not.toContain(
      'XOAUTH2',
    )
    const on = imported(HOST, LOGIN, 'mail.smtp.auth.xoauth2.disable=false').profile.credentials
    expect(on).toMatchObject({
      mechanisms: ['LOGIN', 'PLAIN', 'DIGEST-MD5', 'NTLM', 'XOAUTH2'],
      accessToken: 'Geheim-1',
    })
    const first = imported(HOST, LOGIN, 'mail.smtp.auth.mechanisms=XOAUTH2 PLAIN').profile.credentials
    expect(first).toMatchObject({ mechanisms: ['XOAUTH2', 'PLAIN'], accessToken: 'Geheim-1' })
    expect(first?.password).toBeUndefined()
  })

  test('the SASL list counts with sasl.enable [part of javamail.mail.smtp.sasl.enable] [part of javamail.mail.smtp.sasl.mechanisms]', () => {
    const lines = [HOST, LOGIN, 'mail.smtp.auth.mechanisms=PLAIN', 'mail.smtp.sasl.mechanisms=CRAM-MD5, PLAIN LOGIN']
    expect(imported(...lines, 'mail.smtp.sasl.enable=true').profile.credentials?.mechanisms).toEqual([
      'CRAM-MD5',
      'PLAIN',
      'LOGIN',
    ])
    expect(imported(...lines).profile.credentials?.mechanisms).toEqual(['PLAIN'])
    expect(imported(HOST, LOGIN, 'mail.smtp.sasl.enable=true').profile.credentials?.mechanisms).toBeUndefined()
  })

  test('identity, realm by its old and new name, domain [part of javamail.mail.smtp.sasl.authorizationid] [part of javamail.mail.smtp.sasl.realm] [javamail.mail.smtp.saslrealm] [part of javamail.mail.smtp.auth.ntlm.domain]', () => {
    expect(one('mail.smtp.sasl.authorizationid', 'shared').profile.credentials?.authorizationId).toBe('shared')
    expect(one('mail.smtp.sasl.realm', 'R').profile.credentials?.realm).toBe('R')
    expect(one('mail.smtp.saslrealm', 'OLD').profile.credentials?.realm).toBe('OLD')
    const both = one('mail.smtp.saslrealm', 'OLD', 'mail.smtp.sasl.realm=R')
    expect([both.verdict, both.profile.credentials?.realm]).toEqual(['ignored', 'R'])
    expect(one('mail.smtp.auth.ntlm.domain', 'D').profile.credentials?.realm).toBe('D')
    expect(one('mail.smtp.auth.ntlm.domain', 'D', 'mail.smtp.sasl.realm=R').verdict).toBe('lost')
  })

  test('NTLM: version and flags [part of javamail.mail.smtp.auth.ntlm.v2] [part of javamail.mail.smtp.auth.ntlm.flags]', () => {
    expect(one('mail.smtp.auth.ntlm.v2', 'false')).toMatchObject({
      profile: { credentials: { ntlm: { version: 1 } } },
      unsafe: true,
    })
    expect(one('mail.smtp.auth.ntlm.v2', 'true').profile.credentials?.ntlm?.version).toBe(2)
    expect(one('mail.smtp.auth.ntlm.flags', '-2147483648').profile.credentials?.ntlm?.flags).toBe(2 ** 31)
  })

  test('the canonical name of the server is taken over and unsafe [part of javamail.mail.smtp.sasl.usecanonicalhostname]', () => {
    const { profile, verdict, note, unsafe } = one('mail.smtp.sasl.usecanonicalhostname', 'true')
    expect(profile.credentials).toEqual({ canonicalHost: true })
    expect([verdict, note, unsafe]).toEqual(['taken', expect.stringContaining('credentials.serviceHost'), true])
    expect(one('mail.smtp.sasl.usecanonicalhostname', 'false').profile.credentials).toEqual({ canonicalHost: false })
  })

  test('Kerberos needs no password', () => {
    const { profile } = imported(HOST, 'mail.smtp.user=app', 'mail.smtp.auth=true', 'mail.smtp.auth.mechanisms=GSSAPI')
    expect(profile.credentials).toMatchObject({ user: 'app', mechanism: 'GSSAPI', required: true })
  })
})

describe('the file', () => {
  test('Spring Boot: its own names win, placeholders with a default are resolved', () => {
    const { profile, report } = imported(
      'spring.mail.properties.mail.smtp.host=loses.example',
      'spring.mail.host=wins.example',
      'spring.mail.properties[mail.smtp.starttls.required]=true',
      'spring.mail.user-name=x',
      'spring.mail.username=app',
      'spring.mail.password=${MAIL_PASSWORD}',
      'spring.mail.properties.mail.smtp.timeout=${TIMEOUT:4000}',
      'spring.mail.properties.mail.smtp.localhost=${HOSTNAME}',
      'spring.mail.testConnection=true',
    )
    expect(profile).toMatchObject({
      relay: { host: 'wins.example' },
      security: 'starttls',
      credentials: { user: 'app', password: 'env:MAIL_PASSWORD' },
      timeouts: { idleMs: 4000 },
    })
    // both spellings of username are one name for Spring, and the last one counts
    expect(report.slice(0, 9).map((line) => line.verdict)).toEqual([
      ...['ignored', 'taken', 'taken', 'ignored', 'taken', 'changed', 'changed', 'lost', 'lost'],
    ])
  })

  test('an empty protocol of Spring has its line, too', () => {
    expect(imported(HOST, 'spring.mail.protocol=').of('spring.mail.protocol')).toMatchObject([
      { verdict: 'ignored', line: 2 },
    ])
  })

  test('a name that is not letter by letter one of JavaMail is unknown, with the one that may be meant', () => {
    const { verdict, note } = one('mail.smtp.Timeout', '1')
    expect(verdict).toBe('unknown')
    expect(note).toContain('did you mean mail.smtp.timeout?')
  })

  test('the last entry of a name counts, as in Java, with its line behind continued ones', () => {
    const { profile, of } = imported(
      '# x',
      'mail.smtp.host = smtp.\\',
      '   example.com',
      '',
      'mail.smtp.port=1',
      'mail.smtp.port=2',
    )
    expect(profile.relay).toMatchObject({ host: 'smtp.example.com', port: 2 })
    expect(of('mail.smtp.port').map(({ line, verdict }) => [line, verdict])).toEqual([
      [5, 'ignored'],
      [6, 'taken'],
    ])
  })

  test('a line whose = got lost does not show the password in it', () => {
    const { report } = imported(HOST, 'mail.smtp.passwordGeheim-1', 'mail.smtp.password', 'Geheim-2', 'geheim3=4')
    expect(JSON.stringify(report)).not.toMatch(/geheim/i)
    expect(report.filter((line) => line.line !== undefined)).toHaveLength(5)
  })

  test('a text without a property of JavaMail, or with too many, is refused', () => {
    expect(refusal('server.port=8080').code).toBe('import.format')
    expect(refusal(...Array.from({ length: 5001 }, (_, index) => `mail.smtp.x${index}=1`)).code).toBe('import.format')
  })
})

describe('samples', () => {
  const folder = new URL('../../../test/samples/javamail/', import.meta.url)

  test.each(readdirSync(folder))(
    '%s is recognised, passes the check, and has a line for each entry without a secret',
    (name) => {
      const text = readFileSync(new URL(name, folder), 'utf8')
      expect(FORMATS.find((format) => format.recognises({ text, name }))?.name).toBe('javamail')
      const { profiles, report } = javamail.import({ text, name })
      checkProfile(profiles[0]!.profile)
      expect(JSON.stringify(report)).not.toContain('Geheim')
      const starts = text.split('\n').flatMap((line, index) => (/^[a-z]/.test(line) ? [index + 1] : []))
      expect([...new Set(report.flatMap(({ line }) => line ?? []))]).toEqual(starts)
    },
  )
})

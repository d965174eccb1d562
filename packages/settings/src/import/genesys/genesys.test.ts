import { readFileSync } from 'node:fs'
import { SettingsError } from '@posthorn/ground/portable'
import { describe, expect, it } from 'vitest'
import { checkProfile } from '../../check-profile.js'
import type { Profile } from '../../profile/profile.js'
import type { Import, ReportLine } from '../import.js'
import { genesys } from './genesys.js'

const sample = (name: string) => readFileSync(new URL(`../../../test/samples/genesys/${name}`, import.meta.url), 'utf8')

function imported(text: string): Import {
  const read = genesys.import({ text })
  for (const { profile } of read.profiles) expect(checkProfile(profile)).toBe(profile)
  expect(JSON.stringify(read.report)).not.toContain('Geheim')
  return read
}

/** The profile of one section with these options. */
function section(options: string): {
  profile: Profile
  report: readonly ReportLine[]
  of: (entry: string) => ReportLine[]
} {
  const { profiles, report } = imported(`[smtp-client]\n${options}`)
  expect(profiles).toHaveLength(1)
  return { profile: profiles[0]!.profile, report, of: (entry) => report.filter((line) => line.entry === entry) }
}

function refusal(text: string): SettingsError {
  try {
    genesys.import({ text })
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    expect(error.message + error.hint).not.toContain('Geheim')
    return error
  }
  throw new Error('was imported')
}

const refused = (options: string) => refusal(`[smtp-client]\n${options}`)

const SERVER = 'server=relay.example.com'
const LOGIN = `${SERVER}\nenable-authentication=true\nuser=u@example.com\npassword=Geheim`
const TOKENS = `${LOGIN}\nmail.smtp.auth.mechanisms=XOAUTH2\nclient-id=c1\ndirectory-id=t1`
const GRAPH = 'server-type=GRAPH\nuser=u@example.com\npassword=Geheim\nclient-id=c1\ndirectory-id=t1'
const EWS = 'server-type=EWS\nserver=https://mail.example.com/EWS/Exchange.asmx'
const GOOGLE = `${LOGIN}\nmail.smtp.auth.mechanisms=XOAUTH2\nclient-id=c1\ntenant-authority=GoogleX`

describe('an options file', () => {
  it('becomes one profile, with every option in the report [genesys.behaviour.section-file]', () => {
    const { profiles, report } = imported(sample('smtp-client.cfg'))
    expect(profiles).toEqual([
      {
        name: 'smtp-client',
        profile: {
          transport: 'smtp',
          security: 'starttls',
          relay: { host: 'smtp.example.com', port: 587, quitAfterRefusedGreeting: false },
          identity: { localName: 'mail.example.com' },
          credentials: {
            enabled: true,
            user: 'mailer@example.com',
            password: 'Geheim-7/1',
            mechanisms: ['LOGIN', 'PLAIN', 'DIGEST-MD5', 'NTLM'],
            mechanismFallback: false,
          },
          pool: { probeIdleMs: 45_000, maxIdleMs: 240_000, maxConnections: 5 },
          timeouts: { connectMs: 30_000, idleMs: 600_000, finalMs: 600_000, totalMs: 0 },
          logging: { level: 'debug', destinations: ['stderr'] },
          delivery: { onRefused: { to: 'stop', cc: 'stop', bcc: 'stop' } },
          proxy: { type: 'none' },
        },
      },
    ])
    const lines = report.map(({ line, entry, verdict }) => [line, entry, verdict])
    expect(lines.filter(([line]) => line !== undefined)).toEqual([
      [3, 'cnx-check-idle-time', 'taken'],
      [4, 'cnx-max-idle-time', 'taken'],
      [5, 'cnx-pool-size', 'taken'],
      [6, 'connect-timeout', 'taken'],
      [7, 'enable-authentication', 'taken'],
      [8, 'enable-debug', 'changed'],
      [9, 'password', 'taken'],
      [10, 'port', 'taken'],
      [11, 'protocol-timeout', 'taken'],
      [12, 'server', 'taken'],
      [13, 'server-type', 'taken'],
      [14, 'smtp-connection-security', 'taken'],
      [15, 'user', 'taken'],
      [16, 'mail.smtp.localhost', 'taken'],
      [17, 'mail.smtp.host', 'ignored'],
      [21, '[pop-client] mailbox', 'ignored'],
      [22, '[pop-client] password', 'ignored'],
      [23, '[pop-client] server', 'ignored'],
      [26, '[proxy] useProxy', 'taken'],
    ])
    expect(lines.filter(([line]) => line === undefined).every(([, , verdict]) => verdict === 'defaulted')).toBe(true)
  })

  it('takes the defaults of Genesys for what is not written, and says what of them is unsafe', () => {
    const { profile, report } = section(SERVER)
    expect(profile).toMatchObject({
      transport: 'smtp',
      security: 'none',
      relay: { host: 'relay.example.com', port: 25 },
      credentials: { enabled: false },
      timeouts: { connectMs: 300_000, idleMs: 300_000, finalMs: 300_000, totalMs: 0 },
      pool: { maxConnections: 10, probeIdleMs: 30_000, maxIdleMs: 300_000 },
    })
    expect(report.filter(({ unsafe }) => unsafe).map(({ entry, verdict }) => [entry, verdict])).toEqual([
      ['smtp-connection-security', 'defaulted'],
    ])
  })

  it('is the same profile with the defaults written out', () => {
    expect(imported(sample('all-defaults.cfg')).profiles[0]!.profile).toEqual(section(SERVER).profile)
  })

  it('says what it cannot read without repeating it', () => {
    const { report, of } = section(`${SERVER}\nGeheim-line\n=Geheim\nprot=25\nx y z Geheim=1\nport=25\nport=26`)
    expect(report.slice(1, 6).map(({ line, entry, verdict }) => [line, entry, verdict])).toEqual([
      [3, 'a line', 'unknown'],
      [4, 'a line', 'unknown'],
      [5, 'prot', 'unknown'],
      [6, 'a line', 'unknown'],
      [7, 'port', 'ignored'],
    ])
    expect(of('prot')[0]!.note).toContain('did you mean port')
    expect(of('port').at(-1)).toMatchObject({ line: 8, settings: ['relay.port'] })
  })

  it('is refused without a section smtp-client', () => {
    expect(refusal('[pop-client]\nserver=x').message).toContain('no section [smtp-client]')
    expect(refusal('').code).toBe('import.format')
    expect(refusal('<a/>').code).toBe('import.format')
    expect(refusal('{"smtp-client": ').code).toBe('import.format')
    expect(refusal('{}').code).toBe('import.format')
  })

  it('is bounded', () => {
    expect(refusal(`[smtp-client]\n${'a=1\n'.repeat(20_001)}`).message).toContain('20000 options')
    expect(refusal(Array.from({ length: 6000 }, (_, index) => `[a${index}]`).join('\n')).message).toContain('sections')
    expect(refusal('[smtp-client]\nserver=x\n'.repeat(1001)).message).toContain('1000 sections')
    expect(refusal(`[smtp-client]\nserver=${'a'.repeat(100_001)}`).message).toContain('100000 characters')
    expect(refusal('['.repeat(100_000)).code).toBe('import.format')
  })
})

describe('exports in JSON and XML', () => {
  it('of one Application in JSON', () => {
    const { profiles, report } = imported(sample('graph.json'))
    expect(profiles).toEqual([
      {
        name: 'EmailServer_851',
        profile: {
          transport: 'graph',
          api: { mailbox: 'contact.center@example.com', allowDelegate: true },
          oauth2: {
            provider: 'microsoft',
            authority: 'https://login.microsoftonline.com',
            tenant: '9f8e7d6c-1111-2222-3333-444455556666',
            clientId: '1b9c3f0e-0d7d-4b0c-8f0b-5d1f6c2a7e11',
            clientSecret: 'Geheim~graph',
            grant: 'client-credentials',
            scope: 'https://graph.microsoft.com/.default',
          },
          timeouts: { connectMs: 300_000, idleMs: 300_000 },
        },
      },
    ])
    expect(report.filter(({ verdict }) => verdict === 'ignored').map(({ entry }) => entry)).toEqual([
      '[pop-client-sales] type',
      '[pop-client-sales] mailbox',
    ])
  })

  it('of several Applications as rows become several profiles', () => {
    const { profiles, report } = imported(sample('applications.json'))
    expect(
      profiles.map(({ name, profile }) => [name, profile.relay?.host, profile.relay?.port, profile.security]),
    ).toEqual([
      ['EmailServer_Berlin', 'smtp.berlin.example.com', 25, 'none'],
      ['EmailServer_Paris', 'smtp.paris.example.com', 465, 'implicit'],
    ])
    expect(profiles.map(({ profile }) => profile.proxy)).toEqual([
      { type: 'socks5', host: 'socks.example.com', port: 1081 },
      undefined,
    ])
    expect(new Set(report.map(({ of }) => of))).toEqual(new Set(['EmailServer_Berlin', 'EmailServer_Paris']))
  })

  it('in XML become one profile for each section', () => {
    const { profiles, report } = imported(sample('ews.xml'))
    expect(profiles.map(({ name }) => name)).toEqual(['EmailServer smtp-client', 'EmailServer smtp-client-relay'])
    expect(profiles[0]!.profile).toEqual({
      transport: 'ews',
      api: { url: 'https://outlook.office365.com/EWS/Exchange.asmx', ewsVersion: 'Exchange2016' },
      credentials: { enabled: true, user: 'contact.center@example.com' },
      oauth2: {
        provider: 'microsoft',
        authority: 'https://login.microsoftonline.com',
        tenant: 'example.onmicrosoft.com',
        clientId: '1b9c3f0e-0d7d-4b0c-8f0b-5d1f6c2a7e11',
        grant: 'password',
        user: 'contact.center@example.com',
        password: 'Geheim&<ews>',
        scope: 'https://outlook.office.com/.default',
        expiryMarginMs: 10_000,
      },
      timeouts: { connectMs: 300_000, idleMs: 300_000 },
    })
    expect(profiles[1]!.profile).toMatchObject({ security: 'opportunistic', relay: { port: 2525 } })
    expect(report.find(({ entry }) => entry === '[log] verbose')).toMatchObject({ verdict: 'ignored', line: 23 })
  })

  const settings = { server: 'relay.example.com', port: '26' }
  it.each([
    ['a member', { 'smtp-client': settings }],
    [
      'members with values in objects',
      { 'smtp-client': { server: { value: 'relay.example.com' }, port: { value: 26 } } },
    ],
    [
      'a list of options',
      {
        'smtp-client': [
          { name: 'server', value: 'relay.example.com' },
          { key: 'port', value: 26 },
        ],
      },
    ],
    ['a named section', { name: 'smtp-client', options: settings }],
    [
      'a list of named sections',
      {
        sections: [
          { name: 'smtp-client', options: settings },
          { name: 'log', options: {} },
        ],
      },
    ],
    ['an Application', { applications: [{ name: 'A', options: { 'smtp-client': settings } }] }],
    ['an Application by its name', { A: { options: { 'smtp-client': settings } } }],
    [
      'rows',
      [
        { section: 'smtp-client', key: 'server', value: 'relay.example.com' },
        { section: 'smtp-client', name: 'port', value: '26' },
      ],
    ],
  ])('in JSON may have sections as %s', (_, json) => {
    const { profiles } = imported(JSON.stringify(json))
    expect(profiles.map(({ profile }) => profile.relay)).toMatchObject([{ host: 'relay.example.com', port: 26 }])
    expect(['A', 'smtp-client']).toContain(profiles[0]!.name)
  })

  it.each([
    '<smtp-client><server>relay.example.com</server><port>26</port></smtp-client>',
    '<options><smtp-client><server>relay.example.com</server><port>26</port></smtp-client><log><verbose>x</verbose></log></options>',
    '<o><section name="smtp-client"><option name="server">relay.example.com</option><option name="port" value="26"/></section></o>',
    '<CfgApplication><name value="A"/><options><list_pair KEY="smtp-client"><str_pair Key="server" Value="relay.example.com"/><str_pair key="port" value="26"/></list_pair></options></CfgApplication>',
  ])('in XML may have sections as in %s', (text) => {
    const { profiles } = imported(text)
    expect(profiles.map(({ profile }) => profile.relay)).toMatchObject([{ host: 'relay.example.com', port: 26 }])
    expect(['A', 'smtp-client']).toContain(profiles[0]!.name)
  })

  it('say what is no text, and take Genesys’ default for it', () => {
    const { profiles, report } = imported('{"smtp-client": {"server": "relay.example.com", "port": [26]}}')
    expect(profiles[0]!.profile.relay?.port).toBe(25)
    expect(report.find(({ entry }) => entry === 'port')).toMatchObject({ verdict: 'lost' })
  })
})

describe('server, port, TLS', () => {
  it('server-type is read without case, and is called type, too [part of genesys.option.server-type]', () => {
    expect(section(`server-type=smtp\n${SERVER}`).profile.transport).toBe('smtp')
    expect(section(`type=Graph\n${GRAPH.replace('server-type=GRAPH\n', '')}`).profile.transport).toBe('graph')
    expect(section(EWS).profile.transport).toBe('ews')
    expect(refused(`server-type=IMAP\n${SERVER}`).field).toBe('server-type')
    const { of } = section(`type=GRAPH\nserver-type=SMTP\n${SERVER}`)
    expect(of('type')).toMatchObject([{ verdict: 'ignored' }])
    expect(of('server-type')[0]!.note).toContain('loaded anew')
  })

  it('server is a host, for EWS an address, for Graph nothing [genesys.option.server] [genesys.behaviour.ews-url]', () => {
    expect(section(SERVER).profile.relay?.host).toBe('relay.example.com')
    expect(section(EWS).profile.api?.url).toBe('https://mail.example.com/EWS/Exchange.asmx')
    for (const server of [
      'mail.example.com',
      'https://mail.example.com',
      'https://mail.example.com/owa',
      'ftp://m/EWS/Exchange.asmx',
    ]) {
      const error = refused(`server-type=EWS\nserver=${server}`)
      expect([error.code, error.field]).toEqual(['import.format', 'server'])
    }
    const graph = section(`${GRAPH}\nserver=graph.microsoft.com`)
    expect(graph.profile.relay).toBeUndefined()
    expect(graph.of('server')).toMatchObject([{ verdict: 'ignored' }])
    expect(refused('server=https://smtp.example.com').field).toBe('server')
  })

  it('an EWS address in the clear is taken and said to be unsafe', () => {
    expect(section('server-type=EWS\nserver=http://mail.example.com/ews/exchange.asmx').of('server')).toMatchObject([
      { unsafe: true },
    ])
  })

  it('port [part of genesys.option.port]', () => {
    expect(section(`${SERVER}\nport=587`).profile.relay?.port).toBe(587)
    expect(section(SERVER).of('port')).toMatchObject([{ verdict: 'defaulted', settings: ['relay.port'] }])
    expect(section(`${EWS}\nport=443`).of('port')).toMatchObject([{ verdict: 'ignored' }])
    for (const port of ['0', '65536', 'smtp', '-1', '25.5'])
      expect(refused(`${SERVER}\nport=${port}`).field).toBe('port')
  })

  it.each([
    ['none', 'none', true],
    ["'none'", 'none', true],
    ['start-tls', 'opportunistic', true],
    ['start-tls-required', 'starttls', undefined],
    ['SSL-TLS', 'implicit', undefined],
  ])('smtp-connection-security %s [part of genesys.option.smtp-connection-security]', (text, security, unsafe) => {
    const read = section(`${SERVER}\nsmtp-connection-security=${text}`)
    expect(read.profile.security).toBe(security)
    expect(read.of('smtp-connection-security')).toHaveLength(1)
    expect(read.of('smtp-connection-security')[0]!.unsafe).toBe(unsafe)
  })

  it('smtp-connection-security is refused with another value, and without effect with EWS and Graph [part of genesys.option.smtp-connection-security]', () => {
    expect(refused(`${SERVER}\nsmtp-connection-security=tls`).field).toBe('smtp-connection-security')
    for (const other of [EWS, GRAPH]) {
      const read = section(`${other}\nsmtp-connection-security=ssl-tls`)
      expect(read.profile.security).toBeUndefined()
      expect(read.of('smtp-connection-security')).toMatchObject([{ verdict: 'ignored' }])
    }
  })
})

describe('the login', () => {
  it('is switched by enable-authentication [part of genesys.option.enable-authentication] [part of genesys.option.user] [part of genesys.option.password]', () => {
    expect(section(LOGIN).profile.credentials).toMatchObject({
      enabled: true,
      user: 'u@example.com',
      password: 'Geheim',
    })
    const off = section(LOGIN.replace('true', 'false'))
    expect(off.profile.credentials).toEqual({ enabled: false, user: 'u@example.com', password: 'Geheim' })
    expect(off.of('enable-authentication')[0]!.note).toContain('kept and not used')
    expect(section(`${SERVER}\npassword=Geheim`).profile.credentials).toEqual({ enabled: false, password: 'Geheim' })
    expect(refused(`${SERVER}\nenable-authentication=maybe`).field).toBe('enable-authentication')
  })

  it('in the clear goes on as before, and is said to be unsafe', () => {
    for (const security of ['none', 'start-tls']) {
      const { profile, report } = section(`${LOGIN}\nsmtp-connection-security=${security}`)
      expect(profile.credentials?.allowCleartextAuth).toBe(true)
      expect(report.filter(({ settings }) => settings?.includes('credentials.allowCleartextAuth'))).toMatchObject([
        { unsafe: true },
      ])
    }
    for (const security of ['start-tls-required', 'ssl-tls'])
      expect(
        section(`${LOGIN}\nsmtp-connection-security=${security}`).profile.credentials?.allowCleartextAuth,
      ).toBeUndefined()
    expect(section(`${TOKENS}`).profile.credentials?.allowCleartextAuth).toBe(true)
  })

  it.each([
    ['SMTP', 'port=25', ['server']],
    ['SMTP with login', 'enable-authentication=true', ['server', 'user', 'password']],
    [
      'SMTP with tokens',
      'enable-authentication=true\nmail.smtp.auth.mechanisms=XOAUTH2',
      ['server', 'user', 'password', 'client-id', 'directory-id'],
    ],
    ['SMTP with tokens and no login', `${SERVER}\nmail.smtp.auth.mechanisms=XOAUTH2`, []],
    [
      'Gmail',
      `${SERVER}\nenable-authentication=true\nmail.smtp.auth.mechanisms=XOAUTH2\ntenant-authority=google`,
      ['user', 'password', 'client-id', '[secret-smtp] password'],
    ],
    ['EWS', 'server-type=EWS', ['server']],
    ['EWS with login', 'server-type=EWS\nenable-authentication=true', ['server', 'user', 'password']],
    [
      'EWS with tokens',
      'server-type=EWS\nenable-authentication=true\nmail.ews.auth.mechanisms=XOAUTH2',
      ['server', 'user', 'password', 'client-id', 'directory-id'],
    ],
    ['GRAPH', 'server-type=GRAPH', ['user', 'password', 'client-id', 'directory-id']],
  ])('%s names all that is missing, and only that [genesys.behaviour.default-none]', (_, options, lacking) => {
    if (lacking.length === 0) return expect(section(options).profile.credentials?.enabled).toBe(false)
    const error = refused(options)
    expect([error.code, error.field]).toEqual(['import.missing', lacking.join(', ')])
  })

  it('names what is missing in several sections with the section', () => {
    const text = '[smtp-client]\nport=25\n[smtp-client-sales]\nenable-authentication=true\nserver=x\nuser=u\n'
    expect(refusal(text).field).toBe('smtp-client, server, smtp-client-sales, password')
  })

  it('takes a masked password and says so', () => {
    expect(section(LOGIN.replace('Geheim', '*****')).of('password')[0]!.note).toContain('mask')
  })

  it('never takes a password for a reference', () => {
    expect(section(LOGIN.replace('Geheim', 'env:HOME')).profile.credentials?.password).toBe('plain:env:HOME')
  })
})

describe('access tokens', () => {
  it('are switched on by mail.<server-type>.auth.mechanisms, whatever its case [part of genesys.behaviour.oauth2-switch]', () => {
    for (const name of ['mail.smtp.auth.mechanisms', 'mail.SMTP.auth.mechanisms'])
      expect(section(TOKENS.replace('mail.smtp.auth.mechanisms', name)).profile.credentials?.mechanism).toBe('XOAUTH2')
    expect(section(TOKENS.replace('XOAUTH2', 'xoauth2')).profile.oauth2).toBeDefined()
    const basic = section(`${LOGIN}\nmail.smtp.auth.mechanisms=LOGIN PLAIN\nclient-id=c1`)
    expect(basic.profile.oauth2).toBeUndefined()
    expect(basic.profile.credentials).toMatchObject({ password: 'Geheim', mechanisms: ['LOGIN', 'PLAIN'] })
    expect(basic.of('client-id')).toMatchObject([{ verdict: 'ignored' }])
    const other = section(`${LOGIN}\nmail.ews.auth.mechanisms=XOAUTH2`)
    expect(other.profile.oauth2).toBeUndefined()
    expect(other.of('mail.ews.auth.mechanisms')).toMatchObject([{ verdict: 'ignored' }])
  })

  it('of Microsoft for SMTP and EWS: the password of the mailbox [part of genesys.behaviour.microsoft-mode] [part of genesys.option.client-id] [part of genesys.option.directory-id] [part of genesys.option.scope]', () => {
    const { profile } = section(TOKENS)
    expect(profile.credentials).toMatchObject({ enabled: true, user: 'u@example.com', mechanism: 'XOAUTH2' })
    expect(profile.credentials?.password).toBeUndefined()
    expect(profile.oauth2).toEqual({
      provider: 'microsoft',
      authority: 'https://login.microsoftonline.com',
      tenant: 't1',
      clientId: 'c1',
      grant: 'password',
      user: 'u@example.com',
      password: 'Geheim',
      scope: 'https://outlook.office.com/.default',
      expiryMarginMs: 10_000,
    })
    expect(profile.pool?.tokenMarginMs).toBe(10_000)
    const ews = section(
      `${EWS}\nenable-authentication=true\nuser=u\npassword=Geheim\nclient-id=c\ndirectory-id=t\nmail.ews.auth.mechanisms=XOAUTH2`,
    )
    expect(ews.profile.oauth2).toMatchObject({ grant: 'password', user: 'u', password: 'Geheim' })
  })

  it('of Microsoft for Graph: the secret of the application [part of genesys.behaviour.microsoft-mode] [part of genesys.option.password]', () => {
    const { profile, of } = section(GRAPH)
    expect(profile.oauth2).toMatchObject({
      grant: 'client-credentials',
      clientSecret: 'Geheim',
      scope: 'https://graph.microsoft.com/.default',
    })
    expect(profile.credentials).toBeUndefined()
    expect(profile.api).toEqual({ mailbox: 'u@example.com', allowDelegate: false })
    expect(of('scope')).toMatchObject([{ verdict: 'defaulted' }])
  })

  it('of Google: refresh token, id, and secret from its section [part of genesys.behaviour.gmail-mode] [part of genesys.option.secret] [genesys.extra.secret-section-password]', () => {
    const { profiles, report } = imported(sample('gmail.conf'))
    expect(profiles[0]!.profile).toMatchObject({
      security: 'starttls',
      credentials: { enabled: true, user: 'contact.center@example.com', mechanism: 'XOAUTH2' },
      pool: { tokenMarginMs: 10_000 },
    })
    expect(profiles[0]!.profile.oauth2).toEqual({
      provider: 'google',
      clientId: '1234567890-abc.apps.googleusercontent.com',
      clientSecret: 'GOCSPX-Geheim',
      grant: 'refresh-token',
      refreshToken: '1//0Geheim-refresh',
      expiryMarginMs: 10_000,
    })
    expect(
      report.filter(({ entry }) => entry.startsWith('[secret-')).map(({ entry, verdict }) => [entry, verdict]),
    ).toEqual([
      ['[secret-contact] password', 'taken'],
      ['[secret-smtp] password', 'ignored'],
    ])
  })

  it('of Google take [secret-smtp] by default, and refuse blanks in the name [genesys.option.secret]', () => {
    const { profile, of } = section(`${GOOGLE}\n[secret-smtp]\npassword=Geheim-x`)
    expect(profile.oauth2?.clientSecret).toBe('Geheim-x')
    expect(of('secret')).toMatchObject([{ verdict: 'defaulted' }])
    expect(refused(`${GOOGLE}\nsecret=abc`).field).toBe('[secret-abc] password')
    expect(refused(`${GOOGLE}\nsecret=a b\n[secret-a b]\npassword=Geheim`).field).toBe('secret')
    expect(section(`${TOKENS}\nsecret=abc`).of('secret')).toMatchObject([{ verdict: 'ignored' }])
  })

  it('come from another authority than usual [part of genesys.option.tenant-authority]', () => {
    expect(section(`${GOOGLE}\n[secret-smtp]\npassword=Geheim`).profile.oauth2?.provider).toBe('google')
    const national = section(`${TOKENS}\ntenant-authority=https://login.microsoftonline.us`)
    expect(national.profile.oauth2).toMatchObject({
      provider: 'microsoft',
      authority: 'https://login.microsoftonline.us',
    })
    expect(refused(`${GRAPH}\ntenant-authority=https://accounts.google.com`).field).toBe('tenant-authority')
    expect(refused(`${TOKENS}\ntenant-authority=login.microsoftonline.com`).field).toBe('tenant-authority')
    expect(refused(TOKENS.replace('t1', 'a/b')).field).toBe('directory-id')
  })

  it('have the scope that is written; for Graph one of Outlook is warned of [part of genesys.option.scope]', () => {
    expect(section(`${TOKENS}\nscope=https://x.example/.default`).profile.oauth2?.scope).toBe(
      'https://x.example/.default',
    )
    const graph = section(`${GRAPH}\nscope=https://outlook.office.com/.default`)
    expect(graph.profile.oauth2?.scope).toBe('https://outlook.office.com/.default')
    expect(graph.of('scope')[0]!.note).toContain('does not serve Graph')
  })

  it('are had by client_credentials when grant-type says so [part of genesys.extra.grant-type]', () => {
    const smtp = section(`${TOKENS}\ngrant-type=client_credentials`)
    expect(smtp.profile.oauth2).toMatchObject({ grant: 'client-credentials', clientSecret: 'Geheim' })
    expect(smtp.profile.oauth2?.password).toBeUndefined()
    expect(smtp.of('grant-type')).toMatchObject([{ verdict: 'taken' }])
    const other = section(`${TOKENS}\ngrant-type=something`)
    expect(other.profile.oauth2?.grant).toBe('password')
    expect(other.of('grant-type')).toMatchObject([{ verdict: 'changed' }])
  })

  it('are left before they end [part of genesys.option.token-expiry-margin-time]', () => {
    const { profile, of } = section(`${TOKENS}\ntoken-expiry-margin-time=00:59:59`)
    expect([profile.pool?.tokenMarginMs, profile.oauth2?.expiryMarginMs]).toEqual([3_599_000, 3_599_000])
    expect(of('token-expiry-margin-time')[0]!.note).toContain('next token')
    expect(refused(`${TOKENS}\ntoken-expiry-margin-time=01:00:00`).field).toBe('token-expiry-margin-time')
    expect(section(`${LOGIN}\ntoken-expiry-margin-time=00:00:10`).of('token-expiry-margin-time')).toMatchObject([
      { verdict: 'ignored' },
    ])
  })
})

describe('times and the pool', () => {
  const TIMES = ['cnx-max-idle-time', 'connect-timeout', 'protocol-timeout']

  it('takes hh:mm:ss and refuses all else, naming the option [genesys.behaviour.duration-format]', () => {
    for (const name of [...TIMES, 'cnx-check-idle-time']) {
      expect(section(`${SERVER}\n${name}=100:00:00`).of(name)).toMatchObject([{ verdict: 'taken' }])
      for (const text of ['30', '00:61:00', '0:00:30', 'x'])
        expect(refused(`${SERVER}\n${name}=${text}`).field).toBe(name)
    }
  })

  it('takes zero for the check before use only [part of genesys.behaviour.duration-format] [part of genesys.option.cnx-check-idle-time]', () => {
    for (const name of TIMES) expect(refused(`${SERVER}\n${name}=00:00:00`).field).toBe(name)
    expect(section(`${SERVER}\ncnx-check-idle-time=00:00:00`).profile.pool?.probeIdleMs).toBe(0)
    expect(section(`${SERVER}\ncnx-check-idle-time=00:00:31`).profile.pool?.probeIdleMs).toBe(31_000)
  })

  it('cuts what is beyond 24 days', () => {
    expect(section(`${SERVER}\nconnect-timeout=9999:00:00`).of('connect-timeout')).toMatchObject([
      { verdict: 'changed' },
    ])
  })

  it('names the settings [part of genesys.option.connect-timeout] [part of genesys.option.protocol-timeout] [part of genesys.option.cnx-max-idle-time]', () => {
    const { profile, of } = section(
      `${SERVER}\nconnect-timeout=00:00:07\nprotocol-timeout=00:20:00\ncnx-max-idle-time=00:01:00`,
    )
    expect(profile.timeouts).toEqual({ connectMs: 7000, idleMs: 1_200_000, finalMs: 1_200_000, totalMs: 0 })
    expect(profile.pool?.maxIdleMs).toBe(60_000)
    expect(of('connect-timeout')[0]!.note).toContain('discontinued')
  })

  it('cnx-pool-size [part of genesys.option.cnx-pool-size]', () => {
    expect(section(`${SERVER}\ncnx-pool-size=3`).profile.pool?.maxConnections).toBe(3)
    for (const size of ['0', '-1', 'many', '99999999999'])
      expect(refused(`${SERVER}\ncnx-pool-size=${size}`).field).toBe('cnx-pool-size')
  })

  it('counts for SMTP only', () => {
    const { profile, of } = section(
      `${GRAPH}\ncnx-pool-size=3\ncnx-max-idle-time=00:01:00\ncnx-check-idle-time=00:00:00`,
    )
    expect(profile.pool).toBeUndefined()
    for (const name of ['cnx-pool-size', 'cnx-max-idle-time', 'cnx-check-idle-time'])
      expect(of(name)).toMatchObject([{ verdict: 'ignored' }])
  })
})

describe('the other options', () => {
  it('allow-delegate counts for Graph [part of genesys.option.allow-delegate]', () => {
    expect(section(`${GRAPH}\nallow-delegate=TRUE`).profile.api?.allowDelegate).toBe(true)
    expect(section(`${SERVER}\nallow-delegate=true`).of('allow-delegate')).toMatchObject([{ verdict: 'ignored' }])
    expect(refused(`${GRAPH}\nallow-delegate=x`).field).toBe('allow-delegate')
  })

  it.each([
    ['exchange-version=Exchange2010', 'Exchange2010', 'taken'],
    ['exchange-version=exchange2010_sp1', 'Exchange2010_SP1', 'taken'],
    ['exchange-version=Exchange2010_SP3', 'Exchange2010_SP2', 'changed'],
    ['exchange-version=Exchange2013', 'Exchange2013', 'taken'],
    ['exchange-version=Exchange2016', 'Exchange2016', 'taken'],
    ['exchange-version=Office365', 'Exchange2016', 'changed'],
    ['exchange-version=', 'none', 'taken'],
    ['', 'Exchange2010', 'defaulted'],
  ])('%j [part of genesys.option.exchange-version] [genesys.behaviour.exchange-2019]', (option, version, verdict) => {
    const { profile, of } = section(`${EWS}\n${option}`)
    expect(profile.api?.ewsVersion).toBe(version)
    expect(of('exchange-version')).toMatchObject([{ verdict }])
  })

  it('exchange-version is refused with another value, and without effect with SMTP', () => {
    expect(refused(`${EWS}\nexchange-version=2003`).field).toBe('exchange-version')
    expect(section(`${SERVER}\nexchange-version=2003`).of('exchange-version')).toMatchObject([{ verdict: 'ignored' }])
  })

  it('enable-debug logs the dialogue, and passwords stay masked [part of genesys.option.enable-debug]', () => {
    const { profile, of } = section(`${SERVER}\nenable-debug=true`)
    expect(profile.logging).toEqual({ level: 'debug', destinations: ['stderr'] })
    expect(of('enable-debug')[0]!.note).toContain('masked')
    expect(section(`${SERVER}\nenable-debug=false`).profile.logging).toBeUndefined()
    expect(refused(`${SERVER}\nenable-debug=2`).field).toBe('enable-debug')
  })

  it('mailbox is another name of user', () => {
    expect(section(LOGIN.replace('user=', 'mailbox=')).profile.credentials?.user).toBe('u@example.com')
  })

  it('says where a change counts later than in Genesys [part of genesys.behaviour.change-classes]', () => {
    const { of } = section(`server-type=SMTP\n${SERVER}\nenable-debug=true\nport=26\ncnx-pool-size=3`)
    expect(of('server-type')[0]!.note).toContain('at the next cycle')
    expect(of('enable-debug')[0]!.note).toContain('immediately')
    for (const name of ['port', 'cnx-pool-size']) expect(of(name)[0]!.note).toBeUndefined()
  })
})

describe('JavaMail properties', () => {
  it('go to the table of JavaMail, unless an option controls them [genesys.extra.javamail-passthrough]', () => {
    const { profile, of } = section(
      `${LOGIN}\nmail.smtp.localhost=x\nmail.smtp.host=h\nmail.smtp.port=26\nmail.debug=true\nmail.smtp.timeout=5\nmail.smtp.connectiontimeout=5\nmail.smtp.user=w\nmail.smtp.auth=false\nmail.smtp.sendpartial=true`,
    )
    expect(profile.identity?.localName).toBe('x')
    expect(profile.delivery?.onRefused).toEqual({ to: 'continue', cc: 'continue', bcc: 'continue' })
    const controlled = {
      host: 'server',
      port: 'port',
      timeout: 'protocol-timeout',
      connectiontimeout: 'connect-timeout',
      user: 'user',
      auth: 'enable-authentication',
    }
    for (const [name, option] of Object.entries(controlled))
      expect(of(`mail.smtp.${name}`)).toMatchObject([
        { verdict: 'ignored', note: `it is controlled by the option ${option}` },
      ])
    expect(of('mail.debug')).toMatchObject([
      { verdict: 'ignored', note: 'it is controlled by the option enable-debug' },
    ])
    expect(profile).toMatchObject({
      relay: { host: 'relay.example.com', port: 25 },
      credentials: { user: 'u@example.com', enabled: true },
    })
  })

  it('say the security where the option is not written, and not where it is', () => {
    expect(
      section(`${SERVER}\nmail.smtp.starttls.enable=true\nmail.smtp.starttls.required=true`).profile.security,
    ).toBe('starttls')
    const both = section(`${SERVER}\nsmtp-connection-security=none\nmail.smtp.starttls.required=true`)
    expect(both.profile.security).toBe('none')
    expect(both.of('mail.smtp.starttls.required')).toMatchObject([{ verdict: 'ignored' }])
    expect(both.of('mail.smtp.starttls.required')[0]!.note).toContain('smtp-connection-security')
  })

  it('of incoming mail, of other transports and unknown ones are said', () => {
    const { of } = section(`${SERVER}\nmail.pop3.disabletop=true\nmail.imap.host=x\nmail.ews.x=1\nmail.smtp.nothing=1`)
    for (const name of ['mail.pop3.disabletop', 'mail.imap.host', 'mail.ews.x'])
      expect(of(name)).toMatchObject([{ verdict: 'ignored' }])
    expect(of('mail.smtp.nothing')).toMatchObject([{ verdict: 'unknown' }])
    expect(section(`${EWS}\nmail.smtp.localhost=x\nmail.ews.x=1`).of('mail.smtp.localhost')).toMatchObject([
      { verdict: 'ignored' },
    ])
  })
})

describe('the section [proxy]', () => {
  const proxy = (options: string) => section(`${SERVER}\n[proxy]\n${options}`)

  it('is imported when useProxy is true, and its other options are reported [genesys.extra.proxy-section]', () => {
    const { profile, of } = proxy(
      'useProxy=TRUE\nproxyHost=p.example.com\nproxyPort=8080\nproxyType=HTTP\nproxyUser=u\nproxyPassword=Geheim\nproxyRetries=1\nhunter2geheim=1',
    )
    expect(profile.proxy).toEqual({ type: 'http', host: 'p.example.com', port: 8080, user: 'u', password: 'Geheim' })
    expect(of('[proxy] an entry')).toMatchObject([{ verdict: 'unknown' }, { verdict: 'unknown' }])
    expect(of('[proxy] proxyHost')[0]).toMatchObject({ verdict: 'changed' })
    expect(proxy('useProxy=true\nhost=p.example.com\nport=1080').profile.proxy).toEqual({
      type: 'socks5',
      host: 'p.example.com',
      port: 1080,
    })
  })

  it('is off with any other value, and lost without a host', () => {
    const off = proxy('useProxy=false\nuseProxy=yes\nhost=p.example.com')
    expect(off.profile.proxy).toEqual({ type: 'none' })
    expect(off.of('[proxy] host')).toMatchObject([{ verdict: 'ignored' }])
    const lost = proxy('useProxy=true\nport=1080\naddress=\nHost=')
    expect(lost.profile.proxy).toBeUndefined()
    expect(lost.of('[proxy] useProxy')).toMatchObject([{ verdict: 'lost' }])
    const unfit = proxy('useProxy=true\nhost=a b c')
    expect(unfit.profile.proxy).toBeUndefined()
    expect(unfit.of('[proxy] host')).toMatchObject([{ verdict: 'lost' }])
  })
})

describe('several sections', () => {
  it('become several profiles, by their names and Applications', () => {
    const names = (text: string) => imported(text).profiles.map(({ name }) => name)
    expect(names(`[smtp-client]\n${SERVER}\n[smtp-client-sales]\n${SERVER}`)).toEqual([
      'smtp-client',
      'smtp-client-sales',
    ])
    expect(names(`[smtp-client]\n${SERVER}\n[smtp-client]\n${SERVER}`)).toEqual(['smtp-client', 'smtp-client 2'])
    expect(
      names(JSON.stringify({ 'A/../b': { 'smtp-client': { server: 'x' } }, c: { 'smtp-client': { server: 'x' } } })),
    ).toEqual(['A-..-b', 'c'])
  })

  it('have the secret sections of their own Application', () => {
    const one = (secret: string) => `[smtp-client]\n${GOOGLE}\n[secret-smtp]\npassword=${secret}\n`
    const { profiles } = imported(one('Geheim-1') + one('Geheim-2'))
    expect(profiles.map(({ profile }) => profile.oauth2?.clientSecret)).toEqual(['Geheim-1', 'Geheim-2'])
  })
})

describe('sections and options that are not read', () => {
  it('have a line each: a second [proxy], one beside no section of mail, groups in a section', () => {
    const text = `[smtp-client]\n${SERVER}\n[proxy]\nuseProxy=false\n[proxy]\nuseProxy=true\nhost=p.example\n`
    expect(imported(text).report.filter(({ line = 0 }) => line > 4)).toMatchObject([
      { line: 6, entry: '[proxy] useProxy', verdict: 'ignored' },
      { line: 7, entry: '[proxy] host', verdict: 'ignored' },
    ])
    const xml =
      '<c>\n<list_pair key="smtp-client">\n<str_pair key="server" value="a.example"/>\n<group>\n<str_pair key="port" value="26"/>\n</group></list_pair></c>'
    const { profiles, report } = imported(xml)
    expect(profiles[0]!.profile.relay?.port).toBe(25)
    expect(report.filter(({ line = 0 }) => line > 3)).toMatchObject([
      { line: 4, verdict: 'unknown' },
      { line: 5, verdict: 'lost' },
    ])
  })

  it('have a line in every Application, though they are called alike and have no lines', () => {
    const one = { 'smtp-client': { server: 'a.example' }, 'pop-client': { mailbox: 'x' } }
    const { report } = imported(JSON.stringify({ A: one, B: one }))
    expect(report.filter(({ entry }) => entry === '[pop-client] mailbox')).toHaveLength(2)
  })

  it('are said in one go in many Applications', () => {
    const { profiles, report } = imported('[smtp-client]\nserver=a\n[log]\nverbose=all\n'.repeat(999))
    expect(profiles).toHaveLength(999)
    expect(report.filter(({ entry }) => entry === '[log] verbose')).toHaveLength(999)
  })

  it.each([
    '<c><list_pair key="smtp-client"><server>a.example</server></list_pair><d><list_pair key="smtp-client"><server>b.example</server></list_pair></d></c>',
    '{"smtp-client": {"server": "a.example"}, "d": {"smtp-client": {"server": "b.example"}}}',
    '[{"name": "smtp-client", "options": {"server": "a.example"}}, {"name": "d", "options": {"smtp-client": {"server": "b.example"}}}]',
    '[{"section": "smtp-client", "option": "server", "value": "a.example"}, {"d": {"smtp-client": {"server": "b.example"}}}]',
  ])('are none when they hold another section of outgoing mail: %s', (text) => {
    expect(imported(text).profiles.map(({ profile }) => profile.relay?.host)).toEqual(['a.example', 'b.example'])
  })

  it('are not named when their names may be a piece of a password', () => {
    const text = `[smtp-client]\n${LOGIN}\nhunter2geheim=\nhunter2-geheim=x\n[hunter2geheim]\nhunter2geheim=x\nmailbox=y\n[proxy]\nhunter2geheim=1\n`
    const { report } = imported(text)
    expect(JSON.stringify(report)).not.toMatch(/hunter2/i)
    expect(report.filter(({ line = 0 }) => line > 5).map(({ entry }) => entry)).toEqual([
      ...['a line', 'a line', '[a section] an entry', '[a section] mailbox', '[proxy] an entry'],
    ])
    // who writes the secret itself where its section is to be named
    expect(refused(`${GOOGLE}\nsecret=GOCSPX-Hunter2`).field).toBe('[secret-...] password')
  })
})

describe('recognising', () => {
  it.each(['smtp-client.cfg', 'all-defaults.cfg', 'gmail.conf', 'graph.json', 'applications.json', 'ews.xml'])(
    '%s',
    (name) => {
      expect(genesys.recognises({ text: sample(name), name })).toBe(true)
    },
  )

  it.each([
    '',
    'mail.smtp.host=x',
    '{"host":"x"}',
    '<config><Timeout>1</Timeout></config>',
    '# about smtp-client\nhost x',
  ])('not %j', (text) => {
    expect(genesys.recognises({ text })).toBe(false)
  })
})

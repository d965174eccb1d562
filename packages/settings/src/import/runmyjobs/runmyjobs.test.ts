import { SettingsError } from '@posthorn/ground/portable'
import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkProfile } from '../../check-profile.js'
import type { Profile } from '../../profile/profile.js'
import { FORMATS } from '../formats.js'
import type { ImportedProfile, ReportLine } from '../import.js'
import { runmyjobs } from './runmyjobs.js'

const folder = new URL('../../../test/samples/runmyjobs/', import.meta.url)
const sample = (name: string) => readFileSync(new URL(name, folder), 'utf8')

interface Imported {
  readonly found: ImportedProfile
  readonly profile: Profile
  readonly report: readonly ReportLine[]
  /** The lines of the report about an entry below `/configuration/mail/`, or about another one. */
  readonly of: (entry: string) => readonly ReportLine[]
}

function read(text: string, files: Readonly<Record<string, string>> = {}): Imported {
  const { profiles, report } = runmyjobs.import({ text, files })
  const found = profiles[0]!
  const profile = found.discover === undefined ? checkProfile(found.profile) : found.profile
  const of = (entry: string) =>
    report.filter((line) => line.entry === entry || line.entry === `/configuration/mail/${entry}`)
  return { found, profile, report, of }
}

/** Entries below `/configuration/mail/`, beside a Server. */
const imported = (...entries: readonly string[]) =>
  read(['Server = smtp.example.com', ...entries].map((entry) => `/configuration/mail/${entry}`).join('\n'))

const refusal = (text: string): SettingsError => {
  try {
    runmyjobs.import({ text })
  } catch (error) {
    if (error instanceof SettingsError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const STARTTLS = 'JavaMail/mail.smtp.starttls.required = true'
const IMPLICIT = 'JavaMail/mail.smtps.ssl.enable = true'
const ALL = (value: string) => ({ to: value, cc: value, bcc: value })

/** What is the same in every profile that says nothing of it. */
const SOURCE_DEFAULTS = {
  attachments: { files: 'none', onMissing: 'fail' },
  delivery: { onRefused: ALL('stop') },
}

describe('the examples of the document', () => {
  test('Gmail: a folder of the host with Server in it, and a credential [runmyjobs.example.gmail] [part of runmyjobs.example.gmail-credential]', () => {
    const { profile, of } = read(sample('gmail.txt'))
    expect(profile).toEqual({
      ...SOURCE_DEFAULTS,
      relay: { host: 'smtp.gmail.com', port: 587, quitAfterRefusedGreeting: false },
      security: 'starttls',
      credentials: {
        user: 'app.notifications',
        password: 'Geheim-abcd efgh ijkl',
        mechanisms: ['LOGIN', 'PLAIN', 'DIGEST-MD5', 'NTLM'],
        mechanismFallback: false,
      },
    })
    expect(of('credential')[0]).toMatchObject({
      verdict: 'taken',
      note: expect.stringContaining('whole address') as string,
    })
  })

  test('Office 365 direct send: plain paths, STARTTLS on port 25, no login [part of runmyjobs.example.office365-direct-send] [runmyjobs.example.direct-send-plain-path]', () => {
    expect(read(sample('office365-direct-send.txt')).profile).toEqual({
      ...SOURCE_DEFAULTS,
      relay: { host: 'example-com.mail.protection.outlook.com', port: 25, quitAfterRefusedGreeting: false },
      security: 'starttls',
    })
  })
})

describe('server and sender', () => {
  test('Server is the relay, and From the author of mail that names none [part of runmyjobs.registry.Server] [part of runmyjobs.registry.From]', () => {
    const { profile } = imported('From = Jobs <jobs@example.com>')
    expect(profile.relay?.host).toBe('smtp.example.com')
    expect(profile.sender).toEqual({ from: 'jobs@example.com', name: 'Jobs' })
  })

  test.each([
    '[System_Mail_Configure]\nFrom = jobs@example.com\nServer =',
    '/configuration/mail/From = jobs@example.com',
    '/configuration/mail/Server =\n/configuration/mail/From jobs@example.com',
  ])(
    'without a server it is to be looked for by the domain of From %# [part of runmyjobs.process.System_Mail_Configure] [part of runmyjobs.process.System_Mail_Configure.From] [part of runmyjobs.process.System_Mail_Configure.Server] [part of runmyjobs.behaviour.server-detection]',
    (text) => {
      const { found, profile, report } = read(text)
      expect(found.discover).toBe('jobs@example.com')
      expect(profile).toEqual({
        ...SOURCE_DEFAULTS,
        sender: { from: 'jobs@example.com' },
        relay: { quitAfterRefusedGreeting: false },
      })
      expect(checkProfile({ ...profile, relay: { host: 'found.example' } })).toBeTruthy()
      expect(report).toContainEqual(
        expect.objectContaining({ entry: '/configuration/mail/Server', verdict: 'defaulted' }),
      )
    },
  )

  test('System_Mail_Configure with both writes both [part of runmyjobs.process.System_Mail_Configure]', () => {
    const { found, profile } = read('[System_Mail_Configure]\nFrom = jobs@example.com\nServer = 192.0.2.1')
    expect([found.discover, profile.relay?.host, profile.sender?.from]).toEqual([
      undefined,
      '192.0.2.1',
      'jobs@example.com',
    ])
  })

  test('neither Server nor From: both are named', () => {
    const error = refusal('/configuration/mail/Port = 25')
    expect([error.code, error.field]).toEqual([
      'import.missing',
      '/configuration/mail/Server, /configuration/mail/From',
    ])
  })

  test('a folder of the host counts where it is the server letter by letter, and wins; another host is reported [runmyjobs.behaviour.per-server-path] [runmyjobs.behaviour.one-server]', () => {
    const { profile, of } = imported(
      'Port = 25',
      'smtp.example.com/Port = 2525',
      'SMTP.example.com/Port = 1',
      'old.example.com/Server = old.example.com',
      'old.example.com/JavaMail/mail.smtp.timeout = 7',
    )
    expect(profile.relay).toMatchObject({ host: 'smtp.example.com', port: 2525 })
    expect(of('Port')).toMatchObject([{ verdict: 'ignored' }])
    for (const entry of [
      'SMTP.example.com/Port',
      'old.example.com/Server',
      'old.example.com/JavaMail/mail.smtp.timeout',
    ]) {
      expect(of(entry)).toMatchObject([{ verdict: 'ignored', note: expect.stringContaining('another host') as string }])
    }
    expect(profile.timeouts).toBeUndefined()
  })

  test('several hosts and nobody says which is refused', () => {
    const error = refusal(
      '/configuration/mail/a.example/Server = a.example\n/configuration/mail/b.example/Server = b.example',
    )
    expect([error.code, error.field]).toEqual(['import.format', '/configuration/mail/Server'])
  })
})

describe('port and TLS', () => {
  test('both transports, and none is smtp [runmyjobs.registry.Transport]', () => {
    expect(imported().profile).toMatchObject({ security: 'none', relay: { port: 25 } })
    expect(imported('Transport = smtp', 'JavaMail/mail.smtp.timeout = 5000').profile.timeouts?.idleMs).toBe(5000)
    const smtps = imported(
      'Transport = smtps',
      'JavaMail/mail.smtps.timeout = 6000',
      'JavaMail/mail.smtp.timeout = 5000',
    )
    expect(smtps.profile).toMatchObject({ security: 'implicit', relay: { port: 465 }, timeouts: { idleMs: 6000 } })
    expect(refusal('/configuration/mail/Server = a\n/configuration/mail/Transport = x400').code).toBe('import.format')
  })

  test('Port 2525 and mail.smtp.port 2626: 2525 is used [runmyjobs.registry.Port] [runmyjobs.javamail.mail.smtp.port]', () => {
    const both = imported('Port = 2525', 'JavaMail/mail.smtp.port = 2626')
    expect(both.profile.relay?.port).toBe(2525)
    expect(both.of('JavaMail/mail.smtp.port')).toMatchObject([{ verdict: 'ignored' }])
    expect(imported('JavaMail/mail.smtp.port = 2626').profile.relay?.port).toBe(2626)
  })

  test.each([
    [['Port = 2525', 'JavaMail/mail.smtp.port = 2626', STARTTLS], 2525],
    [['JavaMail/mail.smtp.port = 2626', STARTTLS], 2626],
    [['Transport = smtps', 'JavaMail/mail.smtps.port = 4650', 'JavaMail/mail.smtp.port = 2626'], 4650],
    [[STARTTLS], 587],
    [['JavaMail/mail.smtp.starttls.enabled = true'], 587],
    [[IMPLICIT], 465],
    [[], 25],
  ])('the port of %j is %i [runmyjobs.behaviour.port-precedence]', (entries, port) => {
    expect(imported(...entries).profile.relay?.port).toBe(port)
  })

  test('no port anywhere: STARTTLS on 587, TLS on 465 [part of runmyjobs.behaviour.starttls] [part of runmyjobs.behaviour.tls]', () => {
    expect(imported(STARTTLS, 'JavaMail/mail.smtp.starttls.enabled = true').profile).toMatchObject({
      security: 'starttls',
      relay: { port: 587 },
    })
    expect(imported(IMPLICIT).profile).toMatchObject({ security: 'implicit', relay: { port: 465 } })
  })

  test('TLS from the first octet with either transport [part of runmyjobs.javamail.mail.smtps.ssl.enable]', () => {
    for (const transport of ['smtp', 'smtps']) {
      expect(imported(`Transport = ${transport}`, IMPLICIT).profile.security).toBe('implicit')
    }
  })

  test('starttls.enabled and starttls.enable are one, and the latter wins [part of runmyjobs.javamail.mail.smtp.starttls.enabled]', () => {
    for (const name of ['enable', 'enabled']) {
      expect(imported(`JavaMail/mail.smtp.starttls.${name} = true`).profile.security).toBe('opportunistic')
    }
    const { profile, of } = imported(
      'JavaMail/mail.smtp.starttls.enable = false',
      'JavaMail/mail.smtp.starttls.enabled = true',
    )
    expect(profile.security).toBe('none')
    expect(of('JavaMail/mail.smtp.starttls.enabled')).toMatchObject([{ verdict: 'ignored' }])
  })

  test('STARTTLS or failure [part of runmyjobs.javamail.mail.smtp.starttls.required]', () => {
    expect(imported(STARTTLS).profile.security).toBe('starttls')
  })

  test('smtps with STARTTLS required and port 587 or none is STARTTLS, else TLS [part of runmyjobs.behaviour.smtps-with-auth]', () => {
    const smtps = (...entries: readonly string[]) => imported('Transport = smtps', STARTTLS, ...entries)
    expect(smtps().profile).toMatchObject({ security: 'starttls', relay: { port: 587 } })
    expect(smtps('Port = 587').profile).toMatchObject({ security: 'starttls', relay: { port: 587 } })
    expect(smtps('Port = 465').profile).toMatchObject({ security: 'implicit', relay: { port: 465 } })
    expect(smtps('JavaMail/mail.smtp.port = 465').profile.security).toBe('implicit')
    expect(imported('Transport = smtps').profile.security).toBe('implicit')
    expect(smtps().of('Transport')).toMatchObject([{ note: expect.stringContaining('587') as string }])
  })

  test('ConnectionSecurity: as the properties say, STARTTLS, or TLS; it wins over them, and that is said [part of runmyjobs.registry.ConnectionSecurity]', () => {
    expect(imported('ConnectionSecurity = none', STARTTLS).profile.security).toBe('starttls')
    expect(imported('ConnectionSecurity = starttls').profile).toMatchObject({
      security: 'starttls',
      relay: { port: 587 },
    })
    expect(imported('ConnectionSecurity = tls').profile).toMatchObject({ security: 'implicit', relay: { port: 465 } })
    const conflict = imported('ConnectionSecurity = starttls', IMPLICIT)
    expect(conflict.profile).toMatchObject({ security: 'starttls', relay: { port: 587 } })
    expect(conflict.of('JavaMail/mail.smtps.ssl.enable')).toMatchObject([
      { verdict: 'ignored', note: 'the registry says security itself, and wins' },
    ])
    expect(refusal('/configuration/mail/Server = a\n/configuration/mail/ConnectionSecurity = ssl').hint).toContain(
      'starttls or tls',
    )
  })

  test('hosts whose chain is not checked, with either transport [part of runmyjobs.javamail.mail.smtps.ssl.trust]', () => {
    const { profile, of } = imported('JavaMail/mail.smtps.ssl.trust = smtp.example.com', IMPLICIT)
    expect(profile.tls?.trustHosts).toEqual(['smtp.example.com'])
    expect(of('JavaMail/mail.smtps.ssl.trust')).toMatchObject([{ unsafe: true }])
  })

  test('the check of certificates as a whole [part of runmyjobs.setting.TLS.VerifyServerCertificateTrust]', () => {
    const trust = (value: string) => read(`/configuration/mail/Server = a\nTLS.VerifyServerCertificateTrust = ${value}`)
    expect(trust('Verify').profile.tls).toEqual({ rejectUnauthorized: true })
    expect(trust('DontVerify').profile.tls).toEqual({ rejectUnauthorized: false })
    expect(trust('DontVerify').report).toContainEqual(
      expect.objectContaining({ unsafe: true, settings: ['tls.rejectUnauthorized'] }),
    )
    expect(trust('dontverify').profile.tls).toEqual({ rejectUnauthorized: true })
  })
})

describe('properties', () => {
  test('timeout is 5 s, host has no effect [runmyjobs.registry.JavaMail] [runmyjobs.javamail.mail.smtp.timeout] [runmyjobs.javamail.mail.smtp.connectiontimeout] [runmyjobs.javamail.mail.smtp.host]', () => {
    const { profile, of } = imported(
      'JavaMail/mail.smtp.timeout = 5000',
      'JavaMail/mail.smtp.connectiontimeout=5000',
      'JavaMail/mail.smtp.host = other.example',
    )
    expect(profile.timeouts).toEqual({ idleMs: 5000, connectMs: 5000 })
    expect(profile.relay?.host).toBe('smtp.example.com')
    expect(of('JavaMail/mail.smtp.host')).toMatchObject([
      { verdict: 'ignored', note: expect.stringContaining('/configuration/mail/Server') as string },
    ])
  })

  test('names are compared letter by letter [runmyjobs.behaviour.javamail-name]', () => {
    const { profile, of } = imported('JavaMail/mail.smtp.Timeout = 5000', 'port = 26')
    expect(profile.timeouts).toBeUndefined()
    expect(of('JavaMail/mail.smtp.Timeout')).toMatchObject([{ verdict: 'unknown' }])
    expect(of('port')).toMatchObject([{ verdict: 'unknown', note: expect.stringContaining('Port') as string }])
  })

  test('SendPartial wins over mail.smtp.sendpartial, and is false by default [part of runmyjobs.registry.SendPartial]', () => {
    expect(imported().profile.delivery?.onRefused).toEqual(ALL('stop'))
    const { profile, of } = imported('SendPartial = true', 'JavaMail/mail.smtp.sendpartial = false')
    expect(profile.delivery?.onRefused).toEqual(ALL('continue'))
    expect(of('JavaMail/mail.smtp.sendpartial')).toMatchObject([{ verdict: 'ignored' }])
    expect(
      imported('SendPartial = false', 'JavaMail/mail.smtp.sendpartial = true').profile.delivery?.onRefused,
    ).toEqual(ALL('stop'))
  })

  test('attachments: no file without AccessiblePath [part of runmyjobs.registry.AccessiblePath] [part of runmyjobs.registry.AttachmentError]', () => {
    expect(imported().profile.attachments).toEqual({ files: 'none', onMissing: 'fail' })
    expect(imported('AccessiblePath = /srv/my mail').profile.attachments).toMatchObject({
      files: 'below',
      basePath: '/srv/my mail',
    })
    for (const value of ['fail', 'skip', 'note']) {
      expect(imported(`AttachmentError = ${value}`).profile.attachments?.onMissing).toBe(value)
    }
    const { profile, of } = imported('AttachmentError = other')
    expect([profile.attachments?.onMissing, of('AttachmentError')[0]?.verdict]).toEqual(['fail', 'lost'])
  })
})

describe('credentials', () => {
  const CREDENTIAL = {
    Protocol: 'smtp',
    'Virtual User': 'default',
    Endpoint: 'smtp.example.com',
    'Real User': 'app',
    Password: 'Geheim-1',
  }
  const withCredential = (changed: Readonly<Record<string, string>>, ...entries: readonly string[]) =>
    read(
      [
        '/configuration/mail/Server = smtp.example.com',
        ...entries.map((entry) => `/configuration/mail/${entry}`),
        '[Credential]',
        ...Object.entries({ ...CREDENTIAL, ...changed }).map(([name, value]) => `${name} = ${value}`),
      ].join('\n'),
    )

  test('the credential of the server logs in, before User [part of runmyjobs.credential.RealUser] [part of runmyjobs.credential.Password]', () => {
    const { profile, of, report } = withCredential({}, 'User = other')
    expect(profile.credentials).toMatchObject({ user: 'app', password: 'Geheim-1' })
    expect(of('User')).toMatchObject([{ verdict: 'ignored' }])
    expect(JSON.stringify(report)).not.toContain('Geheim')
  })

  test.each([
    ['Protocol', 'SMTP'],
    ['Protocol', 'smtq'],
    ['Virtual User', 'Default'],
    ['Virtual User', 'other'],
    ['Endpoint', 'smtp.Example.com'],
    ['Endpoint', 'smtp.example.con'],
  ])(
    '%s %s does not match, and nobody logs in [part of runmyjobs.behaviour.credential-match] [part of runmyjobs.credential.Protocol] [part of runmyjobs.credential.VirtualUser] [part of runmyjobs.credential.Endpoint]',
    (field, value) => {
      const { profile, of } = withCredential({ [field]: value })
      expect(profile.credentials).toBeUndefined()
      expect(of('credential')).toMatchObject([
        { verdict: 'ignored', note: expect.stringContaining('letter by letter') as string },
      ])
      if (field === 'Endpoint')
        expect(of('credential')[0]?.note).toContain(`${value} is not the server smtp.example.com`)
    },
  )

  test('User takes the password of the credential with that real user; alone it logs nobody in [part of runmyjobs.registry.User]', () => {
    const other = withCredential({ Endpoint: 'other.example.com' }, 'User = app')
    expect(other.profile.credentials).toMatchObject({ user: 'app', password: 'Geheim-1' })
    const alone = imported('User = app')
    expect(alone.profile.credentials).toBeUndefined()
    expect(alone.of('User')).toMatchObject([
      { verdict: 'lost', note: expect.stringContaining('nobody logs in') as string },
    ])
  })

  test('what looks like a placeholder is a password, and no variable is read for it', () => {
    for (const password of ['${AWS_SECRET_ACCESS_KEY}', '${env.HOME}', '${x:y}', 'env:HOME']) {
      const { profile, report } = withCredential({ Password: password })
      expect(profile.credentials?.password).toBe(password.replace(/^env:/, 'plain:env:'))
      expect(JSON.stringify(report)).not.toContain('variable')
    }
    const entries = [
      'JavaMail/mail.smtp.user = u',
      'JavaMail/mail.smtp.password = ${HOME}',
      'JavaMail/mail.smtp.auth=true',
    ]
    expect(imported(...entries).profile.credentials).toMatchObject({ user: 'u', password: '${HOME}' })
  })

  test('a credential without its password, as exports are, reads it from a variable', () => {
    expect(withCredential({ Password: '' }).profile.credentials).toMatchObject({
      user: 'app',
      password: 'env:SMTP_PASSWORD',
    })
  })

  test('with XOAUTH2 the password is a token, as in JavaMail', () => {
    const { profile } = withCredential({}, 'JavaMail/mail.smtp.auth.mechanisms = XOAUTH2')
    expect(profile.credentials).toMatchObject({ user: 'app', accessToken: 'Geheim-1', mechanisms: ['XOAUTH2'] })
  })

  test('credentials and certificates in other files: a table, XML, PEM [part of runmyjobs.credential.X509_TrustedCertificate] [part of runmyjobs.behaviour.chain-of-trust]', () => {
    const files = { 'credentials.csv': sample('credentials.csv'), 'root.pem': sample('root.pem') }
    const { profile, report } = read('/configuration/mail/Server = smtp.example.com', files)
    expect(profile.credentials).toMatchObject({ user: 'jobs', password: 'Geheim-csv-1' })
    expect(profile.tls?.extraCa).toBe(sample('root.pem').trim())
    expect(report.filter(({ file }) => file === 'credentials.csv')).toHaveLength(5)
    const xml =
      '<c><Credential protocol="smtp" virtualUser="default" endpoint="smtp.example.com" realUser="x" password="Geheim"/></c>'
    expect(read('/configuration/mail/Server = smtp.example.com', { 'c.xml': xml }).profile.credentials?.user).toBe('x')
  })

  test('certificates in the export itself, all of them [part of runmyjobs.credential.X509_TrustedCertificate]', () => {
    const pem = sample('root.pem').trim()
    const block = `[Credential]\nProtocol = X509_TrustedCertificate\nCertificate = ${pem}\n`
    const { profile } = read(`/configuration/mail/Server = a.example\n${block}\n${block}`)
    expect(profile.tls?.extraCa).toBe(`${pem}\n${pem}`)
  })

  test('many certificates are one setting, which is written once, and each has its line', () => {
    const block = `Protocol = X509_TrustedCertificate\nCertificate = ${sample('root.pem').trim()}\n\n`
    const { profile, report } = read(`/configuration/mail/Server = a.example\n\n${block.repeat(100)}`)
    expect(String(profile.tls?.extraCa).split('BEGIN CERTIFICATE')).toHaveLength(101)
    const lines = report.filter(({ entry }) => entry === 'X509_TrustedCertificate')
    expect(lines.map(({ verdict }) => verdict)).toEqual(Array.from({ length: 100 }, () => 'taken'))
    expect(lines.filter(({ settings }) => settings)).toHaveLength(1)
  })

  test('a Java key store is not read, and PEM is named in its place [part of runmyjobs.behaviour.keystore]', () => {
    const { profile, report } = read(
      [
        '/configuration/mail/Server = a.example',
        '/configuration/system/TrustStore = /opt/java/trust.jks',
        'javax.net.ssl.trustStore = /opt/java/cacerts',
        '[Credential]',
        'Protocol = X509_TrustedCertificate',
        'Certificate = /opt/java/trust.jks',
      ].join('\n'),
      { 'trust.jks': '\u00fe\u00ed' },
    )
    expect(profile.tls).toBeUndefined()
    expect(report.filter(({ verdict, note }) => verdict === 'lost' && note?.includes('PEM'))).toHaveLength(4)
  })
})

describe('the forms of an export', () => {
  test('XML with names, flat and nested, and with elements as the path', () => {
    expect(read(sample('registry.xml')).profile).toMatchObject({
      relay: { host: 'smtp.example.com', port: 465 },
      security: 'implicit',
      tls: { trustHosts: ['smtp.example.com'] },
      credentials: { user: 'jobs', password: 'Geheim-&-jobs' },
    })
    expect(read(sample('flat.xml')).profile).toMatchObject({
      relay: { host: 'smtp.example.com', port: 587 },
      attachments: { basePath: '/srv/mail' },
    })
    expect(read(sample('elements.xml')).profile).toMatchObject({ security: 'implicit', timeouts: { idleMs: 5000 } })
  })

  test('the folder of mail is at the top, and a folder of that name elsewhere is another one', () => {
    const { profile, report } = read(
      [
        '/configuration/mail/Server = m.example.com',
        '/other/configuration/mail/Server = evil.example.com',
        '/configuration/ftp/TLS.VerifyServerCertificateTrust = DontVerify',
        '/configuration/mail/JavaMail/configuration/mail/Server = evil.example.com',
      ].join('\n'),
    )
    expect(profile.relay?.host).toBe('m.example.com')
    expect(profile.tls).toBeUndefined()
    expect(report.filter(({ line }) => line !== undefined).map(({ line, verdict }) => [line, verdict])).toEqual([
      [1, 'taken'],
      [2, 'ignored'],
      [3, 'ignored'],
      [4, 'unknown'],
    ])
    const folder = read(
      '/configuration/mail/Server = a\n/configuration/mail/TLS.VerifyServerCertificateTrust = DontVerify',
    )
    expect(folder.profile.tls).toEqual({ rejectUnauthorized: false })
  })

  test.each([
    '<export><configuration><mail><Server>m.example.com</Server></mail></configuration><other><configuration><mail><Server>evil.example.com</Server></mail></configuration></other></export>',
    '<export><registry><configuration><mail><Server>m.example.com</Server></mail></configuration></registry><Credential protocol="smtp"/></export>',
    '<e name="prod"><e name="configuration"><e name="mail"><e name="Server" value="m.example.com"/></e></e><e name="other"><e name="configuration"><e name="mail"><e name="Server" value="evil.example.com"/></e></e></e></e>',
    '<e name="/configuration/mail"><e name="Server" value="m.example.com"/></e>',
    '<e name="configuration/mail"><e name="Server" value="m.example.com"/></e>',
  ])('the name of the export is no part of a path: %s', (xml) => {
    expect(read(xml).profile.relay?.host).toBe('m.example.com')
  })

  test('a path of many parts is refused before it is repeated', () => {
    const inner = '<e name="b" value="1"/>'
    for (const name of ['a/'.repeat(21), `${'/'.repeat(5000)}a`]) {
      const error = refusal(`<r><e name="${name}">${inner.repeat(2)}</e></r>`)
      expect([error.code, error.message]).toEqual(['import.format', expect.stringContaining('20 parts') as string])
    }
    expect(refusal(`${'<e name="a/b/c">'.repeat(8)}${inner}${'</e>'.repeat(8)}`).message).toContain('20 parts')
  })

  test('line ends alone are looked through at once', () => {
    expect(runmyjobs.recognises({ text: '\n'.repeat(5_000_000) })).toBe(false)
  })

  test('every key at once', () => {
    expect(read(sample('registry.txt')).profile).toEqual({
      relay: { host: 'smtp.example.com', port: 2525, quitAfterRefusedGreeting: false },
      security: 'starttls',
      sender: { from: 'jobs@example.com', name: 'Jobs' },
      attachments: { files: 'below', basePath: '/srv/redwood/mail', onMissing: 'note' },
      delivery: { onRefused: ALL('continue') },
      timeouts: { idleMs: 5000, connectMs: 7000 },
      tls: { rejectUnauthorized: true, extraCa: sample('root.pem').trim() },
      credentials: {
        user: 'jobs',
        password: 'Geheim-jobs-1',
        mechanisms: ['LOGIN', 'PLAIN', 'DIGEST-MD5', 'NTLM'],
        mechanismFallback: false,
      },
    })
  })

  test('a text without an entry of the registry, or with too many, is refused', () => {
    expect(refusal('hello').code).toBe('import.format')
    expect(refusal('<a/>').code).toBe('import.missing')
    expect(refusal('/configuration/mail/Server = a\n'.repeat(5001)).code).toBe('import.format')
  })

  test.each(readdirSync(folder).filter((name) => !/^(?:credentials\.csv|root\.pem)$/.test(name)))(
    '%s is recognised, and its report has no secret',
    (name) => {
      const text = sample(name)
      expect(FORMATS.find((format) => format.recognises({ text, name }))?.name).toBe('runmyjobs')
      expect(JSON.stringify(read(text).report)).not.toContain('Geheim')
    },
  )
})

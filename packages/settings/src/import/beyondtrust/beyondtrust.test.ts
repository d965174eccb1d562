import { readFileSync } from 'node:fs'
import { SettingsError } from '@posthorn/ground/portable'
import { describe, expect, it } from 'vitest'
import { checkProfile } from '../../check-profile.js'
import type { Profile } from '../../profile/profile.js'
import type { Import, ReportLine } from '../import.js'
import { beyondtrust } from './beyondtrust.js'

const sample = (name: string) =>
  readFileSync(new URL(`../../../test/samples/beyondtrust/${name}`, import.meta.url), 'utf8')

function imported(text: string): Import {
  const read = beyondtrust.import({ text })
  for (const { profile } of read.profiles) expect(checkProfile(profile)).toBe(profile)
  expect(JSON.stringify(read.report)).not.toContain('Geheim')
  return read
}

type Fields = Readonly<Record<string, unknown>>
const NEEDED = { ProfileName: 'Main', SenderEmail: 'pi@example.com', ServerName: 'smtp.example.com' }
const LOGIN = { UseCredentials: 'Yes', UserName: 'pi', Password: 'Geheim' }
const OAUTH2 = { ClientId: 'c', ServerAuthURL: 'https://a.example/auth', ServerTokenURL: 'https://a.example/token' }

/** The profile of the fields that are needed and these. */
function profile(fields: Fields = {}): {
  profile: Profile
  report: readonly ReportLine[]
  of: (entry: string) => ReportLine[]
} {
  const { profiles, report } = imported(JSON.stringify({ ...NEEDED, ...fields }))
  expect(profiles).toHaveLength(1)
  return { profile: profiles[0]!.profile, report, of: (entry) => report.filter((line) => line.entry === entry) }
}

function refusal(text: string): SettingsError {
  try {
    beyondtrust.import({ text })
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    expect(`${error.message} ${error.hint}`).not.toContain('Geheim')
    return error
  }
  throw new Error('was imported')
}

const refused = (fields: Fields) => {
  const { code, field } = refusal(JSON.stringify({ ...NEEDED, ...fields }))
  return [code, field]
}
const WRONG = 'import.format'
const MISSING = 'import.missing'

describe('the shapes', () => {
  it('lines of a field and its value, in the order of the dialog', () => {
    const { profiles, report } = imported(sample('dialog.csv'))
    expect(profiles).toEqual([
      {
        name: 'Alerts',
        profile: {
          name: 'Alerts',
          description: 'Reports, alerts',
          security: 'starttls',
          sender: {
            from: 'pi@example.com',
            name: 'Privileged Identity',
            organization: 'Example Ltd',
            replyTo: 'help@example.com',
            readReceiptTo: 'reader@example.com',
            deliveryReceiptTo: 'pi@example.com',
          },
          headers: {
            priority: 'urgent',
            sensitivity: 'company-confidential',
            importance: 'high',
            fields: [{ name: 'X-Team', value: 'Security' }],
          },
          relay: { host: 'smtp.example.com', port: 587 },
          timeouts: { totalMs: 90_000 },
          credentials: { enabled: true, user: 'pi', password: 'Geheim-1!', mechanism: 'CRAM-MD5' },
          tls: { clientCertificate: { source: 'file:C:\\certs\\pi.pfx', password: 'Geheim-2!' } },
          smime: {
            sign: {
              enabled: true,
              certificate: { source: 'file:C:\\certs\\sign.pfx', password: 'Geheim-3!' },
              digest: 'sha512',
              attach: 'none',
            },
            encrypt: {
              enabled: true,
              certificates: ['file:C:\\certs\\all.cer'],
              forAll: true,
              password: 'Geheim-4!',
              cipher: 'aes-256-gcm',
            },
          },
          proxy: { type: 'socks5', host: 'socks.example.com', port: 1081, user: 'fw', password: 'Geheim-5!' },
          logging: { destinations: ['syslog', 'file'], level: 'debug', file: { path: '/var/log/smtp.txt' } },
        },
      },
    ])
    // every line of the source has one of the report
    const lines = report.flatMap(({ line }) => (line === undefined ? [] : [line]))
    expect(new Set(lines)).toEqual(new Set(Array.from({ length: 48 }, (_, index) => index + 1)))
    expect(report.find(({ line }) => line === 12)).toMatchObject({
      entry: 'AdvancedName',
      settings: ['headers.fields'],
    })
    expect(report.filter(({ verdict }) => verdict === 'unknown' || verdict === 'lost')).toEqual([])
  })

  it('one row for each profile; the one in use comes first', () => {
    const { profiles, report } = imported(sample('profiles.csv'))
    expect(profiles.map(({ name, active }) => [name, active])).toEqual([
      ['Backup', true],
      ['Main', undefined],
    ])
    expect(profiles[1]!.profile).toMatchObject({
      security: 'implicit',
      relay: { host: 'smtp.example.com', port: 465 },
      credentials: { enabled: true, user: 'pi', password: 'Geheim;"1"', mechanisms: ['PLAIN', 'LOGIN'] },
      proxy: { type: 'none' },
      timeouts: { totalMs: 60_000 },
    })
    expect(profiles[0]!.profile).toMatchObject({
      security: 'none',
      relay: { host: 'relay.example.com', port: 25 },
      credentials: { enabled: false, user: 'kept', password: 'Geheim-2' },
      proxy: { type: 'http', host: 'proxy.example.com', port: 80 },
      timeouts: { totalMs: 0 },
    })
    expect(report.every(({ of }) => of === 'Main' || of === 'Backup')).toBe(true)
    expect(report.filter(({ line }) => line === 2)).toHaveLength(15)
  })

  it('a list in JSON, by tabs or flat, names in any case', () => {
    const { profiles, report } = imported(sample('profiles.json'))
    expect(profiles.map(({ name, active }) => [name, active])).toEqual([
      ['Office', true],
      ['Gmail', undefined],
    ])
    expect(profiles[1]!.profile).toEqual({
      name: 'Gmail',
      description: 'Signs in with a browser',
      sender: { from: 'reports@example.com', name: 'Reports' },
      headers: {
        fields: [
          { name: 'X-A', value: '1' },
          { name: 'X-B', value: 'zwei ü' },
        ],
      },
      relay: { host: 'smtp.gmail.com', port: 587 },
      timeouts: { totalMs: 60_000 },
      security: 'starttls',
      oauth2: {
        clientId: '1234.apps.googleusercontent.com',
        clientSecret: 'GOCSPX-Geheim',
        authorizationUrl: 'https://accounts.google.com/o/oauth2/auth',
        tokenUrl: 'https://accounts.google.com/o/oauth2/token',
        scope: 'https://mail.google.com/',
        hideBrowserResponse: true,
        grant: 'authorization-code',
      },
      credentials: { enabled: true, user: 'reports@example.com', mechanism: 'XOAUTH2' },
      proxy: { type: 'none' },
    })
    expect(profiles[0]!.profile).toMatchObject({
      proxy: { type: 'system' },
      security: 'opportunistic',
      oauth2: { clientId: 'kept' },
    })
    expect(report.find(({ verdict }) => verdict === 'unknown')).toMatchObject({ of: 'Office' })
    expect(report.find(({ entry }) => entry === 'active')).toMatchObject({ of: 'Office', verdict: 'taken' })
  })

  it.each([
    [
      'an object of profiles by name',
      JSON.stringify({ One: { ...NEEDED, ProfileName: undefined }, Two: { ...NEEDED, ProfileName: undefined } }),
      ['One', 'Two'],
    ],
    ['a list', JSON.stringify([NEEDED, { ...NEEDED, ProfileName: 'Two' }]), ['Main', 'Two']],
    [
      'names with a heading',
      JSON.stringify({ 'General.ProfileName': 'M', 'Server.Name': 'h', 'General > Sender Email': 'a@b.example' }),
      ['M'],
    ],
    [
      'Field and Value',
      'Field\tValue\nProfile Name\tOne\nSender Email\ta@b.example\nServer Name\th\nProfile Name\tTwo\nSender Email\ta@b.example\nServer Name\th\n',
      ['One', 'Two'],
    ],
    [
      'Tab, Field and Value',
      'Tab,Field,Value\r\nGeneral,Profile Name,One\r\nGeneral,Sender Email,a@b.example\r\n"Outgoing Server",Server Name,h\r\n',
      ['One'],
    ],
    [
      'tabs in cells without titles',
      'General,Profile Name,One\nGeneral,Sender Email,a@b.example\nOutgoing Server,Server Name,h\nFirewall,Port,1080,,',
      ['One'],
    ],
  ])('%s', (_, text, names) => {
    expect(imported(text).profiles.map(({ name }) => name)).toEqual(names)
  })

  it('keeps the password of the server away from the proxy', () => {
    const { profile: flat } = profile({ FirewallType: 'SOCKS5', Host: 'p', Password: 'Geheim', UserName: 'u' })
    expect(flat.credentials?.password).toBe('Geheim')
    expect(flat.proxy?.password).toBeUndefined()
    const sorted =
      'Firewall Type,Tunnel\nFirewallHost,p\nPassword,Geheim\nProfile Name,M\nSender Email,a@b.example\nServer Name,h\nUser Name,u'
    expect(imported(sorted).profiles[0]!.profile).toMatchObject({
      credentials: { password: 'Geheim', user: 'u' },
      proxy: { host: 'p' },
    })
    expect(imported(sorted).profiles[0]!.profile.proxy?.password).toBeUndefined()
    const unknown = profile({ Vault: { Password: 'Geheim', Port: 1 }, OAuth2: { Password: 'Geheim' } })
    expect(unknown.profile.credentials?.password).toBeUndefined()
    expect(unknown.profile.relay?.port).toBe(25)
    expect(unknown.report.filter(({ verdict }) => verdict === 'unknown')).toHaveLength(3)
  })

  it('takes values with a separator in them, and says what is not read', () => {
    const { profiles, report } = imported(
      'Profile Name,M\nSender Email,a@b.example\nServer Name,h\nPassword,Geheim,1,,\nProt,25\n,Geheim\nGeheim,\nVerify,\nPort,\n',
    )
    expect(profiles[0]!.profile.credentials?.password).toBe('Geheim,1')
    expect(
      report
        .filter(({ line }) => line !== undefined && line > 4)
        .map(({ line, entry, verdict }) => [line, entry, verdict]),
    ).toEqual([
      [5, 'Prot', 'unknown'],
      [6, 'a line', 'unknown'],
      [7, 'a line', 'unknown'],
      [8, 'Verify', 'ignored'],
      [9, 'Port', 'defaulted'],
    ])
  })

  it.each(['', 'x', 'a,b,c', '[]', '{}', '[1]', '"x"', '{"ProfileName":', 'Profile Name,"x', 'a,b\nServer Name\n'])(
    'refuses %j',
    (text) => {
      expect(['import.format', 'import.missing']).toContain(refusal(text).code)
    },
  )

  it('refuses rows of one cell, which have other signs between them than the first line', () => {
    const text = 'ProfileName;ServerName\nSigning Cert Password,Geheim-3!\nPassword,Geheim-4!\n'
    const error = refusal(text)
    expect([error.code, error.message]).toEqual([WRONG, expect.stringContaining('line 2') as string])
  })

  it('names a profile by its number when its name does not look like one', () => {
    const names = ['A', 'Password,Geheim', 'Password "Geheim"', '{Geheim}', 'x\nGeheim', 'Geheim'.repeat(15)]
    const fields = names.map((ProfileName) => ({ ...NEEDED, ProfileName }))
    const { profiles, report } = imported(JSON.stringify(fields.filter((_, index) => index !== 4)))
    expect(profiles.map(({ name }) => name)).toEqual(names.filter((_, index) => index !== 4))
    expect([...new Set(report.map(({ of }) => of))]).toEqual(['A', 'profile 2', 'profile 3', 'profile 4', 'profile 5'])
    const lacking = refusal(
      JSON.stringify(names.map((ProfileName) => ({ ProfileName: ProfileName.replace('\n', ';'), ServerName: 'x' }))),
    )
    expect(lacking.field).toBe(
      names.map((name, at) => `${name === 'A' ? name : `profile ${at + 1}`}, SenderEmail`).join(', '),
    )
    expect(refusal(JSON.stringify(fields.map((each) => ({ ...each, Port: 'x' })).slice(1))).field).toBe(
      'profile 1, Port',
    )
  })

  it.each(['C:\\pi.pfx;;NONE;Geheim', 'C:\\pi.pfx,NONE,Geheim', 'C:\\pi.pfx"Geheim'])(
    'refuses a path that has other cells behind it: %s',
    (UserCertificateFile) => {
      expect(refused({ UseClientCertificate: 'Yes', UserCertificateFile })).toEqual([WRONG, 'UserCertificateFile'])
    },
  )

  it('names 20 of what is missing, and how much more', () => {
    const { field } = refusal(JSON.stringify(Array.from({ length: 1000 }, (_, at) => ({ ProfileName: `p${at}` }))))
    expect(field).toMatch(/^p0, SenderEmail, .*, 1980 more$/)
    expect(field?.length).toBeLessThan(500)
  })

  it('says what stands beside the profiles', () => {
    const { report } = imported(
      JSON.stringify({ profiles: [NEEDED], Active: 'Main', Comment: 'x', 'hunter2 Geheim': 1, inUse: 'y' }),
    )
    expect(report.filter(({ verdict }) => verdict === 'unknown').map(({ entry }) => entry)).toEqual([
      ...['Comment', 'a line', 'a line'],
    ])
  })

  it('guesses what the first unknown fields may mean, and no more of them', () => {
    const fields = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`Po${(at + 360).toString(36)}`, 'x']))
    const { report } = profile(fields)
    const unknown = report.filter(({ verdict }) => verdict === 'unknown')
    expect(unknown).toHaveLength(300)
    expect(unknown[0]!.note).toContain('did you mean Port?')
    expect(unknown.filter(({ note }) => note?.includes('did you mean'))).toHaveLength(100)
    expect(unknown.at(-1)).toMatchObject({ entry: 'a line', note: 'it is not known' })
  })

  it('says that its documents do not say what becomes of refused recipients', () => {
    const { profile: read, of } = profile()
    expect(of('refused recipients')).toMatchObject([
      { verdict: 'defaulted', note: expect.stringContaining('delivery.onRefused') as string },
    ])
    expect(read.delivery).toBeUndefined()
  })

  it('is bounded', () => {
    expect(refusal(JSON.stringify(Array.from({ length: 1001 }, () => ({})))).message).toContain('1000 profiles')
    expect(
      refusal(JSON.stringify(Object.fromEntries(Array.from({ length: 50_001 }, (_, index) => [`a${index}`, 1]))))
        .message,
    ).toContain('fields')
    expect(refusal('Port,1\n'.repeat(50_001)).message).toContain('50000 lines')
    expect(refusal(`${'{"General":'.repeat(3000)}1${'}'.repeat(3000)}`).code).toBe(MISSING)
    expect(refusal(`Profile Name,"${'"x'.repeat(100_000)}`).code).toBe(WRONG)
  })
})

describe('profiles', () => {
  it('need names that differ, whatever their case [part of beyondtrust.general.ProfileName]', () => {
    const error = refusal(JSON.stringify([NEEDED, { ...NEEDED, ProfileName: 'MAIN' }]))
    expect([error.code, error.field]).toEqual([WRONG, 'ProfileName'])
    expect(refused({ ProfileName: '' })).toEqual([MISSING, 'ProfileName'])
  })

  it('have one in use at most [part of beyondtrust.behaviour.one-active-profile]', () => {
    const two = [
      { ...NEEDED, Active: true },
      { ...NEEDED, ProfileName: 'Two', Active: 'yes' },
    ]
    expect(refusal(JSON.stringify(two)).field).toBe('Active')
    expect(
      refusal(JSON.stringify({ profiles: [two[0], { ...NEEDED, ProfileName: 'Two' }], active: 'Two' })).field,
    ).toBe('Active')
    const none = imported(JSON.stringify({ profiles: [NEEDED], active: 'Three' }))
    expect(none.report.at(-1)).toMatchObject({ verdict: 'lost' })
  })

  it('name all that is missing together, with the profile when there are several', () => {
    expect(refused({ SenderEmail: ' ', ServerName: '', UseCredentials: 'on' })).toEqual([
      MISSING,
      'SenderEmail, ServerName, UserName, Password',
    ])
    expect(refusal(JSON.stringify([NEEDED, { ProfileName: 'Two' }])).field).toBe('Two, SenderEmail, Two, ServerName')
  })
})

describe('the tab General', () => {
  it('becomes sender, header fields and receipts [part of beyondtrust.general.Description] [part of beyondtrust.general.SenderName] [part of beyondtrust.general.Organization] [part of beyondtrust.general.SenderEmail] [part of beyondtrust.general.ReplyToEmail] [part of beyondtrust.general.ReadReceiptsEmail]', () => {
    const { profile: read } = profile({
      Description: 'one\ntwo',
      SenderName: 'N',
      Organization: 'O',
      ReplyToEmail: 'r@example.com',
      ReadReceiptsEmail: 'x@example.com',
    })
    expect(read.description).toBe('one two')
    expect(read.sender).toEqual({
      from: 'pi@example.com',
      name: 'N',
      organization: 'O',
      replyTo: 'r@example.com',
      readReceiptTo: 'x@example.com',
    })
    expect(refused({ SenderEmail: 'nobody' })).toEqual([WRONG, 'SenderEmail'])
  })

  it('says which empty sender fields some servers mind [part of beyondtrust.behaviour.missing-sender-fields]', () => {
    const { of } = profile()
    for (const field of ['SenderName', 'Organization', 'ReplyToEmail'])
      expect(of(field)).toMatchObject([{ verdict: 'defaulted' }])
    expect(of('SenderName')[0]!.note).toContain('refuse')
    expect(refused({ SenderEmail: '' })).toEqual([MISSING, 'SenderEmail'])
  })

  it('asks the server for a notification when the receipt goes to the sender [part of beyondtrust.general.ReturnReceiptToEmail]', () => {
    const own = profile({ ReturnReceiptToEmail: 'pi@example.com' })
    expect(own.profile.sender?.deliveryReceiptTo).toBe('pi@example.com')
    expect(own.of('ReturnReceiptToEmail')[0]!.note).toContain('notifications of success')
    expect(profile({ ReturnReceiptToEmail: 'o@example.com' }).of('ReturnReceiptToEmail')[0]!.note).toContain(
      'only the header field',
    )
  })

  it.each([
    ['Priority', 'priority', ['Normal', 'Urgent', 'Non_Urgent'], ['normal', 'urgent', 'non-urgent']],
    [
      'Sensitivity',
      'sensitivity',
      ['Personal', 'Private', 'Company_Confidential'],
      ['personal', 'private', 'company-confidential'],
    ],
    ['Importance', 'importance', ['High', 'Normal', 'Low'], ['high', 'normal', 'low']],
  ] as const)(
    '%s [part of beyondtrust.general.Priority] [part of beyondtrust.general.Sensitivity] [part of beyondtrust.general.Importance]',
    (field, setting, names, values) => {
      for (const [index, name] of names.entries()) {
        for (const text of [name, name.toUpperCase(), name.replace('_', ' '), index + 1])
          expect(profile({ [field]: text }).profile.headers?.[setting]).toBe(values[index])
      }
      for (const none of ['Unspecified', 0, '', undefined])
        expect(profile({ [field]: none }).profile.headers).toBeUndefined()
      expect(refused({ [field]: 'Geheim' })).toEqual([WRONG, field])
    },
  )

  it('has header fields of its own [part of beyondtrust.general.AdvancedName] [part of beyondtrust.general.AdvancedValue]', () => {
    expect(profile({ AdvancedName: 'X-Team', AdvancedValue: 'Sicherheit ü' }).profile.headers?.fields).toEqual([
      { name: 'X-Team', value: 'Sicherheit ü' },
    ])
    expect(profile({ AdvancedName: '', AdvancedValue: '' }).profile.headers).toBeUndefined()
    expect(profile({ AdvancedValue: 'x' }).of('AdvancedValue')).toMatchObject([{ verdict: 'ignored' }])
    for (const name of ['Bad Name', 'X:', 'X-ü', 'a\nb'])
      expect(refused({ AdvancedName: name, AdvancedValue: 'x' })).toEqual([WRONG, 'AdvancedName'])
    expect(refused({ AdvancedName: 'X', AdvancedValue: 'a\r\nBcc: x' })).toEqual([WRONG, 'AdvancedValue'])
  })
})

describe('the tab Outgoing Server', () => {
  it('server, port and time [part of beyondtrust.server.ServerName] [part of beyondtrust.server.Port] [part of beyondtrust.server.ServerTimeout]', () => {
    const plain = profile()
    expect(plain.profile).toMatchObject({
      relay: { host: 'smtp.example.com', port: 25 },
      timeouts: { totalMs: 60_000 },
    })
    for (const field of ['Port', 'ServerTimeout']) expect(plain.of(field)).toMatchObject([{ verdict: 'defaulted' }])
    expect(profile({ Port: 587, ServerTimeout: '120' }).profile).toMatchObject({
      relay: { port: 587 },
      timeouts: { totalMs: 120_000 },
    })
    expect(profile({ ServerTimeout: 0 }).profile.timeouts?.totalMs).toBe(0)
    expect(profile({ ServerTimeout: 99_999_999 }).of('ServerTimeout')).toMatchObject([{ verdict: 'changed' }])
    for (const port of [0, 65_536, 'x', 25.5]) expect(refused({ Port: port })).toEqual([WRONG, 'Port'])
    expect(refused({ ServerTimeout: -1 })).toEqual([WRONG, 'ServerTimeout'])
    expect(refused({ ServerName: 'a b' })).toEqual([WRONG, 'ServerName'])
  })

  it.each([
    ['AUTOMATIC', 25, 'opportunistic', true],
    ['automatic', 465, 'implicit', undefined],
    [undefined, 587, 'opportunistic', true],
    ['IMPLICIT', 587, 'implicit', undefined],
    ['EXPLICIT', 25, 'starttls', undefined],
    ['EXPLICIT', 465, 'starttls', undefined],
    ['NONE', 465, 'none', true],
  ])(
    'ChannelEncryption %s on port %s is %s [part of beyondtrust.server.ChannelEncryption] [part of beyondtrust.server.tls.AUTOMATIC] [part of beyondtrust.server.tls.IMPLICIT] [part of beyondtrust.server.tls.EXPLICIT] [part of beyondtrust.server.tls.NONE]',
    (text, port, security, unsafe) => {
      const read = profile({ ChannelEncryption: text, Port: port })
      expect(read.profile.security).toBe(security)
      expect(read.of('ChannelEncryption')).toHaveLength(1)
      expect(read.of('ChannelEncryption')[0]!.unsafe).toBe(unsafe)
    },
  )

  it('refuses another encryption', () => {
    expect(refused({ ChannelEncryption: 'TLS' })).toEqual([WRONG, 'ChannelEncryption'])
  })

  it.each([
    ['USER_PASSWORD', { mechanisms: ['PLAIN', 'LOGIN'] }],
    [undefined, { mechanisms: ['PLAIN', 'LOGIN'] }],
    ['CRAMMD5', { mechanism: 'CRAM-MD5' }],
    ['cram-md5', { mechanism: 'CRAM-MD5' }],
    ['NTLM', { mechanism: 'NTLM' }],
    ['SASLPLAIN', { mechanism: 'PLAIN' }],
    ['KERBEROS', { mechanism: 'GSSAPI' }],
  ])(
    'AuthenticationMethod %s [part of beyondtrust.server.AuthenticationMethod] [part of beyondtrust.server.auth.USER_PASSWORD] [part of beyondtrust.server.auth.CRAMMD5] [part of beyondtrust.server.auth.NTLM] [part of beyondtrust.server.auth.KERBEROS]',
    (method, credentials) => {
      const read = profile({ ...LOGIN, AuthenticationMethod: method, ChannelEncryption: 'IMPLICIT' })
      expect(read.profile.credentials).toEqual({ enabled: true, user: 'pi', password: 'Geheim', ...credentials })
    },
  )

  it('says what its documents say wrongly of SASLPLAIN, and what goes in the clear [part of beyondtrust.server.auth.SASLPLAIN]', () => {
    const plain = profile({ ...LOGIN, AuthenticationMethod: 'SASLPLAIN', ChannelEncryption: 'NONE' })
    expect(plain.of('AuthenticationMethod')[0]!.note).toContain('no challenge')
    expect(plain.of('AuthenticationMethod')[0]!.note).toContain('without TLS')
    expect(plain.profile.credentials?.allowCleartextAuth).toBe(true)
    expect(plain.of('login without TLS')).toMatchObject([{ unsafe: true }])
    expect(profile({ ...LOGIN, ChannelEncryption: 'AUTOMATIC' }).profile.credentials?.allowCleartextAuth).toBe(true)
    expect(profile({ ...LOGIN, ChannelEncryption: 'EXPLICIT' }).profile.credentials?.allowCleartextAuth).toBeUndefined()
    expect(profile({ ...LOGIN, UseCredentials: 'No' }).profile.credentials?.allowCleartextAuth).toBeUndefined()
    expect(refused({ AuthenticationMethod: 'DIGEST' })).toEqual([WRONG, 'AuthenticationMethod'])
  })

  it('logs in only when the switch is on, and then needs both [part of beyondtrust.server.UseCredentials] [part of beyondtrust.server.UserName] [part of beyondtrust.server.Password]', () => {
    const off = profile({ UserName: 'pi', Password: 'Geheim' })
    expect(off.profile.credentials).toMatchObject({ enabled: false, user: 'pi', password: 'Geheim' })
    expect(off.of('UseCredentials')).toMatchObject([{ verdict: 'defaulted' }])
    for (const yes of ['Yes', 'on', '1', true, 'TRUE', 1])
      expect(profile({ ...LOGIN, UseCredentials: yes }).profile.credentials?.enabled).toBe(true)
    for (const no of ['No', 'off', '0', false, 'False', 0])
      expect(profile({ ...LOGIN, UseCredentials: no }).profile.credentials?.enabled).toBe(false)
    expect(refused({ UseCredentials: true, Password: 'Geheim' })).toEqual([MISSING, 'UserName'])
    expect(refused({ UseCredentials: 'perhaps' })).toEqual([WRONG, 'UseCredentials'])
    expect(profile({ UseCredentials: true, AuthenticationMethod: 'KERBEROS' }).profile.credentials).toMatchObject({
      enabled: true,
      mechanism: 'GSSAPI',
    })
  })

  it('keeps passwords as they are', () => {
    expect(profile({ ...LOGIN, Password: ' Geheim ' }).profile.credentials?.password).toBe(' Geheim ')
    expect(profile({ ...LOGIN, Password: 'file:x' }).profile.credentials?.password).toBe('plain:file:x')
  })

  it('shows a client certificate where there is TLS [part of beyondtrust.server.UseClientCertificate] [part of beyondtrust.server.UserCertificateFile] [part of beyondtrust.server.UserCertificatePassword]', () => {
    const on = { UseClientCertificate: true, UserCertificateFile: 'pi.pfx', UserCertificatePassword: 'Geheim' }
    expect(profile(on).profile.tls).toEqual({ clientCertificate: { source: 'file:pi.pfx', password: 'Geheim' } })
    expect(refused({ ...on, ChannelEncryption: 'NONE' })).toEqual([WRONG, 'UseClientCertificate'])
    expect(refused({ UseClientCertificate: true })).toEqual([MISSING, 'UserCertificateFile'])
    const off = profile({ ...on, UseClientCertificate: false })
    expect(off.profile.tls).toBeUndefined()
    expect(off.of('UserCertificateFile')).toMatchObject([{ verdict: 'ignored' }])
  })

  it.each(['MY', 'Root', 'CurrentUser\\My', 'LocalMachine/My', 'cert:\\CurrentUser\\My', 'a certificate'])(
    'refuses the store %s, naming the field of the file [part of beyondtrust.server.UserCertificateStore] [part of beyondtrust.smime.SigningStore] [part of beyondtrust.smime.EncryptionStore]',
    (store) => {
      const error = refusal(JSON.stringify({ ...NEEDED, UseClientCertificate: true, UserCertificateStore: store }))
      expect(error.field).toBe('UserCertificateStore')
      expect(error.hint).toContain('UserCertificateFile')
      expect(refused({ SignEmail: true, SigningStore: store })).toEqual([WRONG, 'SigningStore'])
      expect(refused({ EncryptEmail: true, EncryptionStore: store })).toEqual([WRONG, 'EncryptionStore'])
      expect(
        profile({ UserCertificateStore: store, SigningStore: store, EncryptionStore: store }).of('SigningStore'),
      ).toMatchObject([{ verdict: 'ignored' }])
    },
  )

  it('takes a store that is a file, unless there is a file [part of beyondtrust.server.UserCertificateStore]', () => {
    const store = { UseClientCertificate: true, UserCertificateStore: '/etc/certs/store.p12' }
    expect(profile(store).profile.tls?.clientCertificate?.source).toBe('file:/etc/certs/store.p12')
    const both = profile({ ...store, UserCertificateFile: '/etc/pi.pem' })
    expect(both.profile.tls?.clientCertificate?.source).toBe('file:/etc/pi.pem')
    expect(both.of('UserCertificateStore')).toMatchObject([{ verdict: 'ignored' }])
    expect(refused({ UseClientCertificate: true, UserCertificateFile: 'a\nb' })).toEqual([WRONG, 'UserCertificateFile'])
  })

  it('says what becomes of a cached certificate [part of beyondtrust.behaviour.cached-certificate] [part of beyondtrust.server.EnableCachedCertificate] [part of beyondtrust.smime.SignCached] [part of beyondtrust.smime.EncryptCached]', () => {
    const certificates = {
      UseClientCertificate: 1,
      UserCertificateFile: 'a.pem',
      SigningFile: 'b.pem',
      EncryptionFile: 'c.pem',
    }
    const cached = { EnableCachedCertificate: 'yes', SignCached: 'yes', EncryptCached: 'yes' }
    const on = profile({ ...certificates, ...cached })
    const without = profile(cached)
    for (const field of Object.keys(cached)) {
      expect(on.of(field)).toMatchObject([{ verdict: 'changed' }])
      expect(on.of(field)[0]!.note).toContain('write the text of the certificate')
      expect(without.of(field)).toMatchObject([{ verdict: 'ignored' }])
      expect(profile({ ...certificates, [field]: 'no' }).of(field)).toMatchObject([{ verdict: 'taken' }])
    }
  })
})

describe('the tab S/MIME', () => {
  it('signs [part of beyondtrust.smime.SignEmail] [part of beyondtrust.smime.SigningFile] [part of beyondtrust.smime.SigningPassword] [part of beyondtrust.smime.AttachCertificate]', () => {
    const read = profile({ SignEmail: 'Yes', SigningFile: 'b.pfx', SigningPassword: 'Geheim' })
    expect(read.profile.smime?.sign).toEqual({
      enabled: true,
      certificate: { source: 'file:b.pfx', password: 'Geheim' },
      digest: 'sha256',
      attach: 'certificate',
    })
    expect(profile({ SignEmail: 0, SigningFile: 'b.pfx', AttachCertificate: 'no' }).profile.smime?.sign).toEqual({
      enabled: false,
      certificate: { source: 'file:b.pfx' },
      attach: 'none',
    })
    expect(refused({ SignEmail: 'Yes' })).toEqual([MISSING, 'SigningFile'])
  })

  it.each([
    ['SHA-1', 'sha1', 'taken', true],
    ['SHA256', 'sha256', 'taken', undefined],
    ['sha-384', 'sha384', 'taken', undefined],
    ['SHA-512', 'sha512', 'taken', undefined],
    ['MD5', 'sha256', 'changed', undefined],
  ])('HashAlgorithm %s is %s [part of beyondtrust.smime.HashAlgorithm]', (text, digest, verdict, unsafe) => {
    const read = profile({ SignEmail: 1, SigningFile: 'b.pfx', HashAlgorithm: text })
    expect(read.profile.smime?.sign?.digest).toBe(digest)
    expect(read.of('HashAlgorithm')).toMatchObject([{ verdict, ...(unsafe ? { unsafe } : {}) }])
    expect(refused({ HashAlgorithm: 'CRC32' })).toEqual([WRONG, 'HashAlgorithm'])
  })

  it('encrypts for every recipient [part of beyondtrust.smime.EncryptEmail] [part of beyondtrust.smime.EncryptionFile] [part of beyondtrust.smime.EncryptionStore] [part of beyondtrust.smime.EncryptPassword]', () => {
    const read = profile({ EncryptEmail: 'Yes', EncryptionFile: 'c.pem', EncryptPassword: 'Geheim' })
    expect(read.profile.smime?.encrypt).toEqual({
      enabled: true,
      certificates: ['file:c.pem'],
      forAll: true,
      password: 'Geheim',
      cipher: 'aes-256-cbc',
    })
    expect(profile({ EncryptEmail: 1, EncryptionStore: '/certs/all.pem' }).profile.smime?.encrypt).toEqual({
      enabled: true,
      certificates: ['file:/certs/all.pem'],
      cipher: 'aes-256-cbc',
    })
    expect(refused({ EncryptEmail: 'Yes' })).toEqual([MISSING, 'EncryptionFile'])
  })

  it.each([
    ['AES-128-CBC', 'aes-128-cbc', 'taken'],
    ['AES-192-CBC', 'aes-192-cbc', 'taken'],
    ['AES256', 'aes-256-cbc', 'taken'],
    ['AES-256-GCM', 'aes-256-gcm', 'taken'],
    ['3DES', '3des-cbc', 'taken'],
    ['RC2', 'aes-256-cbc', 'changed'],
    ['DES', 'aes-256-cbc', 'changed'],
  ])('EncryptionAlgorithm %s is %s [part of beyondtrust.smime.EncryptionAlgorithm]', (text, cipher, verdict) => {
    const read = profile({ EncryptEmail: 1, EncryptionFile: 'c.pem', EncryptionAlgorithm: text })
    expect(read.profile.smime?.encrypt?.cipher).toBe(cipher)
    expect(read.of('EncryptionAlgorithm')).toMatchObject([{ verdict, ...(text === '3DES' ? { unsafe: true } : {}) }])
    expect(refused({ EncryptionAlgorithm: 'ROT13' })).toEqual([WRONG, 'EncryptionAlgorithm'])
  })
})

describe('the tab OAuth2', () => {
  it('logs in with XOAUTH2 when it is filled in [part of beyondtrust.server.auth.XOAUTH2] [part of beyondtrust.oauth2.ClientId] [part of beyondtrust.oauth2.ClientSecret] [part of beyondtrust.oauth2.ServerAuthURL] [part of beyondtrust.oauth2.ServerTokenURL] [part of beyondtrust.oauth2.AuthorizationScope] [part of beyondtrust.oauth2.HideBrowserResponse]', () => {
    const read = profile({
      ...OAUTH2,
      ClientSecret: 'Geheim',
      AuthorizationScope: 'a b',
      HideBrowserResponse: 'Yes',
      AuthenticationMethod: 'XOAUTH2',
      UseCredentials: 'No',
      Password: 'Geheim',
    })
    expect(read.profile.oauth2).toEqual({
      clientId: 'c',
      clientSecret: 'Geheim',
      authorizationUrl: 'https://a.example/auth',
      tokenUrl: 'https://a.example/token',
      scope: 'a b',
      hideBrowserResponse: true,
      grant: 'authorization-code',
    })
    expect(read.profile.credentials).toEqual({
      enabled: true,
      user: 'pi@example.com',
      mechanism: 'XOAUTH2',
      allowCleartextAuth: true,
    })
    expect(read.of('UseCredentials')).toMatchObject([{ verdict: 'changed' }])
    expect(read.of('Password')).toMatchObject([{ verdict: 'ignored' }])
    expect(
      profile({ ...OAUTH2, AuthenticationMethod: 'XOAUTH2', UserName: 'u@example.com' }).profile.credentials?.user,
    ).toBe('u@example.com')
    expect(profile({ ...OAUTH2, AuthenticationMethod: 'XOAUTH2' }).profile.oauth2?.scope).toBeUndefined()
  })

  it('needs its addresses, unless the authorization is filled in by hand [part of beyondtrust.oauth2.AuthenticationValue]', () => {
    expect(refused({ AuthenticationMethod: 'XOAUTH2', ClientId: 'c' })).toEqual([
      MISSING,
      'ServerAuthURL, ServerTokenURL',
    ])
    expect(refused({ AuthenticationMethod: 'XOAUTH2', UseCredentials: 'Yes' })).toEqual([
      MISSING,
      'ClientId, ServerAuthURL, ServerTokenURL',
    ])
    const given = profile({ AuthenticationMethod: 'XOAUTH2', AuthenticationValue: 'Bearer Geheim' })
    expect(given.profile.oauth2).toEqual({ authorization: 'Bearer Geheim', grant: 'given' })
    const anonymous = profile({ AuthenticationMethod: 'XOAUTH2' })
    expect(anonymous.profile.credentials).toEqual({ enabled: false, mechanism: 'XOAUTH2' })
  })

  it('takes https addresses, and http ones of this machine [part of beyondtrust.oauth2.ServerTokenURL]', () => {
    for (const host of ['localhost', '127.0.0.1:8080', '[::1]:8080'])
      expect(profile({ ...OAUTH2, ServerTokenURL: `http://${host}/token` }).profile.oauth2?.tokenUrl).toBe(
        `http://${host}/token`,
      )
    for (const url of [
      'http://a.example/token',
      'http://localhost.example/',
      'http://localhost:x@a.example/',
      'ftp://a.example',
      'token',
    ])
      expect(refused({ ...OAUTH2, ServerTokenURL: url })).toEqual([WRONG, 'ServerTokenURL'])
  })

  it('is kept and not used with another method, which is said', () => {
    const read = profile({ ...OAUTH2, ...LOGIN })
    expect(read.profile.oauth2).toMatchObject({ clientId: 'c' })
    expect(read.profile.credentials).toMatchObject({ password: 'Geheim', mechanisms: ['PLAIN', 'LOGIN'] })
    for (const field of Object.keys(OAUTH2)) expect(read.of(field)[0]!.note).toContain('not used')
  })
})

describe('the tab Firewall', () => {
  it.each([
    ['Tunnel', 'http', 80],
    ['SOCK S4', 'socks4', 1080],
    ['SOCKS4', 'socks4', 1080],
    ['SOCK S5', 'socks5', 1080],
    ['socks5', 'socks5', 1080],
  ])(
    '%s is %s on port %s [part of beyondtrust.firewall.FirewallType] [part of beyondtrust.firewall.type.Tunnel] [part of beyondtrust.firewall.type.SOCKS4] [part of beyondtrust.firewall.type.SOCKS5] [part of beyondtrust.firewall.Port] [part of beyondtrust.firewall.Host]',
    (text, type, port) => {
      const firewall = { FirewallType: text, FirewallHost: 'p.example.com' }
      expect(profile(firewall).profile.proxy).toEqual({ type, host: 'p.example.com', port })
      expect(profile({ ...firewall, FirewallPort: '3128' }).profile.proxy?.port).toBe(3128)
      expect(refused({ FirewallType: text })).toEqual([MISSING, 'Firewall.Host'])
      expect(refused({ ...firewall, FirewallPort: '0' })).toEqual([WRONG, 'Firewall.Port'])
    },
  )

  it('None wins over what is filled in [part of beyondtrust.firewall.type.None]', () => {
    expect(profile().of('FirewallType')).toMatchObject([{ verdict: 'defaulted', settings: ['proxy.type'] }])
    const read = profile({ Firewall: { Type: 'None', Host: 'p', Port: 1, User: 'u', Password: 'Geheim' } })
    expect(read.profile.proxy).toEqual({ type: 'none', host: 'p', port: 1, user: 'u', password: 'Geheim' })
    expect(read.of('Firewall.Host')[0]!.note).toContain('not used')
    expect(profile({ FirewallPort: 1, FirewallUserName: 'u', FirewallPassword: 'Geheim' }).profile.proxy).toEqual({
      type: 'none',
    })
    expect(refused({ FirewallType: 'Router' })).toEqual([WRONG, 'FirewallType'])
  })

  it('logs in at the proxy [part of beyondtrust.firewall.UserName] [part of beyondtrust.firewall.Password] [part of beyondtrust.firewall.type.SOCKS4]', () => {
    const login = { FirewallHost: 'p', FirewallUserName: 'u', FirewallPassword: 'Geheim' }
    expect(profile({ ...login, FirewallType: 'SOCK S5' }).profile.proxy).toMatchObject({
      user: 'u',
      password: 'Geheim',
    })
    const socks4 = profile({ ...login, FirewallType: 'SOCK S4' })
    expect(socks4.profile.proxy).toEqual({ type: 'socks4', host: 'p', port: 1080, user: 'u' })
    expect(socks4.of('Firewall.Password')).toMatchObject([{ verdict: 'ignored' }])
    expect(profile({ ...login, FirewallType: 'Tunnel', FirewallUserName: '' }).profile.proxy?.password).toBeUndefined()
  })

  it('AutoDetect asks the system, and the fields below count no more [part of beyondtrust.firewall.AutoDetect]', () => {
    const read = profile({ AutoDetect: 'Yes', FirewallType: 'Tunnel', FirewallHost: 'p', FirewallPassword: 'Geheim' })
    expect(read.profile.proxy).toEqual({ type: 'system' })
    for (const field of ['FirewallType', 'Firewall.Host', 'Firewall.Password'])
      expect(read.of(field)).toMatchObject([{ verdict: 'ignored' }])
  })
})

describe('the tab Logging', () => {
  it('becomes destinations [part of beyondtrust.logging.EventLog] [part of beyondtrust.logging.FileLogging] [part of beyondtrust.logging.LogFileName]', () => {
    expect(profile({ EventLog: 'Yes' }).profile.logging).toEqual({ destinations: ['syslog'] })
    expect(profile({ EventLog: 'Yes' }).of('EventLog')[0]!.note).toContain('eventlog')
    expect(profile({ FileLogging: 1, LogFileName: 'C:\\smtp.txt' }).profile.logging).toEqual({
      destinations: ['file'],
      level: 'debug',
      file: { path: 'C:\\smtp.txt' },
    })
    expect(profile({ FileLogging: 0, LogFileName: 'a.txt' }).profile.logging).toEqual({ file: { path: 'a.txt' } })
    expect(profile({ EventLog: 0 }).profile.logging).toBeUndefined()
    expect(refused({ FileLogging: 1 })).toEqual([MISSING, 'LogFileName'])
  })
})

describe('recognising', () => {
  it.each(['dialog.csv', 'profiles.csv', 'profiles.json'])('%s', (name) => {
    expect(beyondtrust.recognises({ text: sample(name), name })).toBe(true)
  })

  it.each([
    '',
    '{"host":"x"}',
    'MailServer=x\nFirewallType=1',
    '<a ProfileName="" ChannelEncryption="" SenderEmail=""/>',
  ])('not %j', (text) => {
    expect(beyondtrust.recognises({ text })).toBe(false)
  })
})

import { writeFile } from 'node:fs/promises'
import { SettingsError } from '@posthorn/ground'
import { writeProfileFile } from '@posthorn/settings/file'
import { certificates, SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { diagnose, Mailer } from '../../src/index.js'
import { Folder } from '../oauth2/folder.js'
import { HOST } from '../one-send.js'
import { config, illiad, imported, LETTER, rows, sentBy, table } from './illiad-installation.js'

const PASSWORD = 'Wonder, "8land"'
const SECURE = { EMailSMTPPort: '587', EMailSecure: 'Yes' }
const LOGIN = { SMTPUserID: 'illiad', SMTPPassword: PASSWORD }
const AUTH = { user: 'illiad', password: PASSWORD }

/** A server with TLS, and whoever trusts the authority of its certificate. `servername` where the profile names another host. */
async function secure(servername?: string) {
  const tls = await certificates()
  return { tls, smtp: { tls: { ca: tls.ca, ...(servername === undefined ? {} : { servername }) } } }
}

const FULL = `<?xml version="1.0"?>
<MailSettings xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
<AllowExtensions>true</AllowExtensions>
<FirewallHost>127.0.0.1</FirewallHost>
<FirewallPassword>firewall_password</FirewallPassword>
<FirewallPort>0</FirewallPort>
<FirewallType>fwNone</FirewallType>
<OtherHeaders></OtherHeaders>
<SslAcceptServerCert></SslAcceptServerCert>
<SslCertEncoded></SslCertEncoded>
<SslCertStore>MY</SslCertStore>
<SslCertStorePassword></SslCertStorePassword>
<SslCertStoreType>sstMachine</SslCertStoreType>
<SslCertSubject></SslCertSubject>
<SslStartMode>sslAutomatic</SslStartMode>
<Timeout>120</Timeout>
<FullyQualifiedDomainName>mydomain.com</FullyQualifiedDomainName>
</MailSettings>
`
const NAME_ONLY = `<?xml version="1.0"?>
<MailSettings xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
<FullyQualifiedDomainName>mydomain.com</FullyQualifiedDomainName>
</MailSettings>
`

// The host and its port are those of the keys; `sentBy` leads every connection to the loopback, whatever they are.
describe('the examples of the document, imported and sent with', () => {
  it('the whole SMTP.config beside the keys that are needed: in the clear on 25, directly, without certificates [part of illiad.example.full-file]', async () => {
    const { profile, about } = imported(table(), FULL)
    const sent = await sentBy(profile, { tls: await certificates() })
    expect([sent.error, sent.targets]).toEqual([undefined, [`${HOST}:25`]])
    expect(sent.clear).toBe('EHLO, MAIL, RCPT, BDAT')
    expect(sent.session?.commands[0]).toBe('EHLO mydomain.com')
    expect(sent.message).toMatchObject({ reversePath: 'ill@example.edu', recipients: [LETTER.to] })
    expect([profile.proxy, profile.tls, profile.timeouts?.idleMs]).toEqual([undefined, undefined, 120_000])
    expect(about('FirewallHost')[0]?.note).toContain('fwNone')
    expect(about('SslCertStore')[0]?.note).toContain('the Windows store it names')
  })

  it('the same with the custom key EmailSecure and a login: STARTTLS on 587 [part of illiad.customkey.CustKey] [part of illiad.customkey.Value]', async () => {
    const custom = 'EmailSecure,Yes,ILL,SMTP.config control,System,EMail,YesNo\n'
    const { profile, report } = imported(table({ EMailSMTPPort: '587', ...LOGIN }, custom), FULL)
    const sent = await sentBy(profile, { ...(await secure()), auth: AUTH })
    expect([sent.error, sent.targets, sent.clear]).toEqual([undefined, [`${HOST}:587`], 'EHLO, STARTTLS'])
    expect(sent.session?.authenticated).toBe('illiad')
    expect(sent.message?.recipients).toEqual([LETTER.to])
    expect(JSON.stringify([report, sent.receipt])).not.toContain('8land')
  })

  it('the greeting name alone: everything else is as the keys say it [part of illiad.example.fqdn-only] [illiad.config.FullyQualifiedDomainName]', async () => {
    const keys = table({ ...SECURE, ...LOGIN, EMailFromName: 'Loan' })
    const { profile } = imported(keys, NAME_ONLY)
    expect(profile).toEqual({ ...imported(keys).profile, identity: { localName: 'mydomain.com' } })
    const sent = await sentBy(profile, { ...(await secure()), auth: AUTH })
    expect(sent.session?.commands.filter((line) => line.startsWith('EHLO'))).toEqual(Array(2).fill('EHLO mydomain.com'))
    expect([sent.error, sent.session?.authenticated]).toEqual([undefined, 'illiad'])
    expect(sent.header).toContain('From: Loan <ill@example.edu>')
  })
})

describe('the keys', () => {
  it('log in with the name that is set, and with none nobody does [illiad.key.SMTPUserID]', async () => {
    const server = await secure()
    const login = await sentBy(imported(table({ ...SECURE, ...LOGIN })).profile, { ...server, auth: AUTH })
    expect([login.error, login.session?.authenticated]).toEqual([undefined, 'illiad'])
    const offers = { ...server, extensions: ['AUTH PLAIN LOGIN'] }
    for (const keys of [SECURE, { ...SECURE, SMTPUserID: '', SMTPPassword: PASSWORD }]) {
      const sent = await sentBy(imported(table(keys)).profile, offers)
      expect([sent.error, sent.verbs]).toEqual([undefined, 'EHLO, STARTTLS, EHLO, MAIL, RCPT, DATA, QUIT'])
    }
  })

  it('log in; an export has a mark in place of the password [part of illiad.key.SMTPPassword]', async () => {
    const { whole } = imported(table({ ...SECURE, ...LOGIN }))
    const { text, files, lost } = illiad.export!(whole)
    expect(text).toMatch(/^SMTPPassword,\[secret\],/m)
    expect(JSON.stringify([text, files, lost])).not.toContain('8land')
    const sent = await sentBy(whole.profile, { ...(await secure()), auth: { ...AUTH, password: 'another' } })
    expect(sent.error).toMatchObject({ code: 'smtp.auth.refused' })
    expect(JSON.stringify([sent.error, sent.warnings, String(sent.error?.stack)])).not.toContain('8land')
  })

  it('name who sends mail that does not say it, in the envelope, too [illiad.key.EMailFromAddress] [illiad.key.EMailFromName]', async () => {
    const { profile } = imported(table({ EMailFromName: 'Interlibrary Loan, Main Library' }))
    const sent = await sentBy(profile)
    expect(sent.header).toContain('From: "Interlibrary Loan, Main Library" <ill@example.edu>')
    expect(sent.message?.reversePath).toBe('ill@example.edu')
    const own = await sentBy(profile, { draft: { ...LETTER, from: 'me@example.edu' } })
    expect([own.message?.reversePath, own.header.includes('Interlibrary')]).toEqual(['me@example.edu', false])
    const unnamed = await sentBy(imported(table()).profile)
    expect(unnamed.header).toContain('From: ill@example.edu')
  })

  it('name who gets what is addressed to nobody [illiad.key.EMailNoAccountAddress]', async () => {
    const { profile } = imported(table({ EMailNoAccountAddress: 'staff@example.edu' }))
    const { to: _, ...nobody } = LETTER
    const alone = await sentBy(profile, { draft: nobody })
    expect([alone.message?.recipients, alone.header]).toEqual([
      ['staff@example.edu'],
      expect.stringContaining('To: staff@example.edu'),
    ])
    const copied = await sentBy(profile, { draft: { ...nobody, cc: 'c@example.test', bcc: 'd@example.test' } })
    expect(copied.message?.recipients).toEqual(['staff@example.edu', 'c@example.test', 'd@example.test'])
    expect((await sentBy(profile)).message?.recipients).toEqual([LETTER.to])
    const unset = await sentBy(imported(table()).profile, { draft: nobody })
    expect(unset.error).toMatchObject({ code: 'draft.no-recipients' })
    expect(unset.message).toBeUndefined()
  })

  it('switch TLS on and off, whatever SslStartMode says [illiad.key.EMailSecure] [illiad.behaviour.file-over-keys]', async () => {
    const server = await secure()
    const ways = [
      [{ EMailSecure: 'No' }, '<SslStartMode>sslImplicit</SslStartMode>', 'EHLO, MAIL, RCPT, BDAT'],
      [{ EMailSecure: 'Yes' }, '', 'EHLO, STARTTLS'],
      [{ EmailSecure: 'yes', EMailSMTPPort: '465' }, '', ''],
      [{ EMailSecure: 'Yes' }, '<SslStartMode>sslNone</SslStartMode>', 'EHLO, MAIL, RCPT, BDAT'],
    ] as const
    for (const [keys, element, clear] of ways) {
      const sent = await sentBy(imported(table(keys), config(element)).profile, {
        ...server,
        implicitTls: clear === '',
      })
      expect([sent.error, sent.message?.recipients, sent.clear]).toEqual([undefined, [LETTER.to], clear])
    }
  })
})

describe('sites', () => {
  it('use their own file, else SMTP.config, else the keys alone, each with its own keys [illiad.behaviour.site-selection] [illiad.file.NVTGC.config]', async () => {
    await using folder = await Folder.make()
    const ofSites = ['A', 'B'].map((code) => rows({ EMailFromAddress: `${code}@example.edu` }, code)).join('')
    const named = (name: string) => config(`<FullyQualifiedDomainName>${name}</FullyQualifiedDomainName>`)
    const fields = '<OtherHeaders>X-Shared: 1</OtherHeaders>'
    /** How a site greets, who sends its mail, and whether it has the field of the shared file. */
    const greeting = async (site: string, files: Readonly<Record<string, string>>) => {
      await using sink = await SinkServer.start({ keepContent: true })
      const { whole } = imported(table({}, ofSites), files)
      const flags = { 'relay.host': '127.0.0.1', 'relay.port': sink.port }
      const file = folder.file('illiad.yaml')
      await writeFile(file, writeProfileFile({ profile: whole.profile, sites: whole.sites! }), { mode: 0o600 })
      await using mailer = await Mailer.load(file, { env: {}, site, flags: Object.entries(flags) })
      await mailer.send(LETTER)
      const [message] = sink.ledger
      const shared = message!.content!.toString().includes('X-Shared: 1')
      return [sink.sessions[0]!.commands[0], message!.reversePath, shared]
    }
    const shared = config(`<FullyQualifiedDomainName>shared.example</FullyQualifiedDomainName>${fields}`)
    const both = { 'SMTP.config': shared, 'a.config': named('a.example') }
    expect(await greeting('A', both)).toEqual(['EHLO a.example', 'A@example.edu', false])
    expect(await greeting('B', both)).toEqual(['EHLO shared.example', 'B@example.edu', true])
    const [neither, sender, field] = await greeting('B', { 'a.config': named('a.example') })
    expect([neither, sender, field]).toEqual([expect.not.stringMatching(/example$/), 'B@example.edu', false])
  })
})

describe('SMTP.config', () => {
  it('adds to the keys; without an element its default counts, and a broken one leaves the keys in force [illiad.file.SMTP.config]', async () => {
    for (const file of [FULL, NAME_ONLY]) {
      const { report } = imported(table(), file)
      const ofFile = report.filter(({ file: name }) => name === 'SMTP.config')
      expect(ofFile.length).toBeGreaterThan(0)
      expect(ofFile.filter(({ verdict, unsafe }) => unsafe || !['taken', 'ignored'].includes(verdict))).toEqual([])
    }
    const without = (element: string) => FULL.replace(new RegExp(`<${element}>.*\n`), '')
    expect(imported(table(), without('Timeout')).profile.timeouts?.idleMs).toBe(60_000)
    expect(imported(table(), without('FullyQualifiedDomainName')).profile.identity).toBeUndefined()
    expect(imported(table(), without('AllowExtensions')).profile.relay).toEqual({ host: HOST, port: 25 })

    const before = imported(table())
    const error = refusal(() => imported(table(), FULL.replace('</Timeout>', '')))
    expect(error).toMatchObject({ code: 'import.format', field: 'SMTP.config' })
    expect(error.message).toMatch(/line 1[678]/)
    const sent = await sentBy(before.profile)
    expect([sent.error, sent.message?.reversePath]).toEqual([undefined, 'ill@example.edu'])
  })

  it('resolves nothing from outside', () => {
    const outside = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    const error = refusal(() => imported(table(), FULL.replace('<MailSettings', `${outside}<MailSettings`)))
    expect(error).toMatchObject({ code: 'import.format' })
  })
})

function refusal(run: () => unknown): SettingsError {
  try {
    run()
  } catch (error) {
    if (error instanceof SettingsError) return error
    throw error
  }
  throw new Error('it was imported')
}

describe('what is behind the settings', () => {
  it('a change on disk counts after a restart or reload, not before [illiad.behaviour.restart]', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start({ keepContent: true })
    const file = folder.file('illiad.yaml')
    const change = async (name: string) => {
      const relay = { EMailSMTPServer: '127.0.0.1', EMailSMTPPort: String(sink.port) }
      const { whole } = imported(
        table({ ...relay, EMailFromName: name }),
        config(`<FullyQualifiedDomainName>${name.toLowerCase()}.example</FullyQualifiedDomainName>`),
      )
      await writeFile(file, writeProfileFile({ profile: whole.profile, sites: {} }), { mode: 0o600 })
    }
    await change('Old')
    await using mailer = await Mailer.load(file, { env: {} })
    await mailer.send(LETTER)
    await change('New')
    await mailer.send(LETTER)
    await mailer.reload()
    await mailer.send(LETTER)
    const names = sink.ledger.map(({ content }) => /^From: (\w+)/m.exec(content!.toString())?.[1])
    expect(names).toEqual(['Old', 'Old', 'New'])
    expect(sink.sessions.map(({ commands }) => commands[0])).toEqual(['EHLO old.example', 'EHLO new.example'])
    await change('Newest')
    await using restarted = await Mailer.load(file, { env: {} })
    await restarted.send(LETTER)
    expect(sink.sessions.at(-1)?.commands[0]).toBe('EHLO newest.example')
  })

  it('Gmail without EMailSecure Yes is reported before any connection; with it mail goes out [illiad.behaviour.gmail]', async () => {
    const gmail = { EMailSMTPServer: 'smtp.gmail.com', EMailSMTPPort: '587', ...LOGIN }
    for (const keys of [gmail, { ...gmail, EMailSecure: 'No' }]) {
      const { profile, about } = imported(table(keys))
      expect(about('EMailSecure')).toMatchObject([
        { unsafe: true, note: expect.stringContaining('Gmail takes no mail like that') as string },
      ])
      const connector = () => expect.fail('it connected')
      const found = await diagnose(profile, { terms: { smtp: { connector } } })
      expect(found.findings.map(({ code }) => code)).toContain('settings.gmail-needs-tls')
      expect(found.checks.map(({ step }) => step)).toEqual(['settings'])
    }
    const { profile, report } = imported(table({ ...gmail, EMailSecure: 'Yes' }))
    expect(JSON.stringify(report)).not.toMatch(/Gmail|unsafe/)
    const server = await secure(HOST)
    await using sink = await SinkServer.start({ tls: server.tls, auth: AUTH })
    const sent = await sentBy(profile, { ...server, auth: AUTH })
    expect([sent.error, sent.targets, sent.clear]).toEqual([undefined, ['smtp.gmail.com:587'], 'EHLO, STARTTLS'])
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }] as const
    const found = await diagnose(profile, { terms: { smtp: { ...server.smtp, resolve, port: sink.port } } })
    expect([found.ok, found.findings]).toEqual([true, []])
  })
})

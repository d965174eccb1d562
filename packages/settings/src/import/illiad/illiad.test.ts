import { readFileSync } from 'node:fs'
import { SettingsError } from '@posthorn/ground/portable'
import { describe, expect, it } from 'vitest'
import { checkProfile } from '../../check-profile.js'
import type { Import, ImportSource } from '../import.js'
import { illiad } from './illiad.js'

const SAMPLES = new URL('../../../test/samples/illiad/', import.meta.url)
const sample = (name: string) => readFileSync(new URL(name, SAMPLES), 'utf8')

const BASE = 'EMailSMTPServer=smtp.example.edu\nEMailFromAddress=ill@example.edu\n'
const xml = (elements: string) => `<?xml version="1.0"?>\n<MailSettings>${elements}</MailSettings>`

/** Keys and elements of one installation without sites. */
function imported(keys: string, elements?: string): Import {
  const files = elements === undefined ? {} : { files: { 'SMTP.config': xml(elements) } }
  const result = illiad.import({ text: BASE + keys, ...files })
  for (const { profile } of result.profiles) checkProfile(profile)
  return result
}

const profileOf = (keys: string, elements?: string) => imported(keys, elements).profiles[0]!.profile
const linesOf = ({ report }: Import, entry: string) => report.filter((line) => line.entry === entry)

function refusal(source: ImportSource): SettingsError {
  try {
    illiad.import(source)
  } catch (error) {
    if (error instanceof SettingsError) return error
    throw error
  }
  throw new Error('it was imported')
}

describe('the keys', () => {
  it('name the relay; an empty one is missing [illiad.key.EMailSMTPServer] [illiad.behaviour.required-keys]', () => {
    expect(profileOf('').relay?.host).toBe('smtp.example.edu')
    expect(refusal({ text: 'EMailSMTPServer=\nEMailFromAddress=a@b' })).toMatchObject({
      code: 'import.missing',
      field: 'EMailSMTPServer',
    })
    for (const text of ['', 'CustKey,Value\n', xml(''), 'EMailSecure=Yes']) {
      expect(refusal({ text })).toMatchObject({ code: 'import.missing', field: 'EMailSMTPServer, EMailFromAddress' })
    }
    expect(refusal({ text: 'EMailSMTPServer=a b\nEMailFromAddress=a@b' })).toMatchObject({
      code: 'import.format',
      field: 'EMailSMTPServer',
    })
  })

  it('name the port, else it is 25 [illiad.key.EMailSMTPPort]', () => {
    expect(profileOf('').relay?.port).toBe(25)
    expect(profileOf('EMailSMTPPort=').relay?.port).toBe(25)
    expect(profileOf('EMailSMTPPort= 587 ').relay?.port).toBe(587)
    expect(linesOf(imported(''), 'EMailSMTPPort')).toMatchObject([{ verdict: 'defaulted', settings: ['relay.port'] }])
    for (const port of ['0', '65536', 'smtp', '-1', '2.5']) {
      expect(refusal({ text: `${BASE}EMailSMTPPort=${port}` }).message).toContain(
        'EMailSMTPPort: is no whole number from 1 to 65535 (line 3)',
      )
    }
  })

  it('switch TLS on; without it SslStartMode does nothing [part of illiad.key.EMailSecure] [part of illiad.behaviour.file-over-keys]', () => {
    expect(profileOf('EMailSecure=no', '<SslStartMode>sslImplicit</SslStartMode>').security).toBe('none')
    expect(profileOf('', '<SslStartMode>sslImplicit</SslStartMode>').security).toBe('none')
    expect(profileOf('EmailSECURE=YES').security).toBe('starttls')
    expect(profileOf('EMailSecure=Yes\nEMailSMTPPort=465').security).toBe('implicit')
    expect(refusal({ text: `${BASE}EMailSecure=SSL` })).toMatchObject({ code: 'import.format', field: 'EMailSecure' })
    const result = imported('', '<SslStartMode>sslImplicit</SslStartMode>')
    expect(linesOf(result, 'EMailSecure')).toMatchObject([{ verdict: 'defaulted', unsafe: true }])
    expect(linesOf(result, 'SslStartMode')).toMatchObject([{ verdict: 'ignored' }])
    const both = imported('EMailSecure=Yes\nEmailSecure=No')
    expect(both.profiles[0]?.profile.security).toBe('starttls')
    expect(linesOf(both, 'EmailSecure')).toMatchObject([{ verdict: 'ignored' }])
  })

  it('log in; half a login is kept and not used [part of illiad.key.SMTPUserID] [part of illiad.key.SMTPPassword]', () => {
    expect(profileOf('EMailSecure=Yes\nSMTPUserID=u\nSMTPPassword=env:x').credentials).toEqual({
      user: 'u',
      password: 'plain:env:x',
    })
    expect(profileOf('EMailSecure=Yes').credentials).toBeUndefined()
    expect(profileOf('SMTPUserID=u').credentials).toEqual({ user: 'u', enabled: false })
    expect(profileOf('SMTPPassword=Geheim').credentials).toEqual({ password: 'Geheim', enabled: false })
    expect(profileOf('SMTPUserID=u\nSMTPPassword=[secret]').credentials).toEqual({ user: 'u', enabled: false })
  })

  it('log in without TLS, too, and that is flagged', () => {
    const result = imported('SMTPUserID=u\nSMTPPassword=Geheim')
    expect(result.profiles[0]?.profile.credentials?.allowCleartextAuth).toBe(true)
    expect(linesOf(result, 'login without TLS')).toMatchObject([{ verdict: 'defaulted', unsafe: true }])
  })

  it('say who sends and who gets what has no recipient [part of illiad.key.EMailFromAddress] [part of illiad.key.EMailFromName] [part of illiad.key.EMailNoAccountAddress]', () => {
    expect(profileOf('EMailFromName=Loan, "Main"\nEMailNoAccountAddress=staff@example.edu').sender).toEqual({
      from: 'ill@example.edu',
      name: 'Loan, "Main"',
      defaultRecipient: 'staff@example.edu',
    })
    expect(profileOf('').sender).toEqual({ from: 'ill@example.edu' })
    expect(refusal({ text: 'EMailSMTPServer=a\nEMailFromAddress=nobody' })).toMatchObject({
      code: 'import.format',
      field: 'EMailFromAddress',
    })
    expect(linesOf(imported('EMailNoAccountAddress=a@b; c@d'), 'EMailNoAccountAddress')).toMatchObject([
      { verdict: 'lost' },
    ])
  })

  it('are flagged for Gmail without TLS [part of illiad.behaviour.gmail]', () => {
    const gmail = (keys: string, elements = '') =>
      illiad.import({
        text: `EMailSMTPServer=smtp.GMail.com\nEMailFromAddress=a@b\n${keys}`,
        files: { 'SMTP.config': xml(elements) },
      })
    const said = { unsafe: true, note: expect.stringContaining('Gmail takes no mail like that') as string }
    expect(linesOf(gmail(''), 'EMailSecure')).toMatchObject([said])
    expect(linesOf(gmail('EMailSecure=No'), 'EMailSecure')).toMatchObject([said])
    expect(linesOf(gmail('EMailSecure=Yes', '<SslStartMode>3</SslStartMode>'), 'EMailSecure')).toMatchObject([said])
    expect(JSON.stringify(gmail('EMailSecure=Yes').report)).not.toMatch(/Gmail|unsafe/)
  })
})

describe('SMTP.config', () => {
  it.each([
    ['sslAutomatic', 0, { 25: 'starttls', 587: 'starttls', 465: 'implicit', 2525: 'implicit' }],
    ['sslImplicit', 1, { 25: 'implicit', 587: 'implicit', 465: 'implicit', 2525: 'implicit' }],
    ['sslExplicit', 2, { 25: 'starttls', 587: 'starttls', 465: 'starttls', 2525: 'starttls' }],
    ['sslNone', 3, { 25: 'none', 587: 'none', 465: 'none', 2525: 'none' }],
  ])('SslStartMode %s is %i [illiad.config.SslStartMode]', (name, number, table) => {
    for (const [port, security] of Object.entries(table)) {
      for (const written of [name, name.toUpperCase(), String(number), ` ${name}\n`]) {
        expect(
          profileOf(`EMailSecure=Yes\nEMailSMTPPort=${port}`, `<SslStartMode>${written}</SslStartMode>`).security,
        ).toBe(security)
      }
    }
  })

  it('wins with sslNone over EMailSecure Yes, which is flagged', () => {
    const result = imported('EMailSecure=Yes', '<SslStartMode>sslNone</SslStartMode>')
    expect(linesOf(result, 'EMailSecure')).toMatchObject([{ verdict: 'changed', unsafe: true }])
    expect(linesOf(result, 'SslStartMode')).toMatchObject([{ verdict: 'taken', unsafe: true }])
  })

  it('limits inactivity in seconds, 60 when it does not say it [part of illiad.config.Timeout] [part of illiad.behaviour.timeout-zero]', () => {
    expect(profileOf('', '<Timeout>120</Timeout>').timeouts).toEqual({
      connectMs: 120_000,
      idleMs: 120_000,
      totalMs: 0,
    })
    expect(profileOf('', '').timeouts).toEqual({ connectMs: 60_000, idleMs: 60_000, totalMs: 0 })
    expect(profileOf('').timeouts).toEqual(profileOf('', '<Timeout/>').timeouts)
    expect(profileOf('', '<Timeout>0</Timeout>').timeouts).toEqual({ connectMs: 0, idleMs: 0, finalMs: 0, totalMs: 0 })
    expect(profileOf('', '<Timeout>900</Timeout>').timeouts).toMatchObject({ idleMs: 900_000, finalMs: 900_000 })
    expect(linesOf(imported('', '<Timeout>999999999</Timeout>'), 'Timeout')).toMatchObject([{ verdict: 'changed' }])
    expect(linesOf(imported(''), 'Timeout')).toMatchObject([{ verdict: 'defaulted' }])
    expect(() => profileOf('', '<Timeout>1 min</Timeout>')).toThrow(expect.objectContaining({ code: 'import.format' }))
  })

  it('gives the greeting name and switches extensions off [part of illiad.config.FullyQualifiedDomainName] [part of illiad.config.AllowExtensions]', () => {
    expect(profileOf('', '<FullyQualifiedDomainName> a.example </FullyQualifiedDomainName>').identity).toEqual({
      localName: 'a.example',
    })
    for (const written of ['false', 'FALSE', '0']) {
      expect(profileOf('', `<AllowExtensions>${written}</AllowExtensions>`).relay?.extensions).toBe(false)
    }
    expect(profileOf('', '<AllowExtensions>1</AllowExtensions>').relay?.extensions).toBe(true)
    const result = imported('EMailSecure=Yes', '<AllowExtensions>0</AllowExtensions>')
    expect(linesOf(result, 'AllowExtensions')[0]?.note).toContain('STARTTLS needs extensions')
  })

  it('adds header fields, or replaces them [part of illiad.config.OtherHeaders]', () => {
    expect(profileOf('', '<OtherHeaders>X-A: 1\r\nX-B: 2</OtherHeaders>').headers).toEqual({
      fields: [
        { name: 'X-A', value: '1' },
        { name: 'X-B', value: '2' },
      ],
    })
    expect(profileOf('', '<OtherHeaders>\r\nX-Only: 1</OtherHeaders>').headers).toMatchObject({ fieldsOnly: true })
    expect(profileOf('', '<OtherHeaders>\n</OtherHeaders>').headers).toBeUndefined()
    expect(linesOf(imported('', '<OtherHeaders>nothing</OtherHeaders>'), 'OtherHeaders')).toMatchObject([
      { verdict: 'lost' },
    ])
    expect(linesOf(imported('', '<OtherHeaders>X-A: 1\n\nX-B: 2</OtherHeaders>'), 'OtherHeaders')).toMatchObject([
      { verdict: 'changed' },
    ])
  })

  describe('FirewallType [illiad.config.FirewallType]', () => {
    it.each([
      ['fwTunnel', 1, 'http', 80],
      ['fwSOCKS4', 2, 'socks4', 1080],
      ['fwSOCKS5', 3, 'socks5', 1080],
      ['fwSOCKS4A', 10, 'socks4a', 1080],
    ])(
      'FirewallType %s is %i, a proxy %s on port %i unless it says another [illiad.config.FirewallPort] [illiad.behaviour.proxy-port-by-type]',
      (name, number, type, port) => {
        for (const written of [name, name.toLowerCase(), String(number)]) {
          const elements = `<FirewallHost>p</FirewallHost><FirewallType>${written}</FirewallType>`
          expect(profileOf('', elements).proxy).toEqual({ type, host: 'p', port })
          expect(profileOf('', `<FirewallPort>0</FirewallPort>${elements}`).proxy).toEqual({ type, host: 'p', port })
          expect(profileOf('', `<FirewallPort>3128</FirewallPort>${elements}`).proxy).toEqual({
            type,
            host: 'p',
            port: 3128,
          })
        }
      },
    )

    it('goes directly with fwNone or without host, and says so [part of illiad.config.FirewallHost]', () => {
      for (const type of ['', '<FirewallType>0</FirewallType>', '<FirewallType>FWNONE</FirewallType>']) {
        const result = imported('', `<FirewallHost>p</FirewallHost>${type}<FirewallPassword>Geheim</FirewallPassword>`)
        expect(result.profiles[0]?.profile.proxy).toBeUndefined()
        expect(linesOf(result, 'FirewallHost')).toMatchObject([
          { verdict: 'ignored', note: expect.stringContaining('fwNone') as string },
        ])
      }
      expect(profileOf('', '<FirewallType>fwSOCKS5</FirewallType>').proxy).toBeUndefined()
      const refused = refusal({ text: BASE, files: { 'SMTP.config': xml('\n<FirewallType>fwMagic</FirewallType>') } })
      expect(refused).toMatchObject({ code: 'import.format', field: 'FirewallType' })
      expect(refused.message).toContain('line 3 of SMTP.config')
    })
  })

  it('logs in at the firewall, wherever the elements stand [illiad.config.FirewallUser] [part of illiad.config.FirewallPassword]', () => {
    const login = '<FirewallPassword> Geheim </FirewallPassword><x><FirewallUser>u</FirewallUser></x>'
    const elements = `${login}<FirewallHost>p</FirewallHost><firewalltype>3</firewalltype>`
    expect(profileOf('', elements).proxy).toMatchObject({ user: 'u', password: ' Geheim ' })
    expect(profileOf('', elements.replace('>3<', '>2<')).proxy).toEqual({
      type: 'socks4',
      host: 'p',
      port: 1080,
      user: 'u',
    })
    const result = imported('', elements.replace('FirewallUser>u', 'FirewallUser>').replace('>u<', '><'))
    expect(linesOf(result, 'FirewallPassword')).toMatchObject([{ verdict: 'ignored' }])
  })

  it('takes one certificate of the server whatever is wrong with it, and warns [part of illiad.config.SslAcceptServerCert]', () => {
    const base64 = /-----BEGIN CERTIFICATE-----([^-]+)/.exec(sample('everything.config'))![1]!.replace(/\s/g, '')
    const pem = `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n').trim()}\n-----END CERTIFICATE-----\n`
    for (const written of [base64, `\n  ${pem.replaceAll('\n', '\n  ')}`, `<![CDATA[${pem}${pem}]]>`]) {
      const result = imported('', `<SSLAcceptServerCert>${written}</SSLAcceptServerCert>`)
      expect(result.profiles[0]?.profile.tls).toEqual({ acceptedCertificates: pem })
      expect(linesOf(result, 'SSLAcceptServerCert')).toMatchObject([{ unsafe: true }])
    }
    const lost = imported('', '<SslAcceptServerCert>file:/etc/x.pem</SslAcceptServerCert>')
    expect(lost.profiles[0]?.profile.tls).toBeUndefined()
    expect(linesOf(lost, 'SslAcceptServerCert')).toMatchObject([{ verdict: 'lost' }])
  })

  const store = (type: string | number, name: string, more = '<SslCertSubject>*</SslCertSubject>') =>
    `<SslCertStoreType>${type}</SslCertStoreType><SslCertStore>${name}</SslCertStore>${more}`

  it('shows a client certificate out of a file or a text [part of illiad.config.SslCertStore] [part of illiad.config.SslCertStoreType] [part of illiad.config.SslCertSubject] [part of illiad.config.SslCertStorePassword]', () => {
    const certificate = (elements: string) => profileOf('', elements).tls?.clientCertificate
    for (const type of [2, 'sstPFXFile']) {
      expect(certificate(store(type, 'C:\\a.pfx'))).toEqual({ source: 'file:C:\\a.pfx', type: 'pfx', subject: '*' })
    }
    for (const type of [3, 'sstpfxblob']) {
      expect(certificate(store(type, 'MIIB\n  AAA='))).toEqual({ source: 'MIIBAAA=', type: 'pfx', subject: '*' })
    }
    for (const type of [4, 'sstPEMKey']) {
      expect(certificate(store(type, '/etc/a.pem'))).toEqual({ source: 'file:/etc/a.pem', type: 'pem', subject: '*' })
      expect(certificate(store(type, '\n -----BEGIN X-----\n A\n -----END X-----'))?.source).toBe(
        '-----BEGIN X-----\nA\n-----END X-----\n',
      )
    }
    const password = '<SSLCertStorePassword>+Geheim!</SSLCertStorePassword><SSLCertSubject>Ann</SSLCertSubject>'
    expect(certificate(store(2, 'a.pfx', password))).toEqual({
      source: 'file:a.pfx',
      type: 'pfx',
      subject: 'Ann',
      password: '+Geheim!',
    })
    expect(linesOf(imported('', store(3, 'not base64!')), 'SslCertStore')).toMatchObject([{ verdict: 'lost' }])
    expect(() => certificate(store(5, 'x'))).toThrow(expect.objectContaining({ code: 'import.format' }))
  })

  it('looks for no certificate without a subject or the certificate itself [part of illiad.config.SslCertStore]', () => {
    for (const type of [0, 1, 2, 3, 4]) {
      const result = imported('', store(type, 'MY', ''))
      expect(result.profiles[0]?.profile.tls).toBeUndefined()
      expect(linesOf(result, 'SslCertStore')).toMatchObject([{ verdict: 'ignored' }])
    }
    expect(profileOf('', '<SslCertSubject>Ann</SslCertSubject>').tls).toBeUndefined()
  })

  it('names a Windows store, which cannot be opened and says so [part of illiad.config.SslCertStoreType]', () => {
    const result = imported('', store('sstMachine', 'MY'))
    expect(result.profiles[0]?.profile.tls?.clientCertificate).toEqual({
      source: 'MY',
      type: 'windows-machine',
      subject: '*',
    })
    expect(linesOf(result, 'SslCertStore')).toMatchObject([
      { verdict: 'changed', note: expect.stringContaining('PFX or PEM') as string },
    ])
  })

  it.each(['env:HOME', 'file:/etc/shadow', 'vault:other', 'plain:x'])(
    'takes a Windows store called %s for no reference',
    (name) => {
      const result = imported('', store('sstUser', name))
      const { profile } = result.profiles[0]!
      expect(profile.tls?.clientCertificate?.source).toBe(`plain:${name}`)
      expect(illiad.export!({ name: 'illiad', profile }).files?.['SMTP.config']).toContain(`<SslCertStore>${name}</`)
    },
  )

  it('takes text of a key that begins like a reference for text', () => {
    const source = profileOf('', store(4, 'file:/etc/shadow -----BEGIN PRIVATE KEY-----')).tls?.clientCertificate
      ?.source
    expect(source).toBe('plain:file:/etc/shadow -----BEGIN PRIVATE KEY-----\n')
  })

  it('is refused with too many files, too large ones, and a value that is too long', () => {
    const many = Object.fromEntries(Array.from({ length: 2001 }, (_, index) => [`${index}.txt`, '']))
    expect(refusal({ text: BASE, files: many }).message).toContain('more than 2000 files')
    const large = { 'a.txt': ' '.repeat(20_000_001) }
    expect(refusal({ text: BASE, files: large }).message).toContain('characters in them')
    const long = xml(`<OtherHeaders>X: ${'y'.repeat(100_000)}</OtherHeaders>`)
    expect(refusal({ text: BASE, files: { 'SMTP.config': long } })).toMatchObject({
      field: 'OtherHeaders',
      message: expect.stringContaining('longer than 100000 characters') as string,
    })
  })

  it('takes the certificate itself for choosing, and the store for its key [part of illiad.config.SslCertEncoded]', () => {
    const given = '<SslCertEncoded>MIIBAAAA</SslCertEncoded><SslCertSubject>Ann</SslCertSubject>'
    const result = imported('', store(4, 'key.pem', given))
    expect(result.profiles[0]?.profile.tls?.clientCertificate).toEqual({
      source: 'file:key.pem',
      type: 'pem',
      certificate: '-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n',
    })
    expect(linesOf(result, 'SslCertSubject')).toMatchObject([{ verdict: 'ignored' }])
  })

  it('is XML with MailSettings; what nobody knows is reported, a second element ignored [part of illiad.file.SMTP.config]', () => {
    const result = imported('', '<Unheard>1</Unheard><timeout>5</timeout><Timeout>6</Timeout><FirewallHost/>')
    expect(result.report).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ verdict: 'unknown', entry: 'Unheard', line: 2, file: 'SMTP.config' }),
        expect.objectContaining({ verdict: 'taken', entry: 'timeout' }),
        expect.objectContaining({ verdict: 'ignored', entry: 'Timeout' }),
        expect.objectContaining({ verdict: 'ignored', entry: 'FirewallHost' }),
      ]),
    )
    const broken = (content: string) => refusal({ text: BASE, files: { 'smtp.config': content } })
    expect(broken('<MailSettings>\n<Timeout>5</MailSettings>')).toMatchObject({
      code: 'import.format',
      field: 'smtp.config',
    })
    expect(broken('<MailSettings>\n<Timeout>5</MailSettings>').message).toContain('line 2')
    expect(broken('<Settings/>').message).toContain('another root element')
    expect(broken('<!DOCTYPE a SYSTEM "file:///etc/passwd"><MailSettings/>').message).toContain('document type')
    expect(broken(xml('<Timeout><b>5</b></Timeout>'))).toMatchObject({ field: 'Timeout' })
  })
})

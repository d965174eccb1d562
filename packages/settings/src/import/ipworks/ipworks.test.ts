import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { valueAt } from '../../values.js'
import { importer, line } from '../../../test/importer.js'
import { ipworks } from './ipworks.js'

const { sample, imported, only, itKnowsItsSamples } = importer(ipworks)

/** What IPWorks does when nothing is written. */
const USUAL = {
  relay: { port: 25, keepAlive: false, noDelay: false },
  security: 'none',
  identity: { family: 4 },
  timeouts: { connectMs: 60_000, idleMs: 60_000, totalMs: 0 },
  delivery: { onRefused: { to: 'stop', cc: 'stop', bcc: 'continue' } },
}

describe('IPWorks', () => {
  it('has its own defaults where nothing is written, each with a line, and says which are unsafe', () => {
    const read = imported('MailServer=a')
    expect(only('MailServer=a')).toEqual({ ...USUAL, relay: { ...USUAL.relay, host: 'a' } })
    expect(line(read, 'SSLStartMode')).toMatchObject({ verdict: 'defaulted', unsafe: true })
    expect(line(read, 'StopOnBccErrors')).toMatchObject({ verdict: 'defaulted', settings: ['delivery.onRefused.bcc'] })
    expect(only('MailServer=a').tls).toBeUndefined()
  })

  it('is taken over from a list of names and values', () => {
    const read = imported(sample('office.txt'))
    expect(only(sample('office.txt'))).toMatchObject({
      relay: { host: 'smtp.office365.com', port: 587 },
      security: 'starttls',
      credentials: { user: 'alerts@example.com', password: 'Geheim=1"x', mechanisms: ['PLAIN', 'LOGIN'] },
      sender: { from: 'alerts@example.com', name: 'Alerts, Inc', returnPath: 'bounces@example.com' },
      timeouts: { connectMs: 120_000, idleMs: 120_000 },
      identity: { localName: 'app.example.com' },
      tls: {
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.3',
        revocation: { ocsp: 'soft' },
        clientCertificate: {
          source: 'file:C:\\certs\\client.pfx',
          type: 'pfx',
          password: 'GeheimStore',
          subject: 'CN=app',
        },
      },
      headers: {
        fields: [
          { name: 'X-App', value: 'one' },
          { name: 'X-Two', value: '2' },
        ],
      },
      delivery: { onRefused: { bcc: 'stop' } },
    })
    expect(line(read, 'SendTo')).toMatchObject({ verdict: 'ignored', line: 19 })
    expect(line(read, 'Connected')?.note).toContain('cannot be set')
  })

  it('is taken over from a program that assigns, calls setters and Config', () => {
    expect(only(sample('program.java.txt'))).toMatchObject({
      relay: { host: 'MyServer' },
      sender: { from: 'me@server.com' },
      credentials: {
        user: 'me@server.com',
        mechanism: 'XOAUTH2',
        accessToken: 'GeheimToken',
        allowCleartextAuth: true,
      },
      headers: { fields: [{ name: 'HeaderName', value: 'HeaderValue' }] },
    })
  })

  it('takes everything there is', () => {
    const read = imported(sample('everything.txt'))
    expect(only(sample('everything.txt'))).toEqual({
      relay: {
        ...{ host: 'relay.example.com', port: 465, extensions: true, keepAlive: true, keepAliveDelayMs: 60_000 },
        ...{ noDelay: true, linger: false, lingerMs: 5000, readBufferOctets: 65_536, writeBufferOctets: 65_536 },
      },
      security: 'implicit',
      identity: { localAddress: '192.0.2.1', localPort: 2525, family: 0 },
      timeouts: { idleMs: 30_000, connectMs: 10_000, totalMs: 30_000 },
      credentials: { user: 'u', password: 'Geheim', mechanism: 'DIGEST-MD5', authorizationId: 'other' },
      proxy: {
        ...{ type: 'socks5', host: 'proxy.example.com', port: 1081, user: 'pu', password: 'GeheimProxy' },
        ...{ resolve: 'remote', bypass: ['a.example', '*.b.example'] },
      },
      limits: { octetsPerSecond: 50_000 },
      tls: {
        extraCa:
          '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----',
        acceptedCertificates: '-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----',
        ciphers: 'TLS_AES_256_GCM_SHA384; TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
        minStrengthBits: 128,
        revocation: { crl: 'required' },
        keyLogFile: '/tmp/keys.log',
        resumeSessions: true,
        ecdhCurve: 'secp256r1:x25519:secp384r1',
        sigalgs: 'ed25519:rsa_pss_rsae_sha256:rsa_pss_pss_sha256:sha256-rsa',
      },
      headers: {
        priority: 'urgent',
        importance: 'high',
        sensitivity: 'company-confidential',
        charset: 'ISO-8859-1',
      },
      sender: {
        replyTo: 'help@example.com',
        readReceiptTo: 'read@example.com',
        deliveryReceiptTo: 'dn@example.com',
      },
      delivery: USUAL.delivery,
    })
    for (const entry of ['SSLAcceptServerCert', 'SSLKeyLogFile']) expect(line(read, entry)?.unsafe, entry).toBe(true)
    for (const entry of ['FirewallData', 'KeepAliveInterval', 'MaskSensitiveData', 'FoldHeaders'])
      expect(line(read, entry)?.verdict, entry).toBe('lost')
  })

  it.each([
    ['MailPort=25\nSSLStartMode=0', 'starttls'],
    ['MailPort=587\nSSLStartMode=sslAutomatic', 'starttls'],
    ['MailPort=465\nsslstartmode=AUTOMATIC', undefined],
    ['MailPort=2465\nSSLStartMode=0', 'implicit'],
    ['SSLStartMode=1', 'implicit'],
    ['SSLStartMode=sslExplicit', 'starttls'],
    ['SSLStartMode=3', 'none'],
    ['SSLEnabled=True', 'starttls'],
    ['SSLEnabled=True\nMailPort=465', 'implicit'],
    ['SSLStartMode=2\nSSLEnabled=False', 'none'],
    ['SSLEnabled=False\nSSLStartMode=2', 'starttls'],
    ['SSLStartMode=1\nSSLEnabled=True', 'implicit'],
  ])(
    'SSLStartMode and SSLEnabled are one switch, the last one counts: %j is %s [part of ipworks.prop.SSLStartMode] [part of ipworks.prop.SSLEnabled]',
    (text, security) => {
      expect(only(`MailServer=a\n${text}`).security).toBe(security ?? 'none')
    },
  )

  it.each([
    ['4032', 'TLSv1', 'TLSv1.2'],
    ['3072', 'TLSv1.2', 'TLSv1.2'],
    ['12288', 'TLSv1.3', 'TLSv1.3'],
    ['15360', 'TLSv1.2', 'TLSv1.3'],
    ['3120', 'TLSv1.2', 'TLSv1.2'],
  ])('obeys the mask %s of versions [part of ipworks.config.SSLEnabledProtocols]', (mask, minVersion, maxVersion) => {
    expect(only(`MailServer=a\nSSLEnabledProtocols=${mask}`).tls).toEqual({ minVersion, maxVersion })
  })

  it.each(['48', '0', '13056', 'TLS'])('refuses the mask %s [part of ipworks.config.SSLEnabledProtocols]', (mask) => {
    const read = imported(`MailServer=a\nSSLEnabledProtocols=${mask}`)
    expect(read.profiles[0]!.profile.tls).toBeUndefined()
    expect(line(read, 'SSLEnabledProtocols')?.verdict).toBe('lost')
  })

  it.each([
    ['AuthMechanism=0', { mechanisms: ['PLAIN', 'LOGIN'] }],
    ['AuthMechanism=amCRAMMD5', { mechanism: 'CRAM-MD5' }],
    ['AuthMechanism=2', { mechanism: 'NTLM', ntlm: { version: 1 } }],
    ['AuthMechanism=2\nUseNTLMv2=True', { mechanism: 'NTLM', ntlm: { version: 2 } }],
    ['AuthMechanism=4\nAuthorizationIdentity=z', { mechanism: 'PLAIN', authorizationId: 'z' }],
    ['AuthMechanism=5', { mechanism: 'DIGEST-MD5' }],
    ['AuthMechanism=amKerberos', { mechanism: 'GSSAPI' }],
  ])('logs in by %s [part of ipworks.prop.AuthMechanism] [part of ipworks.config.UseNTLMv2]', (text, credentials) => {
    expect(only(`MailServer=a\nSSLStartMode=2\nUser=u\nPassword=Geheim\n${text}`).credentials).toEqual({
      user: 'u',
      password: 'Geheim',
      ...credentials,
    })
  })

  it('says that APOP is for fetching mail [part of ipworks.prop.AuthMechanism]', () => {
    expect(line(imported('MailServer=a\nUser=u\nPassword=x\nAuthMechanism=3'), 'AuthMechanism')?.verdict).toBe('lost')
  })

  it('logs in with user and password only; one of them alone is kept and not used [part of ipworks.prop.User] [part of ipworks.prop.Password]', () => {
    expect(only('MailServer=a\nUser=u').credentials).toEqual({ user: 'u', enabled: false })
    expect(only('MailServer=a\nPassword=Geheim').credentials).toEqual({ password: 'Geheim', enabled: false })
    expect(only('MailServer=a\nUser=u\nPassword=').credentials).toEqual({ user: 'u', enabled: false })
  })

  it.each([
    ['FirewallType=1\nFirewallHost=p', { type: 'http', host: 'p' }],
    ['FirewallType=fwSOCKS4\nFirewallHost=p', { type: 'socks4', host: 'p', resolve: 'local' }],
    ['FirewallType=3\nFirewallHost=p', { type: 'socks5', host: 'p', resolve: 'local' }],
    ['FirewallType=10\nFirewallHost=p', { type: 'socks4a', host: 'p' }],
    ['FirewallType=0\nFirewallHost=p\nFirewallPort=0', { type: 'none', host: 'p' }],
    ['FirewallHost=p', { type: 'none', host: 'p' }],
    ['FirewallAutoDetect=True', { type: 'system' }],
    ['FirewallType=3', undefined],
  ])(
    'goes through the proxy of %j [part of ipworks.prop.Firewall] [part of ipworks.config.FirewallType] [part of ipworks.config.FirewallAutoDetect]',
    (text, proxy) => {
      expect(only(`MailServer=a\n${text}`).proxy).toEqual(proxy)
    },
  )

  it('takes 0 for no limit of time [part of ipworks.prop.Timeout]', () => {
    expect(only('MailServer=a\nTimeout=0').timeouts).toEqual({ connectMs: 0, idleMs: 0, totalMs: 0 })
  })

  it('lets an empty line first make OtherHeaders all there is [part of ipworks.prop.OtherHeaders]', () => {
    for (const value of ['\\r\\nX-Only: 1', '"\\r\\nX-Only: 1"'])
      expect(only(`MailServer=a\nOtherHeaders=${value}`).headers).toEqual({
        fields: [{ name: 'X-Only', value: '1' }],
        fieldsOnly: true,
      })
  })

  it.each([
    ['[part of ipworks.prop.MailServer]', 'MailServer=b', 'relay.host', 'b'],
    ['[part of ipworks.prop.MailPort]', 'MailPort=2525', 'relay.port', 2525],
    ['[part of ipworks.prop.AllowExtensions]', 'AllowExtensions=False', 'relay.extensions', false],
    ['[part of ipworks.prop.LocalHost]', 'LocalHost=127.0.0.2', 'identity.localAddress', '127.0.0.2'],
    ['[part of ipworks.prop.From]', 'From=a@b.example', 'sender.from', 'a@b.example'],
    ['[part of ipworks.prop.ReplyTo]', 'ReplyTo=a@b.example', 'sender.replyTo', 'a@b.example'],
    ['[part of ipworks.prop.ReturnPath]', 'ReturnPath=<a@b.example>', 'sender.returnPath', 'a@b.example'],
    ['[part of ipworks.prop.ReadReceiptTo]', 'ReadReceiptTo=a@b.example', 'sender.readReceiptTo', 'a@b.example'],
    [
      '[part of ipworks.prop.DeliveryNotificationTo]',
      'DeliveryNotificationTo=a@b.example',
      'sender.deliveryReceiptTo',
      'a@b.example',
    ],
    ['[part of ipworks.prop.Priority]', 'Priority=3', 'headers.priority', 'non-urgent'],
    ['[part of ipworks.prop.Importance]', 'Importance=miLow', 'headers.importance', 'low'],
    ['[part of ipworks.prop.Sensitivity]', 'Sensitivity=1', 'headers.sensitivity', 'personal'],
    [
      '[part of ipworks.prop.SSLCert]',
      'SSLCert.Store=/a.pem\nSSLCert.StoreType=cstPEMKeyFile',
      'tls.clientCertificate.source',
      'file:/a.pem',
    ],
    [
      '[part of ipworks.prop.SSLAcceptServerCert]',
      'SSLAcceptServerCert.Store=/a.cer\nSSLAcceptServerCertStoreType=8',
      'tls.acceptedCertificates',
      'file:/a.cer',
    ],
    [
      '[part of ipworks.config.AuthorizationIdentity]',
      'User=u\nAuthMechanism=7\nAuthorizationIdentity=Bearer t',
      'credentials.accessToken',
      't',
    ],
    ['[part of ipworks.config.Charset]', 'Charset=utf-8', 'headers.charset', 'utf-8'],
    ['[part of ipworks.config.Hello]', 'HELLO=h.example', 'identity.localName', 'h.example'],
    ['[part of ipworks.config.OtherHeaders]', 'OtherHeaders=A: b', 'headers.fields', [{ name: 'A', value: 'b' }]],
    ['[part of ipworks.config.ReturnPath]', 'returnpath=a@b.example', 'sender.returnPath', 'a@b.example'],
    ['[part of ipworks.config.StopOnBccErrors]', 'StopOnBccErrors=1', 'delivery.onRefused.bcc', 'stop'],
    ['[part of ipworks.config.StopOnCcErrors]', 'StopOnCcErrors=False', 'delivery.onRefused.cc', 'continue'],
    ['[part of ipworks.config.StopOnToErrors]', 'StopOnToErrors=0', 'delivery.onRefused.to', 'continue'],
    ['[part of ipworks.config.ConnectionTimeout]', 'ConnectionTimeout=7', 'timeouts.connectMs', 7000],
    ['[part of ipworks.config.AbsoluteTimeout]', 'AbsoluteTimeout=True\nTimeout=5', 'timeouts.totalMs', 5000],
    ['[part of ipworks.config.FirewallHost]', 'FirewallType=1\nFirewallHost=p', 'proxy.host', 'p'],
    ['[part of ipworks.config.FirewallPort]', 'FirewallType=1\nFirewallHost=p\nFirewallPort=81', 'proxy.port', 81],
    ['[part of ipworks.config.FirewallUser]', 'FirewallType=1\nFirewallHost=p\nFirewallUser=u', 'proxy.user', 'u'],
    [
      '[part of ipworks.config.FirewallPassword]',
      'FirewallType=1\nFirewallHost=p\nFirewallPassword=Geheim',
      'proxy.password',
      'Geheim',
    ],
    [
      '[part of ipworks.config.ProxyExceptionsList]',
      'ProxyExceptionsList=www.google.com;www.nsoftware.com',
      'proxy.bypass',
      ['www.google.com', 'www.nsoftware.com'],
    ],
    ['[part of ipworks.config.KeepAliveTime]', 'TCPKeepAlive=True\nKeepAliveTime=5000', 'relay.keepAliveDelayMs', 5000],
    ['[part of ipworks.config.TCPKeepAlive]', 'TCPKeepAlive=True', 'relay.keepAlive', true],
    ['[part of ipworks.config.TcpNoDelay]', 'TcpNoDelay=True', 'relay.noDelay', true],
    ['[part of ipworks.config.Linger]', 'Linger=False', 'relay.linger', false],
    ['[part of ipworks.config.LingerTime]', 'LingerTime=2', 'relay.lingerMs', 2000],
    ['[part of ipworks.config.LocalHost]', 'localhost=::1', 'identity.localAddress', '::1'],
    ['[part of ipworks.config.LocalPort]', 'LocalPort=1000', 'identity.localPort', 1000],
    ['[part of ipworks.config.MaxTransferRate]', 'MaxTransferRate=100', 'limits.octetsPerSecond', 100],
    ['[part of ipworks.config.UseIPv6]', 'UseIPv6=1', 'identity.family', 6],
    ['[part of ipworks.config.InBufferSize]', 'InBufferSize=1', 'relay.readBufferOctets', 1],
    ['[part of ipworks.config.OutBufferSize]', 'OutBufferSize=1', 'relay.writeBufferOctets', 1],
    ['[part of ipworks.config.ReuseSSLSession]', 'ReuseSSLSession=True', 'tls.resumeSessions', true],
    ['[part of ipworks.config.SSLCACerts]', 'SSLCACerts=PEM', 'tls.extraCa', 'PEM'],
    ['[part of ipworks.config.SSLServerCACerts]', 'SSLServerCACerts=PEM', 'tls.extraCa', 'PEM'],
    ['[part of ipworks.config.SSLCheckCRL]', 'SSLCheckCRL=1', 'tls.revocation.crl', 'soft'],
    ['[part of ipworks.config.SSLCheckOCSP]', 'SSLCheckOCSP=2', 'tls.revocation.ocsp', 'required'],
    ['[part of ipworks.config.SSLCipherStrength]', 'SSLCipherStrength=256', 'tls.minStrengthBits', 256],
    [
      '[part of ipworks.config.SSLEnabledCipherSuites]',
      'SSLEnabledCipherSuites=TLS_AES_128_GCM_SHA256',
      'tls.ciphers',
      'TLS_AES_128_GCM_SHA256',
    ],
    ['[part of ipworks.config.SSLKeyLogFile]', 'SSLKeyLogFile=/k', 'tls.keyLogFile', '/k'],
    [
      '[part of ipworks.config.TLS12SignatureAlgorithms]',
      'TLS12SignatureAlgorithms=sha256-rsa',
      'tls.sigalgs',
      'sha256-rsa',
    ],
    [
      '[part of ipworks.config.TLS12SupportedGroups]',
      'TLS12SupportedGroups=ecdhe_secp256r1',
      'tls.ecdhCurve',
      'secp256r1',
    ],
    ['[part of ipworks.config.TLS13KeyShareGroups]', 'TLS13KeyShareGroups=ecdhe_x448', 'tls.ecdhCurve', 'x448'],
    ['[part of ipworks.config.TLS13SignatureAlgorithms]', 'TLS13SignatureAlgorithms=ed448', 'tls.sigalgs', 'ed448'],
    ['[part of ipworks.config.TLS13SupportedGroups]', 'TLS13SupportedGroups=ffdhe_2048', 'tls.ecdhCurve', 'ffdhe_2048'],
  ])('%s is a setting: %j', (_, text, path, value) => {
    expect(valueAt(only(`MailServer=a\n${text}`), path)).toEqual(value)
  })

  it('knows every property and config setting of the document, with why when it is no setting', () => {
    const rows = JSON.parse(readFileSync(new URL('../../../../../parity/ipworks.json', import.meta.url), 'utf8')) as {
      id: string
      name: string
    }[]
    const names = rows.filter(({ id }) => /^ipworks\.(?:prop|config)\.\w+$/.test(id)).map(({ name }) => name)
    expect(names.length).toBeGreaterThan(100)
    for (const name of names) {
      const read = imported(`${name === 'MailServer' ? '' : 'MailServer=a\n'}${name}=1`)
      const said = line(read, name)
      expect(said, name).toBeDefined()
      expect(said!.verdict, name).not.toBe('unknown')
      if (said!.verdict === 'ignored' || said!.verdict === 'lost') expect(said!.note, name).toMatch(/\w/)
    }
  })

  it('needs a server', () => {
    for (const text of ['', 'MailPort=25', 'MailServer=', 'MailServer=*'])
      expect(() => imported(text), text).toThrowError(
        expect.objectContaining({ code: expect.stringMatching(/^import\./) as unknown }),
      )
  })

  it('tells names nobody knows, and repeats no piece of a password', () => {
    const { report } = imported(
      'MailServer=a\nMailSever=b\nSSLFuture=1\nGeheim9=x\nGeheim\nAaAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_=1',
    )
    expect(report.filter(({ verdict }) => verdict === 'unknown').map(({ entry, line }) => [entry, line])).toEqual([
      ['MailSever', 2],
      ['SSLFuture', 3],
      ['a line', 4],
      ['a line', 6],
      ['a line', 5],
    ])
  })

  itKnowsItsSamples([
    '',
    'SMTP_HOST=a',
    'mail.smtp.host=a',
    'relayhost=a',
    'EMailSMTPServer=a',
    '<MailServer>a</MailServer>',
    'host a',
  ])

  it('takes no store of Windows for a reference, and names the file of one', () => {
    const store = (type: number, name: string) =>
      imported(`MailServer=a\nSSLCertStoreType=${type}\nSSLCertStore=${name}\nSSLCertSubject=*`)
    expect(store(0, 'env:AWS_SECRET').profiles[0]!.profile.tls?.clientCertificate?.source).toBe('plain:env:AWS_SECRET')
    expect(line(store(2, '/etc/shadow'), 'SSLCertStore')?.note).toContain('/etc/shadow')
  })

  it('refuses what is beyond its limits', () => {
    for (const text of ['\n'.repeat(60_000), 'A=1\n'.repeat(5001)])
      expect(() => imported(text)).toThrowError(expect.objectContaining({ code: 'import.format' }))
  })
})

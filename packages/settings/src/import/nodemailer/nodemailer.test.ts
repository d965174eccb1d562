import { describe, expect, it } from 'vitest'
import { checkProfile } from '../../check-profile.js'
import { importer, line } from '../../../test/importer.js'
import { nodemailer } from './nodemailer.js'

const { sample, imported, only, itKnowsItsSamples } = importer(nodemailer)

const PEM = '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n'
const KEY = '-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n'

describe('Nodemailer', () => {
  it.each([
    ["cert: fs.readFileSync('a.pem'), key: fs.readFileSync('a.key')", { source: 'file:a.pem', key: 'file:a.key' }],
    [`cert: ${JSON.stringify(PEM)}, key: ${JSON.stringify(KEY)}`, { source: PEM, key: KEY }],
    ["cert: fs.readFileSync('a.pem'), key: process.env.KEY", { source: 'file:a.pem', key: 'env:KEY' }],
    ["cert: fs.readFileSync('a.pem'), key: fs.readFileSync('a.pem')", { source: 'file:a.pem' }],
    [`cert: ${JSON.stringify(PEM + KEY)}, key: ${JSON.stringify(PEM + KEY)}`, { source: PEM + KEY }],
    ["key: fs.readFileSync('a.key'), passphrase: 'p'", { key: 'file:a.key', password: 'p' }],
  ])('takes certificate and key over: %s', (options, expected) => {
    const text = `nodemailer.createTransport({ host: 'a', tls: { ${options} } })`
    expect(only(text).tls).toEqual({ clientCertificate: expected })
    const report = JSON.stringify(imported(text).report)
    expect(report).not.toMatch(/BEGIN|"lost"/)
  })

  it('takes a service over with its host, its port and implicit TLS', () => {
    const profile = only(sample('gmail.txt'))
    expect(profile.relay).toEqual({ host: 'smtp.gmail.com', port: 465 })
    expect(profile.security).toBe('implicit')
    expect(profile.credentials).toEqual({ user: 'shop@gmail.com', password: 'Geheim-0000-app' })
    expect(line(imported(sample('gmail.txt')), 'auth.pass')?.line).toBe(8)
  })

  it('takes options in JSON over, and keeps required STARTTLS required', () => {
    const profile = only(sample('office365.json'))
    expect(profile).toMatchObject({
      security: 'starttls',
      relay: { host: 'smtp.office365.com', port: 587 },
      tls: { minVersion: 'TLSv1.2', ciphers: 'HIGH' },
      identity: { localName: 'app.example.com' },
      timeouts: { connectMs: 30_000, idleMs: 60_000, totalMs: 0 },
    })
    expect(profile.credentials?.allowCleartextAuth).toBeUndefined()
    expect(line(imported(sample('office365.json')), 'greetingTimeout')?.verdict).toBe('lost')
  })

  it('goes on in the clear where Nodemailer does, and says that it is unsafe', () => {
    const read = imported(`{ host: 'relay.example', auth: { user: 'a', pass: 'Geheim' } }`)
    expect(read.profiles[0]!.profile).toMatchObject({
      security: 'opportunistic',
      relay: { port: 587 },
      credentials: { allowCleartextAuth: true },
    })
    expect(line(read, 'secure')).toMatchObject({ verdict: 'defaulted', unsafe: true, settings: ['security'] })
    expect(line(read, 'login without TLS')).toMatchObject({ verdict: 'defaulted', unsafe: true })
  })

  it.each([
    [`{ host: 'a', port: 465, auth: null }`, 'implicit', 465],
    [`{ host: 'a', port: '465', secure: false }`, 'opportunistic', 465],
    [`{ host: 'a', secure: true }`, 'implicit', 465],
    [`{ host: 'a', requireTLS: true, ignoreTLS: true }`, 'starttls', 587],
    [`{ host: 'a', port: 25, ignoreTLS: true }`, 'none', 25],
    [`{ host: 'a', opportunisticTLS: true }`, 'opportunistic', 587],
    [`{ host: 'a', secure: 'false' }`, 'implicit', 465],
  ])('reads the protection of %s as Nodemailer does', (text, security, port) => {
    expect(only(text)).toMatchObject({ security, relay: { port } })
  })

  it('reads a whole program: comments, types, variables, a pool, DKIM and defaults', () => {
    const read = imported(sample('pool-with-defaults.txt'))
    const profile = checkProfile(read.profiles[0]!.profile)
    expect(profile).toMatchObject({
      relay: { host: 'relay.example.com', port: 465 },
      security: 'implicit',
      credentials: { user: 'app', password: 'env:SMTP_PASS' },
      pool: { maxConnections: 3, maxMessagesPerConnection: 100 },
      limits: { rate: { messages: 10, perMs: 1000 } },
      proxy: { type: 'socks5', host: 'proxy.example.com', port: 1080, user: 'proxy', password: 'Geheim@proxy' },
      tls: { rejectUnauthorized: false, ca: 'file:/etc/ssl/private-ca.pem' },
      sender: { from: 'shop@example.com', name: 'Shop, Ltd', replyTo: 'help@example.com' },
      headers: { fields: [{ name: 'X-App', value: 'shop' }] },
      delivery: { dsn: { notify: ['failure', 'delay'], ret: 'headers' } },
      logging: { level: 'info', destinations: ['stderr'] },
    })
    expect(profile.dkim).toEqual([
      {
        domain: 'example.com',
        selector: '2026',
        privateKey: '-----BEGIN PRIVATE KEY-----\nGeheimAAAA\n-----END PRIVATE KEY-----',
      },
    ])
    expect(line(read, 'tls.rejectUnauthorized')).toMatchObject({ verdict: 'taken', unsafe: true })
    expect(line(read, 'host')?.note).toBe('the variable SMTP_HOST may say otherwise')
    expect(line(read, 'onError')?.verdict).toBe('unknown')
  })

  it('reads variables from the .env file that is given along', () => {
    const files = { '.env': 'SMTP_HOST=mail.example.com\nSMTP_PORT=587\n' }
    expect(only(sample('pool-with-defaults.txt'), files).relay).toEqual({ host: 'mail.example.com', port: 587 })
  })

  it('bounds the .env file that is given along', () => {
    expect(() => imported(sample('pool-with-defaults.txt'), { '.env': ' '.repeat(5_000_001) })).toThrowError(
      expect.objectContaining({ code: 'import.format', field: '.env' }),
    )
  })

  it('names all variables that are needed and were not given', () => {
    const text = 'createTransport({ host: process.env.HOST, auth: { user: process.env.WHO, pass: process.env.PASS } })'
    expect(() => imported(text)).toThrowError(
      expect.objectContaining({
        code: 'import.missing',
        field: 'host (process.env.HOST), auth.user (process.env.WHO)',
      }),
    )
  })

  it('reads a URL with its options', () => {
    expect(only(sample('url.txt'))).toMatchObject({
      security: 'implicit',
      relay: { host: 'smtp.example.com', port: 465 },
      credentials: { user: 'user@example.com', password: 'Geheim/x' },
      pool: { maxConnections: 2 },
      tls: { minVersion: 'TLSv1.3' },
    })
  })

  it('reads OAuth2 of Google, of Microsoft, and of service accounts', () => {
    const { profiles } = imported(sample('oauth2.txt'))
    const [google, microsoft, service] = profiles.map(({ profile }) => checkProfile(profile))
    expect(google!.oauth2).toEqual({
      provider: 'google',
      clientId: '000000000000-xxx0.apps.googleusercontent.com',
      clientSecret: 'GeheimXxxxxXXxX0xxxxxxxx0XXxX0',
      refreshToken: '1/GeheimXXxXxsss-xxxXXXXXxXxx0XXXxxXXx0x00xxx',
      grant: 'refresh-token',
    })
    expect(google!.credentials).toEqual({ user: 'user@gmail.com', mechanism: 'XOAUTH2' })
    expect(microsoft!.oauth2).toMatchObject({
      provider: 'microsoft',
      tenant: 'contoso.example',
      clientSecret: 'env:MS_SECRET',
      refreshToken: 'env:MS_REFRESH',
    })
    expect(service!.oauth2).toMatchObject({ grant: 'service-account', subject: 'box@example.com' })
    expect(JSON.parse(service!.oauth2!.serviceAccountKey as string)).toMatchObject({
      client_email: '113600000000000000000',
    })
  })

  it('runs nothing: calls, functions and texts with something in them are lost by their name', () => {
    const read = imported(
      "createTransport({ host: 'a', name: `a${x}`, port: 60 * 10, secure: isProd(), auth: getAuth(), url: '', tls: { checkServerIdentity: () => {} } })",
    )
    for (const entry of ['name', 'port', 'secure', 'auth', 'tls.checkServerIdentity'])
      expect(line(read, entry)?.verdict, entry).toMatch(/lost/)
  })

  it.each([
    [`secure: isProd(), port: 587`, 'starttls', 587, ['secure']],
    [`secure: port === 465`, 'starttls', 587, ['secure']],
    [`secure: process.env.SMTP_SECURE === 'true', port: 465`, 'implicit', 465, ['secure']],
    [
      `secure: process.env.SMTP_SECURE === 'true', port: Number(process.env.SMTP_PORT)`,
      'starttls',
      587,
      ['secure', 'port'],
    ],
    [`secure: false, requireTLS: !isDev`, 'starttls', 587, ['requireTLS']],
    [`ignoreTLS: isDev()`, 'starttls', 587, ['ignoreTLS']],
    [`port: choose()`, 'starttls', 587, ['port']],
    [`port: choose(), secure: true`, 'implicit', 465, ['port']],
    [`secure: isProd(), requireTLS: true`, 'starttls', 587, ['secure']],
  ])('keeps to the safe side of what cannot be known: %s', (options, security, port, lost) => {
    const read = imported(`createTransport({ host: 'a', ${options}, auth: { user: 'u', pass: 'Geheim' } })`)
    const profile = checkProfile(read.profiles[0]!.profile)
    expect(profile).toMatchObject({ security, relay: { port } })
    expect(profile.credentials?.allowCleartextAuth).toBeUndefined()
    expect(read.report.filter(({ unsafe }) => unsafe)).toEqual([])
    expect(
      read.report
        .filter(({ verdict }) => verdict === 'lost')
        .map(({ entry }) => entry)
        .sort(),
    ).toEqual(lost.sort())
  })

  it('takes what is undefined as not written, and says so', () => {
    const read = imported(`{ host: 'a', port: undefined, secure: undefined }`)
    expect(read.profiles[0]!.profile).toMatchObject({ security: 'opportunistic', relay: { port: 587 } })
    expect(line(read, 'port')).toMatchObject({ verdict: 'ignored' })
  })

  it('names the variable or the file that a reference stands for', () => {
    const read = imported(
      `createTransport({ host: 'evil.example', auth: { user: 'u', pass: process.env.AWS_SECRET_ACCESS_KEY }, tls: { ca: fs.readFileSync('/etc/shadow') }, dkim: { domainName: 'a.example', keySelector: 's', privateKey: process.env.DKIM_KEY } })`,
    )
    expect(line(read, 'auth.pass')).toMatchObject({
      verdict: 'changed',
      note: 'it is read from the variable AWS_SECRET_ACCESS_KEY',
    })
    expect(line(read, 'tls.ca')?.note).toContain('/etc/shadow')
    expect(line(read, 'dkim')?.note).toContain('DKIM_KEY')
  })

  it('has a line for options that others of their name, a url or a service overrule', () => {
    const read = imported(
      `{ host: 'a', host: 'b', auth: { user: 'u', pass: 'Geheim-1' }, auth: { user: 'v' },
        url: 'smtp://c.example:25', port: 26 }`,
    )
    expect(read.profiles[0]!.profile).toMatchObject({
      relay: { host: 'c.example', port: 25 },
      credentials: { user: 'v' },
    })
    expect(read.profiles[0]!.profile.credentials).not.toHaveProperty('password')
    const unsaid = read.report.filter(({ note }) => note?.startsWith('another one of its name'))
    expect(unsaid.map(({ entry, verdict }) => [entry, verdict])).toEqual([
      ['host', 'ignored'],
      ['auth.user', 'ignored'],
      ['auth.pass', 'ignored'],
      ['port', 'ignored'],
      ['host', 'ignored'],
    ])
    expect(JSON.stringify(read.report)).not.toContain('Geheim')
    const service = imported(`{ service: 'gmail', port: 26 }`).report.filter(({ entry }) => entry === 'port')
    expect(service.map(({ verdict }) => verdict)).toEqual(['taken', 'ignored'])
  })

  it('takes no name for a known one because every object has it', () => {
    expect(
      line(imported(`{ host: 'a', auth: { type: 'constructor', user: 'u', pass: 'p' } }`), 'auth.type')?.note,
    ).toBe('this type of login is not known')
    const read = imported(`{ host: 'a', dkim: { constructor: 1, toString: 2 } }`)
    expect(read.report.map(({ entry }) => entry)).not.toContain('dkim.constructor')
  })

  it.each(['sendmail', 'jsonTransport', 'streamTransport', 'SES'])('has no way out for the transport %s', (name) => {
    expect(() => imported(`createTransport({ ${name}: true })`)).toThrowError(
      expect.objectContaining({ code: 'import.missing' }),
    )
    expect(line(imported(`{ host: 'a', ${name}: true }`), name)?.verdict).toBe('lost')
  })

  itKnowsItsSamples([
    '',
    '{"relay":{"host":"a"}}',
    '{"host":"a","port":25}',
    '# createTransport is not called',
    '// nodemailer.createTransport({})',
    '"createTransport({})"',
    'SMTP_HOST=a',
  ])

  it('refuses what is beyond its limits, and stays linear', () => {
    expect(() => imported('{a:'.repeat(50_000))).toThrowError(expect.objectContaining({ code: 'import.format' }))
    expect(() => imported(`{ host: ${'['.repeat(30)}`)).toThrowError(expect.objectContaining({ code: 'import.format' }))
    expect(() => imported(`createTransport(${'"'.repeat(200_000)}`)).toThrow()
    expect(() => imported(`const a = ${'`'.repeat(100_001)}`)).toThrowError(
      expect.objectContaining({ code: 'import.format' }),
    )
  })
})

describe('a program that is hard to read', () => {
  it('is told at once from one that calls createTransport, however many blanks stand in it', () => {
    const text = `x; createTransport${' '.repeat(400_000)}x; createTransport<${' '.repeat(400_000)}`
    expect(nodemailer.recognises({ text })).toBe(false)
    expect(nodemailer.recognises({ text: `createTransport <A.B> ${' '.repeat(400_000)}(` })).toBe(true)
    expect(nodemailer.recognises({ text: 'createTransports({})' })).toBe(false)
  })

  it('is refused when its calls stand one within the other', () => {
    const text = `${'createTransport(f('.repeat(99)}${'a+'.repeat(400_000)}`
    expect(() => imported(text)).toThrowError(expect.objectContaining({ code: 'import.format', field: 'options' }))
  })

  it('is refused when its declarations stand one within the other', () => {
    const names = Array.from({ length: 500 }, (_, index) => `a${index}`)
    const text = `${names.map((name) => `const ${name} = f(`).join('')}${'a+'.repeat(100_000)}`
    const options = `createTransport({ host: 'a', ${names.map((name) => `${name}: ${name}`).join()} }); `
    expect(() => imported(options + text)).toThrowError(
      expect.objectContaining({ code: 'import.format', field: 'options' }),
    )
  })

  it('does not grow when objects name objects that name objects', () => {
    const of = (name: string) => `{ ${Array.from({ length: 6000 }, (_, index) => `k${index}: ${name}`).join()} }`
    const read = imported(`const c = ${of('d')}; const b = ${of('c')}; createTransport({ host: 'a', x: b })`)
    expect(read.profiles[0]!.profile.relay?.host).toBe('a')
  })
})

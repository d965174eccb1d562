import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { certificates, ScriptedServer, SinkServer, type CertificateName, type SinkOptions } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import type { SmtpOptions } from '@posthorn/smtp'
import { diagnose, type DiagnoseOptions } from './diagnose.js'
import { DIAGNOSES, type DiagnosisCode } from './diagnoses.js'
import type { Diagnosis } from './diagnosis.js'

const LOGIN = { user: 'app@example.test', password: 'Never-In-Sight-77' }
const TRIED: DiagnoseOptions = { sender: 'a@example.test', recipients: ['b@example.test'], patienceMs: 3_000 }

/** A server that is asked, and what must be found there. */
interface Case {
  readonly title: string
  readonly code: DiagnosisCode
  readonly sink?: SinkOptions
  readonly tls?: CertificateName | false
  readonly smtp?: Partial<SmtpOptions>
  readonly options?: DiagnoseOptions
}

/** AUTH is answered so. */
const refusing = (reply: string): SinkOptions => ({
  auth: LOGIN,
  replyTo: (verb) => (verb === 'AUTH' ? reply : undefined),
})
/** A verb is answered so. */
const answering = (verb: string, reply: string): SinkOptions => ({
  replyTo: (each) => (each === verb ? reply : undefined),
})
const CLEAR = { security: 'none' } as const
const LOGGED_IN = { credentials: LOGIN } as const
const WITH_TOKEN = { credentials: { user: LOGIN.user, accessToken: 'tok-Never-In-Sight' } } as const

const CASES: readonly Case[] = [
  { title: 'implicit TLS at a port with STARTTLS', code: 'tls.use-starttls', smtp: { security: 'implicit' } },
  { title: 'STARTTLS at a port with implicit TLS', code: 'tls.use-implicit', sink: { implicitTls: true } },
  {
    title: 'clear text at a port with implicit TLS',
    code: 'tls.use-implicit',
    sink: { implicitTls: true },
    smtp: CLEAR,
  },
  { title: 'a certificate for another name', code: 'tls.wrong-name', tls: 'wrongName' },
  { title: 'a certificate that has expired', code: 'tls.expired', tls: 'expired' },
  { title: 'a certificate of the future', code: 'tls.not-yet-valid', tls: 'notYetValid' },
  { title: 'a self-signed certificate', code: 'tls.self-signed', tls: 'selfSigned' },
  { title: 'a certificate nobody knows the issuer of', code: 'tls.unknown-issuer', smtp: { tls: {} } },
  { title: 'a certificate for clients', code: 'tls.certificate-refused', tls: 'wrongUsage' },
  { title: 'no STARTTLS', code: 'starttls.not-offered', tls: false },
  {
    title: 'STARTTLS masked on the way',
    code: 'starttls.stripped',
    tls: false,
    sink: { extensions: ['PIPELINING', 'XXXXXXXA', '8BITMIME'] },
  },
  { title: 'STARTTLS that fails', code: 'starttls.failed', sink: answering('STARTTLS', '454 4.7.0 TLS not available') },
  {
    title: 'a login that is offered under TLS only',
    code: 'auth.not-offered-before-tls',
    sink: { auth: LOGIN },
    smtp: { ...CLEAR, ...LOGGED_IN, allowCleartextAuth: true },
  },
  { title: 'no login at all', code: 'auth.not-offered', smtp: LOGGED_IN },
  {
    title: 'a login in the clear',
    code: 'settings.credentials-in-the-clear',
    tls: false,
    sink: { auth: LOGIN },
    smtp: { ...CLEAR, ...LOGGED_IN },
  },
  {
    title: '[part of beyondtrust.behaviour.wrong-mechanism] a mechanism the server does not have',
    code: 'auth.wrong-mechanism',
    sink: { auth: LOGIN },
    smtp: { ...LOGGED_IN, mechanisms: ['CRAM-MD5'] },
  },
  {
    title: 'a password where only tokens are taken',
    code: 'auth.token-needed',
    sink: { auth: { ...LOGIN, mechanisms: ['XOAUTH2'] } },
    smtp: LOGGED_IN,
  },
  {
    title: 'a token where only passwords are taken',
    code: 'auth.password-needed',
    sink: { auth: { ...LOGIN, mechanisms: ['PLAIN', 'LOGIN'] } },
    smtp: WITH_TOKEN,
  },
  {
    title: 'a wrong password',
    code: 'auth.password-wrong',
    sink: { auth: { ...LOGIN, password: 'other' } },
    smtp: LOGGED_IN,
  },
  {
    title: 'Google: two-step verification',
    code: 'auth.app-password-needed',
    sink: refusing(
      '534-5.7.9 Application-specific password required. For more information, go to\r\n534 5.7.9 https://support.google.com/mail/?p=InvalidSecondFactor',
    ),
    smtp: LOGGED_IN,
  },
  {
    title: 'Google: a browser is wanted',
    code: 'auth.account-locked',
    sink: refusing('534 5.7.14 Please log in via your web browser and then try again.'),
    smtp: LOGGED_IN,
  },
  {
    title: 'Microsoft: SMTP AUTH off for the tenant',
    code: 'auth.tenant-disabled',
    sink: refusing(
      '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled',
    ),
    smtp: LOGGED_IN,
  },
  {
    title: 'Microsoft: SMTP AUTH off for the mailbox',
    code: 'auth.mailbox-disabled',
    sink: refusing('535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.'),
    smtp: LOGGED_IN,
  },
  {
    title: 'Microsoft: passwords are no longer taken',
    code: 'auth.basic-disabled',
    sink: refusing('535 5.7.139 Authentication unsuccessful, basic authentication is disabled.'),
    smtp: LOGGED_IN,
  },
  {
    title: 'Microsoft: the account is locked',
    code: 'auth.account-locked',
    sink: refusing('535 5.7.139 Authentication unsuccessful, user is locked by your organization'),
    smtp: LOGGED_IN,
  },
  {
    title: 'logins that cannot be checked now',
    code: 'auth.temporary',
    sink: refusing('454 4.7.0 Temporary authentication failure'),
    smtp: LOGGED_IN,
  },
  {
    title: 'too many logins',
    code: 'auth.too-many',
    sink: refusing('535 5.7.8 Too many failed logins'),
    smtp: LOGGED_IN,
  },
  {
    title: 'a mechanism that is too weak',
    code: 'auth.too-weak',
    sink: refusing('534 5.7.9 Authentication mechanism is too weak'),
    smtp: LOGGED_IN,
  },
  {
    title: 'a token the server does not take',
    code: 'token.refused',
    sink: { ...refusing('535 5.7.3 Authentication unsuccessful'), auth: { ...LOGIN, mechanisms: ['XOAUTH2'] } },
    smtp: WITH_TOKEN,
  },
  {
    title: 'a token for something else',
    code: 'token.wrong-audience',
    sink: refusing('535 5.7.3 invalid audience'),
    smtp: WITH_TOKEN,
  },
  {
    title: 'a token without the right',
    code: 'token.wrong-scope',
    sink: refusing('535 5.7.3 insufficient scope'),
    smtp: WITH_TOKEN,
  },
  {
    title: 'an address that must log in',
    code: 'auth.needed',
    sink: { auth: LOGIN },
  },
  {
    title: 'a sender the login may not use',
    code: 'sender.not-allowed',
    sink: answering('MAIL', '553 5.7.1 Sender address rejected: not owned by user app'),
  },
  {
    title: 'SendAsDenied',
    code: 'sender.not-allowed',
    sink: answering('MAIL', '554 5.2.252 SendAsDenied; app not allowed to send as a'),
  },
  {
    title: 'a sender domain that does not exist',
    code: 'sender.refused',
    sink: answering('MAIL', '550 5.1.8 Sender address rejected: Domain not found'),
  },
  {
    title: 'relaying denied',
    code: 'relay.denied',
    sink: answering('RCPT', '554 5.7.1 <b@example.test>: Relay access denied'),
  },
  { title: 'a recipient nobody knows', code: 'recipient.unknown', sink: answering('RCPT', '550 5.1.1 User unknown') },
  { title: 'a full mailbox', code: 'mailbox.full', sink: answering('RCPT', '452 4.2.2 Mailbox full') },
  {
    title: 'greylisting',
    code: 'greylisted',
    sink: answering('RCPT', '450 4.2.0 Recipient address rejected: Greylisted, see http://postgrey.example/'),
  },
  {
    title: 'too many messages',
    code: 'rate-limited',
    sink: answering('MAIL', '450 4.7.1 Error: too many messages from this client'),
  },
  {
    title: 'too many connections',
    code: 'rate-limited',
    sink: answering('GREETING', '421 4.7.0 Too many concurrent SMTP connections'),
  },
  {
    title: 'a block list',
    code: 'server.refuses-address',
    sink: answering('GREETING', '554 5.7.1 Service unavailable; Client host blocked using zen.spamhaus.org'),
  },
  {
    title: 'no name for the address',
    code: 'server.reverse-dns',
    sink: answering('MAIL', '450 4.7.25 Client host rejected: cannot find your reverse hostname'),
  },
  {
    title: 'a name in EHLO that is refused',
    code: 'server.local-name-refused',
    sink: { replyTo: (verb) => (verb === 'EHLO' || verb === 'HELO' ? '501 5.5.4 Invalid domain name' : undefined) },
  },
  {
    title: 'a message that is too large',
    code: 'too-large',
    sink: { extensions: ['SIZE 1000'] },
    options: { sizeOctets: 5_000 },
  },
  {
    title: 'TLS first',
    code: 'auth.not-offered-before-tls',
    smtp: CLEAR,
    sink: answering('MAIL', '530 5.7.0 Must issue a STARTTLS command first'),
  },
  {
    title: 'a server without room',
    code: 'server.busy',
    sink: answering('GREETING', '421 4.3.2 Service not available'),
  },
  {
    title: 'a client certificate that is wanted (Postfix)',
    code: 'tls.client-certificate-needed',
    sink: answering('EHLO', '421 4.7.1 relay.example Error: No client certificate presented'),
  },
  { title: 'a policy', code: 'server.policy', sink: answering('MAIL', '571 5.7.0 no') },
]

async function diagnosed({ sink = {}, tls = 'good', smtp, options }: Omit<Case, 'title' | 'code'>): Promise<Diagnosis> {
  const authority = await certificates()
  const served = tls === false ? {} : { tls: authority[tls] }
  await using server = await SinkServer.start({ ...served, ...sink })
  return await diagnose(
    { smtp: { host: 'localhost', port: server.port, security: 'starttls', tls: { ca: authority.ca }, ...smtp } },
    { ...TRIED, ...options },
  )
}

describe('diagnose', () => {
  it.each(CASES.map((each) => [each.title, each] as const))('tells %s', async (_title, each) => {
    const found = await diagnosed(each)
    expect(found.findings[0]).toMatchObject({ code: each.code, severity: 'error', cause: DIAGNOSES[each.code].cause })
    expect(found.findings[0]!.nextStep).not.toBe('')
    expect(found.ok).toBe(false)
    expect(found.checks.some(({ status }) => status === 'failed')).toBe(true)
    const shown = JSON.stringify(found)
    for (const secret of [LOGIN.password, WITH_TOKEN.credentials.accessToken]) {
      expect(shown).not.toContain(secret)
      expect(shown).not.toContain(Buffer.from(secret).toString('base64'))
    }
  })

  it('knows at least 25 misconfigurations, each with a cause and one next step', () => {
    const all = Object.entries(DIAGNOSES)
    expect(all.length).toBeGreaterThanOrEqual(25)
    for (const [code, { cause, nextStep }] of all) {
      expect(code).toMatch(/^[a-z-]+(?:\.[a-z-]+)?$/)
      expect(cause).toMatch(/^[A-Z].*\.$/)
      expect(nextStep).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('says that all is well, and sends no mail', async () => {
    const authority = await certificates()
    await using server = await SinkServer.start({ tls: authority, auth: LOGIN })
    const found = await diagnose(
      {
        smtp: {
          host: 'localhost',
          port: server.port,
          security: 'starttls',
          tls: { ca: authority.ca },
          credentials: LOGIN,
        },
      },
      { ...TRIED, sizeOctets: 100 },
    )
    expect(found).toMatchObject({ ok: true, findings: [], host: 'localhost', port: server.port, security: 'starttls' })
    expect(found.checks.map(({ step, status }) => `${step} ${status}`)).toEqual([
      'settings ok',
      'resolve ok',
      'connect ok',
      'greeting ok',
      'ehlo ok',
      'starttls ok',
      'auth ok',
      'sender ok',
      'recipient ok',
    ])
    expect(server.ledger).toEqual([])
  })

  it('warns of verification that is switched off, and still says yes', async () => {
    const found = await diagnosed({ tls: 'selfSigned', smtp: { tls: { rejectUnauthorized: false } } })
    expect(found.ok).toBe(true)
    expect(found.findings.map(({ code, severity }) => [code, severity])).toEqual([['settings.not-verified', 'warning']])
    expect(found.checks.find(({ step }) => step === 'starttls')?.status).toBe('warning')
  })

  it('[part of illiad.behaviour.gmail] flags Gmail without TLS before any connection', async () => {
    const found = await diagnose({ smtp: { host: 'smtp.gmail.com', port: 25, security: 'none' } })
    expect(found.findings.map(({ code }) => code)).toEqual(['settings.gmail-needs-tls'])
    expect(found.checks.map(({ step }) => step)).toEqual(['settings'])
  })

  it('reads in a refused token what is wrong with it', async () => {
    const refused: SinkOptions = {
      ...refusing('535 5.7.3 Authentication unsuccessful'),
      auth: { ...LOGIN, mechanisms: ['XOAUTH2'] },
    }
    const hour = Math.floor(Date.now() / 1000) + 3600
    const cases = [
      [{ aud: 'https://graph.microsoft.com', scp: 'Mail.Send', exp: hour }, 'token.wrong-audience'],
      [{ aud: 'https://outlook.office.com', scp: 'IMAP.AccessAsUser.All', exp: hour }, 'token.wrong-scope'],
      [{ aud: 'https://outlook.office.com', scp: 'SMTP.Send', exp: 1 }, 'token.expired'],
      [{ aud: 'https://outlook.office.com', scp: 'SMTP.Send', exp: hour }, 'token.refused'],
    ] as const
    for (const [claims, code] of cases) {
      const token = ['{"alg":"none"}', JSON.stringify(claims), 'sig']
        .map((part) => Buffer.from(part).toString('base64url'))
        .join('.')
      await using server = await SinkServer.start({ tls: (await certificates()).good, ...refused })
      const found = await diagnose({
        smtp: {
          host: 'smtp.office365.com',
          port: server.port,
          resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
          tls: { ca: (await certificates()).ca, servername: 'localhost' },
          credentials: { user: LOGIN.user, accessToken: token },
        },
      })
      expect(found.findings[0]).toMatchObject({ code, step: 'auth' })
      expect(JSON.stringify(found)).not.toContain(token)
    }
  })

  it('tells a name without address, and a mail domain', async () => {
    const resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
    const smtp = { host: 'example.invalid', resolve }
    const none = await diagnose({ smtp }, { resolveMx: () => Promise.resolve([]) })
    expect(none.findings[0]).toMatchObject({ code: 'name.not-found', step: 'resolve' })
    const domain = await diagnose({ smtp }, { resolveMx: () => Promise.resolve([{}]) })
    expect(domain.findings[0]).toMatchObject({ code: 'name.is-a-mail-domain', step: 'resolve' })
  })

  it('tells a closed port', async () => {
    const found = await diagnose({ smtp: { host: '127.0.0.1', port: await closedPort() } }, TRIED)
    expect(found.findings[0]).toMatchObject({ code: 'port.closed', step: 'connect' })
  })

  it('tells what does not speak SMTP', async () => {
    await using server = await ScriptedServer.start('S: +OK POP3 ready\n* close\n')
    const found = await diagnose({ smtp: { host: '127.0.0.1', port: server.port, security: 'none' } }, TRIED)
    expect(found.findings[0]).toMatchObject({ code: 'server.not-smtp', step: 'greeting' })
    expect(found.findings[0]!.evidence).toContain('+OK POP3 ready')
  })

  it('tells a server that says nothing, within the patience', async () => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => void sockets.add(socket.on('error', () => {}).resume())).listen(
      0,
      '127.0.0.1',
    )
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const found = await diagnose({ smtp: { host: '127.0.0.1', port, security: 'none' } }, { patienceMs: 300 })
    expect(found.findings[0]).toMatchObject({ code: 'server.silent', step: 'greeting' })
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  it('says what is wrong with a URL, without the password in it', async () => {
    const found = await diagnose('smtp://app:Never/In/Sight@relay.example')
    expect(found.findings[0]).toMatchObject({ code: 'settings.invalid', step: 'settings' })
    expect(JSON.stringify(found)).not.toContain('Never')
  })
})

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

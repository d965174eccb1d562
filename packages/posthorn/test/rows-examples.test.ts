import { describe, expect, it } from 'vitest'
import { readProfileFile } from '@posthorn/settings/file'
import { diagnose, smtpOptionsOf, type SmtpOptions } from '../src/index.js'
import { certificates, SinkServer } from '@posthorn/testkit'
import { HOST, leadTo, oneSend } from './one-send.js'

const PASSWORD = 'abcd efgh ijkl mnop'
const credentials = { user: 'account', password: PASSWORD }
const starttls = { extensions: ['8BITMIME'], tls: true }
const tlsFirst = { ...starttls, implicitTls: true }
const LOGGED_IN = 'AUTH PLAIN, MAIL, RCPT, DATA, QUIT'

/** The settings of a profile file, sent with to a server of the tests, whose certificate is for another name. */
const written = (file: object) => async (base: SmtpOptions) => {
  const { tls, ...said } = await smtpOptionsOf(readProfileFile(JSON.stringify(file)).profile)
  return { ...base, ...said, tls: { ...base.tls, ...tls, servername: HOST } }
}

describe('Gmail with an application password', () => {
  const gmail = { relay: { host: 'smtp.gmail.com' }, security: 'starttls', credentials }

  it('goes to port 587, STARTTLS before the login, the name as it is written [part of runmyjobs.example.gmail] [part of runmyjobs.behaviour.starttls]', async () => {
    const sent = await oneSend(written(gmail), { ...starttls, auth: credentials })
    expect(sent.targets).toEqual(['smtp.gmail.com:587'])
    expect([sent.clear, sent.verbs]).toEqual(['EHLO, STARTTLS', `EHLO, STARTTLS, EHLO, ${LOGGED_IN}`])
    expect(sent.session.authenticated).toBe('account')
    expect(sent.message).toBeDefined()
  })

  it('never goes without TLS: not sent, and the check says why [part of runmyjobs.example.gmail]', async () => {
    const sent = await oneSend(written(gmail), { auth: credentials })
    expect(sent.error).toMatchObject({ code: 'smtp.starttls.not-offered' })
    expect(sent.clear).toBe('EHLO, QUIT')
    for (const security of ['none', 'opportunistic'] as const) {
      const { ok, findings } = await diagnose({ smtp: { host: 'smtp.gmail.com', security } })
      expect([ok, findings.map(({ code }) => code)]).toEqual([false, ['settings.gmail-needs-tls']])
    }
  })

  it('tells of the application password when the usual one was given [part of runmyjobs.example.gmail]', async () => {
    const tls = await certificates()
    const said = '534-5.7.9 Application-specific password required. For more information, go to\r\n534 5.7.9 the help'
    await using sink = await SinkServer.start({
      ...starttls,
      ...{ tls, auth: credentials, replyTo: (verb) => (verb === 'AUTH' ? said : undefined) },
    })
    const { connector } = leadTo(sink)
    const smtp = { host: gmail.relay.host, security: 'starttls', credentials, connector } as const
    const { findings } = await diagnose({ smtp: { ...smtp, tls: { ca: tls.ca, servername: HOST } } })
    expect(findings).toMatchObject([{ code: 'auth.app-password-needed', step: 'auth' }])
    expect(JSON.stringify(findings)).not.toContain(PASSWORD)
  })
})

describe('Office 365 direct send', () => {
  const host = 'example.mail.protection.outlook.com'
  const direct = { relay: { host, port: 25 }, security: 'starttls' }
  const OUTSIDE = '550 5.7.64 TenantAttribution; Relay Access Denied'
  const exchange = {
    ...starttls,
    extensions: ['8BITMIME', 'PIPELINING'],
    replyTo: (verb: string, argument: string) =>
      verb === 'RCPT' && !argument.includes('@example.test') ? OUTSIDE : undefined,
  }

  it('goes to port 25 with STARTTLS and without a login [part of runmyjobs.example.office365-direct-send]', async () => {
    const sent = await oneSend(written(direct), exchange)
    expect(sent.targets).toEqual([`${host}:25`])
    expect([sent.clear, sent.verbs]).toEqual(['EHLO, STARTTLS', 'EHLO, STARTTLS, EHLO, MAIL, RCPT, DATA, QUIT'])
    expect(sent.message).toBeDefined()
    const inClear = await oneSend(written(direct), {})
    expect(inClear.error).toMatchObject({ code: 'smtp.starttls.not-offered' })
  })

  it('a recipient outside is refused in the words of the server, one inside gets the mail [part of runmyjobs.example.office365-direct-send]', async () => {
    const to = ['outside@elsewhere.test', 'inside@example.test']
    const both = await oneSend(written(direct), exchange, { to })
    expect(both.error).toBeUndefined()
    expect(both.receipt!.deliveries).toMatchObject([
      { recipient: to[0], outcome: 'refused', reply: { code: 550, lines: [OUTSIDE.slice(4)] } },
      { recipient: to[1], outcome: 'delivered' },
    ])
    const alone = await oneSend(written(direct), exchange, { to: to[0]! })
    expect(alone.error).toMatchObject({ reply: { code: 550 }, outcome: 'permanent' })
    expect(alone.error!.message).toContain('Relay Access Denied')
  })
})

describe('a login where the transport is smtps', () => {
  // what the three imports come to: STARTTLS wanted on 587, STARTTLS wanted and no port, nothing but smtps
  it.each([
    [{ security: 'starttls', relay: { host: HOST, port: 587 } }, 587],
    [{ security: 'starttls', relay: { host: HOST } }, 587],
    [{ security: 'implicit', relay: { host: HOST } }, 465],
  ] as const)('%j: under TLS on port %i [part of runmyjobs.behaviour.smtps-with-auth]', async (settings, port) => {
    const implicit = settings.security === 'implicit'
    const server = { ...(implicit ? tlsFirst : starttls), auth: credentials }
    const sent = await oneSend(written({ ...settings, credentials }), server)
    expect(sent.targets).toEqual([`${HOST}:${port}`])
    expect(sent.clear).toBe(implicit ? '' : 'EHLO, STARTTLS')
    expect(sent.verbs).toBe(implicit ? `EHLO, ${LOGGED_IN}` : `EHLO, STARTTLS, EHLO, ${LOGGED_IN}`)
    expect(sent.session.authenticated).toBe('account')
  })
})

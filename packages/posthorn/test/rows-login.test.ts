import { describe, expect, it } from 'vitest'
import { readProfileFile } from '@posthorn/settings/file'
import { Mailer, Secret, smtpOptionsOf, type SmtpOptions } from '../src/index.js'
import { tokenSource } from '../src/oauth2/index.js'
import { HOST, oneSend, shapesOf, type OneSend } from './one-send.js'
import { TokenEndpoint } from './oauth2/token-endpoint.js'

const PASSWORD = 'Wonder-7land'
const LOGIN = { user: 'alice', password: PASSWORD }
const secure = { extensions: ['8BITMIME'], tls: true }
const demanding = { ...secure, auth: LOGIN }
/** Offers a login and does not ask for one. */
const indifferent = { ...secure, extensions: ['8BITMIME', 'AUTH PLAIN LOGIN'] }

/** The initial response of the only AUTH command, decoded. */
function response({ session }: OneSend): string {
  const line = session.commands.find((command) => command.startsWith('AUTH '))
  return Buffer.from(line?.split(' ')[2] ?? '', 'base64').toString()
}

/** Whatever a secret looks like: not in the trail, the receipt, the error, the content or a command other than AUTH. */
function expectHidden({ trail, receipt, error, message, session }: OneSend, secret: string): void {
  const others = session.commands.filter((command) => !command.startsWith('AUTH '))
  const told = [
    JSON.stringify({ trail, receipt, others }),
    String(error?.stack),
    JSON.stringify(error ?? {}),
    message?.content?.toString() ?? '',
  ]
  for (const shape of [...shapesOf(secret), Buffer.from(`\0alice\0${secret}`).toString('base64')])
    for (const text of told) expect(text).not.toContain(shape)
}

describe('user and password', () => {
  it('are sent in AUTH and stand nowhere else [part of ipworks.prop.User] [part of ipworks.prop.Password] [part of beyondtrust.server.UserName] [part of beyondtrust.server.Password] [part of illiad.key.SMTPUserID] [part of genesys.option.user] [part of runmyjobs.credential.RealUser] [part of runmyjobs.credential.Password]', async () => {
    for (const password of [PASSWORD, new Secret(PASSWORD)]) {
      const sent = await oneSend({ credentials: { user: 'alice', password } }, demanding)
      expect(response(sent)).toBe(`\0alice\0${PASSWORD}`)
      expect(sent.session.authenticated).toBe('alice')
      expect(sent.verbs).toBe('EHLO, STARTTLS, EHLO, AUTH PLAIN, MAIL, RCPT, DATA, QUIT')
      expect(sent.message).toBeDefined()
      expect(sent.trail.some((event) => event.type === 'command' && event.line.startsWith('AUTH PLAIN'))).toBe(true)
      expectHidden(sent, PASSWORD)
    }
  })

  it('are hidden when they are refused, too [part of ipworks.prop.Password] [part of beyondtrust.server.Password] [part of runmyjobs.credential.Password]', async () => {
    const wrong = 'not-Wonder-8land'
    // a server that repeats what it was told
    const said = Buffer.from(`\0alice\0${wrong}`).toString('base64')
    const sent = await oneSend(
      { credentials: { user: 'alice', password: wrong } },
      { ...demanding, replyTo: (verb) => (verb === 'AUTH' ? `535 5.7.8 no: ${wrong} ${said}` : undefined) },
    )
    expect(sent.error).toMatchObject({ code: 'smtp.auth.refused', reply: { code: 535 } })
    expect(sent.message).toBeUndefined()
    expectHidden(sent, wrong)
  })

  it.each([
    ['a user alone', { user: 'alice' }],
    ['a user and an empty password', { user: 'alice', password: '' }],
    ['a password alone', { password: PASSWORD }],
    ['neither', {}],
  ])(
    '%s is refused by name before anything is sent [part of beyondtrust.server.UseCredentials] [part of genesys.option.enable-authentication] [part of javamail.mail.smtp.user] [part of javamail.mail.smtp.auth]',
    (_what, credentials) => {
      const make = () => new Mailer({ smtp: { host: HOST, credentials: credentials as typeof LOGIN } })
      expect(make).toThrow(expect.objectContaining({ code: 'settings.credentials', field: 'credentials' }) as Error)
      expect(make).not.toThrow(new RegExp(PASSWORD))
    },
  )

  it('from a profile file: the user is shown, the password is not [part of illiad.key.SMTPPassword] [part of beyondtrust.server.Password] [part of javamail.mail.smtp.user]', async () => {
    const { profile } = readProfileFile(JSON.stringify({ relay: { host: HOST }, credentials: LOGIN }))
    const smtp = await smtpOptionsOf(profile)
    expect(JSON.parse(JSON.stringify(smtp))).toEqual({
      host: HOST,
      credentials: { user: 'alice', password: '[secret]' },
    })
    const sent = await oneSend((base) => ({ ...base, ...smtp }), demanding)
    expect(sent.session.authenticated).toBe('alice')
    expect(response(sent)).toBe(`\0alice\0${PASSWORD}`)
    expectHidden(sent, PASSWORD)
  })
})

describe('credentials and what the server offers', () => {
  it.each([
    [true, true, undefined, 'EHLO, STARTTLS, EHLO, AUTH PLAIN, MAIL, RCPT, DATA, QUIT'],
    [true, false, 'smtp.auth.not-offered', 'EHLO, STARTTLS, EHLO, QUIT'],
    [false, true, undefined, 'EHLO, STARTTLS, EHLO, MAIL, RCPT, DATA, QUIT'],
    [false, false, undefined, 'EHLO, STARTTLS, EHLO, MAIL, RCPT, DATA, QUIT'],
  ])(
    'credentials %s, offered %s: %s [part of javamail.mail.smtp.auth] [part of genesys.option.enable-authentication] [part of genesys.option.user] [part of beyondtrust.server.UseCredentials]',
    async (given, offered, code, verbs) => {
      const sent = await oneSend(
        given ? { credentials: LOGIN } : {},
        offered ? (given ? demanding : indifferent) : secure,
      )
      expect(sent.error?.code).toBe(code)
      expect(sent.verbs).toBe(verbs)
      expect(sent.message === undefined).toBe(code !== undefined)
    },
  )
})

describe('a list of mechanisms', () => {
  const USUAL = ['LOGIN', 'PLAIN', 'DIGEST-MD5', 'NTLM']
  /** Offers all and takes none, so that the client goes through its whole list. */
  const refusing = {
    ...secure,
    extensions: [`AUTH ${USUAL.join(' ')} XOAUTH2`],
    replyTo: (verb: string) => (verb === 'AUTH' ? '504 5.5.4 not that one' : undefined),
  }
  const tried = async (settings: Partial<SmtpOptions>) => {
    const { session, error } = await oneSend(settings, refusing)
    expect(error).toMatchObject({ phase: 'auth' })
    return session.commands.flatMap((line) => (line.startsWith('AUTH ') ? [line.split(' ')[1]] : []))
  }

  const without = (name: string) => USUAL.filter((each) => each !== name)
  it.each([
    ['LOGIN [part of javamail.mail.smtp.auth.login.disable]', 'LOGIN'],
    ['PLAIN [part of javamail.mail.smtp.auth.plain.disable]', 'PLAIN'],
    ['DIGEST-MD5 [part of javamail.mail.smtp.auth.digest-md5.disable]', 'DIGEST-MD5'],
    ['NTLM [part of javamail.mail.smtp.auth.ntlm.disable]', 'NTLM'],
  ])('is followed in its order; what it leaves out is not chosen: %s', async (_title, name) => {
    expect(await tried({ credentials: LOGIN, mechanisms: USUAL })).toEqual(USUAL)
    expect(await tried({ credentials: LOGIN, mechanisms: without(name) })).toEqual(without(name))
  })

  it('logs in by what is left [part of javamail.mail.smtp.auth.plain.disable] [part of javamail.mail.smtp.auth.login.disable]', async () => {
    for (const [left, out] of [
      ['LOGIN', 'PLAIN'],
      ['PLAIN', 'LOGIN'],
    ] as const) {
      const sent = await oneSend({ credentials: LOGIN, mechanisms: without(out) }, demanding)
      expect([sent.session.authenticated, sent.verbs.match(/AUTH [\w-]+/g)]).toEqual(['alice', [`AUTH ${left}`]])
    }
  })

  it('XOAUTH2 is never used for a password, and is for a token [part of javamail.mail.smtp.auth.xoauth2.disable]', async () => {
    expect(await tried({ credentials: LOGIN })).not.toContain('XOAUTH2')
    expect(await tried({ credentials: LOGIN, mechanisms: USUAL })).not.toContain('XOAUTH2')
    const token = { user: 'alice', accessToken: 'ya29.token' }
    expect(await tried({ credentials: token, mechanisms: USUAL })).toEqual([])
    expect(await tried({ credentials: token, mechanisms: [...USUAL, 'XOAUTH2'] })).toEqual(['XOAUTH2'])
  })
})

describe('an access token', () => {
  it('stands in place of the password; the user is the mailbox in the response [part of ipworks.prop.User] [part of genesys.option.user]', async () => {
    const token = 'ya29.very-own-token'
    await using provider = await TokenEndpoint.start(() => ({
      json: { access_token: token, token_type: 'Bearer', expires_in: 3600 },
    }))
    const accessToken = tokenSource({
      provider: provider.provider,
      clientId: 'posthorn',
      clientSecret: 'shh',
      grant: { type: 'client-credentials' },
    })
    const sent = await oneSend(
      { credentials: { user: 'shop@example.test', accessToken } },
      { ...secure, auth: { user: 'shop@example.test', password: token } },
    )
    expect(response(sent)).toBe(`user=shop@example.test\x01auth=Bearer ${token}\x01\x01`)
    expect([sent.verbs.includes('AUTH XOAUTH2'), sent.session.authenticated]).toEqual([true, 'shop@example.test'])
    expectHidden(sent, token)
  })
})

import { createHash, createHmac } from 'node:crypto'
import { ntlmChallenge } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { Mailer } from '../../src/index.js'
import {
  HOST,
  imported,
  LETTER,
  line,
  LOGIN,
  PASSWORD,
  send,
  sendToSink,
  termsFor,
  type Sending,
} from './javamail-world.js'
import { LineServer, type AuthTalk } from './line-server.js'

const AUTH = { user: 'app', password: PASSWORD }
const md5 = (data: string | Uint8Array) => createHash('md5').update(data).digest()

/** A letter to a server that offers these mechanisms, and what was tried there. */
async function login(
  offers: string,
  lines: readonly string[],
  auth: (talk: AuthTalk) => Promise<string> | string = speak,
  sending: Sending = {},
) {
  await using server = await LineServer.start({ extensions: [`AUTH ${offers}`], auth })
  const sent = await send([...LOGIN, ...lines, `mail.smtp.port=${server.port}`], sending)
  const tried = server.lines.flatMap((text) => /^AUTH (\S+)/.exec(text)?.[1] ?? [])
  return { ...sent, tried, lines: server.lines, outcome: sent.receipt?.deliveries[0]?.outcome }
}

/** Each mechanism as far as a client needs it to go on; 535 for the wrong password where that can be seen without more. */
async function speak({ mechanism, initial, ask }: AuthTalk): Promise<string> {
  const right = (yes: boolean) => (yes ? '235 2.7.0 welcome' : '535 5.7.8 no')
  switch (mechanism) {
    case 'PLAIN':
      return right(initial?.toString() === `\0app\0${PASSWORD}`)
    case 'LOGIN':
      return right(`${await ask('Username:')} ${await ask('Password:')}` === `app ${PASSWORD}`)
    case 'CRAM-MD5': {
      const hash = createHmac('md5', PASSWORD).update('<1@relay>').digest('hex')
      return right((await ask('<1@relay>')).toString() === `app ${hash}`)
    }
    case 'XOAUTH2':
      return right(initial?.toString() === `user=app\x01auth=Bearer ${PASSWORD}\x01\x01`)
    case 'NTLM':
      return right((await ask(ntlmChallenge({ domain: 'LAB' }))).readUInt32LE(8) === 3)
    default:
      return digest(ask)
  }
}

/** DIGEST-MD5 (RFC 2831) from the side of the server, for any realm and host the client names. */
async function digest(ask: AuthTalk['ask'], told: (answer: string) => void = () => {}): Promise<string> {
  const answer = (
    await ask('realm="lab",realm="shop",nonce="n1",qop="auth",charset=utf-8,algorithm=md5-sess')
  ).toString()
  told(answer)
  const said = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(answer)?.[1] ?? ''
  const secret = md5(`app:${said('realm')}:${PASSWORD}`)
  const authzid = said('authzid')
  const a1 = md5(Buffer.concat([secret, Buffer.from(`:n1:${said('cnonce')}${authzid && `:${authzid}`}`)])).toString(
    'hex',
  )
  const proof = (a2: string) =>
    md5(`${a1}:n1:00000001:${said('cnonce')}:auth:${md5(a2).toString('hex')}`).toString('hex')
  if (!answer.includes(`response=${proof(`AUTHENTICATE:${said('digest-uri')}`)}`)) return '535 5.7.8 no'
  return (await ask(`rspauth=${proof(`:${said('digest-uri')}`)}`)).length === 0 ? '235 2.7.0 welcome' : '501 no'
}

/** The messages of an NTLM login with these properties: NEGOTIATE and AUTHENTICATE. */
async function ntlm(...lines: readonly string[]): Promise<{ negotiate: Buffer; authenticate: Buffer }> {
  let messages: Buffer[] = []
  const { outcome } = await login('NTLM', lines, async ({ initial, ask }) => {
    messages = [initial!, await ask(ntlmChallenge({ domain: 'LAB' }))]
    return '235 welcome'
  })
  expect(outcome).toBe('delivered')
  return { negotiate: messages[0]!, authenticate: messages[1]! }
}

/** What stands behind a length and an offset of a message (MS-NLMP 2.2.1.3). */
function field(message: Buffer, at: number): Buffer {
  const from = message.readUInt32LE(at + 4)
  return message.subarray(from, from + message.readUInt16LE(at))
}

describe('who logs in', () => {
  it('is mail.smtp.user where there is a password; a name alone logs nobody in [javamail.mail.smtp.user]', async () => {
    const { sessions } = await sendToSink(LOGIN, { auth: AUTH })
    expect(sessions[0]!.authenticated).toBe('app')
    const alone = await sendToSink(['mail.smtp.user=app'])
    expect([alone.receipt?.deliveries[0]?.outcome, line(alone.commands, 'AUTH')]).toEqual(['delivered', undefined])
  })

  describe('with credentials and without [javamail.mail.smtp.auth]', () => {
    it.each([
      ['true', true, 'delivered', 'smtp.auth.not-offered'],
      ['false', true, 'delivered', 'delivered'],
      ['false', false, 'nobody', 'delivered'],
    ])(
      'auth=%s, credentials %s: %s where a login is offered, %s where it is not',
      async (auth, given, offered, without) => {
        const lines = [`mail.smtp.auth=${auth}`, ...(given ? LOGIN : [])]
        const asked = await sendToSink(lines, { auth: AUTH })
        if (offered === 'nobody') expect(asked.error).toMatchObject({ reply: { code: 530 } })
        else expect([asked.sessions[0]!.authenticated, asked.receipt?.deliveries[0]?.outcome]).toEqual(['app', offered])
        const free = await sendToSink(lines)
        expect(free.error?.code ?? free.receipt?.deliveries[0]?.outcome).toBe(without)
        expect(line(free.commands, 'AUTH')).toBeUndefined()
      },
    )

    it('auth=true without credentials is an error before anything is sent, and what is unsafe is said', () => {
      expect(() => imported(HOST, 'mail.smtp.auth=true')).toThrow(expect.objectContaining({ code: 'import.missing' }))
      const { of } = imported(HOST, 'mail.smtp.auth=false', ...LOGIN)
      expect(of('mail.smtp.auth')).toMatchObject([{ unsafe: true, note: expect.stringContaining('without') as string }])
    })
  })

  it('is the identity of sasl.authorizationid, by PLAIN [javamail.mail.smtp.sasl.authorizationid]', async () => {
    let message = ''
    const lines = ['mail.smtp.sasl.authorizationid=shared', 'mail.smtp.auth.mechanisms=PLAIN']
    const { outcome } = await login('PLAIN', lines, ({ initial }) => ((message = `${initial}`), '235 ok'))
    expect([message, outcome]).toEqual([`shared\0app\0${PASSWORD}`, 'delivered'])
  })
})

describe('the mechanisms', () => {
  it('are used in their order, the first that both know; after a refusal there is no second try [javamail.mail.smtp.auth.mechanisms]', async () => {
    const list = 'mail.smtp.auth.mechanisms=XOAUTH2 PLAIN'
    expect(await login('PLAIN XOAUTH2', [list])).toMatchObject({ tried: ['XOAUTH2'], outcome: 'delivered' })
    const turned = await login('XOAUTH2 PLAIN', ['mail.smtp.auth.mechanisms=PLAIN XOAUTH2'])
    expect(turned).toMatchObject({ tried: ['PLAIN'], outcome: 'delivered' })
    const missing = await login('PLAIN LOGIN', ['mail.smtp.auth.mechanisms=CRAM-MD5 PLAIN LOGIN'])
    expect(missing).toMatchObject({ tried: ['PLAIN'], outcome: 'delivered' })
    const refused = await login('PLAIN LOGIN', ['mail.smtp.auth.mechanisms=PLAIN LOGIN'], () => '535 5.7.8 no')
    expect(refused).toMatchObject({ tried: ['PLAIN'], error: { code: 'smtp.auth.refused' } })
    // .disable is not looked at beside a list
    const listed = ['mail.smtp.auth.mechanisms=PLAIN', 'mail.smtp.auth.plain.disable=true']
    expect(await login('PLAIN LOGIN', listed)).toMatchObject({ tried: ['PLAIN'], outcome: 'delivered' })
  })

  it.each([
    ['login', '[javamail.mail.smtp.auth.login.disable]'],
    ['plain', '[javamail.mail.smtp.auth.plain.disable]'],
    ['digest-md5', '[javamail.mail.smtp.auth.digest-md5.disable]'],
    ['ntlm', '[javamail.mail.smtp.auth.ntlm.disable]'],
  ])('auth.%s.disable: it is not chosen although it is offered %s', async (name) => {
    const mechanism = name.toUpperCase()
    expect(await login(mechanism, [])).toMatchObject({ tried: [mechanism], outcome: 'delivered' })
    const disabled = await login(mechanism, [`mail.smtp.auth.${name}.disable=true`])
    expect(disabled).toMatchObject({ tried: [], error: { code: 'smtp.auth.no-mechanism' } })
    const listed = [`mail.smtp.auth.${name}.disable=true`, `mail.smtp.auth.mechanisms=${mechanism}`]
    expect(await login(mechanism, listed)).toMatchObject({ tried: [mechanism], outcome: 'delivered' })
  })

  it('XOAUTH2 is not chosen although it is offered, unless it is switched on [javamail.mail.smtp.auth.xoauth2.disable]', async () => {
    for (const lines of [[], ['mail.smtp.auth.xoauth2.disable=true']]) {
      expect(await login('XOAUTH2 PLAIN', lines)).toMatchObject({ tried: ['PLAIN'], outcome: 'delivered' })
      expect(await login('XOAUTH2', lines)).toMatchObject({ tried: [], error: { code: 'smtp.auth.no-mechanism' } })
    }
    const on = await login('XOAUTH2', ['mail.smtp.auth.xoauth2.disable=false'])
    expect(on).toMatchObject({ tried: ['XOAUTH2'], outcome: 'delivered' })
  })

  it('XOAUTH2 sends the password as the token, in the initial response [javamail.behaviour.xoauth2-response]', async () => {
    const { lines, outcome } = await login('XOAUTH2', ['mail.smtp.auth.mechanisms=XOAUTH2'])
    const [, , response] = line(lines, 'AUTH')!.split(' ')
    expect(Buffer.from(response!, 'base64').toString()).toBe(`user=app\x01auth=Bearer ${PASSWORD}\x01\x01`)
    expect(outcome).toBe('delivered')
  })

  it('with sasl.enable CRAM-MD5 is used when it is listed, or when it is all there is [javamail.mail.smtp.sasl.enable]', async () => {
    const enabled = ['mail.smtp.sasl.enable=true']
    const listed = [...enabled, 'mail.smtp.sasl.mechanisms=CRAM-MD5']
    expect(await login('PLAIN CRAM-MD5', listed)).toMatchObject({ tried: ['CRAM-MD5'], outcome: 'delivered' })
    expect(await login('CRAM-MD5', enabled)).toMatchObject({ tried: ['CRAM-MD5'], outcome: 'delivered' })
    const off = ['mail.smtp.sasl.mechanisms=CRAM-MD5', 'mail.smtp.sasl.enable=false']
    expect((await login('PLAIN CRAM-MD5', off)).tried).toEqual(['PLAIN'])
  })

  it('of sasl.mechanisms are used in their order, between blanks or commas [javamail.mail.smtp.sasl.mechanisms]', async () => {
    for (const [list, first] of [
      ['PLAIN, CRAM-MD5', 'PLAIN'],
      ['CRAM-MD5 PLAIN', 'CRAM-MD5'],
    ]) {
      const lines = [
        `mail.smtp.sasl.mechanisms=${list}`,
        'mail.smtp.sasl.enable=true',
        'mail.smtp.auth.mechanisms=LOGIN',
      ]
      expect(await login('LOGIN PLAIN CRAM-MD5', lines)).toMatchObject({ tried: [first], outcome: 'delivered' })
    }
  })
})

describe('DIGEST-MD5', () => {
  /** What the client answers with these properties. */
  async function answered(lines: readonly string[], sending: Sending = {}): Promise<string> {
    let answer = ''
    const only = ['mail.smtp.auth.mechanisms=DIGEST-MD5', ...lines]
    const { outcome } = await login('DIGEST-MD5', only, ({ ask }) => digest(ask, (text) => (answer = text)), sending)
    expect(outcome).toBe('delivered')
    return answer
  }

  it('chooses the realm that is written, by either name, else the first of the server [javamail.mail.smtp.sasl.realm] [part of javamail.mail.smtp.saslrealm]', async () => {
    expect(await answered(['mail.smtp.sasl.realm=shop'])).toContain('realm="shop"')
    expect(await answered(['mail.smtp.saslrealm=shop'])).toContain('realm="shop"')
    expect(await answered(['mail.smtp.saslrealm=old', 'mail.smtp.sasl.realm=shop'])).toContain('realm="shop"')
    expect(await answered([])).toContain('realm="lab"')
  })

  it('names the server by the reverse name of its address with usecanonicalhostname [javamail.mail.smtp.sasl.usecanonicalhostname]', async () => {
    const asked: string[] = []
    const smtp = { reverse: async (address: string) => (asked.push(address), 'mx7.example.test') }
    const canonical = 'mail.smtp.sasl.usecanonicalhostname'
    expect(await answered([`${canonical}=true`], { smtp })).toContain('digest-uri="smtp/mx7.example.test"')
    expect(asked).toEqual(['127.0.0.1'])
    for (const lines of [[], [`${canonical}=false`]]) {
      expect(await answered(lines, { smtp })).toContain('digest-uri="smtp/relay.example.test"')
    }
    expect(asked).toHaveLength(1)
    const nameless = { reverse: async () => undefined }
    expect(await answered([`${canonical}=true`], { smtp: nameless })).toContain('digest-uri="smtp/relay.example.test"')
    expect(imported(HOST, `${canonical}=true`, ...LOGIN).of(canonical)).toMatchObject([{ unsafe: true }])
  })
})

describe('NTLM', () => {
  it('tells the domain in its last message [javamail.mail.smtp.auth.ntlm.domain]', async () => {
    const { authenticate } = await ntlm('mail.smtp.auth.ntlm.domain=SHOP')
    expect([field(authenticate, 28), field(authenticate, 36)].map((text) => text.toString('utf16le'))).toEqual([
      ...['SHOP', 'app'],
    ])
    expect(field((await ntlm()).authenticate, 28).toString('utf16le')).not.toBe('SHOP')
  })

  it('sets the flags in its first message [javamail.mail.smtp.auth.ntlm.flags]', async () => {
    const without = (await ntlm()).negotiate.readUInt32LE(12)
    const flag = 0x0200_0000 // a version follows; nothing sets it by itself
    expect(without & flag).toBe(0)
    const { negotiate } = await ntlm(`mail.smtp.auth.ntlm.flags=${flag}`)
    expect(negotiate.readUInt32LE(12)).toBe((without | flag) >>> 0)
  })

  it('is version 2 unless that is switched off [javamail.mail.smtp.auth.ntlm.v2]', async () => {
    for (const lines of [[], ['mail.smtp.auth.ntlm.v2=true']]) {
      const response = field((await ntlm(...lines)).authenticate, 20)
      expect([response.length > 24, response.readUInt16LE(16)]).toEqual([true, 0x0101]) // MS-NLMP 2.2.2.7
    }
    expect(field((await ntlm('mail.smtp.auth.ntlm.v2=false')).authenticate, 20)).toHaveLength(24)
  })

  it('is the same with the properties that JavaMail itself does not look at [part of javamail.mail.smtp.auth.ntlm.unicode] [part of javamail.mail.smtp.auth.ntlm.lmcompat]', async () => {
    const { negotiate, authenticate } = await ntlm(
      'mail.smtp.auth.ntlm.unicode=false',
      'mail.smtp.auth.ntlm.lmcompat=0',
    )
    expect(negotiate).toEqual((await ntlm()).negotiate)
    expect(field(authenticate, 36).toString('utf16le')).toBe('app')
  })
})

describe('a password that is not in the file', () => {
  it('is read from the variable it names when mail is sent', async () => {
    await using server = await LineServer.start({ extensions: ['AUTH PLAIN'], auth: speak })
    const lines = ['mail.smtp.auth=true', 'mail.smtp.user=app', 'mail.smtp.password=${SHOP_PASSWORD}']
    const { profile } = imported(HOST, ...lines, `mail.smtp.port=${server.port}`)
    await using mailer = new Mailer(profile, { ...termsFor(), env: { SHOP_PASSWORD: PASSWORD } })
    expect((await mailer.send(LETTER)).deliveries[0]?.outcome).toBe('delivered')
  })
})

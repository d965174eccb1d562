import { Secret } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import type { SmtpClient, SmtpOptions } from '../src/index.js'
import { PASSWORD, REFUSED, scripts, WELCOME, withPassword } from './auth-scripts.js'
import type { AuthDialogue, AuthServer } from './auth-server.js'
import { clientFor } from './support.js'
import { client, closing, credentials, failing, start } from './login-client.js'

/** A client as it is asked for. */
function clientOf(server: AuthServer, options: Partial<SmtpOptions>): SmtpClient {
  return closing(clientFor(server, { allowCleartextAuth: true, ...options }))
}

describe('each mechanism', () => {
  const rows: Record<string, string> = {
    PLAIN: '[part of beyondtrust.server.auth.SASLPLAIN] [part of beyondtrust.server.auth.USER_PASSWORD]',
    'CRAM-MD5': '[part of beyondtrust.server.auth.CRAMMD5]',
    NTLM: '[part of beyondtrust.server.auth.NTLM]',
  }
  it.each(Object.keys(scripts).map((name) => [name, rows[name] ?? '']))(
    '%s logs in, alone and by name %s [part of ipworks.prop.AuthMechanism] [part of beyondtrust.server.AuthenticationMethod]',
    async (name) => {
      await using server = await start(`${name} X-OTHER`)
      const all = client(server)
      await all.verify()
      await client(server, { credentials: { ...credentials, mechanism: name } }).verify()
      expect(server.tried).toEqual([name, name])
      expect(server.errors).toEqual([])
      const shown = all.shown()
      expect(shown).not.toContain(PASSWORD)
      expect(shown).toMatch(new RegExp(`"line":"AUTH ${name}(?: \\*\\*\\*)?"`))
    },
  )

  it.each(Object.keys(scripts).filter((name) => name !== 'NTLM'))(
    '%s with a wrong password is refused',
    async (name) => {
      await using server = await start(name, withPassword('another'))
      const error = await failing(client(server).verify())
      expect(error).toMatchObject({ code: 'smtp.auth.refused', outcome: 'permanent', reply: { code: 535 } })
      expect(server.errors).toEqual([])
    },
  )

  it('NTLM says to its server what it means, whether asked by an empty 334 or not', async () => {
    await using server = await start('NTLM', async ({ ask, initial }) => {
      const again = await ask('')
      expect(again).toEqual(initial)
      return scripts.NTLM!({ initial: again, ask } as AuthDialogue, PASSWORD)
    })
    await client(server).verify()
    expect(server.errors).toEqual([])
  })

  it('EXTERNAL and ANONYMOUS are one line, an empty one is "=" (RFC 4954 4)', async () => {
    await using server = await start('EXTERNAL ANONYMOUS', () => WELCOME)
    await client(server, { credentials: { mechanism: 'EXTERNAL' } }).verify()
    await client(server, { credentials: { mechanism: 'EXTERNAL', authorizationId: 'shop' } }).verify()
    await client(server, { credentials: { mechanism: 'ANONYMOUS', user: 'trace' } }).verify()
    expect(server.lines.filter((line) => line.startsWith('AUTH'))).toEqual([
      'AUTH EXTERNAL =',
      'AUTH EXTERNAL c2hvcA==',
      'AUTH ANONYMOUS dHJhY2U=',
    ])
  })
})

describe('credentials', () => {
  const message = {
    envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'], auth: 'c+d@example.test' },
    content: 'Subject: x\r\n\r\n',
  }
  const verbs = (server: AuthServer) => server.lines.map((line) => line.split(' ', 1)[0])

  it('without them no AUTH is sent, with them nothing goes before it [part of beyondtrust.server.UseCredentials] [part of genesys.option.enable-authentication] [part of runmyjobs.registry.User] [part of javamail.mail.smtp.auth] [part of illiad.key.SMTPUserID]', async () => {
    await using server = await start('CRAM-MD5')
    await clientOf(server, {}).send(message)
    expect(verbs(server)).not.toContain('AUTH')
    server.lines.length = 0
    await client(server).send(message)
    expect(verbs(server).slice(0, 4)).toEqual(['EHLO', 'AUTH', expect.any(String), 'MAIL'])
    expect(() => clientOf(server, { credentials: { user: '', password: 'x' } })).toThrow('credentials')
    expect(() => clientOf(server, { credentials: { user: 'x', password: '' } })).toThrow('credentials')
  })

  it('name and password reach the server as they are, and nobody else [part of beyondtrust.server.UserName] [part of beyondtrust.server.Password] [part of ipworks.prop.User] [part of ipworks.prop.Password] [part of illiad.key.SMTPPassword] [part of genesys.option.user] [part of genesys.option.password] [part of javamail.mail.smtp.user] [part of javamail.mail.user]', async () => {
    const user = 'j\u00fcrgen@example.test'
    const password = ' p\u00e4ss "w\u00f6rd" \u{1f511}'
    await using server = await start('PLAIN', ({ initial }) =>
      initial?.toString() === `\0${user}\0${password}` ? WELCOME : REFUSED,
    )
    const given = client(server, { credentials: { user, password: new Secret(password) } })
    await given.verify()
    expect(given.shown()).not.toContain(JSON.stringify(password).slice(1, -1))
    expect(given.shown()).not.toContain(Buffer.from(password).toString('base64').slice(0, -4))
  })

  it('who submitted the message stands in MAIL where AUTH is offered [part of javamail.mail.smtp.submitter]', async () => {
    await using server = await start('PLAIN')
    await client(server).send(message)
    expect(server.lines).toContain('MAIL FROM:<a@example.test> AUTH=c+2Bd@example.test')
  })

  it('a floor that is none is an error at once', async () => {
    await using server = await start('PLAIN')
    expect(() => clientOf(server, { minimumAuthStrength: 'strong' as 'hash' })).toThrow('minimumAuthStrength')
  })
})

describe('the choice', () => {
  const ALL =
    'PLAIN LOGIN CRAM-MD5 DIGEST-MD5 NTLM SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-512 GSSAPI GSS-SPNEGO EXTERNAL ANONYMOUS'

  it('takes the strongest, and never one that nobody named', async () => {
    await using server = await start(ALL)
    await client(server).verify()
    expect(server.tried).toEqual(['SCRAM-SHA-512'])
  })

  it('goes down the list after refusals; the next time only the strongest goes before the password in the clear', async () => {
    await using server = await start(ALL, (dialogue) =>
      dialogue.mechanism === 'PLAIN' ? scripts.PLAIN!(dialogue, PASSWORD) : '535 5.7.8 not in this database',
    )
    const both = client(server)
    await both.verify()
    await both.verify()
    expect(server.tried).toEqual([
      ...['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'DIGEST-MD5', 'CRAM-MD5', 'NTLM', 'PLAIN'],
      ...['SCRAM-SHA-512', 'PLAIN'],
    ])
  })

  it('one refusal by chance changes nothing, and an order of the caller stays as it is', async () => {
    for (const options of [{}, { mechanisms: ['SCRAM-SHA-256', 'PLAIN'] }]) {
      await using server = await start('SCRAM-SHA-256 PLAIN', (dialogue) =>
        dialogue.number === 1 ? REFUSED : scripts[dialogue.mechanism]!(dialogue, PASSWORD),
      )
      const one = client(server, options)
      for (let time = 0; time < 3; time++) await one.verify()
      expect(server.tried).toEqual(['SCRAM-SHA-256', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-256'])
    }
  })

  it('a password that SASLprep changes is tried as it is by the same mechanism, before anything weaker', async () => {
    const password = 'pa\u00b2s-word'
    await using server = await start('SCRAM-SHA-256 PLAIN', withPassword(password))
    const one = client(server, { credentials: { user: 'alice', password } })
    await one.verify()
    expect(server.tried).toEqual(['SCRAM-SHA-256', 'SCRAM-SHA-256'])
    await one.verify()
    expect(server.tried).toHaveLength(3)
    const named = client(server, { credentials: { user: 'alice', password, mechanism: 'SCRAM-SHA-256' } })
    await named.verify()
    expect(server.tried).toHaveLength(5)
    await using wrong = await start('SCRAM-SHA-256', withPassword('another'))
    await failing(client(wrong, { credentials: { user: 'alice', password } }).verify())
    expect(wrong.tried).toEqual(['SCRAM-SHA-256', 'SCRAM-SHA-256'])
  })

  it('LOGIN prompts may be words, and so may the first 334 of NTLM', async () => {
    await using login = await start('LOGIN', async ({ askText }) => {
      const [user, password] = [await askText('Username:'), await askText('Password:')]
      const given = [user, password].map((line) => Buffer.from(line, 'base64').toString())
      return given.join() === `alice,${PASSWORD}` ? WELCOME : REFUSED
    })
    await client(login).verify()
    await using ntlm = await start('NTLM', async (dialogue) => {
      const initial = Buffer.from(await dialogue.askText('ntlm supported'), 'base64')
      return scripts.NTLM!({ ...dialogue, initial }, PASSWORD)
    })
    await client(ntlm).verify()
    expect([...login.errors, ...ntlm.errors]).toEqual([])
  })

  it.each(['534 5.7.9 weak', '504 5.5.4 unknown', '535 5.7.8 no', '550 5.7.0 no'])(
    'another mechanism follows %s',
    async (reply) => {
      await using server = await start('CRAM-MD5 LOGIN', (dialogue) =>
        dialogue.number === 1 ? reply : scripts.LOGIN!(dialogue, PASSWORD),
      )
      await client(server).verify()
      expect(server.tried).toEqual(['CRAM-MD5', 'LOGIN'])
    },
  )

  it.each(['454 4.7.0 later', '421 4.3.2 closing', '432 4.7.12 a transition'])(
    'no other mechanism follows %s without TLS',
    async (reply) => {
      await using server = await start('CRAM-MD5 PLAIN', () => reply)
      expect(await failing(client(server).verify())).toMatchObject({ code: 'smtp.auth.refused', outcome: 'transient' })
      expect(server.tried).toEqual(['CRAM-MD5'])
    },
  )

  it('tells the refusal when the server hangs up on the mechanism after it', async () => {
    await using server = await start('CRAM-MD5 PLAIN', ({ number }) => (number === 1 ? REFUSED : 'close'))
    expect(await failing(client(server).verify())).toMatchObject({ code: 'smtp.auth.refused', reply: { code: 535 } })
  })

  it('a named mechanism that is not offered: the error lists what is [part of beyondtrust.behaviour.wrong-mechanism] [part of ipworks.prop.AuthMechanism]', async () => {
    await using server = await start('PLAIN LOGIN')
    const error = await failing(client(server, { credentials: { ...credentials, mechanism: 'CRAM-MD5' } }).verify())
    expect(error).toMatchObject({ code: 'smtp.auth.no-mechanism', outcome: 'permanent', phase: 'auth' })
    expect(error.message).toContain('CRAM-MD5 is not offered; the server offers PLAIN LOGIN')
    expect(server.tried).toEqual([])
  })

  it('a list of one is one try [part of javamail.mail.smtp.auth.mechanisms]', async () => {
    await using server = await start('LOGIN PLAIN CRAM-MD5', () => REFUSED)
    await failing(client(server, { mechanisms: ['LOGIN'] }).verify())
    expect(server.tried).toEqual(['LOGIN'])
  })

  it('without fallback a refusal is the end, whatever else is offered [part of javamail.mail.smtp.auth.mechanisms]', async () => {
    await using server = await start('LOGIN PLAIN CRAM-MD5', () => REFUSED)
    const error = await failing(client(server, { mechanismFallback: false }).verify())
    expect([error.code, server.tried]).toEqual(['smtp.auth.refused', ['CRAM-MD5']])
    await using knowing = await start('LOGIN PLAIN') // what is not offered is no refusal
    await client(knowing, { mechanisms: ['CRAM-MD5', 'PLAIN'], mechanismFallback: false }).verify()
    expect(knowing.tried).toEqual(['PLAIN'])
  })

  it('nothing below the floor is used', async () => {
    await using server = await start('PLAIN LOGIN CRAM-MD5', () => REFUSED)
    await failing(client(server, { minimumAuthStrength: 'hash' }).verify())
    expect(server.tried).toEqual(['CRAM-MD5'])
    const weak = await failing(client(server, { minimumAuthStrength: 'mutual' }).verify())
    expect(weak).toMatchObject({ code: 'smtp.auth.too-weak', outcome: 'permanent' })
    expect(weak.message).toContain('CRAM-MD5 PLAIN LOGIN')
    expect(server.tried).toEqual(['CRAM-MD5'])
  })

  it('an identity to act as leaves out what cannot say it', async () => {
    await using server = await start('LOGIN CRAM-MD5 NTLM PLAIN', ({ initial }) =>
      initial?.toString() === `shop\0alice\0${PASSWORD}` ? WELCOME : REFUSED,
    )
    await client(server, { credentials: { ...credentials, authorizationId: 'shop' } }).verify()
    expect(server.tried).toEqual(['PLAIN'])
    await using poor = await start('LOGIN')
    const error = await failing(client(poor, { credentials: { ...credentials, authorizationId: 'shop' } }).verify())
    expect(error.hint).toContain('authorizationId')
  })

  it('GSSAPI without a ticket or its package fails before anything is sent, and leaves the way to the next one open', async () => {
    await using server = await start('GSSAPI PLAIN')
    await client(server, { mechanisms: ['GSSAPI', 'PLAIN'], customMechanisms: [noTicket] }).verify()
    expect(server.tried).toEqual(['PLAIN'])
    const alone = client(server, { mechanisms: ['GSSAPI'], customMechanisms: [noTicket] })
    expect(await failing(alone.verify())).toMatchObject({
      code: 'smtp.auth.mechanism',
      cause: { message: 'no ticket' },
    })
    expect(server.tried).toEqual(['PLAIN'])
  })
})

const noTicket = {
  name: 'GSSAPI',
  strength: 'mutual',
  oneStep: false,
  begin: () => ({ initial: () => Promise.reject(new Error('no ticket')), respond: () => null, mayEnd: () => false }),
} as const

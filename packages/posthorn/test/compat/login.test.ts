import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { ntlmChallenge } from '@posthorn/testkit'
import { describe, expect, test } from 'vitest'
import { AuthMechanism, SMTP } from '../../src/compat/ipworks/index.js'
import { LineServer, type AuthTalk, type LineServerOptions } from '../parity/line-server.js'
import { component, failure, heardBy, sink, trailOf } from './component.js'

const USER = 'anna'
const PASSWORD = 'Wonder-7land'
const ALL = 'LOGIN PLAIN CRAM-MD5 DIGEST-MD5 NTLM XOAUTH2 GSSAPI'

interface Said {
  readonly mechanism: string
  readonly initial: string | undefined
}

/** Connects to a server that offers these mechanisms and answers AUTH so, and tells what AUTH was. */
async function login(
  settings: object,
  config: readonly string[] = [],
  answer: NonNullable<LineServerOptions['auth']> = () => '235 welcome',
  offered = ALL,
) {
  const said: Said[] = []
  const auth = (talk: AuthTalk) => {
    said.push({ mechanism: talk.mechanism, initial: talk.initial?.toString('latin1') })
    return answer(talk)
  }
  await using server = await LineServer.start({ extensions: [`AUTH ${offered}`], auth })
  const smtp = component(server)
  const heard = heardBy(smtp)
  Object.assign(smtp, { user: USER, password: PASSWORD, ...settings })
  for (const setting of config) smtp.config(setting)
  const error = await smtp.connect().then(
    () => undefined,
    (thrown: Error & { readonly code?: number }) => thrown,
  )
  const { connected } = smtp
  await smtp.disconnect()
  return { said, error, connected, heard, lines: server.lines, smtp }
}

describe('[ipworks.prop.AuthMechanism] the octets of AUTH, by its values', () => {
  test('0, and the names of all of them', async () => {
    expect(new SMTP().authMechanism).toBe(AuthMechanism.amUserPassword)
    const { said, connected } = await login({})
    expect(said).toEqual([{ mechanism: 'PLAIN', initial: `\0${USER}\0${PASSWORD}` }])
    expect(connected).toBe(true)
    for (const [name, number] of Object.entries(AuthMechanism)) {
      const smtp = new SMTP()
      Object.assign(smtp, { authMechanism: name })
      expect(smtp.authMechanism).toBe(number)
      expect(Reflect.get(SMTP, name)).toBe(number)
    }
    for (const wrong of [8, -1, 'amOther', undefined, null, true])
      expect(() => Object.assign(new SMTP(), { authMechanism: wrong })).toThrow(
        expect.objectContaining({ code: 10022 }),
      )
  })

  test('0 where PLAIN is not offered: LOGIN', async () => {
    const answers: string[] = []
    const { said } = await login(
      {},
      [],
      async ({ ask }) => {
        answers.push((await ask('Username:')).toString(), (await ask('Password:')).toString())
        return '235 welcome'
      },
      'LOGIN CRAM-MD5',
    )
    expect(said.map(({ mechanism }) => mechanism)).toEqual(['LOGIN'])
    expect([said[0]!.initial ?? answers.shift(), ...answers]).toEqual([USER, PASSWORD])
  })

  test('1: the example of RFC 2195', async () => {
    let answer = ''
    const { said, connected } = await login(
      { authMechanism: 1, user: 'tim', password: 'tanstaaftanstaaf' },
      [],
      async ({ ask }) => {
        answer = (await ask('<1896.697170952@postoffice.reston.mci.net>')).toString()
        return '235 welcome'
      },
    )
    expect(said).toEqual([{ mechanism: 'CRAM-MD5', initial: undefined }])
    expect(answer).toBe('tim b913a602c7eda7a495b4e6e7334d3890')
    expect(connected).toBe(true)
  })

  test('2: the example of MS-NLMP 4.2.2, its NT response in both places', async () => {
    let response: Buffer = Buffer.alloc(0)
    const { said, connected } = await login(
      { authMechanism: 2, user: 'Domain\\User', password: 'Password' },
      [],
      async ({ ask }) => {
        response = await ask(ntlmChallenge({ target: 'REALM', nonce: Buffer.from('0123456789abcdef', 'hex') }))
        return '235 welcome'
      },
    )
    // NEGOTIATE: Unicode, OEM, request target, NTLM, always sign, extended session security, 128 and 56 bits; no names
    const negotiate = '4e544c4d5353500001000000078208a0' + '0000000020000000'.repeat(2)
    expect(said.map(({ mechanism, initial }) => [mechanism, Buffer.from(initial!, 'latin1').toString('hex')])).toEqual([
      ['NTLM', negotiate],
    ])
    const field = (at: number) =>
      response.subarray(response.readUInt32LE(at + 4), response.readUInt32LE(at + 4) + response.readUInt16LE(at))
    expect(response.subarray(0, 12).toString('hex')).toBe('4e544c4d5353500003000000')
    const nt = '67c43011f30298a2ad35ece64f16331c44bdbed927841f94'
    expect([field(12), field(20)].map((one) => one.toString('hex'))).toEqual([nt, nt])
    expect([field(28), field(36)].map((one) => one.toString('utf16le'))).toEqual(['Domain', 'User'])
    expect(connected).toBe(true)
  })

  test('4: who one is, and who one acts as, with NUL between', async () => {
    const { said } = await login({ authMechanism: 4 })
    expect(said).toEqual([{ mechanism: 'PLAIN', initial: `\0${USER}\0${PASSWORD}` }])
    const other = await login({ authMechanism: 4 }, ['AuthorizationIdentity=boss'])
    expect(other.said).toEqual([{ mechanism: 'PLAIN', initial: `boss\0${USER}\0${PASSWORD}` }])
  })

  test('5: by RFC 2831 with qop=auth, and the proof of the server is looked at', async () => {
    for (const [identity, isRight] of [
      ['', true],
      ['boss', true],
      ['', false],
    ] as const) {
      let expected: unknown
      let sent: ReadonlyMap<string, string> = new Map()
      const { said, connected, error } = await login(
        { authMechanism: 5 },
        [`AuthorizationIdentity=${identity}`],
        async ({ ask }) => {
          const response = await ask(
            'realm="example.test",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8',
          )
          sent = directives(response.toString())
          expected = digest(sent, identity, 'AUTHENTICATE')
          const proof = digest(sent, identity, '')
          await ask(`rspauth=${isRight ? proof : '0'.repeat(32)}`)
          return '235 welcome'
        },
      )
      expect(said).toEqual([{ mechanism: 'DIGEST-MD5', initial: undefined }])
      expect(Object.fromEntries(sent)).toMatchObject({
        username: USER,
        qop: 'auth',
        nc: '00000001',
        response: expected,
      })
      expect(sent.get('authzid')).toBe(identity === '' ? undefined : identity)
      expect(connected).toBe(isRight)
      if (!isRight) expect(error).toBeInstanceOf(Error)
    }
  })

  test('7: the token of AuthorizationIdentity; a refusal is answered with an empty line, and its text is told', async () => {
    const taken = await login({ authMechanism: 7 }, ['AuthorizationIdentity=Bearer ya29.token'])
    expect(taken.said).toEqual([{ mechanism: 'XOAUTH2', initial: `user=${USER}\x01auth=Bearer ya29.token\x01\x01` }])
    const answers: string[] = []
    const refused = await login({ authMechanism: 7 }, ['AuthorizationIdentity=Bearer ya29.token'], async ({ ask }) => {
      answers.push((await ask('{"status":"401","schemes":"bearer"}')).toString())
      return '535 5.7.8 the token is too old'
    })
    expect(answers).toEqual([''])
    expect(refused.error).toMatchObject({
      code: 161,
      message: expect.stringContaining('the token is too old') as string,
    })
    expect(refused.connected).toBe(false)
  })

  test('3, and 6 without its package: refused before AUTH, with the way out', async () => {
    const apop = await login({ authMechanism: 3 })
    expect(apop.error).toMatchObject({ message: expect.stringContaining('amCRAMMD5') as string })
    const kerberos = await login({ authMechanism: 6 })
    expect(kerberos.error).toMatchObject({ message: expect.stringMatching(/kerberos/) as string })
    for (const { said, lines, error } of [apop, kerberos]) {
      expect(said).toEqual([])
      expect(lines.filter((line) => line.startsWith('AUTH'))).toEqual([])
      expect(error).toMatchObject({ code: 211 })
    }
  })

  test.each([0, 1, 2, 4, 5, 7])('%d: 5yz is 161 with what the server said, and the end', async (authMechanism) => {
    const { error, connected, said } = await login(
      { authMechanism },
      ['AuthorizationIdentity=Bearer x'],
      () => '535 5.7.8 go away',
    )
    expect(error).toMatchObject({
      code: 161,
      message: expect.stringContaining('535 5.7.8 go away') as string,
      command: 'AUTH',
    })
    expect(connected).toBe(false)
    expect(said).toHaveLength(1)
  })

  test.each([0, 1, 2, 4, 5, 7])('%d: where it is not offered it is 161 that names what is', async (authMechanism) => {
    const { error, said } = await login(
      { authMechanism },
      ['AuthorizationIdentity=x'],
      undefined,
      'SCRAM-SHA-1 SCRAM-SHA-256',
    )
    expect(error).toMatchObject({ code: 161, message: expect.stringContaining('SCRAM-SHA-1 SCRAM-SHA-256') as string })
    expect(said).toEqual([])
  })
})

test('[ipworks.config.AuthorizationIdentity] [ipworks.example.xoauth2] the user and the token, with Bearer once; before the first NUL of PLAIN; no matter elsewhere', async () => {
  expect(new SMTP().config('AuthorizationIdentity')).toBe('')
  for (const identity of ['Bearer ya29.x', 'ya29.x', 'bearer ya29.x']) {
    const { said, connected } = await login({ authMechanism: 7, password: '' }, [`AuthorizationIdentity=${identity}`])
    expect(said).toEqual([{ mechanism: 'XOAUTH2', initial: `user=${USER}\x01auth=Bearer ya29.x\x01\x01` }])
    expect(connected).toBe(true)
  }
  const plain = await login({ authMechanism: 4 }, ['AuthorizationIdentity=boss'])
  expect(plain.said[0]!.initial!.split('\0')).toEqual(['boss', USER, PASSWORD])
  const usual = await login({ authMechanism: 0 }, ['AuthorizationIdentity=boss'])
  expect(usual.said[0]!.initial!.split('\0')).toEqual(['', USER, PASSWORD])
  for (const [settings, config] of [
    [{ authMechanism: 7, user: '' }, ['AuthorizationIdentity=Bearer x']],
    [{ authMechanism: 7 }, []],
  ] as const) {
    const without = await login(settings, config)
    expect(without.said).toEqual([])
  }
})

test.each([0, 1, 2, 4, 5])(
  '[ipworks.prop.User] [part of ipworks.prop.Password] %d: both are needed, and without one there is no AUTH',
  async (authMechanism) => {
    expect([new SMTP().user, new SMTP().password]).toEqual(['', ''])
    for (const missing of [{ user: '' }, { password: '' }]) {
      const { said, connected, heard } = await login({ authMechanism, ...missing })
      expect([said, connected]).toEqual([[], true])
      expect(trailOf(heard).join('\n')).toContain(
        `-- There is no login: ${'user' in missing ? 'User' : 'Password'} is empty`,
      )
    }
    const odd = ' Anna Björk;"x"@Example.TEST '
    const both = await login({ authMechanism, user: odd, password: PASSWORD }, [], async ({ mechanism, ask }) => {
      if (mechanism === 'CRAM-MD5') expect((await ask('<1@x>')).toString()).toMatch(new RegExp(`^${odd} [0-9a-f]{32}$`))
      return mechanism === 'DIGEST-MD5' || mechanism === 'NTLM' ? '535 seen' : '235 welcome'
    })
    expect(both.said).toHaveLength(1)
    if (both.said[0]!.mechanism === 'PLAIN')
      expect(Buffer.from(both.said[0]!.initial!, 'latin1').toString('utf8').split('\0')).toEqual(['', odd, PASSWORD])
  },
)

test.each([0, 1, 2, 4, 5, 7])(
  '[ipworks.prop.Password] %d: without it no AUTH, with it one; it stands in no event, no error and no picture of the component',
  async (authMechanism) => {
    const secrets = [PASSWORD, Buffer.from(PASSWORD).toString('base64'), Buffer.from(PASSWORD).toString('hex')]
    secrets.push(Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64'), encodeURIComponent(PASSWORD))
    const token = authMechanism === 7 ? `AuthorizationIdentity=Bearer ${PASSWORD}` : 'AuthorizationIdentity='
    const without = await login({ authMechanism, password: '' }, ['AuthorizationIdentity='])
    expect([without.said, without.connected]).toEqual([[], true])
    // a server that repeats what it was told
    const said = `535 5.7.8 no: ${PASSWORD} ${Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64')}`
    for (const answer of ['235 welcome', said]) {
      const { smtp, heard, error } = await login({ authMechanism }, [token], () => answer)
      const shown = [
        JSON.stringify(heard),
        JSON.stringify(smtp),
        inspect(smtp, { depth: 9, showHidden: true }),
        inspect(error, { depth: 9 }),
        smtp.lastReply,
      ].join('\n')
      for (const secret of secrets) expect(shown).not.toContain(secret)
      expect(trailOf(heard).some((line) => line.startsWith('C: AUTH '))).toBe(true)
      expect(smtp.password).toBe(PASSWORD) // the program that set it may read it
    }
  },
)

test('[part of ipworks.prop.User] the login is a part of connect(), behind TLS and before the first message; a change counts from the next one on', async () => {
  const server = await sink({ auth: { user: USER, password: PASSWORD } })
  const smtp = component(server)
  expect(await failure(smtp.send())).toMatchObject({ code: 161, reply: { code: 530 } })
  await smtp.disconnect()
  smtp.user = USER
  smtp.setPassword(PASSWORD)
  await smtp.connect()
  expect(server.sessions.at(-1)!.authenticated).toBe(USER)
  smtp.user = 'somebody else'
  await smtp.send()
  expect(server.ledger).toHaveLength(1)
  await smtp.disconnect()
  expect(await failure(smtp.connect())).toMatchObject({ code: 161 })
  for (const wrong of [undefined, null, 7, {}]) {
    for (const name of ['user', 'password'])
      expect(() => Object.assign(smtp, { [name]: wrong })).toThrow(expect.objectContaining({ code: 10022 }))
  }
})

function directives(response: string): Map<string, string> {
  const found = response.match(/[a-z-]+=(?:"(?:[^"\\]|\\.)*"|[^",]+)/gi) ?? []
  return new Map(
    found.map((each) => {
      const at = each.indexOf('=')
      return [each.slice(0, at), each.slice(at + 1).replace(/^"(.*)"$/, '$1')]
    }),
  )
}

/** The response of RFC 2831 2.1.2.1, or with '' in place of AUTHENTICATE the proof of 2.1.3. */
function digest(sent: ReadonlyMap<string, string>, identity: string, verb: string): string {
  const md5 = (data: string | Buffer) => createHash('md5').update(data)
  const of = (name: string) => sent.get(name)!
  const who = md5(`${of('username')}:${of('realm')}:${PASSWORD}`).digest()
  const actsAs = identity === '' ? '' : `:${identity}`
  const a1 = md5(Buffer.concat([who, Buffer.from(`:${of('nonce')}:${of('cnonce')}${actsAs}`)])).digest('hex')
  const a2 = md5(`${verb}:${of('digest-uri')}`).digest('hex')
  return md5(`${a1}:${of('nonce')}:${of('nc')}:${of('cnonce')}:auth:${a2}`).digest('hex')
}

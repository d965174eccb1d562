import { ntlmChallenge } from '@posthorn/testkit'
import { describe, expect, test } from 'vitest'
import { componentValues, connected, type Properties, type Settings } from '../../../../test/ipworks-road.js'
import { LineServer, type AuthTalk, type LineServerOptions } from '../../../../test/parity/line-server.js'

const LOGIN = { User: 'anna', Password: 'Wonder-7land' }

/** Logs in at a server that offers these, and tells what AUTH was. */
async function login(
  properties: Properties,
  settings: Settings,
  mechanisms: string,
  server: LineServerOptions['auth'] = () => '235 welcome',
) {
  const said: { mechanism: string; initial: string | undefined }[] = []
  const auth = (talk: AuthTalk) => {
    said.push({ mechanism: talk.mechanism, initial: talk.initial?.toString('latin1') })
    return server(talk)
  }
  await using relay = await LineServer.start({ extensions: [`AUTH ${mechanisms}`], auth })
  const values = componentValues({ MailServer: '127.0.0.1', MailPort: relay.port, ...LOGIN, ...properties }, settings)
  const { error, session, trail } = await connected(values)
  return { said, error, session, trail, lines: relay.lines }
}

const ALL = 'LOGIN PLAIN CRAM-MD5 DIGEST-MD5 NTLM XOAUTH2 GSSAPI'

describe('[part of ipworks.prop.AuthMechanism] the octets of AUTH', () => {
  test('0: PLAIN, and LOGIN where that is not offered', async () => {
    const plain = await login({}, {}, ALL)
    expect(plain.said).toEqual([{ mechanism: 'PLAIN', initial: '\0anna\0Wonder-7land' }])
    const answers: string[] = []
    const asking = async ({ ask }: AuthTalk) => {
      answers.push((await ask('Username:')).toString(), (await ask('Password:')).toString())
      return '235 welcome'
    }
    const other = await login({}, {}, 'CRAM-MD5 LOGIN', asking)
    expect(other.said).toEqual([{ mechanism: 'LOGIN', initial: undefined }])
    expect(answers).toEqual(['anna', 'Wonder-7land'])
  })

  test('0: one attempt, and no other mechanism behind it', async () => {
    const { error, said } = await login({}, {}, ALL, () => '535 5.7.8 no')
    expect(error).toMatchObject({ code: 'smtp.auth.refused', reply: { code: 535 } })
    expect(said).toHaveLength(1)
  })

  test('4: PLAIN with the identity in front', async () => {
    const { said } = await login({ AuthMechanism: 4 }, { AuthorizationIdentity: 'boss' }, ALL)
    expect(said).toEqual([{ mechanism: 'PLAIN', initial: 'boss\0anna\0Wonder-7land' }])
  })

  test.each(['Bearer ya29.x', 'ya29.x', 'bearer  ya29.x'])(
    '[part of ipworks.config.AuthorizationIdentity] [part of ipworks.example.xoauth2] 7: XOAUTH2 with %j, and no password',
    async (AuthorizationIdentity) => {
      const { said } = await login({ AuthMechanism: 7, Password: '' }, { AuthorizationIdentity }, ALL)
      expect(said).toEqual([{ mechanism: 'XOAUTH2', initial: 'user=anna\x01auth=Bearer ya29.x\x01\x01' }])
    },
  )

  test.each([
    [false, 24],
    [true, undefined],
  ])('[part of ipworks.config.UseNTLMv2] 2: NTLM, version 2 %j', async (UseNTLMv2, octets) => {
    let response: Buffer | undefined
    const asking = async ({ ask }: AuthTalk) => {
      response = await ask(ntlmChallenge({ target: 'REALM' }))
      return '235 welcome'
    }
    const { said, error } = await login({ AuthMechanism: 2, User: 'OFFICE\\anna' }, { UseNTLMv2 }, ALL, asking)
    expect(error).toBeUndefined()
    expect(said[0]).toMatchObject({ mechanism: 'NTLM', initial: expect.stringMatching(/^NTLMSSP\0\x01/) as string })
    const length = response!.readUInt16LE(20)
    if (octets === undefined) expect(length).toBeGreaterThan(24)
    else expect(length).toBe(octets)
    const domain = response!.subarray(
      response!.readUInt32LE(32),
      response!.readUInt32LE(32) + response!.readUInt16LE(28),
    )
    expect(domain.toString('utf16le')).toBe('OFFICE')
  })

  test.each([1, 2, 4, 5, 7])(
    '%d: where it is not offered, what is offered is named, and nothing is said',
    async (AuthMechanism) => {
      const { error, said } = await login({ AuthMechanism }, { AuthorizationIdentity: 'x' }, 'LOGIN SCRAM-SHA-1')
      expect(error).toMatchObject({
        code: 'smtp.auth.no-mechanism',
        message: expect.stringContaining('LOGIN SCRAM-SHA-1') as string,
      })
      expect(said).toEqual([])
    },
  )

  test('6: without the Kerberos package nothing is said, and the package is named', async () => {
    const { error, lines } = await login({ AuthMechanism: 6 }, {}, ALL)
    expect(error).toMatchObject({
      code: 'credentials.package-missing',
      message: expect.stringContaining('kerberos') as string,
    })
    expect(lines.filter((line) => line.startsWith('AUTH'))).toEqual([])
  })

  test('nobody logs in without a password', async () => {
    const { error, session, lines } = await login({ Password: '' }, {}, ALL)
    expect(error).toBeUndefined()
    expect(session!.authenticated).toBe(false)
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['EHLO', 'QUIT'])
  })
})

test('[part of ipworks.config.MaskSensitiveData] the trail shows what AUTH says only when it is told to', async () => {
  const payload = Buffer.from('\0anna\0Wonder-7land').toString('base64')
  const shown = async (settings: Settings) => JSON.stringify((await login({}, settings, ALL)).trail)
  const masked = await shown({})
  expect(masked).not.toContain(payload)
  expect(masked).not.toContain('Wonder-7land')
  expect(await shown({ MaskSensitiveData: false })).toContain(payload)
})

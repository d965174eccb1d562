import { certificates } from '@posthorn/testkit'
import { describe, expect, test } from 'vitest'
import { LineServer, type LineServerOptions } from '../parity/line-server.js'
import { component, failure, heardBy, scripted, sink, trailOf } from './component.js'

const USER = 'anna'
const PASSWORD = 'Wonder-7land'

test('[ipworks.event.PITrail] [ipworks.event.PITrail.Message] every line of a session in its order and direction, without the message; what the login says as asterisks', async () => {
  const login = Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64')
  const server = await scripted(
    [
      ...['S: 220 relay.example.test ESMTP', 'C: EHLO client.example.test'],
      ...['S: 250-relay.example.test', 'S: 250 AUTH PLAIN', `C: AUTH PLAIN ${login}`, 'S: 235 2.7.0 welcome'],
      ...[
        'C: MAIL FROM:<anna@example.test>',
        'S: 250 ok',
        'C: RCPT TO:<bruno@example.test>',
        'S: 250-one',
        'S: 250 two',
      ],
      ...['C: DATA', 'S: 354 go', 'C~ Date: .*', 'C: From: anna@example.test', 'C: To: bruno@example.test'],
      ...['C: Subject: A subject', 'C~ Message-ID: .*', 'C: ', 'C: A text.', 'C: .'],
      ...['S: 250 taken', 'C: QUIT', 'S: 221 bye'],
    ].join('\n'),
  )
  const smtp = component(server)
  Object.assign(smtp, { user: USER, password: PASSWORD })
  const heard = heardBy(smtp, ['PITrail'])
  await smtp.send()
  const { errors, transcript } = await server.finished
  expect(errors).toEqual([])
  const ofMessage = /^C: (Date:|From:|To:|Subject:|Message-ID:|$|A text|\.$)/
  expect(trailOf(heard)).toEqual(
    transcript
      .filter((line) => !ofMessage.test(line))
      .map((line) => (line.startsWith('C: AUTH') ? 'C: AUTH PLAIN ***' : line)),
  )
  expect(trailOf(heard).filter((line) => /^C: (EHLO|QUIT)/.test(line))).toEqual([
    'C: EHLO client.example.test',
    'C: QUIT',
  ])
  for (const { event } of heard) expect('message' in event && event.message).not.toMatch(/[\r\n]/)
})

test('[part of ipworks.event.PITrail] [ipworks.event.PITrail.Direction] under TLS the client, the server and the class itself speak', async () => {
  const { good, ca } = await certificates()
  const server = await sink({ tls: good })
  const smtp = component(server)
  smtp.mailServer = 'localhost'
  smtp.sslStartMode = 2
  smtp.config(`SSLServerCACerts=${ca}`)
  const directions: number[] = []
  smtp.on('PITrail', ({ direction }) => directions.push(direction))
  await smtp.send()
  expect([...new Set(directions)].sort()).toEqual([0, 1, 2])
  const heard = heardBy(smtp, ['PITrail'])
  await smtp.send()
  const said = trailOf(heard).filter((line) => line.startsWith('C: ') && !line.includes('BDAT'))
  expect(said).toEqual(
    server.sessions[1]!.commands.filter((line) => !line.includes('BDAT')).map((line) => `C: ${line}`),
  )
  expect(trailOf(heard).join('\n')).not.toContain('A text')
})

test('[part of ipworks.event.PITrail] a handler that comes while connected hears what comes then', async () => {
  const smtp = component(await sink({ extensions: [] }))
  await smtp.connect()
  const heard = heardBy(smtp, ['PITrail'])
  await smtp.send()
  const handler = heardBy(smtp, ['PITrail'])
  await smtp.disconnect()
  expect(trailOf(heard)[0]).toBe('C: MAIL FROM:<anna@example.test>')
  expect(trailOf(handler)).toEqual(['C: QUIT', 'S: 221 2.0.0 bye'])
})

describe('what is secret', () => {
  const ntlmChallenge = Buffer.concat([
    Buffer.from('NTLMSSP\0\x02\0\0\0', 'latin1'),
    Buffer.alloc(8),
    Buffer.from([1, 2, 8, 0]),
    Buffer.alloc(24, 1),
  ])

  /** Each way to log in: what the server does, and what of its lines is secret. */
  const ways: [string, number, readonly string[], LineServerOptions['auth']][] = [
    ['PLAIN', 0, [Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64')], () => '235 welcome'],
    [
      'LOGIN',
      0,
      [Buffer.from(PASSWORD).toString('base64')],
      async ({ ask }) => {
        await ask('Username:')
        await ask('Password:')
        return '235 welcome'
      },
    ],
    [
      'CRAM-MD5',
      1,
      [],
      async ({ ask }) => ((await ask('<1@relay.example.test>')).length > 0 ? '235 welcome' : '535 no'),
    ],
    [
      'NTLM',
      2,
      ['TlRMTVNTUAAD'],
      async ({ ask }) => ((await ask(ntlmChallenge.toString('latin1'))).length > 0 ? '235 welcome' : '535 no'),
    ],
    [
      'XOAUTH2',
      7,
      [Buffer.from(`user=${USER}\x01auth=Bearer ya29.token\x01\x01`).toString('base64')],
      () => '235 welcome',
    ],
  ]

  test.each(ways)(
    '[ipworks.config.MaskSensitiveData] by %s it is told when it is asked for, and never else',
    async (mechanism, number, secrets, auth) => {
      await using server = await LineServer.start({ extensions: [`AUTH ${mechanism}`], ...(auth ? { auth } : {}) })
      const told = async (mask: string) => {
        const smtp = component(server)
        Object.assign(smtp, { user: USER, password: PASSWORD, authMechanism: number })
        smtp.config('AuthorizationIdentity=' + (number === 7 ? 'Bearer ya29.token' : ''))
        if (mask !== '') smtp.config(`MaskSensitiveData=${mask}`)
        const heard = heardBy(smtp)
        await smtp.send()
        return JSON.stringify(heard) + trailOf(heard).join('\n')
      }
      const forms = [
        PASSWORD,
        'ya29.token',
        ...[PASSWORD, 'ya29.token'].map((each) => Buffer.from(each).toString('base64')),
      ]
      for (const mask of ['', 'True']) {
        const text = await told(mask)
        expect(text).toMatch(/C: AUTH [A-Z0-9-]+ \*\*\*|C: \*\*\*/)
        for (const each of [...secrets, ...forms]) expect(text).not.toContain(each)
      }
      const open = await told('False')
      expect(open).not.toContain('***')
      for (const each of secrets) expect(open).toContain(each)
    },
  )

  test('[part of ipworks.config.MaskSensitiveData] a server that repeats it, a refusal, and a command of one’s own do not give it away', async () => {
    const login = Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64')
    await using server = await LineServer.start({
      extensions: ['AUTH PLAIN'],
      auth: () => `535 5.7.8 not ${login} (${PASSWORD})`,
    })
    const smtp = component(server)
    Object.assign(smtp, { user: USER, password: PASSWORD })
    const heard = heardBy(smtp)
    const error = await failure(smtp.send())
    expect(error).toMatchObject({ code: 161 })
    const all = JSON.stringify([heard, error.message, error.cause, smtp.lastReply])
    expect(all).not.toContain(login)
    expect(all).not.toContain(PASSWORD)
    const other = component(server)
    await other.connect()
    const trail = heardBy(other)
    await other.sendCommand(`AUTH PLAIN ${login}`)
    expect(trailOf(trail)[0]).toBe('C: AUTH PLAIN ***')
    expect(JSON.stringify(trail)).not.toContain(login)
  })

  test('[part of ipworks.config.MaskSensitiveData] it is read at the next connection', async () => {
    const smtp = component(await sink({ auth: { user: USER, password: PASSWORD } }))
    Object.assign(smtp, { user: USER, password: PASSWORD })
    expect(smtp.config('MaskSensitiveData')).toBe('True')
    await smtp.connect()
    expect(smtp.config('MaskSensitiveData=no')).toBe('False')
    const heard = heardBy(smtp)
    await smtp.sendCommand('AUTH PLAIN c2VjcmV0')
    await smtp.disconnect()
    expect(trailOf(heard)[0]).toBe('C: AUTH PLAIN ***')
    await smtp.connect()
    await smtp.sendCommand('AUTH PLAIN c2VjcmV0')
    expect(trailOf(heard)).toContain('C: AUTH PLAIN c2VjcmV0')
    smtp.reset()
    expect(smtp.config('MaskSensitiveData')).toBe('True')
  })
})

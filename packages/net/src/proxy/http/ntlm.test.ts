import { ntlmChallenge } from '@posthorn/testkit'
import { expect, test } from 'vitest'
import { httpProxy, unauthorized, type Reaction } from '../../../test/proxy.js'
import { base, keep, plainServer, readUntil, refused } from '../../../test/server.js'
import { dial } from '../../dial.js'
import type { ProxyOptions } from '../../options.js'

const login = { user: 'LAB\\ada', password: 'pa55word' }
const by = (port: number, more: Partial<ProxyOptions> = {}): ProxyOptions => ({
  type: 'http',
  host: 'proxy.example.test',
  port,
  ...login,
  ...more,
})

/** With extended session security (0x8_0000) and the target information of MS-NLMP 2.2.1.2. */
function challenge(): string {
  const nonce = Buffer.from('0123456789abcdef', 'hex')
  return ntlmChallenge({ flags: 0x0088_8201, nonce, target: 'LAB', domain: 'LAB' }).toString('base64')
}

interface Step {
  readonly connection: number
  /** 0 for a request without login. */
  readonly type: number
  readonly message: Buffer
}

/** A proxy that keeps the login to one connection, and lets the user in that the third message names. */
async function ntlmProxy(
  onward: number,
  { close = false, offered = ['NTLM', 'Basic realm="x"'], chunked = false } = {},
) {
  const steps: Step[] = []
  const challenged = new Set<number>()
  const proxy = await httpProxy(({ authorization }, connection): Reaction => {
    const message = Buffer.from(/^NTLM (\S+)$/.exec(authorization)?.[1] ?? '', 'base64')
    const type = message.length > 12 ? message.readUInt32LE(8) : 0
    steps.push({ connection, type, message })
    if (type === 0) return { say: unauthorized(offered, { close }), end: close }
    if (type === 1) {
      challenged.add(connection)
      if (!chunked) return { say: unauthorized([`NTLM ${challenge()}`]) }
      return {
        say: `HTTP/1.1 407 x\r\nProxy-Authenticate: NTLM ${challenge()}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
      }
    }
    if (!challenged.has(connection)) return { end: true }
    return message.includes(Buffer.from('ada', 'utf16le'))
      ? { tunnel: onward, early: true }
      : { say: unauthorized(['NTLM']) }
  })
  return { ...proxy, steps }
}

const greeter = () => plainServer((socket) => socket.write('220 ready\r\n'))
const shape = (steps: readonly Step[]) => steps.map(({ connection, type }) => [connection, type])

test.each([
  [
    'a proxy that keeps the connection',
    {},
    [
      [0, 0],
      [0, 1],
      [0, 3],
    ],
  ],
  [
    'a proxy that closes it before the first message',
    { close: true },
    [
      [0, 0],
      [1, 1],
      [1, 3],
    ],
  ],
  [
    'a challenge whose body comes in chunks',
    { chunked: true },
    [
      [0, 0],
      [0, 1],
      [0, 3],
    ],
  ],
])('NTLM with %s: three messages on one connection', async (_, manners, expected) => {
  const proxy = await ntlmProxy(await greeter(), manners)
  const socket = keep(await dial({ ...base, proxy: by(proxy.port) }))
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
  expect(shape(proxy.steps)).toEqual(expected)
  expect(proxy.steps[2]?.message.includes(Buffer.from('LAB', 'utf16le'))).toBe(true)
  expect(proxy.conversations.map(({ received }) => received).join()).not.toContain(login.password)
})

test('NTLM by name begins at once, with the domain of the settings', async () => {
  const proxy = await ntlmProxy(await greeter())
  const named = by(proxy.port, { user: 'ada', authentication: 'ntlm', ntlm: { domain: 'WORKS', workstation: 'BOX' } })
  const socket = keep(await dial({ ...base, proxy: named }))
  expect(await readUntil(socket, '\r\n')).toBe('220 ready\r\n')
  expect(shape(proxy.steps)).toEqual([
    [0, 1],
    [0, 3],
  ])
  expect(proxy.steps[1]?.message.includes(Buffer.from('WORKS', 'utf16le'))).toBe(true)
})

test('Digest is taken before NTLM, and NTLM before Basic', async () => {
  const seen: string[] = []
  for (const offered of [
    ['NTLM', 'Digest realm="r", nonce="n"', 'Basic realm="r"'],
    ['Basic realm="r"', 'NTLM'],
  ]) {
    const proxy = await httpProxy(({ authorization }): Reaction => {
      if (authorization !== '') seen.push(authorization.split(' ')[0] ?? '')
      return { say: unauthorized(offered) }
    })
    expect(await refused(dial({ ...base, proxy: by(proxy.port) }))).toMatchObject({
      code: 'proxy.authentication-refused',
    })
  }
  expect(seen).toEqual(['Digest', 'NTLM'])
})

test('a wrong user is refused, and Basic is not tried', async () => {
  const proxy = await ntlmProxy(await greeter())
  const error = await refused(dial({ ...base, proxy: by(proxy.port, { user: 'eve' }) }))
  expect(error).toMatchObject({ code: 'proxy.authentication-refused', phase: 'proxy' })
  expect(error.message).toContain('NTLM')
  expect(shape(proxy.steps)).toEqual([
    [0, 0],
    [0, 1],
    [0, 3],
  ])
})

test('a proxy that hangs up between challenge and answer breaks the login', async () => {
  const proxy = await httpProxy(({ authorization }): Reaction => {
    if (authorization === '') return { say: unauthorized(['NTLM']) }
    return { say: unauthorized([`NTLM ${challenge()}`], { close: true }), end: true }
  })
  const error = await refused(dial({ ...base, proxy: by(proxy.port) }))
  expect(error).toMatchObject({ code: 'proxy.protocol' })
  expect(error.message).toContain('NTLM, which needs one connection')
})

test('a challenge that is none', async () => {
  const proxy = await httpProxy(({ authorization }): Reaction => ({
    say: unauthorized([authorization === '' ? 'NTLM' : `NTLM ${Buffer.from('nonsense').toString('base64')}`]),
  }))
  expect(await refused(dial({ ...base, proxy: by(proxy.port) }))).toMatchObject({
    code: 'proxy.protocol',
    phase: 'proxy',
  })
})

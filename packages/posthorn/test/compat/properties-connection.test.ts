import { syncBuiltinESMExports } from 'node:module'
import dns from 'node:dns/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { SMTP } from '../../src/compat/ipworks/index.js'
import { LineServer } from '../parity/line-server.js'
import { component, failure, heardBy, scripted, sink, trailOf } from './component.js'
import { puppet } from './puppet.js'
import { commandsOf, received } from './received.js'

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

test('[ipworks.prop.AllowExtensions] EHLO refused: HELO on the same connection; False: HELO first, and no EHLO at all', async () => {
  const server = await sink({ replyTo: (verb) => (verb === 'EHLO' ? '502 5.5.1 never heard of it' : undefined) })
  const smtp = component(server)
  expect(smtp.allowExtensions).toBe(true)
  await smtp.send()
  expect(server.sessions[0]!.commands.slice(0, 3)).toEqual([
    'EHLO client.example.test',
    'HELO client.example.test',
    'MAIL FROM:<anna@example.test>',
  ])
  expect(server.ledger).toHaveLength(1)

  smtp.allowExtensions = false
  smtp.messageRecipients[0]!.options = 'NOTIFY=SUCCESS'
  await smtp.send()
  expect(server.sessions[1]!.commands).toEqual([
    'HELO client.example.test',
    'MAIL FROM:<anna@example.test>',
    'RCPT TO:<bruno@example.test>',
    'DATA',
    'QUIT',
  ])
  expect(server.ledger).toHaveLength(2)

  for (const needsEhlo of [{ sslStartMode: 2 }, { sslStartMode: 3, user: 'anna', password: 'Wonder-7land' }]) {
    Object.assign(smtp, needsEhlo)
    expect(await failure(smtp.connect())).toMatchObject({ code: 211 })
    expect(await failure(smtp.send())).toMatchObject({ code: 211 })
  }
  expect(server.sessions).toHaveLength(2)
})

test('[part of ipworks.prop.AllowExtensions] a change counts from the next connection on', async () => {
  const server = await sink()
  const smtp = component(server)
  await smtp.connect()
  smtp.allowExtensions = false
  await smtp.send()
  expect(commandsOf(server, 'MAIL')[0]).toContain(' SIZE=')
  await smtp.disconnect()
  await smtp.send()
  expect(commandsOf(server, 'MAIL')).toEqual(['MAIL FROM:<anna@example.test>'])
})

test('[ipworks.config.Hello] its value is said; without one the name of the machine', async () => {
  await using server = await LineServer.start()
  const smtp = component(server)
  const said = async (hello: string) => {
    smtp.config(`Hello=${hello}`)
    await smtp.connect()
    await smtp.disconnect()
    return server.lines.filter((line) => line.startsWith('EHLO')).at(-1)
  }
  const heard = heardBy(smtp)
  expect(await said('app.example.test')).toBe('EHLO app.example.test')
  expect(trailOf(heard)).toContain('C: EHLO app.example.test')
  expect(await said('192.0.2.7')).toBe('EHLO [192.0.2.7]')
  expect(await said('2001:db8::1')).toBe('EHLO [IPv6:2001:db8::1]')
  expect(await said('my_host.example.test')).toBe('EHLO [127.0.0.1]')
  smtp.config('Hello=')
  expect(smtp.config('Hello')).toBe(hostname())
  const isName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(hostname())
  expect(await said('')).toBe(`EHLO ${isName ? hostname() : '[127.0.0.1]'}`)
  smtp.allowExtensions = false
  smtp.config('Hello=app.example.test')
  await smtp.connect()
  expect(server.lines.at(-1)).toBe('HELO app.example.test')
  for (const wrong of ['two words', 'line\r\nend', 'tab\t', '\0'])
    expect(() => smtp.config(`Hello=${wrong}`)).toThrow(expect.objectContaining({ code: 10022 }))
  expect(smtp.config('Hello')).toBe('app.example.test')
})

test.each([
  ['ends the connection', (socket: Socket) => socket.end()],
  ['breaks the connection', (socket: Socket) => socket.resetAndDestroy()],
] as const)(
  '[ipworks.prop.Connected] True behind connect(), False in the turn in which the server %s',
  async (_, end) => {
    const server = await puppet()
    const dialled = vi.spyOn(Socket.prototype, 'connect')
    const smtp = component(server)
    expect(smtp.connected).toBe(false)
    smtp.on('PITrail', () => expect(smtp.connected).toBe(false))
    await smtp.connect()
    expect([smtp.connected, smtp.getConnected(), smtp.isConnected()]).toEqual([true, true, true])
    const socket = dialled.mock.contexts.at(-1) as Socket
    const over = new Promise<void>((resolve) => socket.once('end', resolve).once('error', () => resolve()))
    end(server.socket())
    await over
    await setImmediate()
    expect(smtp.connected).toBe(false)
  },
)

test('[part of ipworks.prop.Connected] False behind disconnect(), 421 and a failed connect(); it cannot be set', async () => {
  const server = await sink({ replyTo: (verb) => (verb === 'NOOP' ? '421 4.3.2 we are closing' : undefined) })
  const smtp = component(server)
  await smtp.connect()
  await smtp.disconnect()
  expect(smtp.connected).toBe(false)
  await smtp.connect()
  await smtp.sendCommand('NOOP')
  expect(smtp.lastReply).toBe('421 4.3.2 we are closing')
  expect(smtp.connected).toBe(false)
  smtp.sslStartMode = 2
  await failure(smtp.connect())
  expect(smtp.connected).toBe(false)
  expect(() => Object.assign(smtp, { connected: true })).toThrow(TypeError)
})

test('[ipworks.prop.Idle] False in a handler during send(), True behind it, and a second method is 166', async () => {
  const smtp = component(await sink())
  expect([smtp.idle, smtp.getIdle(), smtp.isIdle()]).toEqual([true, true, true])
  const seen: boolean[] = []
  const second: Promise<unknown>[] = []
  smtp.on('PITrail', () => {
    seen.push(smtp.idle)
    if (second.length === 0) second.push(failure(smtp.send()), failure(smtp.verify('anna')), failure(smtp.disconnect()))
  })
  const sending = smtp.send()
  expect(smtp.idle).toBe(false)
  await sending
  expect(smtp.idle).toBe(true)
  expect(new Set(seen)).toEqual(new Set([false]))
  for (const error of await Promise.all(second)) expect(error).toMatchObject({ code: 166 })
  smtp.messageRecipients.clear()
  await failure(smtp.send())
  expect(smtp.idle).toBe(true)
  expect(() => Object.assign(smtp, { idle: false })).toThrow(TypeError)
})

test('[ipworks.prop.LastReply] the last reply with its code, all its lines; it stays behind disconnect(), and reset() empties it', async () => {
  const server = await sink({
    extensions: [],
    replyTo: (verb) => (verb === 'VRFY' ? '252 maybe' : verb === 'HELP' ? '214-first\r\n214 second' : undefined),
  })
  const smtp = component(server)
  expect(smtp.lastReply).toBe('')
  await smtp.connect()
  expect(smtp.lastReply).toBe('250 sink.example.test')
  await smtp.verify('anna')
  expect(smtp.lastReply).toBe('252 maybe')
  await smtp.sendCommand('HELP')
  expect(smtp.lastReply).toBe('214-first\r\n214 second')
  await smtp.disconnect()
  expect(smtp.lastReply).toMatch(/^221 /)
  smtp.reset()
  expect(smtp.lastReply).toBe('')
})

test.each([
  ['with somebody who listens', true],
  ['with nobody who listens', false],
])('[part of ipworks.prop.LastReply] behind send() it is the same %s', async (_, listens) => {
  const server = await sink({
    replyTo: (verb, argument) =>
      verb === 'CONTENT'
        ? '250 2.0.0 taken as 4711'
        : verb === 'RCPT' && argument.includes('gone')
          ? '550 5.1.1 gone'
          : undefined,
  })
  const smtp = component(server)
  if (listens) smtp.on('PITrail', () => {})
  await smtp.connect()
  smtp.bcc = 'gone@example.test'
  await smtp.send()
  expect(smtp.lastReply).toBe('250 2.0.0 taken as 4711')
  smtp.config('StopOnBccErrors=True')
  expect(await failure(smtp.send())).toMatchObject({ code: 161, reply: { code: 550 } })
  expect(smtp.lastReply).toBe('550 5.1.1 gone')
})

test('[ipworks.prop.LocalHost] the name of the machine; what is set is where it connects from; while connected that in use, and 107', async () => {
  await using server = await LineServer.start()
  const smtp = component(server)
  expect(smtp.localHost).toBe(hostname())
  const loopback = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1' // all of 127.0.0.0/8 is there on Linux only
  smtp.localHost = loopback
  expect(smtp.localHost).toBe(loopback)
  await smtp.connect()
  expect(server.peers[0]!.address).toBe(loopback)
  expect(smtp.localHost).toBe(loopback)
  for (const value of ['127.0.0.1', ''])
    expect(() => (smtp.localHost = value)).toThrow(expect.objectContaining({ code: 107 }))
  expect(() => smtp.config('LocalHost=127.0.0.1')).toThrow(expect.objectContaining({ code: 107 }))
  await smtp.disconnect()

  vi.spyOn(dns, 'lookup').mockResolvedValue([{ address: loopback, family: 4 }] as never)
  syncBuiltinESMExports()
  smtp.localHost = 'inside.example.test'
  await smtp.connect()
  expect(server.peers[1]!.address).toBe(loopback)
  expect(smtp.localHost).toBe(loopback)
  await smtp.disconnect()
  expect(smtp.localHost).toBe('inside.example.test')
  smtp.localHost = ''
  expect(smtp.localHost).toBe(hostname())
  await smtp.connect()
  expect(smtp.localHost).toBe('127.0.0.1')
})

test('[ipworks.prop.MailPort] the port of the server; 0 is 116, while connected it is 100, and what is no port is refused', async () => {
  const server = await sink()
  const smtp = component()
  expect(smtp.mailPort).toBe(25)
  smtp.sslStartMode = 1
  expect(smtp.mailPort).toBe(25)
  smtp.sslStartMode = 3
  smtp.mailPort = server.port
  await smtp.connect()
  expect(() => (smtp.mailPort = 25)).toThrow(expect.objectContaining({ code: 100 }))
  expect(() => smtp.setMailPort(25)).toThrow(expect.objectContaining({ code: 100 }))
  expect(smtp.mailPort).toBe(server.port)
  await smtp.disconnect()
  for (const wrong of [-1, 65_536, 25.5, NaN, undefined, null, '', 'smtp', '1e2', {}, [25]]) {
    expect(() => Object.assign(smtp, { mailPort: wrong })).toThrow(expect.objectContaining({ code: 10022 }))
  }
  smtp.mailPort = 0
  expect(await failure(smtp.connect())).toMatchObject({ code: 116 })
  expect(await failure(smtp.send())).toMatchObject({ code: 116 })
  Object.assign(smtp, { mailPort: String(server.port) }) // as it comes out of an environment
  expect(smtp.mailPort).toBe(server.port)
  await smtp.send()
  expect(server.ledger).toHaveLength(1)
})

test('[ipworks.prop.MailServer] empty is 163, unknown is 11001, and behind "*" the proxy gets the name itself', async () => {
  const smtp = component()
  smtp.mailServer = ''
  expect(await failure(smtp.connect())).toMatchObject({ code: 163 })
  expect(await failure(smtp.send())).toMatchObject({ code: 163 })

  vi.spyOn(dns, 'lookup').mockRejectedValue(Object.assign(new Error('nobody knows it'), { code: 'ENOTFOUND' }))
  syncBuiltinESMExports()
  smtp.mailServer = 'unknown.example.test'
  expect(await failure(smtp.connect())).toMatchObject({ code: 11001 })
  expect(await failure(smtp.send())).toMatchObject({ code: 11001 })
  expect(smtp.mailServer).toBe('unknown.example.test')

  const server = await sink()
  const asked: Buffer[] = []
  const proxy = createServer((socket) => {
    socket
      .on('error', () => {})
      .once('data', () => {
        socket.write(Buffer.from([5, 0]))
        socket.once('data', (request) => {
          asked.push(request)
          const far = new Socket().connect(server.port, '127.0.0.1', () => {
            socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 25]))
            socket.pipe(far).pipe(socket)
          })
          far.on('error', () => {}).on('close', () => socket.destroy())
        })
      })
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  smtp.mailServer = '*mx.test'
  smtp.mailPort = 2525
  smtp.config('FirewallType=3')
  smtp.config('FirewallHost=127.0.0.1')
  smtp.config(`FirewallPort=${(proxy.address() as { port: number }).port}`)
  await smtp.connect()
  expect(() => (smtp.mailServer = 'other.test')).toThrow(expect.objectContaining({ code: 101 }))
  await smtp.send()
  await smtp.disconnect()
  proxy.close()
  // version, CONNECT, nothing; type 3, a name of 7 octets; the port
  expect(asked).toEqual([Buffer.from([5, 1, 0, 3, 7, ...Buffer.from('mx.test'), 2525 >> 8, 2525 & 255])])
  expect(received(server).valuesOf('To')).toEqual(['bruno@example.test'])
  expect(smtp.mailServer).toBe('*mx.test')
})

test('[ipworks.behaviour.locked-while-connected] five are refused, each by its number; the subject counts for the next send', async () => {
  const server = await sink()
  const smtp = component(server)
  const locked: readonly (readonly [number, () => unknown])[] = [
    [101, () => (smtp.mailServer = '127.0.0.1')],
    [100, () => (smtp.mailPort = 25)],
    [107, () => (smtp.localHost = '127.0.0.1')],
    [106, () => smtp.config('LocalPort=0')],
    [112, () => smtp.config('MaxLineLength=4096')],
  ]
  const numbers = (): unknown[] =>
    locked.map(([, set]) => {
      try {
        set()
        return undefined
      } catch (error) {
        return (error as { readonly code: number }).code
      }
    })
  const whileConnecting: unknown[][] = []
  smtp.on('PITrail', ({ message }) => {
    if (message.startsWith('220')) whileConnecting.push(numbers())
  })
  await smtp.connect()
  const expected = locked.map(([number]) => number)
  expect(numbers()).toEqual(expected)
  await smtp.send()
  smtp.subject = 'Another subject'
  smtp.timeout = 30
  smtp.user = 'anna'
  smtp.sslStartMode = 3
  smtp.config('Hello=other.example.test')
  await smtp.send()
  expect([0, 1].map((index) => received(server, index).valuesOf('Subject'))).toEqual([
    ['A subject'],
    ['Another subject'],
  ])
  await smtp.disconnect()
  await smtp.send()
  expect(whileConnecting).toEqual([expected, expected])
  expect(commandsOf(server, 'EHLO')).toEqual(['EHLO other.example.test'])
  expect(numbers()).toEqual(locked.map(() => undefined))
  expect(new SMTP().config('MaxLineLength')).toBe('2048')
})

test('what is set in the wrong state, or on a component that was reset, does no harm', async () => {
  const server = await scripted('S: 220 x\nC: EHLO client.example.test\nS: 250 x\nC: QUIT\nS: 221 bye')
  const smtp = component(server)
  await smtp.connect()
  smtp.reset()
  smtp.mailPort = server.port
  smtp.mailServer = '127.0.0.1'
  expect(await failure(smtp.send())).toMatchObject({ code: 164 })
  smtp.from = 'anna@example.test'
  expect(await failure(smtp.send())).toMatchObject({ code: 165 })
  expect((await server.finished).errors).toEqual([])
})

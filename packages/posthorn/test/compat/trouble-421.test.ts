import { expect, test } from 'vitest'
import type { ComponentEvents, SMTP } from '../../src/compat/ipworks/index.js'
import { component, failure, scripted, sink } from './component.js'

const REPLY = '421 4.3.2 going down'

/** The ends of connections that are told from now on. */
function endsOf(smtp: SMTP): ComponentEvents['ConnectionStatus'][] {
  const ends: ComponentEvents['ConnectionStatus'][] = []
  smtp.on('ConnectionStatus', (event) => event.connectionEvent === 'Disconnected' && ends.push(event))
  return ends
}

const BY_REASON = [
  { connectionEvent: 'Disconnected', statusCode: 161, description: expect.stringContaining(REPLY) as string },
]

test.each([
  ['MAIL', []],
  ['MAIL', ['PIPELINING']],
  ['RCPT', []],
  ['RCPT', ['PIPELINING']],
  ['DATA', []],
  ['CONTENT', []],
  ['CONTENT', ['PIPELINING', 'CHUNKING']],
] as const)('421 to %s (%j) of a server that hangs up is told as the reason', async (wanted, extensions) => {
  const server = await sink({ extensions, replyTo: (verb) => (verb === wanted ? REPLY : undefined) })
  const smtp = component(server)
  const ends = endsOf(smtp)
  await smtp.connect()
  expect(await failure(smtp.send())).toMatchObject({ code: 161 })
  expect(smtp.connected).toBe(false)
  await smtp.doEvents()
  expect(ends).toEqual(BY_REASON)
})

const OPEN = ['S: 220 x', 'C: EHLO client.example.test', 'S: 250 x']
const CONTENT = ['C: X: 1', 'C: ', 'C: A text.', 'C: .']
const STEPS: readonly (readonly string[])[] = [
  ['C: MAIL FROM:<anna@example.test>'],
  ['S: 250 ok', 'C: RCPT TO:<bruno@example.test>'],
  ['S: 250 ok', 'C: DATA'],
  ['S: 354 go', ...CONTENT],
]

test.each([1, 2, 3, 4])('421 of a server that waits for the client to hang up: step %i of a message', async (steps) => {
  const last = steps < 4 ? ['C: QUIT', '* end'] : ['* end']
  const server = await scripted([...OPEN, ...STEPS.slice(0, steps).flat(), `S: ${REPLY}`, ...last].join('\n'))
  const smtp = component(server)
  smtp.otherHeaders = '\r\nX: 1\r\n'
  const ends = endsOf(smtp)
  await smtp.connect()
  expect(await failure(smtp.send())).toMatchObject({ code: 161 })
  expect(smtp.connected).toBe(false)
  expect((await server.finished).errors).toEqual([])
  await smtp.doEvents()
  expect(ends).toEqual(BY_REASON)
})

test.each<[string, (smtp: SMTP) => Promise<unknown>]>([
  ['NOOP', (smtp) => smtp.sendCommand('NOOP')],
  ['VRFY anna', (smtp) => failure(smtp.verify('anna'))],
  ['EXPN all', (smtp) => failure(smtp.expand('all'))],
])('421 to %s of a server that waits for the client to hang up', async (command, call) => {
  const server = await scripted([...OPEN, `C: ${command}`, `S: ${REPLY}`, '* end'].join('\n'))
  const smtp = component(server)
  const ends = endsOf(smtp)
  await smtp.connect()
  await call(smtp)
  expect([smtp.connected, smtp.lastReply]).toEqual([false, REPLY])
  expect((await server.finished).errors).toEqual([])
  await smtp.doEvents()
  expect(ends).toEqual(BY_REASON)
})

test('421 to QUIT is an end that was asked for', async () => {
  const server = await scripted([...OPEN, 'C: QUIT', `S: ${REPLY}`, '* close'].join('\n'))
  const smtp = component(server)
  const ends = endsOf(smtp)
  await smtp.connect()
  await smtp.disconnect()
  await smtp.doEvents()
  expect(ends).toEqual([{ connectionEvent: 'Disconnected', statusCode: 0, description: 'OK' }])
})

test('a connection that ends while it is idle is missed once, and no command is blamed', async () => {
  const server = await scripted([...OPEN, '* close'].join('\n'))
  const smtp = component(server)
  const ended = new Promise<string>((resolve) => {
    smtp.on('ConnectionStatus', (event) => event.connectionEvent === 'Disconnected' && resolve(event.description))
  })
  await smtp.connect()
  expect(await ended).toContain('the server closed the connection while nothing was under way')
  expect(await failure(smtp.send())).toMatchObject({ code: 1120 })
})

import { certificates } from '@posthorn/testkit'
import { expect, test } from 'vitest'
import type { SMTP } from '../../src/compat/ipworks/index.js'
import { component, failure, heardBy, sink, type Heard } from './component.js'

/** One line for each event, in their order; what differs from run to run is left out. */
function order(heard: readonly Heard[]): string[] {
  return heard.map(({ name, event }) => {
    switch (name) {
      case 'PITrail':
        return `${['C:', 'S:', '--'][event.direction]} ${event.message}`
      case 'ConnectionStatus':
        return `ConnectionStatus ${event.connectionEvent} ${event.statusCode}`
      case 'SSLServerAuthentication':
        return `SSLServerAuthentication ${event.status === 'OK' ? 'OK' : 'refused'}`
      case 'Transfer':
        return `Transfer ${event.bytesTransferred} ${event.percentDone}`
      case 'Error':
        return `Error ${event.errorCode} ${event.description}`
      default:
        return name
    }
  })
}

/** A server whose greeting and offers are short, so that the order can be read. */
const PLAIN = { extensions: [] as const }
const OPENED = [
  'ConnectionStatus Connected 0',
  'S: 220 sink.example.test ESMTP',
  'C: EHLO client.example.test',
  'S: 250 sink.example.test',
]
const CLOSED = ['C: QUIT', 'S: 221 2.0.0 bye', 'ConnectionStatus Disconnected 0']
const ENVELOPE = [
  ...['C: MAIL FROM:<anna@example.test>', 'S: 250 2.1.0 ok', 'C: RCPT TO:<bruno@example.test>', 'S: 250 2.1.5 ok'],
  ...['C: DATA', 'S: 354 go ahead'],
]
const BODY = ['StartTransfer', 'Transfer 9 100', 'EndTransfer', 'S: 250 2.0.0 taken']

test('send() without a connection: all of a session, in its order', async () => {
  const smtp = component(await sink(PLAIN))
  const heard = heardBy(smtp)
  await smtp.send()
  expect(order(heard)).toEqual([...OPENED, ...ENVELOPE, ...BODY, ...CLOSED])
})

test('connect(), send(), send(), disconnect(): one session, with RSET between the messages', async () => {
  const server = await sink(PLAIN)
  const smtp = component(server)
  const heard = heardBy(smtp)
  await smtp.connect()
  expect(order(heard)).toEqual(OPENED)
  await smtp.send()
  await smtp.send()
  await smtp.disconnect()
  expect(order(heard)).toEqual([
    ...OPENED,
    ...[...ENVELOPE, ...BODY],
    ...['C: RSET', 'S: 250 2.0.0 ok'],
    ...[...ENVELOPE, ...BODY],
    ...CLOSED,
  ])
  expect(server.sessions).toHaveLength(1)
})

test('STARTTLS with a certificate that is not trusted, refused and then accepted in the event', async () => {
  const server = await sink({ ...PLAIN, tls: (await certificates()).selfSigned })
  const smtp = component(server)
  smtp.sslStartMode = 2
  const refused = heardBy(smtp)
  expect(await failure(smtp.send())).toMatchObject({ code: 280 })
  const greeted = ['ConnectionStatus Connected 0', 'S: 220 sink.example.test ESMTP', 'C: EHLO client.example.test']
  const started = ['S: 250-sink.example.test', 'S: 250 STARTTLS', 'C: STARTTLS', 'S: 220 2.0.0 go ahead', 'SSLStatus']
  expect(order(refused)).toEqual([
    ...[...greeted, ...started, 'SSLServerAuthentication refused'],
    expect.stringMatching(/^ConnectionStatus Disconnected 280/),
  ])
  const again = component(server)
  again.sslStartMode = 2
  again.on('SSLServerAuthentication', (event) => {
    event.accept = true
  })
  const accepted = heardBy(again)
  await again.send()
  const told = order(accepted)
  const upgraded = [
    ...[...greeted, ...started, 'SSLServerAuthentication refused', 'SSLStatus', 'SSLStatus'],
    expect.stringMatching(/^-- TLS: TLSv1\.3, /) as string,
    ...['ConnectionStatus SSL Connect 0', 'C: EHLO client.example.test', 'S: 250 sink.example.test'],
  ]
  expect(told.filter((line) => !line.startsWith('-- ') || line.startsWith('-- TLS: '))).toEqual([
    ...upgraded,
    ...[...ENVELOPE, ...BODY, ...CLOSED],
  ])
})

test.each([
  ['To', 'sendTo', 'StopOnToErrors'],
  ['Cc', 'cc', 'StopOnCcErrors'],
  ['BCc', 'bcc', 'StopOnBccErrors'],
] as const)(
  'a refused %s: with its setting nobody gets the message, without it the event Error',
  async (_, list, setting) => {
    const server = await sink({
      ...PLAIN,
      replyTo: (verb, argument) =>
        verb === 'RCPT' && argument.includes('gone') ? '550 5.1.1 no such mailbox' : undefined,
    })
    const run = async (stops: boolean): Promise<{ heard: string[]; smtp: SMTP; error?: unknown }> => {
      const smtp = component(server)
      smtp[list] = 'gone@example.test'
      smtp.config(`${setting}=${stops}`)
      const heard = heardBy(smtp)
      await smtp.connect()
      heard.length = 0
      const error = await smtp.send().then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      const told = order(heard)
      await smtp.disconnect()
      return { heard: told, smtp, error }
    }
    const recipients = [
      ...['C: MAIL FROM:<anna@example.test>', 'S: 250 2.1.0 ok', 'C: RCPT TO:<bruno@example.test>', 'S: 250 2.1.5 ok'],
      ...['C: RCPT TO:<gone@example.test>', 'S: 550 5.1.1 no such mailbox'],
    ]
    const stopped = await run(true)
    expect(stopped.error).toMatchObject({ code: 161 })
    expect(stopped.heard).toEqual([...recipients, 'C: RSET', 'S: 250 2.0.0 ok'])
    const went = await run(false)
    expect(went.error).toBeUndefined()
    expect(went.heard).toEqual([
      ...[...recipients, 'C: DATA', 'S: 354 go ahead', ...BODY],
      'Error 161 161: gone@example.test was refused: 550 5.1.1 no such mailbox',
    ])
  },
)

test('interrupt() in the middle of the body: nothing more goes out, and the end is told', async () => {
  const server = await sink(PLAIN)
  const smtp = component(server)
  smtp.message = Buffer.alloc(1_000_000, 'A line of text.\r\n')
  smtp.on('Transfer', () => smtp.interrupt())
  const heard = heardBy(smtp)
  expect(await failure(smtp.send())).toMatchObject({ code: 301, reason: 'interrupted' })
  expect(smtp.connected).toBe(false)
  expect(smtp.idle).toBe(true)
  const told = order(heard)
  expect(told.slice(0, OPENED.length + ENVELOPE.length + 1)).toEqual([
    ...OPENED,
    expect.stringMatching(/^C: MAIL FROM:<anna@example\.test>/),
    ...ENVELOPE.slice(1),
    'StartTransfer',
  ])
  expect(told.filter((line) => line.startsWith('Transfer '))).toHaveLength(1)
  expect(told).not.toContain('EndTransfer')
  expect(told.at(-1)).toMatch(/^ConnectionStatus Disconnected/)
  expect(server.ledger).toEqual([])
})

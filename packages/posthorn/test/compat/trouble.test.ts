import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { certificates } from '@posthorn/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { SMTP } from '../../src/compat/ipworks/index.js'
import { component, failure, heardBy, scripted, sink } from './component.js'

const OPEN = ['S: 220 x', 'C: EHLO client.example.test', 'S: 250 x']
const SENT = [
  ...['C: MAIL FROM:<anna@example.test>', 'S: 250 ok', 'C: RCPT TO:<bruno@example.test>', 'S: 250 ok', 'C: DATA'],
  ...['S: 354 go', 'C: X: 1', 'C: ', 'C: A text.', 'C: .', 'S: 250 taken'],
]

/** Resolves once PITrail has told a line. */
function line(smtp: SMTP, wanted: string): Promise<void> {
  return new Promise((resolve) => smtp.on('PITrail', ({ message }) => message === wanted && resolve()))
}

test('QUIT that is not answered can be interrupted; a message that was taken stays sent', async () => {
  const server = await scripted([...OPEN, ...SENT, 'C: QUIT', '* silence'].join('\n'))
  const smtp = component(server)
  smtp.timeout = 0
  smtp.otherHeaders = '\r\nX: 1\r\n'
  const sending = smtp.send()
  await line(smtp, 'QUIT')
  smtp.interrupt()
  await sending
  expect([smtp.idle, smtp.connected]).toEqual([true, false])
})

test('disconnect() that is interrupted is 301', async () => {
  const server = await scripted([...OPEN, 'C: QUIT', '* silence'].join('\n'))
  const smtp = component(server)
  smtp.timeout = 0
  await smtp.connect()
  const asked = line(smtp, 'QUIT')
  const leaving = failure(smtp.disconnect())
  await asked
  smtp.interrupt()
  expect(await leaving).toMatchObject({ code: 301, reason: 'interrupted' })
  expect([smtp.idle, smtp.connected]).toEqual([true, false])
})

test('a handler may await a method, such as a new connection when the old one ends', async () => {
  const server = await scripted([...OPEN, '* close', '* session', ...OPEN, 'C: QUIT', 'S: 221 bye'].join('\n'))
  const smtp = component(server)
  const again = new Promise<void>((resolve) => {
    smtp.on('ConnectionStatus', async ({ connectionEvent }) => {
      if (connectionEvent !== 'Disconnected' || !smtp.idle) return
      await smtp.connect()
      resolve()
    })
  })
  await smtp.connect()
  await again
  expect([smtp.idle, smtp.connected]).toEqual([true, true])
  await smtp.disconnect()
  expect((await server.finished).errors).toEqual([])
})

test.each(['PITrail', 'StartTransfer', 'Transfer', 'EndTransfer'] as const)(
  'a handler of %s that never ends holds the method until it is interrupted',
  async (name) => {
    const smtp = component(await sink())
    const called = new Promise<void>((resolve) => {
      smtp.on(name, () => {
        resolve()
        return new Promise(() => {})
      })
    })
    const sending = smtp.send().catch((error: unknown) => error)
    await called
    smtp.interrupt()
    await sending
    expect(smtp.idle).toBe(true)
    await smtp.disconnect()
  },
)

test('queue() of a stream that stalls can be interrupted, and leaves nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-component-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const smtp = component()
  for (const path of [folder, '*']) {
    let wanted = (): void => {}
    const read = new Promise<void>((resolve) => (wanted = resolve))
    const stream = new Readable({ read: () => wanted() })
    smtp.setMessageStream(stream)
    const queued = failure(smtp.queue(path))
    await read
    smtp.interrupt()
    expect(await queued).toMatchObject({ code: 301, reason: 'interrupted' })
    expect(stream.destroyed).toBe(true)
  }
  expect(await readdir(folder)).toEqual([])
})

test('queue() that fails before the stream was read closes it all the same', async () => {
  const smtp = component()
  for (const [path, code] of [
    [join(tmpdir(), 'posthorn-is-not-there'), 303],
    ['', 10022],
  ] as const) {
    const stream = Readable.from([Buffer.from('x')])
    smtp.setMessageStream(stream)
    expect(await failure(smtp.queue(path))).toMatchObject({ code })
    expect(stream.destroyed).toBe(true)
  }
})

test('a stream that gives nothing is a time-out', async () => {
  const smtp = component(await sink({ extensions: [] }))
  smtp.timeout = 1
  smtp.setMessageStream(new Readable({ read() {} }))
  expect(await failure(smtp.send())).toMatchObject({ code: 301, reason: 'timeout' })
  expect([smtp.idle, smtp.connected]).toEqual([true, false])
})

test('421 to a command ends the connection on this side, too', async () => {
  const server = await sink({ replyTo: (verb) => (verb === 'NOOP' ? '421 4.3.2 going down' : undefined) })
  const smtp = component(server)
  const heard = heardBy(smtp, ['ConnectionStatus'])
  await smtp.connect()
  await smtp.sendCommand('NOOP')
  expect(smtp.connected).toBe(false)
  await smtp.connect().catch(() => smtp.connect())
  await smtp.disconnect()
  expect(heard.map(({ event }) => 'connectionEvent' in event && event.connectionEvent)).toEqual([
    ...['Connected', 'Disconnected'],
    ...['Connected', 'Disconnected'],
  ])
})

test('what cannot be called back is refused before anything is done; null is none', async () => {
  const server = await sink()
  const smtp = component(server)
  // @ts-expect-error: a program in JavaScript says anything
  expect(() => smtp.send('later')).toThrow(expect.objectContaining({ code: 10022 }))
  expect(server.sessions).toEqual([])
  // @ts-expect-error: as above
  expect(() => smtp.setSubject('Other', 7)).toThrow(expect.objectContaining({ code: 10022 }))
  expect(smtp.subject).toBe('A subject')
  // @ts-expect-error: as above
  await smtp.send(null)
  expect(server.ledger).toHaveLength(1)
})

test.each([undefined, null, '', 42, {}, 'Grüße', 'a\r\nQUIT'])(
  'verify(), expand(), sendCommand() of %j: an invalid argument, or the command that it is',
  async (argument) => {
    const server = await sink()
    const smtp = component(server)
    for (const method of ['verify', 'expand'] as const)
      expect(await failure(smtp[method](argument as string))).toMatchObject({ code: 10022 })
    expect(server.sessions).toEqual([])
    await smtp.connect()
    if (argument === 'Grüße') {
      await smtp.sendCommand(argument)
      expect(server.sessions[0]!.commands.at(-1)).toBe('Grüße') // as UTF-8
      expect(smtp.lastReply).toMatch(/^500 /)
    } else expect(await failure(smtp.sendCommand(argument as string))).toMatchObject({ code: 10022 })
    expect(smtp.connected).toBe(true)
  },
)

test('doEvents() waits for a slow handler', async () => {
  const smtp = component(await sink())
  let done = false
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => (begin = resolve))
  smtp.on('StartTransfer', async () => {
    begin()
    for (let turn = 0; turn < 20; turn++) await new Promise((next) => setImmediate(next))
    done = true
  })
  const sending = smtp.send()
  await begun
  expect(done).toBe(false)
  await smtp.doEvents()
  expect(done).toBe(true)
  await sending
})

test('an interrupt from the handler of the final reply comes too late, and is not told as a failure', async () => {
  const server = await sink()
  const smtp = component(server)
  smtp.on('PITrail', ({ message }) => {
    if (message.endsWith('taken')) smtp.interrupt()
  })
  await smtp.send()
  expect(server.ledger).toHaveLength(1)
  expect([smtp.idle, smtp.connected]).toEqual([true, false])
})

test.each(['throws', 'rejects'])('a handler of SSLServerAuthentication that %s has not accepted', async (how) => {
  const tls = await certificates()
  const server = await sink({ tls })
  const smtp = component(server)
  smtp.mailServer = 'localhost'
  smtp.sslStartMode = SMTP.sslExplicit
  smtp.config(`SSLServerCACerts=${tls.ca}`)
  const wrong = new Error('not the one I know')
  smtp.on('SSLServerAuthentication', () => {
    if (how === 'rejects') return Promise.reject(wrong)
    throw wrong
  })
  expect(await failure(smtp.send())).toMatchObject({ code: 280 })
  expect(server.ledger).toEqual([])
  expect(server.sessions[0]!.commands).toEqual(['EHLO client.example.test', 'STARTTLS'])
})

test('recipients in several transactions: the body is told once, and a long stream is refused before anything is sent', async () => {
  const server = await sink({ extensions: ['LIMITS RCPTMAX=1'] })
  const smtp = component(server)
  smtp.cc = 'chris@example.test'
  smtp.config('StopOnCcErrors=False')
  smtp.config('StopOnToErrors=False')
  const heard = heardBy(smtp, ['StartTransfer', 'Transfer', 'EndTransfer'])
  await smtp.send()
  expect(server.ledger.map(({ recipients }) => recipients)).toEqual([['bruno@example.test'], ['chris@example.test']])
  expect(heard.map(({ name }) => name)).toEqual(['StartTransfer', 'Transfer', 'EndTransfer'])
  smtp.setMessageStream(Readable.from([Buffer.from('x\r\n')]))
  expect(await failure(smtp.send())).toMatchObject({ code: 211 })
  expect(server.ledger).toHaveLength(2)
})

test('what is inspected shows no secret', () => {
  const smtp = component()
  smtp.password = 'a secret of the test'
  smtp.config('AuthorizationIdentity=another secret')
  smtp.firewall.password = 'a third secret'
  const shown = inspect(smtp, { getters: true, showHidden: true, depth: 10 }) + JSON.stringify(smtp)
  expect(shown).toContain("mailServer: '127.0.0.1'")
  expect(shown).not.toContain('secret')
})

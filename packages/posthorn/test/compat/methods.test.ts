import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test, vi } from 'vitest'
import { CONFIG, SMTP } from '../../src/compat/ipworks/index.js'
import { countingServer } from './counting-server.js'
import { component, failure, heardBy, scripted, sink } from './component.js'

test.each([
  ...['True', 'true', 'YES', 'yes', '1', 'tRuE'].map((spelling) => [spelling, 'True'] as const),
  ...['False', 'false', 'NO', 'No', '0'].map((spelling) => [spelling, 'False'] as const),
])('[ipworks.method.Config] KeepQueue=%s is %s', (spelling, value) => {
  const smtp = new SMTP()
  smtp.config(`KeepQueue=${value === 'True' ? 0 : 1}`)
  expect(smtp.config(`KeepQueue=${spelling}`)).toBe(value)
  expect(smtp.config('KeepQueue')).toBe(value)
  expect(smtp.config('keepqueue')).toBe(value)
})

test('[part of ipworks.method.Config] the first "=" separates; what is unknown or cannot be is refused by name', () => {
  const smtp = new SMTP()
  expect(smtp.config('OtherHeaders=X-A: b=c')).toBe('X-A: b=c')
  expect(() => smtp.config('KeepQeue=1')).toThrow(/KeepQueue/)
  expect(() => smtp.config('KeepQueue=perhaps')).toThrow(expect.objectContaining({ code: 10022 }))
  expect(() => smtp.config('MaxHeaderLength=many')).toThrow(/MaxHeaderLength must be a whole number/)
  expect(() => smtp.config('TransferText=x')).toThrow(/TransferText/)
  expect(() => smtp.config('TCPKeepAlive=')).toThrow(expect.objectContaining({ code: 10022 }))
  // @ts-expect-error: a program in JavaScript says anything
  expect(() => smtp.config(7)).toThrow(expect.objectContaining({ code: 10022 }))
})

test('[ipworks.method.Connect] [ipworks.method.Disconnect] [ipworks.example.connect-send] [ipworks.behaviour.session-reuse] one connection, two transactions, one QUIT', async () => {
  const server = await sink()
  const smtp = component(server)
  await smtp.connect()
  expect(smtp.connected).toBe(true)
  expect(await failure(smtp.connect())).toMatchObject({ code: 104 })
  expect(smtp.connected).toBe(true)
  await smtp.send()
  await smtp.send()
  await smtp.disconnect()
  expect(smtp.connected).toBe(false)
  expect(server.sessions).toHaveLength(1)
  expect(server.sessions[0]!.commands.filter((line) => line.startsWith('MAIL'))).toHaveLength(2)
  expect(server.sessions[0]!.commands.filter((line) => line === 'QUIT')).toHaveLength(1)
  expect(server.sessions[0]!.endedBy).toBe('quit')
  await smtp.disconnect()
  expect(server.sessions).toHaveLength(1)
})

test('[ipworks.method.DoEvents] resolves, waits for slow handlers, and not for the one that calls it', async () => {
  const smtp = component(await sink())
  await smtp.doEvents()
  let done = 0
  smtp.on('StartTransfer', async () => {
    await smtp.doEvents()
    done++
  })
  await smtp.send()
  await smtp.doEvents()
  expect(done).toBe(1)
  expect(smtp.idle).toBe(true)
})

test('[ipworks.method.Expand] [ipworks.event.Expand] [ipworks.event.Expand.Address] one event for each line, in their order; a refusal is 161', async () => {
  const server = await scripted(
    [
      ...['S: 220 x', 'C: EHLO client.example.test', 'S: 250 x', 'C: EXPN staff'],
      ...['S: 250-Anna <anna@example.test>', 'S: 250-<bruno@example.test>', 'S: 250 "C, D" <cd@example.test>'],
      ...['C: QUIT', 'S: 221 bye', '* session', 'S: 220 x', 'C: EHLO client.example.test', 'S: 250 x', 'C: EXPN other'],
      ...['S: 502 no', 'C: QUIT', 'S: 221 bye'],
    ].join('\n'),
  )
  const smtp = component(server)
  const addresses: string[] = []
  smtp.on('Expand', ({ address }) => addresses.push(address))
  await smtp.expand('staff')
  expect(addresses).toEqual(['Anna <anna@example.test>', '<bruno@example.test>', '"C, D" <cd@example.test>'])
  smtp.messageRecipients.clear()
  for (const address of addresses) smtp.sendTo = address
  expect(smtp.messageRecipients.map(({ address }) => address)).toEqual([
    'anna@example.test',
    'bruno@example.test',
    'cd@example.test',
  ])
  expect(smtp.connected).toBe(false)
  expect(await failure(smtp.expand('other'))).toMatchObject({ code: 161, command: 'EXPN' })
  expect((await server.finished).errors).toEqual([])
})

test('[ipworks.method.Verify] 252 is taken, 550 is 161; lastReply has the reply', async () => {
  const server = await sink({
    replyTo: (verb, argument) =>
      verb !== 'VRFY' ? undefined : argument === 'anna' ? '252 maybe' : '550 5.1.1 nobody of that name',
  })
  const smtp = component(server)
  await smtp.connect()
  await smtp.verify('anna')
  expect(smtp.lastReply).toBe('252 maybe')
  expect(await failure(smtp.verify('bruno'))).toMatchObject({ code: 161 })
  expect(smtp.lastReply).toBe('550 5.1.1 nobody of that name')
  expect(smtp.connected).toBe(true)
  expect(await failure(smtp.verify('a\r\nQUIT'))).toMatchObject({ code: 10022 })
})

test('[ipworks.method.Interrupt] a stalled DATA is left at once; without a method there is no effect', async () => {
  const server = await sink({ extensions: [], fault: () => ({ at: 'final', how: 'hold' }) })
  const smtp = component(server)
  await smtp.connect()
  smtp.interrupt()
  expect(smtp.connected).toBe(true)
  smtp.on('EndTransfer', () => setImmediate(() => smtp.interrupt()))
  expect(await failure(smtp.send())).toMatchObject({ code: 301, reason: 'interrupted' })
  expect(smtp.connected).toBe(false)
  expect(smtp.idle).toBe(true)
})

test('[ipworks.method.Reset] [ipworks.method.ResetHeaders] [ipworks.behaviour.resets] what each of them sets back', async () => {
  const server = await sink()
  const smtp = component(server)
  const fresh = new SMTP()
  const changed = (): void => {
    Object.assign(smtp, { replyTo: 'r@example.test', importance: 1, priority: 2, sensitivity: 3, messageDate: '' })
    Object.assign(smtp, { messageId: '<a@b>', otherHeaders: 'X-A: 1', readReceiptTo: 'r@example.test' })
    Object.assign(smtp, { deliveryNotificationTo: 'd@example.test', cc: 'c@example.test', bcc: 'b@example.test' })
  }
  changed()
  const headers = [
    'from',
    'sendTo',
    'cc',
    'bcc',
    'replyTo',
    'subject',
    'importance',
    'priority',
    'sensitivity',
  ] as const
  const more = ['messageDate', 'messageId', 'otherHeaders', 'readReceiptTo', 'deliveryNotificationTo'] as const
  smtp.resetHeaders()
  for (const name of [...headers, ...more]) expect([name, smtp[name]]).toEqual([name, fresh[name]])
  expect(smtp.mailServer).toBe('127.0.0.1')
  expect(smtp.messageText).toBe('A text.\r\n')
  smtp.from = 'anna@example.test'
  smtp.sendTo = 'bruno@example.test'
  await smtp.send()
  expect(String(server.ledger[0]!.content)).not.toMatch(
    /^(?:Reply-To|Cc|Subject|X-A|Importance|Priority|Sensitivity):/m,
  )

  changed()
  Object.assign(smtp, {
    user: 'u',
    password: 'p',
    timeout: 5,
    sslStartMode: 1,
    messageText: 'x',
    allowExtensions: false,
  })
  for (const setting of ['KeepQueue=True', 'Charset=ISO-8859-1', 'MaxTransferRate=5', 'FirewallType=3', 'Hello=x.test'])
    smtp.config(setting)
  smtp.reset()
  for (const name of [...headers, ...more]) expect([name, smtp[name]]).toEqual([name, fresh[name]])
  for (const name of [
    'user',
    'password',
    'timeout',
    'sslStartMode',
    'sslEnabled',
    'messageText',
    'mailServer',
    'mailPort',
  ] as const)
    expect([name, smtp[name]]).toEqual([name, fresh[name]])
  const settings = Object.keys(CONFIG).filter((name) => name !== 'MessageHeadersString') // it has a date in it
  for (const name of settings) expect([name, smtp.config(name)]).toEqual([name, fresh.config(name)])
  expect(smtp.lastReply).toBe('')

  const open = component(server)
  await open.connect()
  open.messageRecipients.clear()
  expect(open.subject).toBe('A subject')
  open.reset()
  expect(open.connected).toBe(false)
})

test('[ipworks.method.Send] [ipworks.example.send-only] with a connection and without', async () => {
  const server = await sink()
  const smtp = component(server)
  await smtp.send()
  expect(smtp.connected).toBe(false)
  expect(server.sessions[0]!.endedBy).toBe('quit')
  await smtp.connect()
  await smtp.send()
  expect(smtp.connected).toBe(true)
  await smtp.send()
  expect(server.sessions).toHaveLength(2)
  expect(server.ledger).toHaveLength(3)
})

test('[part of ipworks.method.Send] behind a clean refusal the connection that send() opened stays', async () => {
  const server = await sink({ replyTo: (verb) => (verb === 'MAIL' ? '550 5.7.1 not you' : undefined) })
  const smtp = component(server)
  expect(await failure(smtp.send())).toMatchObject({ code: 161 })
  expect(smtp.connected).toBe(true)
  await smtp.disconnect()
  expect(server.sessions[0]!.endedBy).toBe('quit')
  smtp.config('SendRSET=False')
  expect(await failure(smtp.send())).toMatchObject({ code: 161 })
  expect(smtp.connected).toBe(false)
})

test('[ipworks.method.SendCommand] the line as it stands; its reply in lastReply, whatever it says', async () => {
  const server = await sink()
  const smtp = component(server)
  expect(await failure(smtp.sendCommand('NOOP'))).toMatchObject({ code: 1117 })
  await smtp.connect()
  await smtp.sendCommand('NOOP')
  expect(server.sessions[0]!.commands.at(-1)).toBe('NOOP')
  expect(smtp.lastReply).toMatch(/^250 /)
  await smtp.sendCommand('XYZZY  now')
  expect(server.sessions[0]!.commands.at(-1)).toBe('XYZZY  now')
  expect(smtp.lastReply).toMatch(/^5\d\d /)
  expect(await failure(smtp.sendCommand('NOOP\r\nQUIT'))).toMatchObject({ code: 10022 })
  const heard = heardBy(smtp)
  await smtp.sendCommand('AUTH PLAIN AGFubmEAc2VjcmV0LXBhc3N3b3Jk')
  expect(JSON.stringify(heard)).not.toContain('AGFubmEAc2VjcmV0')
})

test.each([
  ['[ipworks.method.SendToTerminalAndEmail]', 'sendToTerminalAndEmail', 'SAML'],
  ['[ipworks.method.SendToTerminalOnly]', 'sendToTerminalOnly', 'SEND'],
  ['[ipworks.method.SendToTerminalOrEmail]', 'sendToTerminalOrEmail', 'SOML'],
] as const)('%s %s begins with %s', async (_, method, verb) => {
  const played = await scripted(
    [
      ...['S: 220 x', 'C: EHLO client.example.test', 'S: 250 x', `C: ${verb} FROM:<anna@example.test>`, 'S: 250 ok'],
      ...[
        'C: RCPT TO:<bruno@example.test>',
        'S: 250 ok',
        'C: DATA',
        'S: 354 go',
        'C: X: 1',
        'C: ',
        'C: A text.',
        'C: .',
      ],
      ...['S: 250 taken', 'C: QUIT', 'S: 221 bye'],
    ].join('\n'),
  )
  const smtp = component(played)
  smtp.otherHeaders = '\r\nX: 1\r\n'
  await smtp[method]()
  expect((await played.finished).errors).toEqual([])
  const refusing = await sink({ replyTo: (given) => (given === verb ? '502 5.5.1 not here' : undefined) })
  expect(await failure(component(refusing)[method]())).toMatchObject({ code: 161 })
  const hello = component(refusing)
  hello.allowExtensions = false
  expect(await failure(hello[method]())).toMatchObject({ code: 211 })
  expect(refusing.sessions).toHaveLength(1)
})

test('[ipworks.method.SetMessageStream] [ipworks.config.CloseStreamAfterTransfer] 50 MB arrive, little of it in memory at a time', async () => {
  const server = await countingServer()
  const block = Buffer.alloc(65_536, 'A line of sixty-four octets, which is repeated very often now.\r\n')
  const blocks = 800
  const smtp = component(server)
  const percents = new Set<number>()
  smtp.on('Transfer', ({ percentDone }) => void percents.add(percentDone))
  const dialled = vi.spyOn(Socket.prototype, 'connect')
  onTestFinished(() => void dialled.mockRestore())
  await smtp.connect()
  const socket = dialled.mock.contexts.at(-1) as Socket
  const before = socket.bytesWritten
  let taken = 0
  let held = 0
  const stream = Readable.from(
    (function* () {
      for (let count = 0; count < blocks; count++) {
        // what was taken so far, and the system does not have yet
        held = Math.max(held, taken - (socket.bytesWritten - before - socket.writableLength))
        yield block
        taken += block.length
      }
    })(),
    { highWaterMark: 4 },
  )
  smtp.setMessageStream(stream)
  await smtp.send()
  await smtp.disconnect()
  expect([...percents]).toEqual([-1])
  expect(server.sizes[0]! - Buffer.byteLength(smtp.messageHeadersString)).toBe(blocks * block.length)
  expect(taken).toBe(blocks * block.length)
  expect(held).toBeGreaterThan(0)
  expect(held).toBeLessThanOrEqual(10 * block.length)
  expect(stream.destroyed).toBe(true)
  await smtp.send() // the stream is set for one message
  expect(server.sizes[1]).toBeLessThan(1000)

  const open = Readable.from([Buffer.from('x\r\n')])
  smtp.config('CloseStreamAfterTransfer=False')
  smtp.setMessageStream(open)
  await smtp.send()
  expect(open.destroyed).toBe(false)
  smtp.config('CloseStreamAfterTransfer=True')
  smtp.mailServer = ''
  const unsent = Readable.from([Buffer.from('x')])
  smtp.setMessageStream(unsent)
  expect(await failure(smtp.send())).toMatchObject({ code: 163 })
  expect(unsent.destroyed).toBe(true)
})

test('[ipworks.behaviour.idle-busy] a second method is refused and the first goes on', async () => {
  const server = await sink()
  const smtp = component(server)
  const [first, second] = await Promise.allSettled([smtp.send(), smtp.send()])
  expect(first.status).toBe('fulfilled')
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 166 } })
  const [one, two] = await Promise.allSettled([smtp.connect(), smtp.connect()])
  expect(one.status).toBe('fulfilled')
  expect(two).toMatchObject({ status: 'rejected', reason: { code: 1105 } })
})

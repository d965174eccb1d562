import { expect, test } from 'vitest'
import { commandsOf } from './received.js'
import { component, failure, heardBy, scripted, sink, trailOf } from './component.js'

test.each([
  ['[part of ipworks.method.SendToTerminalOnly]', 'sendToTerminalOnly', 'SEND'],
  ['[part of ipworks.method.SendToTerminalOrEmail]', 'sendToTerminalOrEmail', 'SOML'],
  ['[part of ipworks.method.SendToTerminalAndEmail]', 'sendToTerminalAndEmail', 'SAML'],
  ['[part of ipworks.method.Send]', 'send', 'MAIL'],
] as const)('%s the error of a refused %s names the command %s', async (_, method, verb) => {
  const server = await sink({ replyTo: (given) => (given === verb ? '502 5.5.1 not here' : undefined) })
  expect(await failure(component(server)[method]())).toMatchObject({ code: 161, command: verb })
})

test('[part of ipworks.config.SendRSET] a message that was sent without RSET is one that the next has before it', async () => {
  const server = await sink()
  const smtp = component(server)
  await smtp.connect()
  smtp.config('SendRSET=False')
  await smtp.send()
  expect(commandsOf(server, 'RSET')).toEqual([])
  smtp.config('SendRSET=True')
  await smtp.send()
  expect(commandsOf(server, 'RSET')).toEqual(['RSET'])
  await smtp.send()
  expect(commandsOf(server, 'RSET')).toEqual(['RSET', 'RSET'])
})

/** What other libraries give in place of a promise. */
function later(then: (resolve: () => void, reject: (error: Error) => void) => void): PromiseLike<void> {
  return { then } as PromiseLike<void>
}

test('[part of ipworks.behaviour.events-not-reentrant] a handler that gives a promise of another library is waited for', async () => {
  const smtp = component(await sink())
  const order: string[] = []
  smtp.on('StartTransfer', () =>
    later((resolve) => {
      setImmediate(() => {
        order.push('start is done')
        resolve()
      })
    }),
  )
  smtp.on('EndTransfer', () => void order.push('end'))
  await smtp.send()
  expect(order).toEqual(['start is done', 'end'])
})

test('[part of ipworks.method.SendCommand] of what follows AUTH and of answers to 334 only the secret is hidden', async () => {
  const server = await scripted(
    [
      ...['S: 220 x', 'C: EHLO client.example.test', 'S: 250 x', 'C: AUTH LOGIN', 'S: 334 VXNlcm5hbWU6'],
      ...['C: YW5uYQ==', 'S: 334 UGFzc3dvcmQ6', 'C: c2VjcmV0', 'S: 235 welcome', 'C: NOOP', 'S: 250 ok'],
      ...['C: QUIT', 'S: 221 bye'],
    ].join('\n'),
  )
  const smtp = component(server)
  await smtp.connect()
  const heard = heardBy(smtp, ['PITrail'])
  for (const line of ['AUTH LOGIN', 'YW5uYQ==', 'c2VjcmV0', 'NOOP']) await smtp.sendCommand(line)
  expect(trailOf(heard).filter((line) => line.startsWith('C:'))).toEqual([
    'C: AUTH LOGIN',
    'C: ***',
    'C: ***',
    'C: NOOP',
  ])
  await smtp.disconnect()
  expect((await server.finished).errors).toEqual([])
})

test('[part of ipworks.error.163] connect() and send() say the same of a server that is not set, blanks or none', async () => {
  for (const name of ['', '  ']) {
    const smtp = component()
    smtp.mailServer = name
    const errors = [await failure(smtp.connect()), await failure(smtp.send()), await failure(smtp.verify('anna'))]
    for (const error of errors)
      expect(error).toMatchObject({ code: 163, message: '163: No server set: MailServer is empty' })
  }
})

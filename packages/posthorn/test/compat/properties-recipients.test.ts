import { expect, test } from 'vitest'
import { MessageRecipient, MessageRecipientList, RecipientType, SMTP } from '../../src/compat/ipworks/index.js'
import { component, failure, heardBy, sink } from './component.js'
import { commandsOf, received } from './received.js'

/** A server that refuses everybody whose address has this in it. */
const refusing = (part: string, reply = '550 5.1.1 no such mailbox') =>
  sink({ replyTo: (verb, argument) => (verb === 'RCPT' && argument.includes(part) ? reply : undefined) })

test('[ipworks.prop.From] with a name and without: the header has it as it is, MAIL its address; empty is 164, and nothing is opened', async () => {
  const server = await sink()
  const smtp = component(server)
  expect(new SMTP().from).toBe('')
  smtp.from = 'anna@example.test'
  await smtp.send()
  expect(received(server).valuesOf('From')).toEqual(['anna@example.test'])
  expect(server.ledger[0]!.reversePath).toBe('anna@example.test')
  expect(commandsOf(server, 'MAIL')[0]).toMatch(/^MAIL FROM:<anna@example\.test>(?: |$)/)
  smtp.from = 'Anna Berg <anna@example.test>'
  await smtp.send()
  expect(received(server).valuesOf('From')).toEqual(['Anna Berg <anna@example.test>'])
  expect(commandsOf(server, 'MAIL')[0]).toMatch(/^MAIL FROM:<anna@example\.test>(?: |$)/)

  for (const empty of ['', '  ']) {
    smtp.from = empty
    expect(await failure(smtp.send())).toMatchObject({ code: 164 })
  }
  expect(server.sessions).toHaveLength(2)
  smtp.from = 'nobody'
  expect(await failure(smtp.send())).toMatchObject({ code: 10022, message: expect.stringContaining('From') as string })
  smtp.from = `${'A long name '.repeat(12)}<anna@example.test>`
  await smtp.send()
  const lines = received(server).header.split('\r\n')
  expect(lines.filter((line) => line.length > 80)).toEqual([])
  expect(received(server).valuesOf('From')).toEqual([`${'A long name '.repeat(12)}<anna@example.test>`])
})

test('names that the program has encoded itself, since the original did not, go as they are', async () => {
  const server = await sink()
  const smtp = component(server)
  smtp.from = '=?utf-8?Q?J=C3=B6rg?= Berg <anna@example.test>'
  smtp.cc = '"=?utf-8?B?R3LDvMOfZQ==?=" <carl@example.test>'
  smtp.replyTo = '=?iso-8859-1?Q?=C4nne?= <answers@example.test>'
  await smtp.send()
  const { valuesOf } = received(server)
  expect(valuesOf('From')).toEqual(['=?utf-8?Q?J=C3=B6rg?= Berg <anna@example.test>'])
  expect(valuesOf('Cc')).toEqual(['=?utf-8?B?R3LDvMOfZQ==?= <carl@example.test>'])
  expect(valuesOf('Reply-To')).toEqual(['=?iso-8859-1?Q?=C4nne?= <answers@example.test>'])
})

test('[ipworks.prop.SendTo] adds; nobody is 165 without a connection; one of two refused is 161 with what the server said, and no DATA', async () => {
  const server = await refusing('gone')
  const smtp = component(server)
  smtp.messageRecipients.clear()
  expect(smtp.sendTo).toBe('')
  expect(await failure(smtp.send())).toMatchObject({ code: 165 })
  expect(server.sessions).toHaveLength(0)

  smtp.sendTo = 'Bruno <bruno@example.test>'
  smtp.sendTo = 'gone@example.test'
  expect(smtp.sendTo).toBe('Bruno <bruno@example.test>, gone@example.test')
  const error = await failure(smtp.send())
  expect(error).toMatchObject({ code: 161, recipient: 'gone@example.test', command: 'RCPT', reply: { code: 550 } })
  expect(error.message).toContain('550 5.1.1 no such mailbox')
  expect(commandsOf(server, 'RCPT')).toEqual(['RCPT TO:<bruno@example.test>', 'RCPT TO:<gone@example.test>'])
  for (const verb of ['DATA', 'BDAT']) expect(commandsOf(server, verb)).toEqual([])
  expect(server.ledger).toEqual([])

  smtp.config('StopOnToErrors=False')
  await smtp.send()
  expect(server.ledger[0]!.recipients).toEqual(['bruno@example.test'])
  expect(received(server).valuesOf('To')).toEqual(['Bruno <bruno@example.test>, gone@example.test'])
})

test('[ipworks.prop.Cc] one field with all of them for everybody, a RCPT for each; one refused is 161, and no DATA', async () => {
  const server = await refusing('gone')
  const smtp = component(server)
  smtp.cc = 'carl@example.test, "Dora, D." <dora@example.test>'
  expect(smtp.cc).toBe('carl@example.test, "Dora, D." <dora@example.test>')
  await smtp.send()
  expect(received(server).valuesOf('Cc')).toEqual(['carl@example.test, "Dora, D." <dora@example.test>'])
  expect(received(server).valuesOf('To')).toEqual(['bruno@example.test'])
  expect(server.ledger).toHaveLength(1)
  expect(commandsOf(server, 'RCPT')).toEqual([
    'RCPT TO:<bruno@example.test>',
    'RCPT TO:<carl@example.test>',
    'RCPT TO:<dora@example.test>',
  ])

  smtp.cc = 'gone@example.test'
  expect(smtp.messageRecipients).toHaveLength(4)
  expect(await failure(smtp.send())).toMatchObject({ code: 161, recipient: 'gone@example.test' })
  for (const verb of ['DATA', 'BDAT']) expect(commandsOf(server, verb)).toEqual([])
  expect(server.ledger).toHaveLength(1)
})

test('[ipworks.prop.BCc] two, of which one is refused: one event, no exception, one DATA, and neither of them in any field', async () => {
  const server = await sink({
    extensions: [],
    replyTo: (verb, argument) => (verb === 'RCPT' && argument.includes('gone') ? '550 5.1.1 no' : undefined),
  })
  const smtp = component(server)
  smtp.bcc = 'Blind <blind@example.test>'
  smtp.bcc = 'gone@example.test'
  expect(smtp.bcc).toBe('Blind <blind@example.test>, gone@example.test')
  expect(smtp.sendTo).toBe('bruno@example.test')
  const heard = heardBy(smtp, ['Error'])
  await smtp.send()
  expect(heard.map(({ event }) => event)).toEqual([
    { errorCode: 161, description: expect.stringMatching(/gone@example\.test.*550 5\.1\.1 no/) as string },
  ])
  expect(commandsOf(server, 'DATA')).toHaveLength(1)
  expect(server.ledger[0]!.recipients).toEqual(['bruno@example.test', 'blind@example.test'])
  expect(received(server).valuesOf('Bcc')).toEqual([])
  expect(received(server).text).not.toMatch(/blind|gone/i)
})

test('[ipworks.prop.MessageRecipients] one of each kind: three RCPT, To and Cc right, no Bcc; SendTo adds to what is there', async () => {
  const server = await sink()
  const smtp = component(server)
  const list = smtp.messageRecipients
  expect(new SMTP().messageRecipients).toHaveLength(0)
  list.clear()
  list.push(new MessageRecipient('blind@example.test', RecipientType.rtBcc))
  list.push(new MessageRecipient('Carl <carl@example.test>', RecipientType.rtCc))
  list.push(new MessageRecipient('bruno@example.test'))
  expect([smtp.sendTo, smtp.cc, smtp.bcc]).toEqual([
    'bruno@example.test',
    'Carl <carl@example.test>',
    'blind@example.test',
  ])
  await smtp.send()
  expect(commandsOf(server, 'RCPT')).toEqual([
    'RCPT TO:<blind@example.test>',
    'RCPT TO:<carl@example.test>',
    'RCPT TO:<bruno@example.test>',
  ])
  expect(received(server).valuesOf('To')).toEqual(['bruno@example.test'])
  expect(received(server).valuesOf('Cc')).toEqual(['Carl <carl@example.test>'])
  expect(received(server).valuesOf('Bcc')).toEqual([])
  expect(received(server).text).not.toContain('blind')

  smtp.sendTo = 'dora@example.test'
  expect(smtp.sendTo).toBe('bruno@example.test, dora@example.test')
  expect(smtp.messageRecipients.map(({ recipientType }) => recipientType)).toEqual([2, 1, 0, 0])
  smtp.messageRecipients.clear()
  smtp.sendTo = 'erik@example.test'
  await smtp.send()
  expect(server.ledger[1]!.recipients).toEqual(['erik@example.test'])
  expect(received(server).valuesOf('To')).toEqual(['erik@example.test'])
})

test('[part of ipworks.prop.MessageRecipients] a list of one’s own, or a plain array, takes the place of the old; anything else is refused', async () => {
  const server = await sink()
  const smtp = component(server)
  const own = new MessageRecipientList()
  own.add('carl@example.test')
  smtp.messageRecipients = own
  expect(smtp.messageRecipients).toBe(own)
  await smtp.send()
  expect(server.ledger[0]!.recipients).toEqual(['carl@example.test'])

  const array = [new MessageRecipient('dora@example.test', RecipientType.rtTo)]
  smtp.setMessageRecipients(array)
  smtp.messageRecipients.add('erik@example.test')
  expect(array).toHaveLength(1)
  await smtp.send()
  expect(server.ledger[1]!.recipients).toEqual(['dora@example.test', 'erik@example.test'])

  for (const wrong of [undefined, null, 'a@example.test', 7, {}, [7], ['no address at all@']]) {
    expect(() => Object.assign(smtp, { messageRecipients: wrong })).toThrow(expect.objectContaining({ code: 10022 }))
  }
  expect(smtp.messageRecipients).toHaveLength(2)
})

test('a list of recipients that cannot be read adds nobody, and names the property', () => {
  const smtp = new SMTP()
  smtp.sendTo = 'bruno@example.test'
  for (const [name, property] of [
    ['SendTo', 'sendTo'],
    ['Cc', 'cc'],
    ['BCc', 'bcc'],
  ] as const) {
    for (const wrong of ['carl@example.test, nobody', 'a@example.test\r\nX: 1', undefined, null, 7]) {
      expect(() => Object.assign(smtp, { [property]: wrong })).toThrow(
        expect.objectContaining({ code: 10022, message: expect.stringContaining(name) as string }),
      )
    }
    Object.assign(smtp, { [property]: '' })
  }
  expect(smtp.messageRecipients).toHaveLength(1)
})

test('[ipworks.prop.ReturnPath] [ipworks.config.ReturnPath] MAIL has it, From stays in the header, and either path reads what the other set', async () => {
  const server = await sink()
  const smtp = component(server)
  smtp.from = 'a@x.test'
  expect([smtp.returnPath, smtp.config('ReturnPath')]).toEqual(['', ''])
  smtp.returnPath = 'b@x.test'
  expect(smtp.config('ReturnPath')).toBe('b@x.test')
  await smtp.send()
  expect(commandsOf(server, 'MAIL')[0]).toMatch(/^MAIL FROM:<b@x\.test>(?: |$)/)
  expect(received(server).valuesOf('From')).toEqual(['a@x.test'])
  expect(received(server).valuesOf('Return-Path')).toEqual([])

  expect(smtp.config('ReturnPath=<>')).toBe('<>')
  expect(smtp.returnPath).toBe('<>')
  await smtp.send()
  expect(commandsOf(server, 'MAIL')[0]).toMatch(/^MAIL FROM:<>(?: |$)/)
  smtp.config('ReturnPath=Bounces <c@x.test>')
  await smtp.send()
  expect(server.ledger.at(-1)!.reversePath).toBe('c@x.test')
  smtp.config('ReturnPath=')
  await smtp.send()
  expect(server.ledger.at(-1)!.reversePath).toBe('a@x.test')
  smtp.returnPath = 'b@x.test, c@x.test'
  expect(await failure(smtp.send())).toMatchObject({ code: 10022 })
})

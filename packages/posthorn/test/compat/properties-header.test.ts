import { expect, test } from 'vitest'
import { Importance, Priority, Sensitivity, SMTP } from '../../src/compat/ipworks/index.js'
import { component, failure, sink } from './component.js'
import { commandsOf, decodedWords, received } from './received.js'

test.each([
  ['[ipworks.prop.Importance]', 'Importance', 'importance', Importance, ['high', 'normal', 'low']],
  ['[ipworks.prop.Priority]', 'Priority', 'priority', Priority, ['normal', 'urgent', 'non-urgent']],
  [
    '[ipworks.prop.Sensitivity]',
    'Sensitivity',
    'sensitivity',
    Sensitivity,
    ['Personal', 'Private', 'Company-Confidential'],
  ],
] as const)('%s %s: each of its values in the header that arrives; another number is refused', async (...row) => {
  const [, field, property, names, written] = row
  const server = await sink()
  const smtp = component(server)
  expect(smtp[property]).toBe(0)
  const values = [[], ...written.map((text) => [text.toLowerCase()])]
  for (const [number, expected] of values.entries()) {
    smtp[property] = number
    await smtp.send()
    expect(
      received(server)
        .valuesOf(field)
        .map((value) => value.toLowerCase()),
    ).toEqual(expected)
    expect(received(server).valuesOf('X-Priority')).toEqual([])
  }
  expect(Object.values(names).toSorted()).toEqual([0, 1, 2, 3])
  for (const wrong of [4, -1, 1.5, NaN, undefined, null, 'nothing', {}]) {
    expect(() => Object.assign(smtp, { [property]: wrong })).toThrow(expect.objectContaining({ code: 10022 }))
  }
  expect(smtp[property]).toBe(3)
  for (const other of [Object.keys(names)[1], '1']) {
    Object.assign(smtp, { [property]: other })
    expect(smtp[property]).toBe(1)
    smtp[property] = 3
  }
})

test.each([
  ['[ipworks.prop.ReplyTo]', 'Reply-To', 'replyTo'],
  ['[ipworks.prop.ReadReceiptTo]', 'Disposition-Notification-To', 'readReceiptTo'],
  ['[ipworks.prop.DeliveryNotificationTo]', 'Return-Receipt-To', 'deliveryNotificationTo'],
] as const)(
  '%s %s is there once, and not when it is empty; the envelope does not change',
  async (_, field, property) => {
    const server = await sink()
    const smtp = component(server)
    expect(smtp[property]).toBe('')
    await smtp.send()
    expect(received(server).valuesOf(field)).toEqual([])
    const envelope = [...commandsOf(server, 'MAIL'), ...commandsOf(server, 'RCPT')].map(withoutSize)
    smtp[property] = 'dn@x.test'
    await smtp.send()
    expect(received(server).valuesOf(field)).toEqual(['dn@x.test'])
    expect([...commandsOf(server, 'MAIL'), ...commandsOf(server, 'RCPT')].map(withoutSize)).toEqual(envelope)
    smtp[property] = 'Dora Nagel <dn@x.test>'
    await smtp.send()
    expect(received(server).valuesOf(field)).toEqual(['Dora Nagel <dn@x.test>'])
    smtp[property] = ''
    await smtp.send()
    expect(received(server).valuesOf(field)).toEqual([])
    smtp[property] = 'dn@x.test\r\nX-Evil: 1'
    expect(await failure(smtp.send())).toMatchObject({ code: 10022 })
  },
)

/** SIZE follows the header, and nothing else may. */
const withoutSize = (command: string) => command.replace(/ SIZE=\d+/, '')

test('[part of ipworks.prop.ReplyTo] several addresses are folded at MaxHeaderLength', async () => {
  const server = await sink()
  const smtp = component(server)
  const addresses = Array.from({ length: 10 }, (_, index) => `answers.${index}@department.example.test`)
  smtp.replyTo = addresses.join(', ')
  await smtp.send()
  expect(received(server).valuesOf('Reply-To')).toEqual([addresses.join(', ')])
  expect(
    received(server)
      .header.split('\r\n')
      .every((line) => line.length <= 80),
  ).toBe(true)
})

test('[ipworks.prop.MessageDate] now with the offset, nothing, or what it says', async () => {
  const server = await sink()
  const smtp = component(server)
  expect(smtp.messageDate).toBe('*')
  const before = Date.now()
  await smtp.send()
  const after = Date.now()
  const [date = ''] = received(server).valuesOf('Date')
  expect(date).toMatch(/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$/)
  const [, sign, hours, minutes] = /([+-])(\d\d)(\d\d)$/.exec(date)!
  const offset = -new Date().getTimezoneOffset()
  expect(`${sign}${hours}${minutes}`).toBe(
    `${offset < 0 ? '-' : '+'}${String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0')}${String(Math.abs(offset) % 60).padStart(2, '0')}`,
  )
  expect(Date.parse(date)).toBeGreaterThanOrEqual(before - 1000) // whole seconds
  expect(Date.parse(date)).toBeLessThanOrEqual(after)
  smtp.messageDate = ''
  await smtp.send()
  expect(received(server).valuesOf('Date')).toEqual([])
  for (const literal of ['Sun, 22 Nov 2026 12:00:00 +0000', 'a Sunday, at noon']) {
    smtp.messageDate = literal
    await smtp.send()
    expect(received(server).valuesOf('Date')).toEqual([literal])
  }
})

test('[ipworks.prop.MessageId] a new one for each send, or the one that was given, or none', async () => {
  const server = await sink()
  const smtp = component(server)
  expect(smtp.messageId).toBe('*')
  await smtp.send()
  await smtp.send()
  const ids = [0, 1].map((index) => received(server, index).valuesOf('Message-Id')[0])
  for (const id of ids) expect(id).toMatch(/^<[0-9a-f]{40}@client\.example\.test>$/)
  expect(ids[0]).not.toBe(ids[1])
  smtp.messageId = '<4711@shop.example.test>'
  await smtp.send()
  await smtp.send()
  smtp.messageId = '4711@shop.example.test'
  await smtp.send()
  for (const index of [2, 3, 4]) {
    expect(received(server, index).valuesOf('Message-Id')).toEqual(['<4711@shop.example.test>'])
  }
  smtp.messageId = ''
  await smtp.send()
  expect(received(server).valuesOf('Message-Id')).toEqual([])
})

test('[ipworks.config.MessageIdAlgorithm] 32, 40 or 64 digits; 40 by itself', async () => {
  const server = await sink()
  const smtp = component(server)
  expect(smtp.config('MessageIdAlgorithm')).toBe('SHA1')
  for (const [algorithm, digits] of [
    ['MD5', 32],
    ['SHA1', 40],
    ['SHA256', 64],
    ['sha256', 64],
  ] as const) {
    smtp.config(`MessageIdAlgorithm=${algorithm}`)
    await smtp.send()
    expect(received(server).valuesOf('Message-Id')[0]).toMatch(new RegExp(`^<[0-9a-f]{${digits}}@`))
  }
  expect(() => smtp.config('MessageIdAlgorithm=SHA3')).toThrow(/MD5, SHA1 or SHA256/)
})

test('[ipworks.prop.Subject] ASCII as it is; anything else decodes back, with Charset and without; a line end is refused', async () => {
  const server = await sink()
  const smtp = component(server)
  const subjects = [
    'Report for  May: 100 % (=?x?=)',
    'Grüße aus Köln',
    '見積書',
    `${'Grüße und vieles mehr, '.repeat(20)}Ende`,
  ]
  for (const charset of ['', 'UTF-8']) {
    smtp.config(`Charset=${charset}`)
    for (const subject of subjects) {
      smtp.subject = subject
      await smtp.send()
      const [value = ''] = received(server).valuesOf('Subject')
      expect(value).toMatch(/^[ -~]*$/)
      expect(decodedWords(value)).toBe(subject)
    }
  }
  smtp.subject = ''
  await smtp.send()
  expect(received(server).valuesOf('Subject')).toEqual([])
  for (const end of ['\r\n', '\r', '\n']) {
    smtp.subject = `Hello${end}Bcc: evil@example.test`
    expect(await failure(smtp.send())).toMatchObject({
      code: 10022,
      message: expect.stringContaining('Subject') as string,
    })
  }
  for (const wrong of [undefined, null, 7, {}]) {
    expect(() => Object.assign(smtp, { subject: wrong })).toThrow(expect.objectContaining({ code: 10022 }))
  }
})

test('[ipworks.config.Charset] an umlaut in ISO-8859-1, in the subject and in names; what is none is refused', async () => {
  const server = await sink()
  const smtp = component(server)
  expect(new SMTP().config('Charset')).toBe('')
  expect(smtp.config('Charset=ISO-8859-1')).toBe('ISO-8859-1')
  smtp.subject = 'Grüße'
  smtp.from = 'Jörg <anna@example.test>'
  smtp.messageRecipients[0]!.name = 'Änne'
  await smtp.send()
  const { valuesOf } = received(server)
  expect(valuesOf('Subject')).toEqual(['=?ISO-8859-1?Q?Gr=FC=DFe?='])
  expect(decodedWords(valuesOf('Subject')[0]!)).toBe('Grüße')
  expect(valuesOf('From')).toEqual(['=?ISO-8859-1?Q?J=F6rg?= <anna@example.test>'])
  expect(valuesOf('To')).toEqual(['=?ISO-8859-1?Q?=C4nne?= <bruno@example.test>'])
  expect(() => smtp.config('Charset=klingon')).toThrow(expect.objectContaining({ code: 10022 }))
  expect(smtp.config('Charset')).toBe('ISO-8859-1')
  smtp.config('Charset=')
  await smtp.send()
  expect(received(server).valuesOf('Subject')[0]).toMatch(/^=\?utf-8\?/i)
  expect(decodedWords(received(server).valuesOf('From')[0]!)).toBe('Jörg <anna@example.test>')
})

import { expect, test } from 'vitest'
import { SMTP } from '../../src/compat/ipworks/index.js'
import { component, failure, heardBy, sink, trailOf } from './component.js'
import { commandsOf, received } from './received.js'

test('[ipworks.config.AllowEmptyTo] a blind copy alone: True delivers it, False is 165', async () => {
  const server = await sink()
  const smtp = component(server)
  expect(smtp.config('AllowEmptyTo')).toBe('False')
  smtp.messageRecipients.clear()
  for (const only of ['bcc', 'cc'] as const) {
    smtp.config('AllowEmptyTo=False')
    smtp[only] = 'carl@example.test'
    const sessions = server.sessions.length
    expect(await failure(smtp.send())).toMatchObject({ code: 165 })
    expect(server.sessions).toHaveLength(sessions)
    smtp.config('AllowEmptyTo=True')
    await smtp.send()
    expect(server.ledger.at(-1)!.recipients).toEqual(['carl@example.test'])
    expect(received(server).valuesOf('To')).toEqual([])
    expect(received(server).valuesOf('Cc')).toEqual(only === 'cc' ? ['carl@example.test'] : [])
    smtp.messageRecipients.clear()
  }
  expect(await failure(smtp.send())).toMatchObject({ code: 165 }) // nobody at all
})

const MANY = Array.from({ length: 40 }, (_, index) => `somebody.number.${index}@department.example.test`)

test('[ipworks.config.FoldHeaders] forty copies: no line above the limit where it can be broken, or one line', async () => {
  const server = await sink()
  const smtp = component(server)
  expect(smtp.config('FoldHeaders')).toBe('True')
  smtp.cc = MANY.join(', ')
  await smtp.send()
  const lines = received(server).header.split('\r\n')
  expect(lines.filter((line) => line.length > 80 && line.trim().includes(' '))).toEqual([])
  expect(lines.filter((line) => line.startsWith(' ')).length).toBeGreaterThan(15)
  expect(received(server).valuesOf('Cc')).toEqual([MANY.join(', ')])
  smtp.config('FoldHeaders=False')
  await smtp.send()
  expect(received(server).header.split('\r\n')).toContain(`Cc: ${MANY.join(', ')}`)
  expect(received(server).header).not.toMatch(/\r\n[ \t]/)
})

test('[ipworks.config.MaxHeaderLength] 60: no line is longer where it can be broken; 20 to 998 can be set', async () => {
  const server = await sink()
  const smtp = component(server)
  expect(smtp.config('MaxHeaderLength')).toBe('80')
  expect(smtp.config('MaxHeaderLength=60')).toBe('60')
  smtp.cc = MANY.join(', ')
  smtp.subject = 'Some words of a subject that goes on and on, '.repeat(5).trim()
  smtp.replyTo = MANY.slice(0, 5).join(', ')
  await smtp.send()
  const { header, valuesOf } = received(server)
  // a Message-ID is one word, longer than that
  const tooLong = header
    .split('\r\n')
    .filter((line) => line.length > 60 && /\S\s+\S/.test(line.replace(/^[\w-]+: /, '')))
  expect(tooLong).toEqual([])
  expect(valuesOf('Cc')).toEqual([MANY.join(', ')])
  expect(valuesOf('Subject')).toEqual([smtp.subject])
  for (const right of ['20', '998']) expect(smtp.config(`MaxHeaderLength=${right}`)).toBe(right)
  for (const wrong of ['19', '999', '', 'long', '60.5']) {
    expect(() => smtp.config(`MaxHeaderLength=${wrong}`)).toThrow(expect.objectContaining({ code: 10022 }))
  }
})

test('[ipworks.behaviour.folding] From, To, Cc, Reply-To and Subject: what is unfolded is what was given', async () => {
  const server = await sink()
  const smtp = component(server)
  const name = (who: string) => `${who} with a name that takes its time and its room on the line`
  const given = {
    From: `${name('Anna')} <anna@department.example.test>`,
    To: MANY.slice(0, 7)
      .map((address, index) => `${name(String.fromCharCode(65 + index))} <${address}>`)
      .join(', '),
    Cc: MANY.join(', '),
    'Reply-To': MANY.slice(3, 9).join(', '),
    Subject: `${'A subject  of many words '.repeat(12)}and a_word_that_is_longer_than_any_line_${'x'.repeat(100)}`,
  }
  smtp.messageRecipients.clear()
  Object.assign(smtp, {
    from: given.From,
    sendTo: given.To,
    cc: given.Cc,
    replyTo: given['Reply-To'],
    subject: given.Subject,
  })
  for (const [length, folds] of [
    [80, true],
    [40, true],
    [998, true],
    [80, false],
  ] as const) {
    smtp.config(`MaxHeaderLength=${length}`)
    smtp.config(`FoldHeaders=${folds}`)
    await smtp.send()
    const { header, valuesOf } = received(server)
    for (const [field, value] of Object.entries(given)) expect([field, ...valuesOf(field)]).toEqual([field, value])
    expect(/\r\n /.test(header)).toBe(folds)
  }
})

test('[ipworks.prop.OtherHeaders] [ipworks.config.OtherHeaders] [ipworks.example.other-header] behind the computed fields, or in their place; by either path', async () => {
  const server = await sink()
  const smtp = component(server)
  expect([smtp.otherHeaders, smtp.config('OtherHeaders')]).toEqual(['', ''])
  smtp.otherHeaders = 'HeaderName: HeaderValue'
  expect(smtp.config('OtherHeaders')).toBe('HeaderName: HeaderValue')
  await smtp.send()
  expect(received(server).fields.map(([field]) => field)).toEqual([
    ...['Date', 'From', 'To', 'Subject', 'Message-ID', 'HeaderName'],
  ])
  expect(received(server).header.endsWith('\r\nHeaderName: HeaderValue\r\n')).toBe(true)
  await smtp.send() // it is kept
  expect(received(server).fields.at(-1)).toEqual(['HeaderName', 'HeaderValue'])

  expect(smtp.config('OtherHeaders=X-A: 1\r\nX-B: 2\r\n')).toBe('X-A: 1\r\nX-B: 2\r\n')
  expect(smtp.otherHeaders).toBe('X-A: 1\r\nX-B: 2\r\n')
  await smtp.send()
  expect(received(server).fields.slice(-2)).toEqual([
    ['X-A', '1'],
    ['X-B', '2'],
  ])

  smtp.otherHeaders = '\r\nX-Only: 1'
  await smtp.send()
  expect(received(server).text).toBe('X-Only: 1\r\n\r\nA text.\r\n')

  for (const wrong of [
    'X-A: 1\r\n\r\nX-B: 2',
    'X-A: 1\r\n\r\n',
    '\r\n\r\nX-A: 1',
    'no field',
    ' X-A: 1',
    'X-A: 1\rX-B: 2',
  ]) {
    smtp.otherHeaders = wrong
    const error = await failure(smtp.send())
    expect([wrong, error]).toMatchObject([
      wrong,
      { code: 10022, message: expect.stringContaining('OtherHeaders') as string },
    ])
  }
  expect(server.ledger).toHaveLength(4)
  const heard = heardBy(smtp)
  smtp.otherHeaders = 'Subject: another'
  await smtp.send()
  expect(received(server).valuesOf('Subject')).toEqual(['A subject', 'another'])
  expect(trailOf(heard)).toContain('-- OtherHeaders repeats subject: the message has both')
  smtp.resetHeaders()
  expect(smtp.config('OtherHeaders')).toBe('')
})

test('[ipworks.behaviour.header-override] an empty line first: that line alone is the header, and the envelope is as it was', async () => {
  const server = await sink({ extensions: [] })
  const smtp = component(server)
  smtp.cc = 'carl@example.test'
  smtp.bcc = 'blind@example.test'
  smtp.returnPath = 'bounces@example.test'
  await smtp.send()
  smtp.otherHeaders = '\r\nX-Only: 1'
  smtp.importance = 1
  await smtp.send()
  expect(received(server).header).toBe('X-Only: 1\r\n')
  expect(received(server).body).toBe('A text.\r\n')
  expect(server.sessions[1]!.commands).toEqual(server.sessions[0]!.commands)
  expect(commandsOf(server, 'MAIL')).toEqual(['MAIL FROM:<bounces@example.test>'])
  expect(commandsOf(server, 'RCPT')).toHaveLength(3)
  smtp.from = ''
  expect(await failure(smtp.send())).toMatchObject({ code: 164 })
})

test('[ipworks.behaviour.header-order] one message with all of them', async () => {
  const server = await sink()
  const smtp = component(server)
  Object.assign(smtp, {
    sensitivity: 3,
    importance: 1,
    priority: 2,
    readReceiptTo: 'rr@example.test',
    deliveryNotificationTo: 'dn@example.test',
    otherHeaders: 'X-A: 1\r\nX-B: 2',
    messageId: '<4711@example.test>',
    replyTo: 'answers@example.test',
    bcc: 'blind@example.test',
    cc: 'carl@example.test',
    messageDate: 'Sun, 22 Nov 2026 12:00:00 +0000',
  })
  await smtp.send()
  expect(received(server).header).toBe(
    [
      'Date: Sun, 22 Nov 2026 12:00:00 +0000',
      'From: anna@example.test',
      'To: bruno@example.test',
      'Cc: carl@example.test',
      'Reply-To: answers@example.test',
      'Subject: A subject',
      'Message-ID: <4711@example.test>',
      'Disposition-Notification-To: rr@example.test',
      'Return-Receipt-To: dn@example.test',
      'Priority: urgent',
      'Importance: high',
      'Sensitivity: Company-Confidential',
      'X-A: 1',
      'X-B: 2',
      '',
    ].join('\r\n'),
  )
})

test('[ipworks.config.SendRSET] two sends of a session: one RSET between them with True, none with False', async () => {
  const server = await sink()
  const smtp = component(server)
  expect(smtp.config('SendRSET')).toBe('True')
  for (const [setting, count] of [
    ['True', 1],
    ['False', 0],
  ] as const) {
    smtp.config(`SendRSET=${setting}`)
    await smtp.connect()
    await smtp.send()
    await smtp.send()
    await smtp.disconnect()
    const verbs = server.sessions.at(-1)!.commands.map((line) => line.split(' ')[0]!)
    expect(verbs.filter((verb) => verb === 'RSET')).toHaveLength(count)
    if (count === 1) {
      expect(verbs.indexOf('RSET')).toBeGreaterThan(verbs.indexOf('MAIL'))
      expect(verbs.indexOf('RSET')).toBeLessThan(verbs.lastIndexOf('MAIL'))
    }
  }
  expect(server.ledger).toHaveLength(4)
})

test('[part of ipworks.config.SendRSET] behind a refused message: RSET and on, or the end of the session', async () => {
  const server = await sink({
    replyTo: (verb, argument) => (verb === 'RCPT' && argument.includes('gone') ? '550 5.1.1 gone' : undefined),
  })
  const smtp = component(server)
  smtp.sendTo = 'gone@example.test'
  for (const setting of ['True', 'False']) {
    smtp.config(`SendRSET=${setting}`)
    await smtp.connect()
    expect(await failure(smtp.send())).toMatchObject({ code: 161 })
    expect(smtp.connected).toBe(setting === 'True')
    expect(commandsOf(server, 'RSET')).toHaveLength(setting === 'True' ? 1 : 0)
    await smtp.disconnect()
  }
})

test.each([
  ['[ipworks.config.StopOnToErrors]', 'StopOnToErrors', 'sendTo', 'True'],
  ['[ipworks.config.StopOnCcErrors]', 'StopOnCcErrors', 'cc', 'True'],
  ['[ipworks.config.StopOnBccErrors]', 'StopOnBccErrors', 'bcc', 'False'],
] as const)('%s %s: True throws and no DATA; False one event, and DATA', async (_, setting, list, usual) => {
  for (const extensions of [[], ['PIPELINING'], ['PIPELINING', 'CHUNKING']]) {
    const server = await sink({
      extensions,
      replyTo: (verb, argument) => (verb === 'RCPT' && argument.includes('gone') ? '550 5.1.1 gone' : undefined),
    })
    const smtp = component(server)
    expect(smtp.config(setting)).toBe(usual)
    smtp[list] = 'gone@example.test'
    const heard = heardBy(smtp, ['Error'])
    await smtp.connect()
    smtp.config(`${setting}=True`)
    expect(await failure(smtp.send())).toMatchObject({ code: 161, recipient: 'gone@example.test' })
    expect([...commandsOf(server, 'DATA'), ...commandsOf(server, 'BDAT')]).toEqual([])
    expect(server.sessions[0]!.commands.at(-1)).toBe('RSET')
    expect([heard, server.ledger]).toEqual([[], []])

    smtp.config(`${setting}=False`)
    await smtp.send()
    expect(heard.map(({ event }) => event)).toMatchObject([{ errorCode: 161 }])
    expect([...commandsOf(server, 'DATA'), ...commandsOf(server, 'BDAT')]).toHaveLength(1)
    expect(server.ledger.map(({ recipients }) => recipients)).toEqual([['bruno@example.test']])

    smtp.messageRecipients.clear()
    smtp[list] = 'gone@example.test' // and nobody is left
    smtp.config('AllowEmptyTo=True')
    expect(await failure(smtp.send())).toMatchObject({ code: 161, recipient: 'gone@example.test' })
    expect(server.ledger).toHaveLength(1)
  }
})

test('settings of messages are read back as they were set, in any case, and refused when they cannot be', () => {
  const smtp = new SMTP()
  for (const name of [
    'AllowEmptyTo',
    'FoldHeaders',
    'SendRSET',
    'StopOnToErrors',
    'StopOnCcErrors',
    'StopOnBccErrors',
  ]) {
    expect(smtp.config(`${name.toLowerCase()}=no`)).toBe('False')
    expect(smtp.config(`${name}=1`)).toBe('True')
    for (const wrong of ['', '2', 'maybe', 'undefined'])
      expect(() => smtp.config(`${name}=${wrong}`)).toThrow(expect.objectContaining({ code: 10022 }))
    expect(smtp.config(name)).toBe('True')
  }
})

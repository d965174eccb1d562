import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { SMTP } from '../../src/compat/ipworks/index.js'
import { component, failure, heardBy, scripted, sink } from './component.js'
import { received } from './received.js'

/** Bare LF and CR, a dot in front, octets above 127, and no line end behind. */
const RAW = Buffer.from('first\n.second\rth\xefrd\r\n..\r\nlast', 'latin1')

test('[ipworks.prop.Message] arrives octet for octet with CHUNKING, whatever MessageText is', async () => {
  const server = await sink()
  const smtp = component(server)
  expect(new SMTP().message).toEqual(Buffer.alloc(0))
  smtp.messageText = 'is ignored'
  smtp.message = RAW
  await smtp.send()
  const { header, text } = received(server)
  expect(server.ledger[0]!.content!.subarray(header.length + 2)).toEqual(RAW)
  expect(text).not.toContain('ignored')
  expect(header).not.toMatch(/^(?:MIME|Content)-/im)
  expect(smtp.message).toEqual(RAW)

  smtp.message = Buffer.alloc(0)
  await smtp.send()
  expect(received(server).body).toBe('is ignored\r\n')
  smtp.setMessage('Grüße') // a text is its UTF-8
  await smtp.send()
  expect(server.ledger.at(-1)!.content!.toString('utf8')).toMatch(/\r\n\r\nGrüße$/)
  for (const wrong of [undefined, null, 7, {}, ['x']]) {
    expect(() => Object.assign(smtp, { message: wrong })).toThrow(expect.objectContaining({ code: 10022 }))
  }
})

test('[part of ipworks.prop.Message] with DATA it gets the CRLF at its end that the dot needs', async () => {
  const server = await sink({ extensions: ['8BITMIME'] })
  const smtp = component(server)
  smtp.message = Buffer.from('.first\r\nlast', 'latin1')
  await smtp.send()
  expect(received(server).body).toBe('.first\r\nlast\r\n')
})

test('[ipworks.prop.MessageText] a dot in front travels as two and arrives as one; LF and CR alone arrive as CRLF', async () => {
  const server = await scripted(
    [
      ...['S: 220 x', 'C: EHLO client.example.test', 'S: 250 x', 'C: MAIL FROM:<anna@example.test>', 'S: 250 ok'],
      ...['C: RCPT TO:<bruno@example.test>', 'S: 250 ok', 'C: DATA', 'S: 354 go', 'C: X-Only: 1', 'C: ', 'C: ..a'],
      ...['C: .', 'S: 250 taken', 'C: QUIT', 'S: 221 bye'],
    ].join('\n'),
  )
  const smtp = component(server)
  smtp.otherHeaders = '\r\nX-Only: 1'
  smtp.messageText = '.a'
  await smtp.send()
  expect((await server.finished).errors).toEqual([])

  for (const extensions of [[], ['CHUNKING']]) {
    const other = await sink({ extensions })
    const to = component(other)
    for (const [text, expected] of [
      ['.a', '.a\r\n'],
      ['one\ntwo\n', 'one\r\ntwo\r\n'],
      ['one\rtwo\r\n.\r\nthree', 'one\r\ntwo\r\n.\r\nthree\r\n'],
      ['', ''],
    ] as const) {
      to.messageText = text
      await to.send()
      expect([text, received(other).body]).toEqual([text, expected])
      expect(received(other).header).not.toMatch(/^(?:MIME|Content)-/im)
      expect(to.messageText).toBe(text)
    }
  }
})

test('[part of ipworks.prop.MessageText] text that is not ASCII, or has a line too long, is encoded, unless OtherHeaders says what it is', async () => {
  const server = await sink({ extensions: [] })
  const smtp = component(server)
  for (const text of ['Grüße\r\n', `${'long '.repeat(250)}\r\nend\r\n`]) {
    smtp.messageText = text
    smtp.otherHeaders = 'X-A: 1'
    await smtp.send()
    const { valuesOf, body, fields } = received(server)
    expect(valuesOf('Content-Type')).toEqual(['text/plain; charset=utf-8'])
    expect(valuesOf('MIME-Version')).toEqual(['1.0'])
    expect(valuesOf('Content-Transfer-Encoding')).toEqual(['quoted-printable'])
    expect(fields.at(-1)).toEqual(['X-A', '1'])
    const octets = body
      .replaceAll('=\r\n', '')
      .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    expect(Buffer.from(octets, 'latin1').toString('utf8')).toBe(text)
    expect(body.split('\r\n').every((line) => line.length <= 76)).toBe(true)
  }
})

test('[ipworks.behaviour.body-precedence] the stream, else Message, else MessageText; the header is computed each time', async () => {
  const server = await sink()
  const smtp = component(server)
  smtp.messageText = 'of MessageText\r\n'
  smtp.message = Buffer.from('of Message\r\n')
  smtp.setMessageStream(Readable.from([Buffer.from('of the '), Buffer.from('stream\r\n')]))
  await smtp.send()
  await smtp.send()
  smtp.message = Buffer.alloc(0)
  await smtp.send()
  expect([0, 1, 2].map((index) => received(server, index).body)).toEqual([
    'of the stream\r\n',
    'of Message\r\n',
    'of MessageText\r\n',
  ])
  for (const index of [0, 1, 2]) {
    expect(received(server, index).fields.map(([name]) => name)).toEqual([
      'Date',
      'From',
      'To',
      'Subject',
      'Message-ID',
    ])
  }
})

test('[ipworks.behaviour.dot-stuffing] ".", ".." and "x" come back as they went: doubled with DATA, untouched with BDAT', async () => {
  const text = '.\r\n..\r\nx'
  const lines = (last: readonly string[]) =>
    ['S: 220 x', 'C: EHLO client.example.test', ...last, 'S: 250 taken', 'C: QUIT', 'S: 221 bye'].join('\n')
  const envelope = ['C: MAIL FROM:<anna@example.test>', 'S: 250 ok', 'C: RCPT TO:<bruno@example.test>', 'S: 250 ok']
  const data = [
    'S: 250 x',
    ...envelope,
    'C: DATA',
    'S: 354 go',
    'C: X-Only: 1',
    'C: ',
    'C: ..',
    'C: ...',
    'C: x',
    'C: .',
  ]
  const whole = Buffer.from('X-Only: 1\r\n\r\n.\r\n..\r\nx\r\n')
  const bdat = ['S: 250-x', 'S: 250 CHUNKING', ...envelope, `C: BDAT ${whole.length} LAST`]
  const octets = whole.toString().replaceAll('\r', '\\r').replaceAll('\n', '\\n')
  for (const dialogue of [lines(data), lines([...bdat, `C= ${octets}`])]) {
    const server = await scripted(dialogue)
    const smtp = component(server)
    smtp.otherHeaders = '\r\nX-Only: 1'
    smtp.messageText = text
    await smtp.send()
    expect((await server.finished).errors).toEqual([])
  }
  for (const extensions of [[], ['CHUNKING']]) {
    for (const set of [{ messageText: text }, { message: Buffer.from(`${text}\r\n`) }]) {
      const server = await sink({ extensions })
      const smtp = component(server)
      Object.assign(smtp, set)
      await smtp.send()
      expect(received(server).body).toBe(`${text}\r\n`)
    }
  }
})

test('[ipworks.prop.MessageHeaders] the list is the header section that arrives', async () => {
  const server = await sink()
  const smtp = component(server)
  smtp.from = 'Anna Berg <anna@example.test>'
  smtp.cc = Array.from({ length: 12 }, (_, index) => `somebody.${index}@department.example.test`).join(', ')
  smtp.bcc = 'blind@example.test'
  smtp.messageDate = 'Sun, 22 Nov 2026 12:00:00 +0000'
  smtp.messageId = '<4711@example.test>'
  smtp.importance = 1
  smtp.subject = 'Grüße'
  smtp.messageText = 'Grüße'
  smtp.otherHeaders = 'X-A: 1\r\nX-B: two\r\n\tlines'
  const list = smtp.messageHeaders.map(({ field, value }) => [field, value])
  const stream = Readable.from([Buffer.from('x\r\n')])
  await smtp.send()
  expect(received(server).header).toContain('\r\n ') // it is folded there
  expect(list).toEqual(received(server).fields)
  expect(list.map(([field]) => field)).toContain('Content-Type')

  smtp.setMessageStream(stream) // another body, other fields
  const streamed = smtp.messageHeaders.map(({ field, value }) => [field, value])
  await smtp.send()
  expect(streamed).toEqual(received(server).fields)
  expect(streamed.map(([field]) => field)).not.toContain('Content-Type')
  expect(() => Object.assign(smtp, { messageHeaders: [] })).toThrow(TypeError)
})

test('[ipworks.prop.MessageHeadersString] [ipworks.config.MessageHeadersString] [ipworks.config.TransferText] [ipworks.example.raw-message] joined they are the payload, by either path', async () => {
  for (const extensions of [undefined, []]) {
    const server = await sink(extensions ? { extensions } : {})
    const smtp = component(server)
    expect([smtp.config('TransferText'), new SMTP().config('TransferText')]).toEqual(['', ''])
    for (const change of [
      { messageText: 'Hello\n.dot\n' },
      { messageText: '' },
      { messageText: 'Grüße' },
      { messageText: 'x', cc: 'c@example.test,'.repeat(20).slice(0, -1), otherHeaders: 'X-A: 1' },
      { message: Buffer.from('.octets\r\n') },
      { otherHeaders: '\r\nX-Only: 1' },
    ]) {
      Object.assign(smtp, change)
      await smtp.send()
      const whole = smtp.messageHeadersString + smtp.config('TransferText')
      expect(whole).toBe(received(server).text)
      expect(smtp.config('MessageHeadersString')).toBe(smtp.messageHeadersString)
      expect(smtp.messageHeadersString).toMatch(/\r\n\r\n$/)
    }
    expect(() => smtp.config('MessageHeadersString=x')).toThrow(expect.objectContaining({ code: 10022 }))
    expect(() => smtp.config('TransferText=x')).toThrow(expect.objectContaining({ code: 10022 }))
    expect(() => Object.assign(smtp, { messageHeadersString: 'x' })).toThrow(TypeError)
    smtp.reset()
    expect(smtp.config('TransferText')).toBe('')
  }
})

test('[part of ipworks.config.TransferText] of a stream up to 1 MB, and nothing of a longer one', async () => {
  const server = await sink()
  const smtp = component(server)
  const size = 1024 * 1024
  smtp.setMessageStream(Readable.from([Buffer.alloc(size, 'x'.repeat(62) + '\r\n')]))
  await smtp.send()
  expect(smtp.config('TransferText')).toHaveLength(size)
  expect(smtp.messageHeadersString + smtp.config('TransferText') === received(server).text).toBe(true)
  smtp.setMessageStream(Readable.from([Buffer.alloc(size, 'x'.repeat(62) + '\r\n'), Buffer.from('x\r\n')]))
  await smtp.send()
  expect(server.ledger.at(-1)!.octets).toBeGreaterThan(size)
  expect(smtp.config('TransferText')).toBe('')
})

test('[part of ipworks.prop.MessageHeadersString] before a send it is what the next one would get; a change begins another', async () => {
  const server = await sink()
  const smtp = component(server)
  smtp.messageDate = 'Sun, 22 Nov 2026 12:00:00 +0000'
  smtp.messageId = '<4711@example.test>'
  const before = smtp.messageHeadersString
  await smtp.send()
  expect(received(server).text.startsWith(before)).toBe(true)
  smtp.messageId = '*'
  smtp.messageDate = '*'
  await smtp.send()
  const sent = smtp.messageHeadersString
  expect(smtp.messageHeadersString).toBe(sent) // with the Message-ID of that message
  expect(received(server).text.startsWith(sent)).toBe(true)
  smtp.subject = 'Another'
  expect(smtp.messageHeadersString).toContain('Subject: Another\r\n')
  await smtp.send()
  const again = smtp.messageHeadersString
  smtp.config('Hello=other.example')
  expect(smtp.messageHeadersString).toBe(again) // a setting of the connection
  smtp.config('MessageIdAlgorithm=SHA256')
  expect(smtp.messageHeadersString).not.toBe(again)
  smtp.from = 'nobody'
  expect(() => smtp.messageHeadersString).toThrow(expect.objectContaining({ code: 10022 }))
  expect(() => smtp.config('MessageHeadersString')).toThrow(expect.objectContaining({ code: 10022 }))
  expect(() => smtp.messageHeaders).toThrow(expect.objectContaining({ code: 10022 }))
})

test('[ipworks.behaviour.mime-attachments] a multipart that is ready arrives octet for octet', async () => {
  const multipart = [
    ...['--b', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit', '', 'Grüße'],
    ...['--b', 'Content-Type: application/pdf', 'Content-Transfer-Encoding: base64', '', 'JVBERi0=', '--b--', ''],
  ].join('\r\n')
  const otherHeaders = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n'
  for (const extensions of [undefined, ['8BITMIME']]) {
    const server = await sink(extensions ? { extensions } : {})
    for (const set of [{ messageText: multipart }, { message: Buffer.from(multipart) }]) {
      const smtp = component(server)
      Object.assign(smtp, { otherHeaders }, set)
      const heard = heardBy(smtp, ['Error'])
      await smtp.send()
      const { header } = received(server)
      expect(
        server.ledger
          .at(-1)!
          .content!.subarray(header.length + 2)
          .toString('utf8'),
      ).toBe(multipart)
      expect(header.endsWith(`Subject: A subject\r\n${header.match(/Message-ID: .*\r\n/)![0]}${otherHeaders}`)).toBe(
        true,
      )
      expect(heard).toEqual([])
    }
  }
  const plain = await sink({ extensions: [] })
  const smtp = Object.assign(component(plain), { otherHeaders, messageText: multipart })
  expect(await failure(smtp.send())).toMatchObject({ message: expect.stringContaining('8BITMIME') as string })
})

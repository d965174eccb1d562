import { SinkServer } from '@posthorn/testkit'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { delivered, FIXED, letterValues } from '../../../../test/compat/outgoing.js'
import { headerSection, headersOf, outgoingMessage } from './outgoing-message.js'
import type { TransferTeller } from './transfer-teller.js'

describe('the body of a message', () => {
  it('header and TransferText are the payload [part of ipworks.example.raw-message] [part of ipworks.config.TransferText] [part of ipworks.prop.MessageHeadersString]', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const bodies: Parameters<typeof letterValues>[0][] = [
      { MessageText: 'Hello\r\n\r\n.a\r\n' },
      { MessageText: 'Hello' },
      { MessageText: '' },
      { MessageText: 'Grüße an alle =)\n' },
      { MessageText: 'x'.repeat(2000) },
      {
        MessageText: 'Grüße',
        OtherHeaders: 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit',
      },
      { Message: Buffer.from('Grüße\r\n') },
      { Message: Buffer.from([0, 255, 10, 13, 46, 10, 46, 46, 200]) },
    ]
    for (const body of bodies) {
      const { message, received } = await delivered(sink, letterValues(body))
      const shown = message.header + message.transferText()
      const octets = [Buffer.from(shown, 'utf8'), Buffer.from(shown, 'latin1')].map((one) => one.toString('hex'))
      expect(octets).toContain(received.content!.toString('hex'))
    }
  })

  it('MessageText: dots, line ends, and no encoding where none is needed [part of ipworks.prop.MessageText] [part of ipworks.behaviour.dot-stuffing]', async () => {
    await using sink = await SinkServer.start({ keepContent: true, extensions: [] })
    const { text, message } = await delivered(sink, letterValues({ MessageText: '.a\n..\rb\r\n.' }))
    expect(text.slice(message.header.length)).toBe('.a\r\n..\r\nb\r\n.\r\n')
    expect(message.header).not.toMatch(/mime|content/i)
    expect(message.content()).toMatchObject({ canonical: true, encoding: '7bit', utf8Header: false })
  })

  it('MessageText: what cannot go as it is goes in quoted-printable [part of ipworks.prop.MessageText]', () => {
    for (const text of ['Grüße', 'a\0b', `${'x'.repeat(999)}\r\ny`]) {
      const { header: section, transferText } = parts(outgoingMessage(letterValues({ MessageText: text }), FIXED))
      expect(section).toContain(
        'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n',
      )
      expect(unquoted(transferText)).toBe(`${text}\r\n`)
    }
    const own = outgoingMessage(letterValues({ MessageText: 'ü', OtherHeaders: 'mime-version: 1.0' }), FIXED).header
    expect(own.match(/mime-version/gi)).toHaveLength(1)
    expect(outgoingMessage(letterValues({ MessageText: 'x'.repeat(998) }), FIXED).header).not.toContain('MIME')
  })

  it('a multipart that is ready goes as it stands [part of ipworks.behaviour.mime-attachments]', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const multipart = '--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGrüße\r\n--x--\r\n'
    const OtherHeaders = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x'
    for (const body of [{ MessageText: multipart }, { Message: Buffer.from(multipart) }]) {
      const { message, received } = await delivered(sink, letterValues({ OtherHeaders, ...body }))
      expect(received.content!.toString('utf8')).toBe(message.header + multipart)
      expect(message.header).toMatch(/boundary=x\r\n\r\n$/)
    }
  })

  it('Message goes octet for octet, and before MessageText [part of ipworks.prop.Message] [part of ipworks.behaviour.body-precedence]', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const octets = Buffer.from('a\n.b\r\xfc\0end', 'latin1')
    const { message, received } = await delivered(sink, letterValues({ Message: octets, MessageText: 'ignored' }))
    expect(received.content!.subarray(message.header.length)).toEqual(octets)
    const plain = outgoingMessage(letterValues({ Message: Buffer.from('a\r\n') }), FIXED)
    expect(plain.envelope.asIs).toBe(true)
    const teller = { start: () => undefined, step: () => undefined, end: () => undefined }
    expect(plain.content(teller)).toMatchObject({ canonical: true, encoding: '7bit' })
    const lone = outgoingMessage(letterValues({ Message: octets }), FIXED).content(teller)
    expect([lone.canonical, lone.encoding]).toEqual([undefined, '8bit'])
  })

  it('lines with NUL are not promised to be those of 7bit', () => {
    const OtherHeaders = 'Content-Type: text/plain'
    for (const [MessageText, encoding] of [
      ['a\0b', undefined],
      ['\0ü', '8bit'],
    ] as const) {
      const { envelope, content } = made(letterValues({ MessageText, OtherHeaders }))
      expect([envelope.asIs, content.canonical, content.encoding]).toEqual([true, undefined, encoding])
    }
    const { envelope, content } = made(letterValues({ MessageText: 'a', OtherHeaders }))
    expect([envelope.asIs, content.canonical, content.encoding]).toEqual([undefined, true, '7bit'])
  })

  it('whether it is whole is told of each kind; only a Message has to be looked at for it', () => {
    const isWhole = (...given: Parameters<typeof letterValues>) =>
      outgoingMessage(letterValues(...given), FIXED).isWhole()
    expect([isWhole(), isWhole({ MessageText: 'a\nü' }), isWhole({ Message: 'a\r\n' })]).toEqual([true, true, true])
    expect(['a\n', 'a', 'a\0\r\n'].map((Message) => isWhole({ Message }))).toEqual([false, false, false])
    expect(isWhole({ MessageText: '\0', OtherHeaders: 'Content-Type: text/plain' })).toBe(false)
    const stream = Readable.from(['a\r\n'])
    expect(outgoingMessage(letterValues(), { ...FIXED, stream }).isWhole()).toBe(false)
  })

  it('OtherHeaders with an empty line first is all of the header [part of ipworks.behaviour.header-override] [part of ipworks.prop.OtherHeaders]', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const values = letterValues({ OtherHeaders: '\r\nX-Only: 1', MessageText: 'Grüße' })
    const { received, commands } = await delivered(sink, values)
    expect(received.content!.toString('utf8')).toBe('X-Only: 1\r\n\r\nGrüße\r\n')
    expect(commands).toEqual(
      expect.arrayContaining([expect.stringMatching(/^MAIL FROM:<a@example\.test>/), 'RCPT TO:<b@example.test>']),
    )
    expect(headersOf(outgoingMessage(values, FIXED).header).map(({ field, value }) => [field, value])).toEqual([
      ['X-Only', '1'],
    ])
    expect(headersOf(headerSection(letterValues({ OtherHeaders: '\r\n' }), FIXED))).toEqual([])
  })

  it('a field that is there twice is told [part of ipworks.prop.OtherHeaders]', () => {
    const { notes, header: section } = outgoingMessage(
      letterValues({ OtherHeaders: 'DATE: x\r\nBcc: y@z\r\nX-A: 1' }),
      FIXED,
    )
    expect(notes).toEqual([
      'OtherHeaders repeats date: the message has both',
      'OtherHeaders has a field bcc: every recipient can read it',
    ])
    expect(section).toMatch(/^Date: .*\r\n[^]*DATE: x\r\nBcc: y@z\r\nX-A: 1\r\n\r\n$/)
  })
})

describe('the way of a body', () => {
  it('is told in steps, from the first octet to the last [part of ipworks.event.Transfer] [part of ipworks.event.StartTransfer] [part of ipworks.event.EndTransfer]', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const { told, teller } = listening()
    const octets = Buffer.alloc(1_000_000, 'abcdefg\r\n')
    const { received, message } = await delivered(sink, letterValues({ Message: octets }), FIXED, teller)
    expect(received.content!.subarray(message.header.length).equals(octets)).toBe(true)
    const steps = told.filter((one) => typeof one !== 'string')
    expect([told[0], told.at(-1), told.length]).toEqual(['start', 'end', steps.length + 2])
    expect(Buffer.concat(steps.map(({ text }) => text)).equals(octets)).toBe(true)
    const counts = steps.map(({ bytes }) => bytes)
    expect(counts).toEqual(counts.toSorted((one, other) => one - other))
    expect([counts.at(-1), steps.at(-1)!.percent]).toEqual([1_000_000, 100])
    expect(steps.length).toBeGreaterThan(10)
  })

  it('an empty body is not told', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const { told, teller } = listening()
    const { text, message } = await delivered(sink, letterValues(), FIXED, teller)
    expect(told).toEqual([])
    expect(text).toBe(message.header)
  })
})

interface Step {
  readonly text: Buffer
  readonly bytes: number
  readonly percent: number
}

/** Answers by turns at once and later. */
function listening(): { readonly told: (string | Step)[]; readonly teller: TransferTeller } {
  const told: (string | Step)[] = []
  const tell = (what: string | Step) => {
    told.push(what)
    return told.length % 2 === 0 ? Promise.resolve() : undefined
  }
  return {
    told,
    teller: {
      start: () => tell('start'),
      step: (text, bytes, percent) => tell({ text: Buffer.from(text), bytes, percent }),
      end: () => tell('end'),
    },
  }
}

function made(values: ReturnType<typeof letterValues>) {
  const message = outgoingMessage(values, FIXED)
  return { envelope: message.envelope, content: message.content() }
}

function parts(message: ReturnType<typeof outgoingMessage>) {
  return { header: message.header, transferText: message.transferText() }
}

function unquoted(text: string): string {
  const octets = text
    .replaceAll('=\r\n', '')
    .replace(/=([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
  return Buffer.from(octets, 'latin1').toString('utf8')
}

import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { rawMessage, type RawMessageOptions } from './raw-message.js'

const READ = { readRecipients: true } as const
const TO = { envelope: { reversePath: 's@s.example', recipients: ['r@r.example'] } } as const

const read = async (header: string, options: RawMessageOptions = READ) =>
  rawMessage(`${header}\r\n\r\nbody\r\n`, options)
const recipientsOf = async (header: string) => (await read(`From: f@f.example\r\n${header}`)).envelope.recipients

describe('rawMessage', () => {
  it('reads recipients, sender, Message-ID and date, and takes Bcc out of what is sent', async () => {
    const header =
      'From: Anna <a@a.example>\r\nto: b@b.example,\r\n\t"C, D" <c@c.example>\r\nCC: B@b.example, b@B.example\r\n' +
      'Bcc: hidden@h.example,\r\n other@h.example\r\nMessage-ID:\r\n <1@a.example> (x)\r\nDate: Fri, 21 Nov 2025 13:02:11 +0100'
    const message = await read(header)
    expect(message).toMatchObject({
      envelope: {
        reversePath: 'a@a.example',
        recipients: ['b@b.example', 'c@c.example', 'B@b.example', 'hidden@h.example', 'other@h.example'],
      },
      messageId: '<1@a.example>',
      date: new Date('2025-11-21T12:02:11Z'),
    })
    expect(message.headers.map(({ name }) => name)).toEqual(['From', 'to', 'CC', 'Message-ID', 'Date'])
    expect(message.headers[1]!.value).toBe('b@b.example,\t"C, D" <c@c.example>')
    const text = (await collect(message.content)).toString()
    expect(text).toBe(`${header.replace(/Bcc: .*\r\n .*\r\n/, '')}\r\n\r\nbody\r\n`)
    expect(message.content.sizeOctets).toBe(text.length)
  })

  it('takes Bcc out whoever names the recipients, unless it is to stay', async () => {
    const header = 'Bcc: h@h.example\r\nX: 1\r\nResent-Bcc: i@h.example'
    expect((await collect((await read(header, TO)).content)).toString()).toBe('X: 1\r\n\r\nbody\r\n')
    const kept = await read(header, { ...TO, keepBcc: true })
    expect((await collect(kept.content)).toString()).toBe(`${header}\r\n\r\nbody\r\n`)
    expect(kept.envelope).toEqual({ reversePath: 's@s.example', recipients: ['r@r.example'] })
  })

  it('sends to those it is told in front of those it reads', async () => {
    const options = { ...READ, envelope: { reversePath: '<>', recipients: ['First <r@r.example>'] } }
    const { envelope } = await read('From: f@f.example\r\nTo: t@t.example', options)
    expect(envelope).toEqual({ reversePath: '', recipients: ['r@r.example', 't@t.example'] })
  })

  it('takes Sender before the first From', async () => {
    expect((await read('To: t@t.example\r\nFrom: a@a.example, b@b.example')).envelope.reversePath).toBe('a@a.example')
    const header = 'To: t@t.example\r\nFrom: a@a.example, b@b.example\r\nSender: S <s@s.example>'
    expect((await read(header)).envelope.reversePath).toBe('s@s.example')
  })

  it('of a message that was sent on, the last time counts alone (RFC 5322 3.6.6)', async () => {
    const message = await read(
      'Resent-From: new@n.example\r\nResent-To: next@n.example\r\nResent-Bcc: blind@n.example\r\n' +
        'Received: from x by y; Fri, 21 Nov 2025 13:02:11 +0100\r\nResent-From: old@o.example\r\nResent-To: before@o.example\r\n' +
        'From: a@a.example\r\nTo: t@t.example',
    )
    expect(message.envelope).toEqual({
      reversePath: 'new@n.example',
      recipients: ['next@n.example', 'blind@n.example'],
    })
    expect((await collect(message.content)).toString()).not.toContain('blind')
    const twice = await read(
      'Resent-To: a@n.example\r\nResent-From: f@n.example\r\nResent-To: b@n.example\r\nTo: c@c.example',
    )
    expect(twice.envelope.recipients).toEqual(['a@n.example'])
  })

  it.each(['From: n@n.example', 'Date: Fri, 21 Nov 2025 13:02:11 +0100', 'Message-ID: <2@n.example>'])(
    'once any Resent- field stands there, To and Cc name nobody any more: Resent-%s',
    async (field) => {
      const header = `Resent-${field}\r\nFrom: a@a.example\r\nTo: t@t.example\r\nCc: c@c.example`
      await expect(read(header)).rejects.toMatchObject({
        code: 'envelope.recipients',
        hint: expect.stringContaining('Resent-To') as string,
      })
      const given = await read(header, { ...READ, envelope: { recipients: ['r@r.example'] } })
      expect(given.envelope.recipients).toEqual(['r@r.example'])
      expect((await read(`Resent-To: n@n.example\r\n${header}`)).envelope.recipients).toEqual(['n@n.example'])
    },
  )

  it('takes as many recipients as a header section can hold', async () => {
    const many = Array.from({ length: 130_000 }, (_, index) => `${index.toString(36)}@b`)
    expect((await recipientsOf(`To: ${many.join(',')}`)).length).toBe(many.length)
  })

  it.each([
    ['To: a@a.example, , b@b.example,', ['a@a.example', 'b@b.example']],
    ['To: undisclosed-recipients:;\r\nCc: a@a.example', ['a@a.example']],
    ['To: Team: a@a.example, "X, Y" <b@b.example>;, c@c.example', ['a@a.example', 'b@b.example', 'c@c.example']],
    ['To: (nobody, really)\r\nCc: a@a.example (\\) Anna)', ['a@a.example']],
    ['To:\r\n =?utf-8?Q?evil=40x.example?=\r\n\t<a@a.example>', ['a@a.example']],
    ['To: "evil@x.example, b@b.example"\r\n <a@a.example>', ['a@a.example']],
    ['To: a@a.example\r\nTo: b@b.example', ['a@a.example', 'b@b.example']],
    ['To: jürgen@bücher.example', ['jürgen@xn--bcher-kva.example']],
  ])('reads other programs’ %j', async (header, recipients) => {
    expect(await recipientsOf(header)).toEqual(recipients)
  })

  it.each([
    'To: <@route.example:a@a.example>',
    'To: a@b.example@c.example',
    'To: a@a.example b@b.example',
    'To: a@a . example',
    'To: Anna, X <a@a.example>',
    'To: a@a.example (',
    'To: "a@a.example',
    'To: a@a.example; b@b.example',
  ])('CVE-2025-13033: refuses %j rather than guess a domain', async (header) => {
    await expect(recipientsOf(header)).rejects.toMatchObject({ code: 'address.malformed', field: 'the To field' })
  })

  it('refuses an address in octets that are no UTF-8', async () => {
    const source = Buffer.from('From: f@f.example\r\nTo: j\xfcrgen@a.example\r\n\r\n', 'latin1')
    await expect(rawMessage(source, READ)).rejects.toMatchObject({ code: 'address.malformed' })
  })

  it('says that it needs SMTPUTF8 when an address or the header section is not ASCII', async () => {
    expect((await read('From: f@f.example\r\nTo: ü@u.example')).envelope.smtpUtf8).toBe(true)
    expect((await read('Subject: ü', TO)).envelope.smtpUtf8).toBe(true)
    expect((await read('Subject: u', TO)).envelope).not.toHaveProperty('smtpUtf8')
  })

  it('fails without recipients or sender before the body is read', async () => {
    let read = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('Subject: x\r\n\r\n')
      for (;;) {
        read++
        yield Buffer.alloc(1000)
      }
    }
    await expect(rawMessage(endless(), READ)).rejects.toMatchObject({ code: 'envelope.recipients' })
    const noSender = rawMessage(endless(), { envelope: { recipients: ['a@a.example'] } })
    await expect(noSender).rejects.toMatchObject({ code: 'envelope.reverse-path' })
    await expect(rawMessage(endless(), {})).rejects.toMatchObject({ code: 'envelope.recipients' })
    expect(read).toBe(0)
  })

  it('adds Date and Message-ID when asked, in front of what is there', async () => {
    const now = () => new Date('2025-11-21T12:02:11Z')
    const bare = await read('Subject: x', { ...TO, now })
    expect([bare.messageId, bare.date]).toEqual(['', now()])
    expect((await collect(bare.content)).toString()).toBe('Subject: x\r\n\r\nbody\r\n')
    const whole = await read('Subject: x', { ...TO, now, complete: true })
    expect(whole.messageId).toMatch(/^<[0-9a-f]{32}@s\.example>$/)
    const text = (await collect(whole.content)).toString()
    expect(text).toMatch(/^Date: \w{3}, \d+ Nov 2025 .*\r\nMessage-ID: <.*>\r\nSubject: x\r\n\r\nbody\r\n$/)
    expect(whole.content.sizeOctets).toBe(text.length)
    expect(whole.date).toEqual(now())
    const kept = await read('Date: whenever\r\nMessage-ID: odd', { ...TO, now, complete: true })
    expect((await collect(kept.content)).toString()).toBe('Date: whenever\r\nMessage-ID: odd\r\n\r\nbody\r\n')
    expect([kept.messageId, kept.date]).toEqual(['', now()])
  })

  it('leaves out the line that a mailbox file puts in front', async () => {
    const mbox = await read('From a@a.example Fri Nov 21 13:02:11 2025\r\nFrom: a@a.example\r\nTo: t@t.example')
    expect((await collect(mbox.content)).toString()).toBe('From: a@a.example\r\nTo: t@t.example\r\n\r\nbody\r\n')
    const field = await read('From : a@a.example\r\nTo: t@t.example')
    expect(field.envelope.reversePath).toBe('a@a.example')
    expect((await collect(field.content)).toString()).toContain('From : a@a.example\r\n')
  })

  it('sends a message with LF alone as one with CRLF, from a stream as from memory', async () => {
    const unix = 'From: f@f.example\nTo: t@t.example\nBcc: h@h.example\n\nbody ü\n'
    async function* stream(): AsyncGenerator<Uint8Array> {
      for (const octet of Buffer.from(unix)) yield Buffer.from([octet])
    }
    for (const source of [unix, stream()]) {
      const message = await rawMessage(source, READ)
      expect(message.envelope.recipients).toEqual(['t@t.example', 'h@h.example'])
      expect((await collect(message.content)).toString()).toBe('From: f@f.example\r\nTo: t@t.example\r\n\r\nbody ü\r\n')
      expect(message.content.recode('7bit').encoding).toBe('7bit')
    }
  })
})

import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { delivered, FIXED, letterValues, recipient, TO } from '../../../../test/compat/outgoing.js'
import { IPWorksError } from '../ipworks-error.js'
import { checkRecipients } from './message-envelope.js'
import { headerSection, headersOf, outgoingMessage } from './outgoing-message.js'

const header = (values: ReturnType<typeof letterValues>) => outgoingMessage(values, FIXED).header

function refusal(work: () => unknown): IPWorksError {
  try {
    work()
  } catch (error) {
    if (error instanceof IPWorksError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('the header of a message', () => {
  it('has its fields in one order, the own ones last [part of ipworks.behaviour.header-order]', () => {
    const values = letterValues(
      {
        From: 'Anna Berg <a@example.test>',
        ReplyTo: 'answers@example.test',
        Subject: 'Report',
        MessageDate: 'Sat, 21 Nov 2026 10:00:00 +0000',
        DeliveryNotificationTo: 'dn@example.test',
        ReadReceiptTo: 'rr@example.test',
        Priority: 2,
        Importance: 1,
        Sensitivity: 3,
        OtherHeaders: 'X-A: 1\r\nX-B: 2',
        MessageText: 'Hello',
      },
      {},
      [recipient('b@example.test', 0, 'Ann, B'), recipient('c@example.test', 1), recipient('d@example.test', 2)],
    )
    expect(header(values).split('\r\n')).toEqual([
      'Date: Sat, 21 Nov 2026 10:00:00 +0000',
      'From: Anna Berg <a@example.test>',
      'To: "Ann, B" <b@example.test>',
      'Cc: c@example.test',
      'Reply-To: answers@example.test',
      'Subject: Report',
      'Message-ID: <de8a847bff8c343d69b853a215e6ee775ef2ef96@client.example.test>',
      'Disposition-Notification-To: rr@example.test',
      'Return-Receipt-To: dn@example.test',
      'Priority: urgent',
      'Importance: high',
      'Sensitivity: Company-Confidential',
      'X-A: 1',
      'X-B: 2',
      '',
      '',
    ])
  })

  it.each([
    ['Priority', ['', 'normal', 'urgent', 'non-urgent']],
    ['Importance', ['', 'high', 'normal', 'low']],
    ['Sensitivity', ['', 'Personal', 'Private', 'Company-Confidential']],
  ] as const)(
    '%s: each of its values [part of ipworks.prop.Priority] [part of ipworks.prop.Importance] [part of ipworks.prop.Sensitivity]',
    (name, written) => {
      written.forEach((value, number) => {
        const fields = headersOf(header(letterValues({ [name]: number }))).filter(({ field }) => field === name)
        expect(fields.map((field) => field.value)).toEqual(value === '' ? [] : [value])
      })
    },
  )

  it('MessageDate: now, nothing, or as it stands [part of ipworks.prop.MessageDate]', () => {
    const date = (given: string) =>
      headersOf(header(letterValues({ MessageDate: given }))).find(({ field }) => field === 'Date')
    expect(new Date(date('*')!.value)).toEqual(FIXED.now())
    expect(date('')).toBeUndefined()
    expect(date('next Monday, about noon')?.value).toBe('next Monday, about noon')
    for (const hostile of ['now\r\nX: 1', 'now\0', 'demain à midi']) {
      expect(refusal(() => date(hostile))).toMatchObject({
        code: 10022,
        message: expect.stringContaining('MessageDate') as string,
      })
    }
  })

  it('MessageId: new each time, nothing, or as it stands in angle brackets [part of ipworks.prop.MessageId]', () => {
    const id = (given: string) =>
      headersOf(headerSection(letterValues({ MessageId: given }), { localName: 'h.example.test' })).find(
        ({ field }) => field === 'Message-ID',
      )?.value
    expect(id('*')).toMatch(/^<[0-9a-f]{40}@h\.example\.test>$/)
    expect(id('*')).not.toBe(id('*'))
    expect(id('')).toBeUndefined()
    expect([id('<4711@x.test>'), id('4711@x.test'), id('4711')]).toEqual(['<4711@x.test>', '<4711@x.test>', '<4711>'])
    expect(refusal(() => id('a b')).code).toBe(10022)
  })

  it('the domain of From stands in a new Message-ID where the machine has no name', () => {
    expect(headerSection(letterValues({ From: 'a@from.test' }), { localName: '' })).toMatch(
      /Message-ID: <[0-9a-f]+@from\.test>/,
    )
  })

  it.each([
    ['MD5', 32],
    ['sha1', 40],
    ['SHA256', 64],
  ])('MessageIdAlgorithm %s: %i digits [part of ipworks.config.MessageIdAlgorithm]', (algorithm, digits) => {
    expect(header(letterValues({}, { MessageIdAlgorithm: algorithm }))).toMatch(new RegExp(`<[0-9a-f]{${digits}}@`))
  })

  it('folds where MaxHeaderLength says, or nothing at all [part of ipworks.config.FoldHeaders] [part of ipworks.config.MaxHeaderLength] [part of ipworks.behaviour.folding]', () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      recipient(`somebody.number.${index}@department.example.test`, 1),
    )
    const cc = many.map(({ address }) => address).join(', ')
    const lines = (settings: object) => header(letterValues({}, settings, [TO, ...many])).split('\r\n')
    for (const length of [60, 80]) {
      const folded = lines({ MaxHeaderLength: length })
      expect(folded.filter((line) => line.length > length && line.trim().includes(' '))).toEqual([])
      expect(folded.length).toBeGreaterThan(20)
      expect(headersOf(folded.join('\r\n')).find(({ field }) => field === 'Cc')?.value).toBe(cc)
    }
    expect(cc.length).toBeGreaterThan(998)
    expect(lines({ FoldHeaders: false })).toContain(`Cc: ${cc}`)
  })

  it('encodes text in Charset, in UTF-8 without one [part of ipworks.config.Charset] [part of ipworks.prop.Subject]', () => {
    const subject = (charset: string) =>
      headersOf(header(letterValues({ Subject: 'Grüße' }, { Charset: charset })))[3]!.value
    expect(subject('ISO-8859-1')).toBe('=?ISO-8859-1?Q?Gr=FC=DFe?=')
    expect(subject('')).toBe(`=?utf-8?B?${Buffer.from('Grüße').toString('base64')}?=`)
    expect(subject('utf-8')).toBe(subject(''))
  })

  it('a text that Charset cannot represent is 434 [part of ipworks.error.434]', () => {
    for (const properties of [
      { Subject: 'Grüße' },
      { From: 'Jörg <a@example.test>' },
      { OtherHeaders: 'X-A: Grüße' },
    ]) {
      const error = refusal(() => header(letterValues(properties, { Charset: 'US-ASCII' })))
      expect(error.code).toBe(434)
      expect(error.message).toMatch(/^434: Text not convertible to the charset: US-ASCII has no character U\+00F[6C]/)
    }
  })

  it('takes names as people write them, and refuses what is no address', () => {
    expect(header(letterValues({ From: 'Miller, Anna <a@example.test>' }))).toContain(
      'From: "Miller, Anna" <a@example.test>',
    )
    expect(refusal(() => header(letterValues({ From: 'nobody' })))).toMatchObject({
      code: 10022,
      message: expect.stringMatching(/^\[10022\] Invalid argument: From .*"@"/) as string,
    })
    expect(refusal(() => header(letterValues({ From: 'Team: a@example.test;' }))).code).toBe(10022)
    expect(header(letterValues({ ReplyTo: 'Team: x@example.test;' }))).toContain('Reply-To: Team: x@example.test;')
  })

  it.each([
    'From',
    'ReplyTo',
    'Subject',
    'MessageDate',
    'MessageId',
    'ReadReceiptTo',
    'DeliveryNotificationTo',
  ] as const)('%s: a line end in it is refused', (name) => {
    for (const end of ['\r\n', '\n', '\r', '\u2028', '\0']) {
      const hostile = `a@example.test${end}Bcc: evil@example.test`
      expect(refusal(() => header(letterValues({ [name]: hostile })))).toMatchObject({
        code: 10022,
        message: expect.stringContaining(name) as string,
      })
    }
  })

  it('a name with a line end is refused', () => {
    const hostile = recipient('b@example.test', 0, 'B\r\nX: 1')
    expect(refusal(() => header(letterValues({}, {}, [hostile]))).code).toBe(10022)
  })

  it('can be read before anything is set', () => {
    expect(headersOf(headerSection(letterValues({ From: '' }, {}, []), FIXED)).map(({ field }) => field)).toEqual([
      'Date',
      'Message-ID',
    ])
  })
})

describe('who the message goes to', () => {
  it('needs a sender, then a recipient [part of ipworks.error.164] [part of ipworks.error.165] [part of ipworks.config.AllowEmptyTo]', () => {
    const code = (work: Parameters<typeof letterValues>) => refusal(() => checkRecipients(letterValues(...work))).code
    expect(code([{ From: '', ReturnPath: 'r@example.test' }])).toBe(164)
    expect(code([{ From: ' ' }, {}, []])).toBe(164)
    expect(code([{}, {}, []])).toBe(165)
    expect(code([{}, { AllowEmptyTo: true }, []])).toBe(165)
    const blind = [recipient('d@example.test', 2)]
    expect(code([{}, {}, blind])).toBe(165)
    const values = letterValues({}, { AllowEmptyTo: true }, blind)
    checkRecipients(values)
    expect(headersOf(header(values)).map(({ field }) => field)).toEqual(['Date', 'From', 'Message-ID'])
  })

  it('names them in the order of the list, each entry once, and blind copies nowhere in the header [part of ipworks.prop.MessageRecipients] [part of ipworks.prop.BCc]', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const list = [recipient('d@example.test', 2), recipient('c@example.test', 1), TO]
    const { commands, text } = await delivered(sink, letterValues({ MessageText: 'x' }, {}, list))
    expect(commands.filter((line) => line.startsWith('RCPT'))).toEqual([
      'RCPT TO:<d@example.test>',
      'RCPT TO:<c@example.test>',
      'RCPT TO:<b@example.test>',
    ])
    expect(text).not.toMatch(/d@example\.test|bcc/i)
  })

  it('the reverse-path is of ReturnPath, else of From; <> is none [part of ipworks.prop.ReturnPath]', () => {
    const path = (ReturnPath: string) =>
      outgoingMessage(letterValues({ From: 'Anna <a@example.test>', ReturnPath }), FIXED).envelope.reversePath
    expect([path(''), path('r@example.test'), path('<r@example.test>'), path('<>')]).toEqual([
      'a@example.test',
      'r@example.test',
      'r@example.test',
      '',
    ])
    expect(refusal(() => path('r@example.test, s@example.test')).code).toBe(10022)
  })

  it('To and Cc are required, blind copies are not, as StopOn* says [part of ipworks.config.StopOnToErrors]', () => {
    const list = [TO, recipient('c@example.test', 1), recipient('d@example.test', 2)]
    const required = (settings: object) => {
      const { recipients, keepOrder } = outgoingMessage(letterValues({}, settings, list), FIXED).envelope
      return [recipients.map((one) => typeof one !== 'string' && one.required === true), keepOrder]
    }
    expect(required({})).toEqual([[true, true, false], undefined])
    expect(required({ StopOnToErrors: false, StopOnBccErrors: true })).toEqual([[false, true, true], true])
  })

  it('asks for a DSN where the server offers it [part of ipworks.type.MessageRecipient.Options] [part of ipworks.example.dsn-options]', async () => {
    const list = [recipient('b@example.test', 0, '', 'NOTIFY SUCCESS,FAILURE,DELAY'), recipient('c@example.test', 0)]
    const values = letterValues({ MessageText: 'x' }, {}, list)
    const rcpt = async (extensions?: readonly string[]) => {
      await using sink = await SinkServer.start({ keepContent: true, ...(extensions && { extensions }) })
      return (await delivered(sink, values)).commands.filter((line) => line.startsWith('RCPT'))
    }
    expect(await rcpt()).toEqual(['RCPT TO:<b@example.test> NOTIFY=SUCCESS,FAILURE,DELAY', 'RCPT TO:<c@example.test>'])
    expect(await rcpt([])).toEqual(['RCPT TO:<b@example.test>', 'RCPT TO:<c@example.test>'])
    values.setProperty('AllowExtensions', false)
    const { envelope, notes } = outgoingMessage(values, FIXED)
    expect(envelope.recipients[0]).toEqual({ address: 'b@example.test', required: true })
    expect(notes).toEqual(['AllowExtensions is False: the options of b@example.test were left out'])
  })

  it('a mailbox outside ASCII goes as UTF-8, and asks for SMTPUTF8', async () => {
    await using sink = await SinkServer.start({ keepContent: true })
    const values = letterValues({ Subject: 'Grüße', MessageText: 'x' }, {}, [recipient('jörg@example.test')])
    const { message, received, commands } = await delivered(sink, values)
    expect(commands.find((line) => line.startsWith('MAIL'))).toContain('SMTPUTF8')
    expect(received.content!.toString('utf8')).toBe(message.header + message.transferText())
    expect(message.header).toContain('To: jörg@example.test\r\nSubject: Grüße')
  })

  it('SEND, SOML and SAML open the transaction where they are asked for', () => {
    const verb = (given?: 'MAIL' | 'SAML') => outgoingMessage(letterValues(), { ...FIXED, verb: given }).envelope.verb
    expect([verb(), verb('MAIL'), verb('SAML')]).toEqual([undefined, undefined, 'SAML'])
  })
})

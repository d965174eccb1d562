import { isTransient } from '@posthorn/smtp'
import type { SinkOptions } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { HOST, imported, LETTER, line, LOGIN, send, sendToSink, verbs } from './javamail-world.js'
import { LineServer } from './line-server.js'

const WITHOUT = { extensions: [] } satisfies SinkOptions

/** The MAIL line a server gets that offers these extensions and takes everything. */
async function mailLine(lines: readonly string[], extensions: readonly string[]): Promise<string> {
  await using server = await LineServer.start({ extensions })
  const { receipt } = await send([...lines, `mail.smtp.port=${server.port}`])
  expect(receipt?.deliveries[0]?.outcome).toBe('delivered')
  return line(server.lines, 'MAIL')!
}

describe('MAIL', () => {
  it('names mail.smtp.from, whoever wrote the message; an envelope for one message wins [javamail.mail.smtp.from]', async () => {
    const lines = ['mail.smtp.from=bounces@example.test']
    const { commands, content } = await sendToSink(lines, WITHOUT)
    expect(line(commands, 'MAIL')).toBe('MAIL FROM:<bounces@example.test>')
    expect(content).toContain('From: a@example.test\r\n')
    const own = await sendToSink(lines, WITHOUT, { envelope: { reversePath: 'own@example.test' } })
    expect(line(own.commands, 'MAIL')).toBe('MAIL FROM:<own@example.test>')
    expect(line((await sendToSink([], WITHOUT)).commands, 'MAIL')).toBe('MAIL FROM:<a@example.test>')
  })

  it('names the submitter where AUTH is offered, as xtext [javamail.mail.smtp.submitter]', async () => {
    const lines = ['mail.smtp.submitter=e+mc=2@example.test', ...LOGIN]
    expect(await mailLine(lines, ['AUTH PLAIN'])).toBe('MAIL FROM:<a@example.test> AUTH=e+2Bmc+3D2@example.test')
    expect(await mailLine(lines, [])).toBe('MAIL FROM:<a@example.test>')
  })

  it('says how much a notification returns where DSN is offered [javamail.mail.smtp.dsn.ret]', async () => {
    for (const ret of ['FULL', 'HDRS']) {
      const { commands } = await sendToSink([`mail.smtp.dsn.ret=${ret}`], { extensions: ['DSN'] })
      expect(line(commands, 'MAIL')).toBe(`MAIL FROM:<a@example.test> RET=${ret}`)
      const without = await sendToSink([`mail.smtp.dsn.ret=${ret}`], WITHOUT)
      expect(line(without.commands, 'MAIL')).toBe('MAIL FROM:<a@example.test>')
    }
  })

  it('ends with what mailextension says, after one blank; a line end is refused [javamail.mail.smtp.mailextension]', async () => {
    const lines = ['mail.smtp.mailextension=XVERP=-+ MT-PRIORITY=3']
    expect(await mailLine(lines, ['XVERP', 'MT-PRIORITY'])).toBe('MAIL FROM:<a@example.test> XVERP=-+ MT-PRIORITY=3')
    for (const end of ['\\r\\n', '\\n', '\\r']) {
      const make = () => imported(HOST, `mail.smtp.mailextension=XVERP${end}RCPT TO:<x@example.test>`)
      expect(make).toThrow(expect.objectContaining({ code: 'import.format', field: 'mail.smtp.mailextension' }))
    }
  })

  it('says SMTPUTF8 with allowutf8 where it is offered; where it is not, an address that needs it fails [javamail.mail.mime.allowutf8]', async () => {
    const lines = ['mail.mime.allowutf8=true']
    const offers = { extensions: ['8BITMIME', 'SMTPUTF8'] }
    const needing = { draft: { ...LETTER, to: 'jürgen@example.test' } }
    expect(line((await sendToSink(lines, offers)).commands, 'MAIL')).toBe('MAIL FROM:<a@example.test> SMTPUTF8')
    expect(line((await sendToSink(lines, WITHOUT)).commands, 'MAIL')).toBe('MAIL FROM:<a@example.test>')
    const reached = await sendToSink(lines, offers, needing)
    expect(reached.message?.recipients).toEqual(['jürgen@example.test'])
    const failed = await sendToSink(lines, { extensions: ['8BITMIME'] }, needing)
    expect(failed.error).toMatchObject({ code: 'extension.missing' })
    expect([line(failed.commands, 'RCPT'), failed.message]).toEqual([undefined, undefined])
    expect(line((await sendToSink(['mail.mime.allowutf8=false'], offers)).commands, 'MAIL')).not.toContain('SMTPUTF8')
  })
})

describe('RCPT', () => {
  it.each(['NEVER', 'SUCCESS', 'SUCCESS,FAILURE,DELAY'])(
    'asks for notifications of %s where DSN is offered [javamail.mail.smtp.dsn.notify]',
    async (notify) => {
      const lines = [`mail.smtp.dsn.notify=${notify}`]
      const { commands } = await sendToSink(lines, { extensions: ['DSN'] })
      expect(line(commands, 'RCPT')).toMatch(
        new RegExp(`^RCPT TO:<b@example\\.test> NOTIFY=${notify} ORCPT=rfc822;b@example\\.test$`),
      )
      expect(line((await sendToSink(lines, WITHOUT)).commands, 'RCPT')).toBe('RCPT TO:<b@example.test>')
    },
  )

  it('other conditions are refused at import [part of javamail.mail.smtp.dsn.notify]', () => {
    for (const value of ['ALWAYS', 'NEVER,SUCCESS']) {
      expect(() => imported(HOST, `mail.smtp.dsn.notify=${value}`)).toThrow(
        expect.objectContaining({ code: 'import.format', field: 'mail.smtp.dsn.notify' }),
      )
    }
  })
})

describe('the content', () => {
  it('allow8bitmime: texts go as 8bit where 8BITMIME is offered, and MAIL says so [javamail.mail.smtp.allow8bitmime]', async () => {
    const draft = { ...LETTER, text: 'Grüße aus Köln\n' }
    const eight = ['mail.smtp.allow8bitmime=true']
    const offered = await sendToSink(eight, { extensions: ['8BITMIME'] }, { draft })
    expect(offered.content).toMatch(/Content-Transfer-Encoding: 8bit\r\n\r\nGrüße aus Köln\r\n$/)
    expect(line(offered.commands, 'MAIL')).toBe('MAIL FROM:<a@example.test> BODY=8BITMIME')
    for (const [lines, extensions, text] of [
      [eight, [], draft.text],
      [['mail.smtp.allow8bitmime=false'], ['8BITMIME'], draft.text],
      [[], ['8BITMIME'], draft.text],
      [eight, ['8BITMIME'], `${'ü'.repeat(600)}\n`], // a line of more than 998 octets
    ] as const) {
      const sent = await sendToSink(lines, { extensions }, { draft: { ...draft, text } })
      expect(sent.content).toMatch(/Content-Transfer-Encoding: (?:quoted-printable|base64)\r\n/)
      expect(line(sent.commands, 'MAIL')).toBe('MAIL FROM:<a@example.test>')
    }
  })

  it('chunksize: it goes by BDAT in pieces of that size; where CHUNKING is not offered by DATA [javamail.mail.smtp.chunksize]', async () => {
    const draft = { ...LETTER, text: 'x'.repeat(70).concat('\n').repeat(20) }
    const { commands, message } = await sendToSink(['mail.smtp.chunksize=500'], { extensions: ['CHUNKING'] }, { draft })
    const pieces = commands.filter((text) => text.startsWith('BDAT'))
    const rest = message!.octets % 500
    expect(pieces).toEqual([...Array<string>(Math.floor(message!.octets / 500)).fill('BDAT 500'), `BDAT ${rest} LAST`])
    const without = await sendToSink(['mail.smtp.chunksize=500'], WITHOUT, { draft })
    expect([verbs(without.commands), without.message !== undefined]).toEqual(['EHLO, MAIL, RCPT, DATA, QUIT', true])
    const off = await sendToSink(['mail.smtp.chunksize=-1'], { extensions: ['CHUNKING'] }, { draft })
    expect(verbs(off.commands)).toBe('EHLO, MAIL, RCPT, DATA, QUIT')
  })
})

describe('recipients that are refused', () => {
  /** Answers each recipient with the code in its name, `x450@example.test`. */
  const byName: SinkOptions = {
    extensions: ['ENHANCEDSTATUSCODES'],
    replyTo: (verb, argument) => {
      const [, code] = /^TO:<x(\d{3})@/.exec(argument) ?? []
      return verb === 'RCPT' && code !== undefined ? `${code} said so` : undefined
    },
  }
  const to = (...codes: readonly (number | string)[]) => ({
    draft: { ...LETTER, to: codes.map((code) => `x${code}@example.test`) },
  })
  const outcomes = ({ receipt }: Awaited<ReturnType<typeof sendToSink>>) =>
    receipt?.deliveries.map((delivery) =>
      delivery.outcome === 'refused' ? (isTransient(delivery) ? 'for now' : 'for good') : delivery.outcome,
    )

  it.each([
    [[250, 450, 550], ['delivered', 'for now', 'for good'], 'for now'],
    [[250, 450], ['delivered', 'for now'], 'for now'],
    [[250, 550], ['delivered', 'for good'], 'for good'],
  ])(
    'sendpartial and %j: true sends to the others, false to nobody [javamail.mail.smtp.sendpartial]',
    async (codes, each) => {
      const partial = await sendToSink(['mail.smtp.sendpartial=true'], byName, to(...codes))
      expect([partial.error, outcomes(partial), partial.message?.recipients]).toEqual([
        ...[undefined, each, ['x250@example.test']],
      ])
      for (const lines of [['mail.smtp.sendpartial=false'], []]) {
        const none = await sendToSink(lines, byName, to(...codes))
        expect(none.error).toMatchObject({ code: 'smtp.rcpt.refused' })
        expect([none.message, outcomes(none)?.includes('delivered')]).toEqual([undefined, false])
        expect(verbs(none.commands)).toMatch(/RCPT, RSET, QUIT$/)
      }
    },
  )

  it.each([[[450, 550]], [[450]], [[550, 550]]])(
    'nobody is accepted of %j: it fails whatever sendpartial says [part of javamail.mail.smtp.sendpartial]',
    async (codes) => {
      for (const value of ['true', 'false']) {
        const { error, message, commands } = await sendToSink([`mail.smtp.sendpartial=${value}`], byName, to(...codes))
        expect(error).toMatchObject({ code: 'smtp.rcpt.refused' })
        expect([message, line(commands, 'DATA')]).toEqual([undefined, undefined])
      }
      const all = await sendToSink(['mail.smtp.sendpartial=false'], byName, to(250, 251))
      expect(outcomes(all)).toEqual(['delivered', 'delivered'])
    },
  )

  it('the result always has both lists, with reportsuccess and without [javamail.mail.smtp.reportsuccess]', async () => {
    for (const lines of [['mail.smtp.reportsuccess=true'], ['mail.smtp.reportsuccess=false'], []]) {
      const { error, receipt } = await sendToSink([...lines, 'mail.smtp.sendpartial=true'], byName, to(250, 550, 251))
      const named = (outcome: string) =>
        receipt!.deliveries.filter((each) => each.outcome === outcome).map(({ recipient }) => recipient)
      expect([error, named('delivered'), named('refused')]).toEqual([
        undefined,
        ['x250@example.test', 'x251@example.test'],
        ['x550@example.test'],
      ])
    }
    const { of } = imported(HOST, 'mail.smtp.reportsuccess=true')
    expect(of('mail.smtp.reportsuccess')).toMatchObject([{ verdict: 'ignored' }])
  })

  it.each([
    [[250, 251, 259], 'delivered'],
    [[450, 451, 452, 459, 552], 'for now'],
    [[500, 501, 503, 550, 551, 553, 554], 'for good'],
  ])('the replies %j to RCPT are %s [javamail.behaviour.rcpt-codes]', async (codes, expected) => {
    const lines = ['mail.smtp.sendpartial=true']
    for (const code of codes) {
      const draft = { ...LETTER, to: ['b@example.test', `x${code}@example.test`] }
      const sent = await sendToSink(lines, byName, { draft })
      expect([code, outcomes(sent)]).toEqual([code, ['delivered', expected]])
    }
  })

  it('any other reply to RCPT ends the transaction for everybody [part of javamail.behaviour.rcpt-codes]', async () => {
    for (const code of [354, 334]) {
      const { error, message, commands, receipt } = await sendToSink(
        ['mail.smtp.sendpartial=true'],
        byName,
        to(250, code),
      )
      expect([error !== undefined, message, line(commands, 'DATA')]).toEqual([true, undefined, undefined])
      expect(receipt!.deliveries.some(({ outcome }) => outcome === 'delivered')).toBe(false)
    }
  })
})

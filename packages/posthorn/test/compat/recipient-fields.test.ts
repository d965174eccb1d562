import { describe, expect, test } from 'vitest'
import { Header, MessageRecipient, type SMTP } from '../../src/compat/ipworks/index.js'
import { LineServer } from '../parity/line-server.js'
import { component, failure, heardBy, sink, trailOf } from './component.js'
import { decodedWords, received } from './received.js'

/** A component with nobody to send to. */
function toNobody(server: { readonly port: number }): SMTP {
  const smtp = component(server)
  smtp.messageRecipients.clear()
  return smtp
}

function someone(address: string, fields: Partial<MessageRecipient> = {}): MessageRecipient {
  return Object.assign(new MessageRecipient(address), fields)
}

describe('[ipworks.type.MessageRecipient] somebody the message goes to', () => {
  test('[ipworks.type.MessageRecipient.Address] RCPT and the field of its type have it', async () => {
    const server = await sink()
    const smtp = toNobody(server)
    const recipient = new MessageRecipient()
    recipient.setAddress('a@x.test')
    expect([recipient.address, recipient.recipientType]).toEqual(['a@x.test', MessageRecipient.rtTo])
    smtp.messageRecipients.add(recipient)
    await smtp.send()
    expect(server.sessions[0]!.commands).toContain('RCPT TO:<a@x.test>')
    expect(received(server).valuesOf('To')).toEqual(['a@x.test'])
    recipient.address = 'b@x.test' // changed in its place, for the next message
    await smtp.send()
    expect(server.sessions[1]!.commands).toContain('RCPT TO:<b@x.test>')
    expect(received(server).valuesOf('To')).toEqual(['b@x.test'])
    // @ts-expect-error: a program in JavaScript says anything
    expect(() => (recipient.address = undefined)).toThrow(expect.objectContaining({ code: 10022 }))
    for (const wrong of ['x', 'a@x.test\r\nDATA', 'a@x.test, b@x.test']) {
      recipient.address = wrong
      expect((await failure(smtp.send())).code).toBe(10022)
    }
    expect(server.ledger).toHaveLength(2)
  })

  test('[ipworks.type.MessageRecipient.Name] it stands before the address, in quotes or encoded where it must', async () => {
    const server = await sink()
    for (const [name, shown] of [
      ['Ann', 'Ann <a@x.test>'],
      ['Ann, B', '"Ann, B" <a@x.test>'],
      ['Ann "the" B', '"Ann \\"the\\" B" <a@x.test>'],
      ['Änne', 'Änne <a@x.test>'],
      ['', 'a@x.test'],
    ] as const) {
      const smtp = toNobody(server)
      smtp.messageRecipients.add(someone('a@x.test', { name }))
      await smtp.send()
      const [value = ''] = received(server).valuesOf('To')
      expect(value).toMatch(/^[ -~]+$/)
      expect(decodedWords(value)).toBe(shown)
      expect(server.ledger.at(-1)!.recipients).toEqual(['a@x.test'])
    }
    const smtp = toNobody(server)
    smtp.messageRecipients.add(someone('a@x.test', { name: 'Ann\r\nX-Bad: 1' }))
    const before = server.ledger.length
    expect(await failure(smtp.send())).toMatchObject({ code: 10022 })
    expect(server.ledger).toHaveLength(before)
  })

  test.each([
    ['NOTIFY SUCCESS,FAILURE,DELAY', 'NOTIFY=SUCCESS,FAILURE,DELAY'],
    ['NOTIFY=SUCCESS,FAILURE,DELAY', 'NOTIFY=SUCCESS,FAILURE,DELAY'],
    ['notify NEVER', 'NOTIFY=NEVER'],
    ['NOTIFY=FAILURE ORCPT=rfc822;a@x.test', 'NOTIFY=FAILURE ORCPT=rfc822;a@x.test'],
    ['X-ANY=thing RRVS=2014-04-03T23:01:00Z', 'X-ANY=thing RRVS=2014-04-03T23:01:00Z'],
  ])('[ipworks.type.MessageRecipient.Options] %s', async (options, sent) => {
    await using server = await LineServer.start({ extensions: ['DSN'] })
    const smtp = toNobody(server)
    smtp.messageRecipients.add(someone('a@x.test', { options }))
    smtp.messageRecipients.add(someone('b@x.test'))
    await smtp.send()
    expect(server.lines.filter((line) => line.startsWith('RCPT'))).toEqual([
      `RCPT TO:<a@x.test> ${sent}`,
      'RCPT TO:<b@x.test>',
    ])
  })

  test('[part of ipworks.type.MessageRecipient.Options] without DSN what asks for notes is left out, and that is said; without extensions all of it is', async () => {
    await using server = await LineServer.start()
    const smtp = toNobody(server)
    smtp.messageRecipients.add(someone('a@x.test', { options: 'NOTIFY SUCCESS ORCPT=rfc822;a@x.test X-ANY=thing' }))
    const heard = heardBy(smtp, ['PITrail'])
    await smtp.send()
    const rcpt = () => server.lines.splice(0).filter((line) => line.startsWith('RCPT'))
    expect(rcpt()).toEqual(['RCPT TO:<a@x.test> X-ANY=thing'])
    expect(trailOf(heard).filter((line) => line.startsWith('-- '))).toEqual([
      expect.stringMatching(/no DSN.*a@x\.test/),
    ])
    smtp.allowExtensions = false
    await smtp.send()
    expect(rcpt()).toEqual(['RCPT TO:<a@x.test>'])
    smtp.allowExtensions = true
    smtp.messageRecipients[0]!.options = 'NOTIFY=SUCCESS\r\nDATA'
    expect(await failure(smtp.send())).toMatchObject({
      code: 10022,
      message: expect.stringContaining('Options') as string,
    })
  })

  test('[ipworks.type.MessageRecipient.RecipientType] it decides the field of the header, and what a refusal is', async () => {
    const server = await sink({
      replyTo: (verb, argument) => (verb === 'RCPT' && argument.includes('gone') ? '550 5.1.1 nobody' : undefined),
    })
    const { rtTo, rtCc, rtBcc } = MessageRecipient
    expect([rtTo, rtCc, rtBcc]).toEqual([0, 1, 2])
    const smtp = toNobody(server)
    for (const [address, type] of [
      ['bcc@x.test', rtBcc],
      ['to@x.test', rtTo],
      ['cc@x.test', rtCc],
    ] as const) {
      smtp.messageRecipients.add(new MessageRecipient(address, type))
    }
    await smtp.send()
    expect(server.ledger[0]!.recipients).toEqual(['bcc@x.test', 'to@x.test', 'cc@x.test'])
    expect(['To', 'Cc', 'Bcc'].map((name) => received(server).valuesOf(name))).toEqual([
      ['to@x.test'],
      ['cc@x.test'],
      [],
    ])
    expect(server.ledger[0]!.content!.toString()).not.toContain('bcc@x.test')
    for (const type of [rtTo, rtCc, rtBcc]) {
      const refused = toNobody(server)
      refused.messageRecipients.add(new MessageRecipient('to@x.test'))
      refused.messageRecipients.add(new MessageRecipient('gone@x.test', type))
      const heard = heardBy(refused, ['Error'])
      const sent = refused.send()
      if (type === rtBcc) await sent
      else expect(await failure(sent)).toMatchObject({ code: 161, recipient: 'gone@x.test' })
      expect(heard).toHaveLength(type === rtBcc ? 1 : 0)
    }
    expect(server.ledger).toHaveLength(2)
    for (const wrong of [3, -1, '9', null]) {
      expect(() => Object.assign(new MessageRecipient(), { recipientType: wrong })).toThrow(
        expect.objectContaining({ code: 10022 }),
      )
    }
  })
})

describe('[ipworks.type.Header] a field of the header', () => {
  test('[ipworks.type.Header.Field] [ipworks.type.Header.Value] its name in the case it has, and its text unfolded', async () => {
    const server = await sink()
    const smtp = component(server)
    const subject = 'A subject that is longer than a line of the header may be, so that it must be folded somewhere'
    smtp.subject = subject
    smtp.otherHeaders = 'x-MiXed: One\r\n Two\r\n'
    const before = smtp.messageHeaders.find(({ field }) => field === 'Subject')!
    expect(before).toBeInstanceOf(Header)
    expect([before.field, before.value]).toEqual(['Subject', subject])
    expect([before.getField(), before.getValue()]).toEqual(['Subject', subject])
    await smtp.send()
    const fields = smtp.messageHeaders.map(({ field, value }) => [field, value])
    expect(fields).toContainEqual(['Subject', subject])
    expect(fields).toContainEqual(['x-MiXed', 'One Two'])
    expect(fields).toContainEqual(['To', 'bruno@example.test'])
    for (const [, value] of fields) expect(value).not.toMatch(/[\r\n]/)
    expect(server.ledger[0]!.content!.toString()).toMatch(/^Subject: .*\r\n /m)
    expect([new Header('X-Name', 'v').field, new Header().value]).toEqual(['X-Name', ''])
  })
})

import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { ReplyError, type Envelope } from '../src/index.js'
import { clientFor } from './support.js'

/** The MAIL and RCPT lines of one message to a server with these extensions. */
async function lines(extensions: readonly string[], envelope: Partial<Envelope>): Promise<string[]> {
  await using sink = await SinkServer.start({
    extensions,
    replyTo: (verb) => (/^(?:MAIL|RCPT)$/.test(verb) ? '250 ok' : undefined),
  })
  const client = clientFor(sink)
  const sending = client.send({
    envelope: { reversePath: 'a@example.test', recipients: ['b@example.test'], ...envelope },
    content: 'Subject: x\r\n\r\n',
  })
  // a parameter that this server has no use for
  await sending.catch((error: unknown) => {
    if (!(error instanceof ReplyError)) throw error
  })
  await client.close()
  return sink.sessions[0]!.commands.filter((line) => /^(?:MAIL|RCPT)/.test(line))
}

describe('status notifications', () => {
  it.each([
    [['never'], 'NOTIFY=NEVER'],
    [['success', 'failure', 'delay'], 'NOTIFY=SUCCESS,FAILURE,DELAY'],
  ] as const)('%j in RCPT where DSN is offered [part of javamail.mail.smtp.dsn.notify]', async (notify, text) => {
    const recipients = [{ address: 'b@example.test', notify: { prefer: notify } }]
    expect((await lines(['DSN'], { recipients }))[1]).toBe(
      `RCPT TO:<b@example.test> ${text} ORCPT=rfc822;b@example.test`,
    )
    expect((await lines([], { recipients }))[1]).toBe('RCPT TO:<b@example.test>')
  })

  it.each([
    ['full', 'RET=FULL'],
    ['headers', 'RET=HDRS'],
  ] as const)('%s in MAIL where DSN is offered [part of javamail.mail.smtp.dsn.ret]', async (ret, text) => {
    expect((await lines(['DSN'], { ret: { prefer: ret } }))[0]).toBe(`MAIL FROM:<a@example.test> ${text}`)
    expect((await lines([], { ret: { prefer: ret } }))[0]).toBe('MAIL FROM:<a@example.test>')
  })
})

describe('who submitted', () => {
  it('is xtext in MAIL where AUTH is offered [part of javamail.mail.smtp.submitter]', async () => {
    const auth = { prefer: 'e+mc2=x@example.test' }
    expect((await lines(['AUTH PLAIN'], { auth }))[0]).toBe('MAIL FROM:<a@example.test> AUTH=e+2Bmc2+3Dx@example.test')
    expect((await lines([], { auth }))[0]).toBe('MAIL FROM:<a@example.test>')
  })
})

describe('parameters of the caller', () => {
  it('stand behind MAIL FROM, after one blank [part of javamail.mail.smtp.mailextension]', async () => {
    const parameters = [{ keyword: 'X-TRACE', text: 'X-TRACE=12' }]
    expect((await lines(['X-TRACE'], { parameters }))[0]).toBe('MAIL FROM:<a@example.test> X-TRACE=12')
  })

  it('go whatever is offered when no keyword is named', async () => {
    const parameters = [{ keyword: '', text: 'X-TRACE=12' }]
    expect((await lines([], { parameters }))[0]).toBe('MAIL FROM:<a@example.test> X-TRACE=12')
  })

  it.each(['X-TRACE=1\r\nRCPT TO:<c@example.test>', 'X-TRACE=1\n', 'X-TRACE=1\r', 'X-TRACE=1 BODY=7BIT'])(
    '%j never becomes a line or a parameter of its own [part of javamail.mail.smtp.mailextension]',
    async (text) => {
      await expect(lines(['X-TRACE'], { parameters: [{ keyword: 'X-TRACE', text }] })).rejects.toMatchObject({
        code: 'envelope.parameter',
      })
    },
  )
})

import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { isSendFailure, isTransient, type Receipt, type Recipient, type SendOptions } from '../src/index.js'
import { clientFor, receiptOf } from './support.js'

const CONTENT = 'Subject: x\r\n\r\nx\r\n'

interface Sent {
  readonly receipt: Receipt
  /** Of the message the server took, if it took one. */
  readonly taken: readonly string[] | undefined
  readonly commands: readonly string[]
}

/** Sends to recipients that are answered with the code in their name: `x550@example.test`. */
async function sendTo(recipients: readonly (string | Recipient)[], options: SendOptions = {}): Promise<Sent> {
  await using sink = await SinkServer.start({
    extensions: ['ENHANCEDSTATUSCODES'],
    replyTo: (verb, argument) => {
      const [, code] = /^TO:<x(\d{3})@/.exec(argument) ?? []
      return verb === 'RCPT' && code !== undefined ? `${code} said so` : undefined
    },
  })
  const client = clientFor(sink)
  const receipt = await receiptOf(
    client,
    { envelope: { reversePath: 'a@example.test', recipients }, content: CONTENT },
    options,
  )
  await client.close()
  return { receipt, taken: sink.ledger[0]?.recipients, commands: sink.sessions.flatMap((session) => session.commands) }
}

const group = ({ receipt }: Sent, index: number): string => {
  const delivery = receipt.deliveries[index]!
  return delivery.outcome === 'refused'
    ? isTransient(delivery)
      ? 'refused for now'
      : 'refused for good'
    : delivery.outcome
}

describe('the reply to RCPT', () => {
  it.each([
    [['250', '251', '252', '259'], 'delivered'],
    [['450', '451', '452', '455', '499', '552'], 'refused for now'],
    [['500', '501', '503', '550', '551', '553', '554', '555', '599'], 'refused for good'],
  ])('%j are %s [part of javamail.behaviour.rcpt-codes]', async (codes, expected) => {
    for (const code of codes) {
      const sent = await sendTo(['b@example.test', `x${code}@example.test`])
      expect([code, group(sent, 0), group(sent, 1)]).toEqual([code, 'delivered', expected])
      expect(sent.taken?.includes(`x${code}@example.test`)).toBe(expected === 'delivered')
    }
  })

  it('anything else ends it for everybody: the session is in doubt [part of javamail.behaviour.rcpt-codes]', async () => {
    const sent = await sendTo(['b@example.test', 'x354@example.test'])
    expect([group(sent, 0), group(sent, 1), sent.taken]).toEqual(['notSent', 'notSent', undefined])
    expect(sent.commands).not.toContain('DATA')
  })

  it('552 alone makes the error transient, as 452 does (RFC 5321 4.5.3.1.10)', async () => {
    await using sink = await SinkServer.start({ replyTo: (verb) => (verb === 'RCPT' ? '552 too many' : undefined) })
    const error: unknown = await clientFor(sink)
      .send({ envelope: { reversePath: '', recipients: ['b@example.test'] }, content: CONTENT })
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'smtp.rcpt.refused', outcome: 'transient' })
  })
})

describe('partial delivery', () => {
  const mixed = ['b@example.test', 'x450@example.test', 'x550@example.test']

  it('those accepted get the mail, the rest are reported [part of javamail.mail.smtp.sendpartial]', async () => {
    const sent = await sendTo(mixed)
    expect([0, 1, 2].map((index) => group(sent, index))).toEqual(['delivered', 'refused for now', 'refused for good'])
    expect(sent.taken).toEqual(['b@example.test'])
  })

  it('nobody accepted: it fails [part of javamail.mail.smtp.sendpartial]', async () => {
    const sent = await sendTo(mixed.slice(1))
    expect([0, 1].map((index) => group(sent, index))).toEqual(['refused for now', 'refused for good'])
    expect(sent.commands).not.toContain('DATA')
  })

  it.each(['x450@example.test', 'x550@example.test'])(
    'not wanted: %s refused, RSET, and nothing is sent [part of javamail.mail.smtp.sendpartial]',
    async (refused) => {
      const sent = await sendTo(['b@example.test', refused], { recipients: 'all' })
      expect(group(sent, 0)).toBe('notSent')
      expect([sent.taken, sent.commands.includes('DATA'), sent.commands.at(-2)]).toEqual([undefined, false, 'RSET'])
    },
  )

  it('the receipt has both lists, accepted and refused, without being asked [part of javamail.mail.smtp.reportsuccess]', async () => {
    const { receipt } = await sendTo(mixed)
    const named = (outcome: string) =>
      receipt.deliveries.filter((delivery) => delivery.outcome === outcome).map(({ recipient }) => recipient)
    expect(named('delivered')).toEqual(['b@example.test'])
    expect(named('refused')).toEqual(['x450@example.test', 'x550@example.test'])
    expect(receipt.deliveries.map(({ reply }) => reply?.code)).toEqual([250, 450, 550])
  })
})

describe('a required recipient', () => {
  const required = (address: string): Recipient => ({ address, required: true })

  it('refused: nobody gets it; accepted: it goes, whoever else is refused', async () => {
    const without = await sendTo(['b@example.test', required('x550@example.test'), 'c@example.test'])
    expect([0, 1, 2].map((index) => group(without, index))).toEqual(['notSent', 'refused for good', 'notSent'])
    const withIt = await sendTo(['x550@example.test', required('b@example.test'), 'c@example.test'])
    expect([0, 1, 2].map((index) => group(withIt, index))).toEqual(['refused for good', 'delivered', 'delivered'])
    expect(withIt.taken).toEqual(['b@example.test', 'c@example.test'])
  })

  it('false is the same as left out, and with all every one is required', async () => {
    const sent = await sendTo([{ address: 'x550@example.test', required: false }, 'b@example.test'])
    expect(group(sent, 1)).toBe('delivered')
    const all = await sendTo([{ address: 'x550@example.test', required: false }, required('b@example.test')], {
      recipients: 'all',
    })
    expect(group(all, 1)).toBe('notSent')
  })

  it('a thousand others are no reason to split before it: it goes first, the last ones behind its reply', async () => {
    await using sink = await SinkServer.start({ digest: false, maxRecipients: 700 })
    const client = clientFor(sink, { pool: { maxConnections: 4 } })
    const recipients = [
      ...Array.from({ length: 1_200 }, (_, number) => `r${number}@example.test`),
      required('b@example.test'),
    ]
    const receipt = await client.send({ envelope: { reversePath: '', recipients }, content: CONTENT })
    expect(receipt.deliveries.every(({ outcome }) => outcome === 'delivered')).toBe(true)
    expect(sink.ledger.map((message) => message.recipients.length)).toEqual([700, 501])
    expect(sink.ledger[0]!.recipients[0]).toBe('b@example.test')
    await client.close()
  })

  it('is true or false: a word is a mistake', async () => {
    const client = clientFor({ port: 1 })
    const recipients = [{ address: 'b@example.test', required: 'yes' as unknown as boolean }]
    const error: unknown = await client
      .send({ envelope: { reversePath: '', recipients }, content: CONTENT })
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'envelope.type', field: 'envelope.recipients[0].required' })
    expect(isSendFailure(error)).toBe(false)
    await client.close()
  })
})

import {
  ApiError,
  ConnectError,
  InvariantError,
  ProtocolError,
  ReplyError,
  SettingsError,
  type Phase,
  type PosthornError,
} from '@posthorn/ground'
import { RecipientsRefused, type Delivery, type Envelope } from '@posthorn/smtp'
import { describe, expect, it } from 'vitest'
import { isBeforeMessage, verdictOf, verdictOfFailure } from './verdict.js'

const ENVELOPE: Envelope = {
  reversePath: '',
  recipients: ['a@example.test', { address: 'b@example.test' }, 'c@example.test'],
}

function delivery(recipient: string, outcome: Delivery['outcome'], code?: number, facts: object = {}): Delivery {
  const reply = code === undefined ? {} : { reply: { code, lines: ['x'] } }
  return { recipient: `${recipient}@example.test`, outcome, phase: 'rcpt', at: 0, ...reply, ...facts }
}

function withReceipt<E extends PosthornError>(error: E, deliveries: readonly Delivery[]): E {
  return Object.assign(error, { receipt: { deliveries } })
}

function reply(phase: Phase, code: number): ReplyError {
  const outcome = code < 500 ? 'transient' : 'permanent'
  return new ReplyError('smtp.refused', 'no', { phase, outcome, reply: { code, lines: ['no'] } })
}

const protocol = (phase: Phase, outcome: 'transient' | 'unknown' = 'transient') =>
  new ProtocolError('x', 'x', { phase, outcome })
const permanent = new ConnectError('direct.null-mx', 'takes no mail', { phase: 'resolve', outcome: 'permanent' })

describe('a failure', () => {
  it.each<[string, unknown]>([
    ['no connection', new ConnectError('connect.refused', 'x', { phase: 'connect', outcome: 'transient' })],
    ['a certificate that proves nothing', new ConnectError('tls.x', 'x', { phase: 'tls', outcome: 'permanent' })],
    ['a greeting that refuses', reply('greeting', 554)],
    ['a login that is refused', reply('auth', 535)],
    ['a login that is wanted', reply('mail', 530)],
    ['a time that is over before a session is free', protocol('wait')],
    ['an option that is wrong', new SettingsError('settings.host', 'host', 'x')],
    ['a defect of whoever sends', new TypeError('x')],
  ])('says nothing about the message: %s', (_, error) => {
    expect(isBeforeMessage(error)).toBe(true)
  })

  it.each<[string, unknown]>([
    ['a sender that is refused', reply('mail', 550)],
    ['a message that is refused', reply('content', 451)],
    ['an envelope that cannot be', new SettingsError('envelope.hold', 'x', 'x')],
    ['an extension that is missing', new SettingsError('extension.missing', 'x', 'x')],
    ['a connection that broke in the content', protocol('content')],
    ['no reply to the content', protocol('final', 'unknown')],
    ['a defect of ours', new InvariantError('x')],
    ['a service that refuses it', new ApiError('x', 'x', { phase: 'command', outcome: 'permanent' })],
    [
      'a domain without servers',
      withReceipt(new ConnectError('direct.x', 'x', { phase: 'connect', outcome: 'transient' }), [
        delivery('a', 'notSent', undefined, { error: permanent }),
      ]),
    ],
  ])('is about the message: %s', (_, error) => {
    expect(isBeforeMessage(error)).toBe(false)
  })
})

describe('a verdict', () => {
  it('is by recipient, whatever the order of the deliveries when there are fewer', () => {
    const deliveries = [delivery('a', 'delivered', 250), delivery('b', 'refused', 550), delivery('c', 'refused', 452)]
    expect(verdictOf(ENVELOPE, { deliveries })).toMatchObject({ delivered: [0], failed: [1], again: [2] })
    expect(verdictOf(ENVELOPE, { deliveries: [deliveries[1]!, deliveries[0]!] })).toMatchObject({
      delivered: [0],
      failed: [1],
      again: [2],
    })
    expect(verdictOf(ENVELOPE, undefined)).toMatchObject({
      delivered: [0, 1, 2],
      failed: [],
      again: [],
      error: undefined,
    })
  })

  it('fails for good where direct delivery says that it will be no better', () => {
    const deliveries = [
      delivery('a', 'delivered', 250),
      delivery('b', 'notSent', undefined, { error: permanent }),
      delivery('c', 'notSent'),
    ]
    const verdict = verdictOf(ENVELOPE, { deliveries })
    expect(verdict).toMatchObject({ delivered: [0], failed: [1], again: [2] })
    expect(verdict.error).toBe(permanent)
  })

  it('of an error is that of the whole message, unless each was refused for itself', () => {
    const refused = [delivery('a', 'refused', 550), delivery('b', 'refused', 450), delivery('c', 'refused', 550)]
    const each = withReceipt(new RecipientsRefused(refused), refused)
    expect(verdictOfFailure(ENVELOPE, each)).toMatchObject({ failed: [0, 2], again: [1], error: each })
    const required = {
      ...ENVELOPE,
      recipients: ENVELOPE.recipients.map((given) =>
        typeof given === 'string' ? given : { ...given, required: true },
      ),
    }
    expect(verdictOfFailure(required, each)).toMatchObject({ failed: [0, 1, 2], again: [] })
    const one = [delivery('a', 'refused', 550), delivery('b', 'notSent'), delivery('c', 'notSent')]
    expect(verdictOfFailure(ENVELOPE, withReceipt(new RecipientsRefused([one[0]!]), one))).toMatchObject({
      failed: [0, 1, 2],
    })
    expect(verdictOfFailure(ENVELOPE, reply('content', 451))).toMatchObject({ failed: [], again: [0, 1, 2] })
    expect(verdictOfFailure(ENVELOPE, protocol('final', 'unknown'))).toMatchObject({ failed: [], again: [0, 1, 2] })
  })

  it('is by address where the deliveries stand in another order, and refuses a receipt of another message', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => delivery(name, name === 'b' ? 'delivered' : 'notSent'))
    expect(verdictOf(ENVELOPE, { deliveries: [b!, c!, a!] })).toMatchObject({ delivered: [1], again: [0, 2] })
    const upper = { ...b!, recipient: 'b@EXAMPLE.test' }
    expect(verdictOf(ENVELOPE, { deliveries: [upper, c!, a!] })).toMatchObject({ delivered: [1], again: [0, 2] })
    const twice = { ...ENVELOPE, recipients: ['a@example.test', 'b@example.test', 'a@example.test'] }
    const first = delivery('a', 'delivered')
    expect(verdictOf(twice, { deliveries: [b!, first, a!] })).toMatchObject({ delivered: [0, 1], again: [2] })
    expect(verdictOf(ENVELOPE, { deliveries: [a!, b!, c!, delivery('d', 'delivered')] }).delivered).toEqual([1])
    expect(() => verdictOf(ENVELOPE, { deliveries: [a!, b!, delivery('d', 'delivered')] })).toThrow(TypeError)
  })

  it('of an error that says who has it is by recipient, whatever it demands', () => {
    const deliveries = [delivery('a', 'delivered'), delivery('b', 'notSent'), delivery('c', 'notSent')]
    const required = {
      ...ENVELOPE,
      recipients: ['a@example.test', { address: 'b@example.test', required: true }, 'c@example.test'],
    }
    const verdict = verdictOfFailure(required, withReceipt(protocol('connect'), deliveries))
    expect(verdict).toMatchObject({ delivered: [0], again: [1, 2], failed: [] })
  })

  it('says of those who were refused for good why they were', () => {
    const deliveries = [delivery('a', 'refused', 451), delivery('b', 'refused', 550), delivery('c', 'delivered')]
    const { refusal } = verdictOf(ENVELOPE, { deliveries })
    expect(refusal).toMatchObject({
      error: { reply: { code: 550 }, outcome: 'permanent' },
      deliveries: [deliveries[1]],
    })
    expect(verdictOf(ENVELOPE, { deliveries: [deliveries[0]!] }).refusal).toBeUndefined()
  })

  it('leaves nobody out: each recipient is in one of its lists', () => {
    const outcomes = ['delivered', 'refused', 'notSent', 'unknown'] as const
    for (const a of outcomes)
      for (const b of outcomes)
        for (const code of [undefined, 450, 550]) {
          const deliveries = [delivery('a', a, code), delivery('b', b, code), delivery('c', 'delivered')]
          for (const verdict of [
            verdictOf(ENVELOPE, { deliveries }),
            verdictOfFailure(ENVELOPE, withReceipt(protocol('final'), deliveries)),
          ]) {
            expect([...verdict.delivered, ...verdict.failed, ...verdict.again].sort()).toEqual([0, 1, 2])
          }
        }
  })
})

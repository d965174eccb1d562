import { isSendFailure, type Receipt } from '@posthorn/smtp'
import { random as seeded, type FaultPlan } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { client, CONTENT, failure, resolver, send, serve, world } from '../../test/direct-world.js'
import { DirectClient } from './direct-client.js'
import type { DirectDelivery } from './direct-delivery.js'

const outcomes = ({ deliveries }: Receipt) => deliveries.map(({ recipient, outcome }) => `${recipient} ${outcome}`)

describe('DirectClient', () => {
  it('gives each domain the message by itself, and the receipt in the order of the envelope', async () => {
    world.zones = { 'one.test': [[10, 'mx.one.test']], 'xn--bcher-kva.test': [[10, 'mx.two.test']] }
    const one = await serve('mx.one.test', { keepContent: true })
    const two = await serve('mx.two.test')
    const receipt = await send(client(), ['a@one.test', 'b@bücher.test', 'c@ONE.test', 'd@xn--bcher-kva.test'])
    expect(outcomes(receipt)).toEqual([
      'a@one.test delivered',
      'b@bücher.test delivered',
      'c@ONE.test delivered',
      'd@xn--bcher-kva.test delivered',
    ])
    expect(receipt.deliveries.map((delivery) => (delivery as DirectDelivery).server)).toEqual([
      ...['mx.one.test', 'mx.two.test', 'mx.one.test', 'mx.two.test'],
    ])
    expect(one.ledger.map(({ recipients }) => recipients)).toEqual([['a@one.test', 'c@one.test']])
    expect(two.ledger.map(({ recipients }) => recipients)).toEqual([['b@xn--bcher-kva.test', 'd@xn--bcher-kva.test']])
    expect(one.ledger[0]!.content!.toString()).toBe(CONTENT)
    expect(one.sessions[0]!.commands[0]).toBe('EHLO app.example.test')
  })

  it('keeps the session of a server for the next message to any of its domains', async () => {
    world.zones = { 'one.test': [[10, 'mx.test']], 'two.test': [[10, 'mx.test']] }
    const server = await serve('mx.test')
    const way = client()
    for (const recipient of ['a@one.test', 'b@two.test', 'c@one.test']) await send(way, [recipient])
    expect([server.ledger.length, server.sessions.length, way.counts.open]).toEqual([3, 1, 1])
    await way.close()
    expect(server.sessions[0]!.endedBy).toBe('quit')
  })

  it.each([
    ['cannot be reached', undefined],
    [
      'greets with a refusal for now',
      { replyTo: (verb: string) => (verb === 'GREETING' ? '421 4.3.2 busy' : undefined) },
    ],
    [
      'greets with a refusal',
      { replyTo: (verb: string) => (verb === 'GREETING' ? '554 5.3.2 no mail here' : undefined) },
    ],
    ['refuses the sender for now', { replyTo: (verb: string) => (verb === 'MAIL' ? '451 4.3.0 later' : undefined) }],
    [
      'refuses the recipient for now',
      { replyTo: (verb: string) => (verb === 'RCPT' ? '450 4.2.0 greylisted' : undefined) },
    ],
    [
      'refuses the content for now',
      { replyTo: (verb: string) => (verb === 'CONTENT' ? '452 4.3.1 disk full' : undefined) },
    ],
    ['breaks off before the content', { fault: () => ({ at: 'command', index: 2, how: 'rst' }) as const }],
  ] as const)('goes on to the next server when one %s', async (_, options) => {
    world.zones = {
      'one.test': [
        [20, 'mx2.test'],
        [10, 'mx1.test'],
      ],
    }
    const first = options && (await serve('mx1.test', options))
    const second = await serve('mx2.test')
    const receipt = await send(client(), ['a@one.test'])
    expect(receipt.deliveries).toMatchObject([{ outcome: 'delivered', server: 'mx2.test' }])
    expect([first?.ledger.length ?? 0, second.ledger.length]).toEqual([0, 1])
  })

  it('what the first server refused for good, or took, is not offered to the next', async () => {
    world.zones = {
      'one.test': [
        [10, 'mx1.test'],
        [20, 'mx2.test'],
      ],
    }
    const first = await serve('mx1.test', {
      replyTo: (verb, argument) => {
        if (verb !== 'RCPT') return undefined
        return argument.includes('gone') ? '550 5.1.1 gone' : argument.includes('later') ? '450 4.2.0 later' : undefined
      },
    })
    const second = await serve('mx2.test')
    const receipt = await send(client(), ['ok@one.test', 'gone@one.test', 'later@one.test'])
    expect(outcomes(receipt)).toEqual(['ok@one.test delivered', 'gone@one.test refused', 'later@one.test delivered'])
    expect([first, second].map(({ ledger }) => ledger.map(({ recipients }) => recipients))).toEqual([
      [['ok@one.test']],
      [['later@one.test']],
    ])
  })

  it('never tries again what may have been delivered', async () => {
    world.zones = {
      'one.test': [
        [10, 'mx1.test'],
        [20, 'mx2.test'],
      ],
    }
    const first = await serve('mx1.test', { fault: () => ({ at: 'taken', how: 'rst' }) })
    const second = await serve('mx2.test')
    const error = await failure(send(client(), ['a@one.test']))
    expect(error).toMatchObject({
      outcome: 'unknown',
      receipt: { deliveries: [{ outcome: 'unknown', server: 'mx1.test' }] },
    })
    expect([first.ledger.length, second.sessions.length]).toEqual([1, 0])
  })

  it('keeps the refusal when the servers behind cannot be reached', async () => {
    world.zones = {
      'one.test': [
        [10, 'mx1.test'],
        [20, 'mx2.test'],
      ],
    }
    await serve('mx1.test', { replyTo: (verb) => (verb === 'RCPT' ? '450 4.2.0 greylisted' : undefined) })
    const error = await failure(send(client(), ['a@one.test']))
    expect(error.outcome).toBe('transient')
    expect(error.receipt.deliveries).toMatchObject([{ outcome: 'refused', reply: { code: 450 }, server: 'mx1.test' }])
  })

  it('says for each recipient why it was not sent', async () => {
    world.zones = {
      'one.test': [[10, 'mx.test']],
      'null.test': [[0, '.']],
      'broken.test': new Error('SERVFAIL'),
      'down.test': [[10, 'down.test']],
    }
    await serve('mx.test')
    const all = ['a@one.test', 'b@null.test', 'c@nowhere.test', 'd@broken.test', 'e@down.test']
    const receipt = await send(client(), all)
    expect(receipt.deliveries.map((delivery) => [delivery.outcome, (delivery as DirectDelivery).error?.code])).toEqual([
      ['delivered', undefined],
      ['notSent', 'direct.null-mx'],
      ['notSent', 'direct.no-domain'],
      ['notSent', 'direct.mx-lookup'],
      ['notSent', 'connect.refused'],
    ])
    expect(JSON.parse(JSON.stringify(receipt))).toMatchObject({
      deliveries: { 1: { error: { outcome: 'permanent' } } },
    })
    const error = await failure(send(client(), all.slice(1)))
    expect(error).toMatchObject({ code: 'direct.undelivered', outcome: 'transient' })
    expect(error.receipt.deliveries).toHaveLength(4)
    expect(error.message).toContain('null.test takes no mail')
    expect(await failure(send(client(), ['b@null.test']))).toMatchObject({
      code: 'direct.null-mx',
      outcome: 'permanent',
    })
  })

  it('goes to the domain itself without MX records, and to the address of a literal', async () => {
    world.zones = { 'own.test': [] }
    const own = await serve('own.test')
    const four = await serve('127.0.0.9')
    const six = await serve('::1')
    const receipt = await send(client(), ['a@own.test', 'b@[127.0.0.9]', 'c@[IPv6:::1]'])
    expect(outcomes(receipt).every((line) => line.endsWith(' delivered'))).toBe(true)
    expect([own, four, six].map(({ ledger }) => ledger[0]!.recipients[0])).toEqual([
      ...['a@own.test', 'b@[127.0.0.9]', 'c@[IPv6:::1]'],
    ])
  })

  it('looks servers up with the resolver it was given, and connects to the port it was given', async () => {
    world.zones = { 'one.test': [[10, 'mx.one.test']] }
    const server = await serve('unused')
    const asked: string[] = []
    const way = new DirectClient({
      resolver: {
        ...resolver,
        resolveAddresses: (host) => {
          asked.push(host)
          return Promise.resolve([{ address: '127.0.0.1', family: 4 }])
        },
      },
      smtp: { port: server.port },
    })
    await send(way, ['a@one.test'])
    await way.close()
    expect([asked, server.ledger.length]).toEqual([['mx.one.test'], 1])
  })

  it('refuses all or none across domains before anything is sent, and does it within one', async () => {
    world.zones = { 'one.test': [[10, 'mx.test']], 'two.test': [[10, 'mx.test']] }
    const server = await serve('mx.test', {
      replyTo: (verb, argument) => (verb === 'RCPT' && argument.includes('gone') ? '550 5.1.1 gone' : undefined),
    })
    const way = client()
    const code = 'direct.all-or-none'
    await expect(send(way, ['a@one.test', 'b@two.test'], {}, { recipients: 'all' })).rejects.toMatchObject({ code })
    const required = { address: 'a@one.test', required: true }
    await expect(send(way, [required, 'b@two.test'])).rejects.toMatchObject({ code })
    expect(server.sessions).toHaveLength(0)
    const error = await failure(send(way, ['a@one.test', 'gone@one.test'], {}, { recipients: 'all' }))
    expect(error.receipt.deliveries.map(({ outcome }) => outcome)).toEqual(['notSent', 'refused'])
    expect(server.ledger).toHaveLength(0)
    await send(way, ['a@one.test', 'b@one.test'], {}, { recipients: 'all' })
    expect(server.ledger).toHaveLength(1)
  })

  it.each([
    ['alone', ['must@one.test'], {}],
    ['required of several', [{ address: 'must@one.test', required: true }, 'b@one.test'], {}],
    ['of all or none', ['must@one.test', 'b@one.test'], { recipients: 'all' }],
  ] as const)('a recipient %s, refused for now and then for good, is refused for good', async (_, to, options) => {
    world.zones = {
      'one.test': [
        [10, 'mx1.test'],
        [20, 'mx2.test'],
      ],
    }
    const refusing = (reply: string) => (verb: string, argument: string) =>
      verb === 'RCPT' && argument.includes('must') ? reply : undefined
    await serve('mx1.test', { replyTo: refusing('450 4.2.0 greylisted') })
    await serve('mx2.test', { replyTo: refusing('550 5.1.1 gone') })
    const error = await failure(send(client(), to, {}, options))
    expect(error).toMatchObject({ code: 'smtp.rcpt.refused', outcome: 'permanent', reply: { code: 550 } })
    const [must, other] = error.receipt.deliveries
    expect(must).toMatchObject({ outcome: 'refused', reply: { code: 550 }, server: 'mx2.test' })
    if (other) expect(other).toMatchObject({ outcome: 'notSent', error: { outcome: 'permanent' } })
  })

  it('one who is refused for now at every server waits, though another is refused for good at the last', async () => {
    world.zones = {
      'one.test': [
        [10, 'mx1.test'],
        [20, 'mx2.test'],
      ],
    }
    const later = (verb: string) => (verb === 'RCPT' ? '450 4.2.0 later' : undefined)
    await serve('mx1.test', { replyTo: later })
    await serve('mx2.test', {
      replyTo: (verb, argument) => (argument.includes('gone') ? '550 5.1.1 gone' : later(verb)),
    })
    const error = await failure(send(client(), ['gone@one.test', 'later@one.test']))
    expect(error.outcome).toBe('transient')
    expect(error.receipt.deliveries.map(({ reply }) => reply?.code)).toEqual([550, 450])
  })

  it('a required recipient that is refused for now takes the others along to the next server', async () => {
    world.zones = {
      'one.test': [
        [10, 'mx1.test'],
        [20, 'mx2.test'],
      ],
    }
    const first = await serve('mx1.test', {
      replyTo: (verb, argument) => (verb === 'RCPT' && argument.includes('must') ? '450 4.2.0 later' : undefined),
    })
    const second = await serve('mx2.test')
    await send(client(), [{ address: 'must@one.test', required: true }, 'b@one.test'])
    expect([first.ledger.length, second.ledger.map(({ recipients }) => recipients)]).toEqual([
      0,
      [['must@one.test', 'b@one.test']],
    ])
  })

  it('carries DSN and SMTPUTF8 to the server, and asks the next one when they are not offered', async () => {
    world.zones = {
      'one.test': [
        [10, 'old.test'],
        [20, 'new.test'],
      ],
    }
    await serve('old.test', { extensions: ['SIZE'] })
    const server = await serve('new.test')
    await send(client(), [{ address: 'jürgen@one.test', notify: ['failure'] }], { ret: 'headers', envelopeId: 'e1' })
    expect(server.ledger[0]).toMatchObject({
      recipients: ['jürgen@one.test'],
      mailParameters: { SMTPUTF8: true, RET: 'HDRS', ENVID: 'e1' },
      rcptParameters: [{ NOTIFY: 'FAILURE' }],
    })
  })

  it('reads a one-shot stream once for all domains', async () => {
    world.zones = {
      'one.test': [
        [10, 'down.test'],
        [20, 'one.test'],
      ],
      'two.test': [[10, 'two.test']],
    }
    const one = await serve('one.test', { keepContent: true })
    const two = await serve('two.test', { keepContent: true })
    async function* stream() {
      yield Buffer.from(CONTENT.slice(0, 5))
      yield Buffer.from(CONTENT.slice(5))
    }
    const envelope = { reversePath: '', recipients: ['a@one.test', 'b@two.test'] }
    await client().send({ envelope, content: stream() })
    expect([one, two].map(({ ledger }) => ledger[0]!.content!.toString())).toEqual([CONTENT, CONTENT])
  })

  it('never hands over a message twice, whatever breaks where', async () => {
    const chance = seeded(20_260_101)
    const random = () => chance.fraction()
    const pick = chance.pick.bind(chance)
    const fault: FaultPlan = () => {
      const how = pick(['fin', 'rst'] as const)
      return pick([
        undefined,
        undefined,
        { at: 'greeting', how } as const,
        { at: 'command', index: Math.ceil(random() * 6), how } as const,
        { at: 'reply', index: Math.floor(random() * 6), octets: Math.floor(random() * 12), how } as const,
        { at: 'content', octets: 4, how } as const,
        { at: 'final', how } as const,
        { at: 'taken', how } as const,
      ])
    }
    const replyTo = (verb: string) =>
      random() < 0.08 && /^(?:GREETING|MAIL|RCPT|CONTENT)$/.test(verb)
        ? pick(['450 4.0.0 later', '550 5.0.0 no'])
        : undefined
    world.zones = {
      'one.test': [
        [10, 'a.test'],
        [10, 'b.test'],
        [20, 'c.test'],
      ],
      'two.test': [
        [10, 'b.test'],
        [20, 'd.test'],
      ],
    }
    for (const name of ['a.test', 'b.test', 'c.test', 'd.test'])
      await serve(name, { fault, replyTo, extensions: pick([[], ['PIPELINING', 'CHUNKING']]) })
    for (let round = 0; round < 60; round++) {
      const way = client({ random })
      const recipients = [`x${round}@one.test`, `y${round}@one.test`, `z${round}@two.test`]
      const { deliveries } = await send(way, recipients).catch((error: unknown) => {
        if (isSendFailure(error)) return error.receipt
        throw error
      })
      await way.close()
      for (const { recipient, outcome } of deliveries) {
        const taken = [...world.servers.values()]
          .flatMap(({ ledger }) => ledger)
          .filter((message) => message.recipients.includes(recipient))
        const allowed = { delivered: [1], refused: [0], notSent: [0], unknown: [0, 1] }[outcome]
        expect({ recipient, outcome, fits: allowed.includes(taken.length) }).toEqual({ recipient, outcome, fits: true })
      }
    }
  })
})

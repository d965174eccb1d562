import { createHash, X509Certificate } from 'node:crypto'
import { connect } from 'node:net'
import { SettingsError, type PosthornError } from '@posthorn/ground'
import type { ConnectorOption } from '@posthorn/net'
import type { SecureResolver } from '@posthorn/net/policy'
import { isSendFailure, type Envelope, type Receipt, type SendOptions, type TrailEvent } from '@posthorn/smtp'
import { certificates, random as seeded, SinkServer, type FaultPlan, type SinkOptions } from '@posthorn/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DirectClient } from './direct-client.js'
import type { DirectDelivery } from './direct-delivery.js'
import type { DirectOptions } from './direct-options.js'
import type { DirectResolver, MxAnswer } from './direct-resolver.js'

const CONTENT = 'Subject: x\r\n\r\ntext\r\n'
const closing: (() => Promise<void>)[] = []
/** The servers by their names. A name without a server refuses connections. */
let servers: Map<string, SinkServer>
/** The MX records of domains; one that is not here does not exist. */
let zones: Record<string, readonly (readonly [number, string])[] | Error>
let secure: boolean
let trail: TrailEvent[]

beforeEach(() => {
  servers = new Map()
  zones = {}
  secure = false
  trail = []
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function serve(name: string, options: SinkOptions = {}): Promise<SinkServer> {
  const server = await SinkServer.start(options)
  closing.push(() => server.close())
  servers.set(name, server)
  return server
}

const resolver: DirectResolver = {
  resolveMx(domain): Promise<MxAnswer> {
    const records = zones[domain]
    if (records instanceof Error) return Promise.reject(records)
    const found = (records ?? []).map(([priority, exchange]) => ({ priority, exchange }))
    return Promise.resolve({ records: found, secure, exists: records !== undefined })
  },
  resolveTxt: () => Promise.reject(Object.assign(new Error('none'), { code: 'ENODATA' })),
}

const connector: ConnectorOption = async ({ host }) => {
  const server = servers.get(host)
  if (!server) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  const socket = connect(server.port, '127.0.0.1')
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return socket
}

function client(options: Partial<DirectOptions> = {}, smtp: DirectOptions['smtp'] = {}): DirectClient {
  const made = new DirectClient({
    resolver,
    random: () => 0,
    ...options,
    smtp: { localName: 'app.example.test', connector, ...smtp },
  })
  made.on('trail', (event) => void trail.push(event))
  closing.push(() => made.close({ now: true }))
  return made
}

function send(
  way: DirectClient,
  recipients: Envelope['recipients'],
  more: Partial<Envelope> = {},
  options: SendOptions = {},
): Promise<Receipt> {
  return way.send({ envelope: { reversePath: 'a@example.test', ...more, recipients }, content: CONTENT }, options)
}

/** The error that a send ends with. */
async function failure(
  sending: Promise<Receipt>,
): Promise<PosthornError & { receipt: { deliveries: DirectDelivery[] } }> {
  const error: unknown = await sending.then(
    () => new Error('it was sent'),
    (reason: unknown) => reason,
  )
  if (!isSendFailure(error)) throw error
  return error as never
}

const outcomes = ({ deliveries }: Receipt) => deliveries.map(({ recipient, outcome }) => `${recipient} ${outcome}`)
const notes = () => trail.flatMap((event) => (event.type === 'note' ? event.text : []))
const verbs = (server: SinkServer) =>
  server.sessions.flatMap(({ commands }) => commands.map((line) => line.slice(0, 4)))

describe('DirectClient', () => {
  it('gives each domain the message by itself, and the receipt in the order of the envelope', async () => {
    zones = { 'one.test': [[10, 'mx.one.test']], 'xn--bcher-kva.test': [[10, 'mx.two.test']] }
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
    zones = { 'one.test': [[10, 'mx.test']], 'two.test': [[10, 'mx.test']] }
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
    zones = {
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
    zones = {
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
    zones = {
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
    zones = {
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
    zones = {
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
    zones = { 'own.test': [] }
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
    zones = { 'one.test': [[10, 'mx.one.test']] }
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
    zones = { 'one.test': [[10, 'mx.test']], 'two.test': [[10, 'mx.test']] }
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

  it('a required recipient that is refused for now takes the others along to the next server', async () => {
    zones = {
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
    zones = {
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
    zones = {
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
    zones = {
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
        const taken = [...servers.values()]
          .flatMap(({ ledger }) => ledger)
          .filter((message) => message.recipients.includes(recipient))
        const allowed = { delivered: [1], refused: [0], notSent: [0], unknown: [0, 1] }[outcome]
        expect({ recipient, outcome, fits: allowed.includes(taken.length) }).toEqual({ recipient, outcome, fits: true })
      }
    }
  })
})

describe('TLS of DirectClient', () => {
  const RELAY = 'relay.example.test' // what the good certificate is for
  beforeEach(() => {
    zones = { 'one.test': [[10, RELAY]] }
  })

  const sts = (mode: string, mx: string): Partial<DirectOptions> => ({
    resolver: { ...resolver, resolveTxt: () => Promise.resolve([['v=STSv1; id=1;']]) },
    request: () =>
      Promise.resolve({
        status: 200,
        headers: { 'content-type': 'text/plain' },
        body: Buffer.from(`version: STSv1\r\nmode: ${mode}\r\nmx: ${mx}\r\nmax_age: 86400\r\n`),
      }),
  })

  function dane(certificate: string | undefined): DirectOptions['resolver'] {
    secure = true
    const key = certificate && new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
    const dnssec: SecureResolver = {
      resolveHost: (name) => Promise.resolve({ canonicalName: name, secure: true, secureAlias: false }),
      resolveTlsa: () =>
        key
          ? Promise.resolve({
              records: [{ usage: 3, selector: 1, matching: 1, data: createHash('sha256').update(key).digest() }],
              secure: true,
            })
          : Promise.reject(new Error('SERVFAIL')),
    }
    return { ...resolver, dnssec }
  }

  it('is used when it is offered, with any certificate, and the trail says that nobody is authenticated', async () => {
    const { selfSigned } = await certificates()
    const server = await serve(RELAY, { tls: selfSigned })
    await send(client(), ['a@one.test'])
    expect(server.sessions[0]).toMatchObject({ tls: true })
    expect(trail.find(({ type }) => type === 'tls')).toMatchObject({ verified: false, session: 1 })
    expect(notes()).toContain(`${RELAY}: TLS if it is offered, nobody is authenticated`)
  })

  it('is left away when it does not come about and nothing asks for it', async () => {
    const { good } = await certificates()
    const server = await serve(RELAY, {
      tls: good,
      fault: (number) => (number === 1 ? { at: 'reply', index: 2, octets: 0, how: 'rst' } : undefined),
    })
    const refusing = await serve('busy.test', {
      tls: good,
      replyTo: (verb) => (verb === 'STARTTLS' ? '421 4.7.0 no TLS now' : undefined),
    })
    zones['two.test'] = [[10, 'busy.test']]
    await send(client(), ['a@one.test', 'b@two.test'])
    for (const each of [server, refusing]) {
      expect(each.ledger).toHaveLength(1)
      expect(each.sessions.map(({ tls }) => tls)).toEqual([false, false])
    }
    expect(notes().filter((text) => text.endsWith('in the clear'))).toHaveLength(2)
  })

  it('must be there and right when the profile says starttls', async () => {
    const { ca, good, selfSigned } = await certificates()
    const wrong = await serve(RELAY, { tls: selfSigned })
    const smtp = { security: 'starttls', tls: { ca } } as const
    expect(await failure(send(client({}, smtp), ['a@one.test']))).toMatchObject({ phase: 'tls' })
    expect(verbs(wrong)).not.toContain('MAIL')
    const right = await serve(RELAY, { tls: good })
    await send(client({}, smtp), ['a@one.test'])
    expect(right.sessions[0]!.tls).toBe(true)
    expect(trail.findLast(({ type }) => type === 'tls')).toMatchObject({ verified: true })
  })

  it('tells MX, policies and sessions in the trail', async () => {
    await serve(RELAY)
    const way = client({}, { localName: 'printer' })
    await send(way, ['a@one.test'])
    expect(notes()[0]).toMatch(/^'printer' is no name that others can look up/)
    expect(notes()).toContain(`MX of one.test: ${RELAY} (10)`)
    expect(trail.filter(({ session }) => session === 0).every(({ type }) => type === 'note')).toBe(true)
    expect(trail.some(({ type, session }) => type === 'command' && session === 1)).toBe(true)
  })

  it('a policy of MTA-STS in force: the certificate must be right, and mail waits otherwise', async () => {
    const { ca, good, selfSigned, unknownIssuer } = await certificates()
    for (const shown of [selfSigned, unknownIssuer, undefined]) {
      const wrong = await serve(RELAY, shown ? { tls: shown } : {})
      const lax = { tls: { ca, rejectUnauthorized: false, trustHosts: ['*'] } }
      const error = await failure(send(client(sts('enforce', RELAY), lax), ['a@one.test']))
      expect(error.receipt.deliveries).toMatchObject([{ outcome: 'notSent' }])
      expect(verbs(wrong)).not.toContain('MAIL')
    }
    const right = await serve(RELAY, { tls: good })
    await send(client(sts('enforce', RELAY), { tls: { ca } }), ['a@one.test'])
    expect(right.ledger).toHaveLength(1)
  })

  it('a server that the policy does not name is passed over', async () => {
    const { ca, good } = await certificates()
    zones = {
      'one.test': [
        [5, 'evil.test'],
        [10, RELAY],
      ],
    }
    const evil = await serve('evil.test', { tls: good })
    const right = await serve(RELAY, { tls: good })
    await send(client(sts('enforce', RELAY), { tls: { ca } }), ['a@one.test'])
    expect([evil.sessions.length, right.ledger.length]).toEqual([0, 1])
    servers.delete(RELAY)
    zones = { 'one.test': [[5, 'evil.test']] }
    const error = await failure(send(client(sts('enforce', RELAY)), ['a@one.test']))
    expect(error).toMatchObject({ code: 'policy.mx-not-allowed', outcome: 'transient' })
    await send(client({ ...sts('enforce', RELAY), direct: { mtaSts: 'off' } }), ['a@one.test'])
    expect(evil.ledger).toHaveLength(1)
  })

  it('a policy in testing is told, and mail goes', async () => {
    const { selfSigned } = await certificates()
    const server = await serve(RELAY, { tls: selfSigned })
    await send(client(sts('testing', 'other.test')), ['a@one.test'])
    expect(server.ledger).toHaveLength(1)
    expect(notes().some((text) => text.includes('validation-failure'))).toBe(true)
  })

  it('DANE: the very key that the TLSA record names, or mail waits', async () => {
    const { selfSigned, good, ca } = await certificates()
    const right = await serve(RELAY, { tls: selfSigned })
    await send(client({ resolver: dane(selfSigned.cert) }), ['a@one.test'])
    expect(right.ledger).toHaveLength(1)
    expect(trail.find(({ type }) => type === 'tls')).toMatchObject({ verified: true })
    const lax = { tls: { ca, rejectUnauthorized: false } }
    const error = await failure(send(client({ resolver: dane(good.cert) }, lax), ['a@one.test']))
    expect(error).toMatchObject({ code: 'tls.dane-mismatch', outcome: 'transient' })
    expect(await failure(send(client({ resolver: dane(undefined) }), ['a@one.test']))).toMatchObject({
      code: 'policy.tlsa-lookup-failed',
      outcome: 'transient',
    })
    expect(right.ledger).toHaveLength(1)
    await send(client({ resolver: dane(good.cert), direct: { dane: 'off' } }), ['a@one.test'])
    expect(right.ledger).toHaveLength(2)
  })

  it('REQUIRETLS goes only to servers that are proved, by DANE or MTA-STS', async () => {
    const { ca, good } = await certificates()
    const server = await serve(RELAY, { tls: good, extensions: ['REQUIRETLS', 'SIZE'] })
    const requireTls = { requireTls: true } as const
    const error = await failure(send(client({}, { tls: { ca } }), ['a@one.test'], requireTls))
    expect(error).toMatchObject({ code: 'policy.requiretls', outcome: 'permanent' })
    expect(server.sessions).toHaveLength(0)
    await send(client(sts('enforce', RELAY), { tls: { ca } }), ['a@one.test'], requireTls)
    await send(client({ resolver: dane(good.cert) }), ['a@one.test'], requireTls)
    expect(server.ledger.map(({ mailParameters }) => mailParameters['REQUIRETLS'])).toEqual([true, true])
  })
})

describe('limits and life of DirectClient', () => {
  it.each([
    ['a host', { host: 'relay.test' }, 'direct.host'],
    ['credentials', { credentials: { user: 'a', password: 'b' } }, 'direct.credentials'],
    ['implicit TLS', { security: 'implicit' }, 'direct.security'],
    ['LMTP', { protocol: 'lmtp' }, 'direct.protocol'],
    ['a wrong option', { pool: { maxConnections: 0 } }, 'settings.number'],
  ])('refuses %s', (_, smtp, code) => {
    expect(() => new DirectClient({ smtp: smtp as DirectOptions['smtp'] })).toThrow(expect.objectContaining({ code }))
  })

  it('refuses a resolver that is none, and an envelope that is none', async () => {
    expect(() => client({ direct: { dnsOverHttps: 'http://dns.test' } })).toThrow(
      expect.objectContaining({ code: 'direct.resolver' }),
    )
    await expect(send(client(), [])).rejects.toBeInstanceOf(SettingsError)
    await expect(send(client(), ['no mailbox'])).rejects.toMatchObject({ code: 'mailbox.syntax' })
    await expect(send(client(), [null as never])).rejects.toMatchObject({ code: 'mailbox.type' })
  })

  it('ends at its deadline though the resolver never answers, and by the signal of the caller', async () => {
    const stuck = { resolver: { ...resolver, resolveMx: () => new Promise<never>(() => {}) } }
    const error = await failure(send(client(stuck), ['a@one.test', 'b@two.test'], {}, { deadlineMs: 20 }))
    expect(error).toMatchObject({ code: 'direct.undelivered', outcome: 'transient' })
    expect(error.receipt.deliveries.map((delivery) => delivery.error?.code)).toEqual([
      ...['deadline.exceeded', 'deadline.exceeded'],
    ])
    const stop = new AbortController()
    const sending = failure(send(client(stuck), ['a@one.test'], {}, { signal: stop.signal }))
    stop.abort(new Error('enough'))
    expect(await sending).toMatchObject({ code: 'aborted' })
  })

  it('ends at its deadline while a server says nothing', async () => {
    zones = {
      'one.test': [
        [10, 'mx1.test'],
        [20, 'mx2.test'],
      ],
    }
    await serve('mx1.test', { fault: () => ({ at: 'greeting', how: 'hold' }) })
    const second = await serve('mx2.test')
    expect(await failure(send(client(), ['a@one.test'], {}, { deadlineMs: 50 }))).toMatchObject({
      code: 'deadline.exceeded',
    })
    expect(second.sessions).toHaveLength(0)
  })

  it('[part of genesys.behaviour.large-message-timeout] a message that times out fails by itself, the others go on', async () => {
    zones = { 'one.test': [[10, 'mx.test']], 'two.test': [[10, 'mx.test']] }
    const server = await serve('mx.test', {
      fault: (number) => (number === 1 ? { at: 'final', how: 'hold' } : undefined),
    })
    const way = client({}, { timeouts: { finalMs: 100 }, pool: { maxConnections: 2 } })
    const stalled = failure(send(way, ['large@one.test']))
    const others = Array.from({ length: 20 }, (_, index) => send(way, [`x${index}@${index % 2 ? 'one' : 'two'}.test`]))
    const [error] = await Promise.all([stalled, ...others])
    expect(error).toMatchObject({ code: 'smtp.timeout', outcome: 'unknown' })
    expect(server.ledger).toHaveLength(20)
  })

  it('close waits for what is under way, or ends it at once', async () => {
    zones = { 'one.test': [[10, 'mx.test']] }
    const server = await serve('mx.test')
    const way = client()
    const sending = send(way, ['a@one.test'])
    await way.close()
    await expect(sending).resolves.toBeDefined()
    await expect(send(way, ['a@one.test'])).rejects.toMatchObject({ code: 'direct.closed' })
    const stuck = client({ resolver: { ...resolver, resolveMx: () => new Promise<never>(() => {}) } })
    const both = [failure(send(stuck, ['a@one.test'])), failure(send(stuck, ['b@two.test']))]
    await stuck.close({ now: true })
    for (const [index, each] of both.entries()) {
      expect(await each).toMatchObject({
        code: 'pool.closed',
        receipt: { deliveries: [{ recipient: /./, outcome: 'notSent' }] },
      })
      expect((await each).receipt.deliveries[0]!.recipient).toBe(['a@one.test', 'b@two.test'][index])
    }
    await server.idle()
  })

  it('verify proves that a domain would take the session, and sends nothing', async () => {
    zones = {
      'one.test': [
        [10, 'down.test'],
        [20, 'mx.test'],
      ],
      'bad.test': [[10, 'down.test']],
    }
    const server = await serve('mx.test')
    const way = client({ verifyDomain: 'one.test' })
    await way.verify()
    expect(verbs(server)).toEqual(['EHLO', 'QUIT'])
    await expect(way.verify({ domain: 'bad.test' })).rejects.toMatchObject({ code: 'connect.refused' })
    await expect(way.verify({ domain: 'none.test' })).rejects.toMatchObject({ code: 'direct.no-domain' })
    await expect(client().verify()).rejects.toMatchObject({ code: 'direct.verify-domain' })
  })

  it('looks a domain up again after a minute, or when none of its servers was there', async () => {
    let now = 0
    const asked: string[] = []
    const counted: DirectResolver = {
      ...resolver,
      resolveMx: (domain, options) => {
        asked.push(domain)
        return resolver.resolveMx(domain, options)
      },
    }
    zones = { 'one.test': [[10, 'mx.test']], 'down.test': [[10, 'down.test']] }
    await serve('mx.test')
    const way = client({ resolver: counted, clock: () => now })
    await send(way, ['a@one.test'])
    await send(way, ['a@one.test'])
    now = 60_000
    await send(way, ['a@one.test'])
    await failure(send(way, ['a@down.test']))
    await failure(send(way, ['a@down.test']))
    expect(asked).toEqual(['one.test', 'one.test', 'down.test', 'down.test'])
  })
})

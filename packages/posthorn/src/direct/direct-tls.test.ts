import { createHash, X509Certificate } from 'node:crypto'
import type { SecureResolver } from '@posthorn/net/policy'
import { certificates } from '@posthorn/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { client, failure, notes, resolver, send, serve, verbs, world } from '../../test/direct-world.js'
import type { DirectOptions } from './direct-options.js'

describe('TLS between servers', () => {
  const RELAY = 'relay.example.test' // what the good certificate is for
  beforeEach(() => {
    world.zones = { 'one.test': [[10, RELAY]] }
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
    world.secure = true
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
    expect(world.trail.find(({ type }) => type === 'tls')).toMatchObject({ verified: false, session: 1 })
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
    world.zones['two.test'] = [[10, 'busy.test']]
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
    expect(world.trail.findLast(({ type }) => type === 'tls')).toMatchObject({ verified: true })
  })

  it('tells MX, policies and sessions in the trail', async () => {
    await serve(RELAY)
    const way = client({}, { localName: 'printer' })
    await send(way, ['a@one.test'])
    expect(notes()[0]).toMatch(/^'printer' is no name that others can look up/)
    expect(notes()).toContain(`MX of one.test: ${RELAY} (10)`)
    expect(world.trail.filter(({ session }) => session === 0).every(({ type }) => type === 'note')).toBe(true)
    expect(world.trail.some(({ type, session }) => type === 'command' && session === 1)).toBe(true)
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
    world.zones = {
      'one.test': [
        [5, 'evil.test'],
        [10, RELAY],
      ],
    }
    const evil = await serve('evil.test', { tls: good })
    const right = await serve(RELAY, { tls: good })
    await send(client(sts('enforce', RELAY), { tls: { ca } }), ['a@one.test'])
    expect([evil.sessions.length, right.ledger.length]).toEqual([0, 1])
    world.servers.delete(RELAY)
    world.zones = { 'one.test': [[5, 'evil.test']] }
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
    expect(world.trail.find(({ type }) => type === 'tls')).toMatchObject({ verified: true })
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

  describe('a domain that demands TLS', () => {
    it.each(['MTA-STS', 'DANE'])('by %s delays mail when it does not come about', async (policy) => {
      const { ca, good, selfSigned } = await certificates()
      const under = (): Partial<DirectOptions> =>
        policy === 'DANE' ? { resolver: dane(good.cert) } : sts('enforce', RELAY)
      const busy = (verb: string) => (verb === 'STARTTLS' ? '554 5.7.0 no TLS' : undefined)
      const faults = [{}, { tls: good, replyTo: busy }, { tls: selfSigned }]
      for (const fault of faults) {
        const server = await serve(RELAY, fault)
        const error = await failure(send(client(under(), { tls: { ca } }), ['a@one.test']))
        expect(error.outcome).toBe('transient')
        expect(error.hint).toContain(`demands TLS by ${policy}`)
        expect(error.receipt.deliveries).toMatchObject([
          { outcome: 'notSent', error: { code: error.code, outcome: 'transient' } },
        ])
        expect(verbs(server)).not.toContain('MAIL')
        await expect(client(under(), { tls: { ca } }).verify({ domain: 'one.test' })).rejects.toMatchObject({
          code: error.code,
          outcome: 'transient',
        })
      }
    })

    it('finds out anew next time how it is to be reached', async () => {
      const { ca, good } = await certificates()
      await serve(RELAY)
      const way = client(sts('enforce', RELAY), { tls: { ca } })
      expect(await failure(send(way, ['a@one.test']))).toMatchObject({ code: 'smtp.starttls.not-offered' })
      world.zones = { 'one.test': [[10, 'moved.test']] }
      await serve('moved.test', { tls: good })
      expect(await failure(send(way, ['a@one.test']))).toMatchObject({ code: 'policy.mx-not-allowed' })
    })

    it('is told apart from a profile that does: its administrator has to change it', async () => {
      await serve(RELAY)
      expect(await failure(send(client({}, { security: 'starttls' }), ['a@one.test']))).toMatchObject({
        code: 'smtp.starttls.not-offered',
        outcome: 'permanent',
      })
    })
  })
})

import { SettingsError } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { client, failure, resolver, send, serve, verbs, world } from '../../test/direct-world.js'
import { DirectClient } from './direct-client.js'
import type { DirectOptions } from './direct-options.js'
import type { DirectResolver } from './direct-resolver.js'

describe('DirectClient', () => {
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
    world.zones = {
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
    world.zones = { 'one.test': [[10, 'mx.test']], 'two.test': [[10, 'mx.test']] }
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
    world.zones = { 'one.test': [[10, 'mx.test']] }
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
    world.zones = {
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
    world.zones = { 'one.test': [[10, 'mx.test']], 'down.test': [[10, 'down.test']] }
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

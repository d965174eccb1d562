import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DirectResolver, MxAnswer } from './direct-resolver.js'
import { mailRoute } from './mail-route.js'

const { signal } = new AbortController()
const mx = (...records: [number, string][]): MxAnswer => ({
  records: records.map(([priority, exchange]) => ({ priority, exchange })),
  secure: true,
  exists: true,
})
const resolver = (answer: MxAnswer | Error): DirectResolver => ({
  resolveMx: () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)),
  resolveTxt: () => Promise.resolve([]),
})
const route = (answer: MxAnswer | Error, domain = 'a.test', random = () => 0) =>
  mailRoute(domain, resolver(answer), random, signal)

describe('mailRoute', () => {
  it('goes by preference, the lowest first, each server once, without the dot at the end', async () => {
    const answer = mx([30, 'C.test.'], [10, 'a.test'], [20, 'b.test'], [40, 'a.test.'])
    expect(await route(answer)).toEqual({
      domain: 'a.test',
      servers: ['a.test', 'b.test', 'c.test'],
      secure: true,
      by: 'mx',
      says: 'MX of a.test: a.test (10), b.test (20), c.test (30), a.test (40)',
    })
  })

  it('shuffles servers of the same preference, and only those (RFC 5321 5.1)', async () => {
    const answer = mx([10, 'a.test'], [10, 'b.test'], [10, 'c.test'], [5, 'first.test'], [20, 'last.test'])
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 0, max: 99 })), async (numbers) => {
        const { servers } = await route(answer, 'a.test', () => (numbers.next().value as number) / 100)
        expect([servers[0], servers[4], servers.length]).toEqual(['first.test', 'last.test', 5])
        seen.add(servers.slice(1, 4).join(' '))
      }),
    )
    expect(seen.size).toBe(6)
  })

  it('is the domain itself without MX records', async () => {
    expect(await route(mx())).toMatchObject({ servers: ['a.test'], by: 'implicit', secure: true })
  })

  it.each([
    ['[192.0.2.1]', '192.0.2.1'],
    ['[IPv6:2001:db8::1]', '2001:db8::1'],
  ])('is the address of the literal %s, and DNS is not asked', async (domain, address) => {
    expect(await route(new Error('asked'), domain)).toMatchObject({ servers: [address], by: 'literal', secure: false })
  })

  it.each([
    ['a null MX', mx([0, '.']), 'direct.null-mx', 'permanent'],
    ['a null MX, as Node writes it', mx([0, '']), 'direct.null-mx', 'permanent'],
    ['no domain', { records: [], secure: false, exists: false }, 'direct.no-domain', 'permanent'],
    ['addresses and nonsense in place of names', mx([10, '192.0.2.1'], [10, 'a b']), 'direct.no-server', 'permanent'],
    ['no answer', new Error('SERVFAIL'), 'direct.mx-lookup', 'transient'],
  ])('%s', async (_, answer, code, outcome) => {
    await expect(route(answer)).rejects.toMatchObject({ code, outcome, phase: 'resolve' })
  })

  it('a null MX beside others does not count', async () => {
    expect((await route(mx([0, '.'], [10, 'mx.test']))).servers).toEqual(['mx.test'])
  })

  it('tries no more than twenty', async () => {
    const answer = mx(...Array.from({ length: 100 }, (_, index): [number, string] => [index, `mx${index}.test`]))
    expect((await route(answer)).servers).toHaveLength(20)
  })
})

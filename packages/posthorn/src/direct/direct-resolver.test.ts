import { describe, expect, it } from 'vitest'
import { resolverOverHttps } from './direct-resolver.js'

const { signal } = new AbortController()
const TYPES = { A: 1, AAAA: 28, MX: 15, TXT: 16 } as const

/** A resolver whose server knows these records of any name. */
function knowing(records: Partial<Record<keyof typeof TYPES, readonly string[]>>, status = 0) {
  return resolverOverHttps({
    url: 'https://dns.test/resolve',
    request: ({ url }) => {
      const asked = new URL(url).searchParams.get('type') as keyof typeof TYPES
      const Answer = (records[asked] ?? []).map((data) => ({ name: 'a.test.', type: TYPES[asked], data }))
      const body = Buffer.from(JSON.stringify({ Status: status, AD: true, Answer }))
      return Promise.resolve({ status: 200, headers: {}, body })
    },
  })
}

describe('resolverOverHttps', () => {
  it('finds MX records, and whether they are proved', async () => {
    const found = await knowing({ MX: ['10 mx1.test.', '20 .'] }).resolveMx('a.test', { signal })
    expect(found).toEqual({
      records: [
        { priority: 10, exchange: 'mx1.test.' },
        { priority: 20, exchange: '.' },
      ],
      secure: true,
      exists: true,
    })
    expect((await knowing({}, 3).resolveMx('a.test', { signal })).exists).toBe(false)
  })

  it('refuses MX records that cannot be read, and an answer that is none', async () => {
    const code = 'direct.mx-lookup'
    await expect(knowing({ MX: ['mx1.test.'] }).resolveMx('a.test', { signal })).rejects.toMatchObject({ code })
    await expect(knowing({}, 2).resolveMx('a.test', { signal })).rejects.toMatchObject({ code: 'policy.lookup-failed' })
  })

  it('reads TXT records with and without quotes', async () => {
    const TXT = ['v=STSv1; id=1;', '"v=STS" "v1; id=\\"2\\";"']
    expect(await knowing({ TXT }).resolveTxt('a.test')).toEqual([['v=STSv1; id=1;'], ['v=STS', 'v1; id="2";']])
    await expect(knowing({}).resolveTxt('a.test')).rejects.toMatchObject({ code: 'ENODATA' })
  })

  it('finds addresses of the families that are wanted', async () => {
    const { resolveAddresses } = knowing({ A: ['192.0.2.1', 'alias.test.'], AAAA: ['2001:db8::1'] })
    const v4 = { address: '192.0.2.1', family: 4 }
    const v6 = { address: '2001:db8::1', family: 6 }
    expect(await resolveAddresses!('a.test', { family: 0, signal })).toEqual([v6, v4])
    expect(await resolveAddresses!('a.test', { family: 4, signal })).toEqual([v4])
    expect(await resolveAddresses!('a.test', { family: 6, signal })).toEqual([v6])
    await expect(knowing({}).resolveAddresses!('a.test', { family: 0, signal })).rejects.toMatchObject({
      code: 'ENODATA',
    })
  })

  it('lets DANE count', () => {
    expect(knowing({}).dnssec).toBeDefined()
  })
})

import { ConnectError } from '@posthorn/ground'
import { createServer, request as httpsRequest, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeCertificate } from '../../test/certificate.js'
import type { SendWebRequest, WebResponse } from '../web/web-options.js'
import { MtaStsPolicies, type MtaStsOptions } from './mta-sts-policies.js'
import { MtaStsMemoryStore } from './mta-sts-store.js'

const DOMAIN = 'example.test'
const HOUR_MS = 3_600_000
const authority = makeCertificate({ commonName: 'Authority', authority: true })
const policyOf = (mx: string, mode = 'enforce', maxAge = 7 * 86_400) =>
  `version: STSv1\nmode: ${mode}\nmx: ${mx}\nmax_age: ${maxAge}\n`

/** What the policy server answers, and what was asked of it and of DNS. */
let answer: { status: number; headers: Record<string, string>; body: string | Buffer }
let txt: () => Promise<string[][]>
let fetched: string[]
let asked: string[]
let now: number
let servers: Record<'good' | 'wrongName' | 'unknownIssuer', Server>
let shown: keyof typeof servers

const listening = (cert: string, key: string) =>
  new Promise<Server>((resolve) => {
    const server: Server = createServer({ cert, key }, (request, response) => {
      fetched.push(`${request.method} https://${request.headers.host}${request.url}`)
      response.writeHead(answer.status, answer.headers).end(answer.body)
    })
    server.listen(0, '127.0.0.1', () => resolve(server))
  })

beforeAll(async () => {
  const wish = { commonName: 'policies', issuer: authority }
  const good = makeCertificate({ ...wish, names: [`mta-sts.${DOMAIN}`] })
  const wrongName = makeCertificate({ ...wish, names: [DOMAIN] })
  const unknownIssuer = makeCertificate({ commonName: 'policies', names: [`mta-sts.${DOMAIN}`] })
  servers = {
    good: await listening(good.cert, good.key),
    wrongName: await listening(wrongName.cert, wrongName.key),
    unknownIssuer: await listening(unknownIssuer.cert, unknownIssuer.key),
  }
})
afterAll(() => {
  for (const server of Object.values(servers)) {
    server.closeAllConnections()
    server.close()
  }
})
beforeEach(() => {
  answer = { status: 200, headers: { 'content-type': 'text/plain' }, body: policyOf('mx.example.test') }
  txt = () => Promise.resolve([['v=STSv1; id=1;']])
  fetched = []
  asked = []
  now = Date.UTC(2026, 0, 1)
  shown = 'good'
})

/** HTTPS to the server on loopback, as if the name led there; its certificate is verified for the name. */
const request: SendWebRequest = ({ url, signal }) =>
  new Promise<WebResponse>((resolve, reject) => {
    const { hostname, pathname } = new URL(url)
    const { port } = servers[shown].address() as AddressInfo
    const options = { host: '127.0.0.1', port, path: pathname, servername: hostname, ca: authority.cert, agent: false }
    const sent = httpsRequest({ ...options, headers: { host: hostname }, signal }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('end', () => {
        const headers = response.headers as Record<string, string>
        resolve({ status: response.statusCode ?? 0, headers, body: Buffer.concat(pieces) })
      })
    })
    sent.on('error', (cause: NodeJS.ErrnoException) =>
      reject(new ConnectError('tls.refused', `refused (${cause.code})`, { outcome: 'transient', phase: 'tls', cause })),
    )
    sent.end()
  })

function policies(options: Partial<MtaStsOptions> = {}): MtaStsPolicies {
  const resolveTxt = (name: string) => {
    asked.push(name)
    return txt()
  }
  return new MtaStsPolicies({ resolveTxt, request, now: () => now, ...options })
}

const noRecord = () => Promise.reject(Object.assign(new Error('no data'), { code: 'ENODATA' }))
const noServer = () => Promise.reject(Object.assign(new Error('no answer'), { code: 'ESERVFAIL' }))
const ENFORCED = { mode: 'enforce', mx: ['mx.example.test'], maxAgeSeconds: 7 * 86_400 }

describe('MtaStsPolicies', () => {
  it('finds the policy of a domain by its TXT record, and fetches it over HTTPS', async () => {
    const found = await policies().find('Example.Test.')
    expect(found).toEqual({ policy: ENFORCED, fresh: true })
    expect(asked).toEqual(['_mta-sts.example.test'])
    expect(fetched).toEqual(['GET https://mta-sts.example.test/.well-known/mta-sts.txt'])
  })

  it('asks again after five minutes, and fetches again only when the id is another one', async () => {
    const ours = policies()
    await ours.find(DOMAIN)
    now += 4 * 60_000
    expect(await ours.find(DOMAIN)).toEqual({ policy: ENFORCED, fresh: false, problem: undefined })
    expect(asked).toHaveLength(1)
    now += 2 * 60_000
    expect((await ours.find(DOMAIN)).policy).toEqual(ENFORCED)
    expect(asked).toHaveLength(2)
    expect(fetched).toHaveLength(1)
    now += 6 * 60_000
    txt = () => Promise.resolve([['v=STSv1; id=2;']])
    answer.body = policyOf('*.example.test', 'testing')
    const changed = await ours.find(DOMAIN)
    expect(changed).toMatchObject({ policy: { mode: 'testing', mx: ['*.example.test'] }, fresh: true })
    expect(fetched).toHaveLength(2)
  })

  it('fetches anew every day, before it runs out', async () => {
    const ours = policies()
    await ours.find(DOMAIN)
    now += 25 * HOUR_MS
    expect((await ours.find(DOMAIN)).fresh).toBe(true)
    now += 6 * 86_400_000 + HOUR_MS // a week after the first, not after the second
    answer.status = 503
    expect(await ours.find(DOMAIN)).toMatchObject({ policy: ENFORCED, fresh: false })
  })

  it('several who ask at once share one answer', async () => {
    const ours = policies()
    const found = await Promise.all(Array.from({ length: 20 }, () => ours.find(DOMAIN)))
    expect(found.every(({ policy }) => policy?.mode === 'enforce')).toBe(true)
    expect([asked.length, fetched.length]).toEqual([1, 1])
  })

  it('keeps the policies of a store across instances', async () => {
    const store = new MtaStsMemoryStore()
    await policies({ store }).find(DOMAIN)
    txt = noServer
    expect((await policies({ store }).find(DOMAIN)).policy).toEqual(ENFORCED)
    expect(fetched).toHaveLength(1)
  })

  it('has nothing to ask for address literals and what is no domain', async () => {
    for (const name of ['', '[192.0.2.1]', '192.0.2.1', '[IPv6:::1]', 'a b', 'a..b', 'x'.repeat(300), '-a.test']) {
      expect(await policies().find(name)).toEqual({ policy: undefined, fresh: false })
    }
    expect(asked).toEqual([])
    await policies().find('bücher.test')
    expect(asked).toEqual(['_mta-sts.xn--bcher-kva.test'])
  })
})

describe('a kept policy outlives failures (RFC 8461 3.3)', () => {
  it.each([
    ['the TXT record is gone', () => (txt = noRecord), undefined],
    ['the TXT record is broken', () => (txt = () => Promise.resolve([['v=STSv1; id=']])), undefined],
    ['DNS does not answer', () => (txt = noServer), 'policy.mta-sts-unavailable'],
    ['the server answers 404', () => (answer.status = 404), 'policy.mta-sts-unavailable'],
    [
      'the server sends somewhere else',
      () => {
        answer.status = 301
        answer.headers['location'] = 'https://elsewhere.test/policy'
      },
      'policy.mta-sts-unavailable',
    ],
    ['the type is another one', () => (answer.headers['content-type'] = 'text/html'), 'policy.mta-sts-invalid'],
    ['the policy is broken', () => (answer.body = 'version: STSv1'), 'policy.mta-sts-invalid'],
    ['the policy is too large', () => (answer.body = Buffer.alloc(70_000, '\n')), 'policy.mta-sts-invalid'],
    ['the certificate is for another name', () => (shown = 'wrongName'), 'policy.mta-sts-unavailable'],
    ['the certificate is of an unknown issuer', () => (shown = 'unknownIssuer'), 'policy.mta-sts-unavailable'],
  ])('%s', async (_, breakIt, code) => {
    const ours = policies()
    await ours.find(DOMAIN)
    txt = () => Promise.resolve([['v=STSv1; id=2']])
    breakIt()
    now += HOUR_MS
    const found = await ours.find(DOMAIN)
    expect(found.policy).toEqual(ENFORCED)
    expect(found.problem?.code).toBe(code)
    expect((await policies().find(DOMAIN)).policy).toBeUndefined() // who never had it goes on without
    now += 7 * 86_400_000
    expect((await ours.find(DOMAIN)).policy).toBeUndefined()
  })

  it('names failures as reports do (RFC 8460 4.3.1)', async () => {
    shown = 'wrongName'
    expect((await policies().find(DOMAIN)).problem).toMatchObject({ resultType: 'sts-webpki-invalid' })
    shown = 'good'
    answer.body = ''
    expect((await policies().find(DOMAIN)).problem).toMatchObject({ resultType: 'sts-policy-invalid' })
    answer.status = 500
    expect((await policies().find(DOMAIN)).problem).toMatchObject({
      resultType: 'sts-policy-fetch-error',
      sentence: 'https://mta-sts.example.test/.well-known/mta-sts.txt answered with status 500',
    })
  })

  it.each(['text/plain', 'text/plain; charset=utf-8', 'TEXT/PLAIN;charset=us-ascii'])(
    '%s is the right type',
    async (type) => {
      answer.headers['content-type'] = type
      expect((await policies().find(DOMAIN)).policy).toEqual(ENFORCED)
    },
  )

  it('a fetch that failed is not repeated for five minutes', async () => {
    const ours = policies()
    answer.status = 500
    await ours.find(DOMAIN)
    answer.status = 200
    now += 4 * 60_000
    expect((await ours.find(DOMAIN, { refetch: true })).problem?.code).toBe('policy.mta-sts-unavailable')
    expect(fetched).toHaveLength(1)
    now += 2 * 60_000
    expect((await ours.find(DOMAIN)).policy).toEqual(ENFORCED)
  })

  it('is taken back with mode none', async () => {
    const ours = policies()
    await ours.find(DOMAIN)
    now += HOUR_MS
    txt = () => Promise.resolve([['v=STSv1; id=2']])
    answer.body = 'version: STSv1\nmode: none\nmax_age: 86400\n'
    expect((await ours.find(DOMAIN)).policy).toMatchObject({ mode: 'none' })
  })
})

describe('a kept policy without its TXT record', () => {
  const gone = { 'is gone': 'ENODATA', 'cannot be had': 'ESERVFAIL' }
  it.each(Object.entries(gone))('is fetched anew when it is a day old: the record %s', async (_, code) => {
    const store = new MtaStsMemoryStore()
    const ours = policies({ store })
    await ours.find(DOMAIN)
    txt = () => Promise.reject(Object.assign(new Error(code), { code }))
    now += HOUR_MS
    expect(await ours.find(DOMAIN)).toMatchObject({ policy: ENFORCED, fresh: false })
    expect(fetched).toHaveLength(1)
    now += 24 * HOUR_MS
    expect(await ours.find(DOMAIN)).toEqual({ policy: ENFORCED, fresh: true })
    expect(await store.get(DOMAIN)).toMatchObject({ id: '1', fetchedAtMs: now })
    now += 25 * HOUR_MS
    expect(await ours.refresh()).toEqual({ fetched: 1, failed: [] })
  })

  it('is left to run out when its web server does not answer either', async () => {
    const ours = policies()
    await ours.find(DOMAIN)
    txt = () => Promise.resolve([])
    answer.status = 404
    now += 25 * HOUR_MS
    expect(await ours.find(DOMAIN)).toMatchObject({ policy: ENFORCED, problem: { code: 'policy.mta-sts-unavailable' } })
    now += 7 * 24 * HOUR_MS
    expect(await ours.find(DOMAIN)).toEqual({ policy: undefined, fresh: false })
  })
})

describe('refetch and refresh', () => {
  it('fetches a policy although the kept one counts', async () => {
    const ours = policies()
    await ours.find(DOMAIN)
    answer.body = policyOf('other.example.test')
    expect(await ours.find(DOMAIN, { refetch: true })).toMatchObject({
      policy: { mx: ['other.example.test'] },
      fresh: true,
    })
  })

  it('refreshes what is older than a day, and forgets what ran out', async () => {
    const store = new MtaStsMemoryStore()
    const policy = { mode: 'enforce', mx: ['mx.example.test'], maxAgeSeconds: 7 * 86_400 } as const
    await store.set({ domain: DOMAIN, id: '1', policy, fetchedAtMs: now - 25 * HOUR_MS })
    await store.set({ domain: 'young.test', id: '1', policy, fetchedAtMs: now - HOUR_MS })
    await store.set({ domain: 'over.test', id: '1', policy, fetchedAtMs: now - 8 * 86_400_000 })
    await store.set({ domain: 'dead.test', id: '1', policy, fetchedAtMs: now - 2 * 86_400_000 })
    const ours = policies({
      store,
      request: (given) => (given.url.includes('dead') ? Promise.reject(new Error('nobody')) : request(given)),
    })
    expect(await ours.refresh()).toEqual({ fetched: 1, failed: ['dead.test'] })
    expect((await store.all()).map(({ domain }) => domain).toSorted()).toEqual(['dead.test', DOMAIN, 'young.test'])
    expect((await store.get(DOMAIN))?.fetchedAtMs).toBe(now)
    await expect(ours.refresh(AbortSignal.abort())).rejects.toThrow(/abort/)
  })
})

describe('signals', () => {
  it('one who goes away leaves the others their answer; the last one stops the work', async () => {
    let stopped: AbortSignal | undefined
    let release = () => {}
    const held: SendWebRequest = ({ signal, url }) => {
      stopped = signal
      return new Promise((resolve, reject) => {
        release = () => resolve(request({ url }))
        signal?.addEventListener('abort', () => reject(new Error('stopped')))
      })
    }
    const ours = policies({ request: held })
    const leaving = new AbortController()
    const first = ours.find(DOMAIN, { signal: leaving.signal })
    const second = ours.find(DOMAIN)
    while (!stopped) await Promise.resolve()
    leaving.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    expect(stopped.aborted).toBe(false)
    release()
    expect((await second).policy).toEqual(ENFORCED)

    stopped = undefined
    const alone = new AbortController()
    const other = policies({ request: held })
    const third = other.find(DOMAIN, { signal: alone.signal })
    while (!stopped) await Promise.resolve()
    const seen: AbortSignal = stopped
    alone.abort(new Error('gone, too'))
    await expect(third).rejects.toThrow('gone, too')
    expect(seen.aborted).toBe(true)
    const again = other.find(DOMAIN)
    stopped = undefined
    while (!stopped) await Promise.resolve()
    release()
    expect((await again).policy).toEqual(ENFORCED) // what was stopped is no failure that would be remembered
    await expect(other.find(DOMAIN, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/)
  })
})

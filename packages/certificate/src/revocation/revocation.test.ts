import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  crlAddresses,
  madeAuthority,
  madeCrl,
  madeLeaf,
  madeOcspResponse,
  MUST_STAPLE,
  ocspAddresses,
  ocspRefusal,
  type MadeIssuer,
} from '../../test/made-revocation.js'
import { BerReader, insideOnly } from '../asn1/ber-reader.js'
import { RevocationCache } from './revocation-cache.js'
import { checkRevocation, type RevocationCheck, type RevocationFetch, type RevocationRequest } from './revocation.js'

/** A responder and a CRL on loopback; what a path answers is put into `answers`. */
let server: Server
let origin: string
const answers = new Map<string, { readonly status?: number; readonly body: Uint8Array }>()
const requests: { readonly method: string; readonly path: string; readonly type: string; readonly body: Buffer }[] = []

const fetchIt: RevocationFetch = async (url, { body, contentType, signal, maxOctets }) => {
  const given = body ? { method: 'POST', body: Buffer.from(body), headers: { 'content-type': contentType ?? '' } } : {}
  const response = await fetch(url, { ...given, signal })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  const octets = new Uint8Array(await response.arrayBuffer())
  if (octets.length > maxOctets) throw new Error('too large')
  return octets
}

beforeAll(async () => {
  server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const path = request.url ?? ''
      const type = request.headers['content-type'] ?? ''
      if (path === '/hang-up') return void response.destroy()
      requests.push({ method: request.method ?? '', path, type, body: Buffer.concat(pieces) })
      const answer = answers.get(path)
      response.writeHead(answer?.status ?? (answer ? 200 : 404)).end(answer?.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

let places = 0

/** A server below a root, with the addresses it names: `dead` is one that hangs up. */
function shown(names: { ocsp?: boolean | 'dead'; crl?: boolean | 'dead'; mustStaple?: boolean; root?: MadeIssuer }) {
  const root = names.root ?? madeAuthority('Root')
  const place = `/${++places}`
  const address = (kind: string, named: boolean | 'dead' | undefined) =>
    named === 'dead' ? `${origin}/hang-up` : `${origin}${place}/${kind}`
  const leaf = madeLeaf('server', root, [
    ...(names.ocsp ? [ocspAddresses(address('ocsp', names.ocsp))] : []),
    ...(names.crl ? [crlAddresses(address('crl', names.crl))] : []),
    ...(names.mustStaple ? [MUST_STAPLE] : []),
  ])
  const answer = (kind: 'ocsp' | 'crl', body: Uint8Array) => answers.set(`${place}/${kind}`, { body })
  return { root, leaf, chain: [leaf.certificate, root.certificate], place, answer }
}

function ask(request: Partial<RevocationRequest> & Pick<RevocationRequest, 'chain'>) {
  return checkRevocation({
    crl: 'off',
    ocsp: 'off',
    fetch: fetchIt,
    signal: new AbortController().signal,
    cache: new RevocationCache(),
    ...request,
  })
}

const CHECKS: readonly RevocationCheck[] = ['off', 'soft', 'required']
const SITUATIONS = ['good', 'revoked', 'no address', 'unreachable'] as const

/** What must come out: the row's 0, 1, 2 against the four situations. */
function expected(check: RevocationCheck, situation: (typeof SITUATIONS)[number]) {
  if (check === 'off') return { status: 'unknown', refused: false }
  if (situation === 'good') return { status: 'good', refused: false }
  if (situation === 'revoked') return { status: 'revoked', refused: true }
  return { status: 'unknown', refused: check === 'required' }
}

const MATRIX = CHECKS.flatMap((check, number) => SITUATIONS.map((situation) => [number, check, situation] as const))

describe('the matrix of settings and situations', () => {
  it.each(MATRIX)('OCSP %i (%s), %s [part of ipworks.config.SSLCheckOCSP]', async (_, check, situation) => {
    const named = situation === 'no address' ? false : situation === 'unreachable' ? 'dead' : true
    const { root, leaf, chain, answer } = shown({ ocsp: named })
    const status = situation === 'revoked' ? 'revoked' : 'good'
    answer('ocsp', madeOcspResponse({ certificate: leaf.certificate, issuer: root, status }))
    await expect(ask({ chain, ocsp: check })).resolves.toMatchObject(expected(check, situation))
  })

  it.each(MATRIX)('CRL %i (%s), %s [part of ipworks.config.SSLCheckCRL]', async (_, check, situation) => {
    const named = situation === 'no address' ? false : situation === 'unreachable' ? 'dead' : true
    const { root, leaf, chain, answer } = shown({ crl: named })
    answer('crl', madeCrl({ issuer: root, revoked: situation === 'revoked' ? [leaf.certificate] : [] }))
    await expect(ask({ chain, crl: check })).resolves.toMatchObject(expected(check, situation))
  })

  it('says when it was revoked, and who said so', async () => {
    const { root, leaf, chain, answer, place } = shown({ ocsp: true, crl: true })
    answer('ocsp', madeOcspResponse({ certificate: leaf.certificate, issuer: root, status: 'revoked' }))
    await expect(ask({ chain, ocsp: 'soft' })).resolves.toEqual({
      status: 'revoked',
      refused: true,
      reason: `ocsp ${origin}${place}/ocsp`,
      revokedAt: new Date(Date.UTC(2026, 0, 2)),
    })
    answer('crl', madeCrl({ issuer: root, revoked: [leaf.certificate] }))
    const found = await ask({ chain, crl: 'soft' })
    expect(found).toMatchObject({ reason: `crl ${origin}${place}/crl`, revokedAt: new Date(Date.UTC(2026, 0, 2)) })
  })

  it.each([
    ['soft', 'soft', 'good', false],
    ['soft', 'required', 'unknown', true],
    ['required', 'soft', 'good', false],
    ['required', 'required', 'unknown', true],
  ] as const)('OCSP %s answers good, CRL %s cannot be had: %s, refused %s', async (ocsp, crl, status, refused) => {
    const { root, leaf, chain, answer } = shown({ ocsp: true, crl: 'dead' })
    answer('ocsp', madeOcspResponse({ certificate: leaf.certificate, issuer: root }))
    await expect(ask({ chain, ocsp, crl })).resolves.toMatchObject({ status, refused })
  })

  it('a certificate that one of the two calls revoked is refused, though the other says good', async () => {
    const { root, leaf, chain, answer } = shown({ ocsp: true, crl: true })
    answer('ocsp', madeOcspResponse({ certificate: leaf.certificate, issuer: root }))
    answer('crl', madeCrl({ issuer: root, revoked: [leaf.certificate] }))
    await expect(ask({ chain, ocsp: 'soft', crl: 'soft' })).resolves.toMatchObject({ status: 'revoked', refused: true })
  })
})

describe('the question', () => {
  it('is what RFC 5019 2.1.1 says: one CertID with SHA-1, no nonce, by POST', async () => {
    const { root, leaf, chain, answer, place } = shown({ ocsp: true })
    answer('ocsp', madeOcspResponse({ certificate: leaf.certificate, issuer: root }))
    await ask({ chain, ocsp: 'soft' })
    const sent = requests.find(({ path }) => path.startsWith(`${place}/`))!
    expect(sent).toMatchObject({ method: 'POST', type: 'application/ocsp-request' })
    const request = insideOnly(sent.body).next()
    const list = new BerReader(request.content).inside()
    const certId = list.inside().inside()
    expect(certId.inside().oid()).toBe('1.3.14.3.2.26')
    expect(certId.octetString()).toHaveLength(20)
    expect(certId.octetString()).toHaveLength(20)
    expect(new Uint8Array(certId.next(2).content)).toEqual(new Uint8Array(leaf.certificate.serialNumber))
    expect(list.done).toBe(true)
    expect(insideOnly(sent.body).next().whole).toHaveLength(sent.body.length - 2)
  })

  it('goes to http: addresses only, and to two at most', async () => {
    const asked: string[] = []
    const fetch: RevocationFetch = (url) => {
      asked.push(url)
      return Promise.reject(new Error('nobody is there'))
    }
    const root = madeAuthority('Root')
    const urls = [
      'ldap://a.test/x',
      'https://b.test/',
      'file:///etc/passwd',
      'nonsense',
      'HTTP://c.test/',
      'http://d.test/1',
    ]
    const leaf = madeLeaf('server', root, [ocspAddresses(...urls, 'http://e.test/', 'http://f.test/')])
    const found = await ask({ chain: [leaf.certificate, root.certificate], ocsp: 'required', fetch })
    expect(asked).toEqual(['http://c.test/', 'http://d.test/1'])
    expect(found).toMatchObject({ status: 'unknown', refused: true })
    expect(found.reason).toContain('ocsp http://c.test/: the answer cannot be had: nobody is there')
  })

  it('goes on to the next address when one gives nothing to go by', async () => {
    const root = madeAuthority('Root')
    const place = `/${++places}`
    const urls = [`${origin}${place}/later`, `${origin}${place}/good`]
    const leaf = madeLeaf('server', root, [ocspAddresses(...urls)])
    answers.set(`${place}/later`, { body: ocspRefusal(3) })
    answers.set(`${place}/good`, { body: madeOcspResponse({ certificate: leaf.certificate, issuer: root }) })
    const found = await ask({ chain: [leaf.certificate, root.certificate], ocsp: 'required' })
    expect(found).toEqual({ status: 'good', refused: false, reason: `ocsp ${urls[1]}` })
  })

  it('is not asked when both checks are off', async () => {
    const { chain } = shown({ ocsp: true, crl: true })
    const fetch = () => Promise.reject(new Error('must not be asked'))
    expect(await ask({ chain, fetch })).toEqual({ status: 'unknown', refused: false, reason: 'nobody was asked' })
  })
})

describe('what is stapled to the handshake', () => {
  it('comes first: nobody is asked then [part of ipworks.config.SSLCheckOCSP]', async () => {
    const { root, leaf, chain } = shown({ ocsp: true })
    const fetch = () => Promise.reject(new Error('must not be asked'))
    const stapled = madeOcspResponse({ certificate: leaf.certificate, issuer: root })
    const found = await ask({ chain, ocsp: 'required', stapled, fetch })
    expect(found).toEqual({ status: 'good', refused: false, reason: 'stapled' })
    const revoked = madeOcspResponse({ certificate: leaf.certificate, issuer: root, status: 'revoked' })
    const refused = await ask({ chain, ocsp: 'soft', stapled: revoked, fetch })
    expect(refused).toMatchObject({ status: 'revoked', refused: true, reason: 'stapled' })
  })

  it('is passed over when it does not count, and the responder is asked', async () => {
    const { root, leaf, chain, answer } = shown({ ocsp: true })
    answer('ocsp', madeOcspResponse({ certificate: leaf.certificate, issuer: root, status: 'revoked' }))
    const old = { thisUpdate: new Date(0), nextUpdate: new Date(1000) }
    const stapled = madeOcspResponse({ certificate: leaf.certificate, issuer: root, ...old })
    expect(await ask({ chain, ocsp: 'soft', stapled })).toMatchObject({ status: 'revoked' })
    const dead = shown({ ocsp: 'dead' })
    const found = await ask({ chain: dead.chain, ocsp: 'required', stapled })
    expect(found.refused).toBe(true)
    expect(found.reason).toMatch(/^stapled: the answer speaks of other certificates; ocsp http:/)
  })

  it('is not read beyond 64 KiB', async () => {
    const { chain } = shown({})
    const found = await ask({ chain, ocsp: 'required', stapled: new Uint8Array(100_000) })
    expect(found.reason).toBe('stapled: the answer has more than 65536 octets')
  })
})

describe('a certificate that must be stapled (RFC 7633)', () => {
  it.each([
    ['soft', 'dead', true],
    ['required', 'dead', true],
    ['soft', true, false],
    ['off', 'dead', false],
  ] as const)('OCSP %s, responder %s: refused %s', async (ocsp, named, refused) => {
    const { root, leaf, chain, answer } = shown({ ocsp: named, mustStaple: true })
    answer('ocsp', madeOcspResponse({ certificate: leaf.certificate, issuer: root }))
    expect((await ask({ chain, ocsp })).refused).toBe(refused)
  })

  it('passes with a stapled answer', async () => {
    const { root, leaf, chain } = shown({ mustStaple: true })
    const stapled = madeOcspResponse({ certificate: leaf.certificate, issuer: root })
    expect(await ask({ chain, ocsp: 'soft', stapled })).toMatchObject({ status: 'good', refused: false })
  })
})

describe('authorities between the server and the root', () => {
  function chainOf(between: readonly Buffer[]) {
    const root = madeAuthority('Root')
    const issuing = madeAuthority('Issuing', { issuer: root, extensions: between })
    const leaf = madeLeaf('server', issuing)
    const stapled = madeOcspResponse({ certificate: leaf.certificate, issuer: issuing })
    return { root, issuing, chain: [leaf.certificate, issuing.certificate, root.certificate], stapled }
  }

  it('are asked after, too: a revoked one is refused', async () => {
    const place = `/${++places}`
    const { root, issuing, chain, stapled } = chainOf([ocspAddresses(`${origin}${place}`)])
    answers.set(place, {
      body: madeOcspResponse({ certificate: issuing.certificate, issuer: root, status: 'revoked' }),
    })
    const found = await ask({ chain, ocsp: 'soft', stapled })
    expect(found).toMatchObject({ status: 'revoked', refused: true })
    expect(found.reason).toBe(`ocsp ${origin}${place} for 'CN=Issuing'`)
  })

  it('pass without an address, whatever is required', async () => {
    const { chain, stapled } = chainOf([])
    const found = await ask({ chain, ocsp: 'required', stapled })
    expect(found).toEqual({ status: 'good', refused: false, reason: 'stapled' })
  })

  it('do not pass when an answer is required and their address gives none', async () => {
    const { chain, stapled } = chainOf([ocspAddresses(`${origin}/hang-up`)])
    expect(await ask({ chain, ocsp: 'required', stapled })).toMatchObject({ status: 'unknown', refused: true })
    expect(await ask({ chain, ocsp: 'soft', stapled })).toMatchObject({ status: 'unknown', refused: false })
  })

  it('the root is not asked after; a certificate that is trusted itself cannot be', async () => {
    const root = madeAuthority('Root', { extensions: [ocspAddresses(`${origin}/hang-up`)] })
    const leaf = madeLeaf('server', root)
    const stapled = madeOcspResponse({ certificate: leaf.certificate, issuer: root })
    const found = await ask({ chain: [leaf.certificate, root.certificate], ocsp: 'required', stapled })
    expect(found.status).toBe('good')
    expect(await ask({ chain: [root.certificate], ocsp: 'required' })).toMatchObject({ refused: true })
    expect(await ask({ chain: [root.certificate], ocsp: 'soft' })).toMatchObject({ refused: false })
  })

  it('are not asked after in chains without end', async () => {
    const root = madeAuthority('Root')
    const chain = Array.from({ length: 12 }, () => root.certificate)
    expect(await ask({ chain, crl: 'required' })).toMatchObject({ status: 'unknown', refused: true })
  })
})

describe('time', () => {
  it('is over when the signal says so: what is not known by then is unknown', async () => {
    const { chain } = shown({ ocsp: true, crl: true })
    const controller = new AbortController()
    const fetch: RevocationFetch = () => {
      controller.abort()
      return new Promise(() => {}) // heeds no signal
    }
    const found = await ask({ chain, ocsp: 'soft', crl: 'soft', fetch, signal: controller.signal })
    expect(found).toMatchObject({ status: 'unknown', refused: false })
    expect(found.reason).toMatch(/the time is over; crl .*the time is over$/)
    expect(await ask({ chain, ocsp: 'required', fetch, signal: AbortSignal.abort() })).toMatchObject({ refused: true })
  })

  it.each([
    ['soft', 5, false],
    ['required', 15, true],
  ] as const)('is %s: %i seconds for an address that is silent, refused %s', async (ocsp, seconds, refused) => {
    const { chain } = shown({ ocsp: true })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const found = ask({ chain, ocsp, fetch: () => new Promise(() => {}) })
      while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve)) // it is loaded lazily
      await vi.advanceTimersByTimeAsync(seconds * 1000)
      await expect(found).resolves.toMatchObject({ status: 'unknown', refused })
      expect((await found).reason).toContain(`it was not there within ${seconds} seconds`)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('tells the fetch that it is over', async () => {
    const { chain } = shown({ ocsp: true })
    const controller = new AbortController()
    let seen: AbortSignal | undefined
    const fetch: RevocationFetch = (_, { signal }) => {
      seen = signal
      controller.abort()
      return Promise.reject(new Error('gone'))
    }
    await ask({ chain, ocsp: 'soft', fetch, signal: controller.signal })
    expect(seen?.aborted).toBe(true)
  })
})

describe('the memory of answers', () => {
  it('asks once until the next answer is due, and at most 12 hours', async () => {
    const { root, leaf, chain, answer, place } = shown({ ocsp: true, crl: true })
    const hour = 3_600_000
    const at = new Date()
    const nextUpdate = new Date(at.getTime() + 48 * hour)
    answer('ocsp', madeOcspResponse({ certificate: leaf.certificate, issuer: root, nextUpdate }))
    answer('crl', madeCrl({ issuer: root, nextUpdate: new Date(at.getTime() + 2 * hour) }))
    const cache = new RevocationCache()
    const count = () =>
      requests.filter(({ path }) => path.startsWith(`${place}/`)).map(({ path }) => path.slice(place.length))
    const later = (hours: number) =>
      ask({ chain, ocsp: 'required', crl: 'soft', cache, at: new Date(at.getTime() + hours * hour) })
    expect((await later(0)).status).toBe('good')
    expect((await later(1)).status).toBe('good')
    expect(count()).toEqual(['/ocsp', '/crl'])
    expect((await later(3)).status).toBe('good')
    expect(count()).toEqual(['/ocsp', '/crl', '/crl'])
    expect((await later(13)).status).toBe('good')
    expect(count()).toEqual(['/ocsp', '/crl', '/crl', '/ocsp', '/crl'])
  })

  it('remembers a failure for a minute, but not where an answer is required, nor when the time was over', async () => {
    const { root, leaf, chain, answer } = shown({ ocsp: true })
    const cache = new RevocationCache()
    const at = new Date()
    await ask({ chain, ocsp: 'soft', cache, at, signal: AbortSignal.abort() })
    answer('ocsp', ocspRefusal(3))
    expect((await ask({ chain, ocsp: 'soft', cache, at })).reason).toContain('tryLater')
    answer('ocsp', madeOcspResponse({ certificate: leaf.certificate, issuer: root }))
    expect((await ask({ chain, ocsp: 'soft', cache, at })).reason).toContain('tryLater')
    expect((await ask({ chain, ocsp: 'soft', cache: new RevocationCache(), at })).status).toBe('good')
    expect((await ask({ chain, ocsp: 'soft', cache, at: new Date(at.getTime() + 61_000) })).status).toBe('good')
    const other = shown({ ocsp: true })
    other.answer('ocsp', ocspRefusal(2))
    expect((await ask({ chain: other.chain, ocsp: 'soft', cache, at })).status).toBe('unknown')
    other.answer('ocsp', madeOcspResponse({ certificate: other.leaf.certificate, issuer: other.root }))
    expect((await ask({ chain: other.chain, ocsp: 'required', cache, at })).status).toBe('good')
  })

  it('is bounded', () => {
    const cache = new RevocationCache()
    const at = new Date()
    const answer = { status: 'good', revokedAt: undefined, thisUpdate: at, nextUpdate: undefined } as const
    for (let index = 0; index < 2100; index++) cache.keep(`${index}`, 'test', answer, at)
    expect(cache.get('99', at)).toBeUndefined()
    expect(cache.get('100', at)).toMatchObject({ status: 'good', source: 'test' })
    expect(cache.get('2099', new Date(at.getTime() - 600_000))).toBeUndefined()
    expect(cache.get('2099', at)).toMatchObject({ status: 'good' })
  })
})

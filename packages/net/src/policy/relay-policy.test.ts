import { ConnectError } from '@posthorn/ground'
import { beforeEach, describe, expect, it } from 'vitest'
import type { TlsaRecord } from '../options.js'
import { MtaStsPolicies } from './mta-sts-policies.js'
import { relayPolicy } from './relay-policy.js'
import type { RelayTarget } from './relay-target.js'
import type { SecureHost, SecureResolver } from './secure-resolver.js'

const USABLE: TlsaRecord = { usage: 3, selector: 1, matching: 1, data: Buffer.alloc(32, 7) }
const UNUSABLE: TlsaRecord = { ...USABLE, usage: 1 }
const MX = 'mx.example.net'

let asked: string[]
let host: Partial<SecureHost> | Error
let tlsa: Record<string, readonly TlsaRecord[] | Error>
let insecure: boolean
let policyText: string | undefined
let fetches: number

const resolver: SecureResolver = {
  resolveHost: (name) => {
    asked.push(`host ${name}`)
    if (host instanceof Error) return Promise.reject(host)
    return Promise.resolve({ canonicalName: name, secure: true, secureAlias: false, ...host })
  },
  resolveTlsa: (name) => {
    asked.push(name)
    const records = tlsa[name] ?? []
    if (records instanceof Error) return Promise.reject(records)
    return Promise.resolve({ records, secure: !insecure })
  },
}

const mtaSts = () =>
  new MtaStsPolicies({
    resolveTxt: (name) => {
      asked.push(name)
      return Promise.resolve(policyText === undefined ? [] : [['v=STSv1; id=1']])
    },
    request: () => {
      fetches++
      const body = Buffer.from(policyText ?? '')
      return Promise.resolve({ status: 200, headers: { 'content-type': 'text/plain' }, body })
    },
  })

const sts = (mode: string, mx = MX) => `version: STSv1\nmode: ${mode}\nmx: ${mx}\nmax_age: 86400\n`

const ask = (target: Partial<RelayTarget> = {}) =>
  relayPolicy({ domain: 'example.org', mxHost: MX, mxSecure: true, resolver, mtaSts: mtaSts(), ...target })

beforeEach(() => {
  asked = []
  host = {}
  tlsa = { [`_25._tcp.${MX}`]: [USABLE] }
  insecure = false
  policyText = undefined
  fetches = 0
})

describe('DANE, RFC 7672 2.2', () => {
  it('asks for TLS that meets the records, with the base domain in SNI, and for names DNSSEC has led to', async () => {
    await expect(ask({ mxHost: 'MX.Example.net.' })).resolves.toEqual({
      kind: 'dane',
      security: 'starttls',
      tls: { servername: MX, dane: { records: [USABLE], names: [MX, 'example.org'] } },
      report: {
        policyType: 'tlsa',
        policyDomain: MX,
        policyString: [`3 1 1 ${'07'.repeat(32)}`],
        mxHost: 'MX.Example.net.',
      },
    })
    expect(asked).toEqual([`host ${MX}`, `_25._tcp.${MX}`])
  })

  it('decides alone: MTA-STS is not asked for, and cannot help (RFC 8461 2)', async () => {
    policyText = sts('enforce')
    expect((await ask()).kind).toBe('dane')
    expect(asked.some((name) => name.startsWith('_mta-sts'))).toBe(false)
  })

  it('knows other ports', async () => {
    tlsa = { [`_465._tcp.${MX}`]: [USABLE] }
    expect((await ask({ port: 465 })).tls.dane?.records).toEqual([USABLE])
  })

  it.each<[string, () => Partial<RelayTarget>, readonly string[]]>([
    ['the MX records are not proved', () => ({ mxSecure: false }), []],
    [
      'the host is in a zone that is not signed: it is not asked for TLSA records',
      () => {
        host = { secure: false }
        return {}
      },
      [`host ${MX}`],
    ],
    [
      'there are no records',
      () => {
        tlsa = {}
        return {}
      },
      [`host ${MX}`, `_25._tcp.${MX}`],
    ],
    [
      'the records are not proved',
      () => {
        insecure = true
        return {}
      },
      [`host ${MX}`, `_25._tcp.${MX}`],
    ],
    ['no resolver is given', () => ({ resolver: undefined }), []],
  ])('does not apply when %s', async (_, change, questions) => {
    const found = await ask({ mtaSts: undefined, ...change() })
    expect(found).toMatchObject({ kind: 'none', security: 'opportunistic' })
    expect(asked).toEqual(questions)
  })

  it('looks below the name that aliases lead to, then below the name itself', async () => {
    host = { canonicalName: 'real.example.com' }
    const own = await ask()
    expect(own.tls).toMatchObject({ servername: MX, dane: { names: [MX, 'example.org'] } })
    expect(asked).toEqual([`host ${MX}`, '_25._tcp.real.example.com', `_25._tcp.${MX}`])
    tlsa['_25._tcp.real.example.com'] = [USABLE]
    const expanded = await ask()
    expect(expanded.tls).toMatchObject({
      servername: 'real.example.com',
      dane: { names: ['real.example.com', MX, 'example.org'] },
    })
    expect(expanded.report.policyDomain).toBe('real.example.com')
  })

  it('looks below an alias that is proved though what it leads to is not', async () => {
    host = { canonicalName: 'real.example.com', secure: false, secureAlias: true }
    expect((await ask()).tls.servername).toBe(MX)
    expect(asked).toEqual([`host ${MX}`, `_25._tcp.${MX}`])
  })

  it.each([
    ['addresses', () => void (host = new Error('SERVFAIL'))],
    ['TLSA records', () => void (tlsa = { [`_25._tcp.${MX}`]: new Error('SERVFAIL') })],
  ])('waits when the %s cannot be looked up, whatever MTA-STS says (2.1)', async (_, breakIt) => {
    breakIt()
    policyText = sts('enforce')
    const { refuse, kind, security, report } = await ask()
    expect([kind, security]).toEqual(['dane', 'starttls'])
    expect(refuse).toBeInstanceOf(ConnectError)
    expect(refuse).toMatchObject({ code: 'policy.tlsa-lookup-failed', outcome: 'transient', phase: 'resolve' })
    expect(refuse?.hint).toContain('DNSSEC')
    expect(report.failure?.resultType).toBe('dnssec-invalid')
    expect(asked.some((name) => name.startsWith('_mta-sts'))).toBe(false)
  })

  it('asks for TLS with anybody when none of the records can be used', async () => {
    tlsa = { [`_25._tcp.${MX}`]: [UNUSABLE] }
    await expect(ask()).resolves.toMatchObject({
      kind: 'dane',
      security: 'starttls',
      tls: { servername: MX, rejectUnauthorized: false },
      report: { failure: { resultType: 'tlsa-invalid' } },
    })
    policyText = sts('testing')
    await expect(ask()).resolves.toMatchObject({ kind: 'dane', security: 'starttls' })
    policyText = sts('enforce')
    await expect(ask()).resolves.toMatchObject({ kind: 'mta-sts', tls: { rejectUnauthorized: true } })
  })

  it('an aborted signal is no failure of DNS', async () => {
    const controller = new AbortController()
    const aborting: SecureResolver = {
      ...resolver,
      resolveHost: () => {
        controller.abort(new Error('gone'))
        return Promise.reject(new Error('stopped'))
      },
    }
    await expect(ask({ resolver: aborting, signal: controller.signal })).rejects.toThrow('gone')
  })
})

describe('MTA-STS, RFC 8461 5', () => {
  const withoutDane = { resolver: undefined, mxSecure: false }

  it('enforce: TLS 1.2, and a certificate for the name of the server', async () => {
    policyText = sts('enforce')
    await expect(ask({ ...withoutDane, mxHost: 'Mx.example.net.' })).resolves.toEqual({
      kind: 'mta-sts',
      security: 'starttls',
      tls: { servername: MX, rejectUnauthorized: true, verifyHost: true, minVersion: 'TLSv1.2' },
      refuse: undefined,
      report: {
        policyType: 'sts',
        policyDomain: 'example.org',
        policyString: ['version: STSv1', 'mode: enforce', `mx: ${MX}`, 'max_age: 86400'],
        mxHost: 'Mx.example.net.',
        mode: 'enforce',
        failure: undefined,
      },
    })
  })

  it('enforce: no mail to a server it does not name, and none is given up before the policy was fetched anew', async () => {
    policyText = sts('enforce')
    const policies = mtaSts()
    await ask({ ...withoutDane, mtaSts: policies })
    expect(fetches).toBe(1)
    const refused = await ask({ ...withoutDane, mtaSts: policies, mxHost: 'mx.evil.test' })
    expect(fetches).toBe(2)
    expect(refused.refuse).toMatchObject({ code: 'policy.mx-not-allowed', outcome: 'transient', phase: 'resolve' })
    expect(refused.refuse?.message).toBe('the MTA-STS policy of example.org does not name mx.evil.test')
    expect(refused.report.failure?.resultType).toBe('validation-failure')
    policyText = sts('enforce', '*.moved.test')
    const moved = await ask({ ...withoutDane, mtaSts: policies, mxHost: 'mx.moved.test' })
    expect(moved.refuse).toBeUndefined()
    expect(moved.tls.rejectUnauthorized).toBe(true)
  })

  it('testing: mail all the same, and it is told', async () => {
    policyText = sts('testing')
    const listed = await ask(withoutDane)
    expect(listed).toMatchObject({ kind: 'mta-sts', security: 'opportunistic', tls: { rejectUnauthorized: false } })
    expect(listed.report).toMatchObject({ mode: 'testing', failure: undefined })
    const other = await ask({ ...withoutDane, mxHost: 'mx.other.test' })
    expect(other.refuse).toBeUndefined()
    expect(other.report.failure?.resultType).toBe('validation-failure')
  })

  it.each([
    ['none', 'version: STSv1\nmode: none\nmax_age: 1\n', undefined],
    ['one that cannot be read', 'hello', 'sts-policy-invalid'],
    ['no policy', undefined, undefined],
  ])('%s: TLS if it is offered, with anybody', async (_, text, resultType) => {
    policyText = text
    const found = await ask(withoutDane)
    expect(found).toMatchObject({
      kind: 'none',
      security: 'opportunistic',
      tls: { servername: MX, rejectUnauthorized: false },
      report: { policyType: 'no-policy-found' },
    })
    expect(found.report.failure?.resultType).toBe(resultType)
  })

  it('applies where DANE does not', async () => {
    policyText = sts('enforce')
    tlsa = {}
    expect((await ask()).kind).toBe('mta-sts')
  })
})

describe('REQUIRETLS, RFC 8689 4.2.1', () => {
  const requireTls = true

  it('is met by DANE and by a policy that is enforced', async () => {
    expect((await ask({ requireTls })).tls.dane).toBeDefined()
    policyText = sts('enforce')
    expect(await ask({ requireTls, resolver: undefined })).toMatchObject({ kind: 'mta-sts', refuse: undefined })
  })

  it.each([
    ['the MX records are proved', { mxSecure: true }, undefined],
    ['a policy in testing names the server', { mxSecure: false }, sts('testing')],
  ])('needs a right certificate when %s', async (_, target, text) => {
    policyText = text
    const found = await ask({ requireTls, resolver: undefined, ...target })
    expect(found).toMatchObject({
      security: 'starttls',
      tls: { servername: MX, rejectUnauthorized: true, verifyHost: true },
    })
    expect(found.refuse).toBeUndefined()
  })

  it('needs one with TLSA records that cannot be used, too', async () => {
    tlsa = { [`_25._tcp.${MX}`]: [UNUSABLE] }
    expect((await ask({ requireTls })).tls).toMatchObject({ rejectUnauthorized: true })
  })

  it.each([undefined, sts('testing', 'other.test')])('is refused when nothing proves the server', async (text) => {
    policyText = text
    const { refuse } = await ask({ requireTls, resolver: undefined, mxSecure: false })
    expect(refuse).toMatchObject({ code: 'policy.requiretls', outcome: 'permanent' })
  })
})

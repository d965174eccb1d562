import { readCertificate, type Certificate } from '@posthorn/certificate'
import { mailAuthority, mailIdentity, type MailAuthority, type MailIdentityFacts } from '@posthorn/testkit'
import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TlsaRecord } from '../options.js'
import { matchDane, usableTlsa } from './dane.js'

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const YEAR_MS = 365 * 86_400_000
const NAME = 'mx.example.test'

let root: MailAuthority
let issuing: MailAuthority
let chain: readonly Certificate[]

const read = (pem: string) => readCertificate(Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ''), 'base64'))

/** A server's certificate for these names and what is above it. */
async function shown(facts: Partial<MailIdentityFacts> & { names?: readonly string[] } = {}): Promise<Certificate[]> {
  const { names = [NAME], ...others } = facts
  const entries = names.map((name) => Buffer.concat([Buffer.from([0x82, name.length]), Buffer.from(name)]))
  const list = Buffer.concat(entries)
  const made = await mailIdentity({
    email: [],
    subject: 'CN=server',
    issuer: issuing,
    extendedUsage: [SERVER_AUTH],
    ...(names.length > 0
      ? { extensions: [{ oid: '2.5.29.17', value: Buffer.concat([Buffer.from([0x30, list.length]), list]) }] }
      : {}),
    ...others,
  })
  return [made.certificate, ...made.chain].map(read)
}

function tlsa(usage: number, selector: number, matching: number, certificate: Certificate): TlsaRecord {
  const selected = selector === 0 ? certificate.der : certificate.publicKeyDer
  const data =
    matching === 0
      ? selected
      : createHash(matching === 1 ? 'sha256' : 'sha512')
          .update(selected)
          .digest()
  return { usage, selector, matching, data }
}

beforeAll(async () => {
  root = await mailAuthority({ subject: 'CN=Root' })
  issuing = await mailAuthority({ subject: 'CN=Issuing', issuer: root })
  chain = await shown()
})

describe('DANE-EE(3), RFC 7672 3.1.1', () => {
  it.each([0, 1].flatMap((selector) => [0, 1, 2].map((matching) => [selector, matching] as const)))(
    'is met by the certificate of the server: 3 %i %i',
    async (selector, matching) => {
      const record = tlsa(3, selector, matching, chain[0]!)
      await expect(matchDane({ records: [record], names: [NAME] }, chain)).resolves.toEqual({
        matched: true,
        usable: true,
        reason: `TLSA 3 ${selector} ${matching}`,
        path: [chain[0]],
      })
    },
  )

  it('asks neither for the name, nor the dates, nor what it is for, nor who issued it', async () => {
    const past = { validFrom: new Date(Date.now() - 2 * YEAR_MS), validTo: new Date(Date.now() - YEAR_MS) }
    const [server] = await shown({ names: ['elsewhere.example'], extendedUsage: ['1.2.3'], ...past })
    const records = [tlsa(3, 1, 1, server!)]
    expect((await matchDane({ records, names: [NAME] }, [server!])).matched).toBe(true)
  })

  it('is not met by an authority of the chain', async () => {
    const records = [tlsa(3, 1, 1, chain[1]!)]
    await expect(matchDane({ records, names: [NAME] }, chain)).resolves.toMatchObject({ matched: false, usable: true })
  })

  it('is met when one record of several is', async () => {
    const records = [tlsa(3, 1, 1, chain[1]!), tlsa(3, 1, 1, chain[0]!)]
    expect((await matchDane({ records, names: [NAME] }, chain)).matched).toBe(true)
  })
})

describe('DANE-TA(2), RFC 7672 3.1.2', () => {
  it.each([1, 2].flatMap((at) => [0, 1].flatMap((selector) => [0, 1, 2].map((matching) => [at, selector, matching]))))(
    'is met when the chain leads to the authority: certificate %i, 2 %i %i',
    async (at, selector, matching) => {
      const records = [tlsa(2, selector, matching, chain[at]!)]
      const found = await matchDane({ records, names: [NAME] }, chain)
      const path = chain.slice(0, at + 1)
      expect(found).toEqual({ matched: true, usable: true, reason: `TLSA 2 ${selector} ${matching}`, path })
    },
  )

  it('does not need the authority from the server when the record has all of it', async () => {
    const records = [tlsa(2, 0, 0, chain[2]!)]
    expect((await matchDane({ records, names: [NAME] }, chain.slice(0, 2))).matched).toBe(true)
    const digest = [tlsa(2, 0, 1, chain[2]!)]
    expect((await matchDane({ records: digest, names: [NAME] }, chain.slice(0, 2))).matched).toBe(false)
  })

  it('is not met by an authority that is shown and did not sign', async () => {
    const stranger = read((await mailAuthority({ subject: 'CN=Issuing' })).certificate)
    const records = [tlsa(2, 1, 1, stranger)]
    const found = await matchDane({ records, names: [NAME] }, [chain[0]!, stranger, chain[1]!, chain[2]!])
    expect(found).toMatchObject({ matched: false, usable: true })
    expect(found.reason).toContain("'CN=server'")
  })

  it('is not met by the certificate of the server, even when it is shown twice', async () => {
    const [own] = await shown({ issuer: 'self' })
    const records = [tlsa(2, 1, 1, own!), tlsa(2, 0, 0, own!)]
    expect((await matchDane({ records, names: [NAME] }, [own!, own!])).matched).toBe(false)
  })

  it.each([
    ['for another name', { names: ['mx.example.net'] }, 'is not for mx.example.test'],
    ['not for servers', { extendedUsage: ['1.3.6.1.5.5.7.3.2'] }, 'is not for servers'],
    ['expired', { validFrom: new Date(0), validTo: new Date(86_400_000) }, 'expired on 1970-01-02'],
  ])('is not met by a certificate %s', async (_, facts, reason) => {
    const other = await shown(facts)
    const found = await matchDane({ records: [tlsa(2, 0, 1, other[2]!)], names: [NAME] }, other)
    expect(found).toMatchObject({ matched: false, usable: true })
    expect(found.reason).toContain(reason)
  })

  it('is not met when an authority in between is none', async () => {
    const none = await mailAuthority({ subject: 'CN=Nobody', issuer: root, isAuthority: false })
    const other = await shown({ issuer: none })
    const found = await matchDane({ records: [tlsa(2, 0, 1, other[2]!)], names: [NAME] }, other)
    expect(found.matched).toBe(false)
    expect(found.reason).toContain('is no authority')
  })

  it.each([
    [['*.example.test'], NAME, true],
    [['*.example.test'], 'a.mx.example.test', false],
    [['m*.example.test'], NAME, false],
    [['*.test'], NAME, false],
    [['MX.Example.TEST'], NAME, true],
    [['mx.example.test'], 'mx.example.test.', true],
  ])('a certificate for %j and the name %s: %s', async (names, name, matched) => {
    const other = await shown({ names })
    const found = await matchDane({ records: [tlsa(2, 1, 2, other[1]!)], names: [name] }, other)
    expect(found.matched).toBe(matched)
  })

  it('takes any of the names: the TLSA base domain or the domain of the recipient (RFC 7672 3.2.2)', async () => {
    const other = await shown({ names: ['example.test'] })
    const records = [tlsa(2, 1, 1, other[1]!)]
    expect((await matchDane({ records, names: [NAME, 'example.test'] }, other)).matched).toBe(true)
    expect((await matchDane({ records, names: [] }, other)).matched).toBe(false)
  })

  it('checks dates at the time it is told', async () => {
    const records = [tlsa(2, 1, 1, chain[1]!)]
    const later = await matchDane({ records, names: [NAME] }, chain, new Date(Date.now() + 6 * YEAR_MS))
    expect(later.matched).toBe(false)
    expect(later.reason).toContain('expired')
  })
})

describe('records that cannot be used', () => {
  it('are those of PKIX-TA(0), PKIX-EE(1), unknown numbers, digests of the wrong length and what cannot be read', async () => {
    const good = tlsa(3, 1, 1, chain[0]!)
    const bad: TlsaRecord[] = [
      tlsa(0, 1, 1, chain[2]!),
      tlsa(1, 1, 1, chain[0]!),
      { ...good, usage: 4 },
      { ...good, usage: 255 },
      { ...good, selector: 2 },
      { ...good, matching: 3 },
      { ...good, data: good.data.subarray(1) },
      { ...good, data: new Uint8Array() },
      { ...good, matching: 2 },
      { ...tlsa(3, 0, 0, chain[0]!), data: Buffer.from('not a certificate') },
      { ...tlsa(2, 1, 0, chain[1]!), data: new Uint8Array() },
    ]
    expect(usableTlsa(bad)).toEqual([])
    await expect(matchDane({ records: bad, names: [NAME] }, chain)).resolves.toMatchObject({
      matched: false,
      usable: false,
    })
    expect(usableTlsa([...bad, good])).toEqual([good])
  })

  it('of several digests the strongest alone counts, for each usage and selector (RFC 7671 9)', async () => {
    const forged = { ...tlsa(3, 1, 2, chain[0]!), data: Buffer.alloc(64) }
    const weaker = tlsa(3, 1, 1, chain[0]!)
    expect((await matchDane({ records: [weaker, forged], names: [NAME] }, chain)).matched).toBe(false)
    const other = tlsa(3, 0, 1, chain[0]!)
    expect((await matchDane({ records: [weaker, forged, other], names: [NAME] }, chain)).matched).toBe(true)
    const full = tlsa(3, 1, 0, chain[0]!)
    expect((await matchDane({ records: [forged, full], names: [NAME] }, chain)).matched).toBe(true)
    const broken = { ...forged, data: Buffer.alloc(63) }
    expect((await matchDane({ records: [weaker, broken], names: [NAME] }, chain)).matched).toBe(true)
  })

  it('a server without a certificate meets nothing', async () => {
    const records = [tlsa(3, 1, 1, chain[0]!)]
    expect((await matchDane({ records, names: [NAME] }, [])).matched).toBe(false)
  })
})

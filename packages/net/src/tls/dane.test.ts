import { createHash, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeCertificate, type CertificateWish } from '../../test/certificate.js'
import { authority, HOST, refused, tlsServer } from '../../test/server.js'
import { dialTls } from '../../test/tls-dial.js'
import type { TlsaRecord, TlsOptions } from '../options.js'
import { TlsSessions } from './sessions.js'

const stranger = makeCertificate({ commonName: 'Stranger', authority: true })
const signed = (wish: Partial<CertificateWish> = {}) =>
  makeCertificate({ commonName: 'mx', names: [HOST], issuer: stranger, ...wish })
const der = ({ cert }: { cert: string }) => new X509Certificate(cert).raw
const record = (usage: number, of: { cert: string }): TlsaRecord => ({
  usage,
  selector: 0,
  matching: 1,
  data: createHash('sha256').update(der(of)).digest(),
})
const dane = (...records: TlsaRecord[]): TlsOptions => ({ dane: { records, names: [HOST] } })
const EE = 3
const TA = 2

describe('records that can be used stand in the place of the authorities', () => {
  test('DANE-EE(3): neither name nor dates nor issuer count', async () => {
    const leaf = signed({
      names: ['other.example.test'],
      notBefore: new Date(0),
      notAfter: new Date(1_000_000_000_000),
    })
    const { facts, notes } = await dialTls(await tlsServer(leaf), dane(record(EE, leaf)))
    expect(facts).toMatchObject({ verified: true })
    expect(notes).toEqual([])
  })

  test('DANE-TA(2): the chain leads to the authority, and the name counts', async () => {
    const chained = (leaf: { cert: string; key: string }) => ({ cert: leaf.cert + stranger.cert, key: leaf.key })
    const port = await tlsServer(chained(signed()))
    expect((await dialTls(port, dane(record(TA, stranger)))).facts.verified).toBe(true)
    const other = await tlsServer(chained(signed({ names: ['other.example.test'] })))
    const error = await refused(dialTls(other, dane(record(TA, stranger))))
    expect(error).toMatchObject({ code: 'tls.dane-mismatch', phase: 'tls', outcome: 'transient' })
  })

  test('a certificate of a trusted authority that meets none of them is refused', async () => {
    const port = await tlsServer()
    const error = await refused(dialTls(port, { ca: authority.cert, ...dane(record(EE, stranger)) }))
    expect(error).toMatchObject({ code: 'tls.dane-mismatch' })
    expect(error.message).toMatch(/does not fit its TLSA records/)
  })
})

describe('records none of which can be used never weaken anything', () => {
  const pkix = { ...record(EE, stranger), usage: 1 }
  const unknown = { ...record(EE, stranger), matching: 9 }

  test.each([
    ['for other uses', [pkix]],
    ['with unknown numbers', [unknown, { ...pkix, selector: 7 }]],
  ])('%s: the authorities count', async (_, records) => {
    const error = await refused(dialTls(await tlsServer(signed()), dane(...records)))
    expect(error).toMatchObject({ code: 'tls.unknown-issuer' })
    const wrongName = signed({ issuer: authority, names: ['attacker.example'] })
    const trusting = { ca: authority.cert, ...dane(...records) }
    expect(await refused(dialTls(await tlsServer(wrongName), trusting))).toMatchObject({ code: 'tls.wrong-name' })
    const { facts, notes } = await dialTls(await tlsServer(), trusting)
    expect(facts.verified).toBe(true)
    expect(notes).toEqual([expect.stringContaining('RFC 7672 3.1.3')])
  })

  test('it takes rejectUnauthorized: false to do without (RFC 7672 2.2)', async () => {
    const { facts } = await dialTls(await tlsServer(signed()), { ...dane(pkix), rejectUnauthorized: false })
    expect(facts).toMatchObject({
      verified: false,
      unverified: expect.stringContaining('rejectUnauthorized') as string,
    })
  })

  test.each<[string, string, TlsaRecord[]]>([
    ['an empty list', 'tls.dane.records', []],
    ['a digest cut short', 'tls.dane.records[0]', [{ ...record(EE, stranger), data: Buffer.alloc(31) }]],
    ['a certificate that is none', 'tls.dane.records[1]', [pkix, { ...record(TA, stranger), matching: 0 }]],
    [
      'a key that is none',
      'tls.dane.records[0]',
      [{ ...record(EE, stranger), selector: 1, matching: 0, data: Buffer.of(1) }],
    ],
  ])('%s is found before anything is sent', async (_, field, records) => {
    await expect(dialTls(9, dane(...records))).rejects.toMatchObject({ code: 'settings.tls', field })
    await expect(dialTls(9, { ...dane(...records), rejectUnauthorized: false })).rejects.toMatchObject({ field })
  })

  test('what is no list is refused before anything is sent', async () => {
    const none = { ...dane(), dane: { records: null as unknown as TlsaRecord[], names: ['localhost'] } }
    await expect(dialTls(9, none)).rejects.toMatchObject({ code: 'settings.tls', field: 'tls.dane.records' })
  })

  test('beside one that can be used they are left out, and that is said', async () => {
    const leaf = signed()
    const records = [record(EE, leaf), { ...record(EE, stranger), data: Buffer.alloc(31) }]
    const { facts, notes } = await dialTls(await tlsServer(leaf), dane(...records))
    expect(facts.verified).toBe(true)
    expect(notes).toEqual([expect.stringContaining('tls.dane.records[1] is left out')])
    expect(await refused(dialTls(await tlsServer(), dane(...records)))).toMatchObject({ code: 'tls.dane-mismatch' })
  })
})

test('a session is only resumed where the chain is known, and then judged again', async () => {
  const leaf = signed()
  const port = await tlsServer({ ...leaf, maxVersion: 'TLSv1.2' })
  const sessions = new TlsSessions()
  const tls = { ...dane(record(EE, leaf)), sessions }
  expect((await dialTls(port, tls)).facts).toMatchObject({ resumed: false, verified: true })
  expect((await dialTls(port, tls)).facts).toMatchObject({ resumed: true, verified: true })
  const other = { ...dane(record(EE, stranger)), sessions }
  expect(await refused(dialTls(port, other))).toMatchObject({ code: 'tls.dane-mismatch' })
})

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

test('records that cannot be used: TLS, and nobody is authenticated (RFC 7672 2.2)', async () => {
  const { facts, notes } = await dialTls(await tlsServer(signed()), dane({ ...record(EE, stranger), usage: 1 }))
  expect(facts).toMatchObject({ verified: false, unverified: expect.stringContaining('RFC 7672 2.2') as string })
  expect(notes).toHaveLength(1)
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

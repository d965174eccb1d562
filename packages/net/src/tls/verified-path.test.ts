import { createHash, type KeyObject } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { makeCertificate, type CertificateWish, type TestCertificate } from '../../test/certificate.js'
import { makeCrl, responder } from '../../test/revocation.js'
import { HOST, refused, tlsServer } from '../../test/server.js'
import { dialTls } from '../../test/tls-dial.js'
import type { ServerCertificateFacts, TlsOptions } from '../options.js'

const EXPIRED = { notBefore: new Date(0), notAfter: new Date(1_000_000_000_000) }
const make = (commonName: string, wish: Partial<CertificateWish> = {}) => makeCertificate({ commonName, ...wish })
const root = make('Root', { authority: true })
const stranger = make('Attacker', { authority: true })
const pin = ({ publicKey }: { publicKey: KeyObject }) =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')

/** A server that sends its certificate, and then these, in this order. */
const serving = (leaf: TestCertificate, ...above: TestCertificate[]) =>
  tlsServer({ cert: [leaf, ...above].map(({ cert }) => cert).join(''), key: leaf.key })

/** A chain whose authorities have lists with what is revoked; and what an attacker puts under their names, with an address of his own. */
async function chained(revoked: 'nothing' | 'the intermediate' | 'the server' = 'nothing') {
  const { url, answers, asked } = await responder()
  const inter = make('Inter', { authority: true, issuer: root, crl: `${url}/root` })
  const leaf = make('mail', { names: [HOST], issuer: inter, crl: `${url}/inter` })
  answers.set('/root', makeCrl(root, revoked === 'the intermediate' ? [inter] : []))
  answers.set('/inter', makeCrl(inter, revoked === 'the server' ? [leaf] : []))
  const twin = (commonName: string, wish: Partial<CertificateWish> = {}) =>
    make(commonName, { authority: true, issuer: stranger, crl: `${url}/attacker`, ...EXPIRED, ...wish })
  return { inter, leaf, asked, twin, ofInter: { keys: inter } }
}

const checks = (crl: 'soft' | 'required'): TlsOptions => ({ ca: root.cert, revocation: { crl } })
const ASKED = ['GET /inter', 'GET /root']

describe('revocation: the certificates asked after are those of a verified path, whatever a server sends', () => {
  test('junk with the name of the root changes nothing', async () => {
    const good = await chained()
    const taken = await dialTls(await serving(good.leaf, good.inter, good.twin('Root')), checks('required'))
    expect(taken.facts).toMatchObject({ verified: true, revocation: 'good' })
    expect(good.asked.toSorted()).toEqual(ASKED)
    const { leaf, inter, twin } = await chained('the intermediate')
    for (const crl of ['soft', 'required'] as const) {
      const error = await refused(dialTls(await serving(leaf, inter, twin('Root')), checks(crl)))
      expect(error).toMatchObject({ code: 'tls.revoked' })
    }
  })

  test.each(['the intermediate', 'the server'] as const)(
    'an expired twin of the intermediate hides the real one from Node: that %s is revoked then cannot be found out',
    async (revoked) => {
      const { leaf, inter, twin, ofInter, asked } = await chained(revoked)
      for (const other of [twin('Inter', ofInter), twin('Inter')]) {
        const port = await serving(leaf, other, inter)
        const error = await refused(dialTls(port, checks('required')))
        expect(error).toMatchObject({ code: 'tls.revocation-unknown' })
        expect(error.message).toContain('no path to a trusted authority')
        const { facts, notes } = await dialTls(port, checks('soft'))
        expect(facts).toMatchObject({ verified: true, revocation: 'unknown' })
        expect(notes).toEqual([expect.stringContaining('nobody says whether')])
      }
      expect(asked, 'addresses of what was not verified are anybody’s').toEqual([])
      const honest = await refused(dialTls(await serving(leaf, inter), checks('soft')))
      expect(honest).toMatchObject({ code: 'tls.revoked' })
    },
  )

  test('an intermediate that is trusted itself ends the path', async () => {
    const { leaf, inter, twin, ofInter, asked } = await chained('the intermediate')
    const trusting = { ...checks('required'), ca: [root.cert, inter.cert] }
    for (const above of [[], [inter], [twin('Inter', ofInter)]]) {
      expect((await dialTls(await serving(leaf, ...above), trusting)).facts.revocation).toBe('good')
    }
    expect(asked).toEqual(['GET /inter'])
  })
})

describe('pins: a key counts that is in the verified path', () => {
  const pinned = make('Pinned', { authority: true })

  test('not one that a certificate of a customer of the pinned authority leads to', async () => {
    const { leaf, inter, ofInter } = await chained()
    const customer = make('customer', { names: ['evil.example'], issuer: pinned })
    const twin = make('Inter', { authority: true, issuer: customer, ...ofInter, ...EXPIRED })
    const valid = make('Inter', { authority: true, issuer: customer, ...ofInter })
    for (const other of [twin, valid]) {
      const port = await serving(leaf, other, customer, pinned, inter)
      for (const tls of [{ ca: root.cert }, { rejectUnauthorized: false }, { ca: root.cert, trustHosts: ['*'] }]) {
        const error = await refused(dialTls(port, { ...tls, pins: [pin(pinned)] }))
        expect(['tls.pin-mismatch', 'tls.unknown-issuer', 'tls.certificate-invalid']).toContain(error.code)
      }
      expect((await dialTls(port, { rejectUnauthorized: false, pins: [pin(leaf)] })).facts.verified).toBe(false)
    }
    const error = await refused(dialTls(await serving(leaf, twin, inter), { ca: root.cert, pins: [pin(inter)] }))
    expect(error).toMatchObject({ code: 'tls.pin-mismatch' })
    expect(error.message).toContain('no path above that can be verified')
  })

  test('with the checks switched off by name, a pinned authority stands for itself', async () => {
    const leaf = make('mail', { names: [HOST], issuer: pinned })
    const port = await serving(leaf, pinned)
    const facts = (await dialTls(port, { rejectUnauthorized: false, pins: [pin(pinned)] })).facts
    expect(facts.verified).toBe(false)
    const old = make('Pinned', { authority: true, keys: pinned, ...EXPIRED })
    const expired = dialTls(await serving(leaf, old), { rejectUnauthorized: false, pins: [pin(pinned)] })
    expect(await refused(expired)).toMatchObject({ code: 'tls.pin-mismatch' })
  })
})

describe('decide sees', () => {
  const chainOf = async (port: number, tls: TlsOptions) => {
    const seen: ServerCertificateFacts[] = []
    await dialTls(port, { ...tls, decide: (facts) => void seen.push(facts) }).catch(() => {})
    return [seen[0]?.chainVerified, ...(seen[0]?.chain.map(({ subject }) => subject) ?? [])]
  }

  test('the verified path, or what was sent, and which of the two it is', async () => {
    const { leaf, inter, twin, ofInter } = await chained()
    const trust = { ca: root.cert }
    expect(await chainOf(await serving(leaf, inter, twin('Root')), trust)).toEqual([
      true,
      'CN=mail',
      'CN=Inter',
      'CN=Root',
    ])
    const hidden = await serving(leaf, twin('Inter', ofInter), inter)
    expect(await chainOf(hidden, trust)).toEqual([false, 'CN=mail'])
    expect(await chainOf(await serving(leaf, inter), { ca: stranger.cert })).toEqual([false, 'CN=mail', 'CN=Inter'])
  })

  test('the path to the authority of a TLSA record', async () => {
    const { leaf, inter } = await chained()
    const data = Buffer.from(pin(inter), 'base64')
    const dane = { records: [{ usage: 2, selector: 1, matching: 1, data }], names: [HOST] }
    expect(await chainOf(await serving(leaf, inter), { dane, ca: root.cert })).toEqual([true, 'CN=mail', 'CN=Inter'])
    const pins = { dane, pins: [pin(inter)] }
    expect((await dialTls(await serving(leaf, inter), pins)).facts.verified).toBe(true)
    const other = await refused(dialTls(await serving(leaf, inter, root), { ...pins, pins: [pin(root)] }))
    expect(other).toMatchObject({ code: 'tls.pin-mismatch' })
  })
})

describe('the anchors', () => {
  /** Trusts the root in a way that nobody can look into. */
  const opaque = () => ({ secureContext: createSecureContext({ ca: root.cert }), pins: [pin(root)] })

  test('of a secureContext are those that stand beside it', async () => {
    const { leaf, inter } = await chained()
    const port = await serving(leaf, inter)
    expect(await refused(dialTls(port, opaque()))).toMatchObject({ code: 'tls.pin-mismatch' })
    for (const beside of [{ ca: root.cert }, { ca: [Buffer.from(root.cert)] }, { extraCa: root.cert }]) {
      expect((await dialTls(port, { ...opaque(), ...beside })).facts.verified).toBe(true)
    }
  })
})

describe('a suite that does not encrypt', () => {
  const leaf = make('mail', { names: [HOST], issuer: root })
  const NULL = { ciphers: 'eNULL:@SECLEVEL=0', maxVersion: 'TLSv1.2' } as const

  test('is refused whatever the settings say, also in a context made elsewhere', async () => {
    const port = await tlsServer({ cert: leaf.cert, key: leaf.key, ...NULL })
    const secureContext = createSecureContext({ ca: root.cert, ...NULL })
    for (const tls of [{}, { rejectUnauthorized: false }, { acceptedCertificates: leaf.cert }]) {
      const error = await refused(dialTls(port, { secureContext, ...tls }))
      expect(error).toMatchObject({ code: 'tls.no-encryption', phase: 'tls', outcome: 'permanent' })
      expect(error.message).toMatch(/agreed on TLS_ECDHE_ECDSA_WITH_NULL_SHA, which does not encrypt$/)
    }
  })

  test.each(['eNULL', 'NULL', 'COMPLEMENTOFALL', 'ECDHE+eNULL', 'aNULL', 'ALL:COMPLEMENTOFALL', 'HIGH:+eNULL:eNULL'])(
    'is not offered with %s',
    async (words) => {
      const port = await tlsServer({ cert: leaf.cert, key: leaf.key, ...NULL, ciphers: 'eNULL:aNULL:@SECLEVEL=0' })
      const tls = { ca: root.cert, ciphers: `${words}:@SECLEVEL=0`, maxVersion: 'TLSv1.2' } as const
      const error: unknown = await dialTls(port, tls).catch((reason: unknown) => reason)
      const codes = ['settings.tls-ciphers', 'tls.handshake', 'tls.no-certificate'] // aNULL without eNULL is left
      expect(codes).toContain((error as { code?: string }).code)
    },
  )
})

import { createHash, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeCertificate, type CertificateWish } from '../../test/certificate.js'
import { authority, good, HOST, refused, tlsServer, trust } from '../../test/server.js'
import { dialTls } from '../../test/tls-dial.js'
import { readCertificate } from '@posthorn/certificate'
import { certificatesOf } from './peer.js'

const signed = (wish: Partial<CertificateWish> = {}) =>
  makeCertificate({ commonName: 'server', names: [HOST], issuer: authority, ...wish })
const stranger = makeCertificate({ commonName: 'Stranger', authority: true })
const intermediate = makeCertificate({ commonName: 'Intermediate', authority: true, issuer: authority })
const below = signed({ issuer: intermediate })
const selfSigned = makeCertificate({ commonName: HOST, names: [HOST] })
const wrongName = signed({ names: ['other.example.test'] })
const der = ({ cert }: { cert: string }) => new X509Certificate(cert).raw
const pin = (of: { publicKey: KeyObject }) =>
  `sha256/${createHash('sha256')
    .update(of.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')}`
const withChain = (leaf: { cert: string; key: string }, ...issuers: { cert: string }[]) => ({
  cert: [leaf, ...issuers].map(({ cert }) => cert).join(''),
  key: leaf.key,
})

describe('authorities', () => {
  test('[part of ipworks.config.SSLServerCACerts] [part of ipworks.config.SSLCACerts] [part of runmyjobs.credential.X509_TrustedCertificate] extraCa is trusted besides', async () => {
    const port = await tlsServer()
    const other = await tlsServer(signed({ issuer: stranger }))
    expect(await refused(dialTls(port))).toMatchObject({ code: 'tls.unknown-issuer' })
    for (const extraCa of [authority.cert, der(authority), readCertificate(der(authority)), [authority.cert]]) {
      expect((await dialTls(port, { extraCa })).facts).toMatchObject({ verified: true, issuer: 'CN=Test Authority' })
    }
    const both = { extraCa: `${authority.cert}\r\n${stranger.cert}` }
    for (const each of [port, other]) expect((await dialTls(each, both)).facts.verified).toBe(true)
    const beside = { ca: stranger.cert, extraCa: authority.cert }
    for (const each of [port, other]) expect((await dialTls(each, beside)).facts.verified).toBe(true)
  })

  test('[part of runmyjobs.credential.X509_TrustedCertificate] a self-signed server, and an intermediate, may be given', async () => {
    const port = await tlsServer(selfSigned)
    expect(await refused(dialTls(port, trust))).toMatchObject({ code: 'tls.self-signed' })
    expect((await dialTls(port, { extraCa: selfSigned.cert })).facts.verified).toBe(true)
    const alone = await tlsServer(below)
    expect(await refused(dialTls(alone, trust))).toMatchObject({ code: 'tls.unknown-issuer' })
    expect((await dialTls(alone, { extraCa: intermediate.cert })).facts.verified).toBe(true)
    expect((await dialTls(alone, { ca: intermediate.cert })).facts.verified).toBe(true)
    expect((await dialTls(alone, { extraCa: below.cert })).facts.verified).toBe(true)
  })

  test('a ca without a certificate is found before anything is sent', async () => {
    for (const ca of ['', 'hello', ['-----BEGIN NOTHING-----']]) {
      await expect(dialTls(9, { ca })).rejects.toMatchObject({ code: 'settings.tls', field: 'tls.ca' })
    }
  })

  test('[part of ipworks.prop.SSLServerCert] [part of ipworks.config.SSLIncludeCertChain] the chain of the server, its own first', async () => {
    const { socket } = await dialTls(await tlsServer(withChain(below, intermediate)), trust)
    expect(certificatesOf(socket)).toEqual([der(below), der(intermediate), der(authority)])
    socket.destroy()
    expect(certificatesOf(socket)[0]).toEqual(der(below))
  })
})

describe('why a certificate is not taken', () => {
  test('[part of ipworks.error.275] [part of runmyjobs.behaviour.chain-of-trust] a root that is not trusted', async () => {
    const port = await tlsServer(withChain(signed({ issuer: stranger }), stranger))
    const error = await refused(dialTls(port, trust))
    expect(error).toMatchObject({ code: 'tls.unknown-issuer', phase: 'tls', outcome: 'permanent' })
    expect(error.hint).toContain('tls.extraCa')
  })

  test('[part of ipworks.error.274] the intermediate is missing', async () => {
    const leaf = signed({ issuer: intermediate, caIssuers: 'http://pki.example.test/intermediate.crt' })
    const error = await refused(dialTls(await tlsServer(leaf), trust))
    expect(error).toMatchObject({ code: 'tls.missing-intermediate', outcome: 'permanent' })
    expect(error.message).toMatch(/sent a certificate from CN=Intermediate without that of the issuer$/)
    expect((await dialTls(await tlsServer(withChain(leaf, intermediate)), trust)).facts.verified).toBe(true)
  })

  test.each<[string, string, Partial<CertificateWish>]>([
    ['tls.weak-key', 'RSA of 768 bits', { keys: generateKeyPairSync('rsa', { modulusLength: 768 }) }],
    ['tls.weak-signature', 'SHA-1', { digest: 'sha1' }],
  ])('[part of ipworks.error.280] %s: %s', async (code, _, wish) => {
    const port = await tlsServer({ ...signed(wish), ciphers: 'DEFAULT@SECLEVEL=0' })
    expect(await refused(dialTls(port, trust))).toMatchObject({ code, phase: 'tls', outcome: 'permanent' })
  })

  test('[part of ipworks.error.282] an anonymous suite: there is no certificate', async () => {
    const ciphers = 'TLS_ECDH_anon_WITH_AES_128_CBC_SHA'
    const server = {
      cert: undefined,
      key: undefined,
      maxVersion: 'TLSv1.2',
      ciphers: 'AECDH-AES128-SHA@SECLEVEL=0',
    } as const
    const port = await tlsServer(server)
    const error = await refused(dialTls(port, { ...trust, ciphers }))
    expect(error).toMatchObject({ code: 'tls.no-certificate', phase: 'tls', outcome: 'permanent' })
    expect(error.message).toMatch(/showed no certificate \(AECDH-AES128-SHA\)$/)
    const { facts, socket } = await dialTls(port, { ciphers, rejectUnauthorized: false })
    expect(facts).toMatchObject({ verified: false, subject: '', fingerprint: '' })
    expect(facts.unverified).toBe('tls.rejectUnauthorized is false (tls.no-certificate)')
    expect(certificatesOf(socket)).toEqual([])
    const pinned = { ciphers, rejectUnauthorized: false, pins: [pin(good)] }
    expect(await refused(dialTls(port, pinned))).toMatchObject({ code: 'tls.pin-mismatch' })
  })

  test('a name that is only the common name is taken, and said', async () => {
    const { facts, notes } = await dialTls(await tlsServer(signed({ commonName: HOST, names: [] })), trust)
    expect(facts.verified).toBe(true)
    expect(notes).toEqual([expect.stringContaining('RFC 9525')])
  })
})

describe('acceptedCertificates', () => {
  const faults: Record<string, { cert: string; key: string }> = {
    'tls.self-signed': selfSigned,
    'tls.wrong-name': wrongName,
    'tls.certificate-expired': signed({ notBefore: new Date(0), notAfter: new Date(1_000_000_000_000) }),
    'tls.unknown-issuer': signed({ issuer: stranger }),
  }

  test.each(Object.entries(faults))(
    '[part of ipworks.prop.SSLAcceptServerCert] [part of illiad.config.SslAcceptServerCert] %s is overlooked for exactly this one',
    async (code, leaf) => {
      const port = await tlsServer(leaf)
      expect(await refused(dialTls(port, { ...trust, acceptedCertificates: good.cert }))).toMatchObject({ code })
      for (const accepted of [leaf.cert, der(leaf), der(leaf).toString('base64')]) {
        const { facts, notes } = await dialTls(port, { ...trust, acceptedCertificates: [good.cert, accepted] })
        expect(facts).toMatchObject({ verified: false, unverified: `${code} overruled by tls.acceptedCertificates` })
        expect(notes).toEqual([expect.stringContaining('tls.acceptedCertificates has this certificate')])
      }
    },
  )

  test('what is right anyway is verified', async () => {
    const { facts, notes } = await dialTls(await tlsServer(), { ...trust, acceptedCertificates: good.cert })
    expect(facts.verified).toBe(true)
    expect(notes).toEqual([])
  })

  test('comes before trustHosts and rejectUnauthorized: the reason is the strongest that is set', async () => {
    const all = { acceptedCertificates: selfSigned.cert, trustHosts: [HOST], rejectUnauthorized: false }
    const { facts } = await dialTls(await tlsServer(wrongName), { ...all })
    expect(facts.unverified).toMatch(/^tls\.trustHosts has .*; tls\.rejectUnauthorized is false \(tls\.wrong-name\)$/)
    const own = await dialTls(await tlsServer(selfSigned), {
      acceptedCertificates: selfSigned.cert,
      rejectUnauthorized: false,
    })
    expect(own.facts.unverified).toBe('tls.self-signed overruled by tls.acceptedCertificates')
  })

  test('what cannot be read is found before anything is sent', async () => {
    const field = 'tls.acceptedCertificates'
    await expect(dialTls(9, { acceptedCertificates: 'x!' })).rejects.toMatchObject({ code: 'settings.tls', field })
  })
})

describe('trustHosts, verifyHost, rejectUnauthorized', () => {
  test.each([[[HOST.toUpperCase()]], [['*']], [['a.example', `${HOST}.`]]])(
    '[part of javamail.mail.smtp.ssl.trust] [part of runmyjobs.javamail.mail.smtps.ssl.trust] %j: the chain is not checked, the name is',
    async (trustHosts) => {
      const { facts, notes } = await dialTls(await tlsServer(selfSigned), { trustHosts })
      expect(facts).toMatchObject({ verified: false, unverified: expect.stringContaining('tls.trustHosts') as string })
      expect(notes).toHaveLength(1)
      const nameless = await tlsServer(makeCertificate({ commonName: 'x', names: ['other.example.test'] }))
      expect(await refused(dialTls(nameless, { trustHosts }))).toMatchObject({ code: 'tls.wrong-name' })
      const neither = await dialTls(nameless, { trustHosts, verifyHost: false })
      expect(neither.facts.verified).toBe(false)
      expect(neither.notes).toHaveLength(2)
    },
  )

  test('[part of javamail.mail.smtp.ssl.trust] a host that is not listed is checked in full', async () => {
    const tls = { trustHosts: ['other.example.test', 'mail.example', '*.example.test'] }
    expect(await refused(dialTls(await tlsServer(selfSigned), tls))).toMatchObject({ code: 'tls.self-signed' })
  })

  test('[part of javamail.mail.smtp.ssl.checkserveridentity] without verifyHost only the name is not checked', async () => {
    const tls = { ...trust, verifyHost: false }
    const { facts, notes } = await dialTls(await tlsServer(wrongName), tls)
    expect(facts).toMatchObject({ verified: false, unverified: expect.stringContaining('tls.verifyHost') as string })
    expect(notes).toHaveLength(1)
    expect(await refused(dialTls(await tlsServer(selfSigned), tls))).toMatchObject({ code: 'tls.self-signed' })
  })

  test('[part of runmyjobs.setting.TLS.VerifyServerCertificateTrust] rejectUnauthorized: false takes any, and says so each time', async () => {
    const port = await tlsServer(wrongName)
    for (const time of [1, 2]) {
      const { facts, notes } = await dialTls(port, { ...trust, rejectUnauthorized: false })
      expect(facts.verified, `time ${time}`).toBe(false)
      expect(facts.unverified).toBe('tls.rejectUnauthorized is false (tls.wrong-name)')
      expect(notes).toEqual([
        expect.stringMatching(/^tls\.rejectUnauthorized is false: any certificate is taken.*not for/),
      ])
    }
    const fine = await dialTls(await tlsServer(), { ...trust, rejectUnauthorized: false })
    expect(fine.facts).toMatchObject({ verified: false, unverified: 'tls.rejectUnauthorized is false' })
  })
})

describe('pins', () => {
  const chain = withChain(below, intermediate)

  test.each([
    ['the server', below],
    ['the intermediate', intermediate],
    ['the root, which the server does not send', authority],
  ])('of the key of %s', async (_, of) => {
    const port = await tlsServer(chain)
    const { facts } = await dialTls(port, { ...trust, pins: [pin(stranger), pin(of)] })
    expect(facts.verified).toBe(true)
  })

  test('none of them fits', async () => {
    const error = await refused(dialTls(await tlsServer(chain), { ...trust, pins: [pin(stranger)] }))
    expect(error).toMatchObject({ code: 'tls.pin-mismatch', phase: 'tls', outcome: 'permanent' })
    expect(error.message).toContain(`its own is ${pin(below)}`)
  })

  test('they hold whatever else is switched off', async () => {
    const port = await tlsServer(selfSigned)
    for (const tls of [
      { rejectUnauthorized: false },
      { acceptedCertificates: selfSigned.cert },
      { trustHosts: ['*'] },
    ]) {
      expect(await refused(dialTls(port, { ...tls, pins: [pin(good)] }))).toMatchObject({ code: 'tls.pin-mismatch' })
      expect((await dialTls(port, { ...tls, pins: [pin(selfSigned)] })).facts.verified).toBe(false)
    }
  })

  test('a certificate with a pinned key that signed nothing here is no part of the chain', async () => {
    // who has a certificate of any authority could send one with the famous key along, made up under the issuer's name
    const fake = makeCertificate({
      commonName: 'Intermediate',
      authority: true,
      keys: { privateKey: stranger.privateKey, publicKey: good.publicKey },
    })
    const port = await tlsServer(withChain(below, fake))
    for (const tls of [
      { ...trust, extraCa: intermediate.cert },
      { rejectUnauthorized: false },
      { trustHosts: ['*'] },
    ]) {
      expect(await refused(dialTls(port, { ...tls, pins: [pin(good)] }))).toMatchObject({ code: 'tls.pin-mismatch' })
    }
  })

  test('what is wrong with the certificate comes first', async () => {
    const port = await tlsServer(wrongName)
    expect(await refused(dialTls(port, { ...trust, pins: [pin(good)] }))).toMatchObject({ code: 'tls.wrong-name' })
  })
})

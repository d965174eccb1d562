import type { ClientHello } from '@posthorn/testkit'
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeCertificate } from '../../test/certificate.js'
import { helloServer } from '../../test/client-hello.js'
import { authority, HOST, refused, tlsServer, trust } from '../../test/server.js'
import { dialTls } from '../../test/tls-dial.js'
import type { TlsOptions } from '../options.js'

/** What is offered with these settings. */
async function offer(tls: TlsOptions): Promise<ClientHello> {
  const { port, hello } = await helloServer()
  await refused(dialTls(port, tls))
  return hello
}

const [TLS1, TLS12, TLS13] = [0x301, 0x303, 0x304]
const GROUPS = { x25519: 0x1d, x448: 0x1e, 'P-256': 0x17, 'P-384': 0x18, 'P-521': 0x19, ffdhe2048: 0x100 }
const rsa = makeCertificate({
  commonName: 'rsa',
  names: [HOST],
  issuer: authority,
  keys: generateKeyPairSync('rsa', { modulusLength: 2048 }),
})

describe('what goes out', () => {
  test('without settings: TLS 1.2 and 1.3, the name, and no question after a stapled answer', async () => {
    const hello = await offer({})
    expect(hello.versions).toEqual([TLS13, TLS12])
    expect(hello).toMatchObject({ serverName: HOST, asksForStatus: false })
    expect(hello.suites.some((suite) => suite >> 8 === 0x13)).toBe(true)
  })

  test('[part of ipworks.config.TLS12SupportedGroups] [part of ipworks.config.TLS13SupportedGroups] groups, in their order', async () => {
    const all = 'ecdhe_secp384r1,ecdhe_x448,ecdhe_secp521r1,ffdhe_2048,ecdhe_x25519'
    const groups = [GROUPS['P-384'], GROUPS.x448, GROUPS['P-521'], GROUPS.ffdhe2048, GROUPS.x25519]
    expect((await offer({ ecdhCurve: all })).groups).toEqual(groups)
    const two = { ecdhCurve: 'ecdhe_secp256r1,ecdhe_secp384r1', maxVersion: 'TLSv1.2' } as const
    expect((await offer(two)).groups).toEqual([GROUPS['P-256'], GROUPS['P-384']])
  })

  test('[part of ipworks.config.TLS13KeyShareGroups] the first group gets the key share', async () => {
    expect((await offer({ ecdhCurve: 'ecdhe_x448,ecdhe_x25519' })).keyShares).toContain(GROUPS.x448)
  })

  test('[part of ipworks.example.sigalgs] signature algorithms', async () => {
    const tls = { maxVersion: 'TLSv1.2', sigalgs: 'sha256-rsa,sha256-dsa,sha384-rsa,sha256-ecdsa' } as const
    const { signatureAlgorithms } = await offer(tls)
    expect(signatureAlgorithms).toEqual(expect.arrayContaining([0x0401, 0x0501, 0x0403]))
    expect(signatureAlgorithms.filter((each) => ![0x0401, 0x0402, 0x0501, 0x0403].includes(each))).toEqual([])
  })

  test('[part of javamail.mail.smtp.ssl.ciphersuites] suites by IANA names are all there is', async () => {
    const hello = await offer({ ciphers: 'SSL_RSA_WITH_AES_128_CBC_SHA TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384' })
    expect(hello.suites.filter((suite) => suite !== 0x00ff)).toEqual([0x002f, 0xc030])
    expect(hello.versions).toEqual([TLS12])
  })

  test('old versions only when they are named', async () => {
    const hello = await offer({ minVersion: 'TLSv1', maxVersion: 'TLSv1.2' })
    expect(hello.versions[0]).toBe(TLS12)
    const old = await offer({ minVersion: 'TLSv1', maxVersion: 'TLSv1' })
    expect(old.versions).toEqual([TLS1])
  })

  test('the name of tls.servername, and with DANE the TLSA base domain (RFC 7672 8.1)', async () => {
    expect((await offer({ servername: 'other.example.test' })).serverName).toBe('other.example.test')
    const records = [{ usage: 3, selector: 1, matching: 1, data: Buffer.alloc(32) }]
    const dane = { records, names: ['mx.example.test.', 'example.test'] }
    expect((await offer({ dane })).serverName).toBe('mx.example.test')
  })

  test('tls.servername is an international name as A-label, without the dot at its end (RFC 6066 3)', async () => {
    expect((await offer({ servername: 'müller.example' })).serverName).toBe('xn--mller-kva.example')
    expect((await offer({ servername: 'other.example.test.' })).serverName).toBe('other.example.test')
    const field = 'tls.servername'
    await expect(offer({ servername: 'no name' })).rejects.toMatchObject({ code: 'settings.host', field })
  })

  test('a stapled answer is asked for with OCSP, and not with a CRL alone', async () => {
    expect((await offer({ revocation: { ocsp: 'soft' } })).asksForStatus).toBe(true)
    expect((await offer({ revocation: { crl: 'required', ocsp: 'off' } })).asksForStatus).toBe(false)
  })
})

describe('what comes of it', () => {
  test('an international tls.servername is compared as A-label', async () => {
    const leaf = makeCertificate({ commonName: 'm', names: ['xn--mller-kva.example'], issuer: authority })
    const port = await tlsServer(leaf)
    for (const servername of ['müller.example', 'MÜLLER.example.', 'xn--mller-kva.example.']) {
      expect((await dialTls(port, { ...trust, servername })).facts.verified).toBe(true)
    }
    expect(await refused(dialTls(port, { ...trust, servername: 'möller.example' }))).toMatchObject({
      code: 'tls.wrong-name',
    })
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    '[part of ipworks.config.SSLEnabledProtocols] [part of ipworks.config.SSLNegotiatedVersion] %s when it is the only one',
    async (version) => {
      const { facts, notes } = await dialTls(await tlsServer(), { ...trust, minVersion: version, maxVersion: version })
      expect(facts.protocol).toBe(version)
      expect(notes).toEqual([])
    },
  )

  test('[part of ipworks.config.SSLEnabledProtocols] a dead version when it is named, and that is said', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const port = await tlsServer(old)
    expect(await refused(dialTls(port, trust))).toMatchObject({ code: 'tls.old-protocol' })
    const { facts, notes } = await dialTls(port, { ...trust, minVersion: 'TLSv1' })
    expect(facts).toMatchObject({ protocol: 'TLSv1.1', verified: true })
    expect(notes).toEqual([expect.stringContaining('RFC 8996')])
  })

  test('[part of ipworks.error.276] no version in common', async () => {
    const port = await tlsServer({ maxVersion: 'TLSv1.2' })
    expect(await refused(dialTls(port, { ...trust, minVersion: 'TLSv1.3' }))).toMatchObject({
      code: 'tls.old-protocol',
    })
  })

  test('[part of ipworks.config.SSLEnabledCipherSuites] [part of ipworks.config.SSLNegotiatedCipherSuite] [part of ipworks.config.SSLNegotiatedCipher] [part of ipworks.config.SSLNegotiatedCipherStrength] one suite is what is agreed on', async () => {
    const port = await tlsServer(rsa)
    const { facts, socket } = await dialTls(port, { ...trust, ciphers: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256' })
    expect(facts).toMatchObject({
      cipher: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      cipherName: 'ECDHE-RSA-AES128-GCM-SHA256',
      strengthBits: 128,
      protocol: 'TLSv1.2',
    })
    expect(facts.cipher).toBe(socket.getCipher().standardName)
    const strong = await dialTls(port, { ...trust, ciphers: 'TLS_AES_256_GCM_SHA384' })
    expect(strong.facts).toMatchObject({ cipherName: 'TLS_AES_256_GCM_SHA384', strengthBits: 256, protocol: 'TLSv1.3' })
  })

  test('[part of ipworks.config.SSLCipherStrength] a server that has only short keys', async () => {
    const short = { ...rsa, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' } as const
    const port = await tlsServer(short)
    expect((await dialTls(port, { ...trust, minStrengthBits: 128 })).facts.strengthBits).toBe(128)
    expect(await refused(dialTls(port, { ...trust, minStrengthBits: 256 }))).toMatchObject({ code: 'tls.handshake' })
    const both = await tlsServer(rsa)
    expect((await dialTls(both, { ...trust, minStrengthBits: 256 })).facts.strengthBits).toBe(256)
  })

  test.each<[string, number, TlsOptions]>([
    ['ECDHE_X25519', 253, { ecdhCurve: 'ecdhe_x25519' }],
    ['ECDHE_prime256v1', 256, { ecdhCurve: 'secp256r1', maxVersion: 'TLSv1.2' }],
    ['DHE', 2048, { ciphers: 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256' }],
    ['RSA', 2048, { ciphers: 'TLS_RSA_WITH_AES_128_GCM_SHA256' }],
  ])(
    '[part of ipworks.config.SSLNegotiatedKeyExchange] [part of ipworks.config.SSLNegotiatedKeyExchangeStrength] %s with %i bits',
    async (keyExchange, keyExchangeBits, tls) => {
      const port = await tlsServer({ ...rsa, dhparam: 'auto', ciphers: 'ALL' })
      expect((await dialTls(port, { ...trust, ...tls })).facts).toMatchObject({ keyExchange, keyExchangeBits })
    },
  )

  test('[part of ipworks.config.TLS13SignatureAlgorithms] [part of ipworks.error.276] a server that cannot sign that way', async () => {
    const error = await refused(dialTls(await tlsServer(rsa), { ...trust, sigalgs: 'ed25519' }))
    expect(error).toMatchObject({ code: 'tls.handshake', phase: 'tls' })
    const tls = { ...trust, sigalgs: 'rsa_pss_sha256,rsa_pkcs1_sha256,ecdsa_secp256r1_sha256' }
    expect((await dialTls(await tlsServer(rsa), tls)).facts.verified).toBe(true)
  })

  test('who it was', async () => {
    const { facts, socket } = await dialTls(await tlsServer(rsa), trust)
    expect(facts).toMatchObject({ subject: 'CN=rsa', issuer: 'CN=Test Authority', resumed: false, verified: true })
    const fingerprint = socket.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase()
    expect(facts.fingerprint).toBe(fingerprint)
    expect(facts).not.toHaveProperty('unverified')
    expect(facts).not.toHaveProperty('revocation')
  })
})

test.each<[string, TlsOptions]>([
  ['settings.tls', { minVersion: 'SSLv3' as 'TLSv1' }],
  ['settings.tls', { maxVersion: 'TLSv1.1' }],
  ['settings.tls-ciphers', { ciphers: 'SSL_RSA_WITH_RC4_128_SHA' }],
  ['settings.tls', { ecdhCurve: 'none-such' }],
  ['settings.tls', { sigalgs: ['none-such'] }],
])('[part of ipworks.error.270] %s for %j, before anything is sent', async (code, tls) => {
  await expect(dialTls(9, tls)).rejects.toMatchObject({ code, outcome: 'permanent', phase: 'settings' })
})

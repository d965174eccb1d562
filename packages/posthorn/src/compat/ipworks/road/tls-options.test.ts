import { readCertificates } from '@posthorn/certificate'
import { TlsSessions, type TlsOptions } from '@posthorn/net'
import { certificates, mailIdentity } from '@posthorn/testkit'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_CIPHERS, type TlsOptions as ServerOptions } from 'node:tls'
import { describe, expect, test } from 'vitest'
import {
  componentValues,
  connected,
  type Connected,
  type Properties,
  type Settings,
} from '../../../../test/ipworks-road.js'
import { LineServer } from '../../../../test/parity/line-server.js'
import { Front } from '../../../../test/tls-front.js'
import { CONFIG } from '../table/config-settings.js'
import { Certificate, StoreType } from '../type/certificate.js'
import type { RoadTerms } from './road-terms.js'
import { tlsOptions } from './tls-options.js'

/** A certificate with its key, out of a store. */
function owned(store: string): Certificate {
  return Object.assign(new Certificate(), { storeType: StoreType.cstPEMKeyBlob, store, subject: '*' })
}

const derOf = (pem: string): Uint8Array => readCertificates(pem)[0]!.der

/** What the settings come to, and what was noted. */
async function made(
  settings: Settings,
  properties: Properties = {},
  terms: Partial<RoadTerms> = {},
): Promise<TlsOptions> {
  const { signal } = new AbortController()
  return tlsOptions(componentValues(properties, settings), { signal, note: () => {}, ...terms })
}

describe('what the engine is told', () => {
  const TLS13 = 'TLS13SupportedGroups'
  const TLS12 = 'TLS12SupportedGroups'
  const named = (list: 'TLS13SupportedGroups' | 'TLS13SignatureAlgorithms') => CONFIG[list].row.initial().split(',')
  const both = { [TLS13]: 'ecdhe_x25519,ecdhe_secp256r1', [TLS12]: 'ecdhe_secp384r1;ecdhe_secp256r1' }
  const pairs = 'sha256-rsa,sha256-dsa,sha1-rsa,sha1-dsa'

  test.each<[string, Settings, TlsOptions]>([
    ['nothing', {}, {}],
    ['all suites', { SSLEnabledCipherSuites: '*' }, {}],
    ['no suites at all', { SSLEnabledCipherSuites: '' }, {}],
    ['suites', { SSLEnabledCipherSuites: 'TLS_A; TLS_B' }, { ciphers: 'TLS_A; TLS_B' }],
    ['strength', { SSLCipherStrength: 256 }, { minStrengthBits: 256 }],
    ['versions', { SSLEnabledProtocols: 4032 }, { minVersion: 'TLSv1', maxVersion: 'TLSv1.2' }],
    ['groups of 1.3', { [TLS13]: both[TLS13] }, { ecdhCurve: ['ecdhe_x25519', 'ecdhe_secp256r1'] }],
    ['groups of 1.2, behind what 1.3 has without a word', { [TLS12]: both[TLS12] }, { ecdhCurve: named(TLS13) }],
    [
      'groups of 1.2 that are not offered for 1.3',
      { [TLS12]: 'brainpoolP256r1' },
      { ecdhCurve: [...named(TLS13), 'brainpoolP256r1'] },
    ],
    ['groups of both, 1.3 first', both, { ecdhCurve: ['ecdhe_x25519', 'ecdhe_secp256r1', 'ecdhe_secp384r1'] }],
    [
      'groups, where 1.2 alone is spoken',
      { ...both, TLS13KeyShareGroups: 'ecdhe_secp256r1', SSLEnabledProtocols: 3072 },
      { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ecdhCurve: ['ecdhe_secp384r1', 'ecdhe_secp256r1'] },
    ],
    [
      'groups, where 1.3 alone is spoken',
      { ...both, SSLEnabledProtocols: 12_288 },
      { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ecdhCurve: ['ecdhe_x25519', 'ecdhe_secp256r1'] },
    ],
    [
      'the share to be sent',
      { ...both, TLS13KeyShareGroups: 'ffdhe_2048, ECDHE_SECP384R1, ecdhe_x25519' },
      { ecdhCurve: ['ecdhe_secp384r1', 'ecdhe_x25519', 'ecdhe_secp256r1'] },
    ],
    [
      'the share alone',
      { TLS13KeyShareGroups: 'ecdhe_x448' },
      {
        ecdhCurve: ['ecdhe_x448', ...named(TLS13).filter((name) => name !== 'ecdhe_x448')],
      },
    ],
    ['revocation', { SSLCheckCRL: 1, SSLCheckOCSP: 2 }, { revocation: { crl: 'soft', ocsp: 'required' } }],
    ['revocation by CRL', { SSLCheckCRL: 2 }, { revocation: { crl: 'required', ocsp: undefined } }],
    ['pairs that are taken back', { TLS12SignatureAlgorithms: '' }, {}],
  ])('%s', async (_, settings, expected) => {
    expect(await made(settings)).toEqual(expected)
  })

  test('[part of ipworks.example.sigalgs] signature algorithms, and a rule for certificates', async () => {
    const both = await made({ TLS12SignatureAlgorithms: pairs, TLS13SignatureAlgorithms: 'rsa_pss_sha256' })
    expect(both).toEqual({
      sigalgs: ['rsa_pss_sha256', 'sha256-rsa', 'sha256-dsa', 'sha1-rsa', 'sha1-dsa'],
      ciphers: `${DEFAULT_CIPHERS}:@SECLEVEL=0`, // for SHA-1
      decide: expect.any(Function) as never,
    })
    const old = await made({ TLS12SignatureAlgorithms: 'sha256-rsa' })
    expect(old.sigalgs).toEqual([...named('TLS13SignatureAlgorithms'), 'sha256-rsa'])
    const weak = { TLS12SignatureAlgorithms: pairs, SSLEnabledProtocols: 3072 }
    for (const suites of ['TLS_A; TLS_B', 'TLS_A@SECLEVEL=1'])
      expect((await made({ ...weak, SSLEnabledCipherSuites: suites })).ciphers).toBe(
        suites.includes('@') ? suites : `${suites}:@SECLEVEL=0`,
      )
    const one = await made({
      TLS12SignatureAlgorithms: pairs,
      TLS13SignatureAlgorithms: 'ed25519',
      SSLEnabledProtocols: 12_288,
    })
    expect(one.sigalgs).toEqual(['ed25519'])
  })

  test('[part of ipworks.config.SSLServerCACerts] [part of ipworks.config.SSLCACerts] [part of ipworks.example.ca-list] every certificate of both lists, whatever stands between them', async () => {
    const { ca, good, selfSigned } = await certificates()
    const settings = {
      SSLServerCACerts: `first\r\n${ca}\nsecond\r\n${good.cert}`,
      SSLCACerts: selfSigned.cert.replaceAll('\n', '\r\n'),
    }
    const { extraCa } = await made(settings)
    const ders = (extraCa as readonly { readonly der: Uint8Array }[]).map(({ der }) => Buffer.from(der))
    expect(ders).toEqual([ca, good.cert, selfSigned.cert].map((pem) => Buffer.from(derOf(pem))))
  })

  test('[part of ipworks.prop.SSLCert] a certificate without its key is not shown, and that is said', async () => {
    const { good } = await certificates()
    const notes: string[] = []
    const terms = { note: (text: string) => notes.push(text) }
    expect(await made({}, { SSLCert: Certificate.ofDer(derOf(good.cert)) }, terms)).toEqual({})
    expect(notes).toEqual([expect.stringContaining('private key')])
  })

  test('[part of ipworks.error.271] [part of ipworks.error.273] a store that does not open, and a key of another certificate', async () => {
    const { good, wrongName } = await certificates()
    const windows = Object.assign(new Certificate(), { subject: 'CN=relay' })
    await expect(made({}, { SSLCert: windows })).rejects.toMatchObject({ code: 271 })
    const strange = async () => made({}, { SSLCert: owned(`${good.cert}\n${wrongName.key}`) })
    await expect(strange()).rejects.toMatchObject({ code: 273 })
  })

  test('what the class brings', async () => {
    const terms = { decide: () => true, onRecord: () => {}, sessions: new TlsSessions() }
    expect(await made({ ReuseSSLSession: true }, {}, terms)).toEqual(terms)
    expect(await made({}, {}, terms)).toEqual({ decide: terms.decide, onRecord: terms.onRecord })
  })

  test('[part of ipworks.error.303] [part of ipworks.config.SSLKeyLogFile] the key log is opened beforehand', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'road-'))
    const file = join(folder, 'keys.log')
    expect(await made({ SSLKeyLogFile: file })).toEqual({ keyLogFile: file })
    expect((await stat(file)).size).toBe(0)
    await expect(made({ SSLKeyLogFile: folder })).rejects.toMatchObject({ code: 303 })
    await rm(folder, { recursive: true })
  })
})

/** Connects to a server of this kind under implicit TLS, with the test CA trusted unless the settings say whom. */
async function talk(
  server: ServerOptions,
  settings: Settings,
  properties: Properties = {},
): Promise<Connected & { algorithms: string[]; chain: string[] }> {
  const { good, ca } = await certificates()
  const algorithms: string[] = []
  const chain: string[] = []
  await using relay = await LineServer.start()
  await using front = await Front.tls({ ...good, ...server }, relay, (client) => {
    algorithms.push(...client.getSharedSigalgs())
    let at = client.getPeerCertificate(true)
    while (at?.subject && chain.length < 9) {
      chain.push(at.subject.CN as string)
      if (at.issuerCertificate === at || !at.issuerCertificate) break
      at = at.issuerCertificate
    }
  })
  const values = componentValues(
    { MailServer: '127.0.0.1', MailPort: front.port, SSLStartMode: 1, ...properties },
    { SSLServerCACerts: ca, ...settings },
  )
  return { ...(await connected(values)), algorithms, chain }
}

describe('what comes of it', () => {
  test.each<[string, Settings, ServerOptions, object]>([
    ['SSLEnabledProtocols', { SSLEnabledProtocols: 3072 }, {}, { protocol: 'TLSv1.2' }],
    ['SSLEnabledProtocols', { SSLEnabledProtocols: 12_288 }, {}, { protocol: 'TLSv1.3' }],
    ['SSLEnabledProtocols', {}, {}, { protocol: 'TLSv1.3' }],
    [
      'SSLEnabledCipherSuites',
      { SSLEnabledCipherSuites: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384' },
      {},
      { cipher: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', protocol: 'TLSv1.2' },
    ],
    ['SSLCipherStrength', { SSLCipherStrength: 256 }, {}, { strengthBits: 256 }],
    ['TLS13SupportedGroups', { TLS13SupportedGroups: 'ecdhe_x448' }, {}, { keyExchange: 'ECDHE_X448' }],
    ['TLS13KeyShareGroups', { TLS13KeyShareGroups: 'ecdhe_x448,ecdhe_x25519' }, {}, { keyExchange: 'ECDHE_X448' }],
    [
      'TLS12SupportedGroups',
      { TLS12SupportedGroups: 'ecdhe_secp384r1,ecdhe_secp256r1', SSLEnabledProtocols: 3072 },
      { honorCipherOrder: false },
      { keyExchange: expect.stringMatching(/384/) as string },
    ],
  ])('[part of ipworks.config.%s] %j', async (_, settings, server, facts) => {
    const { error, session } = await talk(server, settings)
    expect(error).toBeUndefined()
    expect(session!.tls).toMatchObject({ verified: true, ...facts })
  })

  test('[part of ipworks.example.ciphers] [part of ipworks.config.SSLEnabledCipherSuites] suites that are gone leave none, and are named', async () => {
    for (const suites of ['SSL_RSA_WITH_RC4_128_SHA', 'SSL_RSA_WITH_RC4_128_SHA; SSL_RSA_WITH_RC4_128_MD5']) {
      const { error } = await talk({}, { SSLEnabledCipherSuites: suites })
      expect(error).toMatchObject({
        code: 'settings.tls-ciphers',
        message: expect.stringContaining('SSL_RSA_WITH_RC4_128_SHA') as string,
      })
    }
  })

  test('[part of ipworks.config.SSLCipherStrength] a server with weaker suites alone', async () => {
    const weak = { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const
    expect((await talk(weak, { SSLCipherStrength: 256 })).error).toMatchObject({ code: 'tls.handshake' })
    expect((await talk(weak, {})).error).toBeUndefined()
  })

  test('[part of ipworks.example.sigalgs] [part of ipworks.config.TLS12SignatureAlgorithms] the server sees what is named', async () => {
    const { algorithms, session } = await talk(
      { maxVersion: 'TLSv1.2' },
      { TLS12SignatureAlgorithms: 'sha256-ecdsa,sha384-ecdsa,sha256-rsa', SSLEnabledProtocols: 3072 },
    )
    expect(session!.tls).toMatchObject({ verified: true })
    expect(algorithms).toEqual(['ECDSA+SHA256', 'ECDSA+SHA384', 'RSA+SHA256'])
  })

  test('[part of ipworks.config.TLS12SignatureAlgorithms] a certificate that is signed otherwise is refused with 280', async () => {
    const { error } = await talk({ maxVersion: 'TLSv1.2' }, { TLS12SignatureAlgorithms: 'sha384-ecdsa' })
    expect(error).toMatchObject({ code: 'tls.decision-failed', cause: { code: 280 } })
    const { good } = await certificates()
    const pinned = { SSLAcceptServerCert: Certificate.ofDer(derOf(good.cert)) }
    expect(
      (await talk({ maxVersion: 'TLSv1.2' }, { TLS12SignatureAlgorithms: 'sha384-ecdsa' }, pinned)).error,
    ).toBeUndefined()
  })

  test('[part of ipworks.config.TLS13SignatureAlgorithms] a server without a key for them', async () => {
    expect((await talk({}, { TLS13SignatureAlgorithms: 'ed25519' })).error).toMatchObject({ code: 'tls.handshake' })
  })

  test('[part of ipworks.config.SSLServerCACerts] [part of ipworks.config.SSLCACerts] whom the lists trust, and nobody else of their kind', async () => {
    const { ca, selfSigned } = await certificates()
    expect((await talk({}, { SSLServerCACerts: '' })).error).toMatchObject({
      code: expect.stringMatching(/^tls\./) as string,
    })
    const lists = [{ SSLServerCACerts: '', SSLCACerts: ca }, { SSLServerCACerts: `${selfSigned.cert}\r\n${ca}` }]
    for (const each of lists) {
      for (const server of [{}, selfSigned]) {
        const { error } = await talk(server, {
          ...each,
          SSLCACerts: `${'SSLCACerts' in each ? ca : ''}${selfSigned.cert}`,
        })
        expect(error).toBeUndefined()
      }
    }
  })

  test('[part of ipworks.prop.SSLAcceptServerCert] the certificate that is taken whatever is wrong with it, and no other', async () => {
    const { wrongName, good } = await certificates()
    const taking = (pem: string) => ({ SSLAcceptServerCert: Certificate.ofDer(derOf(pem)) })
    expect((await talk(wrongName, {}, taking(wrongName.cert))).error).toBeUndefined()
    expect((await talk(wrongName, {}, taking(good.cert))).error).toMatchObject({ code: 'tls.wrong-name' })
    expect((await talk(wrongName, {})).error).toMatchObject({ code: 'tls.wrong-name' })
  })

  test('[part of ipworks.prop.SSLCert] [part of ipworks.config.SSLCACerts] our own certificate goes with those of its issuers', async () => {
    const own = await mailIdentity({ email: 'client@example.test' })
    const SSLCert = owned(`${own.certificate}\n${own.key}`)
    const names = (pems: readonly string[]) =>
      pems.map((pem) => /CN=([^,]+)/.exec(readCertificates(pem)[0]!.subject)![1])
    const asking = { requestCert: true, rejectUnauthorized: false }
    const alone = await talk(asking, {}, { SSLCert })
    expect(alone.error).toBeUndefined()
    expect(alone.chain).toEqual(names([own.certificate]))
    const chain = { SSLCACerts: own.chain.join('\n') }
    const whole = await talk(asking, chain, { SSLCert })
    expect(whole.chain).toEqual(names([own.certificate, own.chain[0]!])) // a root is not sent
  })

  test('[part of ipworks.config.ReuseSSLSession] a second connection resumes the session of the first', async () => {
    const { good, ca } = await certificates()
    await using relay = await LineServer.start()
    await using front = await Front.tls({ ...good, maxVersion: 'TLSv1.2' }, relay, () => {})
    const sessions = new TlsSessions()
    const resumed = async (settings: Settings, MailServer = 'localhost') => {
      const values = componentValues(
        { MailServer, MailPort: front.port, SSLStartMode: 1 },
        { SSLServerCACerts: ca, ...settings },
      )
      const { session, error, notes } = await connected(values, { sessions })
      expect(error).toBeUndefined()
      expect(notes).toEqual([])
      return session!.tls!.resumed
    }
    expect(await resumed({ ReuseSSLSession: true })).toBe(false)
    expect(await resumed({ ReuseSSLSession: true })).toBe(true)
    expect(await resumed({ ReuseSSLSession: true }, '127.0.0.1')).toBe(false)
    expect(await resumed({})).toBe(false)
    const withRule = { ReuseSSLSession: true, TLS12SignatureAlgorithms: 'sha256-ecdsa' }
    expect(await resumed(withRule)).toBe(false)
    expect(await resumed(withRule)).toBe(true)
  })

  test('[part of ipworks.config.SSLKeyLogFile] the secrets of every session are appended', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'road-'))
    const SSLKeyLogFile = join(folder, 'keys.log')
    const lines = async () =>
      (await readFile(SSLKeyLogFile, 'utf8')).match(/^CLIENT_HANDSHAKE_TRAFFIC_SECRET /gm)?.length
    await talk({}, { SSLKeyLogFile })
    expect(await lines()).toBe(1)
    await talk({}, { SSLKeyLogFile })
    expect(await lines()).toBe(2)
    expect((await stat(SSLKeyLogFile)).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o600)
    await rm(folder, { recursive: true })
  })
})

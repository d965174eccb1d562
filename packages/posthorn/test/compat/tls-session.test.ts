import { certificates, mailAuthority } from '@posthorn/testkit'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket, type TlsOptions } from 'node:tls'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { SMTP } from '../../src/compat/ipworks/index.js'
import { component, failure, heardBy, sink, trailOf } from './component.js'
import { secured, secureServer, serverIdentity, type SecureServer } from './secure.js'

afterEach(() => void vi.restoreAllMocks())

const { ca, good } = await certificates()
const TRUSTING = `SSLServerCACerts=${ca}`
const refused = expect.objectContaining({ code: 10022 }) as Error

describe('ReuseSSLSession', () => {
  const lastOf = ({ clients }: SecureServer) => clients.at(-1)!.resumed

  /** A component for a server, by a name for which its certificate is. */
  function to(server: SecureServer, ...settings: readonly string[]): SMTP {
    const smtp = secured(server, TRUSTING, 'UseIPv6=0', ...settings)
    smtp.mailServer = 'localhost'
    return smtp
  }

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    '[ipworks.config.ReuseSSLSession] the second connection resumes the session, one to another name does not: %s',
    async (version) => {
      const server = await secureServer({ ...good, minVersion: version, maxVersion: version })
      const smtp = to(server, 'ReuseSSLSession=True')
      const heard = heardBy(smtp, ['PITrail', 'SSLStatus'])
      await smtp.send()
      expect(lastOf(server)).toBe(false)
      const shown = smtp.sslServerCert.thumbprintSHA256
      await smtp.send()
      expect(lastOf(server)).toBe(true)
      expect(smtp.sslServerCert.thumbprintSHA256).toBe(shown) // of the handshake in which it was shown
      expect(heard).toContainEqual({
        name: 'SSLStatus',
        event: { message: expect.stringMatching(/, resumed$/) as string },
      })
      expect(trailOf(heard).filter((line) => line.includes('ReuseSSLSession'))).toEqual([])
      smtp.mailServer = '127.0.0.1'
      await smtp.send()
      expect(lastOf(server)).toBe(false)
      smtp.mailServer = 'LOCALHOST' // the same name
      await smtp.send()
      expect(lastOf(server)).toBe(true)
    },
  )

  test('[part of ipworks.config.ReuseSSLSession] not by default, not by another component, not after reset()', async () => {
    const server = await secureServer(good)
    const plain = to(server)
    expect(plain.config('ReuseSSLSession')).toBe('False')
    for (let again = 0; again < 2; again++) await plain.send()
    const [one, other] = [to(server, 'ReuseSSLSession=True'), to(server, 'ReuseSSLSession=yes')]
    await one.send()
    await other.send()
    expect(server.clients.map(({ resumed }) => resumed)).toEqual([false, false, false, false])
    await other.send()
    expect(lastOf(server)).toBe(true)
    other.config('ReuseSSLSession=False')
    await other.send()
    expect(lastOf(server)).toBe(false)
    one.reset()
    Object.assign(one, { mailServer: 'localhost', mailPort: server.port, sslStartMode: 1 })
    Object.assign(one, { from: 'anna@example.test', sendTo: 'bruno@example.test', messageText: 'Again.' })
    for (const setting of [TRUSTING, 'UseIPv6=0', 'ReuseSSLSession=True']) one.config(setting)
    await one.send()
    expect(lastOf(server)).toBe(false)
  })

  test('[part of ipworks.config.ReuseSSLSession] not one that is older than ten hours', async () => {
    const server = await secureServer(good)
    const smtp = to(server, 'ReuseSSLSession=True')
    await smtp.send()
    const now = performance.now.bind(performance)
    const later = vi.spyOn(performance, 'now').mockImplementation(() => now() + 9.9 * 3_600_000)
    await smtp.send()
    expect(lastOf(server)).toBe(true)
    later.mockImplementation(() => now() + 20 * 3_600_000)
    await smtp.send()
    expect(lastOf(server)).toBe(false)
  })

  test('[part of ipworks.config.ReuseSSLSession] the certificate is judged all the same: the event, what is trusted, who is pinned', async () => {
    const server = await secureServer(good)
    const smtp = to(server, 'ReuseSSLSession=True')
    const seen: unknown[] = []
    let accepts = true
    smtp.on('SSLServerAuthentication', (event) => {
      seen.push([event.certSubject, event.status])
      event.accept = accepts
    })
    await smtp.send()
    await smtp.send()
    expect(lastOf(server)).toBe(true)
    accepts = false
    expect(await failure(smtp.send())).toMatchObject({ code: 280 })
    expect(seen).toEqual(Array.from({ length: 3 }, () => ['CN=relay.example.test', 'OK']))
    accepts = true
    smtp.config('SSLServerCACerts=') // trusts nobody of the kind any more
    smtp.on('SSLServerAuthentication', (event) => (event.accept = event.status === 'OK'))
    expect(await failure(smtp.send())).toMatchObject({ code: 280 })
  })
})

describe('SSLKeyLogFile', () => {
  const LABEL = /^CLIENT_HANDSHAKE_TRAFFIC_SECRET [0-9a-f]{64} [0-9a-f]{64,96}$/gm

  async function folder(): Promise<string> {
    const made = await mkdtemp(join(tmpdir(), 'posthorn-'))
    onTestFinished(() => rm(made, { recursive: true }))
    return made
  }

  test('[ipworks.config.SSLKeyLogFile] the file gains the secrets of every session', async () => {
    const file = join(await folder(), 'keys.log')
    const smtp = secured(await sink({ tls: good, implicitTls: true }), TRUSTING, `SSLKeyLogFile=${file}`)
    const heard = heardBy(smtp, ['PITrail'])
    await smtp.send()
    const first = await readFile(file, 'utf8')
    expect(first.match(LABEL)).toHaveLength(1)
    await smtp.send()
    const second = await readFile(file, 'utf8')
    expect(second.startsWith(first)).toBe(true)
    expect(second.match(LABEL)).toHaveLength(2)
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(trailOf(heard)).toContainEqual(expect.stringContaining('the secrets of this session are written to'))
    for (const secret of second.match(/[0-9a-f]{96}/g) ?? []) expect(JSON.stringify(heard)).not.toContain(secret)
  })

  test('[part of ipworks.config.SSLKeyLogFile] what was in it stays; with STARTTLS and TLS 1.2, too; not set, nothing', async () => {
    const file = join(await folder(), 'a name with blanks.log')
    await writeFile(file, '# mine\n')
    const smtp = component(await sink({ tls: good }))
    smtp.sslStartMode = 2
    for (const setting of [TRUSTING, `SSLKeyLogFile=${file}`, 'SSLEnabledProtocols=3072']) smtp.config(setting)
    await smtp.send()
    const told = await readFile(file, 'utf8')
    expect(told).toMatch(/^# mine\nCLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}\n$/)
    smtp.config('SSLKeyLogFile=')
    await smtp.send()
    expect(await readFile(file, 'utf8')).toBe(told)
  })

  test('[part of ipworks.config.SSLKeyLogFile] one that cannot be written: 303, and nothing is sent', async () => {
    const server = await sink({ tls: good, implicitTls: true })
    const smtp = secured(server, TRUSTING, `SSLKeyLogFile=${join(await folder(), 'none', 'keys.log')}`)
    expect(await failure(smtp.send())).toMatchObject({
      code: 303,
      message: expect.stringContaining('SSLKeyLogFile') as string,
    })
    expect(server.sessions).toEqual([])
    smtp.reset()
    expect(smtp.config('SSLKeyLogFile')).toBe('')
  })
})

describe('what was agreed on', () => {
  const NAMES = [
    ...['SSLNegotiatedCipher', 'SSLNegotiatedCipherStrength', 'SSLNegotiatedCipherSuite'],
    ...['SSLNegotiatedKeyExchange', 'SSLNegotiatedKeyExchangeStrength', 'SSLNegotiatedVersion'],
  ]

  /** A connection with these settings, and what Node says of it on this side. */
  async function connected(settings: readonly string[], server: TlsOptions = {}, authority = ca) {
    const keys = vi.spyOn(TLSSocket.prototype, 'getEphemeralKeyInfo')
    const secure = await secureServer({ ...good, ...server })
    const smtp = secured(secure, `SSLServerCACerts=${authority}`, ...settings)
    expect(NAMES.map((name) => smtp.config(name))).toEqual(NAMES.map(() => ''))
    await smtp.connect()
    const told = (name: string) => smtp.config(name)
    const key = keys.mock.results.at(-1)!.value as { readonly name?: string; readonly size?: number }
    return { smtp, told, key, cipher: secure.clients[0]!.cipher }
  }

  test.each([[], ['SSLEnabledProtocols=3072'], ['SSLEnabledCipherSuites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256']])(
    '[ipworks.config.SSLNegotiatedCipher] the name of OpenSSL: %s',
    async (...settings) => {
      const { told, cipher } = await connected(settings)
      expect(told('SSLNegotiatedCipher')).toBe(cipher.name)
    },
  )

  test.each([[], ['SSLEnabledProtocols=3072'], ['SSLEnabledCipherSuites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256']])(
    '[ipworks.config.SSLNegotiatedCipherSuite] the name of IANA: %s',
    async (...settings) => {
      const { told, cipher } = await connected(settings)
      expect(told('SSLNegotiatedCipherSuite')).toBe(cipher.standardName)
    },
  )

  test('[ipworks.config.SSLNegotiatedCipherStrength] 256 for AES-256, and what others have', async () => {
    for (const [suite, bits] of [
      ['TLS_AES_256_GCM_SHA384', '256'],
      ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', '256'],
      ['TLS_CHACHA20_POLY1305_SHA256', '256'],
      ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', '128'],
    ] as const) {
      const { told, cipher } = await connected([`SSLEnabledCipherSuites=${suite}`])
      expect([cipher.standardName, told('SSLNegotiatedCipherStrength')]).toEqual([suite, bits])
    }
  })

  test('[ipworks.config.SSLNegotiatedKeyExchange] has X25519 where that group alone is offered, and RSA without one', async () => {
    for (const settings of [
      ['SSLEnabledProtocols=12288', 'TLS13SupportedGroups=ecdhe_x25519'],
      // before TLS 1.3 the curve of the certificate has to be among them (RFC 8422 5.1)
      ['SSLEnabledProtocols=3072', 'TLS12SupportedGroups=ecdhe_x25519,ecdhe_secp256r1'],
    ]) {
      const { told } = await connected(settings, { ecdhCurve: 'X25519:P-256' })
      expect(told('SSLNegotiatedKeyExchange')).toBe('ECDHE_X25519')
    }
    const root = await mailAuthority({ subject: 'CN=RSA', keyType: 'rsa' })
    const rsa = await serverIdentity({ keyType: 'rsa', issuer: root })
    const { told } = await connected(['SSLEnabledCipherSuites=TLS_RSA_WITH_AES_128_GCM_SHA256'], rsa, root.certificate)
    expect([told('SSLNegotiatedKeyExchange'), told('SSLNegotiatedKeyExchangeStrength')]).toEqual(['RSA', '2048'])
  })

  test('[ipworks.config.SSLNegotiatedKeyExchangeStrength] what Node says of the key: 253, 448, 256', async () => {
    for (const [group, bits] of [
      ['ecdhe_x25519', 253],
      ['ecdhe_x448', 448],
      ['ecdhe_secp256r1', 256],
    ] as const) {
      const { told, key } = await connected([`TLS13SupportedGroups=${group}`])
      expect([key.size, told('SSLNegotiatedKeyExchangeStrength')]).toEqual([bits, String(bits)])
    }
  })

  test('[ipworks.config.SSLNegotiatedVersion] the version that is forced', async () => {
    for (const [mask, version] of [
      [3072, 'TLSv1.2'],
      [12_288, 'TLSv1.3'],
    ] as const)
      expect((await connected([`SSLEnabledProtocols=${mask}`])).told('SSLNegotiatedVersion')).toBe(version)
    expect((await connected([], { maxVersion: 'TLSv1.2' })).told('SSLNegotiatedVersion')).toBe('TLSv1.2')
  })

  test.each(NAMES)(
    '[part of ipworks.config.%s] is read only, has no index, stays after the end, and goes with the next connection',
    async (name) => {
      const { smtp } = await connected([])
      const told = smtp.config(name)
      expect(told).not.toBe('')
      expect(smtp.config(name.toUpperCase())).toBe(told)
      expect(() => smtp.config(`${name}=x`)).toThrow(refused)
      for (const indexed of [`${name}[1]`, `${name}[connId]`]) expect(() => smtp.config(indexed)).toThrow(refused)
      await smtp.disconnect()
      expect(smtp.config(name)).toBe(told)
      smtp.mailPort = (await sink()).port
      smtp.sslStartMode = 3
      await smtp.connect()
      expect(smtp.config(name)).toBe('')
      await smtp.disconnect()
      smtp.reset()
      expect(smtp.config(name)).toBe('')
    },
  )
})

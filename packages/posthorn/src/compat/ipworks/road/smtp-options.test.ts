import { Secret } from '@posthorn/ground'
import type { ProxyOptions } from '@posthorn/net'
import type { MechanismCredentials, PasswordCredentials, SmtpOptions, TokenCredentials } from '@posthorn/smtp'
import { describe, expect, test } from 'vitest'
import type { ConfigName } from '../table/config-settings.js'
import type { PropertyName } from '../table/properties.js'
import { Firewall } from '../type/firewall.js'
import { ComponentValues } from '../values.js'
import { roadTo } from './proxy-options.js'
import { smtpOptions } from './smtp-options.js'

type Properties = Partial<Record<PropertyName, unknown>>
type Settings = Partial<Record<ConfigName, unknown>>

function valuesOf(properties: Properties, settings: Settings = {}): ComponentValues {
  const values = new ComponentValues(() => false)
  const given = { MailServer: 'relay.example', ...properties }
  for (const [name, value] of Object.entries(given)) values.setProperty(name as PropertyName, value)
  for (const [name, value] of Object.entries(settings)) values.setConfig(name as ConfigName, value)
  return values
}

/** The options, and what was noted; the secrets in them opened. */
async function made(
  properties: Properties = {},
  settings: Settings = {},
): Promise<{ options: SmtpOptions; notes: string[] }> {
  const notes: string[] = []
  const { signal } = new AbortController()
  const options = await smtpOptions(valuesOf(properties, settings), { signal, note: (text) => notes.push(text) })
  return { options, notes }
}

async function failure(properties: Properties, settings: Settings = {}): Promise<{ code: number; message: string }> {
  const error = await made(properties, settings).then(
    () => new Error('it was taken'),
    (thrown: unknown) => thrown as Error,
  )
  return { code: (error as Error & { code: number }).code, message: error.message }
}

function firewall(fields: Partial<Firewall>): { Firewall: Firewall } {
  return { Firewall: Object.assign(new Firewall(), fields) }
}

const LOGIN = { User: 'anna', Password: 'Wonder-7land' }

describe('without settings', () => {
  test('port 25 in the clear, IPv4, no login, and nothing that ends a session by itself', async () => {
    const { options, notes } = await made({}, { Hello: 'app.example.com' })
    const limit = 2 ** 31 - 1
    expect(options).toEqual({
      host: 'relay.example',
      port: 25,
      security: 'none',
      extensions: true,
      family: 4,
      resolve: expect.any(Function) as never,
      localName: 'app.example.com',
      allowCleartextAuth: true,
      trailSecrets: false,
      keepAlive: false,
      noDelay: false,
      linger: true,
      timeouts: { connectMs: 60_000, silentMs: 60_000, quitMs: 60_000 },
      pool: {
        maxConnections: 1,
        maxMessagesPerConnection: Number.MAX_SAFE_INTEGER,
        maxAgeMs: limit,
        probeIdleMs: limit,
        maxIdleMs: limit,
        tokenMarginMs: 0,
      },
    })
    expect(notes).toEqual([])
  })

  test('[part of ipworks.config.MaskSensitiveData] secrets are masked unless it is said otherwise', async () => {
    expect((await made({}, { MaskSensitiveData: false })).options.trailSecrets).toBe(true)
  })

  test('[part of ipworks.config.Hello] a name that SMTP does not know is left out, and that is said', async () => {
    const { options, notes } = await made({}, { Hello: 'my_host' })
    expect(options).not.toHaveProperty('localName')
    expect(notes).toEqual([expect.stringContaining('Hello')])
  })
})

describe('what cannot be', () => {
  test.each<[number, string, Properties, Settings?]>([
    [163, 'no server', { MailServer: '' }],
    [163, 'a blank server', { MailServer: ' ' }],
    [116, 'port 0', { MailPort: 0 }],
    [102, '0.0.0.0', { MailServer: '0.0.0.0' }],
    [102, '[::]', { MailServer: '[::]' }],
    [102, 'a proxy at 0.0.0.0', firewall({ firewallType: 3, host: '0.0.0.0' })],
    [118, 'a star with SOCKS4', { MailServer: '*mx.test', ...firewall({ firewallType: 2, host: '127.0.0.1' }) }],
    [211, 'HELO alone with explicit TLS', { AllowExtensions: false, SSLStartMode: 2 }],
    [211, 'HELO alone with automatic TLS on 587', { AllowExtensions: false, SSLStartMode: 0, MailPort: 587 }],
    [211, 'HELO alone with a login', { AllowExtensions: false, ...LOGIN }],
    [211, 'APOP', { AuthMechanism: 3, ...LOGIN }],
    [270, 'no version of TLS', { SSLStartMode: 1 }, { SSLEnabledProtocols: 0 }],
    [303, 'a key log that cannot be written', { SSLStartMode: 1 }, { SSLKeyLogFile: '/nowhere/at/all/keys.log' }],
    [10022, 'authorities that are none', { SSLStartMode: 1 }, { SSLServerCACerts: 'certificate.pem' }],
    [10022, 'a chain that is none', { SSLStartMode: 1 }, { SSLCACerts: '-----BEGIN X-----' }],
    [
      10022,
      'lines for the proxy that are none',
      firewall({ firewallType: 1, host: 'p.example' }),
      { FirewallData: 'x' },
    ],
  ])('%d for %s', async (code, _, properties, settings) => {
    expect(await failure(properties, settings)).toMatchObject({ code })
  })

  test('[part of ipworks.error.163] [part of ipworks.error.116] [part of ipworks.error.211] the text says what to do', async () => {
    expect((await failure({ MailServer: '' })).message).toMatch(/^163: .*MailServer/)
    expect((await failure({ MailPort: 0 })).message).toMatch(/^116: .*MailPort/)
    expect((await failure({ AuthMechanism: 3, ...LOGIN })).message).toMatch(/^211: .*amCRAMMD5/)
    expect((await failure({ AllowExtensions: false, SSLStartMode: 2 })).message).toMatch(/AllowExtensions/)
  })

  test('[part of ipworks.prop.AllowExtensions] HELO alone goes in the clear and under implicit TLS', async () => {
    expect((await made({ AllowExtensions: false })).options.extensions).toBe(false)
    expect((await made({ AllowExtensions: false, SSLStartMode: 1 })).options.security).toBe('implicit')
  })
})

describe('[part of ipworks.prop.SSLStartMode] [part of ipworks.behaviour.tls-auto] the protection by mode and port', () => {
  test.each([
    [0, 'starttls', 'starttls', 'implicit', 'implicit'],
    [1, 'implicit', 'implicit', 'implicit', 'implicit'],
    [2, 'starttls', 'starttls', 'starttls', 'starttls'],
    [3, 'none', 'none', 'none', 'none'],
  ])('mode %d', async (SSLStartMode, ...expected) => {
    const got = []
    for (const MailPort of [25, 587, 465, 2465]) {
      const { options } = await made({ SSLStartMode, MailPort })
      got.push(options.security)
      expect(options.port).toBe(MailPort)
      expect('tls' in options).toBe(SSLStartMode !== 3)
    }
    expect(got).toEqual(expected)
  })
})

describe('[part of ipworks.prop.AuthMechanism] the login', () => {
  type Plain = Omit<Partial<PasswordCredentials & TokenCredentials & MechanismCredentials>, 'password' | 'accessToken'>
  const opened = ({ credentials }: SmtpOptions) => {
    if (!credentials) return undefined
    const reveal = (value: unknown) => (value instanceof Secret ? value.reveal() : value)
    return Object.fromEntries(Object.entries(credentials).map(([name, value]) => [name, reveal(value)]))
  }
  const identity = { AuthorizationIdentity: 'boss' }
  const plain = { user: 'anna', password: 'Wonder-7land' }

  test.each<[string, Properties, Settings, (Plain & { password?: string; accessToken?: string }) | undefined]>([
    ['0', LOGIN, identity, plain],
    ['1', { ...LOGIN, AuthMechanism: 1 }, identity, { ...plain, mechanism: 'CRAM-MD5' }],
    ['2', { ...LOGIN, AuthMechanism: 2 }, {}, { ...plain, mechanism: 'NTLM', ntlm: { version: 1 } }],
    [
      '2 with UseNTLMv2',
      { ...LOGIN, User: 'OFFICE\\anna', AuthMechanism: 2 },
      { UseNTLMv2: true },
      { ...plain, user: 'OFFICE\\anna', mechanism: 'NTLM', ntlm: { version: 2 } },
    ],
    ['4', { ...LOGIN, AuthMechanism: 4 }, {}, { ...plain, mechanism: 'PLAIN' }],
    [
      '4 as another',
      { ...LOGIN, AuthMechanism: 4 },
      identity,
      { ...plain, mechanism: 'PLAIN', authorizationId: 'boss' },
    ],
    ['5', { ...LOGIN, AuthMechanism: 5 }, identity, { ...plain, mechanism: 'DIGEST-MD5', authorizationId: 'boss' }],
    ['6 with a password', { ...LOGIN, AuthMechanism: 6 }, {}, { ...plain, mechanism: 'GSSAPI' }],
    ['6 with the ticket that is there', { AuthMechanism: 6 }, {}, { mechanism: 'GSSAPI' }],
    [
      '7',
      { ...LOGIN, AuthMechanism: 7 },
      { AuthorizationIdentity: 'Bearer ya29.x' },
      { user: 'anna', accessToken: 'ya29.x', mechanism: 'XOAUTH2' },
    ],
    [
      '7 with the token alone',
      { User: 'anna', AuthMechanism: 7 },
      { AuthorizationIdentity: 'ya29.x' },
      { user: 'anna', accessToken: 'ya29.x', mechanism: 'XOAUTH2' },
    ],
    ['0 without a password', { User: 'anna' }, {}, undefined],
    ['0 without a user', { Password: 'x' }, {}, undefined],
    ['7 without a token', { ...LOGIN, AuthMechanism: 7 }, {}, undefined],
    ['0 without anything', {}, identity, undefined],
  ])('%s', async (_, properties, settings, credentials) => {
    const { options } = await made(properties, settings)
    expect(opened(options)).toEqual(credentials)
  })

  test('0 is PLAIN, and LOGIN where that is not offered; one attempt', async () => {
    expect((await made(LOGIN)).options).toMatchObject({ mechanisms: ['PLAIN', 'LOGIN'], mechanismFallback: false })
  })

  test('half a login is none, and that is said', async () => {
    expect((await made({ User: 'anna' })).notes).toEqual([expect.stringContaining('Password is empty')])
    expect((await made({ Password: 'x' })).notes).toEqual([expect.stringContaining('User is empty')])
    const { notes } = await made({ ...LOGIN, AuthMechanism: 7 })
    expect(notes).toEqual([expect.stringContaining('AuthorizationIdentity is empty')])
    expect((await made()).notes).toEqual([])
  })

  test('no secret shows when the options are printed', async () => {
    const { options } = await made({
      ...LOGIN,
      ...firewall({ firewallType: 3, host: 'p.example', user: 'u', password: 'Pr0xy-secret' }),
    })
    expect(JSON.stringify(options)).not.toMatch(/Wonder-7land|Pr0xy-secret/)
  })
})

describe('[part of ipworks.type.Firewall] [part of ipworks.behaviour.star-host] the way', () => {
  const at = (fields: Partial<Firewall>) => firewall({ host: 'proxy.example', ...fields })
  const proxy = async (properties: Properties, settings: Settings = {}) => {
    const { options, notes } = await made(properties, settings)
    return { host: options.host, proxy: options.proxy as ProxyOptions | undefined, notes }
  }

  test.each<[string, Properties, Partial<ProxyOptions>]>([
    ['a tunnel', at({ firewallType: 1 }), { type: 'http', port: 80, resolve: 'remote' }],
    ['SOCKS4', at({ firewallType: 2 }), { type: 'socks4', port: 1080, resolve: 'local' }],
    ['SOCKS5', at({ firewallType: 3 }), { type: 'socks5', port: 1080, resolve: 'local' }],
    ['SOCKS4A', at({ firewallType: 10 }), { type: 'socks4a', port: 1080, resolve: 'remote' }],
    ['a port of its own', at({ firewallType: 1, port: 3128 }), { type: 'http', port: 3128 }],
  ])('%s', async (_, properties, expected) => {
    const found = await proxy(properties)
    expect(found).toMatchObject({ host: 'relay.example', notes: [], proxy: { host: 'proxy.example', ...expected } })
  })

  test('a star leaves the lookup to the proxy', async () => {
    for (const [firewallType, type] of [
      [3, 'socks5'],
      [10, 'socks4a'],
      [1, 'http'],
    ] as const) {
      const found = await proxy({ MailServer: '*mx.test', ...at({ firewallType }) })
      expect(found).toMatchObject({ host: 'mx.test', proxy: { type, resolve: 'remote' } })
    }
    const direct = await proxy({ MailServer: '*mx.test' })
    expect(direct).toEqual({ host: 'mx.test', proxy: undefined, notes: [expect.stringContaining('star')] })
  })

  test('its login', async () => {
    const found = await proxy(at({ firewallType: 3, user: 'u', password: 'p' }))
    expect(found.proxy).toMatchObject({ user: 'u' })
    expect((found.proxy?.password as Secret).reveal()).toBe('p')
    expect(Object.keys((await proxy(at({ firewallType: 2 }))).proxy!)).toEqual(['type', 'host', 'port', 'resolve'])
  })

  test('half a proxy is none, and that is said', async () => {
    expect(await proxy(at({}))).toEqual({
      host: 'relay.example',
      notes: [expect.stringContaining('FirewallType is 0')],
    })
    const typed = await proxy(firewall({ firewallType: 3 }))
    expect(typed).toEqual({ host: 'relay.example', notes: [expect.stringContaining('Host is empty')] })
  })

  test('[part of ipworks.config.FirewallData] header lines for a tunnel, and for nothing else', async () => {
    const FirewallData = 'X-Zone: office\r\nX-User : never\r\n'
    expect(await failure(at({ firewallType: 1 }), { FirewallData })).toMatchObject({ code: 10022 })
    const lines = { FirewallData: 'X-Zone: office\nx-zone:home\r\nUser-Agent: mailer' }
    const found = await proxy(at({ firewallType: 1 }), lines)
    expect(found.proxy?.headers).toEqual({ 'X-Zone': 'office, home', 'User-Agent': 'mailer' })
    const other = await proxy(at({ firewallType: 3 }), lines)
    expect(other.proxy).not.toHaveProperty('headers')
    expect(other.notes).toEqual([expect.stringContaining('FirewallData')])
  })

  test('[part of ipworks.config.ProxyExceptionsList] [part of ipworks.example.proxy-exceptions] what is reached without it', async () => {
    const list = { ProxyExceptionsList: 'www.google.com;www.nsoftware.com' }
    const found = await proxy(at({ firewallType: 3 }), list)
    expect(found.proxy?.bypass).toEqual(['www.google.com', 'www.nsoftware.com'])
  })

  test('[part of ipworks.type.Firewall.AutoDetect] the environment, and on Windows the system, where no host is set', async () => {
    const found = (platform: NodeJS.Platform, fields: Partial<Firewall>, MailServer = 'mx.test') => {
      const values = valuesOf(
        { ...firewall({ autoDetect: true, ...fields }) },
        { ProxyExceptionsList: 'In.Test; *.near.test' },
      )
      return roadTo(MailServer, values, () => {}, platform).proxy
    }
    expect(found('linux', {})).toBe('environment')
    expect(found('darwin', {})).toBe('environment')
    expect(found('win32', {})).toBe('system')
    expect(found('linux', { firewallType: 3 })).toBe('environment')
    expect(found('linux', { firewallType: 3, host: 'p.example' })).toMatchObject({ type: 'socks5' })
    expect(found('linux', {}, 'in.test')).toBeUndefined()
    expect(found('linux', {}, 'mx.near.test')).toBeUndefined()
    expect(found('linux', {}, 'near.test')).toBe('environment')
    expect(found('linux', {}, '*in.test')).toBeUndefined()
  })
})

describe('the socket', () => {
  test.each<[string, Settings, Partial<SmtpOptions>]>([
    ['TCPKeepAlive', { TCPKeepAlive: true }, { keepAlive: true }],
    ['KeepAliveTime', { TCPKeepAlive: true, KeepAliveTime: 5000 }, { keepAlive: true, keepAliveDelayMs: 5000 }],
    ['TcpNoDelay', { TcpNoDelay: true }, { noDelay: true }],
    ['Linger', { Linger: false, LingerTime: 3 }, { linger: false }],
    ['LingerTime', { LingerTime: 3 }, { linger: true, lingerMs: 3000 }],
    ['MaxTransferRate', { MaxTransferRate: 50_000 }, { maxOctetsPerSecond: 50_000 }],
    ['InBufferSize', { InBufferSize: 65_536 }, { readBufferOctets: 65_536 }],
    ['OutBufferSize', { OutBufferSize: 1 }, { writeBufferOctets: 1 }],
    ['LocalPort', { LocalPort: 1023 }, { localPort: 1023 }],
  ])('[part of ipworks.config.%s]', async (_, settings, expected) => {
    const { options } = await made({}, settings)
    const { options: untouched } = await made()
    const differs = Object.entries(options).filter(([name, value]) => {
      return typeof value !== 'object' && typeof value !== 'function' && untouched[name as keyof SmtpOptions] !== value
    })
    expect(options).toMatchObject(expected)
    expect(differs.map(([name]) => name).every((name) => name in expected)).toBe(true)
  })

  test('a time for probes that are not sent is none', async () => {
    expect((await made({}, { KeepAliveTime: 5000 })).options).not.toHaveProperty('keepAliveDelayMs')
    expect((await made({}, { Linger: false, LingerTime: 3 })).options).not.toHaveProperty('lingerMs')
  })

  test.each<[number, number | undefined, number, number]>([
    [60, undefined, 60_000, 60_000],
    [0, undefined, 2 ** 31 - 1, 2 ** 31 - 1],
    [60, 1, 1000, 60_000],
    [10, 0, 2 ** 31 - 1, 10_000],
    [2_147_483, undefined, 2_147_483_000, 2_147_483_000],
  ])(
    '[part of ipworks.prop.Timeout] [part of ipworks.config.ConnectionTimeout] Timeout %j, ConnectionTimeout %j',
    async (Timeout, ConnectionTimeout, connectMs, silentMs) => {
      const { options } = await made({ Timeout }, { ConnectionTimeout })
      // QUIT is never waited for without a limit
      expect(options.timeouts).toEqual({ connectMs, silentMs, quitMs: Timeout === 0 ? 60_000 : silentMs })
    },
  )

  test('[part of ipworks.config.UseIPv6] the family, which an IPv6 address says by itself', async () => {
    const family = async (properties: Properties, settings: Settings = {}) =>
      (await made(properties, settings)).options.family
    expect([
      await family({}, { UseIPv6: 0 }),
      await family({}, { UseIPv6: 1 }),
      await family({}, { UseIPv6: 2 }),
    ]).toEqual([4, 6, 0])
    expect(await family({ MailServer: '[2001:db8::1]' })).toBe(0)
    expect(await family({ LocalHost: '::1' })).toBe(0)
    expect(await family(firewall({ firewallType: 3, host: '::1' }))).toBe(0)
    expect(await family({ MailServer: '::1' }, { UseIPv6: 0 })).toBe(4)
  })

  test('[part of ipworks.prop.LocalHost] an address as it is, a name looked up first', async () => {
    expect((await made({ LocalHost: '127.0.0.2' })).options.localAddress).toBe('127.0.0.2')
    expect((await made({ LocalHost: 'localhost' })).options.localAddress).toBe('127.0.0.1')
    expect((await made()).options).not.toHaveProperty('localAddress')
  })
})

describe('settings that do nothing', () => {
  test.each<[ConfigName, unknown]>([
    ['KeepAliveInterval', 500],
    ['SSLContextProtocol', 'TLSv1.2'],
    ['SSLTrustManagerFactoryAlgorithm', 'SunX509'],
  ])('[part of ipworks.config.%s] are told once', async (name, value) => {
    const { notes } = await made({ SSLStartMode: 1 }, { [name]: value })
    expect(notes).toEqual([expect.stringMatching(new RegExp(`^${name} has no effect`))])
    expect((await made({ SSLStartMode: 1 })).notes).toEqual([])
  })

  test('what was taken back is not told', async () => {
    expect((await made({}, { KeepAliveInterval: '' })).notes).toEqual([])
  })
})

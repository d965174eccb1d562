import { describe, expect, it } from 'vitest'
import { SmtpClient } from '../src/index.js'

/** What is said about an option. */
function said(options: Record<string, unknown>): { code: string; field: string; hint: string } | undefined {
  try {
    void new SmtpClient({ host: 'relay.example', ...options }).close()
    return undefined
  } catch (error) {
    return error as { code: string; field: string; hint: string }
  }
}

describe('options that do not exist', () => {
  it.each<[string, Record<string, unknown>, string, string]>([
    ['a misspelt one', { alowCleartextAuth: true }, 'alowCleartextAuth', 'Did you mean allowCleartextAuth?'],
    ['a misspelt limit', { pool: { maxConnection: 3 } }, 'pool.maxConnection', 'pool.maxConnections?'],
    ['a misspelt check', { tls: { pin: ['x'] } }, 'tls.pin', 'Did you mean tls.pins?'],
    ['a misspelt proxy', { proxy: { type: 'http', host: 'p', pasword: 'x' } }, 'proxy.pasword', 'proxy.password?'],
    ['one of Nodemailer', { secure: true }, 'secure', "security: 'implicit'"],
    ['one of node:tls', { tls: { checkServerIdentity: () => undefined } }, 'tls.checkServerIdentity', 'tls.decide'],
    ['[part of ipworks.config.KeepAliveInterval]', { keepAliveInterval: 1 }, 'keepAliveInterval', 'keepAliveDelayMs'],
    [
      '[part of ipworks.config.SSLContextProtocol]',
      { SSLContextProtocol: 'TLS' },
      'SSLContextProtocol',
      'tls.minVersion',
    ],
    [
      '[part of ipworks.config.SSLTrustManagerFactoryAlgorithm]',
      { SSLTrustManagerFactoryAlgorithm: 'PKIX' },
      'SSLTrustManagerFactoryAlgorithm',
      'tls.extraCa',
    ],
    [
      '[part of ipworks.config.SSLEnableRenegotiation]',
      { SSLEnableRenegotiation: true },
      'SSLEnableRenegotiation',
      'never renegotiates',
    ],
    ['[part of ipworks.prop.SSLProvider]', { SSLProvider: 1 }, 'SSLProvider', 'OpenSSL'],
    ['[part of ipworks.config.SSLClientCACerts]', { SSLClientCACerts: '' }, 'SSLClientCACerts', 'tls.ca'],
    [
      '[part of ipworks.config.FirewallListener]',
      { proxy: { firewallListener: true } },
      'proxy.firewallListener',
      'never listens',
    ],
    [
      '[part of javamail.mail.smtp.usesocketchannels]',
      { usesocketchannels: true },
      'usesocketchannels',
      'leave it out',
    ],
    ['[part of javamail.mail.smtp.auth.ntlm.lmcompat]', { lmcompat: 3 }, 'lmcompat', 'credentials.ntlm.version'],
    [
      '[part of javamail.mail.smtp.socketFactory.class]',
      { 'socketFactory.class': 'x' },
      'socketFactory.class',
      'connector',
    ],
    ['[part of javamail.mail.smtp.ssl.socketFactory]', { 'ssl.socketFactory': {} }, 'ssl.socketFactory', 'implicit'],
    [
      '[part of javamail.mail.smtp.ssl.socketFactory.class]',
      { 'ssl.socketFactory.class': 'x' },
      'ssl.socketFactory.class',
      'implicit',
    ],
    [
      '[part of javamail.mail.smtp.ssl.hostnameverifier.class]',
      { 'ssl.hostnameverifier.class': 'x' },
      'ssl.hostnameverifier.class',
      'tls.decide',
    ],
  ])('%s is refused, with what takes its place', (_title, options, field, hint) => {
    expect(said(options)).toMatchObject({
      code: 'settings.unknown',
      field,
      hint: expect.stringContaining(hint) as string,
    })
  })

  it('says nothing about those there are, and about those that are undefined', () => {
    expect(
      said({ port: 25, tls: { ca: '' }, pool: { probeStrict: true }, timeouts: { writeMs: 1 }, nothing: undefined }),
    ).toBeUndefined()
    expect(said({ proxy: 'socks5://proxy.example', constructor: undefined })).toBeUndefined()
  })

  it('never shows a value', () => {
    expect(JSON.stringify(said({ pasword: 'Hunter-Two-22' }))).not.toContain('Hunter')
  })
})

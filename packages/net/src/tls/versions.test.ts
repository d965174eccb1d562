import { describe, expect, test } from 'vitest'
import { settledVersions, tlsVersionRange } from './versions.js'

describe('a list of versions', () => {
  test('[part of ipworks.config.SSLEnabledProtocols] [part of javamail.mail.smtp.ssl.protocols] is a range', () => {
    expect(tlsVersionRange(['TLSv1.2'])).toEqual({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })
    expect(tlsVersionRange(['TLSv1.3', 'TLSv1.2'])).toEqual({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' })
    expect(tlsVersionRange(['TLSv1', 'TLSv1.1', 'TLSv1.2'])).toEqual({ minVersion: 'TLSv1', maxVersion: 'TLSv1.2' })
  })

  test.each(['TLSv1.0', 'tls1', 'TLS 1.0', 'TLSv1_0'])('%s is TLSv1', (name) => {
    expect(tlsVersionRange([name])).toEqual({ minVersion: 'TLSv1', maxVersion: 'TLSv1' })
  })

  test.each<[readonly string[], RegExp]>([
    [['TLSv1.1', 'TLSv1.3'], /leaves out TLSv1\.2 between TLSv1\.1 and TLSv1\.3/],
    [['TLSv1', 'TLSv1.3'], /leaves out TLSv1\.1 between/],
    [['SSLv3', 'TLSv1.2'], /SSLv3 cannot be spoken/],
    [['SSLv2Hello'], /SSLv2Hello cannot be spoken/],
    [['TLSv1.4'], /'TLSv1\.4' is not a version/],
    [['DTLSv1.2'], /cannot be spoken/],
    [[], /names no version/],
  ])('[part of ipworks.config.SSLEnabledProtocols] %j is refused', (names, message) => {
    expect(() => tlsVersionRange(names, 'ssl.protocols')).toThrow(
      expect.objectContaining({
        code: 'settings.tls',
        field: 'ssl.protocols',
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(/\.$/) as string,
      }),
    )
  })
})

describe('lowest and highest', () => {
  test('are TLS 1.2 and 1.3 when nothing is said', () => {
    expect(settledVersions(undefined, undefined)).toEqual({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' })
  })

  test('old ones are only had by name, also the lowest', () => {
    expect(settledVersions('TLSv1', 'TLSv1.1')).toEqual({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })
    expect(() => settledVersions(undefined, 'TLSv1.1')).toThrow(/allows nothing above TLSv1\.1, and .* by default/)
    expect(() => settledVersions('TLSv1.3', 'TLSv1.2')).toThrow(/nothing below TLSv1\.3/)
    expect(() => settledVersions('SSLv3', undefined)).toThrow(/tls\.minVersion: SSLv3 cannot be spoken/)
  })
})

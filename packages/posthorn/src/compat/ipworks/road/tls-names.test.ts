import { describe, expect, test } from 'vitest'
import { CONFIG } from '../table/config-settings.js'
import { ComponentValues } from '../values.js'
import {
  checkCipherSuites,
  checkGroups,
  checkProtocols,
  checkSignatureAlgorithms,
  namesIn,
  protocolRange,
} from './tls-names.js'

const refused = expect.objectContaining({ code: 10022 }) as Error

describe('[part of ipworks.config.SSLEnabledProtocols] the mask', () => {
  test.each([
    [4032, 'TLSv1', 'TLSv1.2'],
    [3072, 'TLSv1.2', 'TLSv1.2'],
    [12_288, 'TLSv1.3', 'TLSv1.3'],
    [15_360, 'TLSv1.2', 'TLSv1.3'],
    [16_320, 'TLSv1', 'TLSv1.3'],
    [768, 'TLSv1.1', 'TLSv1.1'],
    [2048, 'TLSv1.2', 'TLSv1.2'], // the client's half
  ])('%d is %s to %s', (mask, minVersion, maxVersion) => {
    checkProtocols(mask, 'SSLEnabledProtocols')
    expect(protocolRange(mask)).toEqual({ minVersion, maxVersion })
  })

  test.each([48, 12, 60, 3072 | 48, 4095])('%d has SSL 2 or 3 in it, and is refused naming TLS 1.2', (mask) => {
    expect(() => checkProtocols(mask, 'SSLEnabledProtocols')).toThrow(refused)
    expect(() => checkProtocols(mask, 'SSLEnabledProtocols')).toThrow(/TLS 1\.2/)
  })

  test.each([768 | 12_288, 192 | 3072, 192 | 12_288])('%d has a gap, and is refused', (mask) => {
    expect(() => checkProtocols(mask, 'SSLEnabledProtocols')).toThrow(refused)
  })

  test.each([1, 16_384, 3072 | 65_536])('%d has bits that stand for nothing, and is refused', (mask) => {
    expect(() => checkProtocols(mask, 'SSLEnabledProtocols')).toThrow(refused)
  })

  test('0 is for connect() to judge', () => {
    expect(() => checkProtocols(0, 'SSLEnabledProtocols')).not.toThrow()
  })

  test('what is refused is not kept', () => {
    const values = new ComponentValues(() => false)
    values.setConfig('SSLEnabledProtocols', 3072)
    expect(() => values.setConfig('SSLEnabledProtocols', 48)).toThrow(refused)
    expect(values.config('SSLEnabledProtocols')).toBe(3072)
  })
})

describe('lists of names', () => {
  test('whatever the document has is taken', () => {
    checkCipherSuites('*', 'x')
    checkCipherSuites('', 'x')
    checkCipherSuites('TLS_DH_ANON_WITH_AES_128_CBC_SHA; TLS_DH_ANON_WITH_AES_256_CBC_SHA', 'x')
    checkCipherSuites('SSL_RSA_WITH_RC4_128_SHA', 'x') // whether it is spoken is told when connecting
    for (const name of ['TLS12SignatureAlgorithms', 'TLS13SignatureAlgorithms'] as const)
      checkSignatureAlgorithms(CONFIG[name].row.initial(), name)
    for (const name of ['TLS12SupportedGroups', 'TLS13SupportedGroups', 'TLS13KeyShareGroups'] as const)
      checkGroups(CONFIG[name].row.initial(), name)
  })

  test.each([checkCipherSuites, checkGroups, checkSignatureAlgorithms])(
    'what cannot be a name is refused: %o',
    (check) => {
      for (const text of ['a"b', 'a\0', 'a/b', 'größe', '{}']) expect(() => check(text, 'Some')).toThrow(refused)
    },
  )

  test('names between semicolons, commas, colons and blanks', () => {
    expect(namesIn(' a;b, c:d\r\n ;;')).toEqual(['a', 'b', 'c', 'd'])
    expect(namesIn('  ')).toEqual([])
  })
})

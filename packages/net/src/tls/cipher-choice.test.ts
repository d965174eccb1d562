import { createSecureContext } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { chooseCiphers, type CipherWish } from './cipher-choice.js'
import { cipherStrengthBits } from './cipher-strength.js'
import { cipherSuite, CIPHER_SUITES, isSpoken } from './cipher-suites.js'
import { ipworksSuites } from '../../test/ipworks-suites.js'

const wish = (ciphers: CipherWish['ciphers'], more: Partial<CipherWish> = {}): CipherWish => ({
  ciphers,
  minStrengthBits: undefined,
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ...more,
})

/** The OpenSSL names that are offered for TLS 1.2 and before, without what takes away. */
const offered = (ciphers: string | undefined) => ciphers?.split(':').filter((each) => !/^[!@]/.test(each)) ?? []

describe('names of suites', () => {
  test.each([
    ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
    ['tls_ecdhe_rsa_with_aes_128_gcm_sha256', 'ECDHE-RSA-AES128-GCM-SHA256'],
    ['SSL_RSA_WITH_AES_128_CBC_SHA', 'AES128-SHA'],
    ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
    ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'],
  ])('[part of javamail.mail.smtp.ssl.ciphersuites] %s is %s', (name, openssl) => {
    expect(cipherSuite(name)?.opensslName).toBe(openssl)
    expect(chooseCiphers(wish(name)).ciphers?.split(':').at(-1)).toBe(openssl)
  })

  test('[part of ipworks.config.SSLEnabledCipherSuites] each of the 117 names and the three of TLS 1.3 is known, and what is not spoken is said', () => {
    expect(ipworksSuites).toHaveLength(120)
    for (const name of ipworksSuites) expect(cipherSuite(name), name).toBeDefined()
    const { ciphers, notes } = chooseCiphers(wish(ipworksSuites.join('; '), { minVersion: 'TLSv1' }))
    const spoken = new Set(offered(ciphers))
    expect(spoken.size).toBeGreaterThan(30)
    for (const name of ipworksSuites) {
      const openssl = cipherSuite(name)?.opensslName
      const said = notes.some((note) => note.includes(`${name} `))
      expect(said !== (openssl !== undefined && spoken.has(openssl)), name).toBe(true)
    }
    expect(notes).toContain(
      `tls.ciphers: SSL_RSA_WITH_RC4_128_SHA is not supported by this Node (OpenSSL ${process.versions.openssl})`,
    )
    expect(() => createSecureContext({ ciphers: ciphers ?? '' })).not.toThrow()
  })

  test('every suite of the table that is spoken is one that OpenSSL takes by itself', () => {
    const spoken = CIPHER_SUITES.filter(({ opensslName }) => opensslName !== undefined && isSpoken(opensslName))
    expect(spoken.length).toBeGreaterThan(60)
    expect(isSpoken('RC4-SHA')).toBe(false)
  })

  test.each([
    ['TLS_AES_256_GCM_SHA384', 256],
    ['ECDHE-RSA-AES128-SHA', 128],
    ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 256],
    ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 112],
    ['ECDHE-RSA-DES-CBC3-SHA', 112],
    ['TLS_RSA_WITH_RC4_128_MD5', 128],
    ['TLS_RSA_WITH_DES_CBC_SHA', 56],
    ['TLS_RSA_EXPORT_WITH_RC4_40_MD5', 40],
    ['TLS_RSA_WITH_NULL_SHA256', 0],
    ['TLS_RSA_WITH_ARIA_256_GCM_SHA384', 256],
    ['CAMELLIA128-SHA', 128],
    ['something new', 0],
  ])('%s has %i bits', (name, bits) => {
    expect(cipherStrengthBits(name)).toBe(bits)
  })
})

describe('lists', () => {
  const RSA = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'

  test.each([undefined, '', '*', ['*'], ' * ; RC4'])(
    '[part of ipworks.example.ciphers] %j is everything',
    (ciphers) => {
      expect(chooseCiphers(wish(ciphers))).toEqual({ ciphers: undefined, maxVersion: 'TLSv1.3', notes: [] })
    },
  )

  test.each([
    `${RSA};SSL_RSA_WITH_AES_128_CBC_SHA`,
    `${RSA}:SSL_RSA_WITH_AES_128_CBC_SHA`,
    `${RSA}, SSL_RSA_WITH_AES_128_CBC_SHA`,
    `${RSA}\r\n SSL_RSA_WITH_AES_128_CBC_SHA `,
    [RSA, 'SSL_RSA_WITH_AES_128_CBC_SHA'],
  ])('%j has two suites', (ciphers) => {
    expect(chooseCiphers(wish(ciphers)).ciphers).toBe('ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA')
  })

  test('by IANA names are all there is: without a suite of TLS 1.3 that version is not offered', () => {
    expect(chooseCiphers(wish(RSA))).toEqual({
      ciphers: 'ECDHE-RSA-AES128-GCM-SHA256',
      maxVersion: 'TLSv1.2',
      notes: ['tls.ciphers names no suite of TLS 1.3, so TLS 1.2 is the highest version offered'],
    })
    expect(chooseCiphers(wish([RSA, 'TLS_AES_128_GCM_SHA256']))).toEqual({
      ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
      maxVersion: 'TLSv1.3',
      notes: [],
    })
  })

  test('by OpenSSL names are for TLS 1.2 and before: the suites of TLS 1.3 stay', () => {
    const { ciphers, maxVersion } = chooseCiphers(wish('ECDHE-RSA-AES128-GCM-SHA256'))
    expect(maxVersion).toBe('TLSv1.3')
    expect(ciphers).toBe(
      'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    )
    expect(chooseCiphers(wish('TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256')).ciphers).toBe(
      'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    )
  })

  test.each(['HIGH:!aNULL:@STRENGTH', 'SSLv3', 'ECDHE+AESGCM:!RC4:!EXPORT', 'DEFAULT:@SECLEVEL=2', 'ALL:+RSA:-PSK'])(
    'the cipher string %s is left as it is, but for what is never offered',
    (ciphers) => {
      const choice = chooseCiphers(wish(ciphers))
      expect(choice.ciphers?.endsWith(`:${ciphers}:!eNULL:!PSK:!SRP`)).toBe(true)
      expect(choice).toMatchObject({ maxVersion: 'TLSv1.3', notes: [] })
      expect(() => createSecureContext({ ciphers: choice.ciphers ?? '' })).not.toThrow()
    },
  )

  test.each(['eNULL', 'NULL', 'ECDHE+eNULL', 'eNULL+aRSA'])('%s does not encrypt, and is named', (word) => {
    const error = expect.objectContaining({ code: 'settings.tls-ciphers' }) as Error
    expect(() => chooseCiphers(wish(`${word}:@SECLEVEL=0`))).toThrow(error)
    expect(chooseCiphers(wish(`HIGH:${word}`)).notes).toEqual([`tls.ciphers: ${word} does not encrypt`])
  })

  test('what is left out is said', () => {
    const { notes } = chooseCiphers(
      wish([
        'TLS_AES_128_GCM_SHA256',
        'NOT_A_SUITE',
        'TLS_RSA_WITH_NULL_SHA256',
        'TLS_PSK_WITH_AES_128_CBC_SHA',
        'TLS_EMPTY_RENEGOTIATION_INFO_SCSV',
      ]),
    )
    expect(notes).toEqual([
      'tls.ciphers: NOT_A_SUITE is not the name of a suite',
      'tls.ciphers: TLS_RSA_WITH_NULL_SHA256 does not encrypt',
      'tls.ciphers: TLS_PSK_WITH_AES_128_CBC_SHA needs a secret shared beforehand, for which there is no setting',
      'tls.ciphers: TLS_EMPTY_RENEGOTIATION_INFO_SCSV is a signal and no suite; Node sends it by itself',
    ])
  })

  test.each<[string, Partial<CipherWish>, RegExp]>([
    ['SSL_RSA_WITH_RC4_128_SHA', {}, /no cipher suite is left: SSL_RSA_WITH_RC4_128_SHA is not supported by this Node/],
    ['SSL_RSA_WITH_RC4_128_SHA; SSL_RSA_WITH_RC4_128_MD5', {}, /_SHA is not .*; SSL_RSA_WITH_RC4_128_MD5 is not/],
    ['RC4-SHA', {}, /RC4-SHA is not supported/],
    ['!aNULL', {}, /no cipher suite of these/],
    ['TLS_RSA_WITH_AES_128_CBC_SHA', { minStrengthBits: 256 }, /has fewer than 256 bits/],
    ['TLS_RSA_WITH_AES_128_CBC_SHA', { minVersion: 'TLSv1.3' }, /is for TLSv1\.3 to TLSv1\.3/],
    ['TLS_AES_128_GCM_SHA256', { maxVersion: 'TLSv1.2' }, /is for TLSv1\.2 to TLSv1\.2/],
    ['*', { minStrengthBits: 512 }, /no cipher suite has keys of 512 bits/],
  ])(
    '[part of ipworks.error.270] [part of ipworks.example.ciphers] %s with %j leaves nothing',
    (ciphers, more, message) => {
      expect(() => chooseCiphers(wish(ciphers, more))).toThrow(
        expect.objectContaining({
          code: 'settings.tls-ciphers',
          message: expect.stringMatching(message) as string,
          hint: expect.stringMatching(/\.$/) as string,
        }),
      )
    },
  )

  test('[part of ipworks.config.SSLCipherStrength] suites with shorter keys are not offered, in every version', () => {
    const all = chooseCiphers(wish('*', { minStrengthBits: 256 })).ciphers ?? ''
    expect(all).toContain('TLS_AES_256_GCM_SHA384')
    expect(all).not.toContain('TLS_AES_128_GCM_SHA256')
    expect(all).toContain('!ECDHE-RSA-AES128-GCM-SHA256')
    expect(() => createSecureContext({ ciphers: all })).not.toThrow()
    const own = chooseCiphers(wish('HIGH', { minStrengthBits: 256 })).ciphers ?? ''
    expect(own).not.toContain('TLS_AES_128_GCM_SHA256')
    expect(own).toContain(':HIGH:!')
  })

  test('security level 0 is said', () => {
    expect(chooseCiphers(wish('DEFAULT:@SECLEVEL=0')).notes).toEqual([
      'tls.ciphers has @SECLEVEL=0: weak keys and digests are taken',
    ])
  })

  test('a suite without a certificate needs security level 0, and that is said', () => {
    const { ciphers, notes } = chooseCiphers(wish('TLS_ECDH_anon_WITH_AES_128_CBC_SHA'))
    expect(ciphers).toBe('AECDH-AES128-SHA:@SECLEVEL=0')
    expect(notes.join()).toContain('security level 0')
  })
})

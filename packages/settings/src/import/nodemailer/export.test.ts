import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Profile } from '../../profile/profile.js'
import { valuesOf } from '../../values.js'
import { importer } from '../../../test/importer.js'
import { nodemailer } from './nodemailer.js'

const { samples, sample, imported, only } = importer(nodemailer)

const PEM = '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n'
const KEY = '-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n'

describe('the exporter of Nodemailer', () => {
  const again = (profile: Profile): { profile: Profile; lost: readonly string[] } => {
    const { text, lost } = nodemailer.export!({ name: 'x', profile })
    return { profile: only(text), lost: lost.map(({ setting }) => setting) }
  }

  it.each(samples)('writes what is imported again as it was: %s', (name) => {
    for (const { profile } of imported(sample(name)).profiles) {
      const { text, lost } = nodemailer.export!({ name: 'x', profile })
      const gone = new Set(lost.map(({ setting }) => setting))
      const kept = [...valuesOf(profile)].filter(([path]) => !gone.has(path))
      const back = new Map(valuesOf(only(text)))
      for (const [path, value] of kept) expect(back.get(path), path).toEqual(value)
    }
  })

  it('gives the same profile for random options', () => {
    fc.assert(
      fc.property(randomOptions(), (options) => {
        const first = only(JSON.stringify(options))
        const { profile, lost } = again(first)
        expect(lost).toEqual([])
        expect(profile).toEqual(first)
      }),
      { numRuns: 300 },
    )
  })

  it('writes certificate and key as two texts, or neither', () => {
    const clientCertificate = { source: PEM, key: KEY, password: 'Geheim' }
    const { text, lost } = nodemailer.export!({
      name: 'x',
      profile: { relay: { host: 'a' }, tls: { clientCertificate } },
    })
    expect((JSON.parse(text) as { tls: unknown }).tls).toEqual({ cert: PEM, key: KEY, passphrase: 'Geheim' })
    expect(lost).toEqual([])
    expect(only(text).tls).toEqual({ clientCertificate })
    const half = nodemailer.export!({
      name: 'x',
      profile: { relay: { host: 'a' }, tls: { clientCertificate: { ...clientCertificate, key: 'file:a.key' } } },
    })
    expect(JSON.parse(half.text)).not.toHaveProperty('tls')
    expect(half.lost.map(({ setting }) => setting)).toEqual(
      ['source', 'key', 'password'].map((name) => `tls.clientCertificate.${name}`),
    )
  })

  it('loses references, and says so; a lost check is said loudly', () => {
    const { text, lost } = nodemailer.export!({
      name: 'x',
      profile: {
        relay: { host: 'a' },
        security: 'opportunistic',
        credentials: { user: 'u', password: 'env:SECRET' },
        tls: { pins: ['AAAA'] },
        pool: { pipelineDepth: 2 },
      },
    })
    expect(text).not.toContain('SECRET')
    expect(Object.fromEntries(lost.map(({ setting, note }) => [setting, note.startsWith('UNSAFE')]))).toEqual({
      security: false,
      'credentials.password': false,
      'tls.pins': true,
      'pool.pipelineDepth': false,
    })
  })

  it.each([
    { security: 'none', credentials: { user: 'u', password: 'Geheim', mechanism: 'PLAIN' } },
    { security: 'opportunistic', credentials: { user: 'u', password: 'Geheim' } },
    { security: 'opportunistic', credentials: { user: 'u', accessToken: 'Geheim' } },
    {
      security: 'none',
      credentials: { user: 'u', password: 'Geheim', allowCleartextAuth: true, minimumAuthStrength: 'hash' },
    },
  ] as const)('requires TLS for a login that the profile does not allow in the clear: %j', (profile) => {
    const { text, lost } = nodemailer.export!({ name: 'x', profile: { relay: { host: 'a', port: 25 }, ...profile } })
    expect(JSON.parse(text)).toMatchObject({ secure: false, requireTLS: true })
    expect(text).not.toContain('ignoreTLS')
    expect(lost).toContainEqual({ setting: 'security', note: expect.stringContaining('in the clear') as string })
  })

  it('leaves the security alone where the profile allows the login', () => {
    const credentials = { user: 'u', password: 'Geheim', allowCleartextAuth: true }
    const { text, lost } = nodemailer.export!({
      name: 'x',
      profile: { relay: { host: 'a' }, security: 'none', credentials },
    })
    expect(JSON.parse(text)).toMatchObject({ ignoreTLS: true, auth: { user: 'u', pass: 'Geheim' } })
    expect(lost).toEqual([])
  })

  it('requires STARTTLS where the profile says nothing, which is what Posthorn does', () => {
    const { text } = nodemailer.export!({ name: 'x', profile: { relay: { host: 'a' } } })
    expect(JSON.parse(text)).toEqual({ host: 'a', secure: false, requireTLS: true })
  })
})

function randomOptions(): fc.Arbitrary<Record<string, unknown>> {
  const word = fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}[a-z0-9]$/)
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((each) => !/\p{Cc}/u.test(each))
  const ms = fc.integer({ min: 1, max: 1_000_000 })
  const login = fc.record(
    { user: text, pass: text, method: fc.constantFrom('PLAIN', 'LOGIN', 'CRAM-MD5') },
    { requiredKeys: ['user', 'pass'] },
  )
  const refresh = fc.record(
    {
      type: fc.constant('OAuth2'),
      user: text,
      clientId: word,
      clientSecret: text,
      refreshToken: text,
      accessUrl: fc.constantFrom(
        'https://login.microsoftonline.com/common/oauth2/v2.0/token',
        'https://tokens.example.com/token',
      ),
    },
    { requiredKeys: ['type', 'user', 'clientId', 'refreshToken'] },
  )
  return fc.record(
    {
      host: word,
      port: fc.integer({ min: 1, max: 65_535 }),
      secure: fc.boolean(),
      requireTLS: fc.boolean(),
      ignoreTLS: fc.boolean(),
      auth: fc.oneof(login, refresh),
      name: word,
      localAddress: fc.constantFrom('192.0.2.1', '::1'),
      connectionTimeout: ms,
      socketTimeout: ms,
      tls: fc.record(
        {
          rejectUnauthorized: fc.boolean(),
          minVersion: fc.constantFrom('TLSv1.2', 'TLSv1.3'),
          ciphers: word,
          servername: word,
          ca: fc.constant('-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----'),
        },
        { requiredKeys: [] },
      ),
      pool: fc.constant(true),
      maxConnections: fc.integer({ min: 1, max: 100 }),
      maxMessages: fc.integer({ min: 1, max: 1000 }),
      rateLimit: fc.integer({ min: 1, max: 100 }),
      idleTimeout: ms,
      lmtp: fc.constant(true),
      disableFileAccess: fc.constant(true),
      logger: fc.constant(true),
      proxy: fc.constantFrom('http://p.example:3128', 'socks5://a%40b:c%2F@[::1]:1080', 'socks4a://p.example'),
    },
    { requiredKeys: ['host', 'pool'] },
  )
}

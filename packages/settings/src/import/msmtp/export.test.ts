import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkProfile } from '../../check-profile.js'
import type { Profile } from '../../profile/profile.js'
import { SETTINGS } from '../../table.js'
import { valuesOf } from '../../values.js'
import { importer } from '../../../test/importer.js'
import type { Import } from '../import.js'
import { msmtp } from './msmtp.js'

const { samples, sample, imported } = importer(msmtp)
const named = ({ profiles }: Import, name: string): Profile =>
  checkProfile(profiles.find((each) => each.name === name)!.profile)
/** What msmtp does. */
const delivery = { onRefused: { to: 'stop', cc: 'stop', bcc: 'stop' } } as const

describe('the exporter of msmtp', () => {
  const again = (profile: Profile, name = 'a') => {
    const { text, lost } = msmtp.export!({ name, profile })
    return { profile: named(imported(text), name), lost: new Set(lost.map(({ setting }) => setting)), text }
  }

  it.each(samples)('writes what is imported again as it was: %s', (sampleName) => {
    for (const { name, profile } of imported(sample(sampleName)).profiles) {
      const { profile: back, lost } = again(profile, name)
      expect([...lost], name).toEqual(profile.sender?.name === undefined ? [] : ['sender.name'])
      const { name: shown, ...sender } = profile.sender ?? {}
      expect(back, name).toEqual(shown === undefined ? profile : { ...profile, sender })
    }
  })

  it('writes certificate and key in files of their own, or neither', () => {
    const clientCertificate = { source: 'file:/etc/ssl/a.pem', key: 'file:/etc/ssl/a.key' }
    const written = again({ relay: { host: 'h' }, delivery, tls: { clientCertificate } })
    expect(written.profile.tls).toEqual({ clientCertificate })
    expect([...written.lost]).toEqual([])
    const tls = { clientCertificate: { ...clientCertificate, key: 'env:KEY' } }
    const half = again({ relay: { host: 'h' }, delivery, tls })
    expect(half.text).not.toContain('tls_cert_file')
    expect([...half.lost]).toEqual(['tls.clientCertificate.source', 'tls.clientCertificate.key'])
  })

  it('gives the same profile for random accounts', () => {
    fc.assert(
      fc.property(randomAccount(), (commands) => {
        const text = `account a\n${Object.entries(commands)
          .map(([name, argument]) => `${name} "${argument}"`)
          .join('\n')}`
        const first = named(imported(text), 'a')
        const { profile, lost } = again(first)
        expect([...lost]).toEqual([])
        expect(profile).toEqual(first)
      }),
      { numRuns: 300 },
    )
  })

  it('keeps every setting of a random profile that it does not call lost', () => {
    fc.assert(
      fc.property(randomProfile(), (profile) => {
        checkProfile(profile)
        const { profile: back, lost } = again(profile)
        const values = new Map(valuesOf(back))
        for (const [path, value] of valuesOf(profile))
          if (!lost.has(path)) expect(values.get(path) ?? SETTINGS.get(path)?.default, path).toEqual(value)
        expect(again(back).profile).toEqual(back)
      }),
      { numRuns: 300 },
    )
  })

  it('requires STARTTLS where the profile takes it when offered, and says loudly that a check is gone', () => {
    const { text, lost } = msmtp.export!({
      name: 'a',
      profile: {
        relay: { host: 'h' },
        delivery,
        security: 'opportunistic',
        tls: { pins: ['AAAA'], minVersion: 'TLSv1.3' },
      },
    })
    expect(text).toContain('tls on\ntls_starttls on\n')
    expect(lost.map(({ setting, note }) => [setting, note.startsWith('UNSAFE')])).toEqual([
      ['security', false],
      ['tls.pins', true],
      ['tls.minVersion', true],
    ])
  })

  it.each([
    [{ security: 'none', credentials: { user: 'u', password: 'Geheim', mechanism: 'PLAIN' } }],
    [{ security: 'none', credentials: { user: 'u', accessToken: 'Geheim' } }],
    [
      {
        security: 'none',
        credentials: {
          user: 'u',
          password: 'Geheim',
          mechanism: 'LOGIN',
          allowCleartextAuth: true,
          minimumAuthStrength: 'hash',
        },
      },
    ],
  ] as const)('requires TLS for a login that the profile does not allow in the clear: %j', (profile) => {
    const { text, lost } = msmtp.export!({
      name: 'a',
      profile: { relay: { host: 'h', port: 25 }, delivery, ...profile },
    })
    expect(text).toContain('tls on\ntls_starttls on\n')
    expect(lost).toContainEqual({ setting: 'security', note: expect.stringContaining('in the clear') as string })
  })

  it('leaves the security alone where the profile allows the login, or nobody logs in', () => {
    const login = { user: 'u', password: 'Geheim', mechanism: 'PLAIN' }
    for (const credentials of [{ ...login, allowCleartextAuth: true }, { ...login, enabled: false }, undefined]) {
      const profile = { relay: { host: 'h' }, security: 'none' as const, ...(credentials ? { credentials } : {}) }
      expect(msmtp.export!({ name: 'a', profile }).text).toContain('tls off\n')
    }
  })

  it('says that one refused recipient stops a message there', () => {
    const lost = (onRefused?: { to?: 'stop' | 'continue'; cc?: 'stop'; bcc?: 'stop' }) =>
      msmtp.export!({
        name: 'a',
        profile: { relay: { host: 'h' }, ...(onRefused ? { delivery: { onRefused } } : {}) },
      }).lost.map(({ setting }) => setting)
    expect(lost(delivery.onRefused)).toEqual([])
    expect(lost()).toEqual(['delivery.onRefused.to'])
    expect(lost({ to: 'continue', cc: 'stop', bcc: 'stop' })).toEqual(['delivery.onRefused.to'])
    expect(lost({ to: 'stop' })).toEqual(['delivery.onRefused.cc', 'delivery.onRefused.bcc'])
  })

  it('writes no reference to a vault, and no secret that is in memory only', () => {
    const { text, lost } = msmtp.export!({
      name: 'a',
      profile: { relay: { host: 'h' }, delivery, credentials: { user: 'u', password: 'vault:mail' } },
    })
    expect(text).not.toContain('vault')
    expect(lost.map(({ setting }) => setting)).toEqual(['credentials.password'])
  })
})

const word = () => fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}[a-z0-9]$/)
const text = () =>
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((each) => !/\p{Cc}|\p{Zl}|\p{Zp}/u.test(each))
const mailbox = () => word().map((each) => `${each}@example.com`)

function randomAccount() {
  return fc.record(
    {
      host: word(),
      port: fc.integer({ min: 1, max: 65_535 }),
      tls: fc.constantFrom('on', 'off'),
      tls_starttls: fc.constantFrom('on', 'off'),
      tls_certcheck: fc.constantFrom('on', 'off'),
      tls_trust_file: fc.constant('/etc/ca.pem'),
      tls_host_override: word(),
      auth: fc.constantFrom('on', 'plain', 'scram-sha-256', 'cram-md5'),
      user: text(),
      password: text(),
      from: mailbox(),
      domain: word(),
      timeout: fc.integer({ min: 1, max: 10_000 }),
      proxy_host: word(),
      proxy_port: fc.integer({ min: 1, max: 65_535 }),
      source_ip: fc.constantFrom('192.0.2.1', '::1'),
      logfile: fc.constantFrom('/var/log/m.log', '-'),
      syslog: fc.constantFrom('LOG_MAIL', 'LOG_LOCAL3'),
      dsn_notify: fc.constantFrom('never', 'failure,delay'),
      dsn_return: fc.constantFrom('full', 'headers'),
    },
    { requiredKeys: ['host', 'port', 'auth', 'user', 'password'] },
  )
}

function randomProfile(): fc.Arbitrary<Profile> {
  return fc.record(
    {
      relay: fc.record({ host: word(), port: fc.integer({ min: 26, max: 65_535 }) }, { requiredKeys: ['host'] }),
      security: fc.constantFrom('implicit', 'starttls', 'opportunistic', 'none'),
      transport: fc.constantFrom('smtp', 'lmtp'),
      credentials: fc.record(
        {
          user: text(),
          password: fc.oneof(text(), fc.constantFrom('env:NAME', 'file:/a b/c', 'vault:x')),
          mechanism: fc.constantFrom('PLAIN', 'SCRAM-SHA-512'),
          allowCleartextAuth: fc.boolean(),
          minimumAuthStrength: fc.constantFrom('hash', 'cleartext'),
          enabled: fc.boolean(),
        },
        { requiredKeys: ['user', 'password'] },
      ),
      tls: fc.record(
        { ca: fc.constantFrom('file:/ca.pem', 'PEM'), rejectUnauthorized: fc.boolean(), pins: fc.constant(['x']) },
        { requiredKeys: [] },
      ),
      sender: fc.record({ from: mailbox(), returnPath: mailbox(), name: text() }, { requiredKeys: [] }),
      timeouts: fc.record(
        { connectMs: fc.integer({ min: 0, max: 90_000 }), idleMs: fc.integer({ min: 0, max: 90_000 }) },
        { requiredKeys: [] },
      ),
      proxy: fc.record(
        { type: fc.constantFrom('socks5', 'http', 'none'), host: word(), resolve: fc.constantFrom('local', 'remote') },
        { requiredKeys: ['type', 'host'] },
      ),
    },
    { requiredKeys: ['relay'] },
  )
}

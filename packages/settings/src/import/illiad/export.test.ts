import { readFileSync } from 'node:fs'
import { Secret } from '@posthorn/ground/portable'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkProfile, profileProblems } from '../../check-profile.js'
import type { Profile } from '../../profile/profile.js'
import { valueAt, valuesOf } from '../../values.js'
import type { Export, ImportedProfile } from '../import.js'
import { illiad } from './illiad.js'

const SAMPLES = new URL('../../../test/samples/illiad/', import.meta.url)
const sample = (name: string) => readFileSync(new URL(name, SAMPLES), 'utf8')

const BASE = { relay: { host: 'smtp.example.edu' }, sender: { from: 'ill@example.edu' } } satisfies Profile
const exported = (profile: Profile, sites?: Record<string, Profile>) =>
  illiad.export!({ name: 'x', profile, ...(sites ? { sites } : {}) }, { secrets: true })
const again = ({ text, files }: Export): ImportedProfile =>
  illiad.import({ text, name: 'keys.csv', files }).profiles[0]!
const lostOf = ({ lost }: Export) => lost.map(({ setting }) => setting)

describe('an export', () => {
  it.each(['keys.csv', 'keys.txt', 'shared-server.csv'])(
    'of %s gives the same profile again, with every file',
    (name) => {
      for (const config of ['full-smtp.config', 'fqdn-only.config', 'everything.config']) {
        for (const more of [
          {},
          { 'SCI.config': sample('fqdn-only.config') },
          { 'ILL.config': sample('fqdn-only.config') },
        ]) {
          const files = { 'SMTP.config': sample(config), ...more }
          const imported = illiad.import({ text: sample(name), files }).profiles[0]!
          const result = illiad.export!(imported, { secrets: true })
          expect(result.lost).toEqual([])
          expect(again(result)).toEqual(imported)
        }
      }
    },
  )

  it('says the port and how TLS starts where the port does not tell', () => {
    const of = (profile: Profile) => again(exported({ ...BASE, ...profile })).profile
    const relay = (port: number) => ({ host: 'smtp.example.edu', port })
    expect(of({})).toMatchObject({ relay: relay(587), security: 'starttls' })
    expect(of({ security: 'implicit' })).toMatchObject({ relay: relay(465), security: 'implicit' })
    for (const security of ['implicit', 'starttls', 'none'] as const) {
      for (const port of [25, 465, 587, 2525]) {
        expect(of({ relay: relay(port), security })).toMatchObject({ relay: relay(port), security })
      }
    }
    const opportunistic = exported({ ...BASE, security: 'opportunistic' })
    expect(again(opportunistic).profile.security).toBe('starttls')
    expect(lostOf(opportunistic)).toEqual(['security'])
  })

  it('shows a mark in place of every password, also of sites, unless they are asked for [illiad.key.SMTPPassword]', () => {
    for (const name of ['keys.csv', 'keys.txt', 'shared-server.csv']) {
      const files = { 'SMTP.config': sample('everything.config'), 'SCI.config': sample('everything.config') }
      const imported = illiad.import({ text: sample(name), files }).profiles[0]!
      const result = illiad.export!(imported)
      expect(JSON.stringify(result)).not.toContain('Geheim')
      expect(result.text).toMatch(/^SMTPPassword,\[secret\],/m)
      expect(result.files?.['SMTP.config']).toContain('<FirewallPassword>[secret]</FirewallPassword>')
      expect(result.lost).toContainEqual({
        setting: 'credentials.password',
        note: 'passwords are left out; write it in place of [secret]',
      })
      expect(JSON.stringify(illiad.export!(imported, { secrets: true }))).toContain('Geheim')
    }
  })

  it('writes a mark for a password that is kept elsewhere, and the password where it stands in the profile when asked to [part of illiad.key.SMTPPassword]', () => {
    const of = (password: string | Secret) => exported({ ...BASE, credentials: { user: 'u', password } })
    for (const kept of ['env:PW', 'file:/run/pw', 'vault:relay', new Secret('Geheim')]) {
      const result = of(kept)
      expect(result.text).toContain('SMTPPassword,[secret],')
      expect(JSON.stringify(result)).not.toMatch(/Geheim|PW|run|vault:/)
      expect(result.lost).toMatchObject([
        { setting: 'credentials.password', note: expect.stringContaining('[secret]') as string },
      ])
      expect(again(result).profile.credentials).toEqual({ user: 'u', enabled: false })
    }
    expect(again(of('plain:env:Geheim')).profile.credentials).toEqual({ user: 'u', password: 'plain:env:Geheim' })
    expect(lostOf(of('[secret]'))).toEqual(['credentials.password'])
  })

  it('does not write a password that would go in the clear against the profile', () => {
    const clear = { ...BASE, security: 'none', credentials: { user: 'u', password: 'Geheim' } } as const
    const result = exported(clear)
    expect(JSON.stringify(result)).not.toContain('Geheim')
    expect(result.lost).toMatchObject([
      { setting: 'credentials.password', note: expect.stringContaining('in the clear') as string },
    ])
    const allowed = exported({ ...clear, credentials: { ...clear.credentials, allowCleartextAuth: true } })
    expect(allowed.lost).toEqual([])
    expect(again(allowed).profile.credentials).toEqual({ user: 'u', password: 'Geheim', allowCleartextAuth: true })
    const off = exported({ ...clear, security: 'starttls', credentials: { ...clear.credentials, enabled: false } })
    expect(JSON.stringify(off)).not.toContain('Geheim')
    expect(lostOf(off)).toEqual(['credentials.user', 'credentials.password', 'credentials.enabled'])
  })

  it('says loudly what protects no more, and names everything else that is lost', () => {
    const { lost } = exported({
      ...BASE,
      description: 'x',
      tls: { pins: ['a'], ca: 'file:ca.pem', revocation: { crl: 'required', ocsp: 'off' }, rejectUnauthorized: false },
      smime: { encrypt: { certificates: ['file:a.pem'] } },
      dkim: [{ domain: 'a', selector: 'b', privateKey: 'file:key.pem' }],
      pool: { maxConnections: 3 },
    })
    const loud = lost.filter(({ note }) => note.startsWith('LESS SAFE')).map(({ setting }) => setting)
    expect(loud.sort()).toEqual(['dkim', 'smime.encrypt.certificates', 'tls.ca', 'tls.pins', 'tls.revocation.crl'])
    expect(
      lost
        .filter(({ note }) => note === 'ILLiad has no setting for it')
        .map(({ setting }) => setting)
        .sort(),
    ).toEqual(['description', 'pool.maxConnections', 'tls.rejectUnauthorized', 'tls.revocation.ocsp'])
  })

  it('is refused for other transports, without relay or sender, and for codes that are no sites', () => {
    expect(() => exported({ transport: 'graph', sender: { from: 'a@b' } })).toThrow(
      expect.objectContaining({ code: 'import.format' }),
    )
    expect(() => exported({})).toThrow(
      expect.objectContaining({ code: 'import.missing', field: 'relay.host, sender.from' }),
    )
    for (const sites of [{ 'a b': {} }, { SMTP: {} }, { a: {}, A: {} }]) {
      expect(() => exported(BASE, sites)).toThrow(expect.objectContaining({ code: 'import.format', field: 'sites' }))
    }
  })

  it('says what a site lacks or has, and which site lost it', () => {
    const sites = { SCI: { sender: { name: 'Science' }, pool: { maxConnections: 2 } }, MED: {} }
    const result = exported({ ...BASE, identity: { localName: 'a.example' } }, sites)
    expect(result.lost).toEqual([{ setting: 'pool.maxConnections', note: 'site SCI: ILLiad has no setting for it' }])
    expect(Object.keys(result.files ?? {})).toEqual(['SMTP.config'])
    expect(again(result).sites).toEqual({ SCI: { sender: { name: 'Science' } }, MED: {} })
  })

  it.each<[Profile, string[]]>([
    [{ proxy: { type: 'environment' } }, ['proxy.type']],
    [{ proxy: { type: 'https', host: 'p', user: 'u' } }, ['proxy.type', 'proxy.host', 'proxy.user']],
    [{ proxy: { type: 'socks4a', host: 'p' } }, ['proxy.type']],
    [{ proxy: { host: 'p', password: 'x' } }, ['proxy.password']],
    [{ headers: { fieldsOnly: true } }, ['headers.fieldsOnly']],
    [{ headers: { fields: [{ name: 'X', value: ' a' }] } }, ['headers.fields']],
    [
      { timeouts: { connectMs: 5, idleMs: 1500, finalMs: 5, totalMs: 7 } },
      ['timeouts.idleMs', 'timeouts.connectMs', 'timeouts.totalMs', 'timeouts.finalMs'],
    ],
    [{ tls: { acceptedCertificates: 'file:a.pem' } }, ['tls.acceptedCertificates']],
    [
      { tls: { clientCertificate: { source: 'a.jks', type: 'jks', password: 'x' } } },
      ['tls.clientCertificate.source', 'tls.clientCertificate.type', 'tls.clientCertificate.password'],
    ],
    [{ tls: { clientCertificate: { source: 'vault:x' } } }, ['tls.clientCertificate.source']],
    [
      { tls: { clientCertificate: { source: 'file:a.pem', key: 'file:a.key' } } },
      ['tls.clientCertificate.source', 'tls.clientCertificate.key'],
    ],
    [{ sender: { ...BASE.sender, name: ' ' } }, ['sender.name']],
    [{ identity: { localName: ' a' } }, ['identity.localName']],
  ])('of what ILLiad cannot say says so: %j', (profile, lost) => {
    const result = exported({ ...BASE, ...profile })
    expect(lostOf(result)).toEqual(lost)
    checkProfile(again(result).profile)
  })

  it('of any profile keeps all that is not named as lost, and the second one keeps everything', () => {
    fc.assert(
      fc.property(randomProfile(), (profile) => {
        const result = exported(profile)
        const { profile: back } = again(result)
        checkProfile(back)
        const lost = new Set(lostOf(result))
        // the switch of a login goes with the login
        if (lost.has('credentials.user') || lost.has('credentials.password')) lost.add('credentials.enabled')
        for (const [path, value] of valuesOf(profile)) {
          if (!lost.has(path)) expect([path, valueAt(back, path)]).toEqual([path, value])
        }
        const second = exported(back)
        expect(second.lost).toEqual([])
        expect(again(second).profile).toEqual(back)
      }),
      { numRuns: 100 },
    )
  })
})

/** Profiles with what ILLiad can say and some of what it cannot, in texts of every kind. */
function randomProfile(): fc.Arbitrary<Profile> {
  const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
  const text = fc.string({ unit: 'grapheme', minLength: 1 }).map((value) => value.replace(/\p{Cc}/gu, '') || 'x')
  const secret = fc
    .oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constantFrom('+Geheim!', 'vault:x', ' '))
    .map((value) => value || 'x')
  const word = fc.stringMatching(/^[a-z]{1,8}$/)
  const port = fc.constantFrom(25, 465, 587, 2525)
  const seconds = fc.constantFrom(0, 1000, 60_000, 61_500, 900_000)
  return fc
    .record({
      security: some(fc.constantFrom('implicit', 'starttls', 'opportunistic', 'none')),
      identity: some(fc.record({ localName: text })),
      sender: fc.record({
        from: fc.constant('ill@example.edu'),
        name: some(text),
        defaultRecipient: some(fc.constant('a@b')),
      }),
      headers: some(
        fc.record({
          fields: fc.array(fc.record({ name: word, value: text }), { minLength: 1 }),
          fieldsOnly: some(fc.constant(true)),
        }),
      ),
      relay: fc.record({ host: word, port: some(port), extensions: some(fc.boolean()), keepAlive: some(fc.boolean()) }),
      tls: some(
        fc.record({
          acceptedCertificates: some(
            fc.constantFrom('-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n', 'file:x'),
          ),
          pins: some(fc.constant(['x'])),
          clientCertificate: some(
            fc.record({
              source: fc.oneof(text, fc.constantFrom('file:a.pfx', 'file: a.pem', 'MIIBAAAA', 'env:X')),
              type: fc.constantFrom('pfx', 'pem', 'jks', 'windows-user'),
              password: some(secret),
              subject: some(text),
            }),
          ),
        }),
      ),
      credentials: some(
        fc.record({
          user: some(text),
          password: some(secret),
          enabled: some(fc.constant(false)),
          allowCleartextAuth: some(fc.constant(true)),
        }),
      ),
      proxy: some(
        fc.record({
          type: fc.constantFrom('http', 'socks5', 'socks4', 'https'),
          host: word,
          port: some(port),
          user: some(text),
          password: some(secret),
        }),
      ),
      timeouts: some(fc.record({ connectMs: some(seconds), idleMs: seconds, totalMs: some(fc.constantFrom(0, 5)) })),
      pool: some(fc.record({ maxConnections: fc.constant(3) })),
    })
    .map((profile) => JSON.parse(JSON.stringify(profile)) as Profile)
    .filter((profile) => profileProblems(profile).length === 0)
}

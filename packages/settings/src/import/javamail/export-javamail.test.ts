import type { SettingsError } from '@posthorn/ground/portable'
import fc from 'fast-check'
import { readFileSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkProfile, profileProblems } from '../../check-profile.js'
import type { Profile } from '../../profile/profile.js'
import { fromValues, type SettingValue, valueAt, valuesOf } from '../../values.js'
import { javamail } from './javamail.js'

const exported = (profile: Profile) => javamail.export!({ name: 'p', profile })
const back = (text: string) => checkProfile(javamail.import({ text }).profiles[0]!.profile)

const folder = new URL('../../../test/samples/javamail/', import.meta.url)

test.each(readdirSync(folder))('%s: what is exported and imported again is the same', (name) => {
  const { profile } = javamail.import({ text: readFileSync(new URL(name, folder), 'utf8') }).profiles[0]!
  const { text, lost } = exported(profile)
  expect(back(text)).toEqual(profile)
  expect(lost.filter(({ setting }) => !/password$/.test(setting))).toEqual([])
})

const word = fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/)
const line = fc.stringMatching(/^[ -~äé€]{1,20}$/)
const mailbox = fc.tuple(word, word).map(([local, domain]) => `${local}@${domain}`)
const ms = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const flag = fc.boolean()
const refused = fc.constantFrom('stop', 'continue')

/** Settings that JavaMail knows, and some that it does not. */
const SETTINGS: readonly (readonly [path: string, values: fc.Arbitrary<unknown>])[] = [
  ['relay.port', fc.integer({ min: 1, max: 65_535 })],
  ['relay.extensions', flag],
  ['relay.chunking', fc.constantFrom('auto', 'off')],
  ['relay.chunkOctets', fc.integer({ min: 1, max: 1_000_000 })],
  ['relay.quitAfterRefusedGreeting', flag],
  ['security', fc.constantFrom('implicit', 'starttls', 'opportunistic', 'none')],
  ['tls.minVersion', fc.constantFrom('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3')],
  ['tls.maxVersion', fc.constantFrom('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3')],
  ['tls.ciphers', line],
  ['tls.verifyHost', flag],
  ['tls.rejectUnauthorized', flag],
  ['tls.trustHosts', fc.array(line, { maxLength: 3 })],
  ['tls.pins', fc.array(word, { maxLength: 2 })],
  ['credentials.enabled', flag],
  ['credentials.required', flag],
  ['credentials.user', line],
  ['credentials.password', line],
  ['credentials.accessToken', line],
  ['credentials.mechanism', fc.constantFrom('PLAIN', 'XOAUTH2', 'EXTERNAL')],
  ['credentials.mechanisms', fc.array(fc.constantFrom('PLAIN', 'XOAUTH2', 'NTLM', 'SCRAM-SHA-256'), { maxLength: 3 })],
  ['credentials.mechanismFallback', flag],
  ['credentials.allowCleartextAuth', flag],
  ['credentials.realm', line],
  ['credentials.canonicalHost', flag],
  ['credentials.authorizationId', line],
  ['credentials.ntlm.version', fc.constantFrom(1, 2)],
  ['credentials.ntlm.flags', fc.integer({ min: 0, max: 2 ** 32 - 1 })],
  ['timeouts.connectMs', ms],
  ['timeouts.idleMs', ms],
  ['timeouts.writeMs', ms],
  ['timeouts.quitMs', fc.constantFrom(0, 5000)],
  ['timeouts.finalMs', ms],
  ['identity.localName', line],
  ['identity.localAddress', fc.oneof(fc.ipV4(), fc.ipV6())],
  ['identity.localPort', fc.integer({ min: 1, max: 65_535 })],
  ['pool.maxConnections', fc.integer({ min: 1, max: 5 })],
  ['pool.probeCommand', fc.constantFrom('NOOP', 'RSET')],
  ['pool.probeStrict', flag],
  ['proxy.type', fc.constantFrom('none', 'http', 'https', 'socks5', 'environment')],
  ['proxy.host', word],
  ['proxy.port', fc.integer({ min: 1, max: 65_535 })],
  ['proxy.user', line],
  ['proxy.password', line],
  ['delivery.onRefused.to', refused],
  ['delivery.onRefused.cc', refused],
  ['delivery.onRefused.bcc', refused],
  ['delivery.transferEncoding', fc.constantFrom('7bit', '8bit', 'binary')],
  ['delivery.dsn.notify', fc.constantFrom(['never'], ['success', 'delay'], ['failure'])],
  ['delivery.dsn.ret', fc.constantFrom('full', 'headers')],
  ['delivery.smtpUtf8', fc.constantFrom('auto', 'when-offered', 'required')],
  ['delivery.submitter', mailbox],
  ['delivery.mailParameters', fc.array(line, { minLength: 1, maxLength: 2 })],
  ['sender.from', mailbox],
  ['sender.name', line],
  ['sender.returnPath', mailbox],
  ['headers.charset', line],
  ['logging.level', fc.constantFrom('debug', 'info')],
  ['logging.destinations', fc.constantFrom(['stderr'], [])],
  ['logging.showUser', flag],
]

const profiles = fc
  .tuple(word, fc.subarray([...SETTINGS.keys()], { maxLength: 25 }))
  .chain(([host, chosen]) =>
    fc
      .tuple(...chosen.map((index) => SETTINGS[index]![1]))
      .map((values) =>
        fromValues([
          ['relay.host', host],
          ...values.map((value, at): SettingValue => [SETTINGS[chosen[at]!]![0], value]),
        ]),
      ),
  )
  .filter((profile) => profileProblems(profile).length === 0)

test('every setting comes back as it was or is named as lost, and the second time nothing changes', () => {
  fc.assert(
    fc.property(profiles, (profile) => {
      const { text, lost } = exported(profile)
      const again = back(text)
      const named = new Set(lost.map(({ setting }) => setting))
      for (const [path, value] of valuesOf(profile)) {
        if (!named.has(path)) expect(plain(valueAt(again, path)), path).toEqual(plain(value))
      }
      expect(JSON.stringify(lost)).not.toContain('undefined')
      const second = exported(again)
      expect(back(second.text)).toEqual(again)
    }),
    { numRuns: 150 },
  )
})

const plain = (value: unknown) => (typeof value === 'string' ? value.replace(/^plain:/, '') : value)

test('what Posthorn does by itself and JavaMail does not is written', () => {
  const { text } = exported({ relay: { host: 'a.example' } })
  expect(text.split('\n')).toEqual(
    expect.arrayContaining([
      ...['mail.smtp.port=587', 'mail.smtp.starttls.required=true', 'mail.smtp.sendpartial=true'],
      'mail.smtp.quitonsessionreject=true',
    ]),
  )
})

test('a login never goes in the clear by the export: STARTTLS is required in its place', () => {
  const { text, lost } = exported({
    relay: { host: 'a.example' },
    security: 'opportunistic',
    credentials: { user: 'u', password: 'Geheim' },
  })
  expect(text).toContain('mail.smtp.starttls.required=true')
  expect(lost).toEqual([{ setting: 'security', note: expect.stringContaining('in the clear') as string }])
})

test('checks that JavaMail does not have are named as unsafe losses', () => {
  const { lost } = exported({
    relay: { host: 'a.example' },
    tls: { pins: ['sha256/x'], ca: 'file:ca.pem', revocation: { crl: 'required' } },
    delivery: { requireTls: true },
  })
  expect(lost).toHaveLength(4)
  for (const { note } of lost) expect(note).toMatch(/^UNSAFE/)
})

test('a reference to a secret is not resolved: a variable is named, the rest is left to be given', () => {
  const of = (password: string) => exported({ relay: { host: 'a.example' }, credentials: { user: 'u', password } })
  expect(of('env:MAIL_PASSWORD').text).toContain('mail.smtp.password=${MAIL_PASSWORD}')
  expect(of('env:MAIL_PASSWORD').lost).toMatchObject([{ setting: 'credentials.password' }])
  expect(of('vault:mail').text).not.toContain('password')
  expect(of('vault:mail').lost).toMatchObject([{ setting: 'credentials.password' }])
  expect(of('plain:env:x').text).toContain('mail.smtp.password=env:x')
  expect(of('${Geheim}').lost).toMatchObject([{ setting: 'credentials.password' }])
})

test('the name of a profile writes no property', () => {
  for (const end of ['\n', '\r', '\u0085', '\u2028']) {
    const name = `x${end}mail.smtp.ssl.trust=*`
    const { text } = javamail.export!({ name, profile: { relay: { host: 'a.example' } } })
    expect(text.split('\n')[0]).toBe('# The profile x mail.smtp.ssl.trust=*')
    expect(back(text).tls).toBeUndefined()
  }
})

test('one mechanism is written, and it is said how it comes back', () => {
  const credentials = { user: 'u', password: 'Geheim', mechanism: 'PLAIN' as const }
  const { text, lost } = exported({ relay: { host: 'a.example' }, credentials })
  expect(text).toContain('mail.smtp.auth.mechanisms=PLAIN')
  expect(back(text).credentials?.mechanisms).toEqual(['PLAIN'])
  expect(lost).toEqual([
    { setting: 'credentials.mechanism', note: expect.stringMatching(/^said by auth\.mechanisms/) as string },
  ])
})

test('a password that is switched off does not come alive by the export', () => {
  const { text, lost } = exported({
    relay: { host: 'a.example' },
    credentials: { enabled: false, user: 'u', password: 'Geheim' },
  })
  expect(text).not.toContain('Geheim')
  expect(lost).toMatchObject([{ setting: 'credentials.password' }])
  expect(back(text).credentials).toMatchObject({ user: 'u', enabled: false })
})

test('only a relay by SMTP can be said', () => {
  for (const profile of [{ transport: 'direct' as const }, { transport: 'lmtp' as const, relay: { host: 'a' } }]) {
    expect(() => exported(profile)).toThrow(expect.objectContaining({ code: 'export.transport' }) as SettingsError)
  }
})

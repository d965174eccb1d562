import { describe, expect, it } from 'vitest'
import { checkProfile } from '../../check-profile.js'
import type { Profile } from '../../profile/profile.js'
import { importer } from '../../../test/importer.js'
import type { Import } from '../import.js'
import { expanded } from './main-cf.js'
import { nextHop } from './next-hop.js'
import { postfix } from './postfix.js'

const { sample, imported, only, itKnowsItsSamples } = importer(postfix)
const profileOf = ({ profiles }: Import): Profile => checkProfile(profiles[0]!.profile)
const line = ({ report }: Import, entry: string, verdict?: string) =>
  report.find((each) => each.entry === entry && (verdict === undefined || each.verdict === verdict))

describe('Postfix', () => {
  it('takes the relay, its protection and its login over', () => {
    const read = imported(sample('relay.main.cf'))
    expect(profileOf(read)).toEqual({
      relay: { host: 'smtp.example.com', port: 587 },
      security: 'starttls',
      tls: { minVersion: 'TLSv1.2', ca: 'file:/etc/ssl/certs/ca-certificates.crt', resumeSessions: true },
      credentials: {
        user: 'app@example.com',
        password: 'Geheim:with:colons',
        mechanisms: ['PLAIN', 'LOGIN'],
      },
      identity: { localName: 'app.example.com', family: 4 },
      timeouts: { connectMs: 60_000, idleMs: 120_000 },
      pool: { maxConnections: 5 },
      limits: { rate: { perMs: 2000, messages: 1 }, messageOctets: 52_428_800 },
    })
  })

  it('has a line for every parameter, the last one of a name counts', () => {
    const read = imported(sample('relay.main.cf'))
    expect(line(read, 'smtp_tls_security_level', 'ignored')).toMatchObject({
      line: 11,
      note: 'a later line says otherwise',
    })
    expect(line(read, 'smtp_tls_security_level', 'taken')).toMatchObject({ line: 25 })
    for (const entry of ['biff', 'smtpd_relay_restrictions', 'alias_maps', 'mynetworks', 'compatibility_level'])
      expect(line(read, entry), entry).toMatchObject({ verdict: 'ignored', note: 'it is not about the way out' })
    for (const entry of ['smtp_generic_maps', 'smtp_tls_CApath']) expect(line(read, entry)?.verdict, entry).toBe('lost')
    const names = sample('relay.main.cf').match(/^[a-z]\w*(?=\s*=)/gim)!
    for (const name of names) expect(line(read, name), name).toBeDefined()
  })

  it('looks the login up in the file of passwords, by the relay as it is written', () => {
    const files = { sasl_passwd: '# relay\n[other.example.com]:465 x:y\n[smtp.example.com]:465\tapp:Geheim:2\n' }
    const profile = only(sample('wrapper.main.cf'), files)
    expect(profile.credentials).toEqual({ user: 'app', password: 'Geheim:2' })
    expect(profile.security).toBe('implicit')
    expect(profile.tls).toEqual({
      rejectUnauthorized: false,
      clientCertificate: { source: 'file:/etc/postfix/client.pem' },
    })
    expect(profile.identity?.localName).toBe('mail.example.com')
    expect(only(sample('wrapper.main.cf')).credentials).toEqual({ user: 'fallback', password: 'GeheimStatic' })
    const { '/etc/postfix/sasl_passwd': byPath } = { '/etc/postfix/sasl_passwd': 'smtp.example.com u:p' }
    expect(only(sample('wrapper.main.cf'), { '/etc/postfix/sasl_passwd': byPath }).credentials?.user).toBe('u')
  })

  it.each([
    ['', 'none', undefined, true],
    ['smtp_tls_security_level = none', 'none', undefined, true],
    ['smtp_tls_security_level = may', 'opportunistic', false, true],
    ['smtp_tls_security_level = encrypt', 'starttls', false, true],
    ['smtp_tls_security_level = verify', 'starttls', undefined, false],
    ['smtp_tls_security_level = secure', 'starttls', undefined, false],
    ['smtp_tls_security_level = fingerprint', 'starttls', undefined, false],
    ['smtp_tls_security_level = dane', 'opportunistic', false, true],
    ['smtp_tls_security_level = dane-only', 'starttls', undefined, false],
    ['smtp_use_tls = yes', 'opportunistic', false, true],
    ['smtp_enforce_tls = yes', 'starttls', undefined, false],
    ['smtp_enforce_tls = yes\nsmtp_tls_enforce_peername = no', 'starttls', false, true],
    ['smtp_use_tls = yes\nsmtp_tls_security_level = none', 'none', undefined, true],
  ])('reads %j as %s, and says when it is unsafe', (text, security, rejectUnauthorized, unsafe) => {
    const read = imported(`relayhost = [a]\n${text}\n`)
    const profile = profileOf(read)
    expect(profile.security).toBe(security)
    expect(profile.tls?.rejectUnauthorized).toBe(rejectUnauthorized)
    expect(read.report.some((each) => each.unsafe === true)).toBe(unsafe)
  })

  it.each([
    ['>=TLSv1.2', 'TLSv1.2', undefined],
    ['>=TLSv1.1, <=TLSv1.2', 'TLSv1.1', 'TLSv1.2'],
    ['!SSLv2, !SSLv3', 'TLSv1', undefined],
    ['!SSLv2 !SSLv3 !TLSv1 !TLSv1.1 !TLSv1.2', 'TLSv1.3', undefined],
    ['TLSv1.2', 'TLSv1.2', 'TLSv1.2'],
  ])('reads the versions %s', (list, minVersion, maxVersion) => {
    const { tls } = only(`relayhost=[a]\nsmtp_tls_security_level=secure\nsmtp_tls_mandatory_protocols=${list}`)
    expect(tls).toEqual({ minVersion, ...(maxVersion === undefined ? {} : { maxVersion }) })
  })

  it.each([
    ['smtp_tls_cert_file = /c.pem\nsmtp_tls_key_file = /k.pem', { source: 'file:/c.pem', key: 'file:/k.pem' }],
    ['smtp_tls_cert_file = /c.pem', { source: 'file:/c.pem' }],
    ['smtp_tls_key_file = /k.pem', undefined],
    ['smtp_tls_eccert_file = /c.pem\nsmtp_tls_eckey_file = /k.pem', { source: 'file:/c.pem', key: 'file:/k.pem' }],
    [
      'smtp_tls_cert_file = /c.pem\nsmtp_tls_key_file = /k.pem\nsmtp_tls_eccert_file = /e.pem\nsmtp_tls_eckey_file = /e.key',
      { source: 'file:/c.pem', key: 'file:/k.pem' },
    ],
    ['smtp_tls_chain_files = /both.pem\nsmtp_tls_cert_file = /c.pem', { source: 'file:/both.pem' }],
    ['smtp_tls_chain_files = /k.pem, /c.pem', { source: 'file:/c.pem', key: 'file:/k.pem' }],
    ['smtp_tls_chain_files =', undefined],
  ])('takes certificate and key over: %j', (text, expected) => {
    const read = imported(`relayhost = [a]\nsmtp_tls_security_level = secure\n${text}\n`)
    expect(profileOf(read).tls?.clientCertificate).toEqual(expected)
    expect(read.report.filter(({ verdict }) => verdict === 'lost')).toEqual([])
    for (const [name] of text.matchAll(/^smtp_tls_\w+/gm)) expect(line(read, name), name).toBeDefined()
  })

  it('shows one certificate of a longer list, and says so', () => {
    const read = imported('relayhost = [a]\nsmtp_tls_chain_files = /r.key /r.pem /e.key /e.pem\n')
    expect(profileOf(read).tls?.clientCertificate).toEqual({ source: 'file:/r.pem', key: 'file:/r.key' })
    expect(line(read, 'smtp_tls_chain_files')?.verdict).toBe('changed')
  })

  it('sends directly without a relay, with DANE as it was', () => {
    const read = imported(sample('direct.main.cf'))
    expect(profileOf(read)).toEqual({
      transport: 'direct',
      security: 'opportunistic',
      direct: { dane: 'auto', mtaSts: 'off' },
      identity: { localName: 'mx.example.com' },
    })
    expect(only('myhostname = a.example\nmynetworks = x').transport).toBe('direct')
  })

  it('keeps what Postfix does by default: no mechanism that sends the password itself', () => {
    const read = imported(
      'relayhost=[a]\nsmtp_sasl_auth_enable=yes\nsmtp_sasl_password_maps=static:u:Geheim\nsmtp_tls_security_level=secure',
    )
    expect(profileOf(read).credentials).toMatchObject({ minimumAuthStrength: 'hash' })
    expect(line(read, 'floor of the mechanisms')?.verdict).toBe('defaulted')
  })

  it('lets a password go in the clear where Postfix does, and says so', () => {
    const read = imported(
      'relayhost=[a]\nsmtp_sasl_auth_enable=yes\nsmtp_sasl_password_maps=static:u:Geheim\nsmtp_sasl_security_options=noanonymous',
    )
    expect(profileOf(read).credentials).toEqual({ user: 'u', password: 'Geheim', allowCleartextAuth: true })
    expect(line(read, 'login without TLS')?.unsafe).toBe(true)
  })

  it('says what is lost with a map that cannot be read, a domain as relay, and the older parameters', () => {
    const read = imported(sample('old.main.cf'))
    expect(profileOf(read)).toMatchObject({
      relay: { host: 'mailhub.example.com', port: 25 },
      security: 'opportunistic',
    })
    expect(line(read, 'relayhost')?.verdict).toBe('changed')
    expect(line(read, 'smtp_sasl_password_maps')?.verdict).toBe('lost')
    expect(
      line(
        imported('relayhost=[a]\nsmtp_sasl_password_maps=hash:/x\nsmtp_sasl_auth_enable=yes'),
        'smtp_sasl_password_maps',
      )?.note,
    ).toContain('its file is not here')
  })

  it('keeps a login that is not switched on, and does not use it', () => {
    expect(only('relayhost=[a]\nsmtp_sasl_password_maps=static:u:Geheim').credentials).toEqual({
      user: 'u',
      password: 'Geheim',
      enabled: false,
    })
  })

  it('takes the relay out of default_transport, and refuses a service that is no SMTP', () => {
    expect(only('default_transport = smtp:[a]:587\nmynetworks=x').relay).toEqual({ host: 'a', port: 587 })
    expect(() => imported('default_transport = error:no mail\nmynetworks=x')).toThrowError(
      expect.objectContaining({ code: 'import.missing' }),
    )
    expect(() => imported('relayhost = [a]:nowhere')).toThrowError(expect.objectContaining({ code: 'import.format' }))
  })

  it.each([
    ['[a.example]:587', { host: 'a.example', port: 587, isDomain: false }],
    ['[a.example]:smtps', { host: 'a.example', port: 465, isDomain: false }],
    ['a.example', { host: 'a.example', isDomain: true }],
    ['a.example:25', { host: 'a.example', port: 25, isDomain: true }],
    ['[ipv6:::1]:25', { host: '::1', port: 25, isDomain: false }],
    ['[::1]', { host: '::1', isDomain: false }],
    ['[a', undefined],
    ['a:b', undefined],
  ])('reads the next hop %s', (text, hop) => {
    expect(nextHop(text)).toEqual(hop)
  })

  it('fills variables in within bounds', () => {
    const values: Record<string, string> = { a: 'x', b: '$a$(a)', c: '$c', d: '${b}${b}', e: '' }
    const fill = (value: string) => expanded(value, (name) => values[name])
    expect(['$a', '${b}!', '$$a', '${a?yes}', '${e?yes}', '${e:no}', 'plain'].map(fill)).toEqual([
      'x',
      'xx!',
      '$a',
      'yes',
      '',
      'no',
      'plain',
    ])
    expect(['$c', '$nobody', '${a?{b}:{c}}'].map(fill)).toEqual([undefined, undefined, undefined])
    let bomb = 'x'.repeat(10)
    const levels: Record<string, string> = {}
    for (let i = 0; i < 9; i++) {
      levels[`v${i}`] = bomb
      bomb = `\${v${i}}`.repeat(10)
    }
    expect(expanded(bomb, (name) => levels[name])).toBeUndefined()
    const nothing = (name: string) => (name === 'v0' ? '' : `\${v${Number(name.slice(1)) - 1}}`.repeat(1000))
    expect(expanded('$v9', nothing)).toBeUndefined()
  })

  itKnowsItsSamples(['', 'SMTP_HOST=a', 'account a\nhost b', 'MailServer=a', 'mail.smtp.host=a'])

  it('shows no name that looks like a secret', () => {
    for (const text of ['relayhost=[a]\nGeheim\nGeheim = 1', 'relayhost=[a]\nGeheim-1=x\nGeheim=x\nGeheim=y'])
      expect(JSON.stringify(imported(text).report)).not.toContain('Geheim')
  })

  it.each(['$constructor', '${toString}', '${__proto__}', '$(hasOwnProperty)'])(
    'knows no parameter because every object has it: %s',
    (value) => {
      const read = imported(`relayhost = [a]\nsmtp_helo_name = ${value}`)
      expect(line(read, 'smtp_helo_name')).toMatchObject({ verdict: 'lost' })
      expect(() => imported(`relayhost = ${value}\nsmtp_foo = ${value}`)).not.toThrow(TypeError)
    },
  )

  it('names the files it sends from, and bounds the map of passwords', () => {
    const read = imported('relayhost = [a]\nsmtp_tls_CAfile = /etc/shadow')
    expect(line(read, 'smtp_tls_CAfile')?.note).toContain('/etc/shadow')
    const maps = 'relayhost = [a]\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = hash:/etc/sasl'
    expect(() => imported(maps, { '/etc/sasl': 'a'.repeat(5_000_001) })).toThrowError(
      expect.objectContaining({ code: 'import.format', field: 'smtp_sasl_password_maps' }),
    )
  })
})

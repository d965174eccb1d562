import { describe, expect, it } from 'vitest'
import { checkProfile } from '../../check-profile.js'
import { importer, line } from '../../../test/importer.js'
import { url } from './url.js'

const { sample, imported, only, itKnowsItsSamples } = importer(url)
const refusal = (code: string) => expect.objectContaining({ code }) as unknown

describe('a URL', () => {
  it('is taken over with its login and our own settings', () => {
    expect(only(sample('posthorn.txt'))).toEqual({
      relay: { host: 'relay.example.com', port: 465 },
      security: 'implicit',
      credentials: { user: 'app@example.com', password: 'Geheim/@x' },
      pool: { maxConnections: 4 },
      identity: { localName: 'app.example.com' },
      tls: { ca: 'file:/etc/ca.pem' },
    })
  })

  it.each([
    ['smtp://a', 'starttls', 587],
    ['smtp://a:465', 'implicit', 465],
    ['smtps://a', 'implicit', 465],
    ['smtps://a:2465', 'implicit', 2465],
    ['submission://a', 'starttls', 587],
    ['submissions://a', 'implicit', 465],
    ['smtp+starttls://a', 'starttls', 587],
    ['smtp+ssl://a', 'implicit', 465],
    ['SMTP://a:25', 'starttls', 25],
    ['smtp://a?security=none', 'none', 587],
    ['smtp://a?verify_peer=1', 'implicit', 465],
    ['smtp://localhost?verify_peer=1', 'opportunistic', 25],
    ['smtp://a:587?auto_tls=0', 'none', 587],
    ['smtp://a:587?verify_peer=1&require_tls=true', 'starttls', 587],
    ['smtp://a:587?encryption=tls&auth_mode=login', 'starttls', 587],
    ['smtp://a:465?encryption=ssl', 'implicit', 465],
    ['smtp://a?encryption=', 'none', 25],
    ['smtp://a:587?requireTLS=true', 'starttls', 587],
    ['smtp://a?pool=true', 'opportunistic', 587],
    ['smtp://a?_default_from_email=a%40b.example', 'none', 25],
    ['smtp://u:p@a?_default_from_email=a@b.example&tls=True', 'starttls', 25],
    ['smtp://a?authentication=plain&tls=true', 'implicit', 25],
  ])('means by %s what its reader means: %s, port %i', (text, security, port) => {
    expect(only(text)).toMatchObject({
      security,
      relay: { host: text.includes('localhost') ? 'localhost' : 'a', port },
    })
  })

  it('of Django shows a certificate and its key', () => {
    const read = imported('smtp://a?ssl=True&ssl_certfile=/c.pem&ssl_keyfile=/k.pem')
    expect(read.profiles[0]!.profile.tls?.clientCertificate).toEqual({ source: 'file:/c.pem', key: 'file:/k.pem' })
    expect(read.report.filter(({ verdict }) => verdict === 'lost')).toEqual([])
  })

  it('of Symfony is unsafe where Symfony is, and what cannot be said is said to be lost', () => {
    const read = imported(sample('symfony.txt'))
    expect(only(sample('symfony.txt'))).toEqual({
      relay: { host: 'smtp.example.com', port: 25 },
      security: 'opportunistic',
      credentials: { user: 'user', password: 'Geheim', allowCleartextAuth: true },
      tls: { rejectUnauthorized: false },
      identity: { localName: 'app.example', localAddress: '::1' },
      limits: { rate: { messages: 1, perMs: 2000 } },
      pool: { maxMessagesPerConnection: 10, probeIdleMs: 30_000 },
    })
    expect(line(read, '?verify_peer')).toMatchObject({ verdict: 'taken', unsafe: true })
    expect(line(read, 'scheme')?.unsafe).toBe(true)
    expect(line(read, '?peer_fingerprint')?.verdict).toBe('lost')
  })

  it('of Rails is read with its names', () => {
    expect(only(sample('rails.txt'))).toMatchObject({
      security: 'opportunistic',
      credentials: { mechanism: 'CRAM-MD5', allowCleartextAuth: true },
      identity: { localName: 'example.com' },
      tls: { rejectUnauthorized: false },
      timeouts: { connectMs: 5000, idleMs: 10_000 },
    })
  })

  it('may stand in several lines, each a profile, and in failover() of Symfony', () => {
    const { profiles, report } = imported(sample('several.txt'))
    expect(profiles.map(({ name, profile }) => [name, checkProfile(profile).relay?.host])).toEqual([
      ['url-1', 'one.example'],
      ['url-2', 'smtp.sendgrid.net'],
      ['url-3', 'two.example'],
      ['url-4', '2001:db8::25'],
      ['url-5', 'three.example'],
    ])
    expect(profiles[1]!.profile.credentials).toEqual({ user: 'apikey', password: 'GeheimKey' })
    expect(profiles[4]!.profile.credentials?.mechanism).toBe('PLAIN')
    expect(report[0]).toMatchObject({ verdict: 'lost', entry: 'failover', line: 2 })
  })

  it('keeps the name of a variable in the place of a password', () => {
    expect(only('smtp://u:%25env(MAIL_PASS)%25@a').credentials?.password).toBe('env:MAIL_PASS')
    expect(only('smtp://u:$%7BMAIL_PASS%7D@a').credentials?.password).toBe('env:MAIL_PASS')
    expect(only('smtp://u:env%3AX@a').credentials?.password).toBe('plain:env:X')
  })

  it.each([
    'smtp://user:Geheim/x@host',
    'smtp://user:Geheim?x@host',
    'smtp://user:Geheim#x@host',
    'smtp://user:Ge@heim?x@host',
    'smtp://user:Geheim%zz@host',
    'smtp://host:99999',
    'smtp://host/path?x=Geheim',
    'http://user:Geheim@host',
    'Geheim',
    '',
    `smtp://${'a'.repeat(20_000)}`,
  ])('is refused without a word of it: %.40s', (text) => {
    try {
      imported(text)
      expect.unreachable()
    } catch (error) {
      expect(error).toEqual(refusal('import.format'))
      expect(String(error)).not.toContain('Geheim')
    }
  })

  it.each(['sendmail://default', 'null://null', 'smtp://', 'native://default', 'sendgrid+api://Geheim@default'])(
    'that names no relay is refused: %s',
    (text) => {
      expect(() => imported(text)).toThrowError(expect.objectContaining({ code: 'import.missing' }))
    },
  )

  it('tells settings nobody knows, and repeats no password', () => {
    const { report } = imported('smtp://a?securty=none&Geheim123=1&peer_name=x')
    expect(report.filter(({ verdict }) => verdict === 'unknown').map(({ entry }) => entry)).toEqual([
      '?securty',
      'a setting',
      '?peer_name',
    ])
    expect(line(imported('smtp://a?pool.maxConnections=Geheim'), '?pool.maxConnections')).toMatchObject({
      verdict: 'lost',
      note: 'pool.maxConnections must be a whole number',
    })
  })

  it('names the variable or the file that a reference stands for', () => {
    const read = imported('smtp://u:%24%7BAWS_SECRET_ACCESS_KEY%7D@evil.example?tls.caFile=%2Fetc%2Fshadow')
    expect(line(read, 'password')).toMatchObject({
      verdict: 'changed',
      note: 'it is read from the variable AWS_SECRET_ACCESS_KEY',
    })
    expect(line(read, '?tls.caFile')?.note).toBe('it is read from the file /etc/shadow')
  })

  it('says a content in our own words, where it may be a reference; a secret in it is itself', () => {
    const profile = only('smtps://relay.example?tls.extraCa=file:/etc/ca.pem&proxy.password=env:HOME&proxy.type=none')
    expect(profile.tls?.extraCa).toBe('file:/etc/ca.pem')
    expect(profile.proxy?.password).toBe('plain:env:HOME')
  })

  itKnowsItsSamples(['', '# nothing', 'MAILER_DSN=smtp://a', 'http://a', 'smtp://a\nb', '{"url":"smtp://a"}'])
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkProfile } from '../../check-profile.js'
import type { Profile } from '../../profile/profile.js'
import { importer } from '../../../test/importer.js'
import type { Import } from '../import.js'
import { msmtp } from './msmtp.js'
import { commandFor, placeOfPassword } from './password-command.js'

const { sample, imported, itKnowsItsSamples } = importer(msmtp)
const named = ({ profiles }: Import, name: string): Profile =>
  checkProfile(profiles.find((each) => each.name === name)!.profile)
const line = ({ report }: Import, entry: string, of?: string) =>
  report.find((each) => each.entry === entry && (of === undefined || each.of === of))

describe('msmtp', () => {
  it('makes a profile of each account, with defaults and what it inherits', () => {
    const read = imported(sample('freemail.msmtprc'))
    expect(read.profiles.map(({ name }) => name)).toEqual(['freemail', 'freemail2', 'isp', 'default'])
    expect(named(read, 'freemail')).toEqual({
      relay: { host: 'smtp.freemail.example', port: 587 },
      security: 'starttls',
      tls: { ca: 'file:/etc/ssl/certs/ca-certificates.crt' },
      identity: { localName: 'localhost' },
      credentials: { user: 'joe.smith', password: 'Geheim with blanks ' },
      sender: {
        from: 'joe_smith@freemail.example',
        returnPath: 'joe_smith@freemail.example',
        name: 'Joe Smith',
      },
      logging: { destinations: ['file'], file: { path: '/var/log/msmtp.log' } },
      delivery: { onRefused: { to: 'stop', cc: 'stop', bcc: 'stop' } },
    })
    expect(line(read, 'a refused recipient', 'isp')).toMatchObject({ verdict: 'defaulted' })
    expect(named(read, 'freemail2').sender?.from).toBe('joey@freemail.example')
    expect(named(read, 'freemail2').credentials).toEqual(named(read, 'freemail').credentials)
    expect(named(read, 'default')).toEqual(named(read, 'freemail'))
    expect(named(read, 'isp')).toMatchObject({ security: 'implicit', relay: { port: 465 } })
    expect(line(read, 'port', 'freemail2')).toMatchObject({ verdict: 'taken', line: 3 })
  })

  it('runs no command: the password is looked for where somebody can put it', () => {
    const read = imported(sample('freemail.msmtprc'))
    expect(named(read, 'isp').credentials).toEqual({ user: '12345', password: 'env:POSTHORN_PASSWORD' })
    expect(line(read, 'passwordeval')).toMatchObject({ verdict: 'changed', settings: ['credentials.password'] })
    expect(named(imported('account a\nhost h\ntls on\nauth on\nuser u'), 'a').credentials?.password).toBe(
      'env:POSTHORN_PASSWORD',
    )
  })

  it('takes the password from the file or the variable that a simple command shows', () => {
    expect(named(imported(sample('system.conf')), 'server').credentials).toEqual({
      mechanism: 'LOGIN',
      user: 'app@example.com',
      password: 'file:/run/secrets/smtp',
    })
    expect(named(imported(sample('plain.msmtprc')), 'tokens').credentials).toEqual({
      mechanism: 'OAUTHBEARER',
      user: 'me@gmail.com',
      accessToken: 'env:GMAIL_TOKEN',
    })
  })

  it.each([
    ['cat /a/b', 'file:/a/b'],
    ["cat '/a b/c'", 'file:/a b/c'],
    ['cat "/a b"', 'file:/a b'],
    ['/usr/bin/cat /a < /dev/null', 'file:/a'],
    ['cat ~/.secret', undefined],
    ['cat $HOME/x', undefined],
    ['cat /a | head -1', undefined],
    ['cat /a /b', undefined],
    ['printenv NAME', 'env:NAME'],
    ['echo $NAME', 'env:NAME'],
    ['echo "${NAME}"', 'env:NAME'],
    ['echo Geheim', undefined],
    ['pass show mail', undefined],
    ['gpg -d /a', undefined],
    ['cat `x`', undefined],
    ["cat 'x", undefined],
  ])('reads the command %s as %s', (command, place) => {
    expect(placeOfPassword(command)).toBe(place)
  })

  it('writes a command that it reads again, for any path', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (path) => {
        const command = commandFor(`file:${path}`)
        fc.pre(command !== undefined && !/["\\]/.test(path))
        expect(placeOfPassword(command)).toBe(`file:${path}`)
      }),
    )
  })

  it('takes everything else of an account, unsafe things as they are', () => {
    const read = imported(sample('system.conf'))
    expect(named(read, 'server')).toMatchObject({
      security: 'starttls',
      relay: { port: 25 },
      tls: { rejectUnauthorized: false, clientCertificate: { source: 'file:/etc/ssl/client.pem' } },
      identity: { localName: 'app.example.com', localAddress: '192.0.2.7' },
      timeouts: { connectMs: 45_000, idleMs: 45_000 },
      proxy: { type: 'socks5', host: '127.0.0.1', port: 9050, resolve: 'remote' },
      delivery: { dsn: { notify: ['failure', 'delay'], ret: 'headers' } },
      sender: { returnPath: 'bounces@example.com' },
      logging: { destinations: ['syslog'], syslog: { facility: 'mail' } },
    })
    expect(named(read, 'server').sender).not.toHaveProperty('from')
    expect(line(read, 'tls_certcheck')).toMatchObject({ verdict: 'taken', unsafe: true })
    for (const entry of [
      'tls_fingerprint',
      'tls_priorities',
      'tls_min_dh_prime_bits',
      'aliases',
      'undisclosed_recipients',
    ])
      expect(line(read, entry)?.verdict, entry).toBe('lost')
    expect(line(read, 'remove_bcc_headers')?.verdict).toBe('ignored')
  })

  it('speaks no TLS where msmtp speaks none, says so, and lets no password go in the clear that did not', () => {
    const read = imported('account a\nhost h\nauth on\nuser u\npassword Geheim')
    expect(named(read, 'a')).toMatchObject({
      security: 'none',
      relay: { port: 25 },
      credentials: { allowCleartextAuth: true, minimumAuthStrength: 'hash' },
    })
    expect(line(read, 'tls')).toMatchObject({ verdict: 'defaulted', unsafe: true })
    expect(named(imported(sample('plain.msmtprc')), 'old').credentials).toEqual({
      mechanism: 'CRAM-MD5',
      user: 'old',
      password: 'Geheim123',
      allowCleartextAuth: true,
    })
  })

  it('keeps a login that is not switched on, and does not use it', () => {
    const read = imported('account a\nhost h\ntls on\nuser u\npassword Geheim')
    expect(named(read, 'a').credentials).toEqual({ user: 'u', password: 'Geheim', enabled: false })
  })

  it('needs an account, and a host in it', () => {
    expect(() => imported('defaults\nhost a')).toThrowError(expect.objectContaining({ code: 'import.format' }))
    expect(() => imported('account a\nport 25')).toThrowError(
      expect.objectContaining({ code: 'import.missing', field: 'host' }),
    )
  })

  it('tells commands nobody knows, and what was meant; what may be a piece of a password is not repeated', () => {
    const read = imported('account a\nhost h\ntls_certchek off\nGeheim123\nfrom_the_future on')
    expect(read.report.filter(({ verdict }) => verdict === 'unknown').map(({ entry, line }) => [entry, line])).toEqual([
      ['tls_certchek', 3],
      ['a line', 4],
      ['from_the_future', 5],
    ])
    expect(line(read, 'tls_certchek')?.note).toBe('it is not known; did you mean tls_certcheck?')
  })

  it('goes out by SMTP and LMTP only', () => {
    for (const protocol of ['graph', 'gmail', 'direct', '']) {
      const read = imported(`account a\nhost h\nprotocol ${protocol}`)
      expect(named(read, 'a'), protocol).not.toHaveProperty('transport')
      expect(line(read, 'protocol')).toMatchObject({ verdict: 'lost', line: 3 })
    }
  })

  it('has a line for commands that others overrule, and for those of accounts without a host', () => {
    const text = `defaults
port 25
timeout 9
account a
host one
host two
port 26
account b
user u
account b
host h
defaults
from a@b.example`
    const said = imported(text).report.filter(({ verdict }) => verdict === 'ignored')
    expect(said.map(({ entry, line, of }) => [entry, line, of])).toEqual([
      ['host', 5, 'a'],
      ['port', 2, 'a'],
      ['account', 8, 'b'],
      ['from', 13, undefined],
    ])
    const none = imported('account a\nhost h\naccount b\nport 25\nuser u').report.filter(({ of }) => of === 'b')
    expect(none.map(({ entry, verdict }) => [entry, verdict])).toEqual([
      ['account', 'ignored'],
      ['port', 'ignored'],
      ['user', 'ignored'],
    ])
  })

  it('begins with each account once, and with a hundred at most', () => {
    const first = 'account a\nhost h\n'
    expect(imported(`${first}account b : ${'a,'.repeat(50_000)}`).profiles).toHaveLength(2)
    const many = Array.from({ length: 101 }, (_, index) => `a${index}`).join()
    expect(() => imported(`${first}account b : ${many}`)).toThrowError(
      expect.objectContaining({ code: 'import.format', field: 'account' }),
    )
  })

  it('names the file or the variable that a password is read from', () => {
    const read = (command: string) =>
      line(imported(`account a\nhost h\nauth on\nuser u\npasswordeval ${command}`), 'passwordeval')
    expect(read('cat /etc/shadow')).toMatchObject({
      verdict: 'changed',
      note: expect.stringContaining('from the file /etc/shadow') as string,
    })
    expect(read('printenv AWS_SECRET_ACCESS_KEY')?.note).toContain('the variable AWS_SECRET_ACCESS_KEY')
    expect(read('cat Geheim')?.note).not.toContain('Geheim')
  })

  itKnowsItsSamples(['', 'host = a\naccount = b', 'SMTP_HOST=a', 'relayhost = [a]', '{"host":"a"}'])

  it('takes certificate and key in one file, or in two; one alone shows nothing', () => {
    const read = (...commands: string[]) => imported(`account a\nhost h\n${commands.join('\n')}`)
    const shown = (...commands: string[]) => named(read(...commands), 'a').tls?.clientCertificate
    const two = ['tls_cert_file /etc/ssl/a.pem', 'tls_key_file /etc/ssl/a.key'] as const
    expect(shown(...two)).toEqual({ source: 'file:/etc/ssl/a.pem', key: 'file:/etc/ssl/a.key' })
    expect(shown('tls_cert_file a.pem', 'tls_key_file pkcs11:object=a')).toEqual({
      source: 'file:a.pem',
      key: 'pkcs11:object=a',
    })
    expect(shown('tls_cert_file a.pem', 'tls_key_file a.pem')).toEqual({ source: 'file:a.pem' })
    expect(line(read(...two), 'tls_key_file')).toMatchObject({
      verdict: 'taken',
      settings: ['tls.clientCertificate.key'],
    })
    for (const [command, other] of [[...two], [...two].reverse()]) {
      const alone = read(command!, `${other!.split(' ')[0]!} ""`)
      expect(named(alone, 'a').tls).toBeUndefined()
      expect(line(alone, command!.split(' ')[0]!)?.verdict).toBe('lost')
      expect(line(alone, other!.split(' ')[0]!)?.verdict).toBe('ignored')
      expect(named(read(command!), 'a').tls).toBeUndefined()
    }
  })

  it('refuses what is beyond its limits', () => {
    for (const text of [
      'account a\n'.repeat(20_001),
      Array.from({ length: 501 }, (_, i) => `account a${i}`).join('\n'),
    ])
      expect(() => imported(text)).toThrowError(expect.objectContaining({ code: 'import.format' }))
  })
})

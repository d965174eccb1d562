import { describe, expect, it } from 'vitest'
import { checkProfile } from '../../check-profile.js'
import { importer, line } from '../../../test/importer.js'
import { dotenv } from './dotenv.js'
import { envFile } from './env-file.js'

const { sample, imported, only, itKnowsItsSamples } = importer(dotenv)

describe('a .env file', () => {
  it('of Laravel is taken over', () => {
    const read = imported(sample('laravel.env'))
    expect(only(sample('laravel.env'))).toEqual({
      relay: { host: 'smtp.example.com', port: 587 },
      security: 'starttls',
      credentials: { user: 'shop@example.com', password: 'Geheim#1 "x"' },
      sender: { from: 'shop@example.com', name: 'My Shop' },
    })
    expect(line(read, 'MAIL_HOST')).toMatchObject({ verdict: 'taken', line: 6 })
    expect(line(read, 'DB_PASSWORD')).toMatchObject({ verdict: 'ignored', note: 'it is not about the way out' })
  })

  it('of Django is taken over', () => {
    const read = imported(sample('django.env'))
    expect(only(sample('django.env'))).toEqual({
      relay: { host: 'smtp.gmail.com', port: 465 },
      security: 'implicit',
      credentials: { user: 'me@gmail.com', password: 'Geheim $x' },
      sender: { from: 'me@gmail.com', name: 'The App' },
      timeouts: { connectMs: 10_000, idleMs: 10_000 },
    })
    expect(line(read, 'EMAIL_USE_TLS')?.verdict).toBe('ignored')
    expect(line(read, 'EMAIL_SUBJECT_PREFIX')?.verdict).toBe('lost')
  })

  it('of Rails is taken over, unsafe as it is, and a variable of the environment stays one', () => {
    const read = imported(sample('rails.env'))
    expect(only(sample('rails.env'))).toEqual({
      relay: { host: 'smtp.example.com', port: 25 },
      security: 'opportunistic',
      credentials: {
        user: 'rails',
        password: 'env:RAILS_SMTP_PASSWORD',
        mechanism: 'CRAM-MD5',
        allowCleartextAuth: true,
      },
      identity: { localName: 'example.com' },
      tls: { rejectUnauthorized: false },
      timeouts: { connectMs: 5000 },
    })
    expect(line(read, 'SMTP_OPENSSL_VERIFY_MODE')).toMatchObject({ verdict: 'taken', unsafe: true })
  })

  it('with SMTP_HOST is taken over', () => {
    const read = imported(sample('node.env'))
    expect(only(sample('node.env'))).toEqual({
      relay: { host: 'smtp.example.com', port: 465 },
      security: 'implicit',
      credentials: { user: 'node', password: 'Geheim' },
      sender: { from: 'app@example.com', name: 'App' },
    })
    expect(line(read, 'SMTP_FORM')?.verdict).toBe('ignored')
  })

  it('with URLs makes a profile of each, read as its framework reads it', () => {
    const { profiles } = imported(sample('urls.env'))
    expect(profiles.map(({ name }) => name)).toEqual(['mailer_dsn', 'email_server'])
    expect(profiles.map(({ profile }) => checkProfile(profile).security)).toEqual(['opportunistic', 'opportunistic'])
    expect(only('MAILER_DSN=smtp://a.example').relay).toEqual({ host: 'a.example', port: 465 })
    expect(only('SMTP_URL=smtp://a.example').security).toBe('starttls')
  })

  it('with the key of a provider opens its relay', () => {
    expect(only(sample('sendgrid.env'))).toEqual({
      relay: { host: 'smtp.sendgrid.net', port: 587 },
      security: 'starttls',
      credentials: { user: 'apikey', password: 'SG.Geheim' },
    })
    expect(only('POSTMARK_SERVER_TOKEN=Geheim')).toMatchObject({
      credentials: { user: 'Geheim', password: 'Geheim' },
      logging: { showUser: false },
    })
    expect(only('SES_SMTP_USERNAME=A\nSES_SMTP_PASSWORD=Geheim\nAWS_REGION=eu-west-1').relay?.host).toBe(
      'email-smtp.eu-west-1.amazonaws.com',
    )
    expect(only('MAILGUN_SMTP_LOGIN=a\nMAILGUN_SMTP_PASSWORD=Geheim\nMAILGUN_SMTP_PORT=587').relay?.host).toBe(
      'smtp.mailgun.org',
    )
    const beside = imported('SMTP_HOST=a\nSENDGRID_API_KEY=Geheim')
    expect(beside.profiles).toHaveLength(1)
    expect(line(beside, 'SENDGRID_API_KEY')?.verdict).toBe('ignored')
  })

  it.each([
    ['SMTP_HOST=a', 'starttls', undefined],
    ['SMTP_HOST=a\nSMTP_PORT=465', 'implicit', 465],
    ['SMTP_HOST=a\nSMTP_SECURE=false', 'opportunistic', undefined],
    ['SMTP_HOST=a\nSMTP_SECURE=ssl', 'implicit', undefined],
    ['SMTP_HOST=a\nSMTP_SECURE=tls', 'starttls', undefined],
    ['SMTP_HOST=a\nSMTP_TLS=true\nSMTP_PORT=465', 'implicit', 465],
    ['SMTP_HOST=a\nSMTP_IGNORE_TLS=1', 'none', undefined],
    ['SMTP_SERVER=a\nSMTP_AUTH_METHOD=plain\nSMTP_ENABLE_STARTTLS=always', 'starttls', 25],
    ['SMTP_SERVER=a\nSMTP_AUTH_METHOD=none', 'opportunistic', 25],
    ['MAIL_HOST=a\nMAIL_MAILER=smtp', 'opportunistic', 2525],
    ['MAIL_HOST=a\nMAIL_ENCRYPTION=null\nMAIL_PORT=1025', 'opportunistic', 1025],
    ['MAIL_HOST=a\nMAIL_ENCRYPTION=ssl', 'implicit', 2525],
    ['MAIL_HOST=a\nMAIL_SCHEME=smtps\nMAIL_PORT=465', 'implicit', 465],
    ['EMAIL_HOST=a\nEMAIL_USE_TLS=True', 'starttls', 25],
    ['EMAIL_HOST=a\nEMAIL_USE_TLS=False', 'none', 25],
    ['EMAIL_HOST=a\nEMAIL_HOST_USER=\nEMAIL_HOST_PASSWORD=', 'none', 25],
  ])('is read as its program reads it: %j is %s', (text, security, port) => {
    expect(only(text)).toMatchObject({ security, relay: { host: 'a', ...(port === undefined ? {} : { port }) } })
  })

  it('keeps a password without user, and does not use it', () => {
    expect(only('SMTP_HOST=a\nSMTP_PASSWORD=Geheim').credentials).toEqual({ password: 'Geheim', enabled: false })
    expect(only('SMTP_HOST=a\nSMTP_USER=u').credentials).toEqual({ user: 'u', enabled: false })
  })

  it('needs a relay', () => {
    for (const text of ['', 'FOO=bar', 'MAIL_MAILER=log', 'MAIL_HOST=null', 'SENDGRID_USERNAME=a'])
      expect(() => imported(text), text).toThrowError(expect.objectContaining({ code: 'import.missing' }))
  })

  itKnowsItsSamples([
    '',
    'FOO=bar',
    'host smtp',
    'relayhost = a',
    'MailServer=a',
    'mail.smtp.host=a',
    'smtp://a',
    '/server/host=a',
  ])

  it('shows no name that looks like a secret', () => {
    expect(JSON.stringify(imported('SMTP_HOST=a\nGeheim=1').report)).not.toContain('Geheim')
  })
})

it('a variable that a password is read from stands in the report', () => {
  const reference = imported('SMTP_HOST=evil.example\nSMTP_USER=u\nSMTP_PASSWORD=${AWS_SECRET_ACCESS_KEY}')
  expect(line(reference, 'SMTP_PASSWORD')).toMatchObject({
    verdict: 'changed',
    note: 'it is read from the variable AWS_SECRET_ACCESS_KEY',
  })
})

describe('the variables of a .env file', () => {
  const values = (text: string) => Object.fromEntries(envFile(text).map(({ name, value }) => [name, value]))

  it.each([
    ['A=b', 'b'],
    ['export A = b c  # comment', 'b c'],
    ['A=b#c', 'b#c'],
    ['A=#c', ''],
    ['A="b#c\\n\\"d\\"" # x', 'b#c\n"d"'],
    ["A='b\\n'", 'b\\n'],
    ['A="one\ntwo"\nB=x', 'one\ntwo'],
    ['A="open', '"open'],
    ['A=`x y`', 'x y'],
    ['A: yaml', 'yaml'],
    ['A=\r\nB=1', ''],
    ['  A=1', '1'],
    ['A="a\\\\"', 'a\\'],
  ])('%j says %j', (text, value) => {
    expect(values(text)['A']).toBe(value)
  })

  it('are filled in from those above, but not in single quotes, and within bounds', () => {
    expect(values('A=1\nB="${A}2"\nC=${B}${X:-3}\nD=\'${A}\'\nE=${NOBODY}x')).toEqual({
      A: '1',
      B: '12',
      C: '123',
      D: '${A}',
      E: 'x',
    })
    expect(envFile('A=${HOME}')[0]).toMatchObject({ value: '', variable: 'HOME' })
    const bomb = [
      'A=xxxxxxxxxx',
      ...Array.from(
        { length: 20 },
        (_, i) => `${'B'.repeat(i + 1)}=${`\${${i === 0 ? 'A' : 'B'.repeat(i)}}`.repeat(10)}`,
      ),
    ]
    expect(() => envFile(bomb.join('\n'))).toThrowError(expect.objectContaining({ code: 'import.format' }))
  })

  it('are counted by their lines, and bounded', () => {
    expect(envFile('# x\n\nA="1\n2"\nB=3').map(({ name, line }) => [name, line])).toEqual([
      ['A', 3],
      ['B', 5],
    ])
    expect(() => envFile('A=1\n'.repeat(20_001))).toThrowError(expect.objectContaining({ code: 'import.format' }))
    expect(envFile('A="'.repeat(100_000)).length).toBeLessThan(3)
    expect(envFile('A="x\n'.repeat(10_001))).toHaveLength(10_001)
  })
})

import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Secret, SettingsError } from '@posthorn/ground'
import { profileFromUrl } from './server-url.js'

/** The error of a URL that is refused. */
function refusal(url: string): SettingsError {
  try {
    profileFromUrl(url)
  } catch (error) {
    if (error instanceof SettingsError) return error
    throw error
  }
  throw new Error('it was not refused')
}

function passwordOf(url: string): string | undefined {
  const { password } = profileFromUrl(url).credentials ?? {}
  return password instanceof Secret ? password.reveal() : undefined
}

describe('profileFromUrl', () => {
  it('takes smtps: for TLS from the first octet', () => {
    expect(profileFromUrl('smtps://relay.example')).toEqual({ relay: { host: 'relay.example' }, security: 'implicit' })
  })

  it('leaves the security of smtp: to the port, so that the default is STARTTLS', () => {
    expect(profileFromUrl('smtp://relay.example:2525')).toEqual({ relay: { host: 'relay.example', port: 2525 } })
    expect(profileFromUrl('SMTP://relay.example/')).toEqual({ relay: { host: 'relay.example' } })
  })

  it('takes lmtp: with port 24', () => {
    const relay = { host: 'store.example', port: 24 }
    expect(profileFromUrl('lmtp://store.example')).toEqual({ transport: 'lmtp', relay })
    expect(profileFromUrl('lmtp://store.example:2003').relay?.port).toBe(2003)
  })

  it('takes spool: for a folder, whose path is whole and percent-encoded', () => {
    const spool = (directory: string) => ({ transport: 'spool', spool: { directory: resolve(directory) } })
    expect(profileFromUrl('spool:///var/spool/app')).toEqual(spool('/var/spool/app'))
    expect(profileFromUrl('SPOOL:///var/a%20b@%F0%9F%93%AF')).toEqual(spool('/var/a b@\u{1f4ef}'))
    expect(profileFromUrl('spool:///s?limits.recipients=5')).toEqual({ ...spool('/s'), limits: { recipients: 5 } })
    for (const url of ['spool:app', 'spool://host/app', 'spool:///a#b', 'spool:///%zz', 'spool:///a%2Fb', 'spool:'])
      expect(refusal(url)).toMatchObject({ code: 'settings.url', message: 'server URL: names no folder' })
    expect(refusal('spool:///s?spool.directory=/t').code).toBe('settings.unknown')
  })

  it('decodes user and password, and keeps the password in a Secret', () => {
    const { credentials } = profileFromUrl('smtps://app%40example.com:p%2F%3F%23%40%3A%25%C3%BC@relay.example')
    expect(credentials).toMatchObject({ user: 'app@example.com' })
    expect(passwordOf('smtps://app%40example.com:p%2F%3F%23%40%3A%25%C3%BC@relay.example')).toBe('p/?#@:%ü')
    expect(JSON.stringify(credentials)).toContain('[secret]')
  })

  it('takes a user with a bare "@", whose last one ends the login', () => {
    expect(profileFromUrl('smtp://app@example.com@relay.example')).toMatchObject({
      relay: { host: 'relay.example' },
      credentials: { user: 'app@example.com' },
    })
  })

  it('gives back any password that was percent-encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (password) => {
        fc.pre(password.isWellFormed())
        expect(passwordOf(`smtps://u:${encodeURIComponent(password)}@relay.example`)).toBe(password)
      }),
    )
  })

  it('takes IPv6 addresses and international names', () => {
    expect(profileFromUrl('smtp://[2001:db8::1]:25')).toEqual({ relay: { host: '[2001:db8::1]', port: 25 } })
    expect(profileFromUrl('smtp://müller.example').relay?.host).toBe('müller.example')
  })

  it('reads settings behind the question mark into their places', () => {
    const url =
      'smtp://relay.example?security=none&allowCleartextAuth=true&localName=app.example&mechanisms=PLAIN,LOGIN&family=4' +
      '&pool.maxConnections=4&pool.rateLimit.messages=10&pool.rateLimit.perMs=1000&timeouts.connectMs=500&tls.servername=mx.example'
    expect(profileFromUrl(url)).toEqual({
      relay: { host: 'relay.example' },
      security: 'none',
      identity: { localName: 'app.example', family: 4 },
      credentials: { allowCleartextAuth: true, mechanisms: ['PLAIN', 'LOGIN'] },
      pool: { maxConnections: 4 },
      limits: { rate: { messages: 10, perMs: 1000 } },
      timeouts: { connectMs: 500 },
      tls: { servername: 'mx.example' },
    })
  })

  it('reads them by their path in a profile, too', () => {
    const url =
      'smtp://relay.example?identity.localName=app.example&delivery.dsn.notify=failure,delay&tls.ca=file:ca.pem&limits.rate.messages=5'
    expect(profileFromUrl(url)).toEqual({
      relay: { host: 'relay.example' },
      identity: { localName: 'app.example' },
      delivery: { dsn: { notify: ['failure', 'delay'] } },
      tls: { ca: `file:${resolve('ca.pem')}` },
      limits: { rate: { messages: 5 } },
    })
  })

  it('reads the URL of a proxy into its settings, and keeps its password in a Secret', () => {
    const proxy = encodeURIComponent('socks5://me:hunter%2F2@proxy.example:1081')
    const profile = profileFromUrl(`smtp://relay.example?proxy=${proxy}&proxy.bypass=localhost,*.test`)
    expect(profile.proxy).toMatchObject({
      ...{ type: 'socks5', host: 'proxy.example', port: 1081, user: 'me', bypass: ['localhost', '*.test'] },
    })
    expect(Secret.of(profile.proxy!.password!).reveal()).toBe('hunter/2')
    expect(JSON.stringify(profile)).not.toContain('hunter')
    expect(profileFromUrl('smtp://relay.example?proxy=environment').proxy).toEqual({ type: 'environment' })
    expect(refusal('smtp://relay.example?proxy=ftp://proxy.example').code).toBe('settings.proxy')
  })

  it.each([
    ['smtp://relay.example?secuirty=none', 'settings.unknown', 'secuirty'],
    ['smtp://relay.example?password=x', 'settings.unknown', 'password'],
    ['smtp://relay.example?credentials.password=x', 'settings.unknown', 'credentials.password'],
    ['smtp://relay.example?security=tls', 'settings.value', 'security'],
    ['smtp://relay.example?security=none&security=starttls', 'settings.value', 'security'],
    ['smtp://relay.example?pool.maxConnections=many', 'settings.value', 'pool.maxConnections'],
    ['smtp://relay.example?allowCleartextAuth=perhaps', 'settings.value', 'credentials.allowCleartextAuth'],
    ['smtp://relay.example?family=5', 'settings.value', 'identity.family'],
    ['smtp://relay.example?localName=a&identity.localName=b', 'settings.value', 'identity.localName'],
    ['smtp://relay.example?host=other.example', 'settings.unknown', 'host'],
    ['smtp://relay.example?relay.port=25', 'settings.unknown', 'relay.port'],
    ['smtp://relay.example?transport=lmtp', 'settings.unknown', 'transport'],
    ['smtp://relay.example?oauth2.clientSecret=x', 'settings.unknown', 'oauth2.clientSecret'],
    ['smtp://relay.example?tls=x', 'settings.unknown', 'tls'],
    ['smtps://relay.example?security=none', 'settings.value', 'security'],
  ])('names the setting that is wrong: %s', (url, code, field) => {
    expect(refusal(url)).toMatchObject({ code, field })
  })

  it.each([
    'relay.example',
    'http://relay.example',
    'smtp:relay.example',
    'smtp://',
    'smtp://relay.example:99999',
    'smtp://relay.example/path',
    'smtp://relay.example#x',
    'smtp://u:%zz@relay.example',
    'smtp://:pw@relay.example',
  ])('refuses %s', (url) => {
    expect(refusal(url)).toMatchObject({ code: 'settings.url', hint: expect.any(String) as string })
  })

  it('never repeats a password, however wrong the URL is', () => {
    const hidden = 'hunter2'
    const urls = [
      `smtp://u:${hidden}/x@relay.example`,
      `smtp://u:12?${hidden}@relay.example`,
      `smtp://u:12?${hidden}=1@relay.example`,
      `smtp://u:12#${hidden}@relay.example`,
      `smtp://u:${hidden}%zz@relay.example`,
      `smtp://u:${hidden}@relay .example`,
      `smtp://u:${hidden}@relay.example:0x10`,
      `smtp://:${hidden}@relay.example`,
      `smtps://u:${hidden}@relay.example?security=none`,
      `smtp//u:${hidden}@relay.example`,
      `smtp://u:${hidden}@`,
    ]
    for (const url of urls) {
      const error = refusal(url)
      const everything = [
        error.message,
        error.hint,
        error.stack,
        JSON.stringify(error),
        JSON.stringify(error.cause),
        error.field,
      ].join('\n')
      expect(everything, url.replace(hidden, '...')).not.toContain(hidden)
    }
  })
})

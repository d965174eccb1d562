import { Secret } from '@posthorn/ground/portable'
import { describe, expect, it } from 'vitest'
import { checkProfile, profileProblems } from './check-profile.js'
import type { Profile } from './profile/profile.js'

const RELAY = { relay: { host: 'smtp.example.com' } }
const paths = (given: unknown) => profileProblems(given).map(({ path, problem }) => `${path} ${problem}`)

describe('a profile', () => {
  it('is taken when everything in it is known and fits', () => {
    const profile = {
      ...RELAY,
      name: 'office',
      security: 'implicit',
      credentials: { user: 'app', password: new Secret('Geheim') },
      pool: { maxConnections: 4 },
      headers: { fields: [{ name: 'X-App', value: '1' }] },
    }
    expect(checkProfile(profile)).toBe(profile)
  })

  it('is one when it is `as const` with lists, too: nobody writes into it', () => {
    const constant = {
      ...RELAY,
      tls: { pins: ['AAAA'] },
      delivery: { dsn: { notify: ['failure', 'delay'] } },
      headers: { fields: [{ name: 'X-App', value: '1' }] },
      credentials: { user: 'app', password: new Secret('Geheim') },
    } as const
    const profile: Profile = constant
    const hosts: readonly string[] = ['a', 'b']
    const listed: Profile = { ...profile, tls: { pins: hosts } }
    expect([checkProfile(profile), profileProblems(listed)]).toEqual([constant, []])
    expect(Secret.of(profile.credentials!.password!).reveal()).toBe('Geheim')
  })

  it('signs with a store, or with a certificate and its key', () => {
    for (const [certificate, problems] of [
      [{ source: 'file:a.pem' }, 0],
      [{ certificate: 'file:a.pem', key: 'file:a.key' }, 0],
      [{ certificate: 'file:a.pem' }, 1],
      [{ key: 'file:a.key' }, 1],
    ] as const)
      expect(profileProblems({ ...RELAY, smime: { sign: { enabled: true, certificate } } })).toHaveLength(problems)
  })

  it('is refused with every problem by its path', () => {
    expect(
      paths({
        relay: { host: 5, port: 70_000 },
        pool: { maxConnections: 0 },
        tls: { pins: 'x', minVersion: 'SSLv3' },
        dkim: [{ domain: 'a' }],
        headers: { fields: [{ name: 'a b', value: 'x' }] },
      }),
    ).toEqual([
      'relay.host must be text',
      'relay.port must be a whole number from 1 to 65535',
      'pool.maxConnections must be a whole number from 1 to 10000',
      'tls.pins must be a list of texts',
      'tls.minVersion must be one of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3',
      'dkim[0].selector must be given',
      'dkim[0].privateKey must be text, and not empty',
      'headers.fields[0].name must be a field name of RFC 5322: printable ASCII without a colon',
    ])
  })

  it('names the setting that was meant', () => {
    expect(profileProblems({ relay: { hots: 'x' } })[0]).toMatchObject({
      path: 'relay.hots',
      problem: 'is not known',
      fix: 'Did you mean relay.host?',
    })
    expect(profileProblems({ secrity: 'none' })[0]?.fix).toBe('Did you mean security?')
  })

  it('never repeats a value, nor a name that may be one', () => {
    const said = JSON.stringify(
      profileProblems({
        credentials: 'Geheim-1',
        'Geheim 2: nothing': 1,
        security: 'Geheim-3',
        tls: { trustHosts: [5, 'Geheim-4\n'] },
        oauth2: { clientSecret: { Geheim5: 1 } },
      }),
    )
    expect(said).not.toContain('Geheim')
    expect(said).toContain('a setting')
  })

  it.each([
    [{ credentials: { hunter2Geheim: 1 } }, 'a setting of credentials'],
    [{ credentials: { Geheim: 1 } }, 'a setting of credentials'],
    [{ relayGeheim: 1 }, 'a setting'],
    [{ relay: { ['x'.repeat(1000)]: 1 } }, 'a setting of relay'],
    [{ relay: { serverName: 1 } }, 'relay.serverName'],
    [{ relay: { hots: 1 } }, 'relay.hots'],
  ])('repeats of %j a name only when it is surely one', (given, path) => {
    expect(profileProblems(given).map((each) => [each.path, each.problem])).toEqual([[path, 'is not known']])
  })

  it('stops after a thousand problems, and looks for what was meant with the first of them only', () => {
    const relay = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`hots${index}`, 1]))
    expect(profileProblems({ relay })).toHaveLength(1000)
    const near = 'abcdefghijklmnopqrsuvwxyz'.split('').map((letter) => [`hos${letter}`, 1])
    const problems = profileProblems({ relay: Object.fromEntries(near) as object })
    expect(problems.filter(({ fix }) => fix.startsWith('Did you mean relay.host'))).toHaveLength(20)
  })

  it('says of a number that stands for a text to put it in quotes', () => {
    const [problem] = profileProblems({ credentials: { password: 123456 } })
    expect(problem).toMatchObject({ problem: 'must be text', fix: 'Put it in quotes: without them it is a number.' })
    expect(JSON.stringify(problem)).not.toContain('123456')
  })

  it('says what a setting is when it is left out', () => {
    expect(profileProblems({ ...RELAY, pool: { maxConnections: 0 } })[0]?.fix).toContain('it is then 10')
  })

  it.each([
    [{}, 'relay.host is missing; the transport smtp needs it'],
    [{ transport: 'direct', ...RELAY }, 'relay.host has no place with the transport direct'],
    [{ transport: 'spool' }, 'spool.directory is missing; the transport spool needs it'],
    [{ transport: 'ews' }, 'api.url is missing; the transport ews needs it'],
    [{ ...RELAY, credentials: { user: 'app' } }, 'credentials.password is missing beside the user'],
    [{ ...RELAY, credentials: { password: 'x' } }, 'credentials.user is missing beside the password'],
    [{ ...RELAY, proxy: { type: 'http' } }, 'proxy.host is missing beside the type'],
    [{ ...RELAY, attachments: { files: 'below' } }, 'attachments.basePath is missing'],
    [{ ...RELAY, logging: { destinations: ['file'] } }, 'logging.file.path is missing'],
    [{ ...RELAY, smime: { sign: { enabled: true } } }, 'smime.sign.certificate.source is missing'],
    [{ ...RELAY, smime: { encrypt: { enabled: true } } }, 'smime.encrypt.certificates is missing'],
    [
      { ...RELAY, delivery: { dsn: { notify: ['never', 'delay'] } } },
      'delivery.dsn.notify `never` stands alone (RFC 3461 4.1)',
    ],
    [{ ...RELAY, limits: { rate: { messages: 5 } } }, 'limits.rate needs both messages and perMs'],
    [
      { ...RELAY, tls: { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' } },
      'tls.minVersion is newer than tls.maxVersion',
    ],
    [
      { ...RELAY, transport: 'lmtp', relay: { host: 'h', port: 25 } },
      'relay.port must not be 25 with LMTP (RFC 2033 5)',
    ],
  ])('is refused where settings do not go together: %j', (given, problem) => {
    expect(paths(given)).toEqual([problem])
  })

  it('keeps a login that is switched off, without asking for its password', () => {
    expect(paths({ ...RELAY, credentials: { enabled: false, user: 'app' } })).toEqual([])
  })

  it.each([[null], ['smtp://host'], [[]], [5], [new Map()]])('must be an object of settings, and not %j', (given) => {
    expect(paths(given)).toEqual(['profile must be an object of settings'])
  })

  it('throws one error that names them all', () => {
    expect(() => checkProfile({ relay: { host: 'h', port: 0 }, pool: { maxIdleMs: 'x' } })).toThrow(
      expect.objectContaining({
        code: 'settings.value',
        field: 'relay.port',
        message:
          'relay.port: must be a whole number from 1 to 65535; pool.maxIdleMs: must be a whole number from 1 to 2147483647',
      }) as Error,
    )
  })
})

import { Secret } from '@posthorn/ground/portable'
import { describe, expect, it } from 'vitest'
import { environmentValues } from './environment.js'
import { SETTINGS } from './table.js'
import { explain, layered, shownProfile, weaknesses, type Layer } from './layers.js'

const FILE: Layer = {
  origin: 'file',
  place: 'office.yaml',
  values: {
    relay: { host: 'smtp.example.com', port: 25 },
    security: 'starttls',
    credentials: { user: 'app', password: 'Geheim' },
  },
}
const SITE: Layer = { origin: 'site', place: 'site ILL', values: { relay: { host: 'ill.example.com' } } }
const ENVIRONMENT: Layer = {
  origin: 'environment',
  place: 'the environment',
  values: [...environmentValues({ POSTHORN_RELAY_PORT: '587', HOME: '/root', POSTHORN_POOL_MAX_IDLE_MS: '' })],
}
const FLAGS: Layer = { origin: 'flags', place: 'the command line', values: [['security', 'implicit']] }
const ALL = [FLAGS, SITE, FILE, ENVIRONMENT]

describe('layers', () => {
  it('lie on one another: file, site, environment, flags', () => {
    const { profile, origins } = layered(ALL)
    expect(profile).toEqual({
      relay: { host: 'ill.example.com', port: 587 },
      security: 'implicit',
      credentials: { user: 'app', password: 'Geheim' },
    })
    expect(origins.get('relay.host')).toEqual({ origin: 'site', place: 'site ILL' })
    expect(origins.get('security')).toEqual({ origin: 'flags', place: 'the command line' })
  })

  it('are explained, with what did not win', () => {
    expect(explain(ALL, 'relay.port')).toMatchObject({
      value: 587,
      origin: 'environment',
      overruled: [{ value: 25, place: 'office.yaml' }],
    })
    expect(explain(ALL, 'pool.maxConnections')).toMatchObject({ value: 10, origin: 'default', overruled: [] })
    expect(explain(ALL, 'credentials.password').value).toBe('[secret]')
    expect(() => explain(ALL, 'relay.hots')).toThrow('is not known')
  })

  it('show where a secret is kept, and never the secret', () => {
    const shown = shownProfile({
      credentials: { user: 'app', password: 'Geheim' },
      oauth2: { clientSecret: 'env:CLIENT_SECRET', refreshToken: new Secret('Geheim') },
      tls: { clientCertificate: { source: 'file:client.pfx', password: 'vault:tls' } },
      dkim: [{ domain: 'example.com', selector: 's', privateKey: '-----BEGIN Geheim' }],
    })
    expect(shown).toEqual({
      credentials: { user: 'app', password: '[secret]' },
      oauth2: { clientSecret: 'env:CLIENT_SECRET', refreshToken: '[secret]' },
      tls: { clientCertificate: { source: 'file:client.pfx', password: 'vault:tls' } },
      dkim: [{ domain: 'example.com', selector: 's', privateKey: '[secret]' }],
    })
  })

  it('let a token in an upper layer take the place of a password in a lower one', () => {
    const { profile } = layered([FILE, { ...FLAGS, values: [['credentials.accessToken', 'file:/token']] }])
    expect(profile.credentials).toEqual({ user: 'app', accessToken: 'file:/token' })
  })

  it('explain a value that another setting took the place of, and do not say where it came from', () => {
    const layers = [FILE, { ...FLAGS, values: [['credentials.accessToken', 'file:/token']] as const }]
    expect(explain(layers, 'credentials.password')).toEqual({
      setting: SETTINGS.get('credentials.password'),
      rival: 'credentials.accessToken',
      origin: 'flags',
      place: 'the command line',
      overruled: [{ origin: 'file', place: 'office.yaml', value: '[secret]' }],
    })
    expect(explain(layers, 'credentials.accessToken')).toMatchObject({ value: 'file:/token', overruled: [] })
    expect([...layered(layers).origins.keys()]).not.toContain('credentials.password')
  })

  it('hide the name that logs in where it is not to be shown: it may be a key', () => {
    const profile = { credentials: { user: 'Geheim' }, oauth2: { user: 'Geheim' }, logging: { showUser: false } }
    expect(shownProfile(profile)).toEqual({
      credentials: { user: '[hidden]' },
      oauth2: { user: '[hidden]' },
      logging: { showUser: false },
    })
    const layers = [FILE, { ...FLAGS, values: [['logging.showUser', false]] as const }]
    expect(explain(layers, 'credentials.user').value).toBe('[hidden]')
    expect(explain([FILE], 'credentials.user').value).toBe('app')
  })

  it.each([
    ['http://login.example/', true],
    ['HTTP://10.0.0.1', true],
    ['http://localhost.example', true],
    ['http://127.0.0.1.example', true],
    ['http://[', true],
    ['https://login.example', false],
    ['http://localhost:8080/token', false],
    ['http://127.0.0.1', false],
    ['http://[::1]/', false],
  ])('say of a provider at %s that it is unsafe: %s', (url, unsafe) => {
    const names = ['provider', 'authority', 'authorizationUrl', 'tokenUrl', 'deviceAuthorizationUrl']
    const profile = { oauth2: Object.fromEntries(names.map((name) => [name, url])) }
    expect(weaknesses(profile).map(({ path }) => path)).toEqual(
      unsafe ? [...SETTINGS.keys()].filter((path) => names.some((name) => path === `oauth2.${name}`)) : [],
    )
  })

  it('tell what weakens a check', () => {
    const weak = weaknesses({
      security: 'none',
      tls: { rejectUnauthorized: false, verifyHost: true, minVersion: 'TLSv1' },
      credentials: { allowCleartextAuth: false, ntlm: { version: 1 } },
    })
    expect(weak.map(({ path }) => path)).toEqual([
      'security',
      'tls.minVersion',
      'tls.rejectUnauthorized',
      'credentials.ntlm.version',
    ])
  })
})

describe('the environment', () => {
  it('has a name for every setting', () => {
    expect([
      ...environmentValues({
        POSTHORN_CREDENTIALS_MECHANISMS: 'PLAIN, LOGIN',
        POSTHORN_TLS_VERIFY_HOST: 'no',
        POSTHORN_CREDENTIALS_PASSWORD: 'Geheim',
        POSTHORN_PASSWORD: 'Geheim 2',
        POSTHORN_SOMEBODY_ELSES: '1',
      }),
    ]).toEqual([
      ['credentials.mechanisms', ['PLAIN', 'LOGIN']],
      ['tls.verifyHost', false],
      ['credentials.password', 'env:POSTHORN_CREDENTIALS_PASSWORD'],
    ])
  })

  it('refuses a name that is near to one of ours, and a value of another kind, without repeating it', () => {
    expect(() => [...environmentValues({ POSTHORN_RELAY_PROT: '25' })]).toThrow('POSTHORN_RELAY_PROT: is no setting')
    expect(() => [...environmentValues({ POSTHORN_RELAY_PORT: 'Geheim' })]).toThrow(
      /^relay\.port: must be a whole number$/,
    )
  })
})

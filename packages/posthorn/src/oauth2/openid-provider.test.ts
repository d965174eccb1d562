import { generateKeyPairSync } from 'node:crypto'
import { privateKeyOf } from '@posthorn/certificate'
import type { Configuration, Provider as OidcProvider } from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { OpenIdProvider, ScriptedBrowser } from '../../test/oauth2/openid-provider.js'
import { rejection } from '../../test/oauth2/rejection.js'
import { TestClock } from '../../test/oauth2/test-clock.js'
import { systemClock } from './clock.js'
import type { DeviceCode } from './grant.js'
import { MemoryTokenStore } from './memory-token-store.js'
import { TokenManager } from './token-manager.js'
import type { TokenOptions } from './token-options.js'

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const application = (id: string, method: 'client_secret_basic' | 'client_secret_post') => ({
  client_id: id,
  client_secret: 'a secret:+/&=%',
  scope: 'mail',
  token_endpoint_auth_method: method,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
})
const configuration: Configuration = {
  clients: [
    application('basic', 'client_secret_basic'),
    application('post', 'client_secret_post'),
    {
      client_id: 'signed',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...keys.publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
    {
      client_id: 'native',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      redirect_uris: ['http://127.0.0.1/callback'],
      response_types: ['code'],
    },
  ],
  scopes: ['openid', 'offline_access', 'mail'],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  features: { clientCredentials: { enabled: true }, deviceFlow: { enabled: true } },
  issueRefreshToken: async () => true,
  cookies: { keys: ['test'] },
  ttl: {
    AccessToken: 600,
    ClientCredentials: 600,
    RefreshToken: 6000,
    Grant: 6000,
    Session: 6000,
    Interaction: 600,
    DeviceCode: 600,
  },
}

describe('with the oidc-provider package', () => {
  let server: OpenIdProvider
  let requests = 0

  beforeAll(async () => {
    for (const name of ['info', 'warn'] as const) vi.spyOn(console, name).mockImplementation(() => {}) // it says it is for tests
    server = await OpenIdProvider.start(configuration)
    server.provider.on('grant.success', () => requests++)
  })
  afterAll(async () => {
    await server.close()
    vi.restoreAllMocks()
  })

  const manager = (options: Omit<TokenOptions, 'provider'>) =>
    new TokenManager({ provider: { issuer: server.issuer }, ...options })

  /** Whether the provider knows the token, and whose it is. */
  const known = async (token: { reveal(): string }, provider: OidcProvider = server.provider) =>
    (await provider.ClientCredentials.find(token.reveal())) ?? (await provider.AccessToken.find(token.reveal()))

  it.each([
    ['basic', { clientSecret: 'a secret:+/&=%' }],
    ['post', { clientSecret: 'a secret:+/&=%', clientSecretMethod: 'post' }],
    ['signed', { clientCertificate: { identity: privateKeyOf(keys.privateKey) } }],
  ] as const)('client credentials, the client being %s', async (clientId, proof) => {
    const given = await manager({ clientId, ...proof, grant: { type: 'client-credentials' }, scope: 'mail' }).token()
    expect(await known(given.token)).toMatchObject({ clientId, scope: 'mail' })
    expect(given.expiresAt).toBeTypeOf('number')
    const wrong = manager({
      clientId,
      ...(clientId === 'signed'
        ? {
            clientCertificate: {
              identity: privateKeyOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
            },
          }
        : { ...proof, clientSecret: 'wrong' }),
      grant: { type: 'client-credentials' },
    })
    expect(await rejection(wrong.token())).toMatchObject({ code: 'oauth2.invalid-client' })
  })

  it('authorization code with PKCE, then refresh tokens that rotate', async () => {
    let page: ReturnType<ScriptedBrowser['open']> | undefined
    const open = (url: string) => void (page = new ScriptedBrowser().open(url))
    const grant = { type: 'authorization-code', browser: { open, path: '/callback' } } as const
    const store = new MemoryTokenStore()
    const clock = { ...systemClock, ahead: 0, now: () => Date.now() + clock.ahead }
    const options = { clientId: 'native', scope: 'openid offline_access mail', store, credential: 'ann', clock }
    const before = requests
    const first = await manager({ ...options, grant }).token()
    expect((await page!).text).toContain('Signed in')
    expect(await known(first.token)).toMatchObject({ clientId: 'native', accountId: 'ann' })
    const refreshTokens = [(await store.read('ann'))!.refreshToken!.reveal()]
    // one sign-in serves as long as its refresh tokens go on, without a browser
    for (let round = 0; round < 3; round++) {
      clock.ahead += 601_000
      const next = await manager({ ...options, grant: { type: 'authorization-code' } }).token()
      expect(await known(next.token)).toMatchObject({ accountId: 'ann' })
      refreshTokens.push((await store.read('ann'))!.refreshToken!.reveal())
    }
    expect(new Set(refreshTokens).size).toBe(4)
    expect(requests - before).toBe(4)
    // a stolen one: the provider takes back all of them, and says so
    await store.write('ann', { obtainedAt: 0, refreshToken: (await store.read('ann'))!.previousRefreshToken })
    const error = await rejection(manager({ ...options, grant: { type: 'authorization-code' } }).token())
    expect(error).toMatchObject({ code: 'oauth2.invalid-grant' })
  })

  it('device code', async () => {
    const clock = new TestClock()
    clock.time = Date.now()
    const pages: string[] = []
    const show = async ({ verificationUriComplete }: DeviceCode) => {
      const { text } = await new ScriptedBrowser().open(verificationUriComplete!)
      pages.push(text)
    }
    const given = await manager({
      clientId: 'native',
      scope: 'openid mail',
      grant: { type: 'device-code', show },
      clock,
    }).token()
    expect(pages[0]).toContain('successful')
    expect(await known(given.token)).toMatchObject({ clientId: 'native', accountId: 'ann' })
    expect(clock.waits).toEqual([5_000])
  })

  it('refuses another issuer, and says what it is', async () => {
    const grant = { type: 'client-credentials' } as const
    const other = server.issuer.replace('127.0.0.1', 'localhost')
    const m = new TokenManager({ provider: { issuer: other }, clientId: 'basic', clientSecret: 'x', grant })
    expect(await rejection(m.token())).toMatchObject({ code: 'oauth2.discovery', outcome: 'permanent' })
    const nowhere = new TokenManager({
      provider: { issuer: `${server.issuer}/nothing` },
      clientId: 'basic',
      grant,
    })
    expect(await rejection(nowhere.token())).toMatchObject({ code: 'oauth2.discovery' })
  })

  it('names a scope the client may not have', async () => {
    const m = manager({
      clientId: 'basic',
      clientSecret: 'a secret:+/&=%',
      grant: { type: 'client-credentials' },
      scope: 'openid',
    })
    expect(await rejection(m.token())).toMatchObject({ code: 'oauth2.invalid-scope' })
  })
})

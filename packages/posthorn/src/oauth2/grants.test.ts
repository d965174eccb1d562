import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { privateKeyOf, type Certificate, type Identity, type PrivateKey } from '@posthorn/certificate'
import { Secret } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { expectNoSecret, rejection } from '../../test/oauth2/rejection.js'
import { TestClock } from '../../test/oauth2/test-clock.js'
import { refusal, token, TokenEndpoint } from '../../test/oauth2/token-endpoint.js'
import { providerForAuthority } from './provider-for-authority.js'
import { tokenSource } from './token-source.js'
import type { TokenOptions } from './token-options.js'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

async function oneToken(options: TokenOptions): Promise<string> {
  const given = await tokenSource({ clock: new TestClock(), ...options })()
  if (typeof given === 'string' || given instanceof Secret) throw new Error('not with its end')
  return Secret.of(given.token).reveal()
}

/** The two parts of a JWT that can be read, after its signature was checked. */
function verified(jwt: string, key: Parameters<typeof verify>[2], digest: string | null) {
  const [header, claims, signature] = jwt.split('.')
  expect(verify(digest, Buffer.from(`${header}.${claims}`), key, Buffer.from(signature!, 'base64url'))).toBe(true)
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  return { header: read(header!), claims: read(claims!) }
}

describe('client credentials', () => {
  it('[part of beyondtrust.oauth2.ClientId] [part of beyondtrust.oauth2.ClientSecret] go to the token endpoint by Basic', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const { provider } = endpoint
    const grant = { type: 'client-credentials' } as const
    expect(await oneToken({ provider, grant, clientId: 'my app', clientSecret: new Secret('s:ö+/&') })).toBe('t')
    const [asked] = endpoint.asked
    const basic = Buffer.from(asked!.headers.authorization!.slice(6), 'base64').toString()
    expect(basic).toBe('my+app:s%3A%C3%B6%2B%2F%26')
    expect(endpoint.forms).toEqual([{ grant_type: 'client_credentials' }])
    expect(asked).toMatchObject({ method: 'POST', path: '/token' })
  })

  it('[part of genesys.extra.grant-type] [part of genesys.option.client-id] go in the body as Microsoft has it', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const provider = providerForAuthority(endpoint.url, { tenant: 'contoso.onmicrosoft.com' })
    await oneToken({ provider, grant: { type: 'client-credentials' }, clientId: 'app-id', clientSecret: 'x' })
    expect(endpoint.asked[0]?.path).toBe('/contoso.onmicrosoft.com/oauth2/v2.0/token')
    expect(endpoint.forms[0]).toEqual({
      grant_type: 'client_credentials',
      client_id: 'app-id',
      client_secret: 'x',
      scope: 'https://outlook.office365.com/.default',
    })
  })

  it('[part of genesys.behaviour.microsoft-mode] asks for Graph as application, and for EWS with user and password', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const graph = providerForAuthority(endpoint.url, { tenant: 'dir-1', use: 'graph' })
    await oneToken({ provider: graph, grant: { type: 'client-credentials' }, clientId: 'a', clientSecret: 'p' })
    const ews = providerForAuthority(endpoint.url, { tenant: 'dir-1', use: 'ews' })
    await oneToken({
      provider: ews,
      grant: { type: 'password', user: 'box@contoso.test', password: 'p' },
      clientId: 'a',
      scope: 'https://outlook.office.com/.default',
    })
    expect(endpoint.forms).toEqual([
      {
        grant_type: 'client_credentials',
        client_id: 'a',
        client_secret: 'p',
        scope: 'https://graph.microsoft.com/.default',
      },
      {
        grant_type: 'password',
        client_id: 'a',
        username: 'box@contoso.test',
        password: 'p',
        scope: 'https://outlook.office.com/.default',
      },
    ])
  })

  it('[part of beyondtrust.oauth2.AuthorizationScope] [part of genesys.option.scope] have the scope, or none', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const common = { provider: endpoint.provider, grant: { type: 'client-credentials' }, clientId: 'a' } as const
    for (const scope of ['one two', ['one', 'two'], '', undefined])
      await oneToken({ ...common, ...(scope === undefined ? {} : { scope }) })
    expect(endpoint.forms.map((form) => form['scope'])).toEqual(['one two', 'one two', undefined, undefined])
  })

  it('can carry parameters of their own', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const parameters = { audience: 'https://mail.example.test' }
    await oneToken({ provider: endpoint.provider, grant: { type: 'client-credentials' }, clientId: 'a', parameters })
    expect(endpoint.forms[0]).toMatchObject(parameters)
  })
})

describe('an assertion in place of a secret', () => {
  const certificate = (publicKey: Certificate['publicKey']) =>
    ({ der: Buffer.from('der'), publicKey }) as unknown as Certificate

  it('is signed by the certificate, with the header Microsoft asks for', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const clock = new TestClock()
    const issuer = { der: Buffer.from('issuer') } as unknown as Certificate
    const identity: Identity = {
      certificate: certificate(rsa.publicKey),
      privateKey: privateKeyOf(rsa.privateKey),
      chain: [issuer],
    }
    const provider = providerForAuthority(endpoint.url, { tenant: 'dir' })
    const grant = { type: 'client-credentials' } as const
    await oneToken({ provider, grant, clientId: 'app', clock, clientCertificate: { identity, sendChain: true } })
    const [form] = endpoint.forms
    expect(form).toMatchObject({
      client_id: 'app',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    })
    expect(form).not.toHaveProperty('client_secret')
    const key = { key: rsa.publicKey, padding: 6, saltLength: 32 }
    const { header, claims } = verified(form!['client_assertion']!, key, 'sha256')
    expect(header).toEqual({
      alg: 'PS256',
      typ: 'JWT',
      'x5t#S256': createHash('sha256').update('der').digest('base64url'),
      x5c: [Buffer.from('der').toString('base64'), Buffer.from('issuer').toString('base64')],
    })
    const seconds = clock.time / 1000
    expect(claims).toMatchObject({ iss: 'app', sub: 'app', aud: `${endpoint.url}/dir/oauth2/v2.0/token`, iat: seconds })
    expect(claims['exp']).toBe(seconds + 300)
    expect(claims['jti']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it.each([
    ['RS256', rsa, 'sha256', {}],
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sha256', { dsaEncoding: 'ieee-p1363' }],
    ['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'sha384', { dsaEncoding: 'ieee-p1363' }],
    ['ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' }), 'sha512', { dsaEncoding: 'ieee-p1363' }],
    ['EdDSA', generateKeyPairSync('ed25519'), null, {}],
  ] as const)('is %s by a key of that kind', async (alg, pair, digest, how) => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const { provider } = endpoint
    for (let round = 0; round < 5; round++) {
      const clientCertificate = { identity: privateKeyOf(pair.privateKey), keyId: 'key-1' }
      await oneToken({ provider, grant: { type: 'client-credentials' }, clientId: 'app', clientCertificate })
      const assertion = endpoint.forms.at(-1)!['client_assertion']!
      const { header, claims } = verified(assertion, { key: pair.publicKey, ...how }, digest)
      expect(header).toEqual({ alg, typ: 'JWT', kid: 'key-1' })
      expect(claims['aud']).toBe(provider.tokenUrl)
    }
  })

  it('is made by a key in a token, which never shows itself', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const inside = privateKeyOf(rsa.privateKey)
    const sign: PrivateKey['sign'] = (octets, algorithm) => inside.sign(octets, algorithm)
    const identity: Identity = { certificate: certificate(rsa.publicKey), privateKey: { type: 'rsa', sign }, chain: [] }
    const clientCertificate = { identity, thumbprint: 'sha1' } as const
    await oneToken({
      provider: endpoint.provider,
      grant: { type: 'client-credentials' },
      clientId: 'app',
      clientCertificate,
    })
    const { header } = verified(endpoint.forms[0]!['client_assertion']!, rsa.publicKey, 'sha256')
    expect(Buffer.from(header['x5t'] as string, 'base64url')).toHaveLength(20)
  })

  it('cannot be made by an algorithm that does not go with the key', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const clientCertificate = { identity: privateKeyOf(rsa.privateKey), algorithm: 'ES256' } as const
    const grant = { type: 'client-credentials' } as const
    const error = await rejection(oneToken({ provider: endpoint.provider, grant, clientId: 'a', clientCertificate }))
    expect(error).toMatchObject({ code: 'oauth2.settings', field: 'clientCertificate' })
  })

  it('comes from a file or a function, anew for each request', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    await using folder = await Folder.make()
    const file = folder.file('federated')
    await writeFile(file, 'aa.bb.cc\n')
    const common = { provider: endpoint.provider, grant: { type: 'client-credentials' }, clientId: 'a' } as const
    await oneToken({ ...common, clientAssertion: { file } })
    await oneToken({ ...common, clientAssertion: async () => new Secret('dd.ee.ff') })
    expect(endpoint.forms.map((form) => form['client_assertion'])).toEqual(['aa.bb.cc', 'dd.ee.ff'])
    const failing = [
      { file: folder.file('absent') },
      () => 'no jwt, but a secret',
      () => Promise.reject(new Error('aa.bb.cc is what I have')),
    ]
    for (const clientAssertion of failing) {
      const error = await rejection(oneToken({ ...common, clientAssertion }))
      expect(error.code).toBe('oauth2.assertion')
      expectNoSecret(error, ['no jwt, but a secret', 'aa.bb.cc'])
    }
  })

  it('is made again by the time of the provider when the clocks differ', async () => {
    const clock = new TestClock()
    const behind = 600_000
    await using endpoint = await TokenEndpoint.start(({ form }) => {
      const claims = JSON.parse(Buffer.from(form.get('client_assertion')!.split('.')[1]!, 'base64url').toString()) as {
        iat: number
      }
      const there = clock.time + behind
      if (Math.abs(there / 1000 - claims.iat) < 60) return token('t')
      return {
        ...(refusal('invalid_client', 'AADSTS700024: not within its valid time range') as object),
        headers: { Date: new Date(there).toUTCString() },
      }
    })
    const clientCertificate = { identity: privateKeyOf(rsa.privateKey) }
    const options = {
      provider: endpoint.provider,
      grant: { type: 'client-credentials' },
      clientId: 'a',
      clock,
      clientCertificate,
    } as const
    expect(await oneToken(options)).toBe('t')
    expect(endpoint.asked).toHaveLength(2)
  })
})

describe('the password grant', () => {
  it('[part of genesys.option.password] sends user and password, and keeps neither nor a refresh token', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t', { refresh_token: 'rt' }))
    const grant = { type: 'password', user: 'ann', password: new Secret('pa ss') } as const
    await oneToken({ provider: endpoint.provider, grant, clientId: 'a', scope: 's' })
    expect(endpoint.forms).toEqual([
      { grant_type: 'password', client_id: 'a', username: 'ann', password: 'pa ss', scope: 's' },
    ])
  })
})

describe('a Google service account', () => {
  const json = (tokenUri: string, more: object = {}) =>
    JSON.stringify({
      type: 'service_account',
      client_email: 'robot@project.iam.gserviceaccount.test',
      private_key_id: 'kid-1',
      private_key: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      token_uri: tokenUri,
      ...more,
    })

  it('exchanges an assertion signed by the key file, for the mailbox of the subject', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    await using folder = await Folder.make()
    await writeFile(folder.file('key.json'), json(endpoint.provider.tokenUrl))
    const clock = new TestClock()
    const grant = {
      type: 'service-account',
      key: { file: folder.file('key.json') },
      subject: 'ann@example.test',
    } as const
    expect(await oneToken({ grant, scope: 'https://mail.google.com/', clock })).toBe('t')
    const [form] = endpoint.forms
    expect(Object.keys(form!).sort()).toEqual(['assertion', 'grant_type'])
    expect(form!['grant_type']).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const { header, claims } = verified(form!['assertion']!, createPublicKey(rsa.privateKey), 'sha256')
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'kid-1' })
    expect(claims).toEqual({
      iss: 'robot@project.iam.gserviceaccount.test',
      sub: 'ann@example.test',
      scope: 'https://mail.google.com/',
      aud: endpoint.provider.tokenUrl,
      iat: clock.time / 1000 - 30,
      exp: clock.time / 1000 - 30 + 3600,
    })
  })

  it('says what is wrong with a key file, and repeats nothing of it', async () => {
    const secret = 'PRIVATE-OCTETS'
    const bad = [secret, '{}', json('http://elsewhere.example/token'), json('https://x.test/', { private_key: secret })]
    for (const text of bad) {
      const error = await rejection(oneToken({ grant: { type: 'service-account', key: { json: text } } }))
      expect(error.code).toMatch(/^oauth2\.(service-account|settings)$/)
      expectNoSecret(error, [secret])
    }
    const absent = { type: 'service-account', key: { file: '/nowhere/key.json' } } as const
    expect(await rejection(oneToken({ grant: absent }))).toMatchObject({ code: 'oauth2.service-account' })
  })
})

describe('an authorization given by hand', () => {
  it.each(['Bearer abc.def', 'abc.def', ' bearer  abc.def '])(
    '[part of beyondtrust.oauth2.AuthenticationValue] is used as it is: %j',
    async (authorization) => {
      expect(await oneToken({ grant: { type: 'given', authorization } })).toBe('abc.def')
    },
  )

  it('is not given again once it was refused', async () => {
    const source = tokenSource({ grant: { type: 'given', authorization: 'abc.def' } })
    const error = await rejection(source({ rejected: new Secret('abc.def') }))
    expect(error).toMatchObject({ code: 'oauth2.rejected', outcome: 'permanent' })
    expectNoSecret(error, ['abc.def'])
  })

  it('tells its end when it can be read', async () => {
    const claims = Buffer.from(JSON.stringify({ exp: 2_000_000_000 })).toString('base64url')
    const source = tokenSource({ grant: { type: 'given', authorization: `eyJ.${claims}.sig` } })
    expect(await source()).toMatchObject({ expiresAt: 2_000_000_000_000 })
  })
})

describe('settings that cannot work', () => {
  const grant = { type: 'client-credentials' } as const
  const provider = { tokenUrl: 'https://login.example.test/token' }
  it.each<[string, TokenOptions]>([
    ['clientId', { provider, grant }],
    ['provider', { grant, clientId: 'a' }],
    ['provider.tokenUrl', { provider: { tokenUrl: 'http://login.example.test/token' }, grant, clientId: 'a' }],
    ['provider.tokenUrl', { provider: { tokenUrl: 'https://u:p@login.example.test/' }, grant, clientId: 'a' }],
    ['provider.issuer', { provider: { issuer: 'ftp://x' }, grant, clientId: 'a' }],
    ['provider.authorizationUrl', { provider: { ...provider, authorizationUrl: 'nonsense' }, grant, clientId: 'a' }],
    ['clientSecret', { provider, grant, clientId: 'a', clientSecret: 's', clientAssertion: { file: 'f' } }],
    ['grant.password', { provider, grant: { type: 'password', user: 'u', password: '' }, clientId: 'a' }],
    ['grant.refreshToken', { provider, grant: { type: 'refresh-token', refreshToken: '' }, clientId: 'a' }],
    ['grant.authorization', { grant: { type: 'given', authorization: 'Basic abc' } }],
    ['grant.authorization', { grant: { type: 'given', authorization: 'a\u0001b' } }],
    ['grant', { grant: { type: 'magic' } as never }],
    ['web.timeoutMs', { provider, grant, clientId: 'a', web: { timeoutMs: 0 } }],
  ])('[part of beyondtrust.oauth2.ServerTokenURL] are refused at once: %s', (field, options) => {
    expect(() => tokenSource(options)).toThrow(expect.objectContaining({ code: 'oauth2.settings', field }) as Error)
  })

  it.each(['http://127.0.0.1:8080/token', 'http://localhost/token', 'http://[::1]/token'])(
    'take http on this machine: %s',
    (tokenUrl) => {
      expect(tokenSource({ provider: { tokenUrl }, grant, clientId: 'a' })).toBeTypeOf('function')
    },
  )
})

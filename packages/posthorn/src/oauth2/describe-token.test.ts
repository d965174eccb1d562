import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectNoSecret } from '../../test/oauth2/rejection.js'
import { describeToken } from './describe-token.js'

const jwt = (claims: unknown) => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`
}

describe('describeToken', () => {
  it('reads what a token of Microsoft for an application says', () => {
    const token = jwt({
      aud: 'https://outlook.office365.com',
      iss: 'https://sts.windows.net/tenant-1/',
      iat: 1_700_000_000,
      nbf: 1_700_000_000,
      exp: 1_700_003_600,
      appid: 'app-1',
      roles: ['SMTP.SendAsApp'],
      tid: 'tenant-1',
    })
    expect(describeToken(token)).toEqual({
      form: 'jwt',
      audience: ['https://outlook.office365.com'],
      scopes: [],
      roles: ['SMTP.SendAsApp'],
      issuer: 'https://sts.windows.net/tenant-1/',
      tenant: 'tenant-1',
      application: 'app-1',
      user: undefined,
      issuedAt: 1_700_000_000_000,
      notBefore: 1_700_000_000_000,
      expiresAt: 1_700_003_600_000,
    })
  })

  it('reads delegated scopes and the user', () => {
    const token = jwt({ aud: ['a', 'b'], scp: 'SMTP.Send User.Read', upn: 'ann@example.test' })
    expect(describeToken(token)).toMatchObject({
      audience: ['a', 'b'],
      scopes: ['SMTP.Send', 'User.Read'],
      user: 'ann@example.test',
    })
  })

  it.each(['', 'ya29.a0AfH6SMB', 'a.b', 'a.b.c', `${'x'.repeat(200_000)}.e30.x`, jwt([]), jwt(null), jwt('text')])(
    'takes what it cannot read for opaque',
    (token) => {
      expect(describeToken(token)).toMatchObject({ form: 'opaque', audience: [], expiresAt: undefined })
    },
  )

  it('takes any claims, and never gives the token away', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('aud', 'scp', 'scope', 'roles', 'iss', 'exp', 'tid', 'sub'), fc.jsonValue()),
        (claims) => {
          const token = jwt(claims)
          expectNoSecret(describeToken(token), [token])
        },
      ),
    )
    expect(describeToken(jwt({ sub: 'x\u001b[31m', aud: Array(1000).fill('a') }))).toMatchObject({ user: 'x [31m' })
    expect(describeToken(jwt({ aud: Array(1000).fill('a') })).audience).toHaveLength(50)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { context, text } from '../test/context.js'
import { oauthbearer } from './oauthbearer.js'
import { tokenFailure } from './token-failure.js'
import { xoauth2 } from './xoauth2.js'

const FAILURE =
  '{"status":"invalid_token","scope":"mail.send","openid-configuration":"https://id.example.test/.well-known/openid-configuration"}'
const bearer = (more: Parameters<typeof context>[0] = {}) =>
  context({
    password: undefined,
    accessToken: () => 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==',
    user: 'user@example.com',
    ...more,
  })

describe('OAUTHBEARER', () => {
  it('is the message of RFC 7628 4.1', async () => {
    const exchange = (await oauthbearer.begin(bearer({ host: 'server.example.com', port: 143 })))!
    expect(await text(exchange.initial())).toBe(
      'n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01',
    )
    expect(exchange.mayEnd()).toBe(true)
  })

  it('answers a refusal with ^A, once, and tells what was said (RFC 7628 3.2)', async () => {
    const exchange = (await oauthbearer.begin(bearer()))!
    expect(await text(exchange.respond(Buffer.from(FAILURE)))).toBe('\x01')
    expect(exchange.mayEnd()).toBe(false)
    expect(exchange.failure?.()).toBe(
      'status invalid_token, scope mail.send, openid-configuration https://id.example.test/.well-known/openid-configuration',
    )
    expect(await exchange.respond(Buffer.from(FAILURE))).toBeNull()
  })

  it('escapes the identity, and may leave it out', async () => {
    const first = async (more: Parameters<typeof context>[0]) =>
      (await text((await oauthbearer.begin(bearer(more)))!.initial()))!.split('\x01')[0]
    expect(await first({ user: 'a=b,c' })).toBe('n,a=a=3Db=2Cc,')
    expect(await first({ user: 'a', authorizationId: 'shop' })).toBe('n,a=shop,')
    expect(await first({ user: '' })).toBe('n,,')
  })

  it('suits a token alone, without ^A in it', () => {
    expect(oauthbearer.begin(context())).toBeNull()
    expect(() => oauthbearer.begin(bearer({ accessToken: () => 'a\x01b' }))).toThrow(
      expect.objectContaining({ code: 'credentials.control-character' }) as Error,
    )
  })
})

describe('XOAUTH2', () => {
  it('is user and token, and answers a refusal with an empty line [part of beyondtrust.server.auth.XOAUTH2]', async () => {
    const exchange = (await xoauth2.begin(bearer({ accessToken: () => 'ya29.x' })))!
    expect(await text(exchange.initial())).toBe('user=user@example.com\x01auth=Bearer ya29.x\x01\x01')
    expect(
      await text(
        exchange.respond(Buffer.from('{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}')),
      ),
    ).toBe('')
    expect(exchange.failure?.()).toBe('status 400, scope https://mail.google.com/')
    expect(exchange.mayEnd()).toBe(false)
  })
})

describe('tokenFailure', () => {
  it.each([
    ['no JSON', ''],
    ['null', ''],
    ['"text"', ''],
    ['[]', ''],
    ['{"status":{"a":1}}', ''],
    ['{"status":401}', 'status 401'],
    ['{"scope":"a\\u0007\\u202eb"}', 'scope a??b'],
  ])('%s', (json, wanted) => {
    expect(tokenFailure(Buffer.from(json))).toBe(wanted)
  })

  it('never throws, and says nothing long', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (json) => {
        expect(tokenFailure(Buffer.from(json)).length).toBeLessThan(600)
      }),
    )
  })
})

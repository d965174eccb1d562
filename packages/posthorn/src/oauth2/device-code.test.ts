import { describe, expect, it } from 'vitest'
import { expectNoSecret, rejection } from '../../test/oauth2/rejection.js'
import { TestClock } from '../../test/oauth2/test-clock.js'
import { refusal, token, TokenEndpoint, type Answer } from '../../test/oauth2/token-endpoint.js'
import type { DeviceCode } from './grant.js'
import { TokenManager } from './token-manager.js'

const CODE = {
  device_code: 'the-device-code',
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://login.example.test/device',
  verification_uri_complete: 'https://login.example.test/device?user_code=WDJB-MJHT',
  expires_in: 900,
}

async function run(answers: readonly Answer[], code: object = CODE) {
  let next = 0
  const endpoint = await TokenEndpoint.start(({ path }) => (path === '/device' ? { json: code } : answers[next++]!))
  const clock = new TestClock()
  const shown: DeviceCode[] = []
  const manager = new TokenManager({
    provider: endpoint.provider,
    clientId: 'app',
    scope: 'mail',
    grant: { type: 'device-code', show: (each) => void shown.push(each) },
    credential: 'box',
    clock,
  })
  return { endpoint, clock, shown, manager }
}

describe('signing in with a device code', () => {
  it('shows the code, asks as often as it may, and gives the token', async () => {
    const { endpoint, clock, shown, manager } = await run(
      [refusal('authorization_pending'), refusal('slow_down'), refusal('authorization_pending'), token('t')],
      { ...CODE, interval: 3 },
    )
    await using server = endpoint
    const begin = clock.time
    expect((await manager.token()).token.reveal()).toBe('t')
    expect(shown).toEqual([
      {
        userCode: 'WDJB-MJHT',
        verificationUri: CODE.verification_uri,
        verificationUriComplete: CODE.verification_uri_complete,
        expiresAt: begin + 900_000,
      },
    ])
    expect(clock.waits).toEqual([3_000, 3_000, 8_000, 8_000])
    expect(server.forms[0]).toEqual({ client_id: 'app', scope: 'mail' })
    expect(server.forms[1]).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'the-device-code',
      client_id: 'app',
    })
  })

  it('waits five seconds unless told otherwise, and longer when the provider is in trouble', async () => {
    const { endpoint, clock, manager } = await run([
      { status: 503, text: '' },
      refusal('authorization_pending'),
      token('t'),
    ])
    await using _ = endpoint
    await manager.token()
    expect(clock.waits).toEqual([5_000, 10_000, 10_000])
  })

  it.each([
    ['expired_token', 'oauth2.device-expired'],
    ['access_denied', 'oauth2.denied'],
    ['authorization_declined', 'oauth2.denied'],
    ['invalid_client', 'oauth2.invalid-client'],
  ])('ends with %s', async (error, code) => {
    const { endpoint, manager } = await run([refusal('authorization_pending'), refusal(error, 'the-device-code')])
    await using _ = endpoint
    const thrown = await rejection(manager.token())
    expect(thrown).toMatchObject({ code })
    expectNoSecret(thrown, ['the-device-code'])
  })

  it('ends with the lifetime of the code, however long the provider goes on', async () => {
    const { endpoint, clock, manager } = await run(Array<Answer>(100).fill(refusal('authorization_pending')), {
      ...CODE,
      expires_in: 20,
    })
    await using _ = endpoint
    expect(await rejection(manager.token())).toMatchObject({ code: 'oauth2.device-expired' })
    expect(clock.waits).toEqual([5_000, 5_000, 5_000, 5_000])
  })

  it('ends with an abort', async () => {
    const { endpoint, manager } = await run([])
    await using _ = endpoint
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(manager.signIn({ signal })).rejects.toThrow('enough')
  })

  it.each([
    [{}],
    [{ ...CODE, device_code: '' }],
    [{ ...CODE, user_code: 5 }],
    [{ ...CODE, verification_uri: 'javascript:alert(1)' }],
  ])('refuses an answer such as %j', async (code) => {
    const { endpoint, manager } = await run([], code)
    await using _ = endpoint
    expect(await rejection(manager.token())).toMatchObject({ code: 'oauth2.response' })
  })

  it('takes Google’s name for the address, and cleans what is shown', async () => {
    const { verification_uri, ...rest } = CODE
    const { endpoint, shown, manager } = await run([token('t')], {
      ...rest,
      verification_url: verification_uri,
      user_code: 'A\u001b[2J',
    })
    await using _ = endpoint
    await manager.token()
    expect(shown[0]).toMatchObject({ userCode: 'A [2J', verificationUri: verification_uri })
  })
})

import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { TestClock } from '../../test/oauth2/test-clock.js'
import { token, TokenEndpoint } from '../../test/oauth2/token-endpoint.js'
import { TokenManager } from '../oauth2/token-manager.js'
import { tokenOptionsOf } from './token-options.js'

const relay = { host: 'relay.example.test' }

describe('tokenOptionsOf', () => {
  it('gives a manager what the profile says, to sign a person in and to keep the tokens beside it', async () => {
    await using folder = await Folder.make()
    await using endpoint = await TokenEndpoint.start(({ path }) =>
      path === '/device'
        ? {
            json: {
              device_code: 'd',
              user_code: 'U',
              verification_uri: 'https://x.example/',
              expires_in: 60,
              interval: 0,
            },
          }
        : token('t0', { refresh_token: 'r0' }),
    )
    const shown: string[] = []
    const oauth2 = {
      tokenUrl: `${endpoint.url}/token`,
      deviceAuthorizationUrl: `${endpoint.url}/device`,
      ...({ clientId: 'app', grant: 'device-code', scope: 'mail', store: 'tokens', credential: 'office' } as const),
    }
    const signIn = { show: ({ userCode }: { userCode: string }) => void shown.push(userCode) }
    const options = await tokenOptionsOf({ relay, oauth2 }, { directory: folder.path, signIn })
    expect(options).toMatchObject({
      clientId: 'app',
      scope: 'mail',
      credential: 'office',
      grant: { type: 'device-code' },
    })
    await new TokenManager({ ...options, clock: new TestClock() }).signIn()
    expect(shown).toEqual(['U'])
    expect(endpoint.forms[0]).toEqual({ client_id: 'app', scope: 'mail' })
    expect(await options.store!.read('office')).toMatchObject({ obtainedAt: expect.any(Number) as number })
  })

  it('says that a profile without oauth2 has none', async () => {
    await expect(tokenOptionsOf({ relay })).rejects.toMatchObject({ code: 'oauth2.settings', field: 'oauth2' })
  })
})

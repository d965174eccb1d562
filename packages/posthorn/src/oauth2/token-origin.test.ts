import { Secret } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { rejection } from '../../test/oauth2/rejection.js'
import { TestClock } from '../../test/oauth2/test-clock.js'
import { HOUR, manager, plain } from '../../test/oauth2/test-manager.js'
import { token, TokenEndpoint } from '../../test/oauth2/token-endpoint.js'
import { MemoryTokenStore } from './memory-token-store.js'
import type { StoredTokens } from './token-store.js'

describe('a name in a store', () => {
  it('does not hand on tokens of another client or scope that stand under the same name', async () => {
    await using endpoint = await TokenEndpoint.start(({ form }) => token(`for-${form.get('scope')}`))
    const clock = new TestClock()
    const more = { store: new MemoryTokenStore(), credential: 'mail', clientSecretMethod: 'post' } as const
    expect(await plain(manager(endpoint, clock, { ...more, scope: 'wrong' }).token())).toBe('for-wrong')
    expect(await plain(manager(endpoint, clock, { ...more, scope: 'right' }).token())).toBe('for-right')
    expect(await plain(manager(endpoint, clock, { ...more, scope: 'right' }).token())).toBe('for-right')
    expect(await plain(manager(endpoint, clock, { ...more, scope: 'right', clientId: 'other' }).token())).toBe(
      'for-right',
    )
    expect(endpoint.forms.map(({ scope, client_id }) => [scope, client_id])).toEqual([
      ['wrong', 'app'],
      ['right', 'app'],
      ['right', 'other'],
    ])
  })

  it('does not show the refresh token of one client to the provider of another', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const clock = new TestClock()
    const store = new MemoryTokenStore()
    const more = { store, credential: 'mail', grant: { type: 'authorization-code' } } as const
    const begun = await manager(endpoint, clock, more).beginSignIn({ redirectUri: 'https://mail.example.test/done' })
    const state = new URL(begun.url).searchParams.get('state')!
    await begun.finish(`https://mail.example.test/done?code=c&state=${state}`)
    await store.write('mail', {
      ...(await store.read('mail'))!,
      accessToken: undefined,
      refreshToken: new Secret('rt'),
    })
    const other = manager(endpoint, clock, { ...more, clientId: 'other' })
    expect(await rejection(other.token())).toMatchObject({ code: 'oauth2.interaction-needed' })
    expect(endpoint.asked).toHaveLength(1)
    expect(await plain(manager(endpoint, clock, more).token())).toBe('t')
    expect(endpoint.forms[1]).toMatchObject({ refresh_token: 'rt' })
  })

  it('says that nobody signs in with a grant that asks nobody', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const error = await rejection(manager(endpoint, new TestClock()).signIn())
    expect(error).toMatchObject({ code: 'oauth2.settings', field: 'grant' })
    expect(error.message).toContain('client-credentials')
  })
})

describe('tokens that could not be stored', () => {
  const old = (clock: TestClock): StoredTokens => ({
    accessToken: new Secret('at0'),
    obtainedAt: clock.now() - 2 * HOUR,
    expiresAt: clock.now() - HOUR,
    refreshToken: new Secret('rt0'),
  })

  /** Two processes that share a store; the first cannot write to it while `full` is set. */
  async function pair(endpoint: TokenEndpoint) {
    const clock = new TestClock()
    const shared = new MemoryTokenStore()
    await shared.write('box', old(clock))
    const disk = { full: true }
    const store = {
      read: (name: string) => shared.read(name),
      lock: <T>(name: string, run: () => Promise<T>) => shared.lock(name, run),
      write: (name: string, tokens: StoredTokens | undefined) =>
        disk.full ? Promise.reject(new Error('no room')) : shared.write(name, tokens),
    }
    const more = { credential: 'box', grant: { type: 'authorization-code' } } as const
    const [first, second] = [store, shared].map((each) => manager(endpoint, clock, { ...more, store: each }))
    const refreshToken = async () => (await shared.read('box'))?.refreshToken?.reveal()
    return { clock, disk, first: first!, second: second!, refreshToken }
  }

  const rotating = () => TokenEndpoint.start((_, index) => token(`at${index + 1}`, { refresh_token: `rt${index + 1}` }))

  it('are stored with the next request', async () => {
    await using endpoint = await rotating()
    const { disk, first, refreshToken } = await pair(endpoint)
    await expect(first.token()).rejects.toThrow('no room')
    disk.full = false
    expect(await plain(first.token())).toBe('at1')
    expect(await refreshToken()).toBe('rt1')
    expect(endpoint.asked).toHaveLength(1)
  })

  it('do not take the place of what another has stored meanwhile', async () => {
    await using endpoint = await rotating()
    const { disk, first, second, refreshToken } = await pair(endpoint)
    await expect(first.token()).rejects.toThrow('no room')
    expect(await plain(second.token())).toBe('at2')
    disk.full = false
    expect(await plain(first.token())).toBe('at2')
    expect(await refreshToken()).toBe('rt2')
  })

  it('do not come back after a sign-out elsewhere', async () => {
    await using endpoint = await rotating()
    const { disk, first, second, refreshToken } = await pair(endpoint)
    await expect(first.token()).rejects.toThrow('no room')
    await second.signOut()
    disk.full = false
    expect(await rejection(first.token())).toMatchObject({ code: 'oauth2.interaction-needed' })
    expect(await refreshToken()).toBeUndefined()
  })
})

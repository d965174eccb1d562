import { Secret } from '@posthorn/ground'
import { describe, expect, it, vi } from 'vitest'
import { rejection } from '../../test/oauth2/rejection.js'
import { TestClock } from '../../test/oauth2/test-clock.js'
import { HOUR, manager, plain } from '../../test/oauth2/test-manager.js'
import { refusal, token, TokenEndpoint } from '../../test/oauth2/token-endpoint.js'
import { MemoryTokenStore } from './memory-token-store.js'
import type { TokenEvent } from './token-options.js'

describe('TokenManager', () => {
  it('asks once however many ask at the same time, and not again before the margin', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) => token(`t${index}`))
    const clock = new TestClock()
    const m = manager(endpoint, clock)
    const all = await Promise.all(Array.from({ length: 20 }, () => plain(m.token())))
    expect(new Set(all)).toEqual(new Set(['t0']))
    clock.time += HOUR - 60_001
    expect(await plain(m.token())).toBe('t0')
    expect(endpoint.asked).toHaveLength(1)
    clock.time += 1
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => plain(m.token()))))).toEqual(new Set(['t1']))
    expect(endpoint.asked).toHaveLength(2)
  })

  it('[part of genesys.option.token-expiry-margin-time] keeps to the margin, at most a tenth of it earlier', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) => token(`t${index}`, { expires_in: 60 }))
    const clock = new TestClock()
    clock.chance = 0.99
    const m = manager(endpoint, clock, { expiryMarginMs: 10_000 })
    const begin = clock.time
    expect((await m.token()).expiresAt).toBe(begin + 60_000)
    clock.time = begin + 49_000
    expect(await plain(m.token())).toBe('t0')
    clock.time = begin + 51_000
    expect(await plain(m.token())).toBe('t1')
    for (const expiryMarginMs of [HOUR, -1, Number.NaN]) {
      expect(() => manager(endpoint, clock, { expiryMarginMs })).toThrow(/expiryMarginMs: must be less than an hour/)
    }
  })

  it('does not renew a token that lives shorter than the margin for every session', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) => token(`t${index}`, { expires_in: 30 }))
    const clock = new TestClock()
    const m = manager(endpoint, clock)
    await m.token()
    clock.time += 14_000
    await m.token()
    expect(endpoint.asked).toHaveLength(1)
  })

  it.each([undefined, 'soon', -5, 0, null, {}, ''])(
    'takes %j for an unknown lifetime, and renews within the hour',
    async (lifetime) => {
      await using endpoint = await TokenEndpoint.start((_, index) => token(`t${index}`, { expires_in: lifetime }))
      const clock = new TestClock()
      const m = manager(endpoint, clock)
      expect(await m.token()).not.toHaveProperty('expiresAt')
      clock.time += HOUR - 61_000
      expect(await plain(m.token())).toBe('t0')
      clock.time += 2_000
      expect(await plain(m.token())).toBe('t1')
    },
  )

  it('takes a lifetime in a string, and cuts an endless one to a year', async () => {
    const lifetimes = ['1800', 1e300]
    await using endpoint = await TokenEndpoint.start((_, index) => token(`t${index}`, { expires_in: lifetimes[index] }))
    const clock = new TestClock()
    const m = manager(endpoint, clock)
    const first = await m.token()
    expect(first.expiresAt).toBe(clock.time + 1_800_000)
    expect((await m.token({ rejected: first.token })).expiresAt).toBe(clock.time + 365 * 24 * HOUR)
  })

  it('renews once for a rejected token however many report it, and gives the new one to those who come late', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) => token(`t${index}`))
    const m = manager(endpoint, new TestClock())
    const first = await m.token()
    const all = await Promise.all(Array.from({ length: 10 }, () => plain(m.token({ rejected: first.token }))))
    expect(new Set(all)).toEqual(new Set(['t1']))
    expect(await plain(m.token({ rejected: first.token }))).toBe('t1')
    expect(endpoint.asked).toHaveLength(2)
  })

  it('says so when the provider gives the rejected token again, and stops asking when every one is rejected', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) => token(index < 2 ? 'same' : `t${index}`))
    const clock = new TestClock()
    const m = manager(endpoint, clock)
    const first = await m.token()
    expect(await rejection(m.token({ rejected: first.token }))).toMatchObject({ code: 'oauth2.rejected' })
    clock.time += 1_000
    let last = await m.token({ rejected: first.token })
    last = await m.token({ rejected: last.token })
    const error = await rejection(m.token({ rejected: last.token }))
    expect(error).toMatchObject({ code: 'oauth2.rejected', outcome: 'permanent' })
    expect(error.message).toContain('new ones are refused as well')
    expect(endpoint.asked).toHaveLength(4)
    clock.time += 61_000
    expect(await plain(m.token({ rejected: last.token }))).toBe('t4')
  })

  it('lets one waiter leave without taking the request from the others', async () => {
    let answer = () => {}
    const held = new Promise<void>((resolve) => (answer = resolve))
    await using endpoint = await TokenEndpoint.start(async () => {
      await held
      return token('t')
    })
    const m = manager(endpoint, new TestClock())
    const leaving = new AbortController()
    const left = m.token({ signal: leaving.signal })
    const staying = m.token()
    leaving.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    answer()
    expect(await plain(staying)).toBe('t')
    expect(endpoint.asked).toHaveLength(1)
  })

  it('gives up the request when all have left, and begins anew for the next one', async () => {
    let arrived = () => {}
    const first = new Promise<void>((resolve) => (arrived = resolve))
    await using endpoint = await TokenEndpoint.start((_, index) => {
      arrived()
      return index === 0 ? 'hold' : token('second')
    })
    const m = manager(endpoint, new TestClock())
    const leaving = new AbortController()
    const left = m.token({ signal: leaving.signal })
    await first
    leaving.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    expect(await plain(m.token())).toBe('second')
  })

  it('hands a failure to all who wait and holds it back for a while, longer each time', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) =>
      index < 3 ? { status: 503, text: 'down' } : token('up'),
    )
    const clock = new TestClock()
    const m = manager(endpoint, clock)
    const errors = await Promise.all(Array.from({ length: 10 }, () => rejection(m.token())))
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['oauth2.unavailable']))
    expect(errors[0]).toMatchObject({ outcome: 'transient', phase: 'auth' })
    await rejection(m.token())
    expect(endpoint.asked).toHaveLength(1)
    clock.time += 1_000
    await rejection(m.token())
    expect(endpoint.asked).toHaveLength(2)
    clock.time += 1_999
    await rejection(m.token())
    expect(endpoint.asked).toHaveLength(2)
    clock.time += 1
    await rejection(m.token())
    clock.time += 4_000
    expect(await plain(m.token())).toBe('up')
    expect(endpoint.asked).toHaveLength(4)
  })

  it('waits as long as a busy provider asks', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) =>
      index === 0 ? { status: 429, text: '', headers: { 'Retry-After': '30' } } : token('t'),
    )
    const clock = new TestClock()
    const m = manager(endpoint, clock)
    await rejection(m.token())
    clock.time += 29_000
    await rejection(m.token())
    expect(endpoint.asked).toHaveLength(1)
    clock.time += 1_000
    expect(await plain(m.token())).toBe('t')
  })

  it('goes on with the token it has when it cannot be renewed early, until its end', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) =>
      index === 0 ? token('old') : { status: 500, text: '' },
    )
    const clock = new TestClock()
    const events: TokenEvent[] = []
    const m = manager(endpoint, clock, { onEvent: (event) => events.push(event) })
    const { token: old } = await m.token()
    clock.time += HOUR - 30_000
    expect(await plain(m.token())).toBe('old')
    expect(await plain(m.token())).toBe('old')
    expect(endpoint.asked).toHaveLength(2)
    expect(events.map(({ type }) => type)).toEqual(['renewed', 'failed'])
    expect(events[1]).toMatchObject({ code: 'oauth2.unavailable', kept: true })
    expect(await rejection(m.token({ rejected: old }))).toMatchObject({ code: 'oauth2.unavailable' })
    clock.time += 26_000
    expect(await rejection(m.token())).toMatchObject({ code: 'oauth2.unavailable' })
  })

  it('does not trust a token from the future: the clock was turned back', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) => token(`t${index}`))
    const clock = new TestClock()
    const m = manager(endpoint, clock)
    await m.token()
    clock.time -= 24 * HOUR
    expect(await plain(m.token())).toBe('t1')
  })

  it('shares tokens through a store between sources of one credential', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) => token(`t${index}`))
    const clock = new TestClock()
    const store = new MemoryTokenStore()
    const [a, b] = [manager(endpoint, clock, { store }), manager(endpoint, clock, { store })]
    const other = manager(endpoint, clock, { store, scope: 'else' })
    expect(await Promise.all([plain(a.token()), plain(b.token())])).toEqual(['t0', 't0'])
    expect(await plain(other.token())).toBe('t1')
    const rejected = new Secret('t0')
    expect(await Promise.all([plain(a.token({ rejected })), plain(b.token({ rejected }))])).toEqual(['t2', 't2'])
    expect(endpoint.asked).toHaveLength(3)
  })

  it('asks again after a failure when the clock, a day ahead, was put right', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) =>
      index === 0 ? refusal('invalid_client') : token('t'),
    )
    const clock = new TestClock()
    clock.setForthMs = 24 * HOUR
    const m = manager(endpoint, clock)
    await rejection(m.token())
    clock.setForthMs = 0
    clock.time += 1_000
    expect(await plain(m.token())).toBe('t')
  })

  it('counts forced renewals by the time that passed, not by the clock', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) => token(`t${index}`))
    const clock = new TestClock()
    clock.setForthMs = 24 * HOUR
    const m = manager(endpoint, clock)
    let last = await m.token()
    for (let count = 0; count < 3; count++) last = await m.token({ rejected: last.token })
    clock.setForthMs = 0
    clock.time += HOUR
    expect(await plain(m.token({ rejected: last.token }))).toBe('t4')
  })

  it('gives the token although a listener fails, and tells the fault apart', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) =>
      index === 0 ? refusal('invalid_scope') : token('t'),
    )
    const clock = new TestClock()
    const fault = new Error('the listener is wrong')
    const m = manager(endpoint, clock, {
      onEvent: () => {
        throw fault
      },
    })
    const told: unknown[] = []
    const later = globalThis.queueMicrotask
    const spy = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((run) =>
      later(() => {
        try {
          run()
        } catch (error) {
          told.push(error)
        }
      }),
    )
    try {
      expect(await rejection(m.token())).toMatchObject({ code: 'oauth2.invalid-scope' })
      clock.time += 1_000
      expect(await plain(m.token())).toBe('t')
    } finally {
      spy.mockRestore()
    }
    expect(told).toEqual([fault, fault])
  })

  it('forgets on sign-out', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) => token(`t${index}`))
    const m = manager(endpoint, new TestClock())
    await m.token()
    await m.signOut()
    expect(await plain(m.token())).toBe('t1')
  })
})

describe('the refresh token grant', () => {
  it('[part of genesys.behaviour.gmail-mode] [part of genesys.option.secret] [part of genesys.extra.secret-section-password] asks with refresh token, client id and client secret', async () => {
    await using endpoint = await TokenEndpoint.start(() => token('t'))
    const m = manager(endpoint, new TestClock(), {
      provider: { ...endpoint.provider, clientSecretMethod: 'post' },
      grant: { type: 'refresh-token', refreshToken: 'rt-1' },
    })
    expect(await plain(m.token())).toBe('t')
    expect(endpoint.forms).toEqual([
      { grant_type: 'refresh_token', refresh_token: 'rt-1', client_id: 'app', client_secret: 'app-secret' },
    ])
  })

  it('stores a rotated refresh token before the access token is given out, and uses it from then on', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) =>
      token(`t${index}`, { refresh_token: `rt-${index + 2}` }),
    )
    const clock = new TestClock()
    const store = new MemoryTokenStore()
    const steps: string[] = []
    const write = store.write.bind(store)
    store.write = async (credential, tokens) => {
      steps.push(`stored ${tokens?.refreshToken?.reveal()}`)
      return write(credential, tokens)
    }
    const options = { store, credential: 'box', grant: { type: 'refresh-token', refreshToken: 'rt-1' } } as const
    const m = manager(endpoint, clock, options)
    steps.push(`given ${await plain(m.token())}`)
    clock.time += HOUR
    steps.push(`given ${await plain(m.token())}`)
    expect(steps).toEqual(['stored rt-2', 'given t0', 'stored rt-3', 'given t1'])
    expect(endpoint.forms.map((form) => form['refresh_token'])).toEqual(['rt-1', 'rt-2'])
    expect((await store.read('box'))?.previousRefreshToken?.reveal()).toBe('rt-2')
    clock.time += HOUR
    await manager(endpoint, clock, options).token()
    expect(endpoint.forms.at(-1)?.['refresh_token']).toBe('rt-3')
  })

  it('does not lose a refresh token that could not be stored, and gives no token out before it is', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) =>
      token(`t${index}`, { refresh_token: `rt-${index + 2}` }),
    )
    const clock = new TestClock()
    const store = new MemoryTokenStore()
    const write = store.write.bind(store)
    let full = true
    store.write = async (credential, tokens) => {
      if (full) throw new Error('disk full')
      return write(credential, tokens)
    }
    const m = manager(endpoint, clock, { store, grant: { type: 'refresh-token', refreshToken: 'rt-1' } })
    await expect(m.token()).rejects.toThrow('disk full')
    await expect(m.token()).rejects.toThrow('disk full')
    full = false
    expect(await plain(m.token())).toBe('t0')
    expect(endpoint.asked).toHaveLength(1)
  })

  it('begins anew when the settings have another refresh token', async () => {
    await using endpoint = await TokenEndpoint.start((_, index) =>
      token(`t${index}`, { refresh_token: `rt-x${index}` }),
    )
    const clock = new TestClock()
    const store = new MemoryTokenStore()
    const shared = { store, credential: 'box' }
    await manager(endpoint, clock, { ...shared, grant: { type: 'refresh-token', refreshToken: 'first' } }).token()
    await manager(endpoint, clock, { ...shared, grant: { type: 'refresh-token', refreshToken: 'second' } }).token()
    expect(endpoint.forms.map((form) => form['refresh_token'])).toEqual(['first', 'second'])
  })

  it('tries the one before when the present one is refused, and names the loss when neither is taken', async () => {
    const taken = new Set(['rt-1'])
    await using endpoint = await TokenEndpoint.start(({ form }, index) =>
      taken.has(form.get('refresh_token')!)
        ? token(`t${index}`, { refresh_token: `rt-${index + 2}` })
        : refusal('invalid_grant'),
    )
    const clock = new TestClock()
    const m = manager(endpoint, clock, { grant: { type: 'refresh-token', refreshToken: 'rt-1' } })
    await m.token()
    clock.time += HOUR
    expect(await plain(m.token())).toBe('t2')
    expect(endpoint.forms.map((form) => form['refresh_token'])).toEqual(['rt-1', 'rt-2', 'rt-1'])
    taken.clear()
    clock.time += HOUR
    const error = await rejection(m.token())
    expect(error).toMatchObject({ code: 'oauth2.invalid-grant', outcome: 'permanent' })
    expect(error.hint).toContain('Sign in again')
  })

  it('lets a renewal come to its end when nobody waits any more: its refresh token would be lost', async () => {
    let answer = () => {}
    let arrived = () => {}
    const held = new Promise<void>((resolve) => (answer = resolve))
    const asked = new Promise<void>((resolve) => (arrived = resolve))
    await using endpoint = await TokenEndpoint.start(async (_, index) => {
      arrived()
      await held
      return token(`t${index}`, { refresh_token: 'rt-2' })
    })
    const m = manager(endpoint, new TestClock(), { grant: { type: 'refresh-token', refreshToken: 'rt-1' } })
    const leaving = new AbortController()
    const left = m.token({ signal: leaving.signal })
    await asked
    leaving.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    answer()
    expect(await plain(m.token())).toBe('t0')
    expect(endpoint.asked).toHaveLength(1)
  })
})

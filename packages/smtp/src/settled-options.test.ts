import { Secret, SettingsError } from '@posthorn/ground'
import { describe, expect, it } from 'vitest'
import { settleOptions } from './settled-options.js'

function refused(more: object): SettingsError {
  try {
    settleOptions({ host: 'relay.example.test', ...more })
  } catch (error) {
    if (error instanceof SettingsError) return error
    throw error
  }
  return expect.fail('it should have been refused')
}

describe('mechanisms', () => {
  it.each([['PLAIN'], [[]], [[undefined]], [['plain ']], [['']], [{ 0: 'PLAIN' }], [null]])(
    'must be a list of names: not %j',
    (mechanisms) => {
      expect(refused({ mechanisms })).toMatchObject({ code: 'settings.value', field: 'mechanisms' })
    },
  )

  it('may be in small letters', () => {
    expect(settleOptions({ host: 'h', mechanisms: ['scram-sha-256', 'PLAIN'] }).mechanisms).toHaveLength(2)
  })

  it('a single one is a name, too', () => {
    const error = refused({ credentials: { user: 'a', password: 'b', mechanism: ['PLAIN'] } })
    expect(error).toMatchObject({ code: 'settings.value', field: 'credentials.mechanism' })
  })
})

describe('credentials', () => {
  it.each([
    ['password', { password: 'pencil\n' }],
    ['password', { password: new Secret('pencil\r\nQUIT') }],
    ['accessToken', { accessToken: 'pencil\n' }],
    ['accessToken', { accessToken: new Secret('\npencil') }],
    ['user', { user: 'pencil\r', password: 'x' }],
  ])('a line end in the %s is refused, and the value not shown', (name, more) => {
    const error = refused({ credentials: { user: 'a', ...more } })
    expect(error).toMatchObject({ code: 'credentials.control-character', field: `credentials.${name}` })
    expect(`${error.message} ${error.hint} ${JSON.stringify(error)}`).not.toContain('pencil')
  })

  it.each([
    [{ password: new Secret('') }],
    [{ accessToken: new Secret('') }],
    [{ password: '' }],
    [{ password: new Secret(''), mechanism: 'PLAIN' }],
  ])('what is empty is missing: %o', (more) => {
    expect(refused({ credentials: { user: 'a', ...more } })).toMatchObject({ code: 'settings.credentials' })
  })
})

describe('switches and choices', () => {
  it.each([
    [{ loginRequired: 'false' }, 'loginRequired'],
    [{ loginRequired: 0 }, 'loginRequired'],
    [{ quitAfterRefusedGreeting: 'no' }, 'quitAfterRefusedGreeting'],
    [{ pool: { probeStrict: 'no' } }, 'pool.probeStrict'],
    [{ pool: { probeCommand: 'noop' } }, 'pool.probeCommand'],
    [{ pool: { probeCommand: 'VRFY root' } }, 'pool.probeCommand'],
  ])('%j is none of them', (more, field) => {
    expect(refused(more)).toMatchObject({ code: 'settings.value', field })
  })

  it('the usual ones', () => {
    expect(settleOptions({ host: 'h' }).pool).toMatchObject({ probeCommand: 'NOOP', probeStrict: true })
  })
})

describe('time limits', () => {
  it.each(['connectMs', 'idleMs', 'writeMs', 'finalMs'])('timeouts.%s is at least 1', (name) => {
    for (const value of [0, -1, 1.5, 2 ** 31])
      expect(refused({ timeouts: { [name]: value } })).toMatchObject({ field: `timeouts.${name}` })
  })

  it('quitMs may be 0', () => {
    expect(settleOptions({ host: 'h', timeouts: { quitMs: 0 } }).timeouts).toEqual({ quitMs: 0 })
    expect(refused({ timeouts: { quitMs: -1 } })).toMatchObject({ field: 'timeouts.quitMs' })
  })
})

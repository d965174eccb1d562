import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Secret, SettingsError } from '@posthorn/ground'
import { profileFromJson } from './profile.js'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'posthorn-profile-'))
})

afterEach(() => rm(directory, { recursive: true }))

function refusal(profile: unknown): SettingsError {
  try {
    profileFromJson(typeof profile === 'string' ? profile : JSON.stringify(profile), directory)
  } catch (error) {
    if (error instanceof SettingsError) return error
    throw error
  }
  throw new Error('it was not refused')
}

describe('profileFromJson', () => {
  it('reads the settings of a relay and keeps secrets in a Secret', () => {
    const smtp = {
      host: 'relay.example',
      port: 465,
      credentials: { user: 'app', password: 'hunter2' },
      pool: { maxConnections: 3, rateLimit: { messages: 5, perMs: 1000 } },
      tls: { servername: 'mx.example' },
      mechanisms: ['PLAIN'],
    }
    const profile = profileFromJson(JSON.stringify({ smtp }), directory)
    expect(profile.smtp).toMatchObject({
      ...smtp,
      credentials: { user: 'app', password: expect.any(Secret) as Secret },
    })
    expect(JSON.stringify(profile)).not.toContain('hunter2')
  })

  it('reads files beside the profile: the password from the first line, the authorities whole', async () => {
    await writeFile(join(directory, 'password'), 'hunter2\nsecond line\n')
    await writeFile(join(directory, 'ca.pem'), 'PEM\n')
    const { smtp } = profileFromJson(
      JSON.stringify({
        smtp: {
          host: 'relay.example',
          credentials: { user: 'app', passwordFile: 'password' },
          tls: { caFile: 'ca.pem' },
        },
      }),
      directory,
    )
    const { credentials, tls } = smtp
    expect(credentials && 'password' in credentials && Secret.of(credentials.password).reveal()).toBe('hunter2')
    expect(tls).toEqual({ ca: 'PEM\n' })
    expect(refusal({ smtp: { host: 'x', tls: { caFile: 'none.pem' } } })).toMatchObject({
      code: 'settings.file',
      field: 'tls.caFile',
    })
  })

  it.each([
    [{ smtp: { host: 'x', secuirty: 'none' } }, 'settings.unknown', 'secuirty'],
    [{ smtp: { host: 'x', pool: { size: 3 } } }, 'settings.unknown', 'pool.size'],
    [{ smtp: { host: 'x', port: '587' } }, 'settings.value', 'port'],
    [{ smtp: { host: 'x', allowCleartextAuth: 'yes' } }, 'settings.value', 'allowCleartextAuth'],
    [{ smtp: { host: 'x', mechanisms: 'PLAIN' } }, 'settings.value', 'mechanisms'],
    [{ smtp: { host: ['x'] } }, 'settings.value', 'host'],
    [{ smtp: { host: 'x' }, graph: {} }, 'settings.unknown', 'graph'],
    [{ smtp: 'x' }, 'settings.json', 'profile'],
    [[], 'settings.json', 'profile'],
    ['{ "smtp": { "password": "hunter2', 'settings.json', 'profile'],
  ])('names what is wrong in %j', (profile, code, field) => {
    const error = refusal(profile)
    expect(error).toMatchObject({ code, field })
    expect(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain('hunter2')
  })

  it('cannot be made to touch prototypes', () => {
    expect(refusal('{ "smtp": { "host": "x", "__proto__": { "polluted": true } } }').code).toBe('settings.unknown')
    expect({}).not.toHaveProperty('polluted')
  })
})

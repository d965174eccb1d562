import { writeFile } from 'node:fs/promises'
import { Secret, smtpOptionsOf, SettingsError, type Credentials } from 'posthorn'
import { describe, expect, it } from 'vitest'
import { Folder } from '../test/child.js'
import { chosenWay, type WayFlags } from './chosen-way.js'

const SERVER = { server: 'smtp://app@relay.example' }

type Flags = WayFlags & Readonly<Record<string, unknown>>

async function options(flags: Flags, env: NodeJS.ProcessEnv = {}) {
  const way = await chosenWay(flags, env)
  return smtpOptionsOf(way.profile, way.terms)
}

async function refusalOf(promise: Promise<unknown>): Promise<SettingsError> {
  const error: unknown = await promise.catch((reason: unknown) => reason)
  if (error instanceof SettingsError) return error
  throw new Error('it was not refused')
}

const passwordOf = (credentials: Credentials | undefined) =>
  credentials && 'password' in credentials && credentials.password !== undefined
    ? Secret.of(credentials.password).reveal()
    : undefined

describe('the way out', () => {
  it.each(['GSSAPI', 'gssapi', 'EXTERNAL', 'ANONYMOUS'])('asks for no password with %s', async (mechanism) => {
    const { credentials } = await options({ ...SERVER, mechanism })
    expect(credentials).toEqual({ user: 'app', mechanism })
  })

  it('asks for a password otherwise', async () => {
    const error = await refusalOf(options(SERVER))
    expect(error).toMatchObject({ code: 'settings.rule', field: 'credentials.password' })
  })

  it('refuses a file with nothing on its first line, and names the setting and the file', async () => {
    await using folder = await Folder.make()
    const file = folder.join('empty.txt')
    for (const text of ['', '\n', '\ufeff\r\n']) {
      await writeFile(file, text)
      const password = await refusalOf(options({ ...SERVER, passwordFile: file }))
      expect(password.message).toContain(file)
      expect(password.field).toBe('credentials.password')
      expect((await refusalOf(options({ ...SERVER, accessTokenFile: file }))).field).toBe('credentials.accessToken')
    }
  })

  it('does not take the mark of a Windows editor for a part of the password', async () => {
    await using folder = await Folder.make()
    const file = folder.join('password.txt')
    await writeFile(file, '\ufeffcorrect horse\r\nnot this')
    expect(passwordOf((await options({ ...SERVER, passwordFile: file })).credentials)).toBe('correct horse')
  })

  it('takes POSTHORN_PASSWORD for whoever logs in with a password, as it is, and for nobody else', async () => {
    const env = { POSTHORN_PASSWORD: 'file:Geheim' }
    expect(passwordOf((await options(SERVER, env)).credentials)).toBe('file:Geheim')
    expect((await options({ server: 'smtp://relay.example' }, env)).credentials).toBeUndefined()
    await using folder = await Folder.make()
    await writeFile(folder.join('token'), 'abc\n')
    const token = await options({ ...SERVER, accessTokenFile: folder.join('token') }, env)
    expect(token.credentials).toHaveProperty('accessToken')
    expect(passwordOf(token.credentials)).toBeUndefined()
  })

  it('is a server of the environment, unless a profile is named', async () => {
    await using folder = await Folder.make()
    await writeFile(folder.join('p.yaml'), 'relay: { host: profile.example }\n')
    const env = { POSTHORN_SERVER: 'smtp://env.example', POSTHORN_RELAY_PORT: '2525' }
    expect(await options({}, env)).toMatchObject({ host: 'env.example', port: 2525 })
    expect(await options({ profile: folder.join('p.yaml') }, env)).toMatchObject({ host: 'profile.example' })
    expect(await options({ ...SERVER, mechanism: 'EXTERNAL' }, env)).toMatchObject({ host: 'relay.example' })
  })

  it('goes through the proxy of the flag, whose password is never taken for a reference', async () => {
    const { proxy } = await options({ server: 'smtp://relay.example', proxy: 'socks5://u:file%3Ax@proxy.example' })
    expect(proxy).toMatchObject({ type: 'socks5', host: 'proxy.example', user: 'u' })
    expect(Secret.of((proxy as { password: Secret }).password).reveal()).toBe('file:x')
  })

  it('takes any setting, and refuses what is none', async () => {
    const { pool } = await options({ server: 'smtp://relay.example', set: ['pool.maxConnections=4'] })
    expect(pool).toEqual({ maxConnections: 4 })
    const error = await refusalOf(options({ server: 'smtp://relay.example', set: ['pool.maxConections=4'] }))
    expect(error).toMatchObject({ code: 'usage.flag', hint: 'Did you mean pool.maxConnections?' })
  })
})

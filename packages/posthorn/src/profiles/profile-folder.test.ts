import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadProfile } from './load-profile.js'
import { defaultProfileFolder, ProfileFolder } from './profile-folder.js'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'profiles-'))
})
afterEach(() => rm(home, { recursive: true }))

const OFFICE = { profile: { relay: { host: 'office.example' } }, sites: {} }
const refusal = (code: string) => expect.objectContaining({ code }) as Error

describe('a folder of profiles', () => {
  it('lies where the XDG specification says', () => {
    expect(defaultProfileFolder({ XDG_CONFIG_HOME: '/c' })).toBe('/c/posthorn/profiles')
    expect(defaultProfileFolder({ XDG_CONFIG_HOME: 'relative' })).toMatch(/\/\.config\/posthorn\/profiles$/)
  })

  it('has none before the first is written, which becomes the active one', async () => {
    const folder = new ProfileFolder(join(home, 'a', 'b'))
    expect(await folder.list()).toEqual([])
    const file = await folder.write('office', OFFICE)
    expect(await folder.list()).toEqual([{ name: 'office', file, active: true }])
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder.path)).toEqual(['active', 'office.yaml'])
  })

  it('[part of beyondtrust.behaviour.one-active-profile] has one active one, which is not deleted while there are others', async () => {
    const folder = new ProfileFolder(home)
    await folder.write('one', OFFICE)
    await folder.write('two', OFFICE)
    await folder.use('TWO')
    expect((await folder.list()).map(({ name, active }) => [name, active])).toEqual([
      ['one', false],
      ['two', true],
    ])
    await expect(folder.remove('two')).rejects.toThrow(refusal('settings.active-profile'))
    await folder.remove('one')
    await folder.remove('two')
    expect(await readdir(home)).toEqual([])
  })

  it('[part of beyondtrust.general.ProfileName] matches names without case, and keeps the form of a file', async () => {
    const folder = new ProfileFolder(home)
    await writeFile(join(home, 'Old.json'), '{ "relay": { "host": "old.example" } }')
    await folder.write('OLD', OFFICE)
    expect(JSON.parse(await readFile(join(home, 'Old.json'), 'utf8'))).toEqual(OFFICE.profile)
    expect((await folder.read('old')).profile).toEqual(OFFICE.profile)
  })

  it.each(['../x', '', '.hidden', 'a/b', 'active', 'x\n', 'a. ', 'x'.repeat(101), 'a\0b'])(
    'takes no name that leaves it: %j',
    async (name) => {
      const folder = new ProfileFolder(home)
      await expect(folder.write(name, OFFICE)).rejects.toThrow(refusal('settings.name'))
      await expect(folder.read(name)).rejects.toThrow(refusal('settings.name'))
      expect(await readdir(home)).toEqual([])
    },
  )

  it('names those there are when one is asked for that is not', async () => {
    const folder = new ProfileFolder(home)
    await folder.write('office', OFFICE)
    await expect(folder.find('home')).rejects.toMatchObject({ hint: 'There are office.' })
  })
})

describe('loading', () => {
  it('takes a name, a file, POSTHORN_PROFILE or the active one', async () => {
    const folder = new ProfileFolder(home)
    await folder.write('one', { profile: { relay: { host: 'one.example' } }, sites: {} })
    const file = await folder.write('two', { profile: { relay: { host: 'two.example' } }, sites: {} })
    const host = async (name: string | undefined, env: Record<string, string> = {}) =>
      (await loadProfile(name, { folder: home, env })).profile.relay?.host
    expect(await host('two')).toBe('two.example')
    expect(await host(file)).toBe('two.example')
    expect(await host(undefined)).toBe('one.example')
    expect(await host(undefined, { POSTHORN_PROFILE: 'two' })).toBe('two.example')
    await expect(loadProfile('gone', { folder: home, env: {} })).rejects.toThrow(refusal('settings.no-profile'))
    await expect(loadProfile('./gone.yaml', { folder: home, env: {} })).rejects.toThrow(refusal('settings.file'))
  })

  it('lays site, environment and flags over the file, and knows no site that the file does not', async () => {
    const folder = new ProfileFolder(home)
    await folder.write('office', { ...OFFICE, sites: { ILL: { sender: { from: 'ill@example.com' } } } })
    const loaded = await loadProfile('office', {
      folder: home,
      site: 'ILL',
      env: { POSTHORN_RELAY_PORT: '2525' },
      flags: [['security', 'implicit']],
    })
    expect(loaded.profile).toEqual({
      relay: { host: 'office.example', port: 2525 },
      sender: { from: 'ill@example.com' },
      security: 'implicit',
    })
    expect(loaded.directory).toBe(home)
    await expect(loadProfile('office', { folder: home, site: 'ill', env: {} })).rejects.toThrow(
      refusal('settings.no-site'),
    )
  })

  it('gives POSTHORN_PASSWORD to whoever logs in with one', async () => {
    const folder = new ProfileFolder(home)
    const env = { POSTHORN_PASSWORD: 'file:x' }
    await folder.write('login', {
      profile: { ...OFFICE.profile, credentials: { user: 'app', password: 'old' } },
      sites: {},
    })
    await folder.write('none', OFFICE)
    const credentials = async (name: string) => (await loadProfile(name, { folder: home, env })).profile.credentials
    expect(await credentials('login')).toEqual({ user: 'app', password: 'env:POSTHORN_PASSWORD' })
    expect(await credentials('none')).toBeUndefined()
  })
})

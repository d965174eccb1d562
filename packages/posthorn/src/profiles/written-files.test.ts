import type * as Files from 'node:fs/promises'
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ProfileFolder } from './profile-folder.js'
import { checkProfileName } from './profile-name.js'
import { replaceFile } from './replace-file.js'

let closed: string | undefined
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof Files>()
  return {
    ...real,
    stat: (path: string) =>
      path === closed ? Promise.reject(Object.assign(new Error('closed'), { code: 'EACCES' })) : real.stat(path),
  }
})

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'profiles-'))
})
afterEach(() => rm(home, { recursive: true }))

const document = (password: string) => ({
  profile: { relay: { host: 'a.example' }, credentials: { user: 'u', password } },
  sites: {},
})
const refusal = (code: string) => expect.objectContaining({ code }) as Error
const mode = async (path: string) => (await stat(path)).mode & 0o777

describe('what a folder of profiles writes', () => {
  it('is nothing where a folder stands in the place of a file', async () => {
    const folder = new ProfileFolder(home)
    await folder.write('one', document('old'))
    await mkdir(join(home, 'two.yaml'))
    const both = ['one', 'two'].map((name) => ({ name, document: document('new') }))
    await expect(folder.writeAll(both)).rejects.toThrow(refusal('settings.file'))
    expect(await readFile(join(home, 'one.yaml'), 'utf8')).toContain('old')
    expect(await readdir(home)).toEqual(['active', 'one.yaml', 'two.yaml'])
  })

  it('is all or nothing, and names are checked first', async () => {
    const folder = new ProfileFolder(join(home, 'p'))
    const good = { name: 'good', document: document('x'), secrets: new Map([['credentials.password', 'geheim']]) }
    for (const name of ['../evil', 'GOOD', 'nul', 'active'])
      await expect(folder.writeAll([good, { ...good, name }])).rejects.toThrow(refusal('settings.name'))
    const astray = { ...good, name: 'b', secrets: new Map([['../a', 'geheim']]) }
    await expect(folder.writeAll([good, astray])).rejects.toThrow(refusal('settings.name'))
    expect(await readdir(home)).toEqual([])
    await mkdir(join(home, 'p', 'bad.yaml'), { recursive: true }) // cannot be replaced by a file
    await expect(folder.writeAll([{ ...good, name: 'bad' }])).rejects.toThrow(refusal('settings.file'))
    expect((await readdir(folder.path)).filter((each) => each.endsWith('.tmp'))).toEqual([])
  })

  it('can be read by its owner only, whoever could read the file that was there', async () => {
    const folder = new ProfileFolder(home)
    const secret = join(home, 'secrets', 'one', 'credentials.password')
    await mkdir(join(home, 'secrets', 'one'), { recursive: true, mode: 0o755 })
    for (const each of [secret, join(home, 'one.yaml'), join(home, 'out')]) {
      await writeFile(each, '')
      await chmod(each, 0o644)
    }
    const secrets = new Map([['credentials.password', 'geheim']])
    await folder.writeAll([{ name: 'one', document: document('file:secrets/one/credentials.password'), secrets }])
    await replaceFile(join(home, 'out'), 'x')
    expect(await readFile(secret, 'utf8')).toBe('geheim\n')
    for (const each of [secret, join(home, 'one.yaml'), join(home, 'out')]) expect(await mode(each)).toBe(0o600)
    expect(await mode(join(home, 'secrets', 'one'))).toBe(0o700)
  })

  it('loses the secrets of a profile that is removed, replaced or edited, and no others', async () => {
    const folder = new ProfileFolder(home)
    const secrets = new Map([['credentials.password', 'geheim']])
    const write = (name: string) =>
      folder.writeAll([{ name, document: document(`file:secrets/${name}/credentials.password`), secrets }])
    for (const name of ['one', 'two', 'three', 'four']) await write(name)
    await folder.write('copy', document('file:secrets/four/credentials.password'))
    await folder.write('one', document('env:X'))
    await folder.remove('TWO')
    await folder.edit('three', new Map([['credentials.password', 'env:X']]))
    await folder.remove('four')
    expect(await readdir(join(home, 'secrets'))).toEqual(['four'])
  })

  it('keeps comments, permissions and a symbolic link, unless a secret stands in the file', async () => {
    const folder = new ProfileFolder(join(home, 'p'))
    await mkdir(folder.path)
    await writeFile(join(home, 'target.yaml'), '# mine\nrelay: { host: a.example }\n')
    await chmod(join(home, 'target.yaml'), 0o640)
    await symlink('../target.yaml', join(folder.path, 'ln.yaml'))
    await folder.edit('ln', new Map([['relay.port', 25]]))
    expect((await lstat(join(folder.path, 'ln.yaml'))).isSymbolicLink()).toBe(true)
    expect(await readFile(join(home, 'target.yaml'), 'utf8')).toBe('# mine\nrelay: { host: a.example, port: 25 }\n')
    expect(await mode(join(home, 'target.yaml'))).toBe(0o640)
    await folder.edit('ln', new Map([['credentials.password', 'geheim']]))
    expect(await mode(join(home, 'target.yaml'))).toBe(0o600)
  })

  it('is none for whoever may not enter the home folder', async () => {
    const folder = new ProfileFolder(home)
    await folder.write('one', document('env:X'))
    expect((await folder.active())?.name).toBe('one')
    closed = home
    try {
      expect(await folder.active()).toBeUndefined()
    } finally {
      closed = undefined
    }
  })

  it.each(['NUL', 'con.txt', 'Com1', 'lpt9'])('takes no name that Windows keeps: %s', (name) => {
    expect(() => checkProfileName(name)).toThrow(refusal('settings.name'))
  })
})

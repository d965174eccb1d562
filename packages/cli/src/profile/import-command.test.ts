import { existsSync } from 'node:fs'
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { Folder, posthorn } from '../../test/child.js'

const account = (name: string, password: string) =>
  `account ${name}\nhost localhost\nauth on\nuser u\npassword ${password}\ntls on\n`

describe('posthorn profile import', () => {
  it('writes nothing when one of the names cannot be used, and no secret anywhere', async () => {
    await using folder = await Folder.make()
    const env = { XDG_CONFIG_HOME: folder.join('config') }
    const rc = folder.join('msmtprc')
    const run = (...args: string[]) => posthorn(['profile', 'import', rc, '--format', 'msmtp', ...args], { env })
    await writeFile(rc, account('good', 'geheim1') + account('../../evil', 'geheim2'))
    expect(await run()).toMatchObject({ code: 78, stderr: expect.stringContaining('[settings.name]') as string })
    await writeFile(rc, account('A', 'geheim1') + account('a', 'geheim2'))
    const twins = await run()
    expect([twins.code, twins.stderr]).toEqual([78, expect.stringContaining('differs from A by case only')])
    const named = await run('--name', 'zz')
    expect([named.code, named.stderr]).toEqual([64, expect.stringContaining('--name takes one profile')])
    await writeFile(rc, account('good', 'geheim1'))
    expect((await run('--name', '../../../evil')).code).toBe(78)
    expect(await readdir(folder.path)).toEqual(['msmtprc'])
    const well = await run('--name', 'my office')
    expect([well.code, well.stdout]).toEqual([
      0,
      expect.stringMatching(/\nnext: posthorn test --profile "my office"\n$/),
    ])
    expect((await run('--name', 'MY OFFICE')).stderr).toContain(
      '--name is needed: there is a profile MY OFFICE already',
    )
    expect((await run('--name', 'MY OFFICE', '--replace')).code).toBe(0)
    expect(await readdir(folder.join('config/posthorn/profiles/secrets'))).toEqual(['my office'])
  })

  it('leaves no password to others, in a file that was there before, and none behind', async () => {
    await using folder = await Folder.make()
    const env = { XDG_CONFIG_HOME: folder.join('config') }
    const out = folder.join('prof.yaml')
    await writeFile(out, '')
    await chmod(out, 0o644)
    const url = 'smtp://u:pw12345secret@h'
    expect((await posthorn(['profile', 'import', url, '--out', out], { env })).code).toBe(0)
    expect((await stat(out)).mode & 0o777).toBe(0o600)
    expect(await readFile(out, 'utf8')).toContain('pw12345secret')
    await posthorn(['profile', 'import', url, '--name', 'nm'], { env })
    const secret = folder.join('config/posthorn/profiles/secrets/nm/credentials.password')
    expect(await readFile(secret, 'utf8')).toBe('pw12345secret\n')
    await posthorn(['profile', 'import', 'smtp://h', '--name', 'nm', '--replace'], { env })
    expect(existsSync(secret)).toBe(false)
  })

  it('says what is unsafe about a setting', async () => {
    await using folder = await Folder.make()
    await writeFile(folder.join('a.properties'), 'mail.smtp.host=h\nmail.smtp.ssl.trust=*\n')
    const { stdout } = await posthorn([
      'profile',
      'import',
      folder.join('a.properties'),
      '--out',
      folder.join('x.yaml'),
    ])
    expect(stdout).toMatch(/UNSAFE: \S/)
  })
})

describe('posthorn profile set', () => {
  it('keeps what a person wrote, and says that a password stands in the file', async () => {
    await using folder = await Folder.make()
    const env = { XDG_CONFIG_HOME: folder.join('config') }
    await posthorn(['profile', 'set', 'a', 'relay.host=h'], { env })
    const file = folder.join('config/posthorn/profiles/a.yaml')
    await writeFile(file, '# mine\nrelay: { host: h } # flow\n')
    await posthorn(['profile', 'set', 'a', 'relay.port=25'], { env })
    expect(await readFile(file, 'utf8')).toBe('# mine\nrelay: { host: h, port: 25 } # flow\n')
    const set = await posthorn(['profile', 'set', 'a', 'credentials.user=u', 'credentials.password=geheim'], { env })
    expect([set.code, set.stderr]).toEqual([0, expect.stringContaining('credentials.password stands in the profile')])
    expect(set.stderr).not.toContain('geheim')
  })
})

import { readFile, stat, writeFile } from 'node:fs/promises'
import { certificates, SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { Folder, posthorn } from '../../test/child.js'

const PROPERTIES = (port: number) => `
mail.transport.protocol=smtp
mail.smtp.host=localhost
mail.smtp.port=${port}
mail.smtp.starttls.required=true
mail.smtp.auth=true
mail.smtp.user=app
mail.smtp.password=Geheim-7
mail.smtp.from=app@example.com
`

async function json(args: readonly string[], env: Record<string, string>): Promise<Record<string, unknown>> {
  const { stdout } = await posthorn([...args, '--json'], { env })
  return JSON.parse(stdout) as Record<string, unknown>
}

describe('posthorn profile', () => {
  it('goes from a file of JavaMail to a sent message in three commands, with the password in a file of its own', async () => {
    const tls = await certificates()
    await using folder = await Folder.make()
    await using sink = await SinkServer.start({ tls, auth: { user: 'app', password: 'Geheim-7' } })
    const env = { XDG_CONFIG_HOME: folder.join('config') }
    await writeFile(folder.join('ca.pem'), tls.ca)
    await writeFile(folder.join('mail.properties'), PROPERTIES(sink.port))
    const imported = await posthorn(['profile', 'import', folder.join('mail.properties'), '--name', 'office'], { env })
    expect([imported.code, imported.stderr]).toEqual([0, ''])
    expect(imported.stdout).toMatch(/^taken .*mail\.smtp\.host.* -> relay\.host$/m)
    expect(imported.stdout).not.toContain('Geheim')
    const file = folder.join('config/posthorn/profiles/office.yaml')
    expect(await readFile(file, 'utf8')).toContain('password: file:secrets/office/credentials.password')
    expect((await stat(file)).mode & 0o077).toBe(0)
    const ca = ['--extra-ca', folder.join('ca.pem')]
    const tested = await posthorn(['test', ...ca], { env })
    expect([tested.code, tested.stdout]).toEqual([0, expect.stringContaining('login       accepted for app')])
    const letter = ['--from', 'app@example.com', '--to', 'anna@example.org', '--subject', 'Hi', '--text', 'works']
    const sent = await posthorn(['send', '--profile', 'office', ...ca, ...letter], { env })
    expect(sent.code).toBe(0)
    expect(sink.ledger.map(({ recipients }) => recipients)).toEqual([['anna@example.org']])
    expect(sent.stdout + sent.stderr + tested.stdout + tested.stderr).not.toContain('Geheim')
  })

  it('keeps many, of which one is active', async () => {
    await using folder = await Folder.make()
    const env = { XDG_CONFIG_HOME: folder.join('config') }
    await posthorn(['profile', 'set', 'one', 'relay.host=one.example'], { env })
    await posthorn(['profile', 'set', 'two', 'relay.host=two.example', 'tls.pins=a,b', 'security=none'], { env })
    expect((await posthorn(['profile', 'list'], { env })).stdout).toBe('* one\n  two\n')
    expect((await posthorn(['profile', 'use', 'TWO'], { env })).stdout).toBe('two is the active profile\n')
    expect(await json(['profile', 'show'], env)).toMatchObject({
      name: 'two',
      values: [
        { path: 'relay.host', value: 'two.example' },
        { path: 'tls.pins', value: ['a', 'b'] },
        { path: 'security', value: 'none' },
      ],
      warnings: [expect.stringContaining('security weakens a check')],
    })
    const removed = await posthorn(['profile', 'remove', 'two'], { env })
    expect([removed.code, removed.stderr]).toEqual([78, expect.stringContaining('[settings.active-profile]')])
    expect((await posthorn(['profile', 'remove', 'one'], { env })).code).toBe(0)
    await posthorn(['profile', 'set', 'two', 'tls.pins=', 'security=starttls'], { env })
    expect((await json(['profile', 'show', 'two'], env))['warnings']).toEqual([])
  })

  it('explains where a value comes from', async () => {
    await using folder = await Folder.make()
    const file = folder.join('p.yaml')
    await writeFile(file, 'relay: { host: a.example, port: 25 }\nsites: { ILL: { relay: { host: ill.example } } }\n')
    const env = { POSTHORN_RELAY_PORT: '587' }
    const port = await json(['profile', 'explain', file, 'relay.port'], env)
    expect(port).toMatchObject({ value: 587, origin: 'environment', overruled: [{ value: 25, origin: 'file' }] })
    const host = await posthorn(['profile', 'explain', file, 'relay.host', '--site', 'ILL'], { env })
    expect(host.stdout).toContain('ill.example\n  from     site ILL')
    const flag = await json(['profile', 'explain', file, 'relay.host', '--set', 'relay.host=flag.example'], env)
    expect(flag).toMatchObject({ value: 'flag.example', origin: 'flags' })
    const lost = await posthorn(['profile', 'explain', file, 'relay.host', '--site', 'NONE'], { env })
    expect([lost.code, lost.stderr]).toEqual([78, expect.stringContaining('[settings.no-site]')])
  })

  it.each([
    [['profile', 'set', 'x', 'relay.hots=a'], 64, 'Did you mean relay.host?'],
    [['profile', 'set', 'x', 'relay.host=a', 'relay.port=many'], 78, 'relay.port must be a whole number'],
    [['profile', 'set', '../x', 'relay.host=a'], 78, '"../x" cannot be the name of a profile'],
    [['profile', 'show', 'nobody'], 78, 'posthorn profile import FILE'],
    [['send', '--profile', 'x', '--server', 'smtp://h'], 64, '--profile exclude each other'],
    [['test', '--set', 'relay.hots=a'], 64, 'Did you mean relay.host?'],
    [['test'], 64, '--server is missing'],
  ])('says what is wrong and what to do: %j', async (args, code, text) => {
    await using folder = await Folder.make()
    const result = await posthorn(args, { env: { XDG_CONFIG_HOME: folder.join('config') } })
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(text)])
  })

  it('says so when nobody knows what a file is, or it is not there', async () => {
    await using folder = await Folder.make()
    const env = { XDG_CONFIG_HOME: folder.join('config') }
    await writeFile(folder.join('letter.txt'), 'Dear Anna, the password is Geheim.\n')
    const unknown = await posthorn(['profile', 'import', folder.join('letter.txt')], { env })
    expect([unknown.code, unknown.stderr]).toEqual([64, expect.stringContaining('--format is missing')])
    const gone = await posthorn(['profile', 'import', folder.join('gone.txt')], { env })
    expect([gone.code, gone.stderr]).toEqual([66, expect.stringContaining('cannot be read (ENOENT)')])
    expect(unknown.stderr).not.toContain('Geheim')
  })

  it('goes out again in the words of another product, and says what these cannot say', async () => {
    await using folder = await Folder.make()
    const file = folder.join('p.yaml')
    await writeFile(file, 'relay: { host: a.example, port: 587 }\nsecurity: starttls\nlimits: { recipients: 5 }\n')
    const exported = await posthorn(['profile', 'export', file, '--format', 'javamail'])
    expect([exported.code, exported.stdout]).toEqual([0, expect.stringContaining('mail.smtp.host=a.example')])
    expect(exported.stderr).toContain('lost: limits.recipients')
    const none = await posthorn(['profile', 'export', file, '--format', 'genesys'])
    expect([none.code, none.stderr]).toEqual([64, expect.stringContaining('can be imported, and not exported')])
  })

  it('is verified with all that it names, without a server if asked', async () => {
    await using folder = await Folder.make()
    const file = folder.join('p.yaml')
    await writeFile(file, 'relay: { host: a.example }\ncredentials: { user: app, password: file:gone.txt }\n')
    const gone = await posthorn(['profile', 'verify', file, '--offline'])
    expect(gone.code).not.toBe(0)
    expect(gone.stderr).toContain('gone.txt')
    await writeFile(folder.join('gone.txt'), 'Geheim\n')
    const well = await posthorn(['profile', 'verify', file, '--offline'])
    expect([well.code, well.stdout]).toEqual([0, 'p can be used; the server was not asked\n'])
  })
})

import { readdir, readFile, writeFile } from 'node:fs/promises'
import type { Profile } from '@posthorn/settings'
import { readProfileFile } from '@posthorn/settings/file'
import { certificates, SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { Folder, posthorn } from '../../test/child.js'

const FROM = ['--from', 'jobs@example.test']

interface World {
  readonly srv?: Readonly<Record<string, readonly object[]>>
  readonly mx?: Readonly<Record<string, readonly object[]>>
  readonly hosts?: Readonly<Record<string, string>>
}

/** An environment with its own profiles, in which no other names exist, and the authority of the tests is well known. */
async function environment(folder: Folder, names: World = {}): Promise<Record<string, string>> {
  await writeFile(folder.join('ca.pem'), (await certificates()).ca)
  return {
    XDG_CONFIG_HOME: folder.join('config'),
    NODE_EXTRA_CA_CERTS: folder.join('ca.pem'),
    NODE_OPTIONS: `--import ${new URL('../../test/names.mjs', import.meta.url).href}`,
    TEST_NAMES: JSON.stringify(names),
  }
}

/** A profile that is kept. */
async function kept(name: string, folder: Folder): Promise<Profile> {
  return readProfileFile(await readFile(folder.join(`config/posthorn/profiles/${name}.yaml`), 'utf8')).profile
}

describe('posthorn profile configure [runmyjobs.process.System_Mail_Configure] [runmyjobs.process.System_Mail_Configure.Server]', () => {
  it('stores sender and server when both are given, as a name or an IP address [runmyjobs.process.System_Mail_Configure.From]', async () => {
    await using folder = await Folder.make()
    const env = await environment(folder)
    for (const relay of ['smtp.example.test', '192.0.2.25']) {
      const { code, stdout } = await posthorn(['profile', 'configure', 'jobs', ...FROM, '--relay', relay], { env })
      expect([code, stdout]).toEqual([0, expect.stringContaining(`jobs sends from jobs@example.test by ${relay};`)])
      expect(await kept('jobs', folder)).toEqual({ sender: { from: 'jobs@example.test' }, relay: { host: relay } })
    }
  })

  const names = (sink: SinkServer): World => {
    const silent = { name: 'gone.example.test', port: 465, priority: 0, weight: 1 }
    const records = [silent, { ...silent, name: 'relay.example.test', port: sink.port, priority: 10 }]
    return { srv: { '_submissions._tcp.example.test': records }, hosts: { 'relay.example.test': '127.0.0.1' } }
  }

  it('finds the server of the sender when none is given: the first that answers, and mail goes out by it [part of runmyjobs.behaviour.server-detection]', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start({ tls: await certificates(), implicitTls: true })
    const env = await environment(folder, names(sink))
    const configured = await posthorn(['profile', 'configure', 'jobs', ...FROM], { env })
    expect([configured.code, configured.stderr]).toEqual([0, ''])
    expect(await kept('jobs', folder)).toEqual({
      sender: { from: 'jobs@example.test' },
      relay: { host: 'relay.example.test', port: sink.port },
      security: 'implicit',
    })
    const letter = ['--to', 'anna@example.org', '--subject', 'Hi', '--text', 'works']
    const sent = await posthorn(['send', '--profile', 'jobs', ...letter], { env })
    expect([sent.code, sent.stderr]).toEqual([0, ''])
    expect(sink.ledger).toMatchObject([{ reversePath: 'jobs@example.test', recipients: ['anna@example.org'] }])
  })

  it('as does an import that names no server [part of runmyjobs.behaviour.server-detection]', async () => {
    await using folder = await Folder.make()
    await using sink = await SinkServer.start({ tls: await certificates(), implicitTls: true })
    const env = await environment(folder, names(sink))
    await writeFile(folder.join('export.txt'), '/configuration/mail/From = jobs@example.test\n')
    const imported = await posthorn(['profile', 'import', folder.join('export.txt'), '--name', 'jobs'], { env })
    expect([imported.code, imported.stderr]).toEqual([0, ''])
    expect(await kept('jobs', folder)).toMatchObject({ relay: { host: 'relay.example.test', port: sink.port } })
  })

  it('ends with an error when it finds none, asks for the host name or IP address besides the sender, and keeps nothing [part of runmyjobs.behaviour.server-detection]', async () => {
    await using folder = await Folder.make()
    const env = await environment(folder)
    const failed = await posthorn(['profile', 'configure', 'jobs', ...FROM], { env })
    expect([failed.code, failed.stdout]).toEqual([68, ''])
    expect(failed.stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /no submission server is known for example\.test \[discover\.none\] what to do: .*host name or IP address .* --from ADDRESS --relay HOST/,
    )
    expect(await readdir(folder.path)).not.toContain('config')
  })

  it('needs a sender [part of runmyjobs.process.System_Mail_Configure.From]', async () => {
    await using folder = await Folder.make()
    const env = await environment(folder)
    const without = await posthorn(['profile', 'configure', 'jobs', '--relay', 'smtp.example.test'], { env })
    expect([without.code, without.stderr]).toEqual([64, expect.stringContaining('--from')])
  })
})

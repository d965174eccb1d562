import { readdir, readFile, writeFile } from 'node:fs/promises'
import { certificates, mailIdentity, SinkServer, type SinkOptions } from '@posthorn/testkit'
import { FORMATS } from '@posthorn/settings/import'
import { ProfileFolder } from 'posthorn/profiles'
import { describe, expect, it } from 'vitest'
import { Folder, posthorn } from './child.js'

const PASSWORD = 'Geheim-7land'
const LOGIN = { UseCredentials: 'Yes', UserName: 'pi', Password: PASSWORD }
type Fields = Readonly<Record<string, string | number | boolean>>

/** A person with a profile of the dialog in the folder of profiles, and the log of it in a file. */
class Administrator {
  readonly folder: Folder
  readonly env: Readonly<Record<string, string>>
  readonly log: string

  private constructor(folder: Folder) {
    this.folder = folder
    this.env = { XDG_CONFIG_HOME: folder.join('config') }
    this.log = folder.join('smtp.txt')
  }

  /** With what stands in the dialog. The server is on the loopback, with a certificate for localhost. */
  static async with(fields: Fields): Promise<Administrator> {
    const administrator = new Administrator(await Folder.make())
    const { folder, log } = administrator
    await writeFile(folder.join('ca.pem'), (await certificates()).ca)
    const needed = { ProfileName: 'Alerts', SenderEmail: 'pi@example.com', ServerName: 'localhost' }
    const logging = { FileLogging: 'Yes', LogFileName: log }
    const text = JSON.stringify({ ...needed, ...logging, ...fields })
    const { profiles } = FORMATS.find(({ recognises }) => recognises({ text }))!.import({ text })
    const kept = new ProfileFolder(folder.join('config/posthorn/profiles'))
    for (const { name, profile } of profiles) await kept.write(name, { profile, sites: {} })
    return administrator
  }

  run(...args: readonly string[]) {
    return posthorn(args, { env: this.env })
  }

  /** The texts of the entries of the log. */
  async entries(): Promise<string[]> {
    const lines = (await readFile(this.log, 'utf8')).trimEnd().split('\n')
    return lines.map((line) => line.replace(/^\S+ \w+ +[\w-]+: /, ''))
  }

  get ca(): readonly string[] {
    return ['--extra-ca', this.folder.join('ca.pem')]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]()
  }
}

const startSink = async (options: SinkOptions = {}) =>
  SinkServer.start({ keepContent: true, tls: (await certificates()).good, ...options })

describe('Test Connection', () => {
  it('goes as far as the login and sends no mail; each step is in the log; the password is shown nowhere [part of beyondtrust.server.TestConnection] [part of beyondtrust.server.Password]', async () => {
    await using sink = await startSink({ auth: { user: 'pi', password: PASSWORD } })
    await using admin = await Administrator.with({ ...LOGIN, Port: sink.port, ChannelEncryption: 'EXPLICIT' })
    const { code, stdout } = await admin.run('test', '--profile', 'Alerts', ...admin.ca)
    expect([code, stdout]).toEqual([0, expect.stringContaining('login       accepted for pi')])
    expect(sink.sessions.map(({ commands }) => commands.map((line) => line.split(' ')[0]))).toEqual([
      ['EHLO', 'STARTTLS', 'EHLO', 'AUTH', 'QUIT'],
    ])
    const entries = await admin.entries()
    for (const step of [/^connected to 127\.0\.0\.1/, /^TLSv1\.3 with the server/, /^logged in by PLAIN/, /^> QUIT/])
      expect(entries).toContainEqual(expect.stringMatching(step))
    const shown = await admin.run('profile', 'show', 'Alerts', '--json')
    expect(shown.stdout).toContain('credentials.password')
    expect(entries.join('\n') + shown.stdout).not.toContain(PASSWORD)
  })

  it('says at which step it failed: the login, or the server that nobody knows [beyondtrust.server.TestConnection] [beyondtrust.log.SetMailServer] [beyondtrust.log.FillSettings] [beyondtrust.log.SendFailed]', async () => {
    await using sink = await startSink({ auth: { user: 'pi', password: 'another' } })
    await using admin = await Administrator.with({ ...LOGIN, Port: sink.port, ChannelEncryption: 'EXPLICIT' })
    const refused = await admin.run('test', '--profile', 'Alerts', ...admin.ca)
    expect([refused.code, refused.stderr]).toEqual([77, expect.stringMatching(/535.*\[smtp\.auth\.refused\]/)])
    expect((await admin.entries()).slice(-3)).toEqual([
      'SetMailServer error: 535, [535] 5.7.8 wrong credentials',
      'Failed to fill SMTP settings',
      'Failed to send email message error: 5.7.8 wrong credentials.',
    ])
    const unknown = { NODE_OPTIONS: `--import ${new URL('names.mjs', import.meta.url).href}` } // without any name
    const args = ['test', '--set', 'relay.host=nobody.example.com']
    const { code, stderr } = await posthorn(args, { env: { ...admin.env, ...unknown } })
    expect([code, stderr]).toEqual([68, expect.stringContaining('[resolve.not-found]')])
    expect((await admin.entries()).slice(-3)).toEqual([
      'SetMailServer error: 11001, [11001] Host not found',
      'Failed to fill SMTP settings',
      'Failed to send email message error: Host not found.',
    ])
    expect(sink.ledger).toEqual([])
  })

  it('takes what was changed and not saved [beyondtrust.behaviour.unsaved-tests]', async () => {
    await using saved = await startSink()
    await using other = await startSink()
    await using admin = await Administrator.with({ Port: saved.port, ChannelEncryption: 'EXPLICIT' })
    const places = admin.folder.join('config/posthorn/profiles')
    const kept = async () =>
      Promise.all((await readdir(places)).sort().map((name) => readFile(`${places}/${name}`, 'utf8').catch(() => name)))
    const before = await kept()
    const changed = ['--set', 'relay.host=127.0.0.1', '--set', `relay.port=${other.port}`, ...admin.ca]
    expect((await admin.run('test', '--profile', 'Alerts', ...changed)).code).toBe(0)
    expect((await admin.run('test', '--profile', 'Alerts', ...changed, '--send-to', 'ben@example.org')).code).toBe(0)
    expect([other.sessions.length, other.ledger.length, saved.sessions.length]).toEqual([2, 1, 0])
    expect(await kept()).toEqual(before)
  })
})

describe('Send Test Email', () => {
  it('sends one short mail by the profile as it is, or says what the server said [beyondtrust.server.SendTestEmail]', async () => {
    await using sink = await startSink({
      replyTo: (verb, argument) =>
        verb === 'RCPT' && argument.includes('nobody') ? '550 5.1.1 no such user' : undefined,
    })
    const signer = await mailIdentity({ email: 'pi@example.com' })
    await using admin = await Administrator.with({
      ...{ Port: sink.port, ChannelEncryption: 'EXPLICIT', SenderName: 'Alerts', Organization: 'Example Ltd' },
      ...{ AdvancedName: 'X-Team', AdvancedValue: 'Security', Priority: 'Urgent' },
    })
    const plain = await admin.run('test', '--send-to', 'ben@example.org', ...admin.ca)
    expect([plain.code, plain.stdout]).toEqual([
      0,
      expect.stringMatching(/^sent <\S+>\n {2}delivered +ben@example\.org +250 /),
    ])
    const text = sink.ledger[0]!.content!.toString()
    for (const field of [
      'From: Alerts <pi@example.com>',
      'Organization: Example Ltd',
      'X-Team: Security',
      'Priority: urgent',
    ])
      expect(text).toContain(`${field}\r\n`)
    await writeFile(admin.folder.join('pi.pem'), signer.key + signer.certificate, { mode: 0o600 })
    const signed = [
      '--set',
      'smime.sign.enabled=true',
      '--set',
      `smime.sign.certificate.source=file:${admin.folder.join('pi.pem')}`,
    ]
    expect((await admin.run('test', '--send-to', 'ben@example.org', ...admin.ca, ...signed)).code).toBe(0)
    expect(sink.ledger[1]!.content!.toString()).toContain('Content-Type: multipart/signed;')
    const refused = await admin.run('test', '--send-to', 'nobody@example.org', ...admin.ca)
    expect(refused.code).toBe(67)
    expect(refused.stderr).toContain('550 5.1.1 no such user')
  })
})

describe('profiles', () => {
  it('are listed with what they are for, which is in no mail [beyondtrust.general.Description]', async () => {
    await using sink = await startSink()
    const Description = 'alerts of the night shift'
    await using admin = await Administrator.with({ Description, Port: sink.port, ChannelEncryption: 'EXPLICIT' })
    expect((await admin.run('profile', 'list')).stdout).toBe(`* Alerts  ${Description}\n`)
    await admin.run('test', '--send-to', 'ben@example.org', ...admin.ca)
    expect(sink.ledger[0]!.content!.toString()).not.toContain('night shift')
  })

  it('are tried: signing and encryption work, or it is said why not [part of beyondtrust.smime.SignVerify] [part of beyondtrust.smime.EncryptVerify]', async () => {
    const { key, certificate } = await mailIdentity({ email: 'pi@example.com' })
    await using folder = await Folder.make()
    const file = folder.join('pi.pem')
    await writeFile(file, key + certificate, { mode: 0o600 })
    const smime = { SignEmail: 'Yes', SigningFile: file, EncryptEmail: 'Yes', EncryptionFile: file }
    await using admin = await Administrator.with(smime)
    const works = await admin.run('profile', 'verify', 'Alerts', '--offline')
    expect([works.code, works.stdout]).toEqual([
      0,
      'signing     a sample was signed, and the signature holds\nencryption  a sample was encrypted\nAlerts can be used; the server was not asked\n',
    ])
    await writeFile(file, certificate)
    const lost = await admin.run('profile', 'verify', 'Alerts', '--offline')
    expect([lost.code, lost.stderr]).toEqual([78, expect.stringContaining('no private key to sign with')])
    await writeFile(file, 'nothing')
    expect((await admin.run('profile', 'verify', 'Alerts', '--offline')).stderr).toContain('[certificate.format]')
  })
})

import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { once } from 'node:events'
import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { Mailer } from '../mailer.js'

const DRAFT = { from: 'a@example.test', to: 'b@one.test', subject: 'Out of sight', text: 'Hello\n' }

describe('the log of a profile', () => {
  it('says what becomes of each message and what is wrong with the profile; no content and no secret', async () => {
    await using folder = await Folder.make()
    const replyTo = (verb: string, argument: string) =>
      verb === 'RCPT' && argument.includes('<no@') ? '550 no' : undefined
    await using sink = await SinkServer.start({ auth: { user: 'app', password: 'hunter2' }, replyTo })
    const relay = { host: '127.0.0.1', port: sink.port }
    const credentials = { user: 'app', password: 'hunter2', allowCleartextAuth: true }
    const logging = { destinations: ['file' as const], file: { path: 'mail.log' }, trailFile: 'trail.log' }
    const mailer = new Mailer(
      { name: 'office', relay, security: 'none', credentials, logging },
      { directory: folder.path },
    )
    const { messageId } = await mailer.send(DRAFT)
    await expect(mailer.send({ ...DRAFT, to: 'no@one.test' })).rejects.toMatchObject({ code: 'smtp.rcpt.refused' })
    await expect(mailer.send({ ...DRAFT, to: [] })).rejects.toMatchObject({ code: 'draft.no-recipients' })
    await mailer.close()
    const log = await readFile(folder.file('mail.log'), 'utf8')
    expect(log).toMatch(/warn +warning: credentials\.password stands in the profile in plain/)
    expect(log).toContain(`accepted: message ${messageId} was accepted`)
    expect(log).toMatch(/error refused: message <\S+> was refused: .*550 no/)
    expect(log).toMatch(/error failed: a message was not sent: to: the draft has no recipient/)
    expect(log).toContain('profile=office')
    const trail = await readFile(folder.file('trail.log'), 'utf8')
    expect(trail).toContain('RCPT TO:<b@one.test>')
    for (const text of [log, trail]) expect(text).not.toMatch(/hunter2|Out of sight|Hello/)
  })

  it('a log that cannot be opened is told at the first use', async () => {
    await using folder = await Folder.make()
    await writeFile(folder.file('no-folder'), 'x')
    const logging = { destinations: ['file' as const], file: { path: 'no-folder/mail.log' } }
    await using mailer = new Mailer({ relay: { host: '127.0.0.1' }, logging }, { directory: folder.path })
    await expect(mailer.send(DRAFT)).rejects.toMatchObject({ code: 'logging.file' })
  })
})

describe('the transport direct', () => {
  it('goes to the servers of each domain, without any login', async () => {
    await using sink = await SinkServer.start()
    const targets: string[] = []
    const resolver = {
      resolveMx: () =>
        Promise.resolve({ records: [{ exchange: 'mx.one.test', priority: 10 }], secure: false, exists: true }),
      resolveTxt: () => Promise.resolve([]),
    }
    const connector = async ({ host, port }: { host: string; port: number }) => {
      targets.push(`${host}:${port}`)
      const socket = connect(sink.port, '127.0.0.1')
      await once(socket, 'connect')
      return socket
    }
    const credentials = { user: 'app', password: 'hunter2' }
    const mailer = new Mailer(
      {
        transport: 'direct',
        credentials,
        identity: { localName: 'mail.example.test' },
        sender: { from: 'a@example.test' },
      },
      { direct: { resolver }, smtp: { connector } },
    )
    const receipt = await mailer.send({ to: 'b@one.test', text: 'x' })
    expect(receipt.deliveries).toMatchObject([{ recipient: 'b@one.test', outcome: 'delivered', server: 'mx.one.test' }])
    expect(mailer.warnings).toMatchObject([{ code: 'settings.unused', path: 'credentials' }])
    await mailer.close()
    expect(targets).toEqual(['mx.one.test:25'])
    expect(sink.sessions[0]!.commands).not.toContainEqual(expect.stringMatching(/^AUTH/))
  })
})

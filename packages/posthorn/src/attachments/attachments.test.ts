import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readMessage, type Attachment } from '@posthorn/mime'
import type { Profile } from '@posthorn/settings'
import { SinkServer } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { isSendFailure, type MailReceipt } from '../mail-receipt.js'
import type { MailDraft, ReadyMessage } from '../mail.js'
import { Mailer } from '../mailer.js'
import { withNote } from './note.js'

type Policy = NonNullable<Profile['attachments']>
const DRAFT = { from: 'a@example.test', to: 'b@example.test', text: 'Hello\n' }

/** A folder with a file in `base`, one beside it, and links between them. */
async function files(): Promise<Folder & { base: string }> {
  const folder = await Folder.make()
  const base = folder.file('base')
  await mkdir(join(base, 'sub'), { recursive: true })
  await mkdir(folder.file('base-other'))
  await writeFile(join(base, 'good.txt'), 'good')
  await writeFile(join(base, 'sub', 'deep.txt'), 'deep')
  await writeFile(folder.file('outside.txt'), 'outside')
  await writeFile(join(folder.file('base-other'), 'near.txt'), 'near')
  await symlink(folder.file('outside.txt'), join(base, 'leads-out.txt'))
  await symlink(folder.path, join(base, 'up'))
  await symlink(join(base, 'good.txt'), join(base, 'leads-in.txt'))
  return Object.assign(folder, { base })
}

interface Sent {
  readonly receipt: MailReceipt
  readonly names: readonly (string | undefined)[]
  readonly text: string
  readonly html: string
}

async function sent(attachments: Policy, draft: MailDraft, directory?: string): Promise<Sent> {
  await using sink = await SinkServer.start({ keepContent: true })
  const relay = { host: '127.0.0.1', port: sink.port }
  await using mailer = new Mailer({ relay, security: 'none', attachments }, { directory })
  const receipt = await mailer.send(draft)
  const { text = '', html = '', attachments: parts } = await readMessage(sink.ledger[0]!.content!)
  return { receipt, names: parts.map(({ filename }) => filename), text: text.trimEnd(), html }
}

const attaching = (...attachments: Attachment[]) => ({ ...DRAFT, attachments })

describe('the attachments a profile lets through', () => {
  it('lie in its folder, by relative names, whole ones and URLs, and by links that stay in it [part of runmyjobs.registry.AccessiblePath]', async () => {
    await using folder = await files()
    const { base } = folder
    const draft = attaching(
      { path: 'good.txt' },
      { path: 'sub/../sub/deep.txt' },
      { path: join(base, 'good.txt') },
      { path: pathToFileURL(join(base, 'good.txt')) },
      { url: pathToFileURL(join(base, 'good.txt')).href },
      { path: 'leads-in.txt' },
    )
    const names = ['good.txt', 'deep.txt', 'good.txt', 'good.txt', 'good.txt', 'leads-in.txt']
    expect((await sent({ basePath: base }, draft)).names).toEqual(names)
    expect((await sent({ basePath: 'base' }, draft, folder.path)).names).toEqual(names)
  })

  it.each<[string, (folder: { path: string; base: string }) => Attachment]>([
    ['../outside.txt', () => ({ path: '../outside.txt' })],
    ['sub/../../outside.txt', () => ({ path: 'sub/../../outside.txt' })],
    ['a whole path outside', ({ path }) => ({ path: join(path, 'outside.txt') })],
    ['a URL outside', ({ path }) => ({ url: pathToFileURL(join(path, 'outside.txt')) })],
    ['a link that leads out', () => ({ path: 'leads-out.txt' })],
    ['a way through a link that leads out', () => ({ path: 'up/outside.txt' })],
    ['a folder whose name begins alike', ({ path }) => ({ path: join(path, 'base-other', 'near.txt') })],
    ['the folder in capitals', ({ base }) => ({ path: join(base.toUpperCase(), 'good.txt') })],
    ['a file that is not there', () => ({ path: 'none.txt' })],
    ['the folder itself', () => ({ path: '.' })],
  ])(
    '%s does not go along: the draft is refused, or goes without it [part of runmyjobs.registry.AccessiblePath] [part of runmyjobs.registry.AttachmentError]',
    async (_what, attachment) => {
      await using folder = await files()
      const policy = { basePath: folder.base } as const
      const bad = attachment(folder)
      const draft = attaching({ path: 'good.txt' }, bad)
      await expect(sent(policy, draft)).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:attachment\.access|content\.unreadable)$/) as string,
        field: expect.stringMatching(/^attachments\[1\]\./) as string,
      })
      const skipped = await sent({ ...policy, onMissing: 'skip' }, draft)
      expect([skipped.names, skipped.text]).toEqual([['good.txt'], 'Hello'])
      expect(skipped.receipt.leftOut).toMatchObject([{ field: 'attachments[1]' }])
      const noted = await sent({ ...policy, onMissing: 'note' }, draft)
      expect(noted.text).toMatch(/^Hello\n\n\[The file \S+ could not be attached\.\]$/)
      expect(noted.text).not.toContain(folder.path)
    },
  )

  it('none when none may go along; octets always may [part of runmyjobs.registry.AccessiblePath]', async () => {
    await using folder = await files()
    const draft = attaching({ path: join(folder.base, 'good.txt') }, { content: 'x', filename: 'x.txt' })
    await expect(sent({ files: 'none' }, draft)).rejects.toMatchObject({ code: 'attachment.access' })
    const { names, receipt } = await sent({ files: 'none', onMissing: 'skip' }, draft)
    expect(names).toEqual(['x.txt'])
    expect(receipt.leftOut).toEqual([{ field: 'attachments[0]', name: 'good.txt', code: 'attachment.access' }])
  })

  it('all, with relative names from the folder', async () => {
    await using folder = await files()
    const draft = attaching({ path: 'good.txt' }, { path: '../outside.txt' }, { path: folder.file('outside.txt') })
    const { names } = await sent({ files: 'all', basePath: folder.base }, draft)
    expect(names).toEqual(['good.txt', 'outside.txt', 'outside.txt'])
  })

  it('in drafts within drafts, too', async () => {
    await using folder = await files()
    const inner = { ...DRAFT, attachments: [{ path: 'good.txt' }, { path: '../outside.txt' }] }
    const policy = { basePath: folder.base } as const
    await expect(sent(policy, attaching({ message: inner }))).rejects.toMatchObject({ code: 'attachment.access' })
    const { receipt } = await sent({ ...policy, onMissing: 'note' }, attaching({ message: inner }))
    expect(receipt.leftOut).toMatchObject([{ field: 'attachments[0].message.attachments[1]', name: 'outside.txt' }])
  })

  it('what is wrong with an attachment otherwise is refused as ever', async () => {
    const policy = { files: 'all', onMissing: 'skip' } as const
    for (const wrong of [null, {}, { path: 'x', content: 'y' }, { path: 'a\0b' }]) {
      await expect(sent(policy, attaching(wrong as unknown as Attachment))).rejects.toMatchObject({
        code: expect.stringMatching(/^attachment\./) as string,
      })
    }
    await expect(sent(policy, { ...DRAFT, attachments: 'x' as never })).rejects.toMatchObject({
      code: 'attachment.source',
    })
  })

  it('a failure tells of the files that were left out, too', async () => {
    await using sink = await SinkServer.start({ replyTo: (verb) => (verb === 'MAIL' ? '550 no' : undefined) })
    const relay = { host: '127.0.0.1', port: sink.port }
    await using mailer = new Mailer({ relay, security: 'none', attachments: { files: 'none', onMissing: 'skip' } })
    const error: unknown = await mailer.send(attaching({ path: 'x.txt' })).catch((thrown: unknown) => thrown)
    if (!isSendFailure(error)) throw error
    expect(error.receipt.leftOut).toMatchObject([{ name: 'x.txt' }])
  })

  it('a file that goes away while it is looked at is an error, and nothing is sent', async () => {
    await using folder = await files()
    await using sink = await SinkServer.start()
    const relay = { host: '127.0.0.1', port: sink.port }
    await using mailer = new Mailer({
      relay,
      security: 'none',
      attachments: { basePath: folder.base, onMissing: 'skip' },
    })
    let asked = 0
    const path = join(folder.base, 'good.txt')
    const draft = attaching({
      get path() {
        if (++asked === 2) void rm(path)
        return path
      },
    })
    const outcome: unknown = await mailer.send(draft).then(
      ({ leftOut }) => leftOut,
      (error: unknown) => error,
    )
    // whichever came first: it went along, was left out, or was refused; never half of it
    if (outcome instanceof Error) expect(sink.ledger).toEqual([])
    else expect(sink.ledger).toHaveLength(1)
  })
})

describe('a ready message whose content is a file', () => {
  const envelope = { reversePath: 'a@example.test', recipients: ['b@example.test'] }
  const text = 'Subject: Grüße\r\n\r\nGrüße\r\n'
  const content = async (attachments: Policy, path: string, more: object = {}) => {
    await using sink = await SinkServer.start({ keepContent: true })
    const relay = { host: '127.0.0.1', port: sink.port }
    await using mailer = new Mailer({ relay, security: 'none', attachments })
    const message: unknown = { envelope: { ...envelope, ...more }, content: { path, open: 1 } }
    await mailer.send(message as ReadyMessage)
    return sink.ledger[0]!.content!.toString()
  }

  it('is under the same policy as a draft', async () => {
    await using folder = await files()
    const { base } = folder
    const refused = { code: 'attachment.access', field: 'content.path' }
    await writeFile(join(base, 'message.eml'), text)
    for (const path of ['outside.txt', 'base/good.txt'].map((name) => folder.file(name))) {
      await expect(content({ files: 'none' }, path)).rejects.toMatchObject(refused)
      await expect(content({ files: 'none' }, path, { bodyType: 'binary' })).rejects.toMatchObject(refused)
    }
    const outside = [folder.file('outside.txt'), '../outside.txt', 'leads-out.txt', 'up/outside.txt']
    for (const path of [...outside, pathToFileURL(folder.file('outside.txt')).href]) {
      await expect(content({ basePath: base, onMissing: 'skip' }, path)).rejects.toMatchObject(refused)
    }
    for (const path of ['message.eml', join(base, 'message.eml')])
      expect(await content({ basePath: base }, path)).toBe(text)
    expect(await content({ files: 'all' }, join(base, 'message.eml'))).toBe(text)
    await expect(content({ basePath: base }, '')).rejects.toMatchObject({ code: 'attachment.path' })
  })

  it('is under the access that options in code give', async () => {
    await using folder = await files()
    const smtp = { host: '127.0.0.1', port: 1, security: 'none' } as const
    await using mailer = new Mailer({ smtp, compose: { access: { files: 'none' } } })
    const message = { envelope, content: { path: folder.file('outside.txt') } }
    await expect(mailer.send(message)).rejects.toMatchObject({ code: 'attachment.access' })
  })
})

describe('the note about a file that is missing', () => {
  it('stands at the end of the text and of the HTML', () => {
    const html = '<html><body><p>x</p></body></html>'
    expect(withNote({ text: 'a', html }, ['b&c.txt', 'd.txt'])).toEqual({
      text: 'a\n\n[The file b&c.txt could not be attached.]\n[The file d.txt could not be attached.]\n',
      html: '<html><body><p>x</p>\n<p>[The file b&amp;c.txt could not be attached.]</p>\n<p>[The file d.txt could not be attached.]</p>\n</body></html>',
    })
    expect(withNote({ html: '<p>x</p>\n' }, ['e'])).toEqual({
      html: '<p>x</p>\n<p>[The file e could not be attached.]</p>\n',
    })
  })

  it('is the text where there is none, and nothing in a name can look like more', () => {
    expect(withNote({}, ['x\r\n\u202eevil'])).toEqual({ text: '[The file x???evil could not be attached.]\n' })
    expect(withNote({ html: '' }, ['<script>'])).toEqual({
      html: '<p>[The file &lt;script&gt; could not be attached.]</p>\n',
    })
  })
})

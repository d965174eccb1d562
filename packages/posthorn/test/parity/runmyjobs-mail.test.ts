import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readMessage } from '@posthorn/mime'
import type { SinkOptions } from '@posthorn/testkit'
import { describe, expect, it } from 'vitest'
import { LETTER } from '../one-send.js'
import { Folder } from '../oauth2/folder.js'
import { imported, registry, sentBy } from './runmyjobs-registry.js'
import type { SentMail } from './sent-mail.js'

/** A base folder with a good file in it, a file outside, and a link that leads there. */
async function files(): Promise<Folder & { readonly base: string }> {
  const folder = await Folder.make()
  const base = folder.file('my base')
  await mkdir(join(base, 'sub'), { recursive: true })
  await writeFile(join(base, 'sub', 'good.txt'), 'good')
  await writeFile(folder.file('outside.txt'), 'outside')
  await symlink(folder.file('outside.txt'), join(base, 'leads-out.txt'))
  return Object.assign(folder, { base })
}

const attaching = (...paths: readonly string[]) => ({ ...LETTER, attachments: paths.map((path) => ({ path })) })

async function arrived({ message }: SentMail): Promise<{ names: readonly (string | undefined)[]; text: string }> {
  const { attachments, text = '' } = await readMessage(message!.content!)
  return { names: attachments.map(({ filename }) => filename), text: text.trimEnd() }
}

describe('attachments', () => {
  describe('AccessiblePath [runmyjobs.registry.AccessiblePath]', () => {
    it('lie in AccessiblePath, whatever the way there; anything outside is not found', async () => {
      await using folder = await files()
      const { profile } = imported(registry(`AccessiblePath = ${folder.base}`))
      const inside = await sentBy(profile, {
        draft: attaching('sub/good.txt', join(folder.base, 'sub', '..', 'sub', 'good.txt')),
      })
      expect((await arrived(inside)).names).toEqual(['good.txt', 'good.txt'])
      for (const outside of [
        '../outside.txt',
        'sub/../../outside.txt',
        folder.file('outside.txt'),
        'leads-out.txt',
        join(folder.base, 'leads-out.txt'),
      ]) {
        const refused = await sentBy(profile, { draft: attaching('sub/good.txt', outside) })
        expect([refused.error?.code, refused.session], outside).toEqual(['attachment.access', undefined])
      }
    })

    it('no file of the server goes along without AccessiblePath', async () => {
      await using folder = await files()
      const { profile, about } = imported(registry())
      expect(about('AccessiblePath')).toMatchObject([{ verdict: 'defaulted' }])
      for (const path of [join(folder.base, 'sub', 'good.txt'), 'package.json']) {
        const refused = await sentBy(profile, { draft: attaching(path) })
        expect([refused.error?.code, refused.session]).toEqual(['attachment.access', undefined])
      }
      const draft = { ...LETTER, attachments: [{ content: 'made here', filename: 'made.txt' }] }
      expect((await arrived(await sentBy(profile, { draft }))).names).toEqual(['made.txt'])
    })
  })

  it('one that is missing fails the mail, is left out, or is noted in the text [runmyjobs.registry.AttachmentError]', async () => {
    await using folder = await files()
    const base = `AccessiblePath = ${folder.base}`
    const log = folder.file('mail.log')
    const draft = attaching('sub/good.txt', 'gone.pdf')
    const send = (...entries: readonly string[]) => {
      const { profile } = imported(registry(base, ...entries))
      return sentBy({ ...profile, logging: { destinations: ['file'], file: { path: log } } }, { draft })
    }
    for (const entries of [[], ['AttachmentError = fail']]) {
      const failed = await send(...entries)
      expect([failed.error?.code, failed.session]).toEqual(['content.unreadable', undefined])
      expect(failed.error?.message).toContain('gone.pdf')
    }
    const skipped = await send('AttachmentError = skip')
    expect(await arrived(skipped)).toEqual({ names: ['good.txt'], text: LETTER.text.trimEnd() })
    expect(skipped.receipt?.leftOut).toEqual([
      { field: 'attachments[1]', name: 'gone.pdf', code: 'content.unreadable' },
    ])
    expect(await readFile(log, 'utf8')).toMatch(/ warn {2}left-out: message <\S+> goes without a file: gone\.pdf /)
    const noted = await arrived(await send('AttachmentError = note'))
    expect(noted).toEqual({
      names: ['good.txt'],
      text: `${LETTER.text.trimEnd()}\n\n[The file gone.pdf could not be attached.]`,
    })
  })

  it('one outside AccessiblePath counts as missing [part of runmyjobs.registry.AttachmentError]', async () => {
    await using folder = await files()
    const { profile } = imported(registry(`AccessiblePath = ${folder.base}`, 'AttachmentError = skip'))
    const sent = await sentBy(profile, { draft: attaching('../outside.txt', 'sub/good.txt', 'leads-out.txt') })
    expect((await arrived(sent)).names).toEqual(['good.txt'])
  })
})

describe('SendPartial', () => {
  const everybody = { ...LETTER, to: 'to@example.test', cc: 'cc@example.test', bcc: 'bcc@example.test' }
  const refusing = (kind: string): SinkOptions => ({
    replyTo: (verb, argument) => (verb === 'RCPT' && argument.includes(`<${kind}@`) ? '550 5.1.1 nobody' : undefined),
  })

  it.each(['to', 'cc', 'bcc'])(
    'true: who is refused in %s is told, the others get the mail; false, as when it is not set: nobody gets it [runmyjobs.registry.SendPartial]',
    async (kind) => {
      const partial = imported(registry('SendPartial = true', 'JavaMail/mail.smtp.sendpartial = false'))
      const some = await sentBy(partial.profile, { ...refusing(kind), draft: everybody })
      expect(some.error).toBeUndefined()
      expect(some.message?.recipients).toHaveLength(2)
      expect(some.receipt?.deliveries.filter(({ outcome }) => outcome === 'refused')).toMatchObject([
        { recipient: `${kind}@example.test`, reply: { code: 550 } },
      ])
      for (const entries of [[], ['SendPartial = false', 'JavaMail/mail.smtp.sendpartial = true']]) {
        const none = await sentBy(imported(registry(...entries)).profile, { ...refusing(kind), draft: everybody })
        expect([none.error?.code, none.message]).toEqual(['smtp.rcpt.refused', undefined])
      }
    },
  )
})

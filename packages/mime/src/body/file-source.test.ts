import { spawnSync } from 'node:child_process'
import { link, mkdir, mkdtemp, realpath, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { closedAccess, openAccess, type Access } from '../access.js'
import { compose } from '../compose.js'
import type { Attachment, Draft } from '../draft.js'
import { fileSource } from './file-source.js'

let folder: string
let base: string
let outside: string
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'posthorn-access-')))
  base = join(folder, 'base')
  outside = join(folder, 'outside.txt')
  await mkdir(join(base, 'inner'), { recursive: true })
  await writeFile(outside, 'secret')
  await writeFile(join(base, 'inner', 'a.txt'), 'allowed')
  await writeFile(join(base, '..b.txt'), 'allowed')
  await writeFile(`${base}-neighbour`, 'secret')
  await symlink(outside, join(base, 'way-out'))
  await symlink(folder, join(base, 'folder-out'))
  await symlink(join(base, 'inner'), join(base, 'way-in'))
  await symlink(base, join(folder, 'base-link'))
})
afterAll(() => rm(folder, { recursive: true }))

const refusal = (code: string): unknown => expect.objectContaining({ name: 'SettingsError', code, field: 'file' })
const read = async (path: string | URL, access: Access) => {
  const source = await fileSource(path, undefined, access, 'file')
  return (await collect({ open: () => source.read() })).toString()
}
const mailed = async (attachment: Attachment, access?: Access) =>
  compose({ from: 'a@example.com', to: 'b@example.com', attachments: [attachment] }, access && { access })

describe('the files a draft may name', () => {
  it('[part of runmyjobs.registry.AccessiblePath] lie below the folder, after links and dots', async () => {
    const below: Access = { files: { below: base } }
    for (const path of [
      join(base, 'inner', 'a.txt'),
      join(base, '..b.txt'),
      join(base, 'way-in', 'a.txt'),
      `${base}/inner/../inner/./a.txt`,
      join('inner', 'a.txt'), // a relative path starts at the folder
      '..b.txt',
      pathToFileURL(join(base, 'inner', 'a.txt')),
      pathToFileURL(join(base, 'inner', 'a.txt')).href,
    ]) {
      expect(await read(path, below)).toBe('allowed')
    }
    for (const path of [
      outside,
      `${base}/../outside.txt`,
      `${base}/inner/../../outside.txt`,
      `${base}-neighbour`,
      join(base, 'way-out'),
      join(base, 'folder-out', 'outside.txt'),
      join(folder, 'does-not-exist'),
      base,
      '/etc/passwd',
      '../outside.txt',
      pathToFileURL(outside),
      `file://${outside}`,
    ]) {
      await expect(read(path, below)).rejects.toEqual(refusal('attachment.access'))
    }
  })

  it('may be named by the folder as it was given, or as it really is', async () => {
    const below: Access = { files: { below: join(folder, 'base-link') } }
    expect(await read(join(folder, 'base-link', 'inner', 'a.txt'), below)).toBe('allowed')
    expect(await read(join(base, 'inner', 'a.txt'), below)).toBe('allowed')
    await expect(read(join(folder, 'base-link', 'way-out'), below)).rejects.toEqual(refusal('attachment.access'))
  })

  it('do not tell what there is outside, through whatever link they are named', async () => {
    await symlink(join(folder, 'missing'), join(base, 'broken'))
    await symlink('loop', join(base, 'loop'))
    for (const path of [
      'folder-out/outside.txt',
      'folder-out/nope',
      'folder-out/nope/nope',
      'folder-out/outside.txt/nope',
      'broken',
      'broken/nope',
      'loop',
      '../nope',
    ]) {
      await expect(read(path, { files: { below: base } })).rejects.toEqual(refusal('attachment.access'))
    }
    for (const path of ['nope', 'inner/nope/nope', 'way-in/nope', 'inner/a.txt/nope'])
      await expect(read(path, { files: { below: base } })).rejects.toEqual(refusal('content.unreadable'))
  })

  it('[part of runmyjobs.registry.AttachmentError] are named in the error, by the last part as it was given', async () => {
    const messageOf = (path: string) => read(path, { files: { below: base } }).catch((error: Error) => error.message)
    expect(await messageOf('inner/gone.pdf')).toMatch(/the file gone\.pdf cannot be read \(ENOENT\)$/)
    expect(await messageOf('../ou\r\nt\u202eside.txt')).toMatch(
      /names ou\?\?t\?side\.txt, a file that must not be read$/,
    )
    expect(await messageOf(`gone/${'x'.repeat(200)}`)).toMatch(/ x{100} cannot/)
  })

  it('are none without an access that says so clearly', async () => {
    const path = join(base, 'inner', 'a.txt')
    const unclear = [closedAccess, { files: { below: '' } }, { files: {} }, {}, { files: 'ALL' }, { files: null }]
    for (const access of [...unclear, { files: { below: join(folder, 'gone') } }]) {
      await expect(read(path, access as Access)).rejects.toEqual(refusal('attachment.access'))
    }
    expect(await read(path, openAccess)).toBe('allowed')
  })

  it('are not widened by what stands in the draft', async () => {
    const access = closedAccess
    const path = outside
    for (const key of ['access', 'files', 'below', 'fetch']) {
      const attachment = { path, [key]: { files: 'all' } } as unknown as Attachment
      await expect(mailed(attachment, access)).rejects.toMatchObject({ code: 'draft.unknown-field' })
    }
    const draft = { from: 'a@b.example', to: 'a@b.example', attachments: [{ path }], access: openAccess }
    await expect(compose(draft as Draft, { access })).rejects.toMatchObject({ code: 'draft.unknown-field' })
    for (const attachment of [{ path }, { url: pathToFileURL(path) }, { url: `file://${path}` }]) {
      await expect(mailed(attachment, access)).rejects.toMatchObject({ code: 'attachment.access' })
    }
    const nested = { from: 'a@b.example', attachments: [{ path }] }
    await expect(mailed({ message: nested }, access)).rejects.toMatchObject({
      code: 'attachment.access',
      field: 'attachments[0].message.attachments[0].path',
    })
  })

  it('can be a file: URL in `url`, too', async () => {
    const message = await mailed({ url: pathToFileURL(join(base, 'inner', 'a.txt')) })
    expect((await collect(message.content)).toString()).toContain('filename=a.txt\r\n\r\nYWxsb3dlZA==')
  })

  it('are files: neither a folder, nor a pipe or a socket, which would be waited for', async () => {
    const pipe = join(base, 'pipe')
    const socket = join(base, 'socket')
    const specials = [socket, join(base, 'inner'), '/dev/zero']
    if (spawnSync('mkfifo', [pipe]).status === 0) specials.push(pipe) // where there are pipes with names
    const server = createServer().listen(socket)
    await new Promise((resolve) => server.once('listening', resolve))
    try {
      for (const access of [openAccess, { files: { below: base } } as const]) {
        for (const path of specials) {
          const code = access !== openAccess && path.startsWith('/dev') ? 'attachment.access' : 'content.unreadable'
          await expect(read(path, access)).rejects.toEqual(refusal(code))
        }
      }
    } finally {
      server.close()
    }
  })

  it.each(['', 'a\0b', new URL('http://localhost/x'), new URL('file://host/x'), 5 as unknown as string])(
    '%j is no name of one',
    async (path) => {
      await expect(read(path, openAccess)).rejects.toEqual(refusal('attachment.path'))
      await expect(read(path, { files: { below: base } })).rejects.toEqual(refusal('attachment.path'))
    },
  )

  it('must be the same at each opening: another file, or one that was written to, is an error before its first octet', async () => {
    const path = join(base, 'changing')
    const changed = refusal('content.changed')
    await writeFile(path, 'first')
    const source = await fileSource(path, undefined, openAccess, 'file')
    const opened = () => collect({ open: () => source.read() })
    expect((await opened()).toString()).toBe('first')
    await writeFile(path, 'other') // as long as before
    await utimes(path, new Date(), new Date(2001, 1, 1))
    await expect(opened()).rejects.toEqual(changed)

    await writeFile(`${path}-new`, 'again')
    const again = await fileSource(`${path}-new`, undefined, { files: { below: base } }, 'file')
    await rename(path, `${path}-new`)
    await expect(collect({ open: () => again.read() })).rejects.toEqual(changed)
    await rm(`${path}-new`)
    await symlink(outside, `${path}-new`)
    await expect(collect({ open: () => again.read() })).rejects.toEqual(changed)
    await rm(`${path}-new`)
    await expect(collect({ open: () => again.read() })).rejects.toEqual(refusal('content.unreadable'))
  })

  it('must not be written to while it is read', async () => {
    const path = join(base, 'large')
    await writeFile(path, new Uint8Array(1_000_000))
    const source = await fileSource(path, undefined, openAccess, 'file')
    const reading = async () => {
      let given = 0
      for await (const block of source.read()) {
        given += block.length
        if (given === block.length) await utimes(path, new Date(), new Date(2001, 1, 1))
      }
    }
    await expect(reading()).rejects.toEqual(refusal('content.changed'))
  })

  it('through a hard link cannot be told apart, which the documentation says', async () => {
    await link(outside, join(base, 'hard'))
    expect(await read(join(base, 'hard'), { files: { below: base } })).toBe('secret')
  })
})

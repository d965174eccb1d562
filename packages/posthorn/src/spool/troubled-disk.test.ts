import { chmod, chown, mkdir, readdir, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Folder } from '../../test/oauth2/folder.js'
import { SpoolChild } from '../../test/spool/child.js'
import { letter } from '../../test/spool/letter.js'
import { SpoolFolder } from './index.js'

/** Permissions mean nothing to root, so that is given up in a process of its own; for anybody else they are enough. */
const USER = process.getuid?.() === 0 ? { user: 65_534 } : {}
const TEXT = 'MAIL FROM:<a@example.test>\nRCPT TO:<b@example.test>\n\n'

describe.runIf(process.platform !== 'win32')('a folder that this user may not use', () => {
  let folder: Folder
  beforeEach(async () => {
    folder = await Folder.make()
    await chmod(folder.path, 0o755)
  })
  afterEach(async () => {
    await chmod(folder.path, 0o755)
    await folder[Symbol.asyncDispose]()
  })

  it('says so, and loses nothing: read-only', async () => {
    await new SpoolFolder(folder.path).queue(letter())
    const before = await readdir(folder.path)
    await chmod(folder.path, 0o555)
    const processed = await new SpoolChild(folder.path, USER).ended()
    expect(processed).toEqual([
      expect.stringMatching(/^error spool\.denied spool: the folder .* cannot be written to \(EACCES\)$/),
    ])
    const queued = await new SpoolChild(folder.path, { ...USER, queue: 10 }).ended()
    expect(queued).toEqual([expect.stringMatching(/^error spool\.denied /)])
    expect(await readdir(folder.path)).toEqual(before)
  })

  it('says so: not even to be listed', async () => {
    await chmod(folder.path, 0o000)
    const processed = await new SpoolChild(folder.path, USER).ended()
    expect(processed).toEqual([expect.stringMatching(/^error spool\.denied /)])
  })

  it('is used all the same when it is read-only and empty', async () => {
    await chmod(folder.path, 0o555)
    expect(await new SpoolChild(folder.path, USER).ended()).toEqual([expect.stringMatching(/^done \{"sent":0,/)])
  })

  it('skips a file that may not be read, and leaves it as it is', async () => {
    const own = folder.file('spool')
    await mkdir(own)
    await writeFile(`${own}/a.queued`, TEXT)
    await writeFile(`${own}/b.queued`, TEXT)
    await chmod(`${own}/a.queued`, 0o000)
    if (USER.user !== undefined) await chown(own, USER.user, USER.user)
    const lines = await new SpoolChild(own, USER).ended()
    expect(lines).toEqual([
      'claimed a',
      'skipped a spool.unreadable',
      'claimed b',
      'send b',
      'sent b',
      expect.stringContaining('"skipped":1'),
    ])
    expect(await readdir(own)).toEqual(['a.queued'])
  })
})

describe.runIf(process.platform === 'linux')('a file that cannot be written whole', () => {
  it('is gone, and the error says why', async () => {
    await using folder = await Folder.make()
    const lines = await new SpoolChild(folder.path, { queue: 100_000 }, "ulimit -f 8; trap '' XFSZ").ended()
    expect(lines).toEqual([expect.stringMatching(/^error spool\.write .*\(EFBIG\)$/)])
    expect(await readdir(folder.path)).toEqual([])
  })
})

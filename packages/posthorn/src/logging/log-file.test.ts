import { mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LogFile, type LogFileOptions, type LogFileSystem } from './log-file.js'

let folder: string
let told: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthorn-log-'))
  told = []
})
afterEach(() => rm(folder, { recursive: true }))

const options = (more: Partial<LogFileOptions> = {}): LogFileOptions => ({
  path: join(folder, 'mail.log'),
  keep: 2,
  tell: (text) => void told.push(text),
  lostLine: (count) => `${count} lost`,
  ...more,
})
const read = (name = 'mail.log') => readFile(join(folder, name), 'utf8')

/** Every line is written by itself, in the order given. */
async function write(file: LogFile, ...lines: string[]): Promise<void> {
  for (const line of lines) file.write(line)
  await file.close()
}

describe('LogFile', () => {
  it('[part of beyondtrust.logging.LogFileName] appends to what is there', async () => {
    await writeFile(join(folder, 'mail.log'), 'before\n')
    await write(await LogFile.open(options(), 'logging.file.path'), 'one', 'two')
    expect(await read()).toBe('before\none\ntwo\n')
    expect(told).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('belongs to its owner alone', async () => {
    await write(await LogFile.open(options(), 'logging.file.path'), 'one')
    expect((await stat(join(folder, 'mail.log'))).mode & 0o777).toBe(0o600)
  })

  it('[part of beyondtrust.logging.LogFileName] is rotated by size, between two lines, and keeps so many old ones', async () => {
    const file = await LogFile.open(options({ maxOctets: 20 }), 'logging.file.path')
    await write(file, ...Array.from({ length: 9 }, (_, index) => `line ${index}`)) // 7 octets each: two to a file
    expect(await readdir(folder)).toEqual(['mail.log', 'mail.log.1', 'mail.log.2'])
    expect([await read('mail.log.2'), await read('mail.log.1'), await read()]).toEqual([
      'line 4\nline 5\n',
      'line 6\nline 7\n',
      'line 8\n',
    ])
    expect(told).toEqual([])
  })

  it('rotates what was there before, and takes a line that is longer than a whole file', async () => {
    await writeFile(join(folder, 'mail.log'), 'x'.repeat(30))
    await write(await LogFile.open(options({ maxOctets: 20 }), 'logging.file.path'), 'y'.repeat(50))
    expect([await read('mail.log.1'), await read()]).toEqual(['x'.repeat(30), `${'y'.repeat(50)}\n`])
  })

  it('begins anew when the file vanishes or is moved away', async () => {
    const file = await LogFile.open(options(), 'logging.file.path')
    await rename(join(folder, 'mail.log'), join(folder, 'moved'))
    file.write('one')
    await file.close()
    const again = await LogFile.open(options(), 'logging.file.path')
    await rm(join(folder, 'mail.log'))
    await write(again, 'two')
    expect([await read(), await read('moved')]).toEqual(['two\n', ''])
    expect(told).toEqual([])
  })

  it.each([
    ['a folder that is not there', (at: string) => join(at, 'none', 'mail.log'), 'ENOENT'],
    ['a folder that is a file', (at: string) => join(at, 'file', 'mail.log'), 'ENOTDIR'],
    ['a folder in its place', (at: string) => at, 'is not a file'],
  ])('[part of beyondtrust.logging.LogFileName] is refused in %s, with path and reason', async (_, path, reason) => {
    await writeFile(join(folder, 'file'), '')
    const opened = LogFile.open(options({ path: path(folder) }), 'logging.file.path')
    await expect(opened).rejects.toMatchObject({
      code: 'logging.file',
      field: 'logging.file.path',
      message: expect.stringContaining(reason) as string,
    })
    await expect(opened).rejects.toThrow(path(folder))
  })

  it('gets over a full disk: it is told once, lines are lost and counted, and half a line stays by itself', async () => {
    let room = false
    const files: LogFileSystem = {
      rename,
      stat,
      async open(path, flags, mode) {
        const handle = await open(path, flags, mode)
        const append = handle.appendFile.bind(handle)
        handle.appendFile = async (data, appendOptions) => {
          if (room) return append(data, appendOptions)
          await append('ha')
          throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
        }
        return handle
      },
    }
    const file = await LogFile.open(options({ files }), 'logging.file.path')
    file.write('one')
    file.write('two')
    await until(() => told.length > 0)
    file.write('three')
    await until(async () => (await read()) === 'haha')
    room = true
    file.write('four')
    await file.close()
    expect(told).toEqual([`${join(folder, 'mail.log')} cannot be written (ENOSPC); mail goes on without it`])
    expect(await read()).toBe('haha\n3 lost\nfour\n')
  })

  it('goes on with the new file when another writer has rotated it in the meantime, and says nothing', async () => {
    const path = join(folder, 'mail.log')
    const files: LogFileSystem = {
      open,
      stat,
      async rename(from, to) {
        if (from === path) {
          await rename(from, to)
          if ((await readFile(to, 'utf8')) === 'one\n') await writeFile(path, 'theirs\n')
          throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
        }
        await rename(from, to)
      },
    }
    const file = await LogFile.open(options({ maxOctets: 12, files }), 'logging.file.path')
    await write(file, 'one', 'two lines', 'x')
    expect(told).toEqual([])
    expect([await read('mail.log.2'), await read('mail.log.1'), await read()]).toEqual([
      'one\n',
      'theirs\ntwo lines\n',
      'x\n',
    ])
  })

  it('goes on growing when it cannot be rotated, and says so once', async () => {
    const files: LogFileSystem = {
      open,
      stat,
      rename: () => Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' })),
    }
    const file = await LogFile.open(options({ maxOctets: 8, files }), 'logging.file.path')
    await write(file, 'one', 'two', 'three', 'four')
    expect(await read()).toBe('one\ntwo\nthree\nfour\n')
    expect(told).toEqual([`${join(folder, 'mail.log')} cannot be rotated (EACCES); it goes on growing`])
  })
})

/** Turns of the loop until it is so. */
async function until(ready: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await ready())) await new Promise((resolve) => setImmediate(resolve))
}

import { randomUUID } from 'node:crypto'
import { link, open, readdir, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Windows does not replace a file that another process is just reading. */
const BUSY = new Set(['EPERM', 'EACCES', 'EBUSY'])
const TRIES = 5

/**
 * Puts a file in the place of another at one moment, and resolves when it would be there after a power cut: the new one is written and
 * flushed beside it, takes its name, and the folder is flushed. Mode 0600. Who calls it must be the only one to do so, and what a process
 * that died left behind is removed.
 */
export async function replaceFile(path: string, content: string): Promise<void> {
  const folder = dirname(path)
  const prefix = `${basename(path)}.new-`
  const stale = (await readdir(folder)).filter((name) => name.startsWith(prefix))
  for (const name of stale) await unlink(join(folder, name)).catch(() => {})
  const fresh = join(folder, prefix + randomUUID())
  await writeNew(fresh, content)
  await renameOver(fresh, path)
  await flushFolder(folder)
}

/** There are file systems that give no file a second name. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/**
 * Makes a file where there is none, whole at one moment, and as lasting as `replaceFile`. Mode 0600. Any number may do so at once: one of
 * them makes it. False: it is there already.
 */
export async function makeFile(path: string, content: string): Promise<boolean> {
  const folder = dirname(path)
  const fresh = join(folder, `${basename(path)}.new-${randomUUID()}`)
  await writeNew(fresh, content)
  try {
    await link(fresh, path)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (!NO_LINKS.has(code)) throw error
    try {
      await writeNew(path, content)
    } catch (direct) {
      if ((direct as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw direct
    }
  } finally {
    await unlink(fresh).catch(() => {})
  }
  await flushFolder(folder)
  return true
}

async function writeNew(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(from, to)
    } catch (error) {
      const busy = process.platform === 'win32' && BUSY.has((error as NodeJS.ErrnoException).code ?? '')
      if (!busy || attempt === TRIES) {
        await unlink(from).catch(() => {})
        throw error
      }
      await new Promise((resolve) => setTimeout(resolve, 20 * attempt))
    }
  }
}

async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return // a folder cannot be opened there; NTFS keeps its own journal
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

import { randomBytes } from 'node:crypto'
import { chmod, chown, open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises'

/** A file as it is to be. */
export interface NewFile {
  readonly path: string
  readonly text: string
  /** True: the permissions of the file that is there stay. Otherwise only the owner may read it. */
  readonly keepMode?: boolean
}

const OWNER_ONLY = 0o600

/**
 * Writes files so that a reader sees each old one or each new one, never a half. None is changed when one cannot be written, or has a place
 * that it could not take; only a fault between the last steps, renames inside one folder, can leave some new and some old. A symbolic link
 * stays, and the file it leads to is written.
 * @throws what the file system throws; each file is whole then
 */
export async function replaceFiles(files: readonly NewFile[]): Promise<void> {
  const staged: { readonly draft: string; readonly target: string }[] = []
  try {
    for (const file of files) {
      const target = await leadsTo(file.path)
      const draft = `${target}.${randomBytes(6).toString('hex')}.tmp`
      staged.push({ draft, target })
      await stage(draft, target, file)
    }
    for (const { draft, target } of staged) await rename(draft, target)
  } catch (error) {
    for (const { draft } of staged) await rm(draft, { force: true })
    throw error
  }
}

/** One file; see `replaceFiles`. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await replaceFiles([{ path, text }])
}

async function leadsTo(path: string): Promise<string> {
  try {
    const target = await realpath(path)
    if ((await stat(target)).isFile()) return target
    throw Object.assign(new Error(`EISDIR: ${path} is no file`), { code: 'EISDIR' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return path
    throw error
  }
}

async function stage(draft: string, target: string, { text, keepMode }: NewFile): Promise<void> {
  const handle: FileHandle = await open(draft, 'wx', OWNER_ONLY)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  const old = keepMode ? await stat(target).catch(() => undefined) : undefined
  if (old === undefined) return
  await chown(draft, old.uid, old.gid).catch(() => {}) // only root may give a file away
  await chmod(draft, old.mode & 0o777)
}

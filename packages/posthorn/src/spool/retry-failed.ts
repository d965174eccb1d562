import { existsSync } from 'node:fs'
import { link, rename, unlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SettingsError } from '@posthorn/ground'
import { spoolFault, systemCode } from './spool-error.js'

/** Renames a failed message so that it waits again, over no other, and removes its note. */
export async function retryFailed(folder: string, name: string): Promise<void> {
  if (
    typeof name !== 'string' ||
    name === '' ||
    name.startsWith('.') ||
    basename(name) !== name ||
    /[/\\\0]/.test(name)
  ) {
    throw new SettingsError('spool.name', 'name', 'must be the name of a file in the folder', {
      hint: 'Give a name as the entries of the folder have it.',
    })
  }
  const stem = name.endsWith('.failed') ? name.slice(0, -'.failed'.length) : name
  const failed = join(folder, `${stem}.failed`)
  const queued = join(folder, `${stem}.queued`)
  try {
    // unlike a rename, a link never takes the place of a file
    await link(failed, queued).then(
      () => unlink(failed),
      async (error: unknown) => {
        const code = systemCode(error)
        if (code === 'ENOENT' || code === 'EEXIST' || existsSync(queued)) throw error
        await rename(failed, queued)
      },
    )
  } catch (cause) {
    const code = systemCode(cause)
    if (code === 'ENOENT') {
      throw new SettingsError('spool.not-found', 'name', `there is no ${stem}.failed in ${folder}`, {
        cause,
        hint: 'Give the name of an entry whose state is failed.',
      })
    }
    if (code === 'EEXIST') {
      throw new SettingsError('spool.name', 'name', `there is a ${stem}.queued already`, {
        cause,
        hint: 'Wait until that one was sent, or rename one of them.',
      })
    }
    throw spoolFault(cause, folder)
  }
  await unlink(`${failed}.txt`).catch(() => {}) // it may never have had one
}

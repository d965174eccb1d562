import { existsSync } from 'node:fs'
import { link, rename, unlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SettingsError } from '@posthorn/ground'
import { isSameFile } from './same-file.js'
import { isGone, spoolFault, systemCode } from './spool-error.js'

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
    await giveName(failed, queued)
  } catch (cause) {
    const code = systemCode(cause)
    if (isGone(cause)) {
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
}

/**
 * Moves it. Once it has the name with which it waits that one counts: whoever takes it first removes the other. So it does not matter when this
 * is broken off, and what an earlier one has left is finished.
 */
async function giveName(failed: string, queued: string): Promise<void> {
  try {
    await link(failed, queued) // unlike a rename, a link never takes the place of a file
  } catch (error) {
    const code = systemCode(error)
    if (isGone(error) || (code === 'EEXIST' && !isSameFile(failed, queued))) throw error
    if (code !== 'EEXIST') {
      if (existsSync(queued)) throw error
      await removeNote(failed)
      return rename(failed, queued)
    }
  }
  await removeNote(failed)
  await unlink(failed).catch(() => {})
}

async function removeNote(failed: string): Promise<void> {
  await unlink(`${failed}.txt`).catch(() => {}) // it may never have had one
}

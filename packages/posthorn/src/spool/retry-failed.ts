import { existsSync, unlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SettingsError } from '@posthorn/ground'
import { Claim } from './claim.js'
import { isSameFile } from './same-file.js'
import { isGone, spoolFault } from './spool-error.js'
import type { SpoolEvent } from './spool-event.js'
import type { Spool } from './spool.js'

/**
 * Lets a failed message wait again, over no other, and removes its note. It is claimed for that, by a rename to a name that nobody else gives,
 * so that it stays what this process has judged; killed meanwhile, it leaves a claim like any other.
 */
export async function retryFailed({ folder, claimant, owed }: Spool, name: string): Promise<void> {
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
  const file = `${stem}.failed`
  const failed = join(folder, file)
  const queued = join(folder, `${stem}.queued`)
  try {
    if (!existsSync(failed)) throw notFound(folder, file)
    const waits = existsSync(queued)
    if (waits && !isSameFile(failed, queued)) throw isThere(stem)
    removeNote(failed)
    const claim = await Claim.take(folder, { file, stem, state: 'failed', owner: undefined }, claimant, owed)
    if (!claim) throw notFound(folder, file)
    const release = (): SpoolEvent => {
      // one that says already that it waits counts
      if (waits && isSameFile(claim.path, queued)) unlinkSync(claim.path)
      else claim.release()
      return { kind: 'released', name: stem }
    }
    try {
      release()
    } catch (error) {
      if (isGone(error)) return // it was taken over, and is sent
      owed.add(claim, release)
      throw error
    }
  } catch (cause) {
    throw spoolFault(cause, folder)
  }
}

/** It goes first: a note is no loss, and a kill between the two leaves none behind that belongs to nothing. */
function removeNote(failed: string): void {
  try {
    unlinkSync(`${failed}.txt`)
  } catch {
    // it may never have had one
  }
}

function notFound(folder: string, file: string): SettingsError {
  return new SettingsError('spool.not-found', 'name', `there is no ${file} in ${folder}`, {
    hint: 'Give the name of an entry whose state is failed.',
  })
}

function isThere(stem: string): SettingsError {
  return new SettingsError('spool.name', 'name', `there is a ${stem}.queued already`, {
    hint: 'Wait until that one was sent, or rename one of them.',
  })
}

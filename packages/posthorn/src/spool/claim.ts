import {
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { open, rename, unlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Submission } from '@posthorn/smtp'
import type { Claimant, OwnerId } from './owner.js'
import type { ReadSpooled } from './read-spooled.js'
import { otherNames } from './same-file.js'
import { isGone, systemCode } from './spool-error.js'
import { claimStem, timeOfStem, type SpoolName, type SpoolState } from './spool-name.js'
import { writeSpooled } from './write-spooled.js'

/** File systems that give no file a second name, or have no room for one. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES', 'ENOSPC', 'EDQUOT'])
/** So many messages of one name, and the next one is given up. */
const MAX_COUNT = 10_000

/**
 * A message that is ours to send: its file has a name with our owner in it. That name is never given twice, so a rename or a removal of it
 * happens to our claim or to nothing: what another process has taken over has another name. Every method tells by false, or ENOENT, that it
 * was lost.
 *
 * A file whose name others may give, too, is moved to its next name by a link, which unlike a rename never falls on another file, and a removal.
 * At every moment one of its names counts: `.queued` before all, and a claim only when it has no other name. Whoever takes one of the names
 * finishes first what was broken off.
 */
export class Claim {
  readonly stem: string
  readonly file: string
  readonly path: string
  readonly #folder: string

  private constructor(folder: string, stem: string, owner: OwnerId) {
    this.#folder = folder
    this.stem = stem
    this.file = `${stem}~${owner}.sending`
    this.path = join(folder, this.file)
  }

  /**
   * Takes a file that waits, or one whose owner is dead, by one rename: of all who try at once it comes about for one.
   * @returns undefined when it is not there any more, or its owner was done with it but for the removal of the claim
   * @throws what the system says
   */
  static async take(folder: string, name: SpoolName, claimant: Claimant): Promise<Claim | undefined> {
    const claim = new Claim(folder, claimStem(name.stem), claimant.next())
    try {
      if (name.state === 'queued') await removeOtherNames(folder, name)
      await rename(join(folder, name.file), claim.path)
      if (name.state === 'queued' || !(await claim.#isMoved())) return claim
      unlinkSync(claim.path)
      return undefined
    } catch (error) {
      if (isGone(error)) return undefined
      throw error
    }
  }

  /** True when its last owner had released or recorded it already, all but the removal of its claim. */
  async #isMoved(): Promise<boolean> {
    return (await otherNames(this.#folder, this, ['queued', 'sent', 'failed'])).length > 0
  }

  /** False when another process has taken it over. */
  isOurs(): boolean {
    return lstatSync(this.path, { throwIfNoEntry: false }) !== undefined
  }

  /**
   * Records that everybody got it, at once and without a turn of the event loop: until then a process that is killed makes a second copy.
   * Where it cannot be kept it is deleted: the record counts for more.
   * @throws what the system says, ENOENT for a claim that was lost
   */
  recordSent(keep: boolean): void {
    if (!keep) return unlinkSync(this.path)
    try {
      this.#move('sent')
    } catch (error) {
      if (isGone(error)) throw error
      unlinkSync(this.path)
    }
  }

  /**
   * Records in the file itself that these recipients are done with: `RCPT` becomes `SENT` or `FAIL` where it stands. At once, as
   * `recordSent`; what follows may take its time then.
   * @returns false where the file is not ours to write to, or has a name elsewhere that this would be seen under
   */
  markRecipients(message: ReadSpooled, indexes: readonly number[], word: 'SENT' | 'FAIL'): boolean {
    let file: number
    try {
      file = openSync(this.path, 'r+')
    } catch (error) {
      if (isGone(error)) throw error
      return false
    }
    try {
      if (fstatSync(file).nlink > 1) return false
      for (const index of indexes) writeSync(file, word, message.recipientsAt[index], 'latin1')
      return true
    } catch {
      return false // such as a file system that fails: the copy that follows says the same
    } finally {
      closeSync(file)
    }
  }

  /** Puts a message in place of the one that was claimed, as lasting as `writeSpooled`, with the time of the old one. */
  async replace(submission: Submission, message: ReadSpooled, temporary: string): Promise<void> {
    await writeSpooled(temporary, submission)
    try {
      const time = message.modifiedAtMs / 1000
      await utimes(temporary, time, time).catch(() => {}) // it would be sent later than it could be
      // nothing comes between these two: a rename to a name that was lost would bring it back
      if (!this.isOurs()) throw Object.assign(new Error('the claim was taken over'), { code: 'ENOENT' })
      renameSync(temporary, this.path)
    } catch (error) {
      await unlink(temporary).catch(() => {})
      throw error
    }
  }

  /** It waits again, under its old name unless that was given to another message meanwhile. @throws what the system says */
  release(): void {
    this.#move('queued')
  }

  /** Gives it a name that nobody has. */
  #move(state: Exclude<SpoolState, 'sending'>): void {
    const { path, stem } = this
    // nobody else makes a name with a stem of ours
    if (timeOfStem(stem) !== undefined) {
      const target = join(this.#folder, `${stem}.${state}`)
      if (!existsSync(target)) return renameSync(path, target)
    }
    for (let count = 0; count < MAX_COUNT; count++) {
      const target = join(this.#folder, `${counted(stem, count)}.${state}`)
      try {
        linkSync(path, target)
      } catch (error) {
        const code = systemCode(error) ?? ''
        if (code !== 'EEXIST' && !NO_LINKS.has(code)) throw error
        if (code === 'EEXIST' || existsSync(target)) continue
        return renameSync(path, target)
      }
      try {
        return unlinkSync(path)
      } catch {
        return // it is moved: whoever takes it next removes this name
      }
    }
    throw new Error(`more than ${MAX_COUNT} files are called ${stem}`)
  }

  /**
   * Puts the message aside as failed, the note beside it first. The note is made where none is, so it is also what keeps two failures of one
   * name apart. Where there is no room it is cut short, or left out: what cannot be sent must not hold up what can.
   * @param message another one, written to this temporary file, that takes the place of the claim as the failed one; the claim stays then
   * @throws what the system says
   */
  async fail(note: string, copy?: { readonly submission: Submission; readonly temporary: string }): Promise<void> {
    if (copy) await writeSpooled(copy.temporary, copy.submission)
    const source = copy?.temporary ?? this.path
    for (let count = 0; count < MAX_COUNT; count++) {
      const target = join(this.#folder, `${counted(this.stem, count)}.failed`)
      if (existsSync(target)) continue
      const notePath = `${target}.txt`
      try {
        await writeNote(notePath, note)
      } catch (error) {
        if (systemCode(error) === 'EEXIST') continue
        if (!isFull(error)) throw error
        if (existsSync(target)) continue // without a note nothing else keeps two failures of one name apart
      }
      try {
        return renameSync(source, target)
      } catch (error) {
        await unlink(notePath).catch(() => {})
        throw error
      }
    }
    throw new Error(`more than ${MAX_COUNT} files are called ${this.stem}`)
  }
}

function counted(stem: string, count: number): string {
  return count === 0 ? stem : `${stem}.${count}`
}

/** A message that waits under one of them is no longer what its other names say. */
async function removeOtherNames(folder: string, name: SpoolName): Promise<void> {
  for (const { file, state } of await otherNames(folder, name, ['sending', 'failed', 'sent'])) {
    if (state === 'failed') await unlink(join(folder, `${file}.txt`)).catch(() => {}) // it may never have had one
    await unlink(join(folder, file)).catch((error: unknown) => {
      if (!isGone(error)) throw error
    })
  }
}

async function writeNote(path: string, note: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(note)
    await file.sync()
  } catch (error) {
    if (isFull(error)) return // what there was room for; those behind it go out, and that makes room
    await unlink(path).catch(() => {})
    throw error
  } finally {
    await file.close()
  }
}

function isFull(error: unknown): boolean {
  return systemCode(error) === 'ENOSPC' || systemCode(error) === 'EDQUOT'
}

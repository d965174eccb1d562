import { existsSync, lstatSync, renameSync, unlinkSync } from 'node:fs'
import { open, rename, unlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Submission } from '@posthorn/smtp'
import { generationOf, type Claimant, type OwnerId } from './owner.js'
import { markRecipients } from './mark-recipients.js'
import { placeFile } from './place-file.js'
import type { ReadSpooled } from './read-spooled.js'
import { isSameFile, otherNames } from './same-file.js'
import { isGone, systemCode } from './spool-error.js'
import type { SpoolEvent } from './spool-event.js'
import { claimStem, type SpoolName, type SpoolState } from './spool-name.js'
import { writeSpooled } from './write-spooled.js'

/** So many messages of one name, and the next one is given up. */
const MAX_COUNT = 10_000
/** Every kind of name. */
const ALL: readonly SpoolState[] = ['queued', 'sending', 'sent', 'failed']

/** What a message whose names count no more may be called besides. */
const OLDER: readonly SpoolState[] = ['sending', 'sent', 'failed']

/** Told of what could not be recorded when it was due. */
export interface Debts {
  /** @param pay records it synchronously, and throws what the system says when that does not go yet */
  add(claim: Claim, pay: () => SpoolEvent): void
}

/**
 * A message that is ours to send: its file has a name with our owner in it. That name is never given twice, so a rename or a removal of it
 * happens to our claim or to nothing: what another process has taken over has another name. Every method tells by false, or ENOENT, that it
 * was lost.
 *
 * A file is moved to its next name by a link, which unlike a rename never falls on another file, and a removal. At every moment one of its names
 * counts: that which is no claim, `.queued` before all, and of several claims the one of the highest generation. Whoever takes one of the names
 * finishes first what was broken off: a claim that does not count is given up, and one that counts never is.
 */
export class Claim {
  readonly stem: string
  readonly file: string
  readonly path: string
  readonly #folder: string
  readonly #generation: number

  private constructor(folder: string, stem: string, owner: OwnerId) {
    this.#folder = folder
    this.#generation = generationOf(owner)
    this.stem = stem
    this.file = `${stem}~${owner}.sending`
    this.path = join(folder, this.file)
  }

  /**
   * Takes a file that waits or has failed, or one whose owner is dead, by one rename: of all who try at once it comes about for one.
   * @param owed is told when it can neither be kept nor given back, for a fault of the folder behind that rename
   * @returns undefined when it is not there any more, or its owner was done with it but for the removal of the claim
   * @throws what the system says
   */
  static async take(folder: string, name: SpoolName, claimant: Claimant, owed: Debts): Promise<Claim | undefined> {
    let generation = generationOf(name.owner)
    let older: readonly SpoolName[] = []
    if (name.state !== 'sending') {
      older = await otherNames(folder, name, OLDER)
      for (const { owner } of older) generation = Math.max(generation, generationOf(owner) + 1)
      for (const each of older) await removeClaim(folder, each)
    }
    const claim = new Claim(folder, claimStem(name.stem), claimant.next(generation))
    try {
      await rename(join(folder, name.file), claim.path)
    } catch (error) {
      if (isGone(error)) return undefined
      throw error
    }
    try {
      if (name.state !== 'sending') {
        if (older.length > 0) await claim.#outdo(claimant)
        return claim
      }
      if (await claim.#counts()) return claim
      unlinkSync(claim.path)
      return undefined
    } catch (error) {
      if (!claim.isOurs()) return undefined
      claim.#giveBack(name, owed)
      throw error
    }
  }

  /** False when its last owner had moved it already, all but the removal of its claim, or somebody else has taken it by another name since. */
  async #counts(): Promise<boolean> {
    const others = await otherNames(this.#folder, this, ALL)
    const generations = others.map(({ owner }) => generationOf(owner))
    if (others.some(({ state }) => state !== 'sending')) return false
    if (generations.some((generation) => generation > this.#generation)) return false
    for (const [index, each] of others.entries()) {
      if (generations[index]! < this.#generation) await removeClaim(this.#folder, each)
    }
    return true
  }

  /**
   * A message that waited, or was to, is no longer what its older names say. They are removed now that it is ours: those that others may give by a
   * rename to one of our own first, so that it shows what file that was.
   */
  async #outdo(claimant: Claimant): Promise<void> {
    for (const each of await otherNames(this.#folder, this, OLDER)) {
      if (each.owner === undefined) await this.#absorb(each, claimant)
      else if (generationOf(each.owner) < this.#generation) await removeClaim(this.#folder, each)
    }
  }

  async #absorb({ file, state }: SpoolName, claimant: Claimant): Promise<void> {
    const path = join(this.#folder, file)
    const taken = new Claim(this.#folder, this.stem, claimant.next())
    try {
      renameSync(path, taken.path)
    } catch (error) {
      if (isGone(error)) return
      throw error
    }
    if (!isSameFile(taken.path, this.path)) return taken.#move(state) // the name was given to another message meanwhile
    if (state === 'failed') await unlink(`${path}.txt`).catch(() => {}) // it may never have had one
    unlinkSync(taken.path)
  }

  /** As it was before it was taken. */
  #giveBack(name: SpoolName, owed: Debts): void {
    const pay = (): SpoolEvent => {
      if (name.state !== 'sending') this.#move(name.state)
      else placeFile(this.path, join(this.#folder, name.file))
      return { kind: 'released', name: this.stem }
    }
    try {
      pay()
    } catch {
      owed.add(this, pay)
    }
  }

  /** False when another process has taken it over. That the folder cannot be searched for a moment is no reason to think so. */
  isOurs(): boolean {
    try {
      lstatSync(this.path)
      return true
    } catch (error) {
      return !isGone(error)
    }
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
   * `recordSent`.
   * @returns false where the file is not the one that was read, not ours to write to, or has a name elsewhere that this would be seen under
   */
  markRecipients(message: ReadSpooled, indexes: readonly number[], word: 'SENT' | 'FAIL'): boolean {
    return markRecipients(this.path, message, indexes, word)
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
  #move(state: SpoolState): void {
    for (let count = 0; count < MAX_COUNT; count++) {
      if (placeFile(this.path, join(this.#folder, `${counted(this.stem, count)}.${state}`))) return
    }
    throw new Error(`more than ${MAX_COUNT} files are called ${this.stem}`)
  }

  /**
   * Puts the message aside as failed, the note beside it first. The note is made where none is, so it is also what keeps two failures of one
   * name apart. Where there is no room it is cut short, or left out: what cannot be sent must not hold up what can.
   * @param copy another one, written to this temporary file, that takes the place of the claim as the failed one; the claim stays then
   * @throws what the system says; the temporary file is gone then
   */
  async fail(note: string, copy?: { readonly submission: Submission; readonly temporary: string }): Promise<void> {
    if (!copy) return await this.#putAside(this.path, note)
    await writeSpooled(copy.temporary, copy.submission)
    try {
      await this.#putAside(copy.temporary, note)
    } catch (error) {
      await unlink(copy.temporary).catch(() => {}) // the first error says more
      throw error
    }
  }

  async #putAside(path: string, note: string): Promise<void> {
    for (let count = 0; count < MAX_COUNT; count++) {
      const target = join(this.#folder, `${counted(this.stem, count)}.failed`)
      if (existsSync(target)) continue // it may have no note, and must not get this one
      let hasNote = false
      try {
        await writeNote(`${target}.txt`, note)
        hasNote = true
      } catch (error) {
        if (systemCode(error) === 'EEXIST') continue
        if (!isFull(error)) throw error
      }
      let isPlaced = false
      try {
        isPlaced = placeFile(path, target)
        if (isPlaced) return
      } finally {
        if (hasNote && !isPlaced) await unlink(`${target}.txt`).catch(() => {})
      }
    }
    throw new Error(`more than ${MAX_COUNT} files are called ${this.stem}`)
  }
}

function counted(stem: string, count: number): string {
  return count === 0 ? stem : `${stem}.${count}`
}

/** Removes the name of a claim, which can be said of no other file; one without an owner is left. */
async function removeClaim(folder: string, { file, owner }: SpoolName): Promise<void> {
  if (owner === undefined) return
  await unlink(join(folder, file)).catch((error: unknown) => {
    if (!isGone(error)) throw error
  })
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

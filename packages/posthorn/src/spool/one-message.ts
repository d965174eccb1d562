import { PosthornError, SettingsError } from '@posthorn/ground'
import type { Receipt } from '@posthorn/smtp'
import { Claim } from './claim.js'
import { failureNote } from './failure-note.js'
import { withoutPastHold } from './hold.js'
import type { ProcessOptions, SendSpooled } from './process-options.js'
import type { Progress } from './progress.js'
import { readSpooled, type ReadSpooled } from './read-spooled.js'
import { settle } from './settle.js'
import { isGone, spoolFault, systemCode } from './spool-error.js'
import type { Spool } from './spool.js'
import type { SpoolName } from './spool-name.js'
import type { SpooledMessage } from './spooled-message.js'
import { hasDelivered, isBeforeMessage, verdictOf, verdictOfFailure, type Verdict } from './verdict.js'

/** It takes room the folder has not, or its file is damaged, which its content is read from: those behind it may go out. */
const OF_ONE_MESSAGE: ReadonlySet<string> = new Set([
  'spool.full',
  'spool.write',
  'content.unreadable',
  'content.changed',
])

/** What the messages of one run have in common. */
export interface MessageTerms {
  readonly spool: Spool
  readonly send: SendSpooled
  readonly options: ProcessOptions
  /** Ends the sends under way. */
  readonly sending: AbortSignal
  readonly progress: Progress
}

/** The fate of one message in one run: claimed, read, sent, and what became of it recorded, counted and told. */
export class OneMessage {
  readonly #claim: Claim
  readonly #terms: MessageTerms

  private constructor(claim: Claim, terms: MessageTerms) {
    this.#claim = claim
    this.#terms = terms
  }

  /**
   * Claims a file that waits, or whose owner is gone.
   * @returns undefined when it cannot be taken, which is counted and told
   * @throws {SettingsError} `spool.*` when no other could be taken either
   */
  static async take(name: SpoolName, terms: MessageTerms): Promise<OneMessage | undefined> {
    const { spool, progress } = terms
    let claim: Claim | undefined
    try {
      claim = await Claim.take(spool.folder, name, spool.claimant, spool.owed)
    } catch (error) {
      return progress.skip(name, error)
    }
    if (!claim) {
      progress.counts.skipped++
      return undefined
    }
    const isTakenOver = name.state === 'sending'
    if (isTakenOver) progress.counts.takenOver++
    progress.tell({ kind: isTakenOver ? 'taken-over' : 'claimed', name: claim.stem })
    return new OneMessage(claim, terms)
  }

  /** Sends it, unless the run is over. @throws what ends the run; nothing is left to be done for this message then, either */
  async send(): Promise<void> {
    const message = await this.#read()
    if (!message) return
    if (this.#terms.progress.isOver || !this.#claim.isOurs()) return this.#leave()
    await this.#send(message)
  }

  /** The message; undefined when it cannot be sent, and everything about it is told. */
  async #read(): Promise<ReadSpooled | undefined> {
    const { progress, options } = this.#terms
    const { path, stem: name } = this.#claim
    try {
      return await readSpooled(path, name)
    } catch (error) {
      if (isGone(error)) {
        progress.tell({ kind: 'lost-claim', name })
      } else if (error instanceof SettingsError && error.code === 'spool.garbage') {
        progress.tell({ kind: 'garbage', name, error })
        await this.#fail(error)
        if (options.onFailure === 'stop') throw this.#stopped(error)
      } else if (this.#release()) {
        // once it could be renamed, a permission that is missing is the file's own
        const isOwn = systemCode(error) === 'EACCES'
        progress.skip({ stem: name, file: `${name}.queued`, state: 'queued' }, error, isOwn)
      }
      return undefined
    }
  }

  async #send(message: ReadSpooled): Promise<void> {
    const { spool, send, sending } = this.#terms
    const { name, submission, queuedAt, sizeOctets } = message
    const envelope = withoutPastHold(submission.envelope, spool.clock.now())
    const given: SpooledMessage = { name, submission: { ...submission, envelope }, queuedAt, sizeOctets }
    const ready: ReadSpooled = { ...message, submission: given.submission }
    let receipt: Receipt | undefined
    let verdict: Verdict
    try {
      receipt = (await send(given, sending)) ?? undefined
      verdict = verdictOf(envelope, receipt)
    } catch (error) {
      return this.#failed(ready, error)
    }
    await this.#settle(ready, verdict, receipt)
  }

  async #failed(message: ReadSpooled, error: unknown): Promise<void> {
    const { options, sending, progress } = this.#terms
    const known = error instanceof PosthornError
    const partly = hasDelivered(error)
    const ended = sending.aborted && !(known && error.outcome !== 'transient')
    const before = isBeforeMessage(error)
    if (known && (partly || (!ended && !before))) {
      let verdict: Verdict
      try {
        verdict = verdictOfFailure(message.submission.envelope, error)
      } catch (defect) {
        this.#leave(defect)
        throw defect
      }
      await this.#settle(message, verdict, undefined)
      if (before && !ended) throw error
      return
    }
    // nothing is wrong with the message: it waits again, and with it all the others
    if (options.transient === 'fail' && !ended && known) await this.#fail(error)
    else this.#leave(error)
    if (!ended) throw error
    progress.stop()
  }

  async #settle(message: ReadSpooled, verdict: Verdict, receipt: Receipt | undefined): Promise<void> {
    const { options, progress } = this.#terms
    const claim = this.#claim
    const terms = this.#settleTerms()
    try {
      const settled = await settle(claim, message, verdict, receipt, terms)
      progress.count(settled)
      if (settled.released) progress.putOff(claim.stem)
    } catch (error) {
      const waits = error instanceof SettingsError && OF_ONE_MESSAGE.has(error.code)
      // marks have moved its time behind the cursor
      if (!waits || claim.isOurs() || !progress.leaveOut(claim.stem)) throw error
      progress.count({ sent: verdict.delivered.length > 0, failed: false, released: true })
      progress.putOff(claim.stem)
    }
    const { failed, again, error } = verdict
    if (options.onFailure !== 'stop' || (failed.length === 0 && !(terms.failAll && again.length > 0))) return
    throw this.#stopped(error)
  }

  #settleTerms() {
    const { spool, options, sending, progress } = this.#terms
    const { folder, claimant, owed, clock } = spool
    const { keep = false, transient } = options
    const now = () => new Date(clock.now())
    // what the signal has ended is no failure
    const failAll = transient === 'fail' && !sending.aborted
    return { folder, claimant, owed, keep, failAll, now, tell: progress.tell }
  }

  #stopped(error: unknown): unknown {
    this.#terms.progress.stoppedByMessage = true
    return error
  }

  async #fail(error: unknown): Promise<void> {
    const { progress, spool } = this.#terms
    const { stem: name } = this.#claim
    try {
      await this.#claim.fail(failureNote(error, [], new Date(spool.clock.now())))
    } catch (cause) {
      if (isGone(cause)) return progress.tell({ kind: 'lost-claim', name, error })
      this.#leave(error)
      throw spoolFault(cause, spool.folder)
    }
    progress.count({ sent: false, failed: true, released: false })
    progress.tell({ kind: 'failed', name, error })
  }

  /** It waits again, if it is still ours. */
  #leave(error?: unknown): void {
    const { progress } = this.#terms
    if (!this.#release(error)) return
    progress.count({ sent: false, failed: false, released: true })
    progress.tell({ kind: 'released', name: this.#claim.stem, ...(error === undefined ? {} : { error }) })
  }

  /**
   * What cannot be released yet is as soon as the folder allows it.
   * @param error why it is to wait again
   * @returns false when it was lost, which is told
   */
  #release(error?: unknown): boolean {
    const { progress, spool } = this.#terms
    const claim = this.#claim
    const { stem: name } = claim
    try {
      claim.release()
      return true
    } catch (cause) {
      if (isGone(cause)) {
        progress.tell({ kind: 'lost-claim', name, ...(error === undefined ? {} : { error }) })
        return false
      }
      spool.owed.add(claim, () => {
        claim.release()
        return { kind: 'released', name }
      })
      throw spoolFault(cause, spool.folder)
    }
  }
}

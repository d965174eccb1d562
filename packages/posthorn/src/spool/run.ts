import { PosthornError, SettingsError } from '@posthorn/ground'
import type { Receipt } from '@posthorn/smtp'
import { Claim } from './claim.js'
import { failureNote } from './failure-note.js'
import { withoutPastHold } from './hold.js'
import { isHidden, mendNames, removeLeftovers } from './leftovers.js'
import { oldest, type Waiting } from './oldest.js'
import { checkProcess, type ProcessOptions, type SendSpooled, type SpoolRun } from './process-options.js'
import { readSpooled, type ReadSpooled } from './read-spooled.js'
import { settle, type Settled } from './settle.js'
import { isGone, isOfAll, spoolFault, stillHeld, systemCode, unreadable } from './spool-error.js'
import type { SpoolEvent } from './spool-event.js'
import type { Spool } from './spool.js'
import type { SpoolName } from './spool-name.js'
import { hasDelivered, isBeforeMessage, verdictOf, verdictOfFailure, type Verdict } from './verdict.js'

/** At most so many hidden files are looked at in one run. */
const MAX_HIDDEN = 1_000

/** After so many that there was no room to settle, the run ends. */
const MAX_TROUBLED = 10_000

/** What a power cut may undo at most, so that it is sent again: the records of so long. The end of a run waits for all of them. */
const FLUSH_EVERY_MS = 200

/** What `watch` wants to be otherwise. */
export interface RunTerms {
  /** Ends the sends under way; default `options.signal`, which otherwise only ends the taking. */
  readonly sending?: AbortSignal
  /** Files that wait and that are not to be taken yet. */
  readonly wanted?: (name: SpoolName) => boolean
  /** Default true. False: claims that have to be watched before they can be told to be abandoned are left to the next run. */
  readonly waits?: boolean
  /** Told of each file that is better not tried again soon; not of one that waits because the run ends. */
  readonly putOff?: (name: string) => void
}

/**
 * One way through a folder. The files are taken in their order, some thousand at a time, each batch behind the last one: so no file comes twice,
 * one that waits again does not come back, and nothing has to be remembered.
 */
export class Run {
  readonly #spool: Spool
  readonly #send: SendSpooled
  readonly #options: ProcessOptions
  readonly #terms: RunTerms
  readonly #sending: AbortSignal
  readonly #counts = { sent: 0, failed: 0, released: 0, skipped: 0, takenOver: 0 }
  #over = false
  #error: { readonly error: unknown } | undefined
  #beating: Promise<void> | undefined
  #unflushed = false
  #flushedAt = -Infinity
  #flushing: Promise<void> | undefined
  #perhaps = 0
  readonly #troubled = new Set<string>()
  /** False when claims that may be abandoned are waited for no longer. */
  #patient = true
  /** A message that failed ended the run, by `onFailure`. */
  stoppedByMessage = false
  /** What it took to look through the folder, in milliseconds. */
  lookMs = 0

  /** @throws {SettingsError} `spool.option` */
  constructor(spool: Spool, send: SendSpooled, options: ProcessOptions, terms: RunTerms = {}) {
    checkProcess(send, options)
    this.#spool = spool
    this.#send = send
    this.#options = options
    this.#terms = terms
    this.#sending = terms.sending ?? options.signal ?? new AbortController().signal
  }

  /** @throws as `SpoolFolder.process`, but for the signal's reason where `sending` is another one */
  async whole(): Promise<SpoolRun> {
    const { signal } = this.#options
    const end = (): void => void (this.#over = true)
    signal?.throwIfAborted()
    signal?.addEventListener('abort', end, { once: true })
    try {
      await this.#sweep(true)
      const { clock, lookout } = this.#spool
      let patienceMs = lookout.patienceMs
      while (this.#perhaps > 0 && !this.#over && this.#terms.waits !== false) {
        const waitMs = Math.ceil(lookout.waitMs ?? 0)
        this.#patient = waitMs <= patienceMs
        patienceMs -= waitMs
        if (this.#patient) await clock.wait(waitMs, signal).catch(end)
        if (!this.#over) await this.#sweep(false)
        if (!this.#patient) break
      }
    } catch (error) {
      this.#end(error)
    } finally {
      signal?.removeEventListener('abort', end)
      await this.#tidy()
    }
    if (this.#error) throw this.#error.error
    if (this.#terms.sending === undefined) signal?.throwIfAborted()
    return this.#counts
  }

  async #sweep(queued: boolean): Promise<void> {
    const { folder, clock, heartbeat, lookout, owed } = this.#spool
    const { wanted = () => true } = this.#terms
    const keys = new Set<string>()
    let after: Waiting | undefined
    let first = queued
    this.#perhaps = 0
    owed.pay(this.#tell)
    while (!this.#over) {
      const hidden: string[] = []
      let mend = false
      const beganMs = clock.elapsed()
      const batch = await this.#folder(() =>
        oldest(
          folder,
          after,
          (name) => {
            if (name.state === 'sending') keys.add(lookout.keyOf(name))
            return (
              name.state === 'sending' ||
              (queued && name.state === 'queued' && !this.#troubled.has(name.stem) && wanted(name))
            )
          },
          (name) => {
            if (!first) return
            if (name.includes('\ufffd')) mend = true
            if (hidden.length < MAX_HIDDEN && isHidden(name)) hidden.push(name)
          },
        ),
      )
      this.lookMs += clock.elapsed() - beganMs
      if (first) {
        first = false
        await removeLeftovers(folder, hidden, () => heartbeat.now())
        if (mend) {
          await this.#folder(() => mendNames(folder))
          continue
        }
      }
      if (batch.length === 0) break
      await this.#work(batch)
      after = batch.at(-1)
    }
    lookout.forgetAllBut(keys)
  }

  async #work(batch: readonly Waiting[]): Promise<void> {
    const next = batch[Symbol.iterator]()
    const worker = async (): Promise<void> => {
      for (const { name } of next) {
        if (this.#over) return
        try {
          await this.#one(name)
        } catch (error) {
          this.#end(error)
        }
      }
    }
    await Promise.all(Array.from({ length: this.#options.concurrency ?? 1 }, worker))
  }

  async #one(name: SpoolName): Promise<void> {
    const { folder, claimant, heartbeat, lookout } = this.#spool
    if (name.state === 'sending') {
      const state = await this.#folder(() => lookout.state(name).catch((error: unknown) => this.#skip(name, error)))
      if (state === 'perhaps') this.#wait(name)
      if (state !== 'abandoned') return
    }
    // there before the first claim is
    await (this.#beating ??= this.#folder(() => heartbeat.start()))
    const claim = await this.#take(name, folder, claimant)
    if (!claim) return
    if (name.state === 'sending') this.#counts.takenOver++
    this.#tell({ kind: name.state === 'sending' ? 'taken-over' : 'claimed', name: claim.stem })
    const message = await this.#read(claim)
    if (!message) return
    if (this.#over || !claim.isOurs()) return this.#leave(claim)
    await this.#sendOne(claim, message)
  }

  async #take(name: SpoolName, folder: string, claimant: Spool['claimant']): Promise<Claim | undefined> {
    try {
      const claim = await Claim.take(folder, name, claimant)
      if (!claim) this.#counts.skipped++
      return claim
    } catch (error) {
      await this.#folder(async () => this.#skip(name, error))
      return undefined
    }
  }

  /** One file that cannot be dealt with, in a folder where others may. @throws the fault when it is none of the file alone */
  #skip({ stem: name, file }: Pick<SpoolName, 'stem' | 'file'>, fault: unknown, own = false): undefined {
    if (!own && isOfAll(fault)) throw fault
    this.#counts.skipped++
    this.#terms.putOff?.(name)
    this.#tell({ kind: 'skipped', name, error: unreadable(fault, file) })
  }

  /** A claim that may be abandoned. */
  #wait(claim: SpoolName): void {
    this.#perhaps++
    const { signMs, waitMs, isNews } = this.#spool.lookout.waitingOf(claim)
    const { stem: name } = claim
    if (isNews) this.#tell({ kind: 'waiting', name, signMs, waitMs })
    if (this.#patient) return
    this.#counts.skipped++
    this.#tell({ kind: 'skipped', name, error: stillHeld(claim.file, signMs) })
  }

  /** The message; undefined when it cannot be sent, and everything about it is told. */
  async #read(claim: Claim): Promise<ReadSpooled | undefined> {
    const { stem: name } = claim
    try {
      return await readSpooled(claim.path, name)
    } catch (error) {
      const code = systemCode(error)
      if (isGone(error)) {
        this.#tell({ kind: 'lost-claim', name })
      } else if (error instanceof SettingsError && error.code === 'spool.garbage') {
        this.#tell({ kind: 'garbage', name, error })
        await this.#fail(claim, error)
        if (this.#options.onFailure === 'stop') throw this.#stopped(error)
      } else {
        await this.#folder(async () => this.#release(claim))
        // once it could be renamed, a permission that is missing is the file's own
        await this.#folder(async () => this.#skip({ stem: name, file: `${name}.queued` }, error, code === 'EACCES'))
      }
      return undefined
    }
  }

  async #sendOne(claim: Claim, message: ReadSpooled): Promise<void> {
    const { submission } = message
    const envelope = withoutPastHold(submission.envelope, this.#spool.clock.now())
    const ready: ReadSpooled =
      envelope === submission.envelope ? message : { ...message, submission: { ...submission, envelope } }
    const { recipientsAt: _, modifiedAtMs: __, ...given } = ready
    let receipt: Receipt | undefined
    let verdict: Verdict
    try {
      receipt = (await this.#send(given, this.#sending)) ?? undefined
      verdict = verdictOf(envelope, receipt)
    } catch (error) {
      return this.#failed(claim, ready, error)
    }
    await this.#settle(claim, ready, verdict, receipt)
  }

  async #failed(claim: Claim, message: ReadSpooled, error: unknown): Promise<void> {
    const known = error instanceof PosthornError
    const partly = hasDelivered(error)
    const ended = this.#sending.aborted && !(known && error.outcome !== 'transient')
    const before = isBeforeMessage(error)
    if (known && (partly || (!ended && !before))) {
      let verdict: Verdict
      try {
        verdict = verdictOfFailure(message.submission.envelope, error)
      } catch (defect) {
        this.#leave(claim, defect)
        throw defect
      }
      await this.#settle(claim, message, verdict, undefined)
      if (before && !ended) throw error
      return
    }
    // nothing is wrong with the message: it waits again, and with it all the others
    if (this.#options.transient === 'fail' && !ended && known) await this.#fail(claim, error)
    else this.#leave(claim, error)
    if (!ended) throw error
    this.#over = true
  }

  async #settle(claim: Claim, message: ReadSpooled, verdict: Verdict, receipt: Receipt | undefined): Promise<void> {
    const terms = this.#settleTerms()
    try {
      const settled = await settle(claim, message, verdict, receipt, terms)
      this.#count(settled)
      if (settled.released) this.#terms.putOff?.(claim.stem)
    } catch (error) {
      // one message that takes room the folder has not, or whose file is damaged; those behind it may go out
      const waits = error instanceof SettingsError && (error.code === 'spool.full' || error.code === 'spool.write')
      if (!waits || claim.isOurs() || this.#troubled.size >= MAX_TROUBLED) throw error
      this.#troubled.add(claim.stem) // marks have moved its time behind the cursor
      this.#count({ sent: verdict.delivered.length > 0, failed: false, released: true })
      this.#terms.putOff?.(claim.stem)
    }
    const { failed, again, error } = verdict
    if (this.#options.onFailure !== 'stop' || (failed.length === 0 && !(terms.failAll && again.length > 0))) return
    throw this.#stopped(error)
  }

  #stopped(error: unknown): unknown {
    this.stoppedByMessage = true
    return error
  }

  async #fail(claim: Claim, error: unknown): Promise<void> {
    const { folder, clock } = this.#spool
    try {
      await claim.fail(failureNote(error, [], new Date(clock.now())))
    } catch (cause) {
      if (isGone(cause)) return this.#tell({ kind: 'lost-claim', name: claim.stem, error })
      this.#leave(claim, error)
      throw spoolFault(cause, folder)
    }
    this.#count({ sent: false, failed: true, released: false })
    this.#tell({ kind: 'failed', name: claim.stem, error })
  }

  /** It waits again, if it is still ours. */
  #leave(claim: Claim, error?: unknown): void {
    const { stem: name } = claim
    const facts = error === undefined ? {} : { error }
    try {
      this.#release(claim)
    } catch (cause) {
      if (!isGone(cause)) throw spoolFault(cause, this.#spool.folder)
      return this.#tell({ kind: 'lost-claim', name, ...facts })
    }
    this.#count({ sent: false, failed: false, released: true })
    this.#tell({ kind: 'released', name, ...facts })
  }

  /** What cannot be released yet is as soon as the folder allows it. */
  #release(claim: Claim): void {
    try {
      claim.release()
    } catch (cause) {
      if (!isGone(cause)) {
        this.#spool.owed.add(claim, () => {
          claim.release()
          return { kind: 'released', name: claim.stem }
        })
      }
      throw cause
    }
  }

  #settleTerms() {
    const { folder, claimant, owed, clock } = this.#spool
    const { keep = false, transient } = this.#options
    const now = () => new Date(clock.now())
    // what the signal has ended is no failure
    const failAll = transient === 'fail' && !this.#sending.aborted
    return { folder, claimant, owed, keep, failAll, now, tell: this.#tell }
  }

  #count({ sent, failed, released }: Settled): void {
    if (sent) this.#counts.sent++
    if (failed) this.#counts.failed++
    if (released) this.#counts.released++
    this.#unflushed = true
    const { clock } = this.#spool
    if (clock.elapsed() - this.#flushedAt < FLUSH_EVERY_MS) return
    this.#flushedAt = clock.elapsed()
    this.#flushing ??= this.#flush().finally(() => (this.#flushing = undefined))
  }

  async #flush(): Promise<void> {
    this.#unflushed = false
    await this.#folder(() => this.#spool.flush.flush()).catch((error: unknown) => this.#end(error))
  }

  /** Nothing is left running or lying about. */
  async #tidy(): Promise<void> {
    this.#spool.owed.pay(this.#tell)
    await this.#flushing
    if (this.#unflushed) await this.#flush()
    if (this.#beating) await this.#spool.heartbeat.stop()
  }

  #end(error: unknown): void {
    this.#over = true
    this.#error ??= { error }
  }

  readonly #tell = (event: SpoolEvent): void => {
    try {
      this.#options.onEvent?.(event)
    } catch (error) {
      this.#end(error) // a listener's own fault: told when what is under way is finished and recorded
    }
  }

  async #folder<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw spoolFault(error, this.#spool.folder)
    }
  }
}

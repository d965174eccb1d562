import { PosthornError, SettingsError } from '@posthorn/ground'
import type { Receipt } from '@posthorn/smtp'
import { Claim } from './claim.js'
import { failureNote } from './failure-note.js'
import { withoutPastHold } from './hold.js'
import { isHidden, mendNames, removeLeftovers } from './leftovers.js'
import { oldest, type Waiting } from './oldest.js'
import type { ProcessOptions, SendSpooled, SpoolRun } from './process-options.js'
import { readSpooled, type ReadSpooled } from './read-spooled.js'
import { settle, type Settled } from './settle.js'
import { spoolFault, systemCode } from './spool-error.js'
import type { SpoolEvent } from './spool-event.js'
import type { Spool } from './spool-folder.js'
import type { SpoolName } from './spool-name.js'
import { isBeforeMessage, verdictOf, verdictOfFailure } from './verdict.js'

/** At most so many hidden files are looked at in one run. */
const MAX_HIDDEN = 1_000

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
  /** A message that failed ended the run, by `onFailure`. */
  stoppedByMessage = false

  /** @throws {SettingsError} `spool.option` */
  constructor(spool: Spool, send: SendSpooled, options: ProcessOptions, terms: RunTerms = {}) {
    checkOptions(send, options)
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
      while (this.#perhaps > 0 && !this.#over && this.#terms.waits !== false) {
        await this.#spool.clock.wait(Math.ceil(this.#spool.lookout.waitMs ?? 0), signal).catch(end)
        if (!this.#over) await this.#sweep(false)
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
    const { folder, clock, lookout } = this.#spool
    const { wanted = () => true } = this.#terms
    const keys = new Set<string>()
    let after: Waiting | undefined
    let first = queued
    this.#perhaps = 0
    while (!this.#over) {
      const hidden: string[] = []
      let mend = false
      const batch = await this.#folder(() =>
        oldest(
          folder,
          after,
          (name) => {
            if (name.state === 'sending') keys.add(lookout.keyOf(name))
            return name.state === 'sending' || (queued && name.state === 'queued' && wanted(name))
          },
          (name) => {
            if (!first) return
            if (name.includes('\ufffd')) mend = true
            if (hidden.length < MAX_HIDDEN && isHidden(name)) hidden.push(name)
          },
        ),
      )
      if (first) {
        first = false
        await removeLeftovers(folder, hidden, clock.now())
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
      const state = await this.#folder(() => lookout.state(name))
      if (state === 'perhaps') this.#perhaps++
      if (state !== 'abandoned') return
    }
    // there before the first claim is
    await (this.#beating ??= this.#folder(() => heartbeat.start()))
    const claim = await this.#take(name, folder, claimant)
    if (!claim) return void this.#counts.skipped++
    if (name.state === 'sending') this.#counts.takenOver++
    this.#tell({ kind: name.state === 'sending' ? 'taken-over' : 'claimed', name: claim.stem })
    const message = await this.#read(claim)
    if (!message) return
    if (this.#over || !claim.isOurs()) return this.#leave(claim)
    await this.#sendOne(claim, message)
  }

  async #take(name: SpoolName, folder: string, claimant: Spool['claimant']): Promise<Claim | undefined> {
    try {
      return await Claim.take(folder, name, claimant)
    } catch (error) {
      // one file that may not be renamed, in a folder where others may: it is not ours
      if (systemCode(error) !== 'EPERM' && systemCode(error) !== 'EBUSY') throw spoolFault(error, folder)
      this.#tell({ kind: 'skipped', name: name.stem, error: spoolFault(error, folder) })
      return undefined
    }
  }

  /** The message; undefined when it cannot be sent, and everything about it is told. */
  async #read(claim: Claim): Promise<ReadSpooled | undefined> {
    const { folder } = this.#spool
    const { stem: name } = claim
    try {
      return await readSpooled(claim.path, name)
    } catch (error) {
      const code = systemCode(error)
      if (code === 'ENOENT') {
        this.#tell({ kind: 'lost-claim', name })
      } else if (error instanceof SettingsError && error.code === 'spool.garbage') {
        this.#tell({ kind: 'garbage', name, error })
        await this.#fail(claim, error)
        if (this.#options.onFailure === 'stop') throw this.#stopped(error)
      } else if (code === 'EACCES' || code === 'EPERM') {
        await this.#folder(async () => claim.release())
        this.#counts.skipped++
        this.#tell({ kind: 'skipped', name, error: unreadable(error, claim) })
      } else {
        await this.#folder(async () => claim.release())
        throw spoolFault(error, folder)
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
    try {
      receipt = (await this.#send(given, this.#sending)) ?? undefined
    } catch (error) {
      return this.#failed(claim, ready, error)
    }
    const verdict = verdictOf(envelope, receipt)
    this.#count(await settle(claim, ready, verdict, receipt, this.#settleTerms()))
    if (this.#options.onFailure === 'stop' && this.#stops(verdict.failed, verdict.again))
      throw this.#stopped(verdict.error)
  }

  async #failed(claim: Claim, message: ReadSpooled, error: unknown): Promise<void> {
    const known = error instanceof PosthornError
    const ended = this.#sending.aborted && !(known && error.outcome !== 'transient')
    if (known && !ended && !isBeforeMessage(error)) {
      const verdict = verdictOfFailure(message.submission.envelope, error)
      this.#count(await settle(claim, message, verdict, undefined, this.#settleTerms()))
      if (this.#options.onFailure === 'stop' && this.#stops(verdict.failed, verdict.again)) throw this.#stopped(error)
      return
    }
    // nothing is wrong with the message: it waits again, and with it all the others
    if (this.#options.transient === 'fail' && !ended && known) await this.#fail(claim, error)
    else this.#leave(claim, error)
    if (!ended) throw error
    this.#over = true
  }

  #stops(failed: readonly number[], again: readonly number[]): boolean {
    return failed.length > 0 || (this.#options.transient === 'fail' && again.length > 0)
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
      if (systemCode(cause) === 'ENOENT') return this.#tell({ kind: 'lost-claim', name: claim.stem, error })
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
      claim.release()
    } catch (cause) {
      if (systemCode(cause) !== 'ENOENT') throw spoolFault(cause, this.#spool.folder)
      return this.#tell({ kind: 'lost-claim', name, ...facts })
    }
    this.#count({ sent: false, failed: false, released: true })
    this.#tell({ kind: 'released', name, ...facts })
  }

  #settleTerms() {
    const { folder, claimant, clock } = this.#spool
    const { keep = false, transient } = this.#options
    const now = () => new Date(clock.now())
    return { folder, claimant, keep, failAll: transient === 'fail', now, tell: this.#tell }
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
      // a listener's own fault: told as such, and not in the middle of a message
      queueMicrotask(() => {
        throw error
      })
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

function checkOptions(send: unknown, { concurrency, onFailure, transient }: ProcessOptions): void {
  const wrong = (field: string, message: string) =>
    new SettingsError('spool.option', field, message, { hint: 'Correct the value, or leave it out.' })
  if (typeof send !== 'function') throw wrong('send', 'must be a function')
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 1_000)) {
    throw wrong('concurrency', 'must be a whole number from 1 to 1000')
  }
  if (onFailure !== undefined && onFailure !== 'stop' && onFailure !== 'go-on')
    throw wrong('onFailure', 'must be stop or go-on')
  if (transient !== undefined && transient !== 'release' && transient !== 'fail')
    throw wrong('transient', 'must be release or fail')
}

function unreadable(cause: unknown, { stem }: Claim): SettingsError {
  return new SettingsError(
    'spool.unreadable',
    'spool',
    `${stem}.queued cannot be read (${systemCode(cause) ?? 'unknown'})`,
    {
      cause,
      hint: 'Let this user read the file.',
    },
  )
}

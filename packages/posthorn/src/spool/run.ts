import { isHidden, removeLeftovers } from './leftovers.js'
import { mendNames } from './mend-names.js'
import { oldest, type Waiting } from './oldest.js'
import { OneMessage, type MessageTerms } from './one-message.js'
import { checkProcess, type ProcessOptions, type SendSpooled, type SpoolRun } from './process-options.js'
import { Progress } from './progress.js'
import { spoolFault, stillHeld } from './spool-error.js'
import type { Spool } from './spool.js'
import type { SpoolName } from './spool-name.js'

/** At most so many hidden files are looked at in one run. */
const MAX_HIDDEN = 1_000

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
  readonly #options: ProcessOptions
  readonly #terms: RunTerms
  readonly #messageTerms: MessageTerms
  readonly #progress: Progress
  #beating: Promise<void> | undefined
  #perhaps = 0
  /** False when claims that may be abandoned are waited for no longer. */
  #patient = true
  /** What it took to look through the folder, in milliseconds. */
  lookMs = 0

  /** @throws {SettingsError} `spool.option` */
  constructor(spool: Spool, send: SendSpooled, options: ProcessOptions, terms: RunTerms = {}) {
    checkProcess(send, options)
    this.#spool = spool
    this.#options = options
    this.#terms = terms
    const progress = new Progress(spool, options.onEvent, terms.putOff)
    const sending = terms.sending ?? options.signal ?? new AbortController().signal
    this.#progress = progress
    this.#messageTerms = { spool, send, options, sending, progress }
  }

  /** True when a message that failed ended the run, by `onFailure`. */
  get stoppedByMessage(): boolean {
    return this.#progress.stoppedByMessage
  }

  /** @throws as `SpoolFolder.process`, but for the signal's reason where `sending` is another one */
  async whole(): Promise<SpoolRun> {
    const progress = this.#progress
    const { signal } = this.#options
    const end = (): void => progress.stop()
    signal?.throwIfAborted()
    signal?.addEventListener('abort', end, { once: true })
    try {
      await this.#sweep(true)
      const { clock, lookout } = this.#spool
      let patienceMs = lookout.patienceMs
      while (this.#perhaps > 0 && !progress.isOver && this.#terms.waits !== false) {
        const waitMs = Math.ceil(lookout.waitMs ?? 0)
        this.#patient = waitMs <= patienceMs
        patienceMs -= waitMs
        if (this.#patient) await clock.wait(waitMs, signal).catch(end)
        if (!progress.isOver) await this.#sweep(false)
        if (!this.#patient) break
      }
    } catch (error) {
      progress.end(error)
    } finally {
      signal?.removeEventListener('abort', end)
      await this.#tidy()
    }
    progress.throwIfFailed()
    if (this.#terms.sending === undefined) signal?.throwIfAborted()
    return progress.counts
  }

  /** @param queued false: claims only, those that were waited for */
  async #sweep(queued: boolean): Promise<void> {
    const { folder, heartbeat, lookout } = this.#spool
    const progress = this.#progress
    const keys = new Set<string>()
    const wanted = (name: SpoolName): boolean => {
      if (name.state === 'sending') keys.add(lookout.keyOf(name))
      else if (!(queued && name.state === 'queued' && this.#isWanted(name))) return false
      return !progress.isLeftOut(name)
    }
    let after: Waiting | undefined
    let first = queued
    this.#perhaps = 0
    progress.payDebts()
    while (!progress.isOver) {
      const hidden: string[] = []
      let mend = false
      const seen = (name: string): void => {
        if (!first) return
        if (name.includes('\ufffd')) mend = true
        if (hidden.length < MAX_HIDDEN && isHidden(name)) hidden.push(name)
      }
      const batch = await this.#look(after, wanted, seen)
      if (first) {
        first = false
        await removeLeftovers(folder, hidden, () => heartbeat.now())
        if (mend) {
          await this.#mendNames()
          continue
        }
      }
      if (batch.length === 0) break
      await this.#work(batch)
      after = batch.at(-1)
    }
    lookout.forgetAllBut(keys)
  }

  #isWanted(name: SpoolName): boolean {
    return this.#terms.wanted?.(name) ?? true
  }

  /** The next batch, in the time that a look takes. */
  async #look(
    after: Waiting | undefined,
    wanted: (name: SpoolName) => boolean,
    seen: (name: string) => void,
  ): Promise<Waiting[]> {
    const { folder, clock } = this.#spool
    const beganMs = clock.elapsed()
    const batch = await this.#folder(() => oldest(folder, after, wanted, seen))
    this.lookMs += clock.elapsed() - beganMs
    return batch
  }

  async #mendNames(): Promise<void> {
    const left = (stem: string, fault: unknown): void => {
      const name: SpoolName = { stem, file: `${stem}.queued`, state: 'queued', owner: undefined }
      if (this.#isWanted(name)) this.#progress.skip(name, fault)
    }
    await this.#folder(() => mendNames(this.#spool.folder, left))
  }

  async #work(batch: readonly Waiting[]): Promise<void> {
    const progress = this.#progress
    const next = batch[Symbol.iterator]()
    const worker = async (): Promise<void> => {
      for (const { name } of next) {
        if (progress.isOver) return
        try {
          await this.#one(name)
        } catch (error) {
          progress.end(error)
        }
      }
    }
    await Promise.all(Array.from({ length: this.#options.concurrency ?? 1 }, worker))
  }

  async #one(name: SpoolName): Promise<void> {
    if (name.state === 'sending' && !(await this.#isAbandoned(name))) return
    // there before the first claim is
    await (this.#beating ??= this.#folder(() => this.#spool.heartbeat.start()))
    const message = await OneMessage.take(name, this.#messageTerms)
    await message?.send()
  }

  async #isAbandoned(claim: SpoolName): Promise<boolean> {
    const { lookout } = this.#spool
    const state = await lookout.state(claim).catch((error: unknown) => this.#progress.skip(claim, error))
    if (state === 'perhaps') this.#wait(claim)
    return state === 'abandoned'
  }

  /** A claim that may be abandoned. */
  #wait(claim: SpoolName): void {
    const { counts, tell } = this.#progress
    this.#perhaps++
    const { signMs, waitMs, isNews } = this.#spool.lookout.waitingOf(claim)
    const { stem: name } = claim
    if (isNews) tell({ kind: 'waiting', name, signMs, waitMs })
    if (this.#patient) return
    counts.skipped++
    tell({ kind: 'skipped', name, error: stillHeld(claim.file, signMs) })
  }

  /** Nothing is left running or lying about. */
  async #tidy(): Promise<void> {
    await this.#progress.close()
    if (this.#beating) await this.#spool.heartbeat.stop()
  }

  async #folder<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw spoolFault(error, this.#spool.folder)
    }
  }
}

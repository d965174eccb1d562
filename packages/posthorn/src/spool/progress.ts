import type { ProcessOptions } from './process-options.js'
import { RecordFlush } from './record-flush.js'
import type { Settled } from './settle.js'
import { isOfAll, spoolFault, unreadable } from './spool-error.js'
import type { SpoolEvent } from './spool-event.js'
import type { Spool } from './spool.js'
import type { SpoolName } from './spool-name.js'

/** After so many that there was no room to settle, the run ends. */
const MAX_TROUBLED = 10_000

/** At most so many claims that cannot be taken are remembered; what is more is told of again when a run looks again. */
const MAX_UNTAKEN = 10_000

/** What one run has done so far, counted, told and made to last; and whether it goes on. */
export class Progress {
  readonly counts = { sent: 0, failed: 0, released: 0, skipped: 0, takenOver: 0 }
  /** A message that failed ended the run, by `onFailure`. */
  stoppedByMessage = false
  readonly #spool: Spool
  readonly #onEvent: ProcessOptions['onEvent']
  /** To be told of each file that is better not tried again soon; not of one that waits because the run ends. */
  readonly putOff: (name: string) => void
  readonly #records: RecordFlush
  #isOver = false
  #error: { readonly error: unknown } | undefined
  /** The stems of messages that wait again for want of room. */
  readonly #troubled = new Set<string>()
  /** The files of claims that could not be taken. */
  readonly #untaken = new Set<string>()

  constructor(spool: Spool, onEvent: ProcessOptions['onEvent'], putOff: (name: string) => void = () => {}) {
    this.#spool = spool
    this.#onEvent = onEvent
    this.putOff = putOff
    const flush = () => spool.flush.flush().catch((error: unknown) => this.end(spoolFault(error, spool.folder)))
    this.#records = new RecordFlush(flush, spool.clock)
  }

  /** True when nothing more is taken. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Nothing more is taken. */
  stop(): void {
    this.#isOver = true
  }

  /** Nothing more is taken, and this is the error of the run, unless it has one. */
  end(error: unknown): void {
    this.#isOver = true
    this.#error ??= { error }
  }

  /** @throws the error of the run */
  throwIfFailed(): void {
    if (this.#error) throw this.#error.error
  }

  readonly tell = (event: SpoolEvent): void => {
    try {
      this.#onEvent?.(event)
    } catch (error) {
      this.end(error) // a listener's own fault: told when what is under way is finished and recorded
    }
  }

  /** Counts what became of one message; it will last. */
  count({ sent, failed, released }: Settled): void {
    if (sent) this.counts.sent++
    if (failed) this.counts.failed++
    if (released) this.counts.released++
    this.#records.note()
  }

  /**
   * One file that cannot be dealt with, in a folder where others may.
   * @param own the fault is the file's own, whatever it is
   * @throws {SettingsError} `spool.*` when it is none of the file alone
   */
  skip({ stem: name, file, state }: Omit<SpoolName, 'owner'>, fault: unknown, own = false): undefined {
    if (!own && isOfAll(fault)) throw spoolFault(fault, this.#spool.folder)
    if (state === 'sending' && this.#untaken.size < MAX_UNTAKEN) this.#untaken.add(file)
    this.counts.skipped++
    this.putOff(name)
    this.tell({ kind: 'skipped', name, error: unreadable(fault, file) })
  }

  /** A message that waits again and is not looked at again in this run. @returns false when these are too many */
  leaveOut(stem: string): boolean {
    if (this.#troubled.size >= MAX_TROUBLED) return false
    this.#troubled.add(stem)
    return true
  }

  /** True for what was tried in this run to no end, and would fare no better now. */
  isLeftOut({ state, file, stem }: SpoolName): boolean {
    return state === 'sending' ? this.#untaken.has(file) : this.#troubled.has(stem)
  }

  /** Records what could not be recorded before, by this run or one before it. */
  payDebts(): void {
    for (const event of this.#spool.owed.pay()) {
      const { kind } = event
      if (kind !== 'lost-claim') this.count({ sent: kind === 'sent', failed: false, released: kind === 'released' })
      this.tell(event)
    }
  }

  /** Resolves when everything that was counted lasts. */
  async close(): Promise<void> {
    this.payDebts()
    await this.#records.end()
  }
}

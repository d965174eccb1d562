import { SettingsError, type Phase, type PosthornError } from '@posthorn/ground'
import { carry } from './carry.js'
import { notAskedFor } from './fault.js'
import { Fifo } from './fifo.js'
import type { Job } from './job.js'
import type { Lessons } from './lessons.js'
import { cutToLimits } from './recipient-limits.js'
import type { Carrier } from './sends.js'
import { sessionEnd } from './session-end.js'
import type { Session } from './session.js'
import { Transaction } from './transaction.js'
import type { Turns } from './turns.js'
import type { Work } from './work.js'

/** What the client knows about all its sessions, one's own included. */
export interface SessionOwner {
  readonly lessons: Lessons
  /** @throws {SettingsError} `pool.closed` when nothing more is taken */
  sendBegins(): void
  sendEnds(): void
}

/**
 * The messages of one session of the caller's own: one after the other, in turn with single commands. Nothing is tried again on another
 * connection; recipients for whom a transaction has no room go in further ones on this session.
 */
export class SessionWork implements Work, Carrier {
  readonly lessons: Lessons
  readonly #session: Session
  readonly #owner: SessionOwner
  readonly #turns: Turns
  /** What is being carried, and its transactions: those that were begun, and those that wait. */
  #job: Job | undefined
  #begun: Transaction[] = []
  readonly #waiting = new Fifo<Transaction>()
  /** Sends whose content is being prepared, and how to tell their turn that it is over. */
  readonly #preparing = new Map<Job, () => void>()

  constructor(session: Session, owner: SessionOwner, turns: Turns) {
    this.lessons = owner.lessons
    this.#session = session
    this.#owner = owner
    this.#turns = turns
  }

  get leavesDirty(): boolean {
    return this.#job?.options.resetAfterFailure === false
  }

  /** It takes its turn, and its content is waited for in it. */
  begin(job: Job): void {
    this.#owner.sendBegins()
    const prepared = new Promise<void>((resolve) => this.#preparing.set(job, resolve))
    this.#turns.take(async () => {
      await this.#session.wire.whileOpen(prepared)
      return this.#carry(job)
    })
  }

  add(job: Job): void {
    if (this.#isPrepared(job)) return
    this.#owner.sendBegins()
    this.#turns.take(() => this.#carry(job))
  }

  forget(job: Job): void {
    this.#isPrepared(job)
  }

  /** @returns false when it was not in preparation */
  #isPrepared(job: Job): boolean {
    const tell = this.#preparing.get(job)
    tell?.()
    return this.#preparing.delete(job)
  }

  /** Once something of it was sent the session ends with it: nobody knows where the server stands. */
  cancel(job: Job, errorIn: (phase: Phase) => PosthornError): void {
    if (job.settled) return
    if (job !== this.#job) return job.faultRest(() => 'notSent', errorIn('wait'))
    const error = errorIn(this.#session.phase)
    const sent = new Set(this.#begun.flatMap(({ stage, indexes }) => (stage === 'sent' ? indexes : [])))
    job.faultRest((index) => (sent.has(index) ? 'unknown' : 'notSent'), error)
    this.#session.cutShort ||= this.#session.wire.failure === undefined
    this.#session.wire.fail(error)
  }

  next(session: Session): Transaction | undefined {
    this.lessons.learn(session)
    const waiting = session.alive ? this.#waiting.shift() : undefined
    if (!waiting || waiting.job.settled) return undefined
    const transaction = cutToLimits(session, waiting, this.lessons.recipientLimit, this.#back)
    if (!transaction) return undefined
    if (this.#begun.length === 0) transaction.resetFirst = waiting.job.options.reset === true
    this.#begun.push(transaction)
    return transaction
  }

  again(transaction: Transaction): void {
    this.#waiting.unshift(transaction)
  }

  readonly #back = (transaction: Transaction): void => this.again(transaction)

  async #carry(job: Job): Promise<void> {
    const session = this.#session
    try {
      if (job.settled) return
      const ended = endOf(session)
      if (ended) return job.faultRest(() => 'notSent', ended)
      this.#job = job
      session.full = false
      session.challenged = false
      this.#waiting.push(new Transaction(job, job.indexes))
      const first = this.next(session)
      const error = first && (await carry(session, this, first))
      for (let left = this.#waiting.shift(); left; left = this.#waiting.shift())
        left.lost(error ?? endOf(session) ?? tooManyDomains())
    } finally {
      this.#job = undefined
      this.#begun = []
      this.#owner.sendEnds()
    }
  }
}

/** Why a session carries nothing more. */
function endOf(session: Session): PosthornError | undefined {
  const { failure, closing } = session.wire
  return !failure && closing ? notAskedFor(closing, 'mail') : sessionEnd(session)
}

/** RFC 9422: RCPTDOMAINMAX counts for the whole connection. */
function tooManyDomains(): SettingsError {
  return new SettingsError(
    'recipients.too-many',
    'envelope.recipients',
    'are of more domains than the server takes on one connection',
    { hint: 'Send to the rest on a new session.' },
  )
}

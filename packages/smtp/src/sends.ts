import {
  checkDeadline,
  InvariantError,
  PosthornError,
  ProtocolError,
  SettingsError,
  type Phase,
} from '@posthorn/ground'
import { prepare, type Prepared } from './content/prepare.js'
import type { ContentSource, SessionSendOptions, Submission } from './envelope.js'
import { aborted } from './fault.js'
import { Job } from './job.js'
import type { Receipt } from './receipt.js'
import type { Signals } from './signals.js'

/** What takes messages: the pool, or a session of the caller's own. */
export interface Carrier {
  /** A send was called whose content has to be prepared first; it has its place from here on. @throws as `add` */
  begin(job: Job): void
  /** Its content can be opened. @throws {PosthornError} when it takes no more */
  add(job: Job): void
  /** Ends a send now: settled by `errorIn(phase)`. */
  cancel(job: Job, errorIn: (phase: Phase) => PosthornError): void
  /** A send has settled, for whatever reason. */
  forget(job: Job): void
}

/** Calls of `send`, from the call to the receipt: their deadline, their signal, and the content they wait for. */
export class Sends {
  readonly #carrier: Carrier
  readonly #deadlineMs: number
  readonly #signals: Signals

  /** @param deadlineMs for a send that brings none of its own */
  constructor(carrier: Carrier, deadlineMs: number, signals: Signals) {
    this.#carrier = carrier
    this.#deadlineMs = deadlineMs
    this.#signals = signals
  }

  /** See `SmtpClient.send`. Never throws, but rejects. */
  send(submission: Submission, options: SessionSendOptions): Promise<Receipt> {
    try {
      return this.#send(submission, options)
    } catch (error) {
      return Promise.reject(
        error instanceof PosthornError ? error : new InvariantError('send failed before it began', error),
      )
    }
  }

  #send(submission: Submission, options: SessionSendOptions): Promise<Receipt> {
    const { signal, deadlineMs = this.#deadlineMs } = options
    const { envelope } = submission
    if (typeof envelope !== 'object' || envelope === null) {
      throw new SettingsError('envelope.missing', 'envelope', 'must be { reversePath, recipients }', {
        hint: 'Pass { envelope, content }.',
      })
    }
    checkCall(deadlineMs, signal)
    return new Promise((resolve, reject) => {
      this.#begin(new Job(envelope, options, resolve, reject), submission.content, signal, deadlineMs)
    })
  }

  /** Hands the job on, once its content can be opened; from here on it settles whatever happens. */
  #begin(job: Job, source: ContentSource, signal: AbortSignal | undefined, deadlineMs: number): void {
    job.onSettled = this.#settled
    if (deadlineMs !== Infinity) job.timer = setTimeout(this.#late, deadlineMs, job, deadlineMs)
    try {
      if (signal) {
        const abort = () => this.#cancel(job, (phase) => aborted(signal, phase))
        if (signal.aborted) return abort()
        job.unwatch = this.#signals.watch(signal, abort)
      }
      if (typeof source === 'string' || source instanceof Uint8Array) this.#add(job, prepare(source) as Prepared)
      else this.#prepare(job, source)
    } catch (error) {
      fail(job, error)
    }
  }

  #prepare(job: Job, source: ContentSource): void {
    let stop: AbortController | undefined
    const content = prepare(source, () => (stop = new AbortController()).signal)
    if (!(content instanceof Promise)) return this.#add(job, content)
    job.preparing = stop ?? new AbortController()
    content.then((ready) => this.#add(job, ready)).catch((error: unknown) => fail(job, error))
    this.#carrier.begin(job)
  }

  #add(job: Job, content: Prepared): void {
    job.preparing = undefined
    job.content = content
    if (job.settled) content.discard?.()
    else this.#carrier.add(job)
  }

  #cancel(job: Job, errorIn: (phase: Phase) => PosthornError): void {
    if (job.preparing) job.faultRest(() => 'notSent', errorIn('compose'))
    else this.#carrier.cancel(job, errorIn)
  }

  readonly #late = (job: Job, deadlineMs: number): void => {
    this.#cancel(job, (phase) => deadlineExceeded(deadlineMs, phase))
  }

  readonly #settled = (job: Job): void => {
    clearTimeout(job.timer)
    job.unwatch?.()
    job.preparing?.abort()
    job.content?.discard?.()
    this.#carrier.forget(job)
  }
}

function fail(job: Job, error: unknown): void {
  const fault = error instanceof PosthornError ? error : new InvariantError('content could not be prepared', error)
  job.faultRest(() => 'notSent', fault)
}

/** @throws {SettingsError} for a deadline or a signal that is none */
export function checkCall(deadlineMs: number, signal: AbortSignal | undefined): void {
  checkDeadline(deadlineMs)
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new SettingsError('settings.signal', 'signal', 'must be an AbortSignal', { hint: 'Pass controller.signal.' })
  }
}

/** The time the caller allowed is over. */
export function deadlineExceeded(deadlineMs: number, phase: Phase): ProtocolError {
  return new ProtocolError('deadline.exceeded', `not done within ${deadlineMs} ms; it was in phase ${phase}`, {
    phase,
    outcome: 'transient',
    hint: 'Allow more time with deadlineMs, or find out why this step is slow.',
  })
}

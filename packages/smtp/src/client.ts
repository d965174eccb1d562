import { EventEmitter } from 'node:events'
import { InvariantError, PosthornError, ProtocolError, SettingsError, type Phase } from '@posthorn/ground'
import { prepare, type Prepared } from './content/prepare.js'
import type { ContentSource, SendOptions, Submission } from './envelope.js'
import { Job } from './job.js'
import { refuseUnknownOptions } from './option-names.js'
import type { SmtpOptions } from './options.js'
import { Pool } from './pool.js'
import type { Receipt } from './receipt.js'
import { aborted } from './fault.js'
import { settleOptions, type SettledOptions } from './settled-options.js'
import { Signals } from './signals.js'
import { SmtpSession } from './smtp-session.js'
import type { TrailEvent } from './trail.js'

/**
 * A submission client for one relay (RFC 6409, RFC 5321), with a pool of sessions. Safe to use from anywhere at once.
 *
 * Nothing is sent again by itself once content has gone out; a message whose envelope was lost with its connection is tried again, on
 * another one, at most twice.
 */
export class SmtpClient {
  readonly #options: SettledOptions
  readonly #pool: Pool
  readonly #signals = new Signals()
  readonly #events = new EventEmitter<{ trail: [TrailEvent] }>()
  readonly #hub: { on: boolean; emit(event: TrailEvent): void }

  /** @throws {SettingsError} naming the option that is wrong */
  constructor(options: SmtpOptions) {
    refuseUnknownOptions(options)
    this.#options = settleOptions(options)
    this.#hub = {
      on: false,
      emit: (event) => {
        try {
          this.#events.emit('trail', event)
        } catch (error) {
          // a listener's own fault: told as such, and not in the middle of an exchange
          queueMicrotask(() => {
            throw error
          })
        }
      },
    }
    this.#pool = new Pool(this.#options, this.#hub)
  }

  /** Sessions and messages at this moment. */
  get counts(): { readonly open: number; readonly idle: number; readonly busy: number; readonly waiting: number } {
    return this.#pool.counts
  }

  /** Tells the protocol trail of every session. Secrets and content are never in it. */
  on(event: 'trail', listener: (event: TrailEvent) => void): this {
    this.#events.on(event, listener)
    this.#hub.on = true
    return this
  }

  off(event: 'trail', listener: (event: TrailEvent) => void): this {
    this.#events.off(event, listener)
    this.#hub.on = this.#events.listenerCount('trail') > 0
    return this
  }

  /**
   * Sends one message. Resolves when at least one recipient was delivered; the receipt tells of each.
   * @throws {SettingsError} when the message cannot be sent as it is: nothing was sent
   * @throws {ConnectError} when there is no usable connection
   * @throws {RecipientsRefused} when every recipient was refused, or one was and `recipients` is `all`
   * @throws {ReplyError} when the server refused the message
   * @throws {ProtocolError} `deadline.exceeded`, `aborted`, `smtp.*`; outcome `unknown` when the content was sent and no reply came.
   * Every error carries `receipt` (see `isSendFailure`).
   */
  send(submission: Submission, options: SendOptions = {}): Promise<Receipt> {
    try {
      return this.#send(submission, options)
    } catch (error) {
      return Promise.reject(
        error instanceof PosthornError ? error : new InvariantError('send failed before it began', error),
      )
    }
  }

  #send(submission: Submission, options: SendOptions): Promise<Receipt> {
    const { signal, deadlineMs = this.#options.deadlineMs } = options
    const { envelope } = submission
    if (typeof envelope !== 'object' || envelope === null) {
      throw new SettingsError('envelope.missing', 'envelope', 'must be { reversePath, recipients }', {
        hint: 'Pass { envelope, content }.',
      })
    }
    checkCall(deadlineMs, signal)
    return new Promise((resolve, reject) => {
      this.#begin(
        new Job(envelope, options.recipients === 'all', resolve, reject),
        submission.content,
        signal,
        deadlineMs,
      )
    })
  }

  /** Proves that the relay is reachable and takes these credentials; sends no mail. @throws as `send`, without receipt */
  async verify(options: { readonly signal?: AbortSignal; readonly deadlineMs?: number } = {}): Promise<void> {
    const session = await this.session(options)
    await session.quit()
  }

  /**
   * A session of one's own for single commands (VRFY, EXPN, HELP, NOOP, raw ones); it counts towards `pool.maxConnections` only as an
   * open connection. End it with `quit()`.
   */
  async session(options: { readonly signal?: AbortSignal; readonly deadlineMs?: number } = {}): Promise<SmtpSession> {
    const { signal, deadlineMs = this.#options.deadlineMs } = options
    checkCall(deadlineMs, signal)
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(deadlineExceeded(deadlineMs, 'connect')), deadlineMs)
    try {
      return new SmtpSession(
        await this.#pool.dedicated(signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal),
      )
    } finally {
      clearTimeout(timer)
    }
  }

  /** Resolves when every send has settled. */
  async drain(): Promise<void> {
    await this.#pool.drained()
  }

  /** Takes no further sends, waits for those under way, then ends every session by QUIT. `now`: they fail at once instead. */
  async close(options: { readonly now?: boolean } = {}): Promise<void> {
    await this.#pool.close(options.now === true)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Puts the job into the pool, once its content can be opened; from here on it settles whatever happens. */
  #begin(job: Job, source: ContentSource, signal: AbortSignal | undefined, deadlineMs: number): void {
    job.onSettled = this.#settled
    job.timer = setTimeout(this.#late, deadlineMs, job, deadlineMs)
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
    const stop = new AbortController()
    const content = prepare(source, stop.signal)
    if (!(content instanceof Promise)) return this.#add(job, content)
    job.preparing = stop
    content.then((ready) => this.#add(job, ready)).catch((error: unknown) => fail(job, error))
  }

  #add(job: Job, content: Prepared): void {
    job.preparing = undefined
    job.content = content
    if (job.settled) content.discard?.()
    else this.#pool.add(job)
  }

  #cancel(job: Job, errorIn: (phase: Phase) => PosthornError): void {
    if (job.preparing) job.faultRest(() => 'notSent', errorIn('compose'))
    else this.#pool.cancel(job, errorIn)
  }

  readonly #late = (job: Job, deadlineMs: number): void => {
    this.#cancel(job, (phase) => deadlineExceeded(deadlineMs, phase))
  }

  readonly #settled = (job: Job): void => {
    clearTimeout(job.timer)
    job.unwatch?.()
    job.preparing?.abort()
    job.content?.discard?.()
    this.#pool.forget(job)
  }
}

function fail(job: Job, error: unknown): void {
  const fault = error instanceof PosthornError ? error : new InvariantError('content could not be prepared', error)
  job.faultRest(() => 'notSent', fault)
}

function checkCall(deadlineMs: number, signal: AbortSignal | undefined): void {
  if (!(deadlineMs > 0 && deadlineMs < 2 ** 31)) {
    throw new SettingsError('settings.number', 'deadlineMs', 'must be a positive number of milliseconds below 2^31', {
      hint: 'Correct the value.',
    })
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new SettingsError('settings.signal', 'signal', 'must be an AbortSignal', { hint: 'Pass controller.signal.' })
  }
}

function deadlineExceeded(deadlineMs: number, phase: Phase): ProtocolError {
  return new ProtocolError('deadline.exceeded', `not done within ${deadlineMs} ms; it was in phase ${phase}`, {
    phase,
    outcome: 'transient',
    hint: 'Allow more time with deadlineMs, or find out why this step is slow.',
  })
}

import { startDeadline } from '@posthorn/ground'
import { EventEmitter } from 'node:events'
import type { SendOptions, Submission } from './envelope.js'
import { refuseUnknownOptions } from './option-names.js'
import type { SmtpOptions } from './options.js'
import { Pool } from './pool.js'
import type { Receipt } from './receipt.js'
import { checkCall, deadlineExceeded, Sends } from './sends.js'
import { settleOptions, type SettledOptions } from './settled-options.js'
import { Signals } from './signals.js'
import type { SmtpSession } from './smtp-session.js'
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
  readonly #sends: Sends
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
    this.#sends = new Sends(this.#pool, this.#options.deadlineMs, this.#signals)
  }

  /** Sessions and messages at this moment. */
  get counts(): { readonly open: number; readonly idle: number; readonly busy: number; readonly waiting: number } {
    return this.#pool.counts
  }

  /** Tells the protocol trail of every session. Content is never in it, nor are secrets unless `trailSecrets`. */
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
    return this.#sends.send(submission, options)
  }

  /** Proves that the relay is reachable and takes these credentials; sends no mail. @throws as `send`, without receipt */
  async verify(options: { readonly signal?: AbortSignal; readonly deadlineMs?: number } = {}): Promise<void> {
    const session = await this.session(options)
    await session.quit()
  }

  /**
   * A session of one's own, for messages and for single commands (VRFY, EXPN, HELP, NOOP, raw ones); it counts towards
   * `pool.maxConnections` only as an open connection. End it with `quit()`.
   * @param options `deadlineMs` and `signal` are for opening it alone
   */
  async session(options: { readonly signal?: AbortSignal; readonly deadlineMs?: number } = {}): Promise<SmtpSession> {
    const { signal, deadlineMs = this.#options.deadlineMs } = options
    checkCall(deadlineMs, signal)
    const deadline = new AbortController()
    const late = () => deadline.abort(deadlineExceeded(deadlineMs, 'connect'))
    const timer = startDeadline(deadlineMs, late)
    try {
      const session = await this.#pool.dedicated(signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal)
      const { SmtpSession } = await import('./smtp-session.js') // few want one
      return new SmtpSession(session, this.#pool, this.#signals)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Resolves when every send has settled, those on sessions of one's own included. */
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
}

import { EventEmitter, setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { InvariantError, PosthornError, ProtocolError, SettingsError } from '@posthorn/ground'
import type { Delivery, Envelope, Receipt, SendOptions, Submission, TrailEvent } from '@posthorn/smtp'
import { abortedBy, inTime, unlessAborted, type TimedWork } from '../composing.js'
import { withReceipt } from '../direct/direct-delivery.js'
import { SpoolFolder } from '../spool/index.js'
import type { MailClient } from './mail-client.js'

const DEADLINE_MS = 300_000

const WRITING: TimedWork = {
  phase: 'wait',
  hint: 'The folder or the source of the message is slow: look at the file system, or allow more time with deadlineMs.',
}

/** What became of the message for one recipient: it waits in a file. */
export interface SpooledDelivery extends Delivery {
  /** The whole path of the file as it was written; whoever sends it gives it other endings. */
  readonly file: string
}

/** What is known of a message that was written into a spool folder. */
export interface SpoolReceipt extends Receipt {
  readonly deliveries: readonly SpooledDelivery[]
  readonly file: string
}

/**
 * Writes messages into a spool folder, with the face of `SmtpClient`. Every recipient is `delivered`, in phase `final` and without a reply,
 * once the file would be there after a power cut: the folder has taken responsibility, and another process sends it.
 */
export class SpoolClient implements MailClient {
  readonly #path: string
  readonly #folder: SpoolFolder
  readonly #events = new EventEmitter<{ trail: [TrailEvent] }>()
  readonly #sends = new Set<Promise<unknown>>()
  readonly #closing = new AbortController()
  #isClosed = false

  /** @param path the folder, which must be there when it is used */
  constructor(path: string) {
    this.#path = path
    this.#folder = new SpoolFolder(path)
    setMaxListeners(0, this.#closing.signal) // each message that is being written listens
  }

  /** There are no sessions; `busy` are the messages that are being written. */
  get counts(): MailClient['counts'] {
    return { open: 0, idle: 0, busy: this.#sends.size, waiting: 0 }
  }

  /** Tells a note, with session 0, for each message that was written. */
  on(event: 'trail', listener: (event: TrailEvent) => void): this {
    this.#events.on(event, listener)
    return this
  }

  off(event: 'trail', listener: (event: TrailEvent) => void): this {
    this.#events.off(event, listener)
    return this
  }

  /**
   * Writes one message. With `recipients: 'all'` the file says of every recipient that nobody gets the message without it.
   * @throws {PosthornError} with `receipt` (see `isSendFailure`): `spool.*`, `envelope.*`, `content.*`, `deadline.exceeded`, `aborted`
   */
  async send({ envelope, content }: Submission, options: SendOptions = {}): Promise<SpoolReceipt> {
    if (this.#isClosed) throw closed()
    const writing = this.#write(
      { envelope: options.recipients === 'all' ? allRequired(envelope) : envelope, content },
      options,
    )
    const settled = writing.catch(() => {}) // told to the caller
    this.#sends.add(settled)
    try {
      return await writing
    } finally {
      this.#sends.delete(settled)
    }
  }

  /** Proves that a file can be made in the folder, and leaves none. @throws {SettingsError} `spool.missing`, `spool.denied`, `spool.full` */
  async verify(options: { readonly signal?: AbortSignal; readonly deadlineMs?: number } = {}): Promise<void> {
    if (this.#isClosed) throw closed()
    const work = (signal: AbortSignal) => unlessAborted(this.#folder.verify(), signal, 'wait')
    await inTime(work, options, DEADLINE_MS, this.#closing.signal, WRITING)
    this.#note(`a file can be written into ${this.#path}`)
  }

  /** Takes no further messages and waits for those that are being written; `now`: they fail instead. */
  async close(options: { readonly now?: boolean } = {}): Promise<void> {
    this.#isClosed = true
    if (options.now === true) this.#closing.abort(closedNow())
    await Promise.all(this.#sends)
  }

  async #write(submission: Submission, options: SendOptions): Promise<SpoolReceipt> {
    try {
      const queue = (signal: AbortSignal) => this.#queue(submission, signal)
      const { result: name } = await inTime(queue, options, DEADLINE_MS, this.#closing.signal, WRITING)
      const file = join(this.#path, name)
      this.#note(`written as ${file}`)
      return { file, deliveries: deliveriesOf(submission, 'delivered').map((delivery) => ({ ...delivery, file })) }
    } catch (error) {
      const fault = error instanceof PosthornError ? error : new InvariantError('a message could not be written', error)
      throw withReceipt(fault, { deliveries: deliveriesOf(submission, 'notSent') })
    }
  }

  /** Not raced with the signal: what is told as not written must not be there afterwards. */
  async #queue(submission: Submission, signal: AbortSignal): Promise<string> {
    try {
      return await this.#folder.queue(submission, { signal })
    } catch (error) {
      throw signal.aborted && error === signal.reason ? abortedBy(signal, 'wait') : error
    }
  }

  #note(text: string): void {
    try {
      this.#events.emit('trail', { type: 'note', text, at: Date.now(), session: 0 })
    } catch (error) {
      // a listener's own fault: told as such, and the message is where it belongs
      queueMicrotask(() => {
        throw error
      })
    }
  }
}

function allRequired(envelope: Envelope): Envelope {
  const { recipients } = (envelope ?? {}) as Partial<Envelope>
  if (!Array.isArray(recipients)) return envelope // the folder says what is wrong with it
  return {
    ...envelope,
    recipients: (recipients as Envelope['recipients']).map((each) => {
      if (typeof each === 'string') return { address: each, required: true }
      return isRecipient(each) ? { ...each, required: true } : each
    }),
  }
}

function deliveriesOf({ envelope }: Submission, outcome: 'delivered' | 'notSent'): Delivery[] {
  const { recipients } = (envelope ?? {}) as Partial<Envelope>
  if (!Array.isArray(recipients)) return []
  const at = Date.now()
  return (recipients as Envelope['recipients']).map((each) => ({
    recipient: addressOf(each),
    outcome,
    phase: outcome === 'delivered' ? 'final' : 'wait',
    at,
  }))
}

/** Whatever a caller without types may have put among the recipients. */
function addressOf(recipient: unknown): string {
  const address = isRecipient(recipient) ? recipient.address : recipient
  return typeof address === 'string' ? address : ''
}

function isRecipient(recipient: unknown): recipient is { readonly address?: unknown } {
  return typeof recipient === 'object' && recipient !== null
}

function closed(): SettingsError {
  return new SettingsError('pool.closed', 'client', 'is closed', { phase: 'wait', hint: 'Make a new client.' })
}

function closedNow(): ProtocolError {
  return new ProtocolError('pool.closed', 'the client was closed', {
    phase: 'wait',
    outcome: 'transient',
    hint: 'Send again with a new client.',
  })
}

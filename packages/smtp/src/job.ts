import { SettingsError, type ContentEncoding, type Phase, type PosthornError, type Reply } from '@posthorn/ground'
import type { Prepared } from './content/prepare.js'
import type { Envelope, Recipient, SessionSendOptions } from './envelope.js'
import { sendFailure } from './failure.js'
import { parseMailbox, type Path } from './mailbox.js'
import { Rendition } from './rendition.js'
import type { Delivery, Outcome, Receipt } from './receipt.js'

/** A recipient as it was given and as it goes out. */
export interface Addressee {
  readonly recipient: Recipient
  readonly path: Path
  /** `envelope.recipients[0]`, for errors. */
  readonly field: string
}

/**
 * One call of `send`, from the call to its receipt. Every recipient is decided exactly once; when the last one is, the promise of the
 * caller settles.
 */
export class Job {
  readonly envelope: Envelope
  /** The terms of the call. */
  readonly options: SessionSendOptions
  readonly reversePath: Path
  readonly addressees: readonly Addressee[]
  /** Set before the job is queued. */
  content!: Prepared
  /** All recipients or none. */
  readonly all: boolean
  /** Some recipient is required. */
  readonly demanding: boolean
  /** Of some recipients, those that are required. */
  readonly #required: ReadonlySet<number> | undefined
  /** A required recipient did not get it, so nobody else may. */
  doomed = false
  /** Some path needs SMTPUTF8. */
  readonly utf8: boolean
  /** Set when the promise of the caller has settled. */
  settled = false
  /** Transactions of it that wait in the queue. */
  queued = 0
  /** Frees what the send holds. */
  onSettled: ((job: Job) => void) | undefined
  /** The deadline. */
  timer: NodeJS.Timeout | undefined
  /** Stops listening to the caller's signal. */
  unwatch: (() => void) | undefined
  /** Its content is being prepared; aborted when nobody wants it any more. */
  preparing: AbortController | undefined
  readonly #deliveries: (Delivery | undefined)[]
  #undecided: number
  #error: PosthornError | undefined
  #rendition: Rendition | undefined
  #untouched: Rendition | undefined
  #recoded: Map<ContentEncoding, Rendition> | undefined
  readonly #resolve: (receipt: Receipt) => void
  readonly #reject: (error: PosthornError) => void

  /** @throws {SettingsError} for an envelope that cannot be sent, naming the field */
  constructor(
    envelope: Envelope,
    options: SessionSendOptions,
    resolve: (receipt: Receipt) => void,
    reject: (error: PosthornError) => void,
  ) {
    this.envelope = envelope
    this.options = options
    this.all = options.recipients === 'all'
    this.#resolve = resolve
    this.#reject = reject
    const { reversePath, recipients } = envelope
    this.reversePath = parseReversePath(reversePath)
    if (!Array.isArray(recipients) || recipients.length === 0) {
      throw new SettingsError('envelope.recipients', 'envelope.recipients', 'must name at least one recipient', {
        hint: 'Give an array of mailboxes.',
      })
    }
    isTrue(envelope.keepOrder, 'envelope.keepOrder')
    isTrue(envelope.asIs, 'envelope.asIs')
    let utf8 = envelope.smtpUtf8 === true || this.reversePath.utf8
    let required: Set<number> | undefined
    this.addressees = (recipients as readonly (string | Recipient)[]).map((given, index) => {
      const field = `envelope.recipients[${index}]`
      if (typeof given !== 'string' && (typeof given !== 'object' || given === null)) {
        throw new SettingsError('envelope.recipients', field, 'must be a mailbox or { address, ... }', {
          hint: 'Give a string or an object.',
        })
      }
      const recipient = typeof given === 'string' ? { address: given } : given
      const path = parseMailbox(recipient.address, typeof given === 'string' ? field : `${field}.address`)
      if (isTrue(recipient.required, `${field}.required`)) (required ??= new Set()).add(index)
      if (path.utf8) utf8 = true
      return { recipient, path, field }
    })
    this.utf8 = utf8
    this.demanding = this.all || required !== undefined
    this.#required = this.all ? undefined : required
    this.#deliveries = new Array<Delivery | undefined>(this.addressees.length)
    this.#undecided = this.addressees.length
  }

  /** The content as it was given. */
  get rendition(): Rendition {
    return (this.#rendition ??= new Rendition(
      this.content,
      (this.envelope.bodyType ?? this.content.encoding) === 'binary',
    ))
  }

  /** The content as it was given, octet for octet. */
  get untouched(): Rendition {
    if (this.rendition.binary) return this.rendition
    return (this.#untouched ??= new Rendition(this.content, false, true))
  }

  /**
   * The content re-encoded for a path that carries no more than this; made once for all sessions.
   * @throws {SettingsError} when it must not be changed
   */
  recoded(widest: ContentEncoding): Rendition {
    const known = this.#recoded?.get(widest)
    if (known) return known
    const content = this.content.recode!(widest)
    const made = content === this.content ? this.rendition : new Rendition(content, content.encoding === 'binary')
    this.#recoded ??= new Map()
    this.#recoded.set(widest, made)
    return made
  }

  /** Decides one recipient; a second decision changes nothing. */
  decide(index: number, outcome: Outcome, phase: Phase, reply?: Reply): void {
    if (this.#deliveries[index]) return
    if (outcome !== 'delivered' && this.demanding && this.requires(index)) this.doomed = true
    const recipient = this.addressees[index]!.recipient.address
    this.#deliveries[index] = reply
      ? { recipient, outcome, reply, phase, at: Date.now() }
      : { recipient, outcome, phase, at: Date.now() }
    if (--this.#undecided === 0) this.#settle()
  }

  /** Of every addressee, as RCPT names them: the required ones first, unless the order is to be kept. */
  get indexes(): readonly number[] {
    if (this.addressees.length === 1) return FIRST
    const indexes = [...this.addressees.keys()]
    return this.envelope.keepOrder ? indexes : this.requiredFirst(indexes)
  }

  /** The required ones of them in front: a server that takes only so many takes those. */
  requiredFirst(indexes: readonly number[]): readonly number[] {
    const required = this.#required
    if (!required || indexes.length === 1) return indexes
    return [...indexes.filter((index) => required.has(index)), ...indexes.filter((index) => !required.has(index))]
  }

  /** Nobody may get the message unless this one is accepted. */
  requires(index: number): boolean {
    return this.all || this.#required?.has(index) === true
  }

  decided(index: number): boolean {
    return this.#deliveries[index] !== undefined
  }

  /** Decides these recipients by a fault, which becomes the error of the send when nobody got the message. */
  fault(indexes: readonly number[], outcome: 'notSent' | 'unknown' | 'refused', error: PosthornError): void {
    this.#error ??= error
    for (const index of indexes) this.decide(index, outcome, error.phase, error.reply)
  }

  /** Decides everybody who is not decided yet. */
  faultRest(outcomeOf: (index: number) => 'notSent' | 'unknown', error: PosthornError): void {
    this.#error ??= error
    for (let index = 0; index < this.addressees.length; index++) {
      if (!this.#deliveries[index]) this.decide(index, outcomeOf(index), error.phase, error.reply)
    }
  }

  #settle(): void {
    this.settled = true
    this.onSettled?.(this)
    const receipt: Receipt = { deliveries: this.#deliveries as Delivery[] }
    if (receipt.deliveries.some(({ outcome }) => outcome === 'delivered')) this.#resolve(receipt)
    else this.#reject(sendFailure(receipt, this.#error, (index) => this.requires(index)))
  }
}

function isTrue(value: unknown, field: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true
  throw new SettingsError('envelope.type', field, 'must be true or false', {
    hint: 'Leave it out, or say true.',
  })
}

const FIRST: readonly number[] = [0]
const NULL_PATH: Path = { wire: '', domain: '', utf8: false }

/** Many messages have the same sender, one after the other. */
let lastReversePath: { readonly text: string; readonly path: Path } = { text: '', path: NULL_PATH }

function parseReversePath(text: string): Path {
  if (lastReversePath.text !== text) {
    lastReversePath = { text, path: text === '' ? NULL_PATH : parseMailbox(text, 'envelope.reversePath') }
  }
  return lastReversePath.path
}

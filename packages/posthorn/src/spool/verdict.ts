import { ConnectError, InvariantError, PosthornError, ProtocolError, SettingsError, type Phase } from '@posthorn/ground'
import {
  isSendFailure,
  isTransient,
  RecipientsRefused,
  type Delivery,
  type Envelope,
  type Receipt,
} from '@posthorn/smtp'
import type { DirectDelivery } from '../direct/direct-delivery.js'

/** What became of a message, by the indexes of its recipients. */
export interface Verdict {
  readonly delivered: readonly number[]
  /** That may be tried again. */
  readonly again: readonly number[]
  /** That were refused for good. */
  readonly failed: readonly number[]
  readonly deliveries: readonly Delivery[]
  /** Why; undefined when everybody got it. */
  readonly error: PosthornError | undefined
  /** What is to be said of those who were refused for good, by themselves; undefined when there are none. */
  readonly refusal: Refusal | undefined
}

/** Why some of the recipients will not get it. */
export interface Refusal {
  readonly error: PosthornError
  readonly deliveries: readonly Delivery[]
}

/** Phases in which a fault has nothing to do with the message: the next one would meet it, too. */
const BEFORE_MESSAGE: ReadonlySet<Phase> = new Set<Phase>([
  ...(['wait', 'resolve', 'proxy', 'connect', 'tls', 'greeting', 'ehlo', 'starttls', 'auth'] as const),
])
/** A server that takes MAIL from nobody who has not logged in, or not as strongly (RFC 4954 6). */
const LOGIN_WANTED: ReadonlySet<number> = new Set([530, 534, 535, 538])
/** What a fault in the settings of the message, and not of the server, begins with. */
const OF_MESSAGE =
  /^(?:content|envelope|mailbox|extension|recipients|command|limits|draft|address|compose|smime|dkim|direct)\./

/**
 * True for a failure that says nothing about the message: no server was reached, or none that lets us in. What is no error of Posthorn is a
 * defect of whoever sends, and no message is at fault either.
 */
export function isBeforeMessage(error: unknown): boolean {
  if (error instanceof InvariantError) return false
  // without a relay each domain has servers of its own, and the next message may go to others
  if (isSendFailure(error) && error.phase !== 'wait' && error.receipt.deliveries.some(ownError)) return false
  if (!(error instanceof PosthornError) || error instanceof ConnectError) return true
  if (error.outcome === 'unknown') return false
  if (error instanceof SettingsError && OF_MESSAGE.test(error.code)) return false
  if (error.phase === 'mail' && LOGIN_WANTED.has(error.reply?.code ?? 0)) return true
  return BEFORE_MESSAGE.has(error.phase) || (error instanceof SettingsError && error.phase === 'settings')
}

/**
 * What a receipt says; undefined is taken for a delivery to everybody.
 * @throws {TypeError} for a receipt of another message, which is a defect of whoever sends
 */
export function verdictOf({ recipients }: Envelope, receipt: Receipt | undefined): Verdict {
  const everybody = recipients.map((_, index) => index)
  if (!receipt)
    return { delivered: everybody, again: [], failed: [], deliveries: [], error: undefined, refusal: undefined }
  const deliveries = inOrder(recipients, receipt)
  const delivered = everybody.filter((index) => deliveries[index]?.outcome === 'delivered')
  const failed = everybody.filter((index) => {
    const delivery = deliveries[index]
    return delivery !== undefined && isPermanent(delivery)
  })
  const done = new Set([...delivered, ...failed])
  const again = everybody.filter((index) => !done.has(index))
  const missed = receipt.deliveries.filter(({ outcome }) => outcome !== 'delivered')
  const error = delivered.length === recipients.length ? undefined : errorFor(missed)
  const refused = failed.map((index) => deliveries[index]!)
  const refusal = refused.length === 0 ? undefined : { error: errorFor(refused), deliveries: refused }
  return { delivered, again, failed, deliveries: missed, error, refusal }
}

/** What an error of `send` about this message says. @throws {TypeError} as `verdictOf` */
export function verdictOfFailure(envelope: Envelope, error: PosthornError): Verdict {
  const everybody = envelope.recipients.map((_, index) => index)
  const deliveries = isSendFailure(error) ? error.receipt.deliveries : []
  // whatever the error is, and whatever it is about: who has it must not be named again
  if (hasDelivered(error)) return { ...verdictOf(envelope, { deliveries }), error }
  // decided one by one: those who may be tried again must not fail for the sake of others, unless it is all or none
  const refused = error instanceof RecipientsRefused && deliveries.every(({ outcome }) => outcome === 'refused')
  const each = refused || deliveries.some(ownError)
  if (each && deliveries.length === everybody.length && !demanding(envelope)) {
    return { ...verdictOf(envelope, { deliveries }), error }
  }
  const permanent = error.outcome === 'permanent'
  return {
    delivered: [],
    again: permanent ? [] : everybody,
    failed: permanent ? everybody : [],
    deliveries,
    error,
    refusal: permanent ? { error, deliveries } : undefined,
  }
}

/** True when the receipt of an error says that somebody got the message. */
export function hasDelivered(error: unknown): boolean {
  return isSendFailure(error) && error.receipt.deliveries.some(({ outcome }) => outcome === 'delivered')
}

/** What direct delivery says of one recipient. */
function ownError(delivery: DirectDelivery): PosthornError | undefined {
  return delivery.error
}

function isPermanent(delivery: Delivery): boolean {
  if (delivery.outcome === 'refused') return !isTransient(delivery)
  return delivery.outcome === 'notSent' && ownError(delivery)?.outcome === 'permanent'
}

function demanding({ recipients }: Envelope): boolean {
  return recipients.some((recipient) => typeof recipient !== 'string' && recipient.required === true)
}

/**
 * The deliveries by the index of their recipient. By address unless each stands where its recipient does: whoever sends may give them in any
 * order, and leave some out. Of several for one address each counts once, in their order.
 */
function inOrder(recipients: Envelope['recipients'], { deliveries }: Receipt): readonly (Delivery | undefined)[] {
  const keys = recipients.map((recipient) => keyOf(typeof recipient === 'string' ? recipient : recipient.address))
  if (deliveries.length === keys.length && deliveries.every(({ recipient }, at) => keyOf(recipient) === keys[at]))
    return deliveries
  const byKey = new Map<string, Delivery[]>(keys.map((key) => [key, []]))
  for (const delivery of deliveries) byKey.get(keyOf(delivery.recipient))?.push(delivery)
  if (
    deliveries.some(({ recipient }) => !byKey.has(keyOf(recipient))) &&
    keys.some((key) => byKey.get(key)!.length === 0)
  )
    throw new TypeError('the receipt that `send` gave is of another message: it names recipients that this one has not')
  return keys.map((key) => {
    const same = byKey.get(key)!
    return same.length > 1 ? same.shift() : same[0]
  })
}

/** The case of a domain says nothing (RFC 5321 2.4). */
function keyOf(address: string): string {
  const at = address.lastIndexOf('@')
  return address.slice(0, at) + address.slice(at).toLowerCase()
}

function errorFor(missed: readonly Delivery[]): PosthornError {
  const refused = missed.filter(({ reply, outcome }) => reply && outcome === 'refused')
  if (refused.length > 0) return new RecipientsRefused(refused)
  const own = missed.map(ownError).find((error) => error !== undefined)
  if (own) return own
  return new ProtocolError('spool.partly-sent', 'some recipients did not get the message', {
    phase: missed[0]?.phase ?? 'final',
    outcome: missed.some(({ outcome }) => outcome === 'unknown') ? 'unknown' : 'transient',
    hint: 'See what the deliveries say of each of them.',
  })
}

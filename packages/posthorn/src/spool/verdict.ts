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

/** What a receipt says; undefined is taken for a delivery to everybody. */
export function verdictOf({ recipients }: Envelope, receipt: Receipt | undefined): Verdict {
  const everybody = recipients.map((_, index) => index)
  if (!receipt) return { delivered: everybody, again: [], failed: [], deliveries: [], error: undefined }
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
  return { delivered, again, failed, deliveries: missed, error }
}

/** What an error of `send` about this message says. */
export function verdictOfFailure(envelope: Envelope, error: PosthornError): Verdict {
  const everybody = envelope.recipients.map((_, index) => index)
  const deliveries = isSendFailure(error) ? error.receipt.deliveries : []
  // decided one by one: those who may be tried again must not fail for the sake of others, unless it is all or none
  const refused = error instanceof RecipientsRefused && deliveries.every(({ outcome }) => outcome === 'refused')
  const each = refused || deliveries.some((delivery) => ownError(delivery) ?? delivery.outcome === 'delivered')
  if (each && deliveries.length === everybody.length && !demanding(envelope)) {
    return { ...verdictOf(envelope, { deliveries }), error }
  }
  const permanent = error.outcome === 'permanent'
  return { delivered: [], again: permanent ? [] : everybody, failed: permanent ? everybody : [], deliveries, error }
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

/** The deliveries by the index of their recipient: in the order of the envelope, or by address where there are more or fewer. */
function inOrder(recipients: Envelope['recipients'], { deliveries }: Receipt): readonly (Delivery | undefined)[] {
  if (deliveries.length === recipients.length) return deliveries
  const byAddress = new Map(deliveries.map((delivery) => [delivery.recipient, delivery]))
  return recipients.map((recipient) => byAddress.get(typeof recipient === 'string' ? recipient : recipient.address))
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

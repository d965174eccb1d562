import { ConnectError, ReplyError, SettingsError, type PosthornError } from '@posthorn/ground'
import type { Delivery, Receipt } from '@posthorn/smtp'

/** What became of the message for one recipient, by which server, and why where no reply says it. */
export interface DirectDelivery extends Delivery {
  /** The server that decided, or the last one that was tried; absent when there was none to try. */
  readonly server?: string
  /** Why it was not sent; a permanent one will be no better next time. */
  readonly error?: PosthornError
}

/** What came of the recipients of one domain. */
export interface DomainResult {
  readonly domain: string
  /** By the place of the recipient in the envelope. */
  readonly deliveries: ReadonlyMap<number, DirectDelivery>
  /** Why somebody was not delivered. */
  readonly failure: PosthornError | undefined
}

/** True when nothing that another server says changes it: delivered, perhaps delivered, or refused for good. */
export function isFinal({ outcome, reply }: Delivery): boolean {
  return outcome === 'delivered' || outcome === 'unknown' || (outcome === 'refused' && (reply?.code ?? 0) >= 500)
}

/** Of two tries that did not decide it, the one that tells more: a refusal before silence, what may pass before what will not. */
export function moreTelling(former: DirectDelivery | undefined, latter: DirectDelivery): DirectDelivery {
  if (!former || isFinal(latter)) return latter
  if (former.outcome === 'refused' && latter.outcome === 'notSent') return former
  return former.error?.outcome === 'transient' && latter.error?.outcome === 'permanent' ? former : latter
}

/**
 * All domains as one: a receipt in the order of the envelope when somebody was delivered.
 * @throws {PosthornError} with the receipt, when nobody was: that of the domain, when there is one; of several `direct.undelivered`
 */
export function together(results: readonly DomainResult[], count: number): Receipt {
  const all = new Map(results.flatMap(({ deliveries }) => [...deliveries]))
  const deliveries = Array.from({ length: count }, (_, index) => all.get(index)!)
  const receipt = { deliveries }
  if (deliveries.some(({ outcome }) => outcome === 'delivered')) return receipt
  throw withReceipt(failureOf(results), receipt)
}

function failureOf(results: readonly DomainResult[]): PosthornError {
  const failures = results.flatMap(({ failure }) => failure ?? [])
  const first = failures[0]!
  // what is wrong with the message itself is the same for all
  if (failures.length === 1 || failures.every(({ code }) => code === first.code && first instanceof SettingsError))
    return first
  const told = results
    .slice(0, 3)
    .map(({ domain, failure }) => `${domain}: ${failure?.message ?? 'not sent'}`)
    .join('; ')
  const more = results.length > 3 ? `; and ${results.length - 3} more domains` : ''
  const outcome = (['unknown', 'transient'] as const).find((each) => failures.some((one) => one.outcome === each))
  const worst = failures.find((one) => one.outcome === outcome) ?? first
  const facts = {
    outcome: outcome ?? 'permanent',
    phase: worst.phase,
    hint: 'The receipt says for each recipient why, and whether another try makes sense.',
    cause: worst,
  } as const
  const message = `nobody got the message: ${told}${more}`
  return worst.reply
    ? new ReplyError('direct.undelivered', message, { ...facts, reply: worst.reply })
    : new ConnectError('direct.undelivered', message, facts)
}

/**
 * The error with the receipt of the whole send. That of a client was made for this send alone, with the receipt of its part; any other may be
 * known to others, too, and is copied.
 */
export function withReceipt(error: PosthornError, receipt: Receipt): PosthornError {
  const own = (error as { receipt?: Receipt }).receipt
  if (own) {
    Object.assign(own, receipt)
    return error
  }
  return Object.defineProperty(copyOf(error), 'receipt', { value: receipt, enumerable: true })
}

/** The same error once more: same class, same code. */
function copyOf(error: PosthornError): PosthornError {
  const copy = Object.create(
    Object.getPrototypeOf(error) as object,
    Object.getOwnPropertyDescriptors(error),
  ) as PosthornError
  return Object.defineProperty(copy, 'cause', { value: error, configurable: true, writable: true })
}

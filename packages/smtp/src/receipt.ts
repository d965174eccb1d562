import type { Phase, Reply } from '@posthorn/ground'

/**
 * What became of the message for one recipient, as a fact. `delivered`: the server took responsibility. `refused`: it said no.
 * `notSent`: the content did not reach its end, another try is safe. `unknown`: the content was sent and no final reply came.
 */
export type Outcome = 'delivered' | 'refused' | 'notSent' | 'unknown'

export interface Delivery {
  readonly recipient: string
  readonly outcome: Outcome
  /** The reply that decided; absent when none came. */
  readonly reply?: Reply
  /** Where it was decided. */
  readonly phase: Phase
  /** When it was decided, in milliseconds since 1970. */
  readonly at: number
}

/** The result of a send: one delivery per recipient, in the order of the envelope. */
export interface Receipt {
  readonly deliveries: readonly Delivery[]
}

/**
 * True when the server said no for now only (4yz, and 552 to a recipient, which RFC 5321 4.5.3.1.10 has us read as 452), false for 5yz and
 * for anything but a refusal.
 */
export function isTransient(delivery: Delivery): boolean {
  const { outcome, reply, phase } = delivery
  return outcome === 'refused' && reply !== undefined && (reply.code < 500 || (phase === 'rcpt' && reply.code === 552))
}

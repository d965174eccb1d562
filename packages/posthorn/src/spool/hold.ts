import type { Envelope } from '@posthorn/smtp'

/**
 * The envelope as it is sent now: a time until which the message was to be held (RFC 4865) and that is over by now is left out, because a
 * server would refuse it.
 */
export function withoutPastHold(envelope: Envelope, nowMs: number): Envelope {
  const { holdUntil, ...rest } = envelope
  if (holdUntil === undefined) return envelope
  const until = 'prefer' in holdUntil ? holdUntil.prefer : holdUntil
  return until.getTime() > nowMs ? envelope : rest
}

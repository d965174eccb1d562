import { ProtocolError } from '@posthorn/ground'
import { compose, type ComposeOptions, type Draft, type Message } from '@posthorn/mime'
import type { SendOptions } from '@posthorn/smtp'

/** A message, and what is left of the time for its send. */
export interface ComposedInTime {
  readonly message: Message
  readonly deadlineMs?: number
}

/**
 * Composes under the deadline and the signal of a send. A draft without attachments has nothing to wait for, and goes without a clock.
 * @param usualDeadlineMs when the send has none of its own
 * @throws {PosthornError} as `compose`; `deadline.exceeded`, `aborted`
 */
export async function composeInTime(
  draft: Draft,
  options: ComposeOptions,
  { signal, deadlineMs: ownDeadlineMs }: SendOptions,
  usualDeadlineMs: number,
): Promise<ComposedInTime> {
  const waits = draft.attachments !== undefined || draft.body !== undefined || options.smime !== undefined
  if (!waits) return { message: await compose(draft, options) }
  const deadlineMs = ownDeadlineMs ?? usualDeadlineMs
  const startedAt = performance.now()
  const stop = new AbortController()
  const abort = () => stop.abort(signal?.reason)
  const timer = setTimeout(() => stop.abort(late(deadlineMs)), deadlineMs)
  if (signal?.aborted) abort()
  else signal?.addEventListener('abort', abort, { once: true })
  try {
    const message = await compose(draft, { ...options, signal: stop.signal })
    return { message, deadlineMs: Math.max(1, Math.floor(deadlineMs - (performance.now() - startedAt))) }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

function late(deadlineMs: number): ProtocolError {
  return new ProtocolError('deadline.exceeded', `not done within ${deadlineMs} ms; it was in phase compose`, {
    phase: 'compose',
    outcome: 'transient',
    hint: 'A source of the draft gave nothing; nothing was sent. Allow more time with deadlineMs.',
  })
}

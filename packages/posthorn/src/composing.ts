import { ProtocolError } from '@posthorn/ground'
import type { SendOptions } from '@posthorn/smtp'

/** What came of some work, and what is left of the time for its send. */
export interface DoneInTime<T> {
  readonly result: T
  readonly deadlineMs: number
}

/**
 * Does what comes before a send, such as composing, under its deadline and its signal.
 * @param work gets a signal; what it does after that was aborted is lost
 * @param usualDeadlineMs when the send has none of its own
 * @throws {PosthornError} as `work`; `deadline.exceeded`, `aborted`
 */
export async function inTime<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { signal, deadlineMs: ownDeadlineMs }: SendOptions,
  usualDeadlineMs: number,
): Promise<DoneInTime<T>> {
  const deadlineMs = ownDeadlineMs ?? usualDeadlineMs
  const startedAt = performance.now()
  const stop = new AbortController()
  const abort = () => stop.abort(signal?.reason)
  const timer = setTimeout(() => stop.abort(late(deadlineMs)), deadlineMs)
  if (signal?.aborted) abort()
  else signal?.addEventListener('abort', abort, { once: true })
  try {
    const result = await work(stop.signal)
    return { result, deadlineMs: Math.max(1, Math.floor(deadlineMs - (performance.now() - startedAt))) }
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

import { checkDeadline, ProtocolError, SettingsError, startDeadline } from '@posthorn/ground'
import type { SendOptions } from '@posthorn/smtp'
import { WatchedSignals } from './direct/watched-signals.js'

/** What came of some work, and what is left of the time for its send. */
export interface DoneInTime<T> {
  readonly result: T
  readonly deadlineMs: number
}

/** What is done before a send is handed over, and what a deadline that passes in it says. */
export interface TimedWork {
  readonly phase: 'compose' | 'wait'
  readonly hint: string
}

const COMPOSING: TimedWork = {
  phase: 'compose',
  hint: 'A source of the draft gave nothing; nothing was sent. Allow more time with deadlineMs.',
}

/** The signal of a caller may be that of a thousand messages: each has one listener. */
const signals = new WatchedSignals()

/**
 * Does what comes before a send, such as composing, under its deadline and its signal.
 * @param work gets a signal; what it does after that was aborted is lost
 * @param usualDeadlineMs when the send has none of its own
 * @param closing ends it, too
 * @throws {PosthornError} as `work`; `deadline.exceeded`, `aborted`; `settings.number`, `settings.signal` as the client
 */
export async function inTime<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { signal, deadlineMs: ownDeadlineMs }: SendOptions,
  usualDeadlineMs: number,
  closing?: AbortSignal,
  timed: TimedWork = COMPOSING,
): Promise<DoneInTime<T>> {
  const deadlineMs = ownDeadlineMs ?? usualDeadlineMs
  check(deadlineMs, signal)
  const startedAt = performance.now()
  const stop = signals.follow(signal)
  const close = () => stop.abort(closing?.reason)
  const timer = startDeadline(deadlineMs, () => stop.abort(late(deadlineMs, timed)))
  if (closing?.aborted) close()
  else closing?.addEventListener('abort', close, { once: true })
  try {
    const result = await work(stop.signal)
    return { result, deadlineMs: Math.max(1, Math.floor(deadlineMs - (performance.now() - startedAt))) }
  } finally {
    clearTimeout(timer)
    closing?.removeEventListener('abort', close)
    signals.leave(signal, stop)
  }
}

/**
 * The same promise, unless the signal is aborted before: what may go on for ever is not waited for.
 * @throws {ProtocolError} `aborted`; the reason of the signal itself when that is one of ours
 */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  phase: TimedWork['phase'] = 'compose',
): Promise<T> {
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortedBy(signal, phase))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** What a wait that was ended by its signal throws. */
export function abortedBy({ reason }: AbortSignal, phase: TimedWork['phase']): Error {
  if (reason instanceof ProtocolError || reason instanceof SettingsError) return reason
  return new ProtocolError('aborted', `aborted in phase ${phase}`, {
    phase,
    outcome: 'transient',
    cause: reason,
    hint: 'The caller aborted it.',
  })
}

function check(deadlineMs: number, signal: AbortSignal | undefined): void {
  checkDeadline(deadlineMs)
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new SettingsError('settings.signal', 'signal', 'must be an AbortSignal', { hint: 'Pass controller.signal.' })
  }
}

function late(deadlineMs: number, { phase, hint }: TimedWork): ProtocolError {
  return new ProtocolError('deadline.exceeded', `not done within ${deadlineMs} ms; it was in phase ${phase}`, {
    phase,
    outcome: 'transient',
    hint,
  })
}

import { PosthornError, SettingsError } from '@posthorn/ground'
import { refusal } from '../refusal.js'
import { closeStream } from './close-stream.js'

/**
 * What ends composing before its time: the caller's signal, for as long as composing lasts. What is read later, while the message is sent,
 * is under the signal of the send.
 */
export class Stop {
  readonly signal: AbortSignal
  #isOver = false

  /** @throws {SettingsError} `compose.signal` */
  constructor(signal: AbortSignal) {
    if (!((signal as unknown) instanceof AbortSignal))
      throw refusal('compose.signal', 'signal', 'is not an AbortSignal', 'Pass controller.signal.')
    this.signal = signal
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** True when the signal counts, and has been given. */
  get isGiven(): boolean {
    return !this.#isOver && this.signal.aborted
  }

  /** The signal means nothing any more. */
  end(): void {
    this.#isOver = true
  }

  /** @throws {PosthornError} `aborted` */
  check(): void {
    if (this.isGiven) throw aborted(this.signal)
  }

  /** Waits for a step, and no longer than until the signal comes. @throws {PosthornError} `aborted` */
  async race<T>(step: Promise<T>): Promise<T> {
    if (this.#isOver) return step
    const { signal } = this
    let abort = () => {}
    const stopped = new Promise<never>((_, reject) => {
      abort = () => reject(aborted(signal))
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
    })
    try {
      return await Promise.race([step, stopped])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }
}

/**
 * What an iterable gives, as long as nobody says stop; then it is closed, even in the middle of a chunk that never comes.
 * @throws {PosthornError} `aborted`
 */
export async function* stoppable<T>(source: AsyncIterable<T>, stop: Stop): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  let isDone = false
  try {
    for (;;) {
      const step = await stop.race(iterator.next())
      if (step.done) {
        isDone = true
        return
      }
      yield step.value
    }
  } finally {
    if (stop.isGiven) {
      // told, and not waited for: a source that stalls may stall at this, too
      closeStream(source)
      closeStream(iterator)
    } else if (!isDone) await iterator.return?.()
  }
}

/** The caller's signal ended it; an error of ours given as its reason is passed on. */
export function aborted(signal: AbortSignal): PosthornError {
  const reason: unknown = signal.reason
  if (reason instanceof PosthornError) return reason
  return new SettingsError('aborted', 'signal', 'was aborted in phase compose', {
    phase: 'compose',
    outcome: 'transient',
    cause: reason,
    hint: 'The caller aborted it.',
  })
}

import { InvariantError, PosthornError, ProtocolError, SettingsError } from '@posthorn/ground'
import type { Mail } from './mail.js'
import type { MailReceipt } from './mail-receipt.js'

/** What became of one message of many. */
export type SendResult<T extends Mail = Mail> = {
  /** Which one of the source it was, from 0. */
  readonly index: number
  readonly mail: T
} & (
  | { readonly receipt: MailReceipt; readonly error?: undefined }
  | { readonly error: PosthornError; readonly receipt?: undefined }
)

/** How many are sent at a time, and until when. */
export interface ManyTerms {
  readonly concurrency: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Sends what a source gives, and tells of each as it is done. The source is asked for the next message only while fewer than `concurrency`
 * are under way or done and not read yet. However it ends, nothing is under way afterwards, and the source was closed.
 * @throws what the source throws, and `aborted`: once all that were taken have been told; `draft.not-an-object` for what is no source
 */
export async function* sendingMany<T extends Mail>(
  source: Iterable<T> | AsyncIterable<T>,
  send: (mail: T) => Promise<MailReceipt>,
  { concurrency, signal }: ManyTerms,
): AsyncGenerator<SendResult<T>, void, undefined> {
  const items = iteratorOf(source)
  const done: SendResult<T>[] = []
  let taken = 0
  let underWay = 0
  let asking = false
  let ended = false
  let failure: { readonly error: unknown } | undefined
  let wake = () => {}

  const begin = (mail: T): void => {
    const index = taken++
    const tell = (result: SendResult<T>) => {
      underWay--
      done.push(result)
      wake()
    }
    underWay++
    send(mail).then(
      (receipt) => tell({ index, mail, receipt }),
      (error: unknown) => tell({ index, mail, error: asPosthornError(error) }),
    )
  }
  const end = (error?: { readonly error: unknown }): void => {
    ended = true
    failure ??= error
    wake()
  }
  const take = ({ done: isLast, value }: IteratorResult<T>): void => {
    if (isLast) end()
    else begin(value)
  }
  const ask = (): void => {
    try {
      if (!items.waits) return take(items.messages.next())
      // a promise of another kind, or of another realm, is one as well
      const next = Promise.resolve(items.messages.next())
      asking = true
      next
        .then((result) => {
          asking = false
          if (!ended) take(result)
          wake()
        })
        .catch((error: unknown) => end({ error }))
    } catch (error) {
      end({ error })
    }
  }
  const abort = (): void => wake()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    for (;;) {
      while (!ended && !asking && !signal?.aborted && underWay + done.length < concurrency) ask()
      const result = done.shift()
      if (result) yield result
      else if (underWay === 0 && (ended || signal?.aborted)) break
      else await new Promise<void>((resolve) => (wake = resolve))
    }
    if (failure) throw failure.error
    if (!ended) throw aborted(signal)
  } finally {
    signal?.removeEventListener('abort', abort)
    const brokenOff = !ended
    ended = true // what the source gives from now on is not taken
    while (underWay > 0) await new Promise<void>((resolve) => (wake = resolve))
    if (brokenOff) {
      const closed = Promise.resolve(items.messages.return?.())
      // one that is asked and gives nothing would keep us for ever: it closes behind what was asked of it
      if (asking) closed.catch(() => {})
      else await closed
    }
  }
}

/** Messages one after the other, from a source that has them or from one that is waited for. */
type Messages<T extends Mail> =
  | { readonly waits: false; readonly messages: Iterator<T> }
  | { readonly waits: true; readonly messages: AsyncIterator<T> }

/** The messages of a source. @throws {SettingsError} `draft.not-an-object` for what gives none */
function iteratorOf<T extends Mail>(source: Iterable<T> | AsyncIterable<T>): Messages<T> {
  const given: Partial<Iterable<T> & AsyncIterable<T>> | null | undefined = source
  if (typeof given === 'object' && given !== null) {
    if (typeof given[Symbol.asyncIterator] === 'function') {
      return { waits: true, messages: (source as AsyncIterable<T>)[Symbol.asyncIterator]() }
    }
    if (typeof given[Symbol.iterator] === 'function') {
      return { waits: false, messages: (source as Iterable<T>)[Symbol.iterator]() }
    }
  }
  throw new SettingsError('draft.not-an-object', 'source', 'must give drafts, one after the other', {
    phase: 'compose',
    hint: 'Give an array of drafts, or another iterable, such as an async generator.',
  })
}

function asPosthornError(error: unknown): PosthornError {
  return error instanceof PosthornError ? error : new InvariantError('a send failed in a way that is not known', error)
}

function aborted(signal: AbortSignal | undefined): ProtocolError {
  const reason: unknown = signal?.reason
  if (reason instanceof ProtocolError) return reason
  return new ProtocolError('aborted', 'aborted before the source came to its end', {
    phase: 'wait',
    outcome: 'transient',
    cause: reason,
    hint: 'The caller aborted it. What was taken from the source has been told.',
  })
}

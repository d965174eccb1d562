import { closeStream } from './close-stream.js'
import { isStream } from './opened-source.js'

/**
 * The streams of a draft and of the drafts in it, which can be read once and hold something open until they are: descriptors, sockets.
 * From now on none of them can end the process by failing before its turn comes.
 * @param draft not looked at yet: whatever it is, nothing is thrown, and no getter is asked
 * @returns undefined when there are none
 */
export function streamsOf(draft: unknown): readonly object[] | undefined {
  if (own(draft, 'attachments') === undefined && own(draft, 'body') === undefined) return undefined
  const streams = new Set<object>()
  collect(draft, streams, new Set())
  for (const stream of streams) listen(stream)
  return streams.size > 0 ? [...streams] : undefined
}

/** Closes them all; those that were read to their end are closed already. */
export function closeStreams(streams: readonly object[]): void {
  for (const stream of streams) {
    closeStream(stream)
    if (!closesItself(stream)) closeStream(iteratorOf(stream))
  }
}

function collect(draft: unknown, streams: Set<object>, seen: Set<unknown>): void {
  if (seen.has(draft) || seen.size > MAX_DRAFTS) return
  seen.add(draft)
  add(own(own(draft, 'body'), 'content'), streams)
  const attachments = own(draft, 'attachments')
  if (!Array.isArray(attachments)) return
  for (const attachment of attachments as unknown[]) {
    add(own(attachment, 'content'), streams)
    add(own(own(attachment, 'part'), 'content'), streams)
    const message = own(attachment, 'message')
    if (typeof message === 'object' && message !== null) collect(message, streams, seen)
  }
}

/** Far more than go into each other or stand in one draft. */
const MAX_DRAFTS = 10_000

function add(source: unknown, streams: Set<object>): void {
  if (isStream(source)) streams.add(source)
}

/** Without a listener the 'error' event of a Node stream ends the process; the error itself is kept for whoever reads it. */
function listen(stream: object): void {
  try {
    const { on } = stream as { readonly on?: unknown }
    if (typeof on === 'function') Reflect.apply(on, stream, ['error', keepQuiet])
  } catch {
    // no stream of Node
  }
}

const keepQuiet = () => {}

const closesItself = (stream: object) => ['destroy', 'cancel', 'return'].some((name) => name in stream)

/** An iterable of its own kind may begin with its iterator and end with it. */
function iteratorOf(stream: object): unknown {
  try {
    return (stream as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator]?.()
  } catch {
    return undefined
  }
}

/** A value that stands in the object itself. */
function own(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null) return undefined
  try {
    return Object.getOwnPropertyDescriptor(object, key)?.value
  } catch {
    return undefined // a proxy that does not like to be asked
  }
}

import { SettingsError } from '@posthorn/ground'
import { refusal } from '../refusal.js'
import { closeStream } from './close-stream.js'
import type { Source } from './source.js'
import { stoppable, type Stop } from './stop.js'

/**
 * A source that is opened anew for each reading. The first complete reading settles its size when it was not given.
 * @param open gives an async iterable or a web stream, or promises one
 * @param stop ends a reading that stalls
 * @returns a source whose reading throws `content.unreadable` with what went wrong as its cause, and `content.changed` when it does not
 * give as many octets as before, or as it was said to have
 */
export function openedSource(open: () => unknown, sizeOctets: number | undefined, field: string, stop?: Stop): Source {
  let settled = sizeOctets
  return {
    ...(sizeOctets === undefined ? {} : { sizeOctets }),
    async *read() {
      let given = 0
      for await (const octets of octetsOf(open, `${field}.content`, stop)) {
        given += octets.length
        if (settled !== undefined && given > settled) break
        yield octets
      }
      expectSize(given, settled, field)
      settled = given
    },
  }
}

/**
 * The octets of an async iterable or web stream of octets and strings; a string goes as UTF-8. The source is closed when the reader stops.
 * @param field names the source
 * @throws {SettingsError} `content.unreadable`
 * @throws {PosthornError} `aborted`
 */
export async function* octetsOf(
  open: () => unknown,
  field: string,
  stop?: Stop,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    const stream = iterable(await (stop ? opened(open, stop) : open()))
    for await (const chunk of stop ? stoppable(stream, stop) : stream) {
      if (chunk instanceof Uint8Array) yield chunk
      else if (typeof chunk === 'string') yield Buffer.from(chunk)
      else throw new TypeError(`a chunk is no octets but ${typeof chunk}`)
    }
  } catch (cause) {
    stop?.check()
    if (cause instanceof SettingsError) throw cause
    throw refusal(
      'content.unreadable',
      field,
      'the source failed to give the octets',
      'The cause says what it threw. A source gives Uint8Arrays.',
      cause,
    )
  }
}

/** Waits for a source to open; one that does so too late is closed. */
async function opened(open: () => unknown, stop: Stop): Promise<unknown> {
  const opening = Promise.resolve(open())
  try {
    return await stop.race(opening)
  } catch (error) {
    opening.then(closeStream, () => {})
    throw error
  }
}

/** True for what `octetsOf` can read. */
export function isStream(value: unknown): value is object {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || 'getReader' in value)
}

/** @throws {SettingsError} `content.changed` */
export function expectSize(size: number, expected: number | undefined, field: string): void {
  if (expected === undefined || size === expected) return
  const which = size > expected ? 'more' : 'fewer'
  throw refusal(
    'content.changed',
    field,
    `gives ${which} octets than the ${expected} it had or was said to have`,
    'A source must give the same octets each time the message is opened.',
  )
}

function iterable(stream: unknown): AsyncIterable<unknown> {
  if (typeof stream === 'object' && stream !== null) {
    if (Symbol.asyncIterator in stream) return stream as AsyncIterable<unknown>
    // a web stream that is not Node's own may lack the iterator
    if ('getReader' in stream) return readerOf(stream as ReadableStream<unknown>)
  }
  throw new TypeError('is neither an async iterable nor a web stream')
}

async function* readerOf(stream: ReadableStream<unknown>): AsyncGenerator<unknown, void, undefined> {
  const reader = stream.getReader()
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value
  } finally {
    await reader.cancel()
  }
}

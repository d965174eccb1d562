import { fileSize, Interrupt, readFileBlocks, SettingsError, type Content } from '@posthorn/ground'
import { refusal } from '../refusal.js'

/**
 * Where a message that is ready comes from. Octets and strings are the message (a string goes as UTF-8); `{ path }` is a file; a function
 * is called for each opening and must give the same octets; a stream is read once and written to a temporary file.
 */
export type RawSource =
  | string
  | Uint8Array
  | Content
  | { readonly path: string | URL }
  | (() => AsyncIterable<Uint8Array | string>)
  | AsyncIterable<Uint8Array | string>

/** A source that says how it can be read. */
export interface OpenedSource {
  /** All octets, when they are in memory. */
  readonly octets?: Uint8Array
  /** False: it can be opened once. */
  readonly again: boolean
  /** A chunk is to be used up before the next one is asked for. */
  open(): AsyncIterable<unknown>
}

/** @throws {SettingsError} `content.type`; `content.unreadable` for a file that is not there */
export async function openedSource(source: RawSource): Promise<OpenedSource> {
  if (typeof source === 'string') return inMemory(Buffer.from(source, 'utf8'))
  if (source instanceof Uint8Array) return inMemory(source)
  if (typeof source === 'function') return { again: true, open: source }
  if (typeof source === 'object' && source !== null) {
    // a file stream has an open() and a path, too
    if (Symbol.asyncIterator in source) return { again: false, open: () => source }
    if ('open' in source && typeof source.open === 'function') {
      return source.octets instanceof Uint8Array ? inMemory(source.octets) : { again: true, open: () => source.open() }
    }
    if ('path' in source) {
      const { path } = source
      const sizeOctets = await fileSize(path, 'content.path')
      return { again: true, open: () => readFileBlocks(path, 'content.path', sizeOctets) }
    }
  }
  throw refusal(
    'content.type',
    'content',
    'must be octets, a string, { path }, a function, a stream or content',
    'Pass a Uint8Array, a string, { path: file } or a function that opens the message.',
  )
}

function inMemory(octets: Uint8Array): OpenedSource {
  return { octets, again: true, open: () => once(octets) }
}

/** One chunk. */
export async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield octets
}

/**
 * The chunks of a source as octets.
 * @throws {SettingsError} `content.source-failed` when the source throws, `content.type` for a chunk that is neither octets nor text
 */
export async function* chunksOf(
  source: OpenedSource,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let reading: AsyncIterator<unknown> | undefined
  const stop = new Interrupt()
  const abort = (): void => stop.come()
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    reading = source.open()[Symbol.asyncIterator]()
    for (;;) {
      // a source may stall for ever; the signal ends the wait for it
      const step = signal ? await stop.unlessCome(reading.next()) : await reading.next()
      if (!step) throw reasonOf(signal)
      if (step.done) {
        reading = undefined
        return
      }
      yield octetsOf(step.value)
    }
  } catch (cause) {
    if (cause instanceof SettingsError) throw cause
    throw refusal(
      'content.source-failed',
      'content',
      'the source failed before its end',
      'See the cause; nothing was sent.',
      cause,
    )
  } finally {
    signal?.removeEventListener('abort', abort)
    // told, not waited for: what it does with that is its own business
    reading?.return?.().catch(() => {})
  }
}

function octetsOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (typeof chunk === 'string') return Buffer.from(chunk, 'utf8') // a stream with an encoding gives text
  throw refusal('content.type', 'content', `gave a chunk that is no octets but ${typeof chunk}`, 'Give Uint8Arrays.')
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof Error ? reason : new Error('no longer wanted')
}

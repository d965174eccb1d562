import { open, unlink, type FileHandle } from 'node:fs/promises'
import { fileSize, Interrupt, PosthornError, readFileBlocks, SettingsError, type Content } from '@posthorn/ground'
import { octetsOf, sourceFailed, type ContentSource, type Envelope, type Submission } from '@posthorn/smtp'
import { envelopeText, lateSize, type EnvelopeText } from './envelope-text.js'

/** A message on its way into a file: the lines in front, and the octets behind them. */
interface Written {
  readonly head: string
  /** Where the size is to be written once it is known; undefined when it stands there already. */
  readonly sizeAt: number | undefined
  readonly sizeOctets: number | undefined
  readonly blocks: () => AsyncIterable<unknown>
  /** All of them, when they are in memory. */
  readonly octets: Uint8Array | undefined
}

/** The most octets a message may have that is given as one string. */
const MAX_TEXT_OCTETS = 256 * 1024 * 1024

/**
 * Writes a message into a new file and flushes it. A stream is read once, in bounded memory. When anything fails, the file is gone.
 * @param path must not be there
 * @throws {SettingsError} as `envelopeText`; `content.*` when the source fails or is not as long as it said; what the system says
 */
export async function writeSpooled(path: string, submission: Submission, signal?: AbortSignal): Promise<void> {
  const written = await plan(submission)
  const file = await open(path, 'wx', 0o600)
  try {
    try {
      await writeAll(file, written, signal)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    await unlink(path).catch(() => {}) // the first error says more
    throw error
  }
}

/**
 * What a file would hold, as text: UTF-8 where the message is UTF-8, else a character for each octet.
 * @throws {SettingsError} as `SpoolFolder.queue`; `spool.too-large` beyond 256 MiB
 * @source ipworks.method.Queue
 */
export async function spoolText(
  submission: Submission,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const { head, sizeAt, sizeOctets, blocks, octets } = await plan(submission)
  const parts: Uint8Array[] = [Buffer.from(head, 'utf8')]
  let length = 0
  for await (const octets of given(blocks, signal)) {
    length += octets.length
    if (length > MAX_TEXT_OCTETS) {
      throw new SettingsError(
        'spool.too-large',
        'content',
        `has more than ${MAX_TEXT_OCTETS} octets, too many for one string`,
        {
          hint: 'Queue it into a folder.',
        },
      )
    }
    parts.push(Buffer.from(octets))
  }
  if (octets === undefined) checkSize(sizeOctets, length)
  const whole = Buffer.concat(parts)
  if (sizeAt !== undefined) whole.write(lateSize(length), sizeAt, 'latin1')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(whole)
  } catch {
    return whole.toString('latin1')
  }
}

async function plan({ envelope, content }: Submission): Promise<Written> {
  if (typeof envelope !== 'object' || envelope === null) {
    throw new SettingsError('envelope.missing', 'envelope', 'must be { reversePath, recipients }', {
      hint: 'Pass { envelope, content }.',
    })
  }
  const { sizeOctets, octets, encoding, open } = await opened(content)
  // what was composed to go octet for octet must still do so when it comes out of a file
  const bodyType = envelope.bodyType ?? (encoding === 'binary' ? 'binary' : undefined)
  const { text, sizeAt } = textOf(bodyType === undefined ? envelope : { ...envelope, bodyType }, sizeOctets)
  return { head: text, sizeAt: sizeOctets === undefined ? sizeAt : undefined, sizeOctets, blocks: open, octets }
}

function textOf(envelope: Envelope, sizeOctets: number | undefined): EnvelopeText {
  try {
    return envelopeText(envelope, sizeOctets)
  } catch (cause) {
    if (cause instanceof PosthornError) throw cause
    throw new SettingsError('envelope.type', 'envelope', 'has a value of the wrong type', {
      cause,
      hint: 'Compare the envelope with its documentation.',
    })
  }
}

type Opened = Pick<Content, 'sizeOctets' | 'octets' | 'encoding'> & { readonly open: () => AsyncIterable<unknown> }

async function opened(source: ContentSource): Promise<Opened> {
  if (typeof source === 'string') return inMemory(Buffer.from(source, 'utf8'))
  if (source instanceof Uint8Array) return inMemory(source)
  if (typeof source === 'function') return { open: source }
  if (typeof source === 'object' && source !== null) {
    // a file stream has an open() too
    if (Symbol.asyncIterator in source) return { open: () => source as AsyncIterable<unknown> }
    if ('open' in source && typeof source.open === 'function') return fromContent(source)
    if ('path' in source) {
      const { path } = source
      const sizeOctets = await fileSize(path, 'content.path')
      return { sizeOctets, open: () => readFileBlocks(path, 'content.path', sizeOctets) }
    }
  }
  throw new SettingsError('content.type', 'content', 'must be octets, a string, { path }, a function or a stream', {
    hint: 'Pass a Uint8Array, a string, { path: file } or a function that opens the content.',
  })
}

function fromContent(content: Content): Opened {
  const { octets, encoding } = content
  const known = encoding === undefined ? {} : { encoding }
  if (octets instanceof Uint8Array) return { ...inMemory(octets), ...known }
  const size = content.sizeOctets === undefined ? {} : { sizeOctets: content.sizeOctets }
  return { ...known, ...size, open: () => content.open() }
}

function inMemory(octets: Uint8Array): Opened {
  return {
    octets,
    sizeOctets: octets.length,
    open: async function* () {
      yield octets
    },
  }
}

async function writeAll(file: FileHandle, written: Written, signal: AbortSignal | undefined): Promise<void> {
  const { head, sizeAt, sizeOctets, blocks, octets } = written
  signal?.throwIfAborted()
  if (octets) {
    await file.writeFile(Buffer.concat([Buffer.from(head, 'utf8'), octets]))
    return
  }
  await file.writeFile(head)
  let length = 0
  for await (const block of given(blocks, signal)) {
    await file.writeFile(block) // from where the last one ended
    length += block.length
  }
  checkSize(sizeOctets, length)
  if (sizeAt !== undefined) await file.write(lateSize(length), sizeAt, 'latin1')
}

/**
 * The blocks of a source as octets; the signal ends the wait for the next one, even while the source stalls. Whatever the source throws, at
 * once or later, is its own fault and none of the folder.
 */
async function* given(
  open: () => AsyncIterable<unknown>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  let source: AsyncIterator<unknown> | undefined
  const stop = new Interrupt()
  const abort = (): void => stop.come()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    source = open()[Symbol.asyncIterator]()
    for (;;) {
      const step = signal?.aborted ? undefined : await stop.unlessCome(source.next())
      signal?.throwIfAborted()
      if (!step || step.done) {
        source = undefined
        return
      }
      yield octetsOf(step.value)
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof SettingsError) throw error
    throw sourceFailed(error, 'compose')
  } finally {
    signal?.removeEventListener('abort', abort)
    void letGo(source)
  }
}

/** Told, not waited for: what it does with that is its own business. */
async function letGo(source: AsyncIterator<unknown> | undefined): Promise<void> {
  try {
    await source?.return?.()
  } catch {
    // it says nothing about the blocks it gave
  }
}

function checkSize(expected: number | undefined, sizeOctets: number): void {
  if (expected === undefined || expected === sizeOctets) return
  throw new SettingsError('content.changed', 'content', `did not give the ${expected} octets it announced`, {
    phase: 'content',
    hint: 'A source must give the same octets each time it is opened; correct sizeOctets.',
  })
}

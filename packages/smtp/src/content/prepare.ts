import { open } from 'node:fs/promises'
import { isUtf8 } from 'node:buffer'
import { Readable } from 'node:stream'
import { fileSize, Interrupt, readFileBlocks, SettingsError, TemporaryFile, type Content } from '@posthorn/ground'
import type { ContentSource } from '../envelope.js'
import { LineTransform } from './line-transform.js'
import { scan } from './scan.js'

/** Content that is ready to be sent any number of times, with what is known about it. */
export interface Prepared extends Content {
  /** Frees what `prepare` made, a temporary file; may be called at any time, and never fails. */
  readonly discard?: () => void
}

const HEADER_OCTETS = 64 * 1024

/** What looking at content in memory told. */
export interface Examined {
  readonly encoding: '7bit' | '8bit'
  /** The octets with every line ending repaired, where that was asked for. */
  readonly octets: Uint8Array
  /**
   * True when every line of what was given ends with CRLF, the last one too, and no CR or LF stands elsewhere; of octets that are not to
   * be repaired also when there is no NUL, as the encodings with lines want it (RFC 2045 2.7).
   */
  readonly whole: boolean
  /** True when a line starts with a dot, so that DATA needs more than these octets. */
  readonly dots: boolean
  /** True when the header section has UTF-8 outside US-ASCII (RFC 6532). */
  readonly utf8Header: boolean
}

/**
 * Any content source as content that can be opened again. A one-shot stream is written to a temporary file first.
 * @param stop asked for a signal that ends that, where it is done
 * @throws {SettingsError} `content.*`
 */
export function prepare(source: ContentSource, stop?: () => AbortSignal): Prepared | Promise<Prepared> {
  if (typeof source === 'string') return inMemory(Buffer.from(source, 'utf8'))
  if (source instanceof Uint8Array) return inMemory(source)
  if (typeof source === 'function') return { open: source }
  if (typeof source === 'object' && source !== null) {
    // a file stream has an open() too
    if (Symbol.asyncIterator in source) return spill(source as AsyncIterable<Uint8Array>, stop?.())
    if ('open' in source && typeof source.open === 'function') return checked(source)
    if ('path' in source) return fromFile(source.path)
  }
  throw new SettingsError('content.type', 'content', 'must be octets, a string, { path }, a function or a stream', {
    hint: 'Pass a Uint8Array, a string, { path: file } or a function that opens the content.',
  })
}

function checked(content: Content): Content {
  if (content.octets === undefined || content.octets instanceof Uint8Array) return content
  throw new SettingsError('content.type', 'content.octets', 'must be a Uint8Array', {
    hint: 'Leave it out, or pass octets.',
  })
}

function inMemory(octets: Uint8Array): Prepared {
  return { octets, sizeOctets: octets.length, open: () => once(octets) }
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield octets
}

async function fromFile(path: string | URL): Promise<Prepared> {
  const sizeOctets = await fileSize(path, 'content.path')
  return { sizeOctets, ...(await headerFacts(path)), open: () => readFileBlocks(path, 'content.path', sizeOctets) }
}

/**
 * A retry must send the same octets, so a stream that cannot be opened again goes to disk before its first send. The signal ends that
 * at once, even while the stream stalls.
 */
async function spill(stream: AsyncIterable<unknown>, signal: AbortSignal | undefined): Promise<Prepared> {
  const file = await TemporaryFile.make('content')
  const discard = () => file.remove()
  const source = stream[Symbol.asyncIterator]()
  const stop = new Interrupt()
  signal?.addEventListener('abort', () => stop.come(), { once: true })
  let start = Buffer.alloc(0)
  try {
    for (;;) {
      const step = signal?.aborted ? undefined : await stop.unlessCome(source.next())
      if (!step) throw new Error('no longer wanted')
      if (step.done) break
      const octets = octetsOf(step.value)
      await file.write(octets)
      if (start.length < HEADER_OCTETS) start = Buffer.concat([start, octets.subarray(0, HEADER_OCTETS)])
    }
    await file.end()
    return { sizeOctets: file.sizeOctets, utf8Header: headerIsUtf8(start), open: () => file.read(), discard }
  } catch (cause) {
    discard()
    source.return?.().catch(() => {})
    if (stream instanceof Readable) stream.destroy()
    if (cause instanceof SettingsError) throw cause
    throw sourceFailed(cause, 'compose')
  }
}

/** The source threw: nothing more than what had gone out will. */
export function sourceFailed(cause: unknown, phase: 'compose' | 'content'): SettingsError {
  const hint = 'See the cause; the message was not sent.'
  return new SettingsError('content.source-failed', 'content', 'the source failed before its end', {
    phase,
    cause,
    hint,
  })
}

/**
 * A block of a source as octets; a stream with an encoding gives text, whatever its type says.
 * @throws {SettingsError} `content.type` for anything else
 */
export function octetsOf(block: unknown): Uint8Array {
  if (block instanceof Uint8Array) return block
  if (typeof block === 'string') return Buffer.from(block, 'utf8')
  throw new SettingsError('content.type', 'content', `gave a block that is no octets but ${typeof block}`, {
    phase: 'content',
    hint: 'A source must give Uint8Arrays.',
  })
}

/** Whether the header section of a file is UTF-8 (RFC 6532), looked for in its first block. */
async function headerFacts(path: string | URL): Promise<{ utf8Header: boolean }> {
  const file = await open(path)
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEADER_OCTETS), 0, HEADER_OCTETS, 0)
    return { utf8Header: headerIsUtf8(buffer.subarray(0, bytesRead)) }
  } finally {
    await file.close()
  }
}

/**
 * Looks at content in memory: its encoding, its line endings, its dots. One pass when nothing needs repair, none when the content
 * promises to be canonical and 7bit; its dots are then looked for when DATA needs it.
 * @param repairs false: the octets are left as they are
 */
export function examine(
  octets: Uint8Array,
  { canonical, encoding }: Pick<Content, 'canonical' | 'encoding'> = {},
  repairs = true,
): Examined {
  if (canonical && encoding === '7bit') {
    // a last line without its end would be one with the dot behind it: that much is looked at
    const whole = endsWithCrlf(octets)
    return { encoding, octets: whole || !repairs ? octets : repair(octets), whole, dots: true, utf8Header: false }
  }
  let whole = octets.length === 0 || octets[octets.length - 1] === 10
  let dots = false
  const high = scan(octets, 10, true, (_at, insertion) => {
    if (insertion !== '.') whole = false
    if (insertion === '.' || insertion === '\n.') dots = true
  })
  if (!repairs && octets.includes(0)) whole = false
  const repaired = whole || !repairs ? octets : repair(octets)
  const utf8Header = high && headerIsUtf8(repaired)
  return { encoding: high ? '8bit' : '7bit', octets: repaired, whole, dots, utf8Header }
}

function endsWithCrlf(octets: Uint8Array): boolean {
  const { length } = octets
  return length === 0 || (octets[length - 2] === 13 && octets[length - 1] === 10)
}

function repair(octets: Uint8Array): Uint8Array {
  const lines = new LineTransform(false)
  const body = lines.push(octets)
  const rest = lines.end()
  return rest.length === 0 ? body : Buffer.concat([body, rest])
}

/** Whether the header section is UTF-8 outside US-ASCII (RFC 6532). @param octets the content, or the beginning of it */
export function headerIsUtf8(octets: Uint8Array): boolean {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
  const header = buffer.subarray(0, headerEnd(buffer))
  return header.some((octet) => octet > 127) && isUtf8(header)
}

/** The first empty line, by whatever line ending. */
function headerEnd(buffer: Buffer): number {
  const ends = ['\r\n\r\n', '\n\n', '\n\r\n'].map((end) => buffer.indexOf(end)).filter((at) => at !== -1)
  return ends.length > 0 ? Math.min(...ends) : buffer.length
}

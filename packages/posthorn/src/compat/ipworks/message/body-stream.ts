import { isReadable, Readable } from 'node:stream'
import { IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'
import { ReadableBlocks } from './readable-blocks.js'
import { WebBlocks } from './web-blocks.js'

/** Where a body comes from: `setMessageStream()`. */
export type BodyStream = Readable | AsyncIterable<Uint8Array>

/** How a stream is read. */
export interface BodyTerms {
  /** True: it is not destroyed at its end, nor when the reader ends before. */
  readonly staysOpen: boolean
  /** For each block. */
  readonly limitMs: number
  /** Aborted when nobody wants more of it: the wait for a block ends, and the stream is let go of, wherever its reader stands. */
  readonly signal?: AbortSignal | undefined
}

/** Generators that were read to their end, or ended: they give nothing the second time, and there is no way to ask them. */
const spent = new WeakSet<object>()

/**
 * That a stream has something to give: one that was read to its end would be an empty body, or be waited for without end.
 * @throws {IPWorksError} 302
 * @source rows ipworks.method.SetMessageStream, ipworks.error.302
 */
export function checkUnread(stream: BodyStream): void {
  if (stream instanceof Readable) {
    if (stream.errored) throw unusable('the stream of setMessageStream() failed', stream.errored)
    if (stream.destroyed && !stream.readableEnded) throw unusable('the stream of setMessageStream() was closed')
    if (!stream.readableEnded) return
  } else if (stream instanceof ReadableStream) {
    if (stream.locked) throw unusable('the stream of setMessageStream() has another reader')
    const web = stream as unknown as NodeJS.ReadableStream // both take those of the web as well
    if (!Readable.isDisturbed(web) || isReadable(web)) return // an empty one that nobody has touched is an empty body
  } else if (!spent.has(stream)) return
  throw unusable('the stream of setMessageStream() was read to its end before; give another one for each message')
}

/** Its end, in whatever way it has one. Never throws. */
export function closeStream(stream: BodyStream): void {
  if (stream instanceof ReadableStream) stream.cancel().catch(() => {})
  else if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy()
  else if ('return' in stream && typeof stream.return === 'function') {
    spent.add(stream)
    void endOf(stream as Ending)
  }
}

interface Ending {
  return?(): unknown
}

/** Told, and for whoever cares waited for: one that stalls would never answer. Never throws. */
async function endOf(stream: Ending): Promise<void> {
  try {
    await stream.return?.()
  } catch {
    // nobody asks how it ended
  }
}

/**
 * The octets of a stream from where it stands to its end. Text that it gives, since it has an encoding, goes as UTF-8.
 * @throws {IPWorksError} 302 with the cause, when it fails or gives anything else; 301 when it gives nothing for too long
 * @throws the reason of the signal
 * @source rows ipworks.method.SetMessageStream, ipworks.config.CloseStreamAfterTransfer, ipworks.error.302
 */
export async function* readBody(stream: BodyStream, terms: BodyTerms): AsyncGenerator<Buffer, void, undefined> {
  const { staysOpen, signal } = terms
  signal?.throwIfAborted()
  checkUnread(stream)
  const blocks = blocksOf(stream, staysOpen)
  const leave = (): void => {
    // these two only let go of it; of anything else it would be the end
    if (!staysOpen || blocks instanceof ReadableBlocks || blocks instanceof WebBlocks) void endOf(blocks)
  }
  signal?.addEventListener('abort', leave, { once: true })
  let isOver = true
  try {
    for (;;) {
      const block = await inTime(blocks, terms)
      if (block === undefined) return
      if (block.length === 0) continue
      isOver = !staysOpen
      yield block
      isOver = true // until the next block is there
    }
  } finally {
    signal?.removeEventListener('abort', leave)
    if (isOver && (blocks as object) === stream) spent.add(stream)
    leave()
  }
}

/** [ipworks.prop.Timeout]: as long as the stream gives nothing, nothing is sent. */
async function inTime(blocks: AsyncIterator<unknown>, { limitMs, signal }: BodyTerms): Promise<Buffer | undefined> {
  signal?.throwIfAborted() // one that was let go of seems to be at its end
  let timer: NodeJS.Timeout | undefined
  let stop: (() => void) | undefined
  try {
    return await new Promise((resolve, reject) => {
      const late = 'Timeout: the stream of setMessageStream() gave nothing in time'
      timer = setTimeout(() => reject(new IPWorksError(301, late, { reason: 'timeout' })), limitMs)
      stop = () => reject(signal?.reason as Error)
      signal?.addEventListener('abort', stop, { once: true })
      nextOf(blocks).then(resolve, reject)
    })
  } finally {
    clearTimeout(timer)
    if (stop) signal?.removeEventListener('abort', stop)
  }
}

async function nextOf(blocks: AsyncIterator<unknown>): Promise<Buffer | undefined> {
  try {
    const step = await blocks.next()
    if (step.done) return undefined
    const { value } = step
    if (typeof value === 'string') return Buffer.from(value, 'utf8')
    if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    throw new TypeError(`the stream gave a block that is no octets but ${typeof value}`)
  } catch (cause) {
    throw unusable('the stream of setMessageStream() failed', cause)
  }
}

function unusable(problem: string, cause?: unknown): IPWorksError {
  return new IPWorksError(302, `${errorText(302)}: ${problem}`, { cause })
}

function blocksOf(stream: BodyStream, staysOpen: boolean): AsyncIterator<unknown> {
  if (stream instanceof ReadableStream) return new WebBlocks(stream, staysOpen)
  return staysOpen && stream instanceof Readable ? new ReadableBlocks(stream) : stream[Symbol.asyncIterator]()
}

import { isReadable, Readable } from 'node:stream'
import { IPWorksError } from '../ipworks-error.js'
import { errorText } from '../table/errors.js'

/** Where a body comes from: `setMessageStream()`. */
export type BodyStream = Readable | AsyncIterable<Uint8Array>

/** How a stream is read. */
export interface BodyTerms {
  /** True: it is not destroyed at its end, nor when the reader ends before. */
  readonly staysOpen: boolean
  /** For each block. */
  readonly limitMs: number
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
  return(): unknown
}

async function endOf(stream: Ending): Promise<void> {
  try {
    await stream.return()
  } catch {
    // nobody asks how it ended
  }
}

/**
 * The octets of a stream from where it stands to its end. Text that it gives, since it has an encoding, goes as UTF-8.
 * @throws {IPWorksError} 302 with the cause, when it fails or gives anything else; 301 when it gives nothing for too long
 * @source rows ipworks.method.SetMessageStream, ipworks.config.CloseStreamAfterTransfer, ipworks.error.302
 */
export async function* readBody(
  stream: BodyStream,
  { staysOpen, limitMs }: BodyTerms,
): AsyncGenerator<Buffer, void, undefined> {
  checkUnread(stream)
  const blocks = blocksOf(stream, staysOpen)
  let isOver = true
  try {
    for (;;) {
      const block = await inTime(nextOf(blocks), limitMs)
      if (block === undefined) return
      if (block.length === 0) continue
      isOver = !staysOpen
      yield block
      isOver = true // until the next block is there
    }
  } finally {
    if (isOver && (blocks as object) === stream) spent.add(stream)
    // a Readable gets its listeners back by this; of anything else it would be the end
    // told, not waited for: one that stalls would never answer
    if (!staysOpen || stream instanceof Readable) blocks.return?.().catch(() => {})
  }
}

/** [ipworks.prop.Timeout]: as long as the stream gives nothing, nothing is sent. */
async function inTime<T>(block: Promise<T>, limitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void =>
      reject(
        new IPWorksError(301, 'Timeout: the stream of setMessageStream() gave nothing in time', { reason: 'timeout' }),
      )
    const timer = setTimeout(late, limitMs)
    block.then(resolve, reject).finally(() => clearTimeout(timer))
  })
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
  if (!staysOpen || !(stream instanceof Readable)) return stream[Symbol.asyncIterator]()
  return readOpen(stream)
}

/** As its iterator does, which would wait for the close behind the end that is not to come. */
async function* readOpen(stream: Readable): AsyncGenerator<unknown, void, undefined> {
  let over = stream.readableEnded
  let problem = stream.errored ?? (stream.destroyed && !over ? closedEarly() : null)
  let wake = (): void => {}
  const readable = (): void => wake()
  const ended = (): void => {
    over = true
    stayOpenNow(stream)
    wake()
  }
  const failed = (error: Error): void => {
    problem ??= error
    wake()
  }
  const closed = (): void => {
    if (!over) failed(closedEarly())
  }
  stream.on('readable', readable).on('end', ended).on('error', failed).on('close', closed)
  try {
    while (problem === null) {
      const block: unknown = stream.read()
      if (block !== null) yield block
      else if (over) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
    throw problem
  } finally {
    stream.off('readable', readable).off('end', ended).off('error', failed).off('close', closed)
  }
}

function closedEarly(): Error {
  return new Error('the stream was closed before its end')
}

/**
 * To be called at `end`: right behind it Node.js destroys a Readable itself, unless it was made with `autoDestroy: false`, and has no switch for
 * it afterwards. So for that one moment there is nothing to call.
 */
function stayOpenNow(stream: Readable): void {
  const own = Object.getOwnPropertyDescriptor(stream, 'destroy')
  stream.destroy = () => stream
  process.nextTick(() => {
    if (own) Object.defineProperty(stream, 'destroy', own)
    else Reflect.deleteProperty(stream, 'destroy')
  })
}

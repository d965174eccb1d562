import { Readable } from 'node:stream'
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

/**
 * The octets of a stream from where it stands to its end. Text that it gives, since it has an encoding, goes as UTF-8.
 * @throws {IPWorksError} 302 with the cause, when it fails or gives anything else; 301 when it gives nothing for too long
 * @source rows ipworks.method.SetMessageStream, ipworks.config.CloseStreamAfterTransfer, ipworks.error.302
 */
export async function* readBody(
  stream: BodyStream,
  { staysOpen, limitMs }: BodyTerms,
): AsyncGenerator<Buffer, void, undefined> {
  const blocks = blocksOf(stream, staysOpen)
  try {
    for (;;) {
      const block = await inTime(nextOf(blocks), limitMs)
      if (block === undefined) return
      if (block.length > 0) yield block
    }
  } finally {
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
    throw new IPWorksError(302, `${errorText(302)}: the stream of setMessageStream() failed`, { cause })
  }
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

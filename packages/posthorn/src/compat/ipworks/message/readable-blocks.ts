import type { Readable } from 'node:stream'

/**
 * The blocks of a Readable that is to stay open. Its own iterator would wait for the close behind the end that is not to come, and one that
 * waits cannot be told to stop: this one lets go of the stream at once, and reads nothing of it any more.
 */
export class ReadableBlocks implements AsyncIterator<unknown, undefined> {
  readonly #stream: Readable
  #isOver: boolean
  #hasLeft = false
  #problem: Error | null
  #wake = (): void => {}

  constructor(stream: Readable) {
    this.#stream = stream
    this.#isOver = stream.readableEnded
    this.#problem = stream.errored ?? (stream.destroyed && !this.#isOver ? closedEarly() : null)
    stream.on('readable', this.#onReadable).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose)
  }

  /** @throws what the stream failed with */
  async next(): Promise<IteratorResult<unknown, undefined>> {
    while (!this.#hasLeft && this.#problem === null) {
      const value: unknown = this.#stream.read()
      if (value !== null) return { done: false, value }
      if (this.#isOver) break
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const problem = this.#hasLeft ? null : this.#problem
    this.#leave()
    if (problem !== null) throw problem
    return { done: true, value: undefined }
  }

  /** Lets go of the stream; who waits for a block gets none. */
  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#leave()
    this.#wake()
    return Promise.resolve({ done: true, value: undefined })
  }

  #leave(): void {
    this.#hasLeft = true
    const stream = this.#stream
    stream.off('readable', this.#onReadable).off('end', this.#onEnd)
    stream.off('error', this.#onError).off('close', this.#onClose)
  }

  readonly #onReadable = (): void => this.#wake()

  readonly #onEnd = (): void => {
    this.#isOver = true
    stayOpenNow(this.#stream)
    this.#wake()
  }

  readonly #onError = (error: Error): void => {
    this.#problem ??= error
    this.#wake()
  }

  readonly #onClose = (): void => {
    if (!this.#isOver) this.#onError(closedEarly())
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

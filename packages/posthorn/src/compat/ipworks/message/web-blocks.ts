/**
 * The blocks of a stream of the web. Its own iterator puts the end behind the block that it waits for, and keeps the stream locked until that
 * one comes: this one lets go of it at once, and the block is for who reads next.
 */
export class WebBlocks implements AsyncIterator<unknown, undefined> {
  readonly #reader: ReadableStreamDefaultReader<unknown>
  readonly #staysOpen: boolean

  /** @param staysOpen true: it is not cancelled by who ends before its end */
  constructor(stream: ReadableStream<unknown>, staysOpen: boolean) {
    this.#reader = stream.getReader()
    this.#staysOpen = staysOpen
  }

  /** @throws what the stream failed with */
  async next(): Promise<IteratorResult<unknown, undefined>> {
    const { done, value } = await this.#reader.read()
    if (!done) return { done, value }
    this.#reader.releaseLock()
    return { done: true, value: undefined }
  }

  /** Lets go of the stream; who waits for a block gets an error. */
  async return(): Promise<IteratorResult<unknown, undefined>> {
    const cancelled = this.#staysOpen ? undefined : this.#reader.cancel()
    this.#reader.releaseLock()
    await cancelled
    return { done: true, value: undefined }
  }
}

import type { Readable } from 'node:stream'

/** How long somebody who writes what nobody wants is let write. */
const DRAIN_LIMIT_MS = 10_000

/**
 * What a caller writes to us. A caller that is in the middle of writing when we end gets a SIGPIPE, which ends git and others without a word;
 * so what is not wanted any more is read, too, for a while.
 */
export class StandardInput {
  readonly #stream: Readable
  #reading: AsyncIterator<Uint8Array> | undefined
  #whole = false

  constructor(stream: Readable) {
    this.#stream = stream
  }

  /** The octets; who stops reading leaves the rest to `end`. */
  chunks(): AsyncIterable<Uint8Array> {
    const reading = (this.#reading ??= (this.#stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]())
    return { [Symbol.asyncIterator]: () => ({ next: () => reading.next() }) }
  }

  /** Says that the message is whole: whatever a caller may still write has no meaning. */
  whole(): void {
    this.#whole = true
  }

  /** Reads to the end what was not wanted, for a few seconds, and lets go: a writer that never ends must not keep us. Never fails. */
  async end(): Promise<void> {
    const isTerminal = 'isTTY' in this.#stream && this.#stream.isTTY === true
    if (!this.#whole && !isTerminal && !this.#stream.destroyed) await this.#drained()
    this.#stream.destroy()
  }

  async #drained(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const tooLong = new Promise<true>((resolve) => (timer = setTimeout(() => resolve(true), DRAIN_LIMIT_MS)))
    const chunks = this.chunks()[Symbol.asyncIterator]()
    try {
      for (;;) {
        const step = await Promise.race([chunks.next(), tooLong])
        if (step === true || step.done) return
      }
    } catch {
      // it broke off: there is nothing left to read
    } finally {
      clearTimeout(timer)
    }
  }
}

import type { Writable } from 'node:stream'
import { entryText, type WrittenEntry } from './log-entry.js'
import type { LogSink } from './mail-log.js'

/** What may wait in a stream that nobody reads. */
const MAX_WAITING_OCTETS = 1024 * 1024

/** Writes entries as text to a stream such as stderr. It is never closed, and one that breaks costs entries only. */
export class StreamSink implements LogSink {
  readonly #stream: Writable

  constructor(stream: Writable) {
    this.#stream = stream
    stream.on('error', ignore) // whoever reads it may go away at any time
  }

  write(entry: WrittenEntry): void {
    this.line(entryText(entry))
  }

  /** A line that is no entry. */
  line(text: string): void {
    if (this.#stream.writable && this.#stream.writableLength < MAX_WAITING_OCTETS) this.#stream.write(`${text}\n`)
  }

  close(): Promise<void> {
    this.#stream.off('error', ignore)
    return Promise.resolve()
  }
}

function ignore(): void {}

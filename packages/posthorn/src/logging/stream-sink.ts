import type { Writable } from 'node:stream'
import { entryText, type WrittenEntry } from './log-entry.js'
import type { LogSink } from './mail-log.js'

/** What may wait in a stream that nobody reads. */
const MAX_WAITING_OCTETS = 1024 * 1024

/** How many write to a stream: one listener does for all of them, since every mailer of a process has its stderr. */
const USERS = new WeakMap<Writable, number>()

/** Writes entries as text to a stream such as stderr. It is never closed, and one that breaks costs entries only. */
export class StreamSink implements LogSink {
  readonly #stream: Writable
  #closed = false

  constructor(stream: Writable) {
    this.#stream = stream
    const users = USERS.get(stream) ?? 0
    if (users === 0) stream.on('error', ignore) // whoever reads it may go away at any time
    USERS.set(stream, users + 1)
  }

  write(entry: WrittenEntry): void {
    this.line(entryText(entry))
  }

  /** A line that is no entry. */
  line(text: string): void {
    if (!this.#closed && this.#stream.writable && this.#stream.writableLength < MAX_WAITING_OCTETS)
      this.#stream.write(`${text}\n`)
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      const others = USERS.get(this.#stream)! - 1
      USERS.set(this.#stream, others)
      if (others === 0) this.#stream.off('error', ignore)
    }
    return Promise.resolve()
  }
}

function ignore(): void {}

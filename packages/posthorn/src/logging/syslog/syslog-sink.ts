import type { WrittenEntry } from '../log-entry.js'
import type { LogSink } from '../mail-log.js'
import { syslogMessage, type SyslogSource } from './syslog-message.js'
import type { OpenWay, SyslogWay } from './syslog-way.js'

export interface SyslogSinkOptions {
  readonly source: SyslogSource
  readonly open: OpenWay
  /** The greatest message: 2048 octets for UDP, 8192 for the others (RFC 5426 3.2, RFC 5425 4.3.1). */
  readonly maxOctets: number
  /** Told when the collector goes away, and not again before it was back. */
  readonly tell: (text: string) => void
  /** For the pause before the next try, in milliseconds; default: a timer that keeps no process alive. */
  readonly after?: ((timeMs: number, resume: () => void) => () => void) | undefined
}

/** What waits while the collector is away. */
const MAX_WAITING = 1000
const AT_ONCE = 64
const PAUSE_MS = 1000
const MAX_PAUSE_MS = 60_000
/** How long `close` waits for a collector that does not take what is left. */
const CLOSE_MS = 2000

/**
 * Sends entries to a syslog collector (RFC 5424), one after the other. While it is away up to 1000 wait, further ones are counted, and the
 * number is the first thing it is told. What a collector took into a connection that then broke may be lost or come twice: syslog has no replies.
 */
export class SyslogSink implements LogSink {
  readonly #options: SyslogSinkOptions
  readonly #ending = new AbortController()
  #waiting: WrittenEntry[] = []
  #dropped = 0
  #way: SyslogWay | undefined
  #working: Promise<void> | undefined
  /** The way that something went over. */
  #proved: SyslogWay | undefined
  #away = false
  #failures = 0
  #closed = false

  constructor(options: SyslogSinkOptions) {
    this.#options = options
  }

  write(entry: WrittenEntry): void {
    if (this.#closed || this.#waiting.length >= MAX_WAITING) {
      this.#dropped++
      return
    }
    this.#waiting.push(entry)
    this.#working ??= this.#work()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const timer = setTimeout(() => this.#ending.abort(new Error('the log is closed')), CLOSE_MS)
    if (this.#away) this.#ending.abort(new Error('the log is closed')) // nobody waits for it now
    const gone = new Promise<void>((resolve) => {
      if (this.#ending.signal.aborted) resolve()
      this.#ending.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([this.#working, gone])
    await Promise.race([this.#way?.end(this.#ending.signal), gone])
    clearTimeout(timer)
    this.#ending.abort(new Error('the log is closed'))
  }

  async #work(): Promise<void> {
    const { signal } = this.#ending
    while (this.#waiting.length > 0 && !signal.aborted) {
      try {
        if (this.#way?.failure) throw this.#way.failure
        this.#way ??= await this.#options.open(signal)
        const way = this.#way
        const entries = this.#waiting.slice(0, AT_ONCE)
        const dropped = this.#dropped
        const told = dropped > 0 ? [droppedEntry(dropped)] : []
        await way.send([...told, ...entries].map((entry) => this.#message(entry)))
        this.#waiting.splice(0, entries.length)
        this.#dropped -= dropped
        this.#away = false
        // a datagram to nobody is found out after it was sent: only what took something twice is there
        if (this.#proved === way) this.#failures = 0
        this.#proved = way
      } catch (error) {
        void this.#way?.end(signal)
        this.#way = undefined
        this.#away = true
        if (!signal.aborted) await this.#pause(error)
      }
    }
    if (signal.aborted) void this.#way?.end(signal) // it may have come about too late for `close`
    this.#working = undefined
  }

  #message(entry: WrittenEntry): Buffer {
    return syslogMessage(entry, this.#options.source, this.#options.maxOctets)
  }

  async #pause(error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error)
    if (this.#failures === 0) this.#options.tell(`the syslog collector cannot be reached (${reason}); mail goes on`)
    const pauseMs = Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** this.#failures++)
    const { signal } = this.#ending
    if (this.#closed || signal.aborted) return this.#ending.abort(error)
    const { after = timer } = this.#options
    await new Promise<void>((resolve) => {
      const resume = () => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      const stop = after(pauseMs, resume)
      const abort = () => {
        stop()
        resolve()
      }
      signal.addEventListener('abort', abort, { once: true })
    })
  }
}

function droppedEntry(count: number): WrittenEntry {
  const text = `${count} entries were dropped while the collector was away`
  return { at: new Date(), level: 'warn', event: 'dropped', text, facts: { count } }
}

function timer(timeMs: number, resume: () => void): () => void {
  const running = setTimeout(resume, timeMs).unref()
  return () => clearTimeout(running)
}

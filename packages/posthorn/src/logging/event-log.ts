import { execFile } from 'node:child_process'
import { SettingsError } from '@posthorn/ground'
import type { LogLevel, WrittenEntry } from './log-entry.js'
import type { LogSink } from './mail-log.js'

/** Starts a program without a shell, and calls back when it has ended. */
export type Run = (file: string, words: readonly string[], ended: (error: Error | null) => void) => void

export interface EventLogOptions {
  readonly tell: (text: string) => void
  /** Default: that of this process. */
  readonly platform?: NodeJS.Platform | undefined
  readonly run?: Run | undefined
}

const TYPES: Readonly<Record<LogLevel, string>> = {
  error: 'ERROR',
  warn: 'WARNING',
  info: 'INFORMATION',
  debug: 'INFORMATION',
}
/** Each entry is a process: what comes faster than these is counted, not written. */
const MAX_WAITING = 200
/** The line of a command is limited on Windows. */
const MAX_TEXT = 1000
const RUN_MS = 10_000

/**
 * The event log of Windows (Application, source Posthorn), by `eventcreate.exe`, which is part of it and needs an administrator the first
 * time a source is used. One process after the other; nobody waits for them. Its command lines are tested, on Windows itself it was never run.
 */
export class EventLog implements LogSink {
  readonly #tell: (text: string) => void
  readonly #run: Run
  #waiting: WrittenEntry[] = []
  #lost = 0
  #told = false
  #working: Promise<void> | undefined

  /** @throws {SettingsError} `logging.eventlog` anywhere but on Windows */
  constructor({ tell, platform = process.platform, run = runProgram }: EventLogOptions) {
    if (platform !== 'win32') {
      throw new SettingsError('logging.eventlog', 'logging.destinations', `${platform} has no Windows event log`, {
        hint: "Use 'syslog' here (logging.syslog.address), or 'file'.",
      })
    }
    this.#tell = tell
    this.#run = run
  }

  write(entry: WrittenEntry): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#lost++
      return
    }
    this.#waiting.push(entry)
    this.#working ??= this.#work()
  }

  async close(): Promise<void> {
    await this.#working
  }

  async #work(): Promise<void> {
    for (let entry = this.#waiting.shift(); entry; entry = this.#waiting.shift()) {
      const lost = this.#lost > 0 ? ` (${this.#lost} entries before it were dropped)` : ''
      this.#lost = 0
      await this.#create(entry.level, `${entry.event}: ${entry.text}${lost}`.slice(0, MAX_TEXT))
    }
    this.#working = undefined
  }

  #create(level: LogLevel, text: string): Promise<void> {
    const program = `${process.env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\eventcreate.exe`
    const words = ['/L', 'APPLICATION', '/SO', 'Posthorn', '/ID', '1', '/T', TYPES[level], '/D', text]
    return new Promise((resolve) => {
      this.#run(program, words, (error) => {
        if (error && !this.#told) this.#tell('the event log cannot be written; mail goes on without it')
        this.#told = error !== null
        resolve()
      })
    })
  }
}

const runProgram: Run = (file, words, ended) => {
  execFile(file, [...words], { timeout: RUN_MS, windowsHide: true }, (error) => ended(error))
}

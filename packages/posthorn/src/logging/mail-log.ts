import type { TrailEvent } from '@posthorn/smtp'
import type { LogEntry, WrittenEntry } from './log-entry.js'

/** Where a profile's sends write down what happens. Nothing here ever throws, waits or holds up a send. */
export interface MailLog {
  /** True when something becomes of `trail`: otherwise there is no need to listen for it. */
  readonly wantsTrail: boolean
  /** Writes an entry to every destination, if its level is wanted. */
  say(entry: LogEntry): void
  /**
   * Takes an event of the protocol trail: into the trail file, and as the entries for connect, TLS, login and dialogue.
   * @param from the client it comes from, when several write to one log: each counts its sessions from 1
   */
  trail(event: TrailEvent, from?: object): void
  /** Writes what waits, for at most a few seconds, and lets go of everything. May be called again. */
  close(): Promise<void>
}

/** One place entries go to. `write` never throws. */
export interface LogSink {
  write(entry: WrittenEntry): void
  close(): Promise<void>
}

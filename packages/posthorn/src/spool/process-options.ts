import { SettingsError } from '@posthorn/ground'
import type { Receipt } from '@posthorn/smtp'
import type { SpoolEvent } from './spool-event.js'
import type { SpooledMessage } from './spooled-message.js'

/**
 * Sends one message of a spool folder, as `SmtpClient.send` and `Mailer.send` do: a receipt, or nothing, says who got it; a rejection with
 * an error of Posthorn says why nobody did.
 */
export type SendSpooled = (message: SpooledMessage, signal: AbortSignal) => Promise<Receipt | void>

/** How a spool folder is processed. */
export interface ProcessOptions {
  /** Default false: what was sent is deleted. True: it is renamed to end in `.sent`. */
  readonly keep?: boolean
  /** `go-on` (default): a message that ends in `.failed` does not hold up the others. `stop`: it ends the run with its error. */
  readonly onFailure?: 'stop' | 'go-on'
  /** `release` (default): what may be tried again is `.queued` again. `fail`: every failure ends in `.failed`. */
  readonly transient?: 'release' | 'fail'
  /** Messages under way at once; default 1. */
  readonly concurrency?: number
  /**
   * Ends the run, and the sends under way: they get it, and the run ends when they have. A `send` that goes on in spite of it holds the run
   * up for as long; one that never ends, for ever.
   */
  readonly signal?: AbortSignal
  /** Told at once, in the order of what happens to a message. What it throws ends the run, with what is under way finished and recorded. */
  readonly onEvent?: (event: SpoolEvent) => void
}

/** How a folder is watched. */
export interface WatchOptions extends ProcessOptions {
  /** Ends it: nothing more is taken, and what is under way is finished. */
  readonly signal: AbortSignal
  /**
   * Told what ended a look at the folder, such as a server that cannot be reached; it goes on afterwards, later each time. Without it
   * only what may pass is tried again, and anything else ends `watch` with that error.
   */
  readonly onError?: (error: unknown) => void
  /** How often the folder is looked at when nothing is heard of it; default 5 000. */
  readonly pollMs?: number
}

/** What a run did, in messages. */
export interface SpoolRun {
  /** Delivered to at least one recipient. */
  readonly sent: number
  /** That ended in `.failed`, for some of their recipients at least. */
  readonly failed: number
  /** That wait to be tried again, for some of their recipients at least. */
  readonly released: number
  /** That somebody else took or may still have, or that could not be read or taken. */
  readonly skipped: number
  /** Of them all, those that a process which is gone had left half done. */
  readonly takenOver: number
}

/** @throws {SettingsError} `spool.option` */
export function checkProcess(send: unknown, { concurrency, onFailure, transient }: ProcessOptions): void {
  const wrong = (field: string, message: string) =>
    new SettingsError('spool.option', field, message, { hint: 'Correct the value, or leave it out.' })
  if (typeof send !== 'function') throw wrong('send', 'must be a function')
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 1_000)) {
    throw wrong('concurrency', 'must be a whole number from 1 to 1000')
  }
  if (onFailure !== undefined && onFailure !== 'stop' && onFailure !== 'go-on')
    throw wrong('onFailure', 'must be stop or go-on')
  if (transient !== undefined && transient !== 'release' && transient !== 'fail')
    throw wrong('transient', 'must be release or fail')
}

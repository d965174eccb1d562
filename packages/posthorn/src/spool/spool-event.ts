import type { Receipt } from '@posthorn/smtp'

/**
 * What happened to a message. `claimed`: taken, to be sent. `taken-over`: taken from a process that is gone. `sent`: delivered to everybody,
 * and recorded. `partly-sent`: delivered to some; what becomes of the others follows. `failed`: `.failed`, for good. `released`: `.queued`
 * again. `garbage`: the file is no message; `failed` follows. `lost-claim`: another process took it over meanwhile, and the file is left to
 * it. `skipped`: it could not be taken or read, and stays as it is. `waiting`: it belongs to a process elsewhere that gives no sign of life, and
 * is looked at again after a while, to be taken over; told once.
 */
export interface SpoolEvent {
  readonly kind:
    | 'claimed'
    | 'taken-over'
    | 'sent'
    | 'partly-sent'
    | 'failed'
    | 'released'
    | 'garbage'
    | 'lost-claim'
    | 'skipped'
    | 'waiting'
  /** The file's name without its ending. */
  readonly name: string
  readonly error?: unknown
  readonly receipt?: Receipt
  /** Of `lost-claim`: true when it was delivered by this process and the claim was found lost afterwards, so that it is sent twice. */
  readonly delivered?: boolean
  /** Of `waiting`: the last sign of life of its owner, in milliseconds since 1970 by the clock of the file system. */
  readonly signMs?: number
  /** Of `waiting`: until it is known whether it may be taken over, in milliseconds. */
  readonly waitMs?: number
}

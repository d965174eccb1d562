import type { Reply } from './reply.js'

/**
 * Where something happened, in the order of the wire.
 * `wait` is the time in a pool before a session is free; `content` ends with the last octet of content, `final` waits for the
 * reply to it.
 */
export type Phase =
  | 'settings'
  | 'compose'
  | 'wait'
  | 'resolve'
  | 'proxy'
  | 'connect'
  | 'tls'
  | 'greeting'
  | 'ehlo'
  | 'starttls'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'content'
  | 'final'
  | 'rset'
  | 'noop'
  | 'command'
  | 'quit'

/**
 * May it be tried again? `transient`: yes, unchanged, later. `permanent`: not unchanged. `unknown`: the content was sent and no
 * reply came, so another try may deliver a second copy.
 */
export type ErrorOutcome = 'transient' | 'permanent' | 'unknown'

/** What an error knows besides its code and its sentence. */
export interface ErrorFacts {
  readonly outcome: ErrorOutcome
  readonly phase: Phase
  readonly reply?: Reply | undefined
  readonly hint?: string | undefined
  readonly cause?: unknown
}

/**
 * The root of everything Posthorn throws. It answers five questions: what happened (`code`, stable), where (`phase`), what the other
 * side said (`reply`), may it be tried again (`outcome`), what to do (`hint`). Branch on `code` and `outcome`, never on text.
 */
export abstract class PosthornError extends Error {
  readonly code: string
  readonly phase: Phase
  readonly reply: Reply | undefined
  readonly outcome: ErrorOutcome
  readonly hint: string | undefined

  constructor(code: string, message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = new.target.name
    this.code = code
    this.phase = facts.phase
    this.reply = facts.reply
    this.outcome = facts.outcome
    this.hint = facts.hint
  }

  /** The five answers as plain data, for logs and `--json`. */
  toJSON(): {
    name: string
    code: string
    phase: Phase
    message: string
    outcome: ErrorOutcome
    reply?: Reply
    hint?: string
  } {
    return {
      name: this.name,
      code: this.code,
      phase: this.phase,
      message: this.message,
      outcome: this.outcome,
      ...(this.reply ? { reply: this.reply } : {}),
      ...(this.hint ? { hint: this.hint } : {}),
    }
  }
}

/** A setting, a draft or an argument that cannot be used. Nothing was sent. The message names the field. */
export class SettingsError extends PosthornError {
  /** The field that is wrong, as the caller wrote it: `envelope.recipients[0].address`. */
  readonly field: string

  constructor(code: string, field: string, message: string, facts: Partial<ErrorFacts> = {}) {
    super(code, `${field}: ${message}`, { outcome: 'permanent', phase: 'settings', ...facts })
    this.field = field
  }
}

/** No usable connection: phase `resolve`, `proxy`, `connect` or `tls`. No command was sent on it. */
export class ConnectError extends PosthornError {}

/** The other side broke the protocol, fell silent, or hung up; the session is over. */
export class ProtocolError extends PosthornError {}

/** The other side answered, and said no. */
export class ReplyError extends PosthornError {
  declare readonly reply: Reply

  constructor(code: string, message: string, facts: ErrorFacts & { readonly reply: Reply }) {
    super(code, message, facts)
  }
}

/** An HTTP mail service answered, and said no. */
export class ApiError extends PosthornError {}

/** Posthorn contradicted itself: our bug. Please report it. */
export class InvariantError extends PosthornError {
  constructor(message: string, cause?: unknown) {
    super('invariant', message, {
      outcome: 'permanent',
      phase: 'command',
      cause,
      hint: 'This is a defect of Posthorn; please report it.',
    })
  }
}

import type { Reply } from '@posthorn/ground'

/** What an error tells besides its number. */
export interface IPWorksErrorFacts {
  /** Of 301, which has two meanings. */
  readonly reason?: 'interrupted' | 'timeout' | undefined
  readonly reply?: Reply | undefined
  /** The command that was refused, such as `MAIL`; never its argument. */
  readonly command?: string | undefined
  readonly recipient?: string | undefined
  readonly cause?: unknown
}

/** What the component throws, rejects with and calls back: a number of the documented list, and a sentence. The error of the engine is its `cause`. */
export class IPWorksError extends Error {
  override readonly name = 'IPWorksError'
  /** Of the list of errors, such as 161 or 10061. */
  readonly code: number
  /** Of 301: `interrupted` by the caller, or `timeout`. */
  readonly reason: 'interrupted' | 'timeout' | undefined
  /** What the server said, where it said something. */
  readonly reply: Reply | undefined
  readonly command: string | undefined
  readonly recipient: string | undefined

  constructor(code: number, message: string, facts: IPWorksErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = code
    this.reason = facts.reason
    this.reply = facts.reply
    this.command = facts.command
    this.recipient = facts.recipient
  }

  /** As Java's edition asks for it. */
  getCode(): number {
    return this.code
  }
}

/** A value that cannot be. The document has no number of its own for it; that of the system's "invalid argument" is the nearest. */
export function invalidArgument(name: string, problem: string, cause?: unknown): IPWorksError {
  return new IPWorksError(10022, `[10022] Invalid argument: ${name} ${problem}`, { cause })
}

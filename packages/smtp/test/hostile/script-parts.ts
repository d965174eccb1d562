import type { SmtpOptions } from '../../src/index.js'

/** A server that means no good, and what must come of it. */
export interface Hostile {
  readonly name: string
  /** What the server plays. What the client says is read and does not count: the results do. */
  readonly script: string
  readonly options?: Partial<SmtpOptions>
  /** The error code, or codes where the moment decides; `delivered` when the message must get through all the same. */
  readonly ends: string | RegExp
  /** Of the one recipient; default `notSent` with an error. */
  readonly outcome?: 'delivered' | 'refused' | 'notSent' | 'unknown'
  /** Messages over one connection; the last one is judged. */
  readonly messages?: number
  readonly content?: string
}

export const HI = 'S: 220 relay.example.test ESMTP\nC~ EHLO .*\nS: 250-relay.example.test\n'
export const PLAIN_HI = 'S: 220 relay.example.test ESMTP\nC~ EHLO .*\nS: 250 relay.example.test\n'
export const ENVELOPE = 'C~ MAIL .*\nS: 250 ok\nC~ RCPT .*\nS: 250 ok\n'
export const DATA = `${ENVELOPE}C: DATA\nS: 354 go on\n`
export const CONTENT = 'C: Subject: x\nC:\nC: hello\nC: .\n'
export const BYE = 'C: QUIT\nS: 221 bye\n'
export const REST = `${DATA}${CONTENT}S: 250 ok\n${BYE}`
export const LONG = 'x'.repeat(1024 * 1024)
export const login: Partial<SmtpOptions> = {
  allowCleartextAuth: true,
  credentials: { user: 'app', password: 'pencil' },
}
export const token: Partial<SmtpOptions> = {
  allowCleartextAuth: true,
  credentials: { user: 'app', accessToken: 'token-1' },
}
export const quick: Partial<SmtpOptions> = { deadlineMs: 250 }
export const starttls: Partial<SmtpOptions> = { security: 'starttls' }

export const syntax = 'smtp.reply.syntax'
export const tooLong = 'smtp.reply.too-long'
export const unexpected = 'smtp.reply.unexpected'
export const deadline = 'deadline.exceeded'

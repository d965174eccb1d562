import type { Content } from '@posthorn/ground'

/** A message ready to be sent: who to tell the server, and what to send. */
export interface Message {
  readonly envelope: {
    /** The mailbox of the sender, or of the first author. */
    readonly reversePath: string
    /** The mailboxes of to, cc and bcc in this order, each once. */
    readonly recipients: readonly string[]
    /** Present when a local part is not ASCII, in the envelope or in a header field (RFC 6531 3.4). */
    readonly smtpUtf8?: true
  }
  /** Canonical, and of the same octets at each opening. */
  readonly content: Content
  /** With its angle brackets. */
  readonly messageId: string
  readonly date: Date
}

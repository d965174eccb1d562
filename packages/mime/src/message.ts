import type { Content } from '@posthorn/ground'

/** A message ready to be sent: who to tell the server, and what to send. */
export interface Message {
  readonly envelope: {
    /** The mailbox of the sender, or of the first author. */
    readonly reversePath: string
    /** The mailboxes of to, cc and bcc in this order, each once. */
    readonly recipients: readonly string[]
    /** Present when a local part in the envelope is not ASCII, and when a header field is not (RFC 6531 3.4). */
    readonly smtpUtf8?: true
  }
  /** Canonical, and of the same octets at each opening. */
  readonly content: Content
  /** With its angle brackets; '' when the message has none. */
  readonly messageId: string
  readonly date: Date
  /** The header fields as they stand, unfolded, in their order; the Content- fields of the body are among them. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  /**
   * The same for each blind recipient of an encrypted message, who stands in the envelope of this one and not in that of `envelope`:
   * what is encrypted names those it is encrypted for, so a blind recipient gets a message of its own.
   */
  readonly blindCopies?: readonly Message[]
}

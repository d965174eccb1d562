import type { PosthornError } from '@posthorn/ground'
import { isSendFailure as carriesReceipt, type Receipt } from '@posthorn/smtp'

/** What became of the message for each recipient, and which message it was. */
export interface MailReceipt extends Receipt {
  /** With its angle brackets; absent for content that was not composed here. */
  readonly messageId?: string
}

/** What `Mailer.send` rejects with once it has begun to send: why, and what became of each recipient. */
export type MailFailure = PosthornError & { readonly receipt: MailReceipt }

/** True for an error that carries the receipt: the send had begun. */
export function isSendFailure(error: unknown): error is MailFailure {
  return carriesReceipt(error)
}

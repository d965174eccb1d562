import type { PosthornError } from '@posthorn/ground'
import { isSendFailure as carriesReceipt, type Receipt } from '@posthorn/smtp'
import type { LeftOut } from './attachments/left-out.js'

/** What became of the message for each recipient, and which message it was. */
export interface MailReceipt extends Receipt {
  /** With its angle brackets; absent for content that was not composed here. */
  readonly messageId?: string
  /**
   * Transport `spool`: the whole path of the file the message was written to; it gets other endings as it is sent. When several messages
   * were written, as of an encrypted draft with blind recipients, that of the first: each delivery has its own `file`.
   */
  readonly file?: string
  /** The files that did not go along, where the profile lets a draft go without them (`attachments.onMissing`). */
  readonly leftOut?: readonly LeftOut[]
}

/** What `Mailer.send` rejects with once it has begun to send: why, and what became of each recipient. */
export type MailFailure = PosthornError & { readonly receipt: MailReceipt }

/** True for an error that carries the receipt: the send had begun. */
export function isSendFailure(error: unknown): error is MailFailure {
  return carriesReceipt(error)
}

/**
 * Several sends as one: a receipt of all their recipients when at least one was delivered.
 * @throws the first failure, with the receipt of all; what failed before it was sent, as it is, when nothing was
 */
export async function together(sends: readonly Promise<MailReceipt>[]): Promise<MailReceipt> {
  const settled = await Promise.allSettled(sends)
  const receipts = settled.flatMap((one) => {
    if (one.status === 'fulfilled') return one.value
    return isSendFailure(one.reason) ? one.reason.receipt : []
  })
  const failure: unknown = settled.find((one) => one.status === 'rejected')?.reason
  const [first] = receipts
  if (!first) throw failure
  const receipt = { ...first, deliveries: receipts.flatMap(({ deliveries }) => deliveries) }
  if (receipt.deliveries.some(({ outcome }) => outcome === 'delivered')) return receipt
  if (isSendFailure(failure)) Object.assign(failure.receipt, receipt)
  throw failure
}

import type { Draft } from '@posthorn/mime'
import type { Submission } from '@posthorn/smtp'

/** A draft whose author the profile may say (`sender.from`). */
export type MailDraft = Omit<Draft, 'from'> & { readonly from?: Draft['from'] | undefined }

/**
 * A message that is ready to be sent, such as `compose` and `rawMessage` make. Octets, strings and files are re-encoded for a server
 * without 8BITMIME; a function or a stream goes as it is (`rawMessage` makes a message of it that can be re-encoded).
 */
export interface ReadyMessage extends Submission {
  readonly messageId?: string
  /** Messages that go with it (see `Message.blindCopies`). */
  readonly blindCopies?: readonly ReadyMessage[]
}

/** What a mailer sends. */
export type Mail = MailDraft | ReadyMessage

/** What a draft has not, and every message has. */
export function isReady(mail: Mail): mail is ReadyMessage {
  return 'envelope' in mail && 'content' in mail
}

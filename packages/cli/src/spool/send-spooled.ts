import { rawContent, type Mailer, type MailReceipt } from 'posthorn'
import type { SpooledMessage } from 'posthorn/spool'

/**
 * Sends a message of a spool folder by a mailer. Content that is not in memory is read once beforehand, so that it can be re-encoded for a
 * server without 8BITMIME; what is to go octet for octet stays as it is.
 */
export async function sendSpooled(mailer: Pick<Mailer, 'send'>, { submission }: SpooledMessage): Promise<MailReceipt> {
  const { envelope, content } = submission
  const asItIs = envelope.bodyType === 'binary' || envelope.asIs === true || isInMemory(content)
  return mailer.send({ envelope, content: asItIs ? content : await rawContent(content) })
}

function isInMemory(content: SpooledMessage['submission']['content']): boolean {
  return (
    typeof content === 'string' ||
    content instanceof Uint8Array ||
    ('octets' in content && content.octets !== undefined)
  )
}

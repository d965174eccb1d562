import type { Mailbox } from '@posthorn/mime'
import { mailbox } from '@posthorn/mime/header'
import { RecipientType, type MessageRecipient } from '../type/message-recipient.js'

/** Those that stand in the header. */
export interface ShownRecipients {
  readonly to: readonly Mailbox[]
  readonly cc: readonly Mailbox[]
}

interface Remembered extends ShownRecipients {
  /** Address and name of each entry by turns, and what type it has. */
  readonly texts: readonly string[]
  readonly types: readonly number[]
}

const MAX_REMEMBERED = 50
let last: Remembered | undefined

/**
 * The recipients of To and of Cc, as they stand in the list. As long as they are the same, the same lists are given.
 * @throws {SettingsError} of mime, for what is no address or no name
 * @source row ipworks.prop.MessageRecipients
 */
export function shownRecipients(recipients: readonly MessageRecipient[]): ShownRecipients {
  if (last && isSame(recipients, last)) return last
  const to: Mailbox[] = []
  const cc: Mailbox[] = []
  for (let index = 0; index < recipients.length; index++) {
    const { address, name, recipientType } = recipients[index]!
    if (recipientType === RecipientType.rtBcc) continue
    const list = recipientType === RecipientType.rtCc ? cc : to
    list.push(mailbox({ name, address }, `MessageRecipients[${index}]`))
  }
  if (recipients.length > MAX_REMEMBERED) return { to, cc }
  const texts = recipients.flatMap(({ address, name }) => [address, name])
  last = { to, cc, texts, types: recipients.map(({ recipientType }) => recipientType) }
  return last
}

function isSame(recipients: readonly MessageRecipient[], { texts, types }: Remembered): boolean {
  if (recipients.length !== types.length) return false
  for (let index = 0; index < types.length; index++) {
    const { address, name, recipientType } = recipients[index]!
    const same = address === texts[2 * index] && name === texts[2 * index + 1] && recipientType === types[index]
    if (!same) return false
  }
  return true
}

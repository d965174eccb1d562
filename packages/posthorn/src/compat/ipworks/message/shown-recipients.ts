import type { Mailbox } from '@posthorn/mime'
import { mailbox } from '@posthorn/mime/header'
import { RecipientType, type MessageRecipient } from '../type/message-recipient.js'

/** Those that stand in the header. */
export interface ShownRecipients {
  readonly to: readonly Mailbox[]
  readonly cc: readonly Mailbox[]
}

interface Remembered extends ShownRecipients {
  /** Address, name and type of each entry by turns. */
  readonly entries: readonly (string | number)[]
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
  const entries: (string | number)[] = []
  for (let index = 0; index < recipients.length; index++) {
    const { address, name, recipientType } = recipients[index]!
    if (index < MAX_REMEMBERED) entries.push(address, name, recipientType)
    if (recipientType === RecipientType.rtBcc) continue
    const list = recipientType === RecipientType.rtCc ? cc : to
    list.push(mailbox({ name, address }, `MessageRecipients[${index}]`))
  }
  const shown = { to, cc, entries }
  if (recipients.length <= MAX_REMEMBERED) last = shown
  return shown
}

function isSame(recipients: readonly MessageRecipient[], { entries }: Remembered): boolean {
  if (entries.length !== 3 * recipients.length) return false
  for (let index = 0; index < recipients.length; index++) {
    const { address, name, recipientType } = recipients[index]!
    const at = 3 * index
    if (address !== entries[at] || name !== entries[at + 1] || recipientType !== entries[at + 2]) return false
  }
  return true
}

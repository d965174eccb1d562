import { SettingsError } from '@posthorn/ground'
import { isGroup, parseAddressList, readMailboxes, type Address, type Mailbox } from '@posthorn/mime'
import { invalidArgument } from '../ipworks-error.js'

const NOBODY: readonly Mailbox[] = []
const MAX_REMEMBERED = 100
const MAX_REMEMBERED_UNITS = 1000
/** What the same text, such as From, was read as: it does not change from message to message. */
const remembered = new Map<string, readonly Address[]>()

/**
 * The mailboxes and groups in a text such as ReplyTo: by the grammar of RFC 5322, and where that fails as people write them, so that
 * `Miller, Anna <a@b>` names one. The same list for the same text.
 * @throws {IPWorksError} 10022 naming the property
 */
export function addressesIn(text: string, name: string): readonly Address[] {
  if (text === '') return NOBODY
  const known = remembered.get(text)
  if (known) return known
  const read = readAddresses(text.trim(), name)
  if (text.length > MAX_REMEMBERED_UNITS) return read
  if (remembered.size >= MAX_REMEMBERED) remembered.clear()
  remembered.set(text, read)
  return read
}

/** The same where no group may stand. [ipworks.prop.From] */
export function mailboxesIn(text: string, name: string): readonly Mailbox[] {
  const read = addressesIn(text, name)
  if (areMailboxes(read)) return read
  throw invalidArgument(name, 'names a group, where only addresses may stand')
}

export function isBlank(text: string): boolean {
  return text === '' || text.trim() === ''
}

function areMailboxes(list: readonly Address[]): list is readonly Mailbox[] {
  return !list.some(isGroup)
}

function readAddresses(text: string, name: string): readonly Address[] {
  if (text === '') return NOBODY
  try {
    return parseAddressList(text, name)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    const { mailboxes, refused } = readMailboxes(text)
    // a line end separates entries there; here it stands where somebody wants a field of his own
    if (error.code !== 'draft.control-character' && refused.length === 0 && mailboxes.length > 0) return mailboxes
    throw invalidArgument(name, error.message.slice(error.field.length + 2), error)
  }
}

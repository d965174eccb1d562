import { SettingsError } from '@posthorn/ground'
import { parseAddressList, readMailboxes, type Address } from '@posthorn/mime'
import { invalidArgument } from '../ipworks-error.js'

const MAX_REMEMBERED = 100
const MAX_REMEMBERED_UNITS = 1000
/** What the same text, such as From, was read as: it does not change from message to message. */
const remembered = new Map<string, readonly Address[]>()

/**
 * The mailboxes and groups in a text such as From or ReplyTo: by the grammar of RFC 5322, and where that fails as people write them, so that
 * `Miller, Anna <a@b>` names one. [ipworks.prop.From]
 * @throws {IPWorksError} 10022 naming the property
 */
export function mailboxesIn(text: string, name: string): readonly Address[] {
  const known = remembered.get(text)
  if (known) return known
  const read = mailboxesOf(text.trim(), name)
  if (text.length > MAX_REMEMBERED_UNITS) return read
  if (remembered.size >= MAX_REMEMBERED) remembered.clear()
  remembered.set(text, read)
  return read
}

function mailboxesOf(text: string, name: string): readonly Address[] {
  if (text === '') return []
  try {
    return parseAddressList(text, name)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    const typed = readMailboxes(text)
    const isHostile = error.code === 'draft.control-character'
    if (!isHostile && typed.refused.length === 0 && typed.mailboxes.length > 0) return typed.mailboxes
    throw invalidArgument(name, error.message.slice(error.field.length + 2), error)
  }
}

import { AddressReader, type Group, type Mailbox } from './address-reader.js'
import { simpleMailbox } from './mailbox.js'

export type { Group }

/** A mailbox or a group (RFC 5322 3.4). */
export type Address = Mailbox | Group

/**
 * Reads mailboxes and groups separated by commas: `a@b, Team: c@d, e@f;, undisclosed-recipients:;`. Strict as `parseMailbox` is: no
 * empty entries, no group within a group. Linear time.
 * @throws {SettingsError} `address.malformed`, `address.group`, `draft.control-character` or `draft.not-text`, naming `field`
 */
export function parseAddressList(text: string, field: string): Address[] {
  const simple = simpleMailbox(text)
  if (simple) return [simple]
  return new AddressReader(text, field).only((reader) => reader.list((entry) => entry.address()))
}

/** The mailboxes of a list in their order, those of its groups among them: who is to stand in the envelope. */
export function mailboxesOf(list: readonly Address[]): Mailbox[] {
  return list.flatMap((entry) => (isGroup(entry) ? entry.members : [entry]))
}

/** Tells a group from a mailbox. */
export function isGroup(address: Address): address is Group {
  return 'group' in address
}

import { mailboxesOf, parseAddressList, type AddressInput } from '@posthorn/mime'

/**
 * The mailboxes a field of a draft names, `a@b` each, those of its groups among them.
 * @throws {SettingsError} `address.*`, as composing does
 */
export function mailboxesIn(input: AddressInput | undefined, field: string): string[] {
  if (input === undefined) return []
  const entries = (Array.isArray(input) ? input : [input]) as readonly Exclude<AddressInput, readonly unknown[]>[]
  return entries.flatMap((entry, index) => {
    if (typeof entry === 'string') {
      if (entry.trim() === '') return []
      const place = Array.isArray(input) ? `${field}[${index}]` : field
      return mailboxesOf(parseAddressList(entry, place)).map(({ address }) => address)
    }
    if (typeof entry !== 'object' || entry === null) return [] // composing says what is wrong with it
    if ('group' in entry) return Array.isArray(entry.members) ? mailboxesIn(entry.members, field) : []
    return typeof entry.address === 'string' ? [entry.address] : []
  })
}

/** What makes two mailboxes the same: the domain without its case, the local part with it (RFC 5321 2.4). */
export function mailboxKey(mailbox: string): string {
  const at = mailbox.lastIndexOf('@')
  return mailbox.slice(0, at) + mailbox.slice(at).toLowerCase()
}

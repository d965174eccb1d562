import { mailboxesOf, parseAddressList, parseMailbox, type AddressInput } from '@posthorn/mime'

/**
 * The mailboxes a field of a draft names, those of its groups among them: `a@b` each, as composing puts them into the envelope.
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
    return typeof entry.address === 'string' ? [parseMailbox(entry.address, `${field}.address`).address] : []
  })
}

/**
 * Whether a field of a draft names nobody, and is well-formed: absent, empty, a list of such, or groups without members. What is malformed
 * was meant for somebody, and composing refuses it.
 * @param emptyGroups whether a group without members, such as `undisclosed-recipients:;`, is nobody
 */
export function namesNobody(input: unknown, emptyGroups: boolean): boolean {
  if (input === undefined || input === null) return true
  if (typeof input === 'string') return input.trim() === '' || (emptyGroups && isEmptyGroup(input))
  if (Array.isArray(input)) return input.every((entry: unknown) => namesNobody(entry, emptyGroups))
  if (typeof input !== 'object' || !emptyGroups) return false
  const { group, members, ...others } = input as Readonly<Record<string, unknown>>
  const isGroup = typeof group === 'string' && Array.isArray(members) && Object.keys(others).length === 0
  return isGroup && members.length === 0
}

function isEmptyGroup(text: string): boolean {
  if (!/;\s*$/.test(text)) return false
  try {
    return mailboxesOf(parseAddressList(text, 'to')).length === 0
  } catch {
    return false // composing says what is wrong with it
  }
}

/** What makes two mailboxes the same: the domain without its case, the local part with it (RFC 5321 2.4). */
export function mailboxKey(mailbox: string): string {
  const at = mailbox.lastIndexOf('@')
  return mailbox.slice(0, at) + mailbox.slice(at).toLowerCase()
}

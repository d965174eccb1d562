import type { AddressInput, MailboxInput } from './draft.js'
import { encodedWords } from './encoded-word.js'
import { fieldText } from './field-text.js'
import { tokensField } from './header-field.js'
import { parseAddress, parseMailbox, parseMailboxList, type Mailbox } from './mailbox.js'
import { refusal } from './refusal.js'

const MAX_QUOTED = 60 // a longer name is split at will only as encoded-words
const FIRST_WORD = 60 // leaves room for the name of the field before it

/** The mailboxes a field of a draft names; none when it is absent. @throws {SettingsError} see `parseMailbox` */
export function mailboxes(input: AddressInput | undefined, field: string): Mailbox[] {
  if (input === undefined) return []
  if (typeof input === 'string') return parseMailboxList(input, field)
  if (isList(input)) return input.map((entry, index) => mailbox(entry, `${field}[${index}]`))
  return [mailbox(input, field)]
}

/** The one mailbox a field of a draft names. @throws {SettingsError} see `parseMailbox` */
export function mailbox(input: MailboxInput, field: string): Mailbox {
  if (typeof input === 'string') return parseMailbox(input, field)
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw refusal(
      'address.malformed',
      field,
      'is not a mailbox',
      'Give a string such as a@example.com, or { name, address }.',
    )
  }
  const read = parseAddress(input.address, `${field}.address`)
  if (input.name === undefined || input.name === '') return read
  return { name: fieldText(input.name, `${field}.name`), ...read }
}

/** A header field of mailboxes, folded between them, with its last CRLF. */
export function addressField(name: string, list: readonly Mailbox[]): string {
  const tokens: string[] = []
  list.forEach((entry, index) => {
    const comma = index < list.length - 1 ? ',' : ''
    if (entry.name === undefined) tokens.push(entry.address + comma)
    else tokens.push(...phrase(entry.name), `<${entry.address}>${comma}`)
  })
  return tokensField(name, tokens)
}

/** A display name: atoms, a quoted string, or encoded-words (never inside quotation marks: RFC 2047 5(3)). */
function phrase(name: string): string[] {
  if (name.length > MAX_QUOTED || name.includes('=?') || !/^[ -~]+$/.test(name)) return encodedWords(name, FIRST_WORD)
  if (/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/.test(name)) return name.split(' ')
  return [`"${name.replace(/["\\]/g, '\\$&')}"`]
}

function isList(input: AddressInput): input is readonly MailboxInput[] {
  return Array.isArray(input)
}

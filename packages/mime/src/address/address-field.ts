import type { AddressInput, GroupInput, MailboxInput } from '../draft.js'
import { DEFAULT_STYLE, type FieldStyle } from '../header/field-style.js'
import { isAscii } from '../header/field-text.js'
import { tokensField } from '../header/header-field.js'
import { ownFields } from '../own-draft.js'
import { refusal } from '../refusal.js'
import { unknownField } from '../unknown-field.js'
import { isGroup, parseAddressList, type Address } from './address.js'
import { AddressReader, type Group, type Mailbox } from './address-reader.js'
import { displayName } from './display-name.js'
import { parseAddress, parseMailbox, parseMailboxList, simpleMailbox } from './mailbox.js'
import { phrase } from './phrase.js'

/** A `Mailbox` has a domain, too, which its address says. */
const MAILBOX_KEYS = new Set(['name', 'address', 'domain'])
const GROUP_KEYS = new Set(['group', 'members'])
/** So many UTF-16 units never have more than 998 octets in UTF-8. */
const SAFE_FOLD = 332

/**
 * The mailboxes and groups a field of a draft names (To, Cc, Bcc, Reply-To); none when it is absent. `mailboxesOf` gives those for the
 * envelope.
 * @throws {SettingsError} see `parseAddressList`
 */
export function addresses(input: AddressInput | undefined, field: string): Address[] {
  if (input === undefined) return []
  if (typeof input === 'string') return parseAddressList(input, field)
  if (isList(input)) return input.map((entry, index) => address(entry, `${field}[${index}]`))
  return [address(input, field)]
}

/**
 * The mailboxes a field of a draft names that takes no groups; none when it is absent. RFC 6854 lets groups into From and Sender for
 * use in gateways that know no author; a draft has one, so they are refused as RFC 5322 3.6.2 has it.
 * @throws {SettingsError} see `parseMailbox`; `address.group` for a group
 */
export function mailboxes(input: AddressInput | undefined, field: string): Mailbox[] {
  if (input === undefined) return []
  if (typeof input === 'string') return parseMailboxList(input, field)
  if (isList(input)) return input.map((entry, index) => mailbox(entry, `${field}[${index}]`))
  return [mailbox(input, field)]
}

/** The one mailbox a field of a draft names. @throws {SettingsError} see `parseMailbox`; `address.group` for a group */
export function mailbox(input: MailboxInput | GroupInput, field: string): Mailbox {
  if (typeof input === 'string') return parseMailbox(input, field)
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw refusal(
      'address.malformed',
      field,
      'is not a mailbox',
      'Give a string such as a@example.com, or { name, address }.',
    )
  }
  if (isGroupInput(input)) {
    throw refusal(
      'address.group',
      field,
      'is a group, where only mailboxes may stand',
      'Give the members themselves; groups may stand in to, cc, bcc and replyTo.',
    )
  }
  // as ownFields, without a copy: messages have many of them
  for (const key in input) {
    if (!MAILBOX_KEYS.has(key) && Object.hasOwn(input, key)) throw unknownField(key, MAILBOX_KEYS, `${field}.`)
  }
  const name = Object.hasOwn(input, 'name') ? input.name : undefined
  const address = Object.hasOwn(input, 'address') ? input.address : undefined
  const read = parseAddress(address, `${field}.address`)
  if (name === undefined || name === '') return read
  return { name: displayName(name, `${field}.name`), ...read }
}

/**
 * A header field of mailboxes and groups with its last CRLF, folded between and within them where `style` says so. Whatever it says, no
 * line is above 998 octets (RFC 5322 2.1.1): with `foldAt` Infinity a longer field is folded all the same.
 */
export function addressField(name: string, list: readonly Address[], style: FieldStyle = DEFAULT_STYLE): string {
  const tokens: string[] = []
  list.forEach((entry, index) => {
    const comma = index < list.length - 1 ? ',' : ''
    if (isGroup(entry)) putGroup(tokens, entry, comma, style)
    else putMailbox(tokens, entry, comma, style)
  })
  // A local part in UTF-8 stands as it is in every style, so where lines may come near 998 octets, octets are counted.
  const inOctets = style.foldAt > SAFE_FOLD && !style.utf8 && tokens.some((token) => !isAscii(token))
  return tokensField(name, tokens, inOctets ? { ...style, utf8: true } : style)
}

function putMailbox(tokens: string[], { name, address }: Mailbox, end: string, style: FieldStyle): void {
  if (name === undefined) tokens.push(address + end)
  else tokens.push(...phrase(name, style), `<${address}>${end}`)
}

function putGroup(tokens: string[], { group, members }: Group, end: string, style: FieldStyle): void {
  const words = phrase(group, style)
  const last = words.at(-1) ?? ''
  const empty = members.length === 0 ? `;${end}` : ''
  // White space stands between an encoded-word and the colon: RFC 2047 5(3).
  if (last.startsWith('=?')) tokens.push(...words, `:${empty}`)
  else tokens.push(...words.slice(0, -1), `${last}:${empty}`)
  members.forEach((member, index) => putMailbox(tokens, member, index < members.length - 1 ? ',' : `;${end}`, style))
}

function address(input: MailboxInput | GroupInput, field: string): Address {
  if (typeof input === 'string') {
    return simpleMailbox(input) ?? new AddressReader(input, field).only((reader) => reader.address())
  }
  return isGroupInput(input) ? group(input, field) : mailbox(input, field)
}

function group(input: GroupInput, field: string): Group {
  const { group: given, members } = ownFields<GroupInput>(input, GROUP_KEYS, `${field}.`)
  const name = displayName(given, `${field}.group`)
  if (name.trim() === '') {
    throw refusal(
      'address.malformed',
      `${field}.group`,
      'is empty',
      'Give the group a name, or give its members without a group.',
    )
  }
  if (!Array.isArray(members)) {
    throw refusal(
      'address.malformed',
      `${field}.members`,
      'is not an array',
      'Give { group, members } with one mailbox in each entry of members; an empty array is fine.',
    )
  }
  return { group: name, members: mailboxes(members as GroupInput['members'], `${field}.members`) }
}

function isGroupInput(input: MailboxInput | GroupInput): input is GroupInput {
  return typeof input === 'object' && input !== null && Object.hasOwn(input, 'group')
}

function isList(input: AddressInput): input is readonly (MailboxInput | GroupInput)[] {
  return Array.isArray(input)
}

import { AddressReader, type Mailbox } from './address-reader.js'
import { wireDomain } from './domain.js'

export type { Mailbox }

const MAX_LOCAL_OCTETS = 64 // RFC 5321 4.5.3.1.1
const MAX_ADDRESS_OCTETS = 254 // a path has 256 with its angle brackets: RFC 5321 4.5.3.1.3

/**
 * Reads `a@b` or `Name <a@b>`: one mailbox and nothing else, by the grammar of RFC 5322 3.4 with UTF-8 (RFC 6532).
 * Comments are read and dropped. Of the obsolete forms only the full stop in a display name is taken. Linear time.
 * @throws {SettingsError} `address.malformed`, `address.group`, `draft.control-character` or `draft.not-text`, naming `field`
 */
export function parseMailbox(text: string, field: string): Mailbox {
  return simpleMailbox(text) ?? new AddressReader(text, field).only((reader) => reader.mailbox())
}

/**
 * Reads mailboxes separated by commas; otherwise as `parseMailbox`. There are no groups and no empty entries: `parseAddressList` reads
 * groups, `readMailboxes` what people type.
 */
export function parseMailboxList(text: string, field: string): Mailbox[] {
  const simple = simpleMailbox(text)
  if (simple) return [simple]
  return new AddressReader(text, field).only((reader) => reader.list((entry) => entry.mailbox()))
}

/** Reads `a@b` without angle brackets and without a name; otherwise as `parseMailbox`. */
export function parseAddress(text: unknown, field: string): Mailbox {
  return simpleMailbox(text) ?? new AddressReader(text, field).only((reader) => reader.bare())
}

const SIMPLE = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9.-]+)$/

/** The everyday form, plain ASCII without quotes, comments or a name, without the detour through the reader; undefined for any other. */
export function simpleMailbox(text: unknown): Mailbox | undefined {
  if (typeof text !== 'string' || text.length > MAX_ADDRESS_OCTETS) return undefined
  const domain = SIMPLE.exec(text)?.[1]
  if (domain === undefined || text.length - domain.length - 1 > MAX_LOCAL_OCTETS || text.includes('=?'))
    return undefined
  return wireDomain(domain) === domain ? { address: text, domain } : undefined
}

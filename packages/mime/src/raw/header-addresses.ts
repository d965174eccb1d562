import { mailboxesOf, parseAddressList } from '../address/address.js'
import type { Mailbox } from '../address/mailbox.js'
import { refusal } from '../refusal.js'
import type { HeaderField } from './header-section.js'

/**
 * The mailboxes that an address field of somebody else's message names (RFC 5322 3.4), those in groups included. Of the obsolete forms
 * only those are taken that leave no doubt about the mailboxes: folding anywhere, tabs, and empty entries of a list (RFC 5322 4.4).
 * Everything else is refused, so that no other domain comes out than the one that stands there.
 * @throws {SettingsError} `address.malformed` and what else `parseAddressList` throws, naming the field
 */
export function addressesIn({ name, value }: Pick<HeaderField, 'name' | 'value'>): Mailbox[] {
  const field = `the ${name} field`
  if (value.includes('\ufffd')) {
    throw refusal('address.malformed', field, 'has octets that are no UTF-8', 'Write the field in ASCII or in UTF-8.')
  }
  const text = withoutEmptyEntries(value.replaceAll('\t', ' '))
  return text === '' ? [] : mailboxesOf(parseAddressList(text, field))
}

/** The entries between commas that are neither quoted nor in a comment, without those that say nothing. Linear. */
function withoutEmptyEntries(value: string): string {
  const kept: string[] = []
  let from = 0
  let says = false
  let quoted = false
  let depth = 0
  const end = (at: number) => {
    if (says) kept.push(value.slice(from, at).trim())
    from = at + 1
    says = false
  }
  for (let at = 0; at < value.length; at++) {
    const character = value[at]!
    if (character === '\\' && (quoted || depth > 0)) at++
    else if (quoted) quoted = character !== '"'
    else if (character === '(') depth++
    else if (depth > 0) depth -= character === ')' ? 1 : 0
    else if (character === ',') end(at)
    else {
      quoted = character === '"'
      if (character !== ' ') says = true
    }
  }
  if (depth > 0) says = true // the reader will say what is wrong
  end(value.length)
  return kept.join(', ')
}

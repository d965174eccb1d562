import type { Mailbox } from './mailbox.js'
import { plainPhrase } from './phrase.js'
import { shownDomain } from './shown-domain.js'

/** Marks that turn the direction of what follows, and what is not seen; joiners and the emoji selector are left. */
const UNSEEN = /(?!\u200c|\u200d|\ufe0f)\p{Default_Ignorable_Code_Point}/gu

/**
 * `local-part@domain` for people: the domain in U-labels where they cannot be mistaken for another domain (see `shownDomain`), else in
 * A-labels. `parseMailbox` reads the same address back from it.
 */
export function displayAddress({ address, domain }: Pick<Mailbox, 'address' | 'domain'>): string {
  return address.slice(0, address.length - domain.length) + shownDomain(domain)
}

/**
 * `Name <local-part@domain>` for people, on one line: the address as `displayAddress` gives it, the name in quotation marks when it could
 * be taken for more than a name, without the characters that turn the direction of writing or are not seen, so that no name can hide or
 * forge the address behind it. `parseMailbox` reads the same mailbox back, but for those characters. It is text, not HTML.
 */
export function displayMailbox({ name = '', ...mailbox }: Mailbox): string {
  const seen = name.replace(UNSEEN, '')
  const address = displayAddress(mailbox)
  return seen.trim() === '' ? address : `${plainPhrase(seen)} <${address}>`
}

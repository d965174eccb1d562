import type { Certificate } from '@posthorn/certificate'
import { wireDomain, wireLiteral } from '../address/domain.js'

/** Whether a certificate is one for this mailbox (`a@b`), as readers ask of the From field (RFC 8550 3). */
export function isForMailbox(certificate: Certificate, mailbox: string): boolean {
  const wanted = comparableMailbox(mailbox)
  return wanted !== undefined && certificate.emails.some((email) => comparableMailbox(email) === wanted)
}

/**
 * A mailbox in the form that is compared: without case, which domains do not have and no mail system in use tells local parts apart by,
 * though RFC 5321 2.4 lets it. A domain may stand in its own script on one side and in A-labels on the other. Undefined for what has no
 * domain: an authority that may certify `evil.example` must not be able to write `ceo@bank.example/.evil.example` and have it cut.
 */
export function comparableMailbox(mailbox: string): string | undefined {
  const domainAt = mailbox.lastIndexOf('@') + 1
  if (domainAt < 2) return undefined
  const domain = comparableDomain(mailbox.slice(domainAt))
  return domain === undefined ? undefined : mailbox.slice(0, domainAt).normalize('NFC').toLowerCase() + domain
}

function comparableDomain(text: string): string | undefined {
  const literal = /^\[(.*)\]$/.exec(text)?.[1]
  return (literal === undefined ? wireDomain(text) : wireLiteral(literal))?.toLowerCase()
}

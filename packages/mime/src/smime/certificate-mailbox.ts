import { domainToASCII } from 'node:url'
import type { Certificate } from '@posthorn/certificate'

/** Whether a certificate is one for this mailbox (`a@b`), as readers ask of the From field (RFC 8550 3). */
export function isForMailbox(certificate: Certificate, mailbox: string): boolean {
  const wanted = comparableMailbox(mailbox)
  return certificate.emails.some((email) => comparableMailbox(email) === wanted)
}

/**
 * A mailbox in the form that is compared: without case, which domains do not have and no mail system in use tells local parts apart by,
 * though RFC 5321 2.4 lets it. A domain may stand in its own script on one side and in A-labels on the other.
 */
export function comparableMailbox(mailbox: string): string {
  const domainAt = mailbox.lastIndexOf('@') + 1
  const localPart = mailbox.slice(0, domainAt).normalize('NFC').toLowerCase()
  const domain = mailbox.slice(domainAt)
  return localPart + (domainToASCII(domain) || domain.toLowerCase())
}

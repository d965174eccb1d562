import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'

/** A mailbox in a certificate, in the form that is compared. */
export interface MailName {
  /** As it stands in the certificate. */
  readonly localPart: string
  /** Without case, which no mail system in use tells local parts apart by, though RFC 5321 2.4 lets it. */
  readonly foldedLocalPart: string
  /** In A-labels and lower case, or an address literal. */
  readonly domain: string
}

const MAX_OCTETS = 255 // RFC 5321 4.5.3.1.2
const LDH = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Reads a mailbox (`a@b`); undefined for what has no local part, or no domain that is one. */
export function mailName(mailbox: string): MailName | undefined {
  const at = mailbox.lastIndexOf('@')
  const domain = at < 1 ? undefined : comparableDomain(mailbox.slice(at + 1))
  if (domain === undefined) return undefined
  const localPart = mailbox.slice(0, at)
  return { localPart, foldedLocalPart: foldedLocalPart(localPart), domain }
}

/**
 * A mailbox as one string that is the same for all ways to write it: case, U-labels, A-labels; undefined as in `mailName`, and with one of
 * the two letters that become ASCII in lower case, K (U+212A, Kelvin) and I with a dot (U+0130).
 */
export function comparableMail(mailbox: string): string | undefined {
  const name = /[\u212a\u0130]/.test(mailbox) ? undefined : mailName(mailbox)
  return name && `${name.foldedLocalPart}@${name.domain}`
}

/** A local part as it is compared. */
export function foldedLocalPart(localPart: string): string {
  return localPart.normalize('NFC').toLowerCase()
}

/**
 * A domain in A-labels and lower case; an address literal in lower case. Undefined when it is neither, or when UTS 46 would make another
 * domain of it than its lower-case form: an authority for `evil.example` must not be able to write `bank.example/.evil.example` and have
 * it cut.
 */
export function comparableDomain(text: string): string | undefined {
  if (text.length > MAX_OCTETS) return undefined
  const lower = text.toLowerCase()
  const literal = /^\[(ipv6:)?([^\]]*)\]$/.exec(lower)
  if (literal) return (literal[1] ? isIPv6 : isIPv4)(literal[2]!) ? lower : undefined
  if (/^[\0-\x7f]*$/.test(text)) {
    return LDH.test(lower) && (!lower.includes('xn--') || domainToASCII(lower) === lower) ? lower : undefined
  }
  // domainToASCII reads the host of a URL: it cuts at "/", "?" and "#" and decodes "%", so none of them may reach it; a Kelvin sign becomes K
  if (/[^A-Za-z0-9.\u0080-\u{10ffff}-]|\u212a/u.test(text)) return undefined
  const ascii = domainToASCII(text)
  if (ascii.length > MAX_OCTETS || !LDH.test(ascii) || domainToASCII(ascii) !== ascii) return undefined
  // character by character: the lower case of a whole string depends on neighbours (the final sigma)
  const each = Array.from(text.normalize('NFC'), (character) => character.toLowerCase()).join('')
  return domainToUnicode(ascii) === each ? ascii : undefined
}

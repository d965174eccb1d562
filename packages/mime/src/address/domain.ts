import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'
import { isAscii } from '../header/field-text.js'

const MAX_OCTETS = 255 // RFC 5321 4.5.3.1.2
const LDH = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
/** What IDNA 2008 leaves out of U-labels though UTS 46 lets it pass: quotation marks, dashes, slashes, signs. It keeps these six. */
const PUNCTUATION = /(?![-.\u00b7\u0375\u05f3\u05f4\u0f0b\u30fb])[\p{P}\p{Sm}\p{Sc}\p{Sk}\p{Z}]/u

/**
 * A domain as it stands on the wire: labels of letters, digits and hyphens (RFC 5321 4.1.2), U-labels turned into A-labels.
 * Undefined when it is not a domain, or when UTS 46 would make something else of it than its lower-case form: full-width letters
 * and stops, soft hyphens, ligatures. So what is shown, what is checked and what is sent are one and the same domain. Punctuation and
 * signs are no part of a U-label (RFC 5890 2.3.2.1); pictures are let through, since such domains exist.
 */
export function wireDomain(text: string): string | undefined {
  if (text.length > MAX_OCTETS) return undefined
  if (isAscii(text)) {
    if (!LDH.test(text)) return undefined
    return !/xn--/i.test(text) || domainToASCII(text) === text.toLowerCase() ? text : undefined
  }
  // domainToASCII reads the host of a URL: it cuts at "/", "?" and "#" and decodes "%", so none of them may reach it.
  // The Kelvin sign is refused by name, since even the canonical form (NFC) makes a plain K of it.
  if (/[^A-Za-z0-9.\u0080-\u{10ffff}-]|\u212a/u.test(text) || PUNCTUATION.test(text)) return undefined
  const ascii = domainToASCII(text)
  if (ascii === '' || ascii.length > MAX_OCTETS || !LDH.test(ascii) || domainToASCII(ascii) !== ascii) return undefined
  return domainToUnicode(ascii) === lowerCase(text) ? ascii : undefined
}

/** An address literal without its brackets, RFC 5321 4.1.3: `192.0.2.1` or `IPv6:2001:db8::1`. Undefined when it is neither. */
export function wireLiteral(text: string): string | undefined {
  if (isIPv4(text)) return text
  const address = /^ipv6:([0-9a-f:.]+)$/i.exec(text)?.[1]
  return address !== undefined && isIPv6(address) ? `IPv6:${address}` : undefined
}

/** Character by character, since the lower case of a whole string depends on neighbours (the final sigma). */
function lowerCase(text: string): string {
  return Array.from(text.normalize('NFC'), (character) => character.toLowerCase()).join('')
}

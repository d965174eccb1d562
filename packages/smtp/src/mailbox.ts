import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'
import { SettingsError } from '@posthorn/ground'

/** A mailbox as it stands on the wire. */
export interface Path {
  /** Without angle brackets; '' is the null reverse-path. */
  readonly wire: string
  /** The domain as A-labels in lower case, or the address literal. */
  readonly domain: string
  /** True when the local part has characters outside US-ASCII, which only SMTPUTF8 can carry (RFC 6531). */
  readonly utf8: boolean
}

const ATEXT = "A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~"
const PLAIN = new RegExp(`^[${ATEXT}]+(?:\\.[${ATEXT}]+)*$`)
const ATOMS = new RegExp(`^[${ATEXT}\\u0080-\\u{10ffff}]+(?:\\.[${ATEXT}\\u0080-\\u{10ffff}]+)*$`, 'u')
const LABELS = /^[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*$/
const FORBIDDEN = /[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]/

/**
 * One mailbox by the strict grammar of RFC 5321 4.1.2, with RFC 6531's characters. Never a list, a route, a comment or a display
 * name. A quoted local part is written again with the least quoting, so what goes out reads back as exactly this mailbox.
 * @throws {SettingsError} `mailbox.*`, naming the field
 */
export function parseMailbox(text: string, field: string): Path {
  if (typeof text !== 'string')
    throw bad('type', field, 'must be a string', 'Give one mailbox such as "name@example.com".')
  if (FORBIDDEN.test(text)) {
    throw bad(
      'control-character',
      field,
      `has a control character: ${JSON.stringify(text)}`,
      'Remove line breaks and other control characters.',
    )
  }
  if (!text.isWellFormed()) throw bad('surrogate', field, 'is not well-formed Unicode', 'Remove the lone surrogate.')
  const at = text.lastIndexOf('@')
  if (at <= 0)
    throw bad(
      'syntax',
      field,
      `is no mailbox: ${JSON.stringify(text.slice(0, 100))}`,
      'Write local-part@domain, without a display name.',
    )
  const { local, utf8 } = localPart(text.slice(0, at), field)
  const domain = parseDomain(text.slice(at + 1), field)
  const wire = `${local}@${domain}`
  if (wire.length > 254 && Buffer.byteLength(wire) > 254)
    throw bad('too-long', field, 'is longer than 254 octets', 'RFC 5321 4.5.3.1.3 allows no longer path.')
  return { wire, domain, utf8 }
}

function localPart(text: string, field: string): { local: string; utf8: boolean } {
  if (text.length > 64 || (text.length > 16 && Buffer.byteLength(text) > 64)) {
    throw bad(
      'too-long',
      field,
      'has a local part longer than 64 octets',
      'RFC 5321 4.5.3.1.1 allows no longer local part.',
    )
  }
  if (PLAIN.test(text)) return { local: text, utf8: false }
  const utf8 = /[^\x00-\x7f]/.test(text)
  if (ATOMS.test(text)) return { local: text, utf8 }
  if (text[0] !== '"') {
    throw bad(
      'syntax',
      field,
      `has a local part that must be quoted: ${JSON.stringify(text)}`,
      'Put the local part in double quotes, or correct it.',
    )
  }
  const content = unquote(text)
  if (content === undefined)
    throw bad(
      'syntax',
      field,
      `has a malformed quoted local part: ${JSON.stringify(text)}`,
      'Correct the quotes and backslashes.',
    )
  // RFC 5321 4.1.2: the least quoting that is needed
  return { local: ATOMS.test(content) ? content : `"${content.replace(/["\\]/g, '\\$&')}"`, utf8 }
}

/** The characters between the quotes, or undefined when the text is not exactly one quoted string (RFC 5321 4.1.2). */
function unquote(text: string): string | undefined {
  let content = ''
  for (let index = 1; index < text.length; index++) {
    const char = text[index]!
    if (char === '"') return index === text.length - 1 && content !== '' ? content : undefined
    if (char === '\\') {
      const next = text[++index]
      if (next === undefined || next < ' ' || next > '~') return undefined
      content += next
    } else {
      content += char
    }
  }
  return undefined
}

/**
 * A domain as A-labels, lower case (UTS 46 by the URL standard), or an address literal.
 * @throws {SettingsError} `mailbox.domain`, naming the field
 */
export function parseDomain(text: string, field: string): string {
  if (text.startsWith('[')) return addressLiteral(text, field)
  const ascii = /[^\x00-\x7f]/.test(text) ? toALabels(text) : text.toLowerCase()
  const labels = ascii.length <= 253 && LABELS.test(ascii) && !/(?:^|\.)-|-(?:\.|$)/.test(ascii)
  if (!labels) {
    throw bad(
      'domain',
      field,
      `has no valid domain: ${JSON.stringify(text.slice(0, 100))}`,
      'A domain has labels of letters, digits and inner hyphens, joined by dots.',
    )
  }
  return ascii
}

/**
 * What does not read back as it was written is refused: compatibility characters (full-width dots and at signs), soft hyphens and the
 * like would become another domain than the one people see.
 */
function toALabels(text: string): string {
  const ascii = domainToASCII(text)
  return domainToUnicode(ascii) === text.normalize('NFC').toLowerCase() ? ascii : ''
}

function addressLiteral(text: string, field: string): string {
  const address = text.endsWith(']') ? text.slice(1, -1) : ''
  if (isIPv4(address)) return text
  if (/^IPv6:[0-9a-f:.]+$/i.test(address) && isIPv6(address.slice(5))) return text
  throw bad(
    'domain',
    field,
    `has no valid address literal: ${JSON.stringify(text.slice(0, 60))}`,
    'Write [192.0.2.1] or [IPv6:2001:db8::1].',
  )
}

function bad(kind: string, field: string, message: string, hint: string): SettingsError {
  return new SettingsError(`mailbox.${kind}`, field, message, { hint })
}

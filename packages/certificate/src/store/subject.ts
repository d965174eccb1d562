import { attributeTexts, COMMON_NAME } from '../distinguished-name.js'
import { comparableMail } from '../mail-name.js'
import { certificateParts } from '../read-certificate.js'
import type { StoredCertificate } from './opener.js'

/** One way in which a certificate can be the one that was asked for. */
export type SubjectTest = (stored: StoredCertificate) => boolean

/** True when no certificate in particular is asked for. */
export function isAnything(subject: string | undefined): subject is undefined | '' | '*' {
  return subject === undefined || subject === '' || subject === '*'
}

/** The ways, strictest first. All are without case. */
export function subjectTests(subject: string): readonly SubjectTest[] {
  const wanted = subject.trim().toLowerCase()
  const thumbprint = thumbprintIn(wanted)
  const parts = nameParts(wanted)
  const name = parts.join(',')
  const wholeSubject: SubjectTest = (stored) => forms(stored).includes(name)
  const commonName: SubjectTest = (stored) => commonNames(stored).includes(wanted)
  const storeName: SubjectTest = (stored) => stored.name?.toLowerCase() === wanted
  const mail = comparableMail(wanted)
  const address: SubjectTest = ({ certificate }) =>
    certificate.emails.some(
      (email) => email.toLowerCase() === wanted || (mail !== undefined && comparableMail(email) === mail),
    )
  // jimbob@example.com has bob@example.com in it: of a subject with an address, whole attributes alone count
  const tests = wanted.includes('@')
    ? [
        wholeSubject,
        address,
        (stored: StoredCertificate) => hasNoAddress(stored) && commonName(stored),
        storeName,
        (stored: StoredCertificate) => hasParts(stored, parts),
      ]
    : [
        wholeSubject,
        commonName,
        address,
        storeName,
        (stored: StoredCertificate) => forms(stored).some((form) => form.includes(name)),
      ]
  if (thumbprint === undefined) return tests
  return [({ certificate }) => Object.values(certificate.fingerprints).includes(thumbprint), ...tests]
}

/** 16, 20 or 32 octets in hexadecimal; `thumbprint=` may stand before them. */
function thumbprintIn(wanted: string): string | undefined {
  const digits = wanted.replace(/^thumbprint=/, '').replaceAll(/[\s:]/g, '')
  return /^(?:[\da-f]{32}|[\da-f]{40}|[\da-f]{64})$/.test(digits) ? digits : undefined
}

function commonNames({ certificate }: StoredCertificate): readonly string[] {
  return attributeTexts(certificateParts(certificate).subjectDer, COMMON_NAME).map((text) => text.toLowerCase())
}

/** Whether a common name that looks like an address may count for one: next to an address nobody has looked at it. */
function hasNoAddress({ certificate }: StoredCertificate): boolean {
  return certificate.emails.length === 0
}

/** Whether these parts follow each other in the subject, whole. */
function hasParts({ certificate }: StoredCertificate, wanted: readonly string[]): boolean {
  const parts = nameParts(certificate.subject.toLowerCase())
  return [parts, parts.toReversed()].some((order) =>
    order.some((_, start) => wanted.every((part, index) => part === order[start + index])),
  )
}

/** The subject in both orders: RFC 4514 begins with the most specific part, OpenSSL and Windows often with the least. */
function forms({ certificate }: StoredCertificate): readonly [string, string] {
  const parts = nameParts(certificate.subject.toLowerCase())
  return [parts.join(','), parts.toReversed().join(',')]
}

/** Names of attributes that others write, in lower case, and what RFC 4514 or we write for them. */
const ALIASES: Readonly<Record<string, string>> = {
  e: 'emailaddress',
  email: 'emailaddress',
  s: 'st',
  sp: 'st',
  g: 'givenname',
  gn: 'givenname',
  t: 'title',
}

/** The parts of a distinguished name, without spaces around them, without quotation marks, and with our names of the attributes. */
function nameParts(text: string): readonly string[] {
  return splitAtCommas(withoutHexEscapes(text)).map((part) => {
    const equals = part.indexOf('=')
    if (equals < 0) return part.trim()
    const attribute = part
      .slice(0, equals)
      .trim()
      .replace(/^oid\.(?=\d)/, '')
    return `${ALIASES[attribute] ?? attribute}=${part.slice(equals + 1).trim()}`
  })
}

/** RFC 4514 2.4 lets any octet be written as two digits; `\2c` becomes `\,`, and letters become letters. What else is escaped stays so. */
function withoutHexEscapes(text: string): string {
  return text.replaceAll(/(?:\\[\da-f]{2})+|\\[^]/g, (escaped) => {
    if (escaped.length === 2) return escaped
    const plain = Buffer.from(escaped.replaceAll('\\', ''), 'hex').toString('utf8').toLowerCase()
    return plain.replaceAll(/["+,;<>\\]/g, '\\$&')
  })
}

/** Splits at the commas (RFC 1779: and semicolons) that no backslash and no quotation marks protect; quoted commas come out with a backslash. */
function splitAtCommas(text: string): string[] {
  const parts: string[] = []
  let part = ''
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === '\\') part += character + (text[++at] ?? '')
    else if (character === '"') quoted = !quoted
    else if (/[,;]/.test(character) && !quoted) {
      parts.push(part)
      part = ''
    } else part += quoted && /[+,;<>]/.test(character) ? `\\${character}` : character
  }
  return [...parts, part]
}

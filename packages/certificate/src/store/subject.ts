import { attributeTexts, COMMON_NAME } from '../distinguished-name.js'
import { comparableDomain, comparableMail } from '../mail-name.js'
import { certificateParts } from '../read-certificate.js'
import type { StoredCertificate } from './opener.js'

/** The names of a certificate as they are compared, worked out once: a store may have ten thousand, and is asked for each message. */
export interface SubjectNames {
  readonly fingerprints: StoredCertificate['certificate']['fingerprints']
  /** The subject in both orders: RFC 4514 begins with the most specific part, OpenSSL and Windows often with the least. */
  readonly forms: readonly [string, string]
  /** Its parts, such as `o=example`, most specific first. */
  readonly parts: readonly string[]
  /** What stands behind the equals signs. */
  readonly values: ReadonlySet<string>
  readonly commonNames: readonly string[]
  /** Folded, and, where they are proper ones, as `comparableMail` and `comparableDomain` give them. */
  readonly mails: ReadonlySet<string>
  readonly domains: ReadonlySet<string>
  readonly storeName: string | undefined
}

/** One way in which a certificate can be the one that was asked for. */
export type SubjectTest = (names: SubjectNames) => boolean

/** True when no certificate in particular is asked for. */
export function isAnything(subject: string | undefined): subject is undefined {
  return subject === undefined || ['', '*'].includes(subject.trim())
}

/** The names of a certificate in a store. */
export function subjectNames({ certificate, name }: StoredCertificate): SubjectNames {
  const parts = nameParts(folded(certificate.subject))
  return {
    fingerprints: certificate.fingerprints,
    forms: [parts.join(','), parts.toReversed().join(',')],
    parts,
    values: new Set(parts.map((part) => part.slice(part.indexOf('=') + 1))),
    commonNames: attributeTexts(certificateParts(certificate).subjectDer, COMMON_NAME).map(folded),
    mails: new Set(certificate.emails.flatMap((mail) => [folded(mail), comparableMail(mail) ?? folded(mail)])),
    domains: new Set(certificate.dnsNames.flatMap((host) => [folded(host), comparableDomain(host) ?? folded(host)])),
    storeName: name === undefined ? undefined : folded(name),
  }
}

/** The ways, strictest first. All are without case. A thumbprint is a thumbprint and nothing else: anybody may call himself by that of another. */
export function subjectTests(subject: string): readonly SubjectTest[] {
  const wanted = folded(subject.trim())
  const thumbprint = thumbprintIn(wanted)
  if (thumbprint !== undefined) return [thumbprintTest(thumbprint)]
  const parts = nameParts(wanted)
  const name = parts.join(',')
  const wholeSubject: SubjectTest = ({ forms }) => forms.includes(name)
  const commonName: SubjectTest = ({ commonNames }) => commonNames.includes(wanted)
  const storeName: SubjectTest = (names) => names.storeName === wanted
  const wholeParts: SubjectTest = (names) => hasParts(names, parts)
  // jimbob@example.com has bob@example.com in it: of a subject with an address, whole attributes alone count
  if (wanted.includes('@')) {
    const mail = comparableMail(wanted) ?? wanted
    const address: SubjectTest = ({ mails }) => mails.has(mail) || mails.has(wanted)
    // a common name that looks like an address may count for one, but next to an address nobody has looked at it
    const nameForAddress: SubjectTest = (names) => names.mails.size === 0 && commonName(names)
    return [wholeSubject, address, nameForAddress, storeName, wholeParts]
  }
  const domain = comparableDomain(wanted) ?? wanted
  const host: SubjectTest = ({ domains }) => domains.has(domain) || domains.has(wanted)
  const wholeValue: SubjectTest = ({ values }) => values.has(name)
  // a quotation mark or `CN=` alone says nothing of anybody
  const tells = parts.some((each) => /[\p{L}\p{N}]/u.test(each.replace(/^[^=]*=/, '')))
  const part: SubjectTest = ({ forms }) => tells && forms.some((form) => form.includes(name))
  return [wholeSubject, commonName, host, storeName, wholeParts, wholeValue, part]
}

/**
 * Lower case, but for two letters that lower case would make ASCII of: K (U+212A, Kelvin) and I with a dot (U+0130). Whoever may have one of
 * them in a name must not be taken for somebody else.
 */
function folded(text: string): string {
  return text.replaceAll(/[^\u212a\u0130]+/g, (some) => some.toLowerCase())
}

/** The digits behind `thumbprint=`, or 16, 20 or 32 octets in hexadecimal; undefined for anything else. */
function thumbprintIn(wanted: string): string | undefined {
  const digits = wanted.replace(/^thumbprint\s*=/, '').replaceAll(/[\s:]/g, '')
  const isNamed = /^thumbprint\s*=/.test(wanted)
  return isNamed || /^(?:[\da-f]{32}|[\da-f]{40}|[\da-f]{64})$/.test(digits) ? digits : undefined
}

const DIGESTS: Readonly<Record<number, 'md5' | 'sha1' | 'sha256'>> = { 32: 'md5', 40: 'sha1', 64: 'sha256' }

function thumbprintTest(digits: string): SubjectTest {
  const digest = DIGESTS[digits.length]
  return ({ fingerprints }) => digest !== undefined && fingerprints[digest] === digits
}

/** Whether these parts follow each other in the subject, whole. */
function hasParts({ parts }: SubjectNames, wanted: readonly string[]): boolean {
  return [parts, parts.toReversed()].some((order) =>
    order.some((_, start) => wanted.every((part, index) => part === order[start + index])),
  )
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

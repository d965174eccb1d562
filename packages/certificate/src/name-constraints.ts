import { BerError, BerReader, insideOnly } from './asn1/ber-reader.js'
import type { BerElement } from './asn1/ber-reader.js'
import type { Certificate } from './certificate.js'
import { nameAttributes } from './distinguished-name.js'
import { certificateParts } from './read-certificate.js'

const PERMITTED = 0xa0
const EXCLUDED = 0xa1
const RFC822_NAME = 0x81
const DNS_NAME = 0x82
const DIRECTORY_NAME = 0xa4

/** So many pairs of names and constraints are compared; real authorities have a handful. */
const MAX_COMPARISONS = 100_000

/**
 * Says why the names of a certificate are not allowed by the name constraints of an authority above it (RFC 5280 4.2.1.10), or undefined
 * when they are. Mail addresses, DNS names and the subject are looked at; names of other kinds are nothing mail relies on.
 * @param constraints the value of the extension
 */
export function nameConstraintProblem(constraints: Uint8Array, certificate: Certificate): string | undefined {
  try {
    const reader = insideOnly(constraints)
    const permitted = subtrees(reader.optional(PERMITTED))
    const excluded = subtrees(reader.optional(EXCLUDED))
    const names = namesOf(certificate)
    if (names.length * (permitted.length + excluded.length) > MAX_COMPARISONS) return 'has too many name constraints'
    for (const name of names) {
      const allowed = permitted.filter(({ tag }) => tag === name.tag)
      const isExcluded = excluded.some((base) => base.tag === name.tag && name.isWithin(base.content))
      if (isExcluded || (allowed.length > 0 && !allowed.some((base) => name.isWithin(base.content)))) {
        return `must not issue a certificate for '${name.text}'`
      }
    }
    return undefined
  } catch (error) {
    if (!(error instanceof BerError)) throw error
    return 'has name constraints that cannot be read'
  }
}

function subtrees(list: BerElement | undefined): readonly BerElement[] {
  const bases: BerElement[] = []
  const reader = list && new BerReader(list.content)
  while (reader && !reader.done) bases.push(reader.inside().next())
  return bases
}

interface ConstrainedName {
  readonly tag: number
  readonly text: string
  isWithin(base: Uint8Array): boolean
}

function namesOf(certificate: Certificate): readonly ConstrainedName[] {
  const names: ConstrainedName[] = [
    ...certificate.emails.map((text) => ({
      tag: RFC822_NAME,
      text,
      isWithin: (base: Uint8Array) => mailWithin(text, base),
    })),
    ...certificate.dnsNames.map((text) => ({
      tag: DNS_NAME,
      text,
      isWithin: (base: Uint8Array) => hostWithin(text, base),
    })),
  ]
  const parts = nameParts(certificateParts(certificate).subjectDer)
  if (parts.length > 0) {
    names.push({
      tag: DIRECTORY_NAME,
      text: certificate.subject,
      isWithin: (base) => startsWith(parts, nameParts(base)),
    })
  }
  return names
}

/** A mailbox, all mailboxes of a host, or, with a dot in front, all below a domain. */
function mailWithin(mailbox: string, base: Uint8Array): boolean {
  const text = asText(base)
  const at = mailbox.lastIndexOf('@')
  const host = mailbox.slice(at + 1).toLowerCase()
  const baseAt = text.lastIndexOf('@')
  const baseHost = text.slice(baseAt + 1).toLowerCase()
  if (baseAt >= 0) return mailbox.slice(0, at) === text.slice(0, baseAt) && host === baseHost
  return baseHost.startsWith('.') ? host.endsWith(baseHost) : baseHost === '' || host === baseHost
}

/** A host, or any below it. */
function hostWithin(host: string, base: Uint8Array): boolean {
  const text = asText(base).toLowerCase().replace(/^\./, '')
  return text === '' || host.toLowerCase() === text || host.toLowerCase().endsWith(`.${text}`)
}

/** Each relative distinguished name as one string, for comparing without case and without the kind of string. */
function nameParts(name: Uint8Array): readonly string[] {
  return nameAttributes(name).map((attributes) =>
    attributes
      .map(({ oid, text, value }) => `${oid}=${text?.trim().toLowerCase() ?? Buffer.from(value).toString('hex')}`)
      .sort()
      .join('\0'),
  )
}

function startsWith(parts: readonly string[], start: readonly string[]): boolean {
  return start.length <= parts.length && start.every((part, index) => part === parts[index])
}

function asText(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
}

import { BerError, BerReader, insideOnly } from './asn1/ber-reader.js'
import type { BerElement } from './asn1/ber-reader.js'
import type { Certificate } from './certificate.js'
import { nameAttributes } from './distinguished-name.js'
import { comparableDomain, foldedLocalPart, mailName } from './mail-name.js'
import { certificateParts } from './read-certificate.js'

const PERMITTED = 0xa0
const EXCLUDED = 0xa1

/** So many pairs of names and constraints are compared; real authorities have a handful. */
const MAX_COMPARISONS = 20_000

/**
 * Says why the names of a certificate are not allowed by the name constraints of an authority above it (RFC 5280 4.2.1.10), or undefined
 * when they are. Mail addresses, DNS names and the subject are looked at; names of other kinds are nothing mail relies on. Mail addresses
 * are excluded in every way to write them that a reader takes for the same mailbox, and permitted as RFC 5280 says: the local part with
 * case. One whose domain is none is never permitted and always excluded.
 * @param constraints the value of the extension
 */
export function nameConstraintProblem(constraints: Uint8Array, certificate: Certificate): string | undefined {
  try {
    const reader = insideOnly(constraints)
    const permitted = subtrees(reader.optional(PERMITTED))
    const excluded = subtrees(reader.optional(EXCLUDED))
    const names = certificate.emails.length + certificate.dnsNames.length + 1
    if (names * (permitted.length + excluded.length) > MAX_COMPARISONS) return 'has too many name constraints'
    const { subjectDer } = certificateParts(certificate)
    const subject = nameParts(subjectDer)
    const refused =
      refusedName(MAIL, certificate.emails, permitted, excluded) ??
      refusedName(HOST, certificate.dnsNames, permitted, excluded) ??
      (subject.length > 0 ? refusedName(DIRECTORY, [subject], permitted, excluded) : undefined)
    if (refused === undefined) return undefined
    return `must not issue a certificate for '${typeof refused === 'string' ? refused : certificate.subject}'`
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

/** Whether a name is among those of a subtree, asked by who permits them and by who excludes them. */
interface Subtree<Name> {
  permits(name: Name): boolean
  excludes(name: Name): boolean
}

interface NameForm<Given, Name> {
  readonly tag: number
  read(given: Given): Name
  subtree(base: Uint8Array): Subtree<Name>
}

/** The first name that is excluded, or not among those that are permitted. */
function refusedName<Given, Name>(
  form: NameForm<Given, Name>,
  given: readonly Given[],
  permitted: readonly BerElement[],
  excluded: readonly BerElement[],
): Given | undefined {
  const ofForm = (bases: readonly BerElement[]) =>
    bases.flatMap(({ tag, content }) => (tag === form.tag ? form.subtree(content) : []))
  const [allowed, forbidden] = [ofForm(permitted), ofForm(excluded)]
  return given.find((each) => {
    const name = form.read(each)
    if (forbidden.some((subtree) => subtree.excludes(name))) return true
    return allowed.length > 0 && !allowed.some((subtree) => subtree.permits(name))
  })
}

/** rfc822Name: a mailbox, all mailboxes of a host, or, with a dot in front, all below a domain. */
const MAIL: NameForm<string, ReturnType<typeof mailName>> = {
  tag: 0x81,
  read: mailName,
  subtree: (base) => {
    const text = asText(base)
    const at = text.lastIndexOf('@')
    const localPart = text.slice(0, Math.max(at, 0))
    const folded = foldedLocalPart(localPart)
    const host = text.slice(at + 1)
    const below = at < 0 && host.startsWith('.')
    const wanted = comparableDomain(below ? host.slice(1) : host)
    const isThere = (domain: string) =>
      wanted !== undefined && (below ? domain.endsWith(`.${wanted}`) : domain === wanted)
    return {
      permits: (name) =>
        name !== undefined && (text === '' || (isThere(name.domain) && (at < 0 || name.localPart === localPart))),
      // what cannot be read excludes everything, and so does a dot alone; "@host" is met for a host
      excludes: (name) =>
        name === undefined ||
        wanted === undefined ||
        (isThere(name.domain) && (at < 1 || name.foldedLocalPart === folded)),
    }
  },
}

/** dNSName: a host, and any below it. */
const HOST: NameForm<string, string> = {
  tag: 0x82,
  read: (host) => host.toLowerCase(),
  subtree: (base) => {
    const text = asText(base).toLowerCase().replace(/^\./, '')
    const isWithin = (host: string) => text === '' || host === text || host.endsWith(`.${text}`)
    return { permits: isWithin, excludes: isWithin }
  },
}

/** directoryName: the beginning of a distinguished name. */
const DIRECTORY: NameForm<readonly string[], readonly string[]> = {
  tag: 0xa4,
  read: (parts) => parts,
  subtree: (base) => {
    const start = nameParts(base)
    const isWithin = (parts: readonly string[]) =>
      start.length <= parts.length && start.every((part, index) => part === parts[index])
    return { permits: isWithin, excludes: isWithin }
  },
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

function asText(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
}

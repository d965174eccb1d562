import { BerError, BerReader, insideOnly, TAG } from './asn1/ber-reader.js'
import type { CertificateUsage } from './certificate.js'

/** What the extensions of a certificate say (RFC 5280 4.2). */
export interface CertificateExtensions extends CertificateUsage {
  readonly isAuthority: boolean
  /** How many authorities may stand between this one and the last certificate; undefined: any number. */
  readonly pathLength: number | undefined
  readonly subjectKeyIdentifier: Uint8Array | undefined
  /** The keyIdentifier of the authority key identifier. */
  readonly authorityKeyIdentifier: Uint8Array | undefined
  readonly keyUsageFlags: number
  readonly emails: readonly string[]
  readonly dnsNames: readonly string[]
  /** The values of subjectAltName, authorityInfoAccess, cRLDistributionPoints and the TLS feature, unread. */
  readonly subjectAltName: Uint8Array | undefined
  readonly authorityInfoAccess: Uint8Array | undefined
  readonly crlDistributionPoints: Uint8Array | undefined
  readonly tlsFeature: Uint8Array | undefined
  /** The value of the name constraints extension, unread. */
  readonly nameConstraints: Uint8Array | undefined
  /** True when the paths below this authority must have a policy in common (requireExplicitPolicy, RFC 5280 4.2.1.11). */
  readonly requiresPolicy: boolean
  /** Object identifiers of critical extensions that this code does not know: such a certificate must not be relied on. */
  readonly unknownCritical: readonly string[]
}

const KEY_USAGE = '2.5.29.15'
const EXTENDED_KEY_USAGE = '2.5.29.37'
const SUBJECT_ALT_NAME = '2.5.29.17'
const BASIC_CONSTRAINTS = '2.5.29.19'
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14'
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35'
const NAME_CONSTRAINTS = '2.5.29.30'
const CRL_DISTRIBUTION_POINTS = '2.5.29.31'
const AUTHORITY_INFO_ACCESS = '1.3.6.1.5.5.7.1.1'
const TLS_FEATURE = '1.3.6.1.5.5.7.1.24'
/**
 * Policies. As long as nobody asks for one they only inform (RFC 5280 6.1.1: the policy set is any-policy, and no policy is required), and so
 * do limits to mapping them and to any-policy. A certificate that requires a policy itself is told by `requiresPolicy`.
 */
const CERTIFICATE_POLICIES = '2.5.29.32'
const POLICY_MAPPINGS = '2.5.29.33'
const POLICY_CONSTRAINTS = '2.5.29.36'
const INHIBIT_ANY_POLICY = '2.5.29.54'

const KNOWN: readonly string[] = [
  KEY_USAGE,
  EXTENDED_KEY_USAGE,
  SUBJECT_ALT_NAME,
  BASIC_CONSTRAINTS,
  SUBJECT_KEY_IDENTIFIER,
  AUTHORITY_KEY_IDENTIFIER,
  NAME_CONSTRAINTS,
  CERTIFICATE_POLICIES,
  POLICY_MAPPINGS,
  POLICY_CONSTRAINTS,
  INHIBIT_ANY_POLICY,
]

/** RFC 5280 4.2.1.3, by the number of the bit. */
const KEY_USAGE_NAMES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
]

const RFC822_NAME = 0x81
const DNS_NAME = 0x82
const KEY_IDENTIFIER = 0x80
const REQUIRE_EXPLICIT_POLICY = 0x80

/** Authorities for servers put hundreds of names into a certificate; people have a handful. */
const MAX_NAMES = 1000

/**
 * Reads the extensions of a certificate.
 * @param der the `extensions` field of TBSCertificate without its tag; undefined when there is none
 * @throws {BerError} when one of the extensions named here is not what RFC 5280 says, stands there twice, or has more than 1000 names
 */
export function certificateExtensions(der: Uint8Array | undefined): CertificateExtensions {
  const values = new Map<string, Uint8Array>()
  const unknownCritical: string[] = []
  const list = der && insideOnly(der)
  while (list && !list.done) {
    const extension = list.inside()
    const oid = extension.oid()
    const critical = extension.optional(TAG.boolean)
    const value = extension.octetString()
    if (values.has(oid)) throw new BerError(`the extension ${oid} stands there twice`)
    values.set(oid, value)
    if (critical && critical.content[0] !== 0 && !KNOWN.includes(oid)) unknownCritical.push(oid)
  }
  const read = <T>(oid: string, reader: (value: Uint8Array) => T): T | undefined => {
    const value = values.get(oid)
    return value && reader(value)
  }
  const constraints = read(BASIC_CONSTRAINTS, basicConstraints)
  const names = read(SUBJECT_ALT_NAME, alternativeNames)
  return {
    keyUsage: read(KEY_USAGE, keyUsageNames),
    extendedKeyUsage: read(EXTENDED_KEY_USAGE, objectIdentifiers),
    isAuthority: constraints?.isAuthority ?? false,
    pathLength: constraints?.pathLength,
    subjectKeyIdentifier: read(SUBJECT_KEY_IDENTIFIER, (value) => new BerReader(value).octetString()),
    authorityKeyIdentifier: read(
      AUTHORITY_KEY_IDENTIFIER,
      (value) => insideOnly(value).optional(KEY_IDENTIFIER)?.content,
    ),
    keyUsageFlags: read(KEY_USAGE, keyUsageBits)?.[0] ?? 0,
    emails: names?.emails ?? [],
    dnsNames: names?.dnsNames ?? [],
    subjectAltName: values.get(SUBJECT_ALT_NAME),
    authorityInfoAccess: values.get(AUTHORITY_INFO_ACCESS),
    crlDistributionPoints: values.get(CRL_DISTRIBUTION_POINTS),
    tlsFeature: values.get(TLS_FEATURE),
    nameConstraints: values.get(NAME_CONSTRAINTS),
    requiresPolicy:
      read(POLICY_CONSTRAINTS, (value) => insideOnly(value).optional(REQUIRE_EXPLICIT_POLICY) !== undefined) ?? false,
    unknownCritical,
  }
}

function basicConstraints(value: Uint8Array): { isAuthority: boolean; pathLength: number | undefined } {
  const constraints = insideOnly(value)
  const authority = constraints.optional(TAG.boolean)
  const pathLength = constraints.nextTag === TAG.integer ? constraints.smallInteger() : undefined
  return { isAuthority: authority !== undefined && authority.content[0] !== 0, pathLength }
}

/** A named bit list: the first octet counts the bits that are not used at the end (X.690 8.6). */
function keyUsageNames(value: Uint8Array): readonly string[] {
  const bits = keyUsageBits(value)
  return KEY_USAGE_NAMES.filter((_, bit) => ((bits[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0)
}

function keyUsageBits(value: Uint8Array): Uint8Array {
  return new BerReader(value).next(TAG.bitString).content.subarray(1)
}

function objectIdentifiers(value: Uint8Array): readonly string[] {
  const reader = insideOnly(value)
  const found: string[] = []
  while (!reader.done) found.push(reader.oid())
  return found
}

function alternativeNames(value: Uint8Array): { emails: readonly string[]; dnsNames: readonly string[] } {
  const reader = insideOnly(value)
  const emails: string[] = []
  const dnsNames: string[] = []
  for (let count = 0; !reader.done; count++) {
    if (count === MAX_NAMES) throw new BerError(`more than ${MAX_NAMES} alternative names`)
    const { tag, content } = reader.next()
    if (tag === RFC822_NAME) emails.push(Buffer.from(content).toString('latin1'))
    else if (tag === DNS_NAME) dnsNames.push(Buffer.from(content).toString('latin1'))
  }
  return { emails, dnsNames }
}

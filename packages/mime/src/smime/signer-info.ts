import { malformed, type Element } from './ber-reader.js'
import { algorithmOf, derOf, dotted, membersOf, octetsOf, valueOf } from './cms-element.js'
import { expectVersion } from './cms-version.js'
import { digestByOid, DIGESTS, type DigestAlgorithm } from './digest-algorithm.js'
import { ID } from './object-identifier.js'
import { refuseAlgorithm, schemeByIdentifier } from './scheme-by-identifier.js'
import type { SignatureScheme } from './signature-scheme.js'

const MAX_ATTRIBUTES = 64
/** RFC 5652 5.3: by how the signer is named. PKI.js writes 0 when it is not told; nothing hangs on it. */
const VERSIONS = [0, 1, 3]

/** SignerInfo, RFC 5652 5.3, read and found to be in order; nothing is verified yet. */
export interface SignerInfo {
  readonly signer: SignerIdentifier
  readonly digestAlgorithm: DigestAlgorithm
  readonly scheme: SignatureScheme
  /** The signed attributes as the SET OF that the signature covers. */
  readonly attributes: Buffer
  readonly contentType: string
  readonly messageDigest: Uint8Array
  readonly signedAt: Date | undefined
  /** The signer's certificate by its hash, RFC 5035 3 and RFC 2634 5.4. */
  readonly signingCertificate: { readonly digestAlgorithm: DigestAlgorithm; readonly hash: Uint8Array } | undefined
  readonly signature: Uint8Array
}

export type SignerIdentifier =
  { readonly issuerDer: Uint8Array; readonly serialNumber: Uint8Array } | { readonly subjectKeyIdentifier: Uint8Array }

/**
 * @throws {SettingsError} `smime.malformed`, also when content-type and message-digest are not among the signed attributes: a signature
 * without attributes can be taken for one over attributes; `smime.algorithm`
 */
export function readSignerInfo(element: Element): SignerInfo {
  const members = [...membersOf(element, 0x30, 'SignerInfo')]
  expectVersion(members.shift(), VERSIONS, 'SignerInfo')
  const signer = signerIdentifier(members.shift())
  const digest = algorithmOf(members.shift(), 'digest algorithm')
  const digestAlgorithm = digestByOid(digest.oid) ?? refuseAlgorithm('the digest', digest.oid)
  if (members[0]?.tag !== 0xa0) throw malformed('has a signature without signed attributes')
  const attributes = members.shift()!
  const scheme = schemeByIdentifier(algorithmOf(members.shift(), 'signature algorithm'), digestAlgorithm)
  const signature = octetsOf(members.shift(), 'signature')
  const [unsigned, ...others] = members
  if (unsigned) attributesOf(unsigned, 0xa1)
  if (others.length > 0) throw malformed('has a SignerInfo with more in it than belongs there')
  const values = attributeValues(attributes)
  const certificate = values.get(ID.signingCertificateV2) ?? values.get(ID.signingCertificate)
  return {
    signer,
    digestAlgorithm,
    scheme,
    attributes: derOf(attributes, 0x31),
    contentType: dotted(valueOf(values.get(ID.contentType), 6, 'signed content type')),
    messageDigest: octetsOf(values.get(ID.messageDigest), 'signed message digest'),
    signedAt: timeOf(values.get(ID.signingTime)),
    signingCertificate: certificate && signingCertificate(certificate, values.has(ID.signingCertificateV2)),
    signature,
  }
}

function signerIdentifier(element: Element | undefined): SignerIdentifier {
  if (element?.tag === 0x80 || element?.tag === 0xa0) {
    return { subjectKeyIdentifier: octetsOf(element, 'name of the signer', 0x80) }
  }
  const [issuer, serialNumber, ...others] = membersOf(element, 0x30, 'name of the signer')
  if (others.length > 0) throw malformed('has a name of the signer with more in it than belongs there')
  membersOf(issuer, 0x30, 'issuer')
  return { issuerDer: derOf(issuer!), serialNumber: valueOf(serialNumber, 2, 'serial number') }
}

/** The attributes that have one value; those we use may stand once and have one (RFC 5652 11). */
function attributeValues(attributes: Element): ReadonlyMap<string, Element> {
  const values = new Map<string, Element>()
  for (const attribute of attributesOf(attributes, 0xa0)) {
    const [id, set, ...more] = membersOf(attribute, 0x30, 'attribute')
    if (more.length > 0) throw malformed('has an attribute with more in it than belongs there')
    const type = dotted(valueOf(id, 6, 'attribute type'))
    const [value, ...others] = membersOf(set, 0x31, 'attribute value')
    if (!USED.has(type)) continue
    if (!value || others.length > 0 || values.has(type))
      throw malformed('has a signed attribute with two values or none')
    values.set(type, value)
  }
  return values
}

function attributesOf(element: Element, tag: number): readonly Element[] {
  const attributes = membersOf(element, tag, 'attributes')
  if (attributes.length > MAX_ATTRIBUTES) throw malformed(`has more than ${MAX_ATTRIBUTES} attributes`)
  return attributes
}

const USED: ReadonlySet<string> = new Set([
  ID.contentType,
  ID.messageDigest,
  ID.signingTime,
  ID.signingCertificate,
  ID.signingCertificateV2,
])

/** RFC 5652 11.3: whole seconds in UTC. A time in another form is no time. */
function timeOf(element: Element | undefined): Date | undefined {
  if (!element || !(element.content instanceof Uint8Array)) return undefined
  const text = Buffer.from(element.content).toString('latin1')
  const digits =
    element.tag === 24 ? text : element.tag === 23 ? `${Number(text.slice(0, 2)) >= 50 ? 19 : 20}${text}` : ''
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits)
  if (!found) return undefined
  const [, year, month, day, hour, minute, second] = found
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** The first ESSCertID is the signer's certificate. */
function signingCertificate(element: Element, version2: boolean): SignerInfo['signingCertificate'] {
  const [certificates] = membersOf(element, 0x30, 'signing certificate')
  const [first] = membersOf(certificates, 0x30, 'signing certificate')
  const members = [...membersOf(first, 0x30, 'signing certificate')]
  let digestAlgorithm = version2 ? DIGESTS.sha256 : DIGESTS.sha1
  if (version2 && members[0]?.tag === 0x30) {
    const { oid } = algorithmOf(members.shift(), 'hash algorithm')
    digestAlgorithm = digestByOid(oid) ?? refuseAlgorithm('the digest', oid)
  }
  return { digestAlgorithm, hash: octetsOf(members[0], 'hash of the signing certificate') }
}

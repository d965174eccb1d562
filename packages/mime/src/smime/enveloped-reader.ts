import { BerReader, malformed, type Element, type Scope } from './ber-reader.js'
import { algorithmOf, derOf, dotted, membersOf, octetsOf, valueOf, type Algorithm } from './cms-element.js'
import { expectVersion } from './cms-version.js'
import { ID } from './object-identifier.js'

/** How a message names a certificate: RFC 5652 6.2.1, RecipientIdentifier. */
export type RecipientId =
  | { readonly issuer: Element; readonly issuerDer: Uint8Array; readonly serialNumber: Uint8Array }
  | { readonly subjectKeyIdentifier: Uint8Array }

/** The content key for one certificate. */
export interface Recipient {
  readonly id: RecipientId
  readonly algorithm: Algorithm
  readonly encryptedKey: Uint8Array
  /** For key agreement: the ephemeral key as in its BIT STRING, undefined when the originator has a certificate; and the ukm. */
  readonly agreement?: { readonly point: Uint8Array | undefined; readonly ukm: Uint8Array | undefined }
}

/** An EnvelopedData or AuthEnvelopedData, but for the encrypted octets, which are read when they are asked for. */
export interface Enveloped {
  readonly authenticated: boolean
  readonly recipients: readonly Recipient[]
  readonly algorithm: Algorithm
  /** AuthEnvelopedData: what is authenticated besides the content, as it is authenticated: a DER SET (RFC 5083 2.1). */
  readonly attributes: Uint8Array | undefined
  /** AuthEnvelopedData: the tag. */
  readonly mac: Uint8Array | undefined
  encryptedOctets(): AsyncGenerator<Uint8Array, void, undefined>
}

/** Octets that can be read again and again. */
export interface Rereadable {
  read(): AsyncIterable<Uint8Array>
}

/** RFC 5652 6.1: by the kinds of recipients. AuthEnvelopedData has 0 alone (RFC 5083 2.1). */
const VERSIONS = [0, 2, 3, 4]
/** By how the recipient is named, RFC 5652 6.2.1. */
const TRANSPORT_VERSIONS = [0, 2]
const AGREEMENT_VERSIONS = [3]
/** KEKRecipientInfo, PasswordRecipientInfo, OtherRecipientInfo. */
const OTHER_RECIPIENTS = [0xa2, 0xa3, 0xa4]

/** Reads a ContentInfo from its first octet to its last. @throws {SettingsError} `smime.malformed` */
export async function readEnveloped(source: Rereadable): Promise<Enveloped> {
  const reader = new BerReader(source.read())
  try {
    await reader.expect(0x30, 'ContentInfo')
    const type = dotted(valueOf(await reader.element(), 6, 'content type'))
    if (type !== ID.envelopedData && type !== ID.authEnvelopedData) throw malformed(`is not encrypted, but ${type}`)
    const authenticated = type === ID.authEnvelopedData
    await reader.expect(0xa0, 'content')
    await reader.expect(0x30, 'EnvelopedData')
    expectVersion(await reader.element(), authenticated ? [0] : VERSIONS, 'EnvelopedData')
    if ((await reader.next()) === 0xa0) await reader.element() // originatorInfo
    const recipients = membersOf(await reader.element(), 0x31, 'recipients').flatMap(recipientsOf)
    await reader.expect(0x30, 'EncryptedContentInfo')
    valueOf(await reader.element(), 6, 'type of the encrypted content')
    const algorithm = algorithmOf(await reader.element(), 'content cipher')
    if (((await reader.next()) ?? 0) !== 0x80 && (await reader.next()) !== 0xa0)
      throw malformed('has no encrypted content')
    const scope = await reader.enter()
    const start = reader.position
    for await (const piece of reader.string(scope)) void piece
    await reader.leave()
    await reader.leave()
    const attributes = (await reader.next()) === 0xa1 ? await reader.element() : undefined // unprotected, without a tag
    const mac = authenticated ? octetsOf(await reader.element(), 'authentication tag') : undefined
    if (authenticated && (await reader.next()) === 0xa2) await reader.element() // attributes that nothing protects
    for (let open = 3; open > 0; open--) await reader.leave()
    await reader.end()
    return {
      authenticated,
      recipients,
      algorithm,
      attributes: authenticated && attributes ? derOf(attributes, 0x31) : undefined,
      mac,
      encryptedOctets: () => encryptedOctets(source, start, scope),
    }
  } finally {
    await reader.close()
  }
}

async function* encryptedOctets(source: Rereadable, start: number, scope: Scope): AsyncGenerator<Uint8Array, void> {
  const reader = new BerReader(source.read())
  try {
    await reader.skip(start)
    reader.resume(scope)
    yield* reader.string(scope)
  } finally {
    await reader.close()
  }
}

/** RFC 5652 6.2. Passwords and keys known before are left out: an identity has neither. */
function recipientsOf(info: Element): readonly Recipient[] {
  if (info.tag === 0x30) {
    const [version, id, algorithm, key, ...others] = membersOf(info, 0x30, 'key transport')
    expectVersion(version, TRANSPORT_VERSIONS, 'key transport')
    if (others.length > 0) throw malformed('has a recipient with more in it than belongs there')
    const encryptedKey = octetsOf(key, 'encrypted key')
    return [{ id: recipientId(id), algorithm: algorithmOf(algorithm, 'key transport'), encryptedKey }]
  }
  if (OTHER_RECIPIENTS.includes(info.tag)) return []
  const members = [...membersOf(info, 0xa1, 'recipient')]
  const [version, originator] = members.splice(0, 2)
  expectVersion(version, AGREEMENT_VERSIONS, 'key agreement')
  const ukm = members[0]?.tag === 0xa1 ? membersOf(members.shift(), 0xa1, 'ukm')[0] : undefined
  const algorithm = algorithmOf(members[0], 'key agreement')
  if (members.length > 2) throw malformed('has a recipient with more in it than belongs there')
  const agreement = { point: ephemeralPoint(originator), ukm: ukm && octetsOf(ukm, 'ukm') }
  return membersOf(members[1], 0x30, 'agreed keys').map((entry) => {
    const [id, key] = membersOf(entry, 0x30, 'agreed key')
    return { id: recipientId(id), algorithm, encryptedKey: octetsOf(key, 'encrypted key'), agreement }
  })
}

function ephemeralPoint(originator: Element | undefined): Uint8Array | undefined {
  const [choice] = membersOf(originator, 0xa0, 'originator')
  if (choice?.tag !== 0xa1) return undefined // named by a certificate
  const [, key] = membersOf(choice, 0xa1, 'originator key')
  const bits = valueOf(key, 3, 'public key')
  if (bits[0] !== 0) throw malformed('has a public key that is not whole octets')
  return bits.subarray(1)
}

function recipientId(element: Element | undefined): RecipientId {
  if (element?.tag === 0x30) {
    const [issuer, serialNumber] = membersOf(element, 0x30, 'issuer and serial number')
    if (!issuer) throw malformed('has no issuer')
    return { issuer, issuerDer: derOf(issuer), serialNumber: valueOf(serialNumber, 2, 'serial number') }
  }
  if (element?.tag === 0xa0) {
    // [0] is a key identifier in key agreement, RecipientKeyIdentifier; and in key transport when it comes in pieces
    const [first] = membersOf(element, 0xa0, 'key identifier')
    return { subjectKeyIdentifier: octetsOf(first, 'key identifier') }
  }
  return { subjectKeyIdentifier: octetsOf(element, 'recipient', 0x80) }
}

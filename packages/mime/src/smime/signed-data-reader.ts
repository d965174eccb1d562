import { BerReader, malformed, type Element } from './ber-reader.js'
import { derOf, dotted, membersOf, valueOf } from './cms-element.js'
import { expectVersion } from './cms-version.js'
import { ID } from './object-identifier.js'
import { readSignerInfo, type SignerInfo } from './signer-info.js'

const MAX_SIGNERS = 16
const MAX_CERTIFICATES = 100
const MAX_DIGESTS = 16
/** RFC 5652 5.1: by the kinds of certificates and of content. */
const VERSIONS = [1, 3, 4, 5]

/** What stands in a SignedData behind its content. */
export interface SignedDataTrailer {
  /** DER. */
  readonly certificates: readonly Uint8Array[]
  /** None when it serves to hand out certificates (RFC 8551 3.8). */
  readonly signers: readonly SignerInfo[]
}

/**
 * Reads a SignedData (RFC 5652 5.1) from front to back: `head`, then `content` when there is some, then `trailer`. The content is given
 * as it comes and never held. Everything must stand where it belongs and nothing else anywhere, or one reader would see what another does not.
 * @throws {SettingsError} `smime.malformed`, `smime.algorithm`
 */
export class SignedDataReader {
  readonly #reader: BerReader

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#reader = new BerReader(source)
  }

  async head(): Promise<{
    readonly contentType: string
    readonly digests: readonly string[]
    readonly hasContent: boolean
  }> {
    const reader = this.#reader
    await reader.expect(0x30, 'ContentInfo')
    const type = dotted(valueOf(await reader.element(), 6, 'content type'))
    if (type !== ID.signedData) throw malformed(`is not signed data but of the type ${type}`)
    await reader.expect(0xa0, 'content')
    await reader.expect(0x30, 'SignedData')
    expectVersion(await reader.element(), VERSIONS, 'SignedData')
    const digests = membersOf(await reader.element(), 0x31, 'digest algorithms')
    if (digests.length > MAX_DIGESTS) throw malformed(`has more than ${MAX_DIGESTS} digest algorithms`)
    await reader.expect(0x30, 'encapContentInfo')
    const contentType = dotted(valueOf(await reader.element(), 6, 'type of its content'))
    return { contentType, digests: digests.map(digestOid), hasContent: await reader.more() }
  }

  async *content(): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = this.#reader
    await reader.expect(0xa0, 'content')
    const scope = await reader.enter()
    if ((scope.tag & ~0x20) !== 4) throw malformed('has content that is no string of octets')
    yield* reader.string(scope)
    await reader.leave()
    await reader.leave()
  }

  /** Reads to the end, behind which nothing may follow. */
  async trailer(): Promise<SignedDataTrailer> {
    const reader = this.#reader
    await reader.leave()
    const certificates = (await reader.next()) === 0xa0 ? certificatesIn(await reader.element()) : []
    if ((await reader.next()) === 0xa1) await reader.element() // CRLs: nobody is asked whether a certificate was revoked
    const signers = membersOf(await reader.element(), 0x31, 'set of signers')
    if (signers.length > MAX_SIGNERS) throw malformed(`is signed by more than ${MAX_SIGNERS}`)
    for (let open = 3; open > 0; open--) await reader.leave()
    await reader.end()
    return { certificates, signers: signers.map(readSignerInfo) }
  }

  /** Tells the source that nothing more is wanted. */
  close(): Promise<void> {
    return this.#reader.close()
  }
}

function digestOid(element: Element): string {
  const [id, , ...others] = membersOf(element, 0x30, 'digest algorithm')
  if (others.length > 0) throw malformed('has a digest algorithm with more in it than belongs there')
  return dotted(valueOf(id, 6, 'digest algorithm'))
}

const CERTIFICATE = 0x30
/** RFC 5652 10.2.2: certificates of PKCS #6, attribute certificates and others. None of them is used. */
const OTHER_CERTIFICATES = [0xa0, 0xa1, 0xa2, 0xa3]

function certificatesIn(set: Element): Uint8Array[] {
  const members = membersOf(set, 0xa0, 'set of certificates')
  if (members.length > MAX_CERTIFICATES) throw malformed(`has more than ${MAX_CERTIFICATES} certificates`)
  return members.flatMap((member) => {
    if (member.tag === CERTIFICATE) return [derOf(member)]
    if (OTHER_CERTIFICATES.includes(member.tag)) return []
    throw malformed('has something else among its certificates')
  })
}

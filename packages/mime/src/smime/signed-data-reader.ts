import { BerReader, malformed, type Element } from './ber-reader.js'
import { derOf, dotted, membersOf, valueOf } from './cms-element.js'
import { ID } from './object-identifier.js'
import { readSignerInfo, type SignerInfo } from './signer-info.js'

const MAX_SIGNERS = 16
const MAX_CERTIFICATES = 100

/** What stands in a SignedData behind its content. */
export interface SignedDataTrailer {
  /** DER. */
  readonly certificates: readonly Uint8Array[]
  readonly signers: readonly SignerInfo[]
}

/**
 * Reads a SignedData (RFC 5652 5.1) from front to back: `head`, then `content` when there is some, then `trailer`. The content is given
 * as it comes and never held.
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
    valueOf(await reader.element(), 2, 'version')
    const digests = membersOf(await reader.element(), 0x31, 'digest algorithms').map((element) => {
      const [id] = membersOf(element, 0x30, 'digest algorithm')
      return dotted(valueOf(id, 6, 'digest algorithm'))
    })
    await reader.expect(0x30, 'encapContentInfo')
    const contentType = dotted(valueOf(await reader.element(), 6, 'type of its content'))
    return { contentType, digests, hasContent: await reader.more() }
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

  async trailer(): Promise<SignedDataTrailer> {
    const reader = this.#reader
    await reader.leave()
    const certificates: Uint8Array[] = []
    const signers: SignerInfo[] = []
    while (await reader.more()) {
      const element = await reader.element()
      // attribute certificates and certificates in old forms have tags of their own, and CRLs stand in [1]: none of them is used
      if (element.tag === 0xa0)
        certificates.push(
          ...bounded(element, 0xa0, MAX_CERTIFICATES)
            .filter(isPlain)
            .map((one) => derOf(one)),
        )
      if (element.tag === 0x31) signers.push(...bounded(element, 0x31, MAX_SIGNERS).map(readSignerInfo))
    }
    if (signers.length === 0) throw malformed('is signed by nobody')
    return { certificates, signers }
  }

  /** Tells the source that nothing more is wanted. */
  close(): Promise<void> {
    return this.#reader.close()
  }
}

const isPlain = ({ tag }: Element) => tag === 0x30

function bounded(element: Element, tag: number, most: number): readonly Element[] {
  const members = membersOf(element, tag, 'set')
  if (members.length > most) throw malformed(`has more than ${most} certificates or signers`)
  return members
}

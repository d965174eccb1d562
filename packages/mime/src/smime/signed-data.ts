import type { Certificate } from '@posthorn/certificate'
import { derHeader, integer, octetString, oid, sequence, setOf, tagged } from './der.js'
import { ID } from './object-identifier.js'

const VERSION = integer(1) // RFC 5652 5.1 and 5.3: content of type id-data, signers named by issuer and serial number
const SIGNED_DATA = oid(ID.signedData)
const DATA = oid(ID.data)

/** What a SignedData of one signer is made of, each part encoded. */
export interface SignedDataParts {
  readonly digestIdentifier: Uint8Array
  readonly certificates: readonly Certificate[]
  readonly signerInfo: Uint8Array
}

/** SignerInfo, RFC 5652 5.3; `attributes` is the SET OF that was signed. */
export function signerInfo(
  certificate: Certificate,
  digestIdentifier: Uint8Array,
  attributes: Uint8Array,
  signatureIdentifier: Uint8Array,
  signature: Uint8Array,
): Buffer {
  const implicit = Buffer.from(attributes)
  implicit[0] = 0xa0 // [0] IMPLICIT in place of SET: 5.4
  return sequence(
    VERSION,
    sequence(certificate.issuerDer, integer(certificate.serialNumber)),
    digestIdentifier,
    implicit,
    signatureIdentifier,
    octetString(signature),
  )
}

/** ContentInfo with a SignedData that holds the signature alone, RFC 5652 5.2: the content stands elsewhere. */
export function detachedSignedData(parts: SignedDataParts): Buffer {
  const signedData = sequence(VERSION, setOf([parts.digestIdentifier]), sequence(DATA), trailer(parts))
  return sequence(SIGNED_DATA, tagged(0, signedData))
}

/** ContentInfo with a SignedData around content of this size: what stands before the content, and what behind it. */
export function opaqueSignedData(
  parts: SignedDataParts,
  sizeOctets: number,
): { readonly before: Buffer; readonly behind: Buffer } {
  const behind = trailer(parts)
  let before = derHeader(0x04, sizeOctets)
  let length = before.length + sizeOctets
  /** One more layer around what is there; `first` stands in it before the content, `last` octets stand behind it. */
  const wrap = (tag: number, first: readonly Uint8Array[] = [], last = 0) => {
    const inside = Buffer.concat([...first, before])
    const size = inside.length - before.length + length + last
    const header = derHeader(tag, size)
    before = Buffer.concat([header, inside])
    length = header.length + size
  }
  wrap(0xa0)
  wrap(0x30, [DATA])
  wrap(0x30, [VERSION, setOf([parts.digestIdentifier])], behind.length)
  wrap(0xa0)
  wrap(0x30, [SIGNED_DATA])
  return { before, behind }
}

/** What stands behind encapContentInfo: certificates and signerInfos. */
function trailer({ certificates, signerInfo }: SignedDataParts): Buffer {
  const signers = setOf([signerInfo])
  if (certificates.length === 0) return signers
  return Buffer.concat([
    setOf(
      certificates.map(({ der }) => der),
      0xa0,
    ),
    signers,
  ])
}

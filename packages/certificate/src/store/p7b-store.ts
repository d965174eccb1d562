import { BerError } from '../asn1/ber-reader.js'
import { refusal } from '../refusal.js'
import type { Opener, StoreContents, StoredCertificate, StoreInput } from './opener.js'
import { pemBlocks } from './pem-blocks.js'
import { certificatesIn, isSignedData } from './signed-data.js'
import { storeText } from './store-text.js'
import type { Steps } from './steps.js'

/** Labels under which a SignedData stands in PEM: RFC 7468 8 and 9, OpenSSL, and what programs for Windows write. */
const SIGNED_DATA_LABELS = ['PKCS7', 'CMS', 'PKCS #7 SIGNED DATA', 'CERTIFICATE'] as const

/** Certificates without keys in a SignedData of PKCS #7 or CMS (RFC 5652 5.1): `.p7b`, `.p7c`, `.spc`; DER or PEM. */
export const p7bStore: Opener = { recognises: isSignedData, open }

function* open(input: StoreInput): Steps<StoreContents> {
  const { octets, place, sourceField } = input
  try {
    if (octets[0] === 0x30) return { certificates: yield* certificatesIn(octets, sourceField), keys: [] }
    const certificates: StoredCertificate[] = []
    for (const block of pemBlocks(storeText(octets), SIGNED_DATA_LABELS, place, sourceField)) {
      certificates.push(...(yield* certificatesIn(block.octets, sourceField)))
    }
    if (certificates.length === 0) throw new BerError('it is neither DER nor PEM of one')
    return { certificates, keys: [] }
  } catch (error) {
    if (!(error instanceof BerError)) throw error
    const message = `${place} cannot be read as P7B (certificates in a SignedData): ${error.message}`
    throw refusal(
      'certificate.format',
      sourceField,
      message,
      'Check that it is complete, or leave the type out.',
      error,
    )
  }
}

import { BerError, BerReader, TAG } from '../asn1/ber-reader.js'
import { readCertificate } from '../read-certificate.js'
import { refusal } from '../refusal.js'
import { encryptedKey } from './encrypted-key.js'
import type { Opener, StoreContents, StoreInput } from './opener.js'
import { CONVERT, UnsupportedEncryption } from './pkcs12/pbe.js'
import { storedKey } from './private-key-info.js'
import { publicKeyForm, storedPublicKey } from './public-key.js'
import type { Steps } from './steps.js'

/** One certificate or one key, as DER: `.cer`, `.crt`, `.der`, `.key`, `.p8`, `.pub`. */
export const derStore: Opener = {
  recognises: (octets) => contentOf(octets) !== undefined || publicKeyForm(octets) !== undefined,
  open,
}

function* open(input: StoreInput): Steps<StoreContents> {
  const { octets, place, sourceField } = input
  try {
    const form = publicKeyForm(octets)
    if (form) return { certificates: [], keys: [], publicKeys: [storedPublicKey(octets, form)] }
    const content = contentOf(octets)
    switch (content) {
      case undefined:
        throw new BerError('it has another structure')
      case 'certificate':
        return { certificates: [{ certificate: readCertificate(octets, sourceField) }], keys: [] }
      case 'encrypted':
        return { certificates: [], keys: [yield* encryptedKey(octets, input)] }
      default:
        return { certificates: [], keys: [storedKey(octets, content, sourceField)] }
    }
  } catch (error) {
    if (!(error instanceof BerError)) throw error
    const message = `${place} is neither a certificate nor a key in DER: ${error.message}`
    const hint =
      error instanceof UnsupportedEncryption
        ? CONVERT
        : 'Check that it is complete, or leave the type out and let the octets decide.'
    throw refusal('certificate.format', sourceField, message, hint, error)
  }
}

/** The version of a certificate, which one of version 1 does not have: the serial number is first there. */
const VERSION = 0xa0
/** Keys are of version 0 or 1; 3 is PKCS #12. */
const MAX_VERSION = 1

/** Tells the structures apart by the first elements. */
function contentOf(octets: Uint8Array): 'certificate' | 'encrypted' | 'pkcs8' | 'pkcs1' | 'sec1' | undefined {
  try {
    const outer = new BerReader(octets).inside()
    const first = outer.next()
    if (first.tag === TAG.sequence) {
      const inner = new BerReader(first.content).nextTag
      if (inner === TAG.oid) return 'encrypted'
      return inner === VERSION || inner === TAG.integer ? 'certificate' : undefined // a BCFKS store has a sequence here
    }
    if (first.tag !== TAG.integer || first.content.length !== 1 || first.content[0]! > MAX_VERSION) return undefined
    const second = outer.nextTag
    if (second === TAG.sequence) return 'pkcs8'
    return second === TAG.integer ? 'pkcs1' : second === TAG.octetString ? 'sec1' : undefined
  } catch {
    return undefined
  }
}

import { BerError } from '../asn1/ber-reader.js'
import { readCertificate } from '../read-certificate.js'
import { firstElement } from '../read-certificates.js'
import { refusal } from '../refusal.js'
import type { Opener, StoreContents, StoredCertificate, StoredPublicKey, StoreInput } from './opener.js'
import { pemBlocks } from './pem-blocks.js'
import { publicKeyForm, storedPublicKey } from './public-key.js'
import { storeText } from './store-text.js'
import { Turn } from './turn.js'
import type { Steps } from './steps.js'

/**
 * Certificates and public keys without private ones, PEM or DER: `.cer`, `.crt`, `.pub`. Private keys beside them in PEM are passed over. For
 * `auto`, PEM and DER, which are asked before, know all that is in here.
 */
export const publicKeyStore: Opener = { recognises: () => false, open }

const CERTIFICATE_LABELS = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'] as const
const FORMS = { 'PUBLIC KEY': 'spki', 'RSA PUBLIC KEY': 'pkcs1' } as const
const LABELS = [...CERTIFICATE_LABELS, 'PUBLIC KEY', 'RSA PUBLIC KEY'] as const

function* open(input: StoreInput): Steps<StoreContents> {
  const { octets, place, sourceField } = input
  try {
    return octets[0] === 0x30 ? fromDer(octets, sourceField) : yield* fromPem(input)
  } catch (error) {
    if (!(error instanceof BerError)) throw error
    const message = `${place} has no certificate and no public key that can be read: ${error.message}`
    const hint = 'Give a certificate, or a public key as SubjectPublicKeyInfo or PKCS #1, in PEM or DER.'
    throw refusal('certificate.format', sourceField, message, hint, error)
  }
}

function fromDer(octets: Uint8Array, field: string): StoreContents {
  const form = publicKeyForm(octets)
  if (form) return { certificates: [], keys: [], publicKeys: [storedPublicKey(octets, form)] }
  return { certificates: [{ certificate: readCertificate(octets, field) }], keys: [] }
}

function* fromPem({ octets, place, sourceField }: StoreInput): Steps<StoreContents> {
  const certificates: StoredCertificate[] = []
  const publicKeys: StoredPublicKey[] = []
  const turn = new Turn()
  for (const block of pemBlocks(storeText(octets), LABELS, place, sourceField)) {
    yield* turn.pass()
    if (block.label === 'PUBLIC KEY' || block.label === 'RSA PUBLIC KEY') {
      publicKeys.push(storedPublicKey(block.octets, FORMS[block.label]))
    } else {
      certificates.push({ certificate: readCertificate(firstElement(block.octets), sourceField) })
    }
  }
  if (certificates.length + publicKeys.length === 0) throw new BerError('it has no such block in PEM')
  return { certificates, keys: [], publicKeys }
}

import { BerError, BerReader, insideOnly, TAG } from '../asn1/ber-reader.js'
import { readCertificate } from '../read-certificate.js'
import type { StoredCertificate } from './opener.js'
import { Turn } from './turn.js'
import type { Steps } from './steps.js'

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const EXPLICIT = 0xa0
const CERTIFICATES = 0xa0

/** The bundles of authorities that operating systems bring have some hundreds. */
const MAX_CERTIFICATES = 10_000

/** Whether these octets begin like a SignedData of CMS (RFC 5652 5.1), which PKCS #7 has, too. */
export function isSignedData(octets: Uint8Array): boolean {
  try {
    return new BerReader(octets).inside().oid() === SIGNED_DATA
  } catch {
    return false
  }
}

/**
 * The certificates in a SignedData, BER or DER, whether or not something is signed in it. Those that are not X.509, such as attribute
 * certificates, are passed over.
 * @throws {BerError} when it is malformed or has no certificate
 * @throws {SettingsError} `certificate.format` when a certificate in it cannot be read
 */
export function* certificatesIn(octets: Uint8Array, field: string): Steps<readonly StoredCertificate[]> {
  const contentInfo = insideOnly(octets)
  if (contentInfo.oid() !== SIGNED_DATA) throw new BerError('it is no SignedData')
  const signedData = contentInfo.inside(EXPLICIT).inside()
  signedData.next(TAG.integer) // the version
  signedData.next(TAG.set) // the digests
  signedData.next(TAG.sequence) // what is signed: nothing in a store
  const list = signedData.optional(CERTIFICATES)
  const found: StoredCertificate[] = []
  const reader = list && new BerReader(list.content)
  const turn = new Turn()
  while (reader && !reader.done) {
    yield* turn.pass()
    const { tag, whole } = reader.next()
    if (tag !== TAG.sequence) continue
    if (found.length === MAX_CERTIFICATES) throw new BerError(`it has more than ${MAX_CERTIFICATES} certificates`)
    found.push({ certificate: readCertificate(whole, field) })
  }
  if (found.length === 0) throw new BerError('it has no certificate')
  return found
}

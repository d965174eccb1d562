import { BerReader, insideOnly, TAG } from './asn1/ber-reader.js'
import type { Certificate } from './certificate.js'

const VERSION = 0xa0

/** The SubjectPublicKeyInfo of a certificate (RFC 5280 4.1.2.7), octet for octet as it stands there: what pins and TLSA records are made of. */
export function subjectPublicKeyInfo({ der }: Pick<Certificate, 'der'>): Uint8Array {
  const toBeSigned = new BerReader(insideOnly(der).next(TAG.sequence).content)
  toBeSigned.optional(VERSION)
  toBeSigned.next(TAG.integer)
  for (const _ of ['algorithm', 'issuer', 'validity', 'subject']) toBeSigned.next(TAG.sequence)
  return toBeSigned.next(TAG.sequence).whole
}

import type { DigestName, PrivateKey, RsaPadding } from '@posthorn/certificate'
import { derNull, integer, oid, sequence, tagged } from './der.js'
import { DIGESTS, type DigestAlgorithm } from './digest-algorithm.js'
import { ID } from './object-identifier.js'

/** ECDSA with a digest, RFC 5754 3.3 and RFC 3279 2.2.3. */
export const ECDSA: Readonly<Record<DigestName, string>> = {
  sha1: '1.2.840.10045.4.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
}

/** RSASSA-PKCS1-v1_5 under the name that has the digest in it; we write rsaEncryption (RFC 3370 3.2) and read both. */
export const RSA_WITH_DIGEST: Readonly<Record<DigestName, string>> = {
  sha1: '1.2.840.113549.1.1.5',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
}

/** The AlgorithmIdentifier of a digest; without parameters, RFC 5754 2. */
export const digestIdentifier = (digest: DigestAlgorithm): Buffer => sequence(oid(digest.oid))

/** The AlgorithmIdentifier of the signature that this kind of key makes. */
export function signatureIdentifier(
  type: Exclude<PrivateKey['type'], 'x25519'>,
  digest: DigestAlgorithm,
  padding: RsaPadding,
): Buffer {
  if (type === 'ed25519') return sequence(oid(ID.ed25519)) // RFC 8419 3.1
  if (type === 'ec') return sequence(oid(ECDSA[digest.name]))
  return padding === 'pss'
    ? sequence(oid(ID.rsassaPss), pssParameters(digest))
    : sequence(oid(ID.rsaEncryption), derNull)
}

/** RSASSA-PSS-params, RFC 4055 3.1: MGF1 with the same digest, salt as long as the digest. What is the default is left out. */
function pssParameters(digest: DigestAlgorithm): Buffer {
  if (digest === DIGESTS.sha1) return sequence()
  const hash = sequence(oid(digest.oid), derNull) // RFC 4055 2.1 wants NULL here, unlike CMS
  return sequence(tagged(0, hash), tagged(1, sequence(oid(ID.mgf1), hash)), tagged(2, integer(digest.sizeOctets)))
}

import type { Certificate } from '@posthorn/certificate'
import { integer, octetString, oid, sequence, setOf, tagged, time } from './der.js'
import { ID } from './object-identifier.js'

/** What we say we can read, most liked first (RFC 8551 2.5.2, 2.7): AES-256-GCM, AES-128-GCM, AES-256-CBC, AES-128-CBC. */
const CAPABILITIES = attribute(
  ID.smimeCapabilities,
  sequence(
    ...['2.16.840.1.101.3.4.1.46', '2.16.840.1.101.3.4.1.6', '2.16.840.1.101.3.4.1.42', '2.16.840.1.101.3.4.1.2'].map(
      (cipher) => sequence(oid(cipher)),
    ),
  ),
)
const CONTENT_IS_DATA = attribute(ID.contentType, oid(ID.data))
/** What a certificate adds to each of its signatures. */
const byCertificate = new WeakMap<Certificate, Buffer>()

/**
 * The attributes that are signed, RFC 5652 11 and RFC 8551 2.5, as the SET OF that the signature covers. In SignerInfo it stands with
 * the tag [0] in place of SET.
 */
export function signedAttributes(certificate: Certificate, messageDigest: Uint8Array, signedAt: Date): Buffer {
  return setOf([
    CONTENT_IS_DATA,
    attribute(ID.messageDigest, octetString(messageDigest)),
    attribute(ID.signingTime, time(signedAt)),
    CAPABILITIES,
    signingCertificate(certificate),
  ])
}

/** RFC 5035 3: ties the signature to this one certificate, with its SHA-256, which is the default and so not named. */
function signingCertificate(certificate: Certificate): Buffer {
  const known = byCertificate.get(certificate)
  if (known) return known
  const hash = octetString(Buffer.from(certificate.fingerprints.sha256, 'hex'))
  const issuer = sequence(tagged(4, certificate.issuerDer)) // GeneralNames with one directoryName
  const value = sequence(sequence(sequence(hash, sequence(issuer, integer(certificate.serialNumber)))))
  const made = attribute(ID.signingCertificateV2, value)
  byCertificate.set(certificate, made)
  return made
}

function attribute(type: string, value: Buffer): Buffer {
  return sequence(oid(type), setOf([value]))
}

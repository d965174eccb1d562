import { createHash } from 'node:crypto'
import { TAG } from '../asn1/ber-reader.js'
import type { Certificate } from '../certificate.js'
import { certificateParts } from '../read-certificate.js'

export const OCSP_REQUEST_TYPE = 'application/ocsp-request'

/** AlgorithmIdentifier of SHA-1 with NULL. */
const SHA1 = Buffer.from('300906052b0e03021a0500', 'hex')

/**
 * The question for one certificate (RFC 6960 4.1.1). It is the one of RFC 5019 2.1.1, which every responder answers: one CertID with SHA-1,
 * which only names the issuer and protects nothing, no signature, and no nonce, since responders that serve many sign beforehand.
 */
export function ocspRequest(certificate: Certificate, issuer: Certificate): Uint8Array {
  const { nameHash, keyHash } = issuerHashes('sha1', certificate, issuer)
  const serialNumber = element(TAG.integer, certificate.serialNumber)
  const certId = sequence(SHA1, element(TAG.octetString, nameHash), element(TAG.octetString, keyHash), serialNumber)
  return sequence(sequence(sequence(sequence(certId))))
}

/** How a CertID names an issuer: digests of its name and of its key without the octets around it. */
export function issuerHashes(digest: string, certificate: Certificate, issuer: Certificate) {
  const hash = (octets: Uint8Array) => createHash(digest).update(octets).digest()
  return { nameHash: hash(certificate.issuerDer), keyHash: hash(certificateParts(issuer).publicKey.octets) }
}

function sequence(...contents: readonly Uint8Array[]): Buffer {
  return element(TAG.sequence, ...contents)
}

/** One element of DER, of at most 65 535 octets: serial numbers are the only part of a question whose size varies. */
function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...head), content])
}

import { constants, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Certificate } from './certificate.js'
import { unusableKey } from './key-strength.js'
import { certificateParts } from './read-certificate.js'
import type { SignedPart } from './read-certificate.js'
import { signatureAlgorithm } from './signature-algorithm.js'
import type { CertificateSignature } from './signature-algorithm.js'

/** The kinds of key that make each kind of signature, as `node:crypto` names them. */
const KEY_TYPES: Readonly<Record<CertificateSignature['kind'], readonly string[]>> = {
  pkcs1: ['rsa'],
  pss: ['rsa', 'rsa-pss'],
  ecdsa: ['ec'],
  ed25519: ['ed25519'],
  ed448: ['ed448'],
}

/** How the signature under a certificate was made; undefined when it is a way that is not known. */
export function signatureOf(certificate: Certificate): CertificateSignature | undefined {
  return signatureBy(certificateParts(certificate).signed)
}

/** As `signatureOf`, for a CRL or an OCSP response. */
export function signatureBy(signed: Pick<SignedPart, 'algorithm'>): CertificateSignature | undefined {
  return signatureAlgorithm(signed.algorithm)
}

interface VerifyKey {
  readonly key: KeyObject
  readonly padding?: number
  readonly saltLength?: number
}

type Arguments = readonly [digest: string | null, octets: Uint8Array, key: VerifyKey, signature: Uint8Array]

const verifyInPool: (...given: Arguments) => Promise<boolean> = promisify(verify)

/** Whether the key of `issuer` made the signature of `certificate`; in the thread pool. False for keys that `unusableKey` names. */
export async function signedBy(issuer: Certificate, certificate: Certificate): Promise<boolean> {
  return signedPartBy(issuer, certificateParts(certificate).signed)
}

/** As `signedBy`, for a CRL or an OCSP response. */
export async function signedPartBy(issuer: Certificate, signed: SignedPart): Promise<boolean> {
  try {
    const given = verification(issuer, signed)
    return given !== undefined && (await verifyInPool(...given))
  } catch {
    return false // a key or an algorithm that OpenSSL does not have proves nothing
  }
}

/** As `signedBy`, at once: for certificates out of one's own store. */
export function signedBySync(issuer: Certificate, certificate: Certificate): boolean {
  try {
    const given = verification(issuer, certificateParts(certificate).signed)
    return given !== undefined && verify(...given)
  } catch {
    return false
  }
}

/** What `verify` of `node:crypto` is to be given; undefined when this key cannot have made this signature. */
function verification(issuer: Certificate, signed: SignedPart): Arguments | undefined {
  const signature = signatureBy(signed)
  // RFC 5280 4.1.1.2: what was signed names the algorithm, too, or it could be exchanged
  if (!signature || Buffer.compare(signed.algorithm, signed.algorithmInside) !== 0) return undefined
  if (unusableKey(issuer) !== undefined) return undefined
  const key = issuer.publicKey
  if (!KEY_TYPES[signature.kind].includes(key.asymmetricKeyType ?? '')) return undefined
  return [signature.digest, signed.octets, verifyKey(key, signature), signed.signature]
}

function verifyKey(key: KeyObject, { kind, saltOctets }: CertificateSignature): VerifyKey {
  if (kind === 'pkcs1') return { key, padding: constants.RSA_PKCS1_PADDING }
  return saltOctets === undefined ? { key } : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltOctets }
}

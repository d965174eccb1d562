import { BerError, BerReader } from './asn1/ber-reader.js'
import type { SignatureAlgorithmName } from './certificate.js'

/** How the signature under a certificate is to be checked. */
export interface CertificateSignature {
  readonly kind: 'pkcs1' | 'pss' | 'ecdsa' | 'ed25519' | 'ed448'
  /** As `node:crypto` names it; Ed25519 and Ed448 have their own. */
  readonly digest: string | null
  /** For PSS. */
  readonly saltOctets?: number
}

const RSASSA_PSS = '1.2.840.113549.1.1.10'
const MGF1 = '1.2.840.113549.1.1.8'
const NIST = '2.16.840.1.101.3.4'

const SHA3 = ['sha3-224', 'sha3-256', 'sha3-384', 'sha3-512']

/** RFC 8017 A.2.4, RFC 5758, RFC 8410, and those with SHA-3. */
const SIGNATURES: Readonly<Record<string, CertificateSignature>> = {
  '1.2.840.113549.1.1.4': { kind: 'pkcs1', digest: 'md5' },
  '1.2.840.113549.1.1.5': { kind: 'pkcs1', digest: 'sha1' },
  '1.3.14.3.2.29': { kind: 'pkcs1', digest: 'sha1' },
  '1.2.840.113549.1.1.11': { kind: 'pkcs1', digest: 'sha256' },
  '1.2.840.113549.1.1.12': { kind: 'pkcs1', digest: 'sha384' },
  '1.2.840.113549.1.1.13': { kind: 'pkcs1', digest: 'sha512' },
  '1.2.840.113549.1.1.14': { kind: 'pkcs1', digest: 'sha224' },
  '1.2.840.10045.4.1': { kind: 'ecdsa', digest: 'sha1' },
  '1.2.840.10045.4.3.1': { kind: 'ecdsa', digest: 'sha224' },
  '1.2.840.10045.4.3.2': { kind: 'ecdsa', digest: 'sha256' },
  '1.2.840.10045.4.3.3': { kind: 'ecdsa', digest: 'sha384' },
  '1.2.840.10045.4.3.4': { kind: 'ecdsa', digest: 'sha512' },
  ...Object.fromEntries(SHA3.map((digest, index) => [`${NIST}.3.${13 + index}`, { kind: 'pkcs1', digest }] as const)),
  '1.3.101.112': { kind: 'ed25519', digest: null },
  '1.3.101.113': { kind: 'ed448', digest: null },
}

/** The digests of PSS; MD5 is not among them. */
const PSS_DIGESTS: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  [`${NIST}.2.1`]: 'sha256',
  [`${NIST}.2.2`]: 'sha384',
  [`${NIST}.2.3`]: 'sha512',
  [`${NIST}.2.4`]: 'sha224',
}

/** The names of RFC 8017 A.2.4, RFC 5758, RFC 8410 and the NIST. */
const NAMES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.2': 'md2WithRSAEncryption',
  '1.2.840.113549.1.1.4': 'md5WithRSAEncryption',
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.3.14.3.2.29': 'sha1WithRSA',
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption',
  '1.2.840.113549.1.1.14': 'sha224WithRSAEncryption',
  [RSASSA_PSS]: 'RSASSA-PSS',
  '1.2.840.10040.4.3': 'dsa-with-sha1',
  '2.16.840.1.101.3.4.3.2': 'dsa-with-sha256',
  '1.2.840.10045.4.1': 'ecdsa-with-SHA1',
  '1.2.840.10045.4.3.1': 'ecdsa-with-SHA224',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
  '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
  '1.2.840.10045.4.3.4': 'ecdsa-with-SHA512',
  ...Object.fromEntries(
    SHA3.map((digest, index) => [`${NIST}.3.${13 + index}`, `${digest}WithRSAEncryption`] as const),
  ),
  '1.3.101.112': 'Ed25519',
  '1.3.101.113': 'Ed448',
}

/** How a signature is to be checked. @param der an AlgorithmIdentifier @returns undefined when it is a way that is not known */
export function signatureAlgorithm(der: Uint8Array): CertificateSignature | undefined {
  try {
    const algorithm = new BerReader(der).inside()
    const oid = algorithm.oid()
    return oid === RSASSA_PSS ? pssSignature(algorithm.inside()) : SIGNATURES[oid]
  } catch (error) {
    if (!(error instanceof BerError)) throw error
    return undefined
  }
}

/** What to call a way to sign. @param der an AlgorithmIdentifier */
export function signatureAlgorithmName(der: Uint8Array): SignatureAlgorithmName {
  const oid = new BerReader(der).inside().oid()
  return { oid, name: NAMES[oid] ?? oid, digest: signatureAlgorithm(der)?.digest ?? undefined }
}

const MAX_SALT_OCTETS = 512

/** RFC 4055 3.1. The mask must be made with the digest of the signature, which it is everywhere. */
function pssSignature(parameters: BerReader): CertificateSignature | undefined {
  const hash = parameters.optional(0xa0)
  const mask = parameters.optional(0xa1)
  const salt = parameters.optional(0xa2)
  const trailer = parameters.optional(0xa3)
  const digest = hash ? pssDigest(new BerReader(hash.content).inside()) : 'sha1'
  const maskDigest = mask ? maskDigestOf(new BerReader(mask.content).inside()) : 'sha1'
  const saltOctets = salt ? new BerReader(salt.content).smallInteger() : 20
  if (trailer && new BerReader(trailer.content).smallInteger() !== 1) return undefined
  if (digest === undefined || digest !== maskDigest || saltOctets > MAX_SALT_OCTETS) return undefined
  return { kind: 'pss', digest, saltOctets }
}

function pssDigest(algorithm: BerReader): string | undefined {
  return PSS_DIGESTS[algorithm.oid()]
}

function maskDigestOf(algorithm: BerReader): string | undefined {
  return algorithm.oid() === MGF1 ? pssDigest(algorithm.inside()) : undefined
}

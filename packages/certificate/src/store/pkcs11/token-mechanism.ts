import { createHash } from 'node:crypto'
import type { DigestName, SignatureAlgorithm } from '../../private-key.js'
import type { Mechanism } from './cryptoki.js'

/** A mechanism, the octets to give to it, and what to do with what it gives. */
export interface TokenSigning {
  readonly mechanism: Mechanism
  readonly octets: Buffer
  readonly signature: (raw: Uint8Array) => Uint8Array
}

/** DigestInfo up to the digest (RFC 8017 9.2, note 1). */
const DIGEST_INFO: Readonly<Record<DigestName, string>> = {
  sha1: '3021300906052b0e03021a05000414',
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
}

/** CKM_SHA_1 and its sisters, CKG_MGF1_SHA1 and its sisters, and the octets of the digest, which the salt has too (RFC 8017 9.1). */
const PSS: Readonly<Record<DigestName, { readonly hashAlg: number; readonly mgf: number; readonly saltLen: number }>> =
  {
    sha1: { hashAlg: 0x220, mgf: 1, saltLen: 20 },
    sha256: { hashAlg: 0x250, mgf: 2, saltLen: 32 },
    sha384: { hashAlg: 0x260, mgf: 3, saltLen: 48 },
    sha512: { hashAlg: 0x270, mgf: 4, saltLen: 64 },
  }

const CKM_RSA_PKCS = 0x01
const CKM_RSA_PKCS_PSS = 0x0d
const CKM_ECDSA = 0x1041
const CKM_EDDSA = 0x1057
/** CK_RSA_PKCS_PSS_PARAMS, by the number that pkcs11js has for it. */
const PSS_PARAMETERS = 5

/**
 * RSA with PKCS #1 or PSS. The digest is made here: a card takes seconds for a large message, and every card can sign a digest, while few
 * have all the mechanisms that make one.
 */
export function rsaSigning(octets: Uint8Array, { digest, padding = 'pkcs1' }: SignatureAlgorithm): TokenSigning {
  const hashed = createHash(digest).update(octets).digest()
  if (padding === 'pss') {
    const parameter = { type: PSS_PARAMETERS, ...PSS[digest] }
    return { mechanism: { mechanism: CKM_RSA_PKCS_PSS, parameter }, octets: hashed, signature: (raw) => raw }
  }
  const digestInfo = Buffer.concat([Buffer.from(DIGEST_INFO[digest], 'hex'), hashed])
  return { mechanism: { mechanism: CKM_RSA_PKCS }, octets: digestInfo, signature: (raw) => raw }
}

/** ECDSA. Tokens want no more of the digest than the curve can take (FIPS 186-5 6.4.1). @param orderOctets how many octets the order of the curve has */
export function ecSigning(octets: Uint8Array, { digest }: SignatureAlgorithm, orderOctets: number): TokenSigning {
  const hashed = createHash(digest).update(octets).digest().subarray(0, orderOctets)
  return { mechanism: { mechanism: CKM_ECDSA }, octets: hashed, signature: ecdsaDer }
}

/** Ed25519 (RFC 8032) signs the octets themselves. */
export function edwardsSigning(octets: Uint8Array): TokenSigning {
  return { mechanism: { mechanism: CKM_EDDSA }, octets: Buffer.from(octets), signature: (raw) => raw }
}

/** What tokens give is r and s side by side; Ecdsa-Sig-Value (RFC 3279 2.2.3) is what everybody else has. */
function ecdsaDer(raw: Uint8Array): Uint8Array {
  const middle = raw.length / 2
  const content = Buffer.concat([integer(raw.subarray(0, middle)), integer(raw.subarray(middle))])
  const head = content.length < 0x80 ? [0x30, content.length] : [0x30, 0x81, content.length]
  return Buffer.concat([Buffer.from(head), content])
}

/** A positive INTEGER of no more octets than it needs; of fewer than 128. */
function integer(octets: Uint8Array): Buffer {
  let start = 0
  while (start < octets.length - 1 && octets[start] === 0) start++
  const digits = octets.subarray(start)
  const sign = digits[0]! > 0x7f ? [0] : []
  return Buffer.from([0x02, digits.length + sign.length, ...sign, ...digits])
}

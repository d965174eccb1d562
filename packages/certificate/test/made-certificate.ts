import { generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject, SignKeyObjectInput } from 'node:crypto'
import { element, integer, nothing, octetString, oid, sequence } from './der-writer.js'

/** How a certificate that is made octet by octet is signed: what `node:crypto` is told, and what the certificate says. */
export interface Signing {
  readonly key: KeyObject
  readonly digest: string | null
  readonly options?: Omit<SignKeyObjectInput, 'key'>
  /** An AlgorithmIdentifier. */
  readonly algorithm: Buffer
}

/** What a certificate is to say; no library would write all of it. */
export interface MadeFacts {
  readonly subject: string
  readonly issuer: string
  /** A key, or a SubjectPublicKeyInfo. */
  readonly publicKey: KeyObject | Buffer
  readonly signing: Signing
  readonly isAuthority?: boolean
  /** Complete extensions. */
  readonly extensions?: readonly Buffer[]
  readonly serialNumber?: number
  /** UTCTime; default `491231235959Z`. */
  readonly notAfter?: string
  /** The AlgorithmIdentifier in the signed part, when it is another one. */
  readonly algorithmInside?: Buffer
}

/** A certificate as DER, valid from 2020 to 2049. */
export function madeCertificate(facts: MadeFacts): Buffer {
  const { publicKey, signing, isAuthority = false, extensions = [] } = facts
  const basicConstraints = extension('2.5.29.19', sequence(element(1, Buffer.of(0xff))), true)
  const toBeSigned = sequence(
    element(0xa0, integer(2)),
    integer(facts.serialNumber ?? 1),
    facts.algorithmInside ?? signing.algorithm,
    commonName(facts.issuer),
    sequence(
      element(0x17, Buffer.from('200101000000Z')),
      element(0x17, Buffer.from(facts.notAfter ?? '491231235959Z')),
    ),
    commonName(facts.subject),
    Buffer.isBuffer(publicKey) ? publicKey : publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...(isAuthority ? [basicConstraints] : []), ...extensions)),
  )
  const signature = sign(signing.digest, toBeSigned, { key: signing.key, ...signing.options })
  return sequence(toBeSigned, signing.algorithm, element(3, Buffer.of(0), signature))
}

export function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [element(1, Buffer.of(0xff))] : []), octetString(value))
}

/** subjectAltName with these mail addresses. */
export function mailNames(...addresses: readonly string[]): Buffer {
  return extension('2.5.29.17', sequence(...addresses.map((address) => element(0x81, Buffer.from(address, 'latin1')))))
}

/** An RSA key of any size and exponent, of which nobody has the private half. */
export function rsaPublicKey(modulus: Buffer, exponent: Buffer): Buffer {
  const key = sequence(positive(modulus), positive(exponent))
  return sequence(sequence(oid('1.2.840.113549.1.1.1'), nothing()), element(3, Buffer.of(0), key))
}

export const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))

/** Signs with ECDSA and SHA-256. */
export function ecdsa(key: KeyObject): Signing {
  return { key, digest: 'sha256', algorithm: ECDSA_SHA256 }
}

/** Signs with RSASSA-PKCS1-v1_5. */
export function pkcs1(key: KeyObject, digest: string, id: string): Signing {
  return { key, digest, algorithm: sequence(oid(id), nothing()) }
}

export const ecKeys = (namedCurve = 'prime256v1') => generateKeyPairSync('ec', { namedCurve })

function commonName(text: string): Buffer {
  return sequence(element(0x31, sequence(oid('2.5.4.3'), element(0x0c, Buffer.from(text)))))
}

function positive(octets: Buffer): Buffer {
  return element(2, octets[0]! > 0x7f ? Buffer.concat([Buffer.of(0), octets]) : octets)
}

import { hash, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { SettingsError } from '@posthorn/ground'
import { BerReader, insideOnly, TAG } from './asn1/ber-reader.js'
import { authorityInfoAccessUrls, crlDistributionUrls, requiresStapling } from './access-urls.js'
import { alternativeNames } from './alternative-names.js'
import type { AlternativeName, Certificate, SignatureAlgorithmName } from './certificate.js'
import { pemText } from './pem-text.js'
import { certificateExtensions } from './certificate-extensions.js'
import type { CertificateExtensions } from './certificate-extensions.js'
import { attributeTexts, EMAIL_ADDRESS, nameAttributes, nameText } from './distinguished-name.js'
import { EC, publicKeyAlgorithmName, publicKeyBits, readPublicKeyInfo } from './public-key-info.js'
import type { PublicKeyInfo } from './public-key-info.js'
import { refusal } from './refusal.js'
import { signatureAlgorithmName } from './signature-algorithm.js'

const VERSION = 0xa0
const EXTENSIONS = 0xa3

/** What stands in a certificate besides what `Certificate` tells: for matching keys and checking paths. */
export interface CertificateParts {
  readonly subjectDer: Uint8Array
  readonly publicKey: PublicKeyInfo
  readonly extensions: CertificateExtensions
  /** 1, 2 or 3; a certificate of version 1 has no extensions. */
  readonly version: number
  readonly signed: SignedPart
}

/** What the issuer signed, and how (RFC 5280 4.1.1). */
export interface SignedPart {
  readonly octets: Uint8Array
  /** The AlgorithmIdentifier behind the signed part, and the one in it. */
  readonly algorithm: Uint8Array
  readonly algorithmInside: Uint8Array
  readonly signature: Uint8Array
}

/** Certificates of people have 1 to 2 KiB, those of servers with hundreds of names some 20. */
const MAX_OCTETS = 64 * 1024

const partsOf = new WeakMap<Certificate, CertificateParts>()

/** The parts of a certificate; they are read again when it was not made by `readCertificate`. */
export function certificateParts(certificate: Certificate): CertificateParts {
  let parts = partsOf.get(certificate)
  if (!parts) {
    parts = certificateParts(readCertificate(certificate.der))
    partsOf.set(certificate, parts)
  }
  return parts
}

/**
 * Reads an X.509 certificate out of DER (RFC 5280 4.1). What needs work, such as names and fingerprints, is worked out when it is first
 * asked for, and kept. The octets are copied.
 * @throws {SettingsError} `certificate.format` when these octets are no certificate, or something follows it; when it has more than 64 KiB or
 *   1000 alternative names; when its key is on an elliptic curve with parameters of its own (RFC 5480 2.1.1 forbids them); a public key of a
 *   kind that Node does not know gives it when `publicKey` is read
 */
export function readCertificate(der: Uint8Array, field = 'certificate'): Certificate {
  if (der.length > MAX_OCTETS) throw refusal('certificate.format', field, 'is larger than 64 KiB', EXPECTED)
  try {
    return new DerCertificate(new Uint8Array(der), field)
  } catch (cause) {
    if (cause instanceof SettingsError) throw cause
    throw refusal('certificate.format', field, 'is not an X.509 certificate in DER', EXPECTED, cause)
  }
}

const EXPECTED =
  'Give the octets of one certificate, such as those of a .cer file; for PEM and PFX use openCertificateStore.'

class DerCertificate implements Certificate {
  readonly der: Uint8Array
  readonly issuerDer: Uint8Array
  readonly serialNumber: Uint8Array
  readonly validFrom: Date
  readonly validTo: Date
  readonly keyUsage: readonly string[] | undefined
  readonly extendedKeyUsage: readonly string[] | undefined
  readonly keyUsageFlags: number
  readonly subjectKeyIdentifier: Uint8Array | undefined
  readonly authorityKeyIdentifier: Uint8Array | undefined
  readonly isAuthority: boolean
  readonly dnsNames: readonly string[]
  readonly emails: readonly string[]
  readonly signatureAlgorithm: SignatureAlgorithmName
  readonly #x509: X509Certificate
  readonly #parts: CertificateParts
  #subject: string | undefined
  #issuer: string | undefined
  #fingerprints: Certificate['fingerprints'] | undefined
  #subjectAltNames: readonly AlternativeName[] | undefined

  constructor(der: Uint8Array, field: string) {
    const whole = insideOnly(der)
    const tbs = whole.next(TAG.sequence)
    const toBeSigned = new BerReader(tbs.content)
    const version = toBeSigned.optional(VERSION)
    this.der = der
    this.serialNumber = toBeSigned.next(TAG.integer).content
    const algorithmInside = toBeSigned.next(TAG.sequence).whole
    this.issuerDer = toBeSigned.next(TAG.sequence).whole
    toBeSigned.next(TAG.sequence) // the validity, which Node reads
    const subjectDer = toBeSigned.next(TAG.sequence).whole
    const publicKey = readPublicKeyInfo(toBeSigned.next(TAG.sequence).whole)
    // OpenSSL takes half a second for a point on a curve made for it, as soon as it reads the certificate
    if (publicKey.algorithm === EC && publicKey.curve === undefined) {
      const message = 'has a key on an elliptic curve with parameters of its own'
      throw refusal('certificate.format', field, message, 'Have a certificate made with a key on P-256 or P-384.')
    }
    let extensionsDer: Uint8Array | undefined
    while (!toBeSigned.done) {
      const element = toBeSigned.next()
      if (element.tag === EXTENSIONS) extensionsDer = element.content
    }
    this.#x509 = new X509Certificate(der) // the judge of what is not read here
    this.validFrom = dateOf(this.#x509.validFrom)
    this.validTo = dateOf(this.#x509.validTo)
    const extensions = certificateExtensions(extensionsDer)
    this.keyUsage = extensions.keyUsage
    this.extendedKeyUsage = extensions.extendedKeyUsage
    this.keyUsageFlags = extensions.keyUsageFlags
    this.subjectKeyIdentifier = extensions.subjectKeyIdentifier
    this.authorityKeyIdentifier = extensions.authorityKeyIdentifier
    this.isAuthority = extensions.isAuthority
    this.dnsNames = extensions.dnsNames
    this.emails = [...new Set([...extensions.emails, ...attributeTexts(subjectDer, EMAIL_ADDRESS)])]
    this.#parts = {
      subjectDer,
      publicKey,
      extensions,
      version: version ? new BerReader(version.content).smallInteger() + 1 : 1,
      signed: {
        octets: tbs.whole,
        algorithm: whole.next(TAG.sequence).whole,
        algorithmInside,
        signature: whole.next(TAG.bitString).content.subarray(1),
      },
    }
    nameAttributes(this.issuerDer) // what cannot be told must be refused here, and not where somebody asks for it
    this.signatureAlgorithm = signatureAlgorithmName(this.#parts.signed.algorithm)
    partsOf.set(this, this.#parts)
  }

  get subject(): string {
    return (this.#subject ??= nameText(this.#parts.subjectDer))
  }

  get issuer(): string {
    return (this.#issuer ??= nameText(this.issuerDer))
  }

  get pem(): string {
    return pemText('CERTIFICATE', this.der)
  }

  get version(): number {
    return this.#parts.version
  }

  get serialNumberHex(): string {
    return Buffer.from(this.serialNumber).toString('hex')
  }

  get publicKeyDer(): Uint8Array {
    return this.#parts.publicKey.der
  }

  get publicKeyPem(): string {
    return pemText('PUBLIC KEY', this.publicKeyDer)
  }

  get publicKeyAlgorithm(): string {
    return publicKeyAlgorithmName(this.#parts.publicKey)
  }

  get publicKeyBits(): number {
    return publicKeyBits(this.#parts.publicKey)
  }

  get subjectAltNames(): readonly AlternativeName[] {
    return (this.#subjectAltNames ??= alternativeNames(this.#parts.extensions.subjectAltName))
  }

  get selfIssued(): boolean {
    return Buffer.compare(this.#parts.subjectDer, this.issuerDer) === 0
  }

  get ocspUrls(): readonly string[] {
    return authorityInfoAccessUrls(this.#parts.extensions.authorityInfoAccess, 'ocsp')
  }

  get caIssuersUrls(): readonly string[] {
    return authorityInfoAccessUrls(this.#parts.extensions.authorityInfoAccess, 'caIssuers')
  }

  get crlUrls(): readonly string[] {
    return crlDistributionUrls(this.#parts.extensions.crlDistributionPoints)
  }

  get mustStaple(): boolean {
    return requiresStapling(this.#parts.extensions.tlsFeature)
  }

  get publicKey(): KeyObject {
    try {
      return this.#x509.publicKey
    } catch (cause) {
      const hint = 'Use a certificate with an RSA, EC, Ed25519 or X25519 key.'
      throw refusal('certificate.format', 'certificate', `${this.subject} has a key of an unknown kind`, hint, cause)
    }
  }

  get fingerprints(): Certificate['fingerprints'] {
    return (this.#fingerprints ??= fingerprintsOf(this.der))
  }
}

/** Each is computed when it is asked for: of ten thousand certificates, one digest is all that is wanted. */
function fingerprintsOf(der: Uint8Array): Certificate['fingerprints'] {
  const known: Partial<Record<string, string>> = {}
  const digest = (name: string) => (known[name] ??= hash(name, der))
  return {
    get md5() {
      return digest('md5')
    },
    get sha1() {
      return digest('sha1')
    },
    get sha256() {
      return digest('sha256')
    },
  }
}

/** Node writes dates as OpenSSL does: `Jan  1 00:00:00 2020 GMT`. */
function dateOf(text: string): Date {
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) throw new RangeError('the validity has no valid date')
  return date
}

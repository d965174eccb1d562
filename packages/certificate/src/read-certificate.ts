import { createHash, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { BerReader, insideOnly, TAG } from './asn1/ber-reader.js'
import type { Certificate } from './certificate.js'
import { certificateExtensions } from './certificate-extensions.js'
import type { CertificateExtensions } from './certificate-extensions.js'
import { attributeTexts, EMAIL_ADDRESS, nameText } from './distinguished-name.js'
import { refusal } from './refusal.js'

const VERSION = 0xa0
const EXTENSIONS = 0xa3

/** What stands in a certificate besides what `Certificate` tells: for matching keys and checking paths. */
export interface CertificateParts {
  readonly x509: X509Certificate
  readonly subjectDer: Uint8Array
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKeyDer: Uint8Array
  readonly extensions: CertificateExtensions
  /** 1 or 3; a certificate of version 1 has no extensions. */
  readonly version: number
  readonly signatureAlgorithm: string
}

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
 * @throws {SettingsError} `certificate.format` when these octets are no certificate, or something follows it; a public key of a kind that
 *   Node does not know gives it when `publicKey` is read
 */
export function readCertificate(der: Uint8Array, field = 'certificate'): Certificate {
  try {
    return new DerCertificate(new Uint8Array(der))
  } catch (cause) {
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
  readonly subjectKeyIdentifier: Uint8Array | undefined
  readonly isAuthority: boolean
  readonly dnsNames: readonly string[]
  readonly emails: readonly string[]
  readonly #parts: CertificateParts
  #subject: string | undefined
  #issuer: string | undefined
  #fingerprints: Certificate['fingerprints'] | undefined

  constructor(der: Uint8Array) {
    const x509 = new X509Certificate(der) // the judge of the whole: what follows may trust the structure
    const certificate = insideOnly(der)
    const toBeSigned = certificate.inside()
    const version = toBeSigned.optional(VERSION)
    this.der = der
    this.serialNumber = toBeSigned.next(TAG.integer).content
    toBeSigned.next(TAG.sequence) // the signature algorithm, which stands again after the signed part
    this.issuerDer = toBeSigned.next(TAG.sequence).whole
    toBeSigned.next(TAG.sequence) // the validity, which Node reads
    this.validFrom = dateOf(x509.validFrom)
    this.validTo = dateOf(x509.validTo)
    const subjectDer = toBeSigned.next(TAG.sequence).whole
    const publicKeyDer = toBeSigned.next(TAG.sequence).whole
    let extensionsDer: Uint8Array | undefined
    while (!toBeSigned.done) {
      const element = toBeSigned.next()
      if (element.tag === EXTENSIONS) extensionsDer = element.content
    }
    const extensions = certificateExtensions(extensionsDer)
    this.keyUsage = extensions.keyUsage
    this.extendedKeyUsage = extensions.extendedKeyUsage
    this.subjectKeyIdentifier = extensions.subjectKeyIdentifier
    this.isAuthority = extensions.isAuthority
    this.dnsNames = extensions.dnsNames
    this.emails = [...new Set([...extensions.emails, ...attributeTexts(subjectDer, EMAIL_ADDRESS)])]
    this.#parts = {
      x509,
      subjectDer,
      publicKeyDer,
      extensions,
      version: version ? new BerReader(version.content).smallInteger() + 1 : 1,
      signatureAlgorithm: certificate.inside().oid(),
    }
    partsOf.set(this, this.#parts)
  }

  get subject(): string {
    return (this.#subject ??= nameText(this.#parts.subjectDer))
  }

  get issuer(): string {
    return (this.#issuer ??= nameText(this.issuerDer))
  }

  get publicKey(): KeyObject {
    try {
      return this.#parts.x509.publicKey
    } catch (cause) {
      const hint = 'Use a certificate with an RSA, EC, Ed25519 or X25519 key.'
      throw refusal('certificate.format', 'certificate', `${this.subject} has a key of an unknown kind`, hint, cause)
    }
  }

  get fingerprints(): Certificate['fingerprints'] {
    const hash = (name: string) => createHash(name).update(this.der).digest('hex')
    return (this.#fingerprints ??= { md5: hash('md5'), sha1: hash('sha1'), sha256: hash('sha256') })
  }
}

/** Node writes dates as OpenSSL does: `Jan  1 00:00:00 2020 GMT`. */
function dateOf(text: string): Date {
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) throw new RangeError('the validity has no valid date')
  return date
}

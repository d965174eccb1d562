import type { KeyObject } from 'node:crypto'

/** What a certificate says it may be used for. */
export interface CertificateUsage {
  /** RFC 5280 4.2.1.3 names such as `digitalSignature`, `keyEncipherment`; undefined when it has no such extension: any use. */
  readonly keyUsage: readonly string[] | undefined
  /** RFC 5280 4.2.1.12 object identifiers; undefined when it has no such extension: any use. */
  readonly extendedKeyUsage: readonly string[] | undefined
}

/** An X.509 certificate (RFC 5280), read. */
export interface Certificate extends CertificateUsage {
  readonly der: Uint8Array
  /** Distinguished name, RFC 4514, most specific part first: `CN=Ann,O=Example`. */
  readonly subject: string
  readonly issuer: string
  /** The issuer's name as DER, as it stands in the certificate: CMS names the certificate by it. */
  readonly issuerDer: Uint8Array
  /** The content octets of the INTEGER, as they stand in the certificate. */
  readonly serialNumber: Uint8Array
  readonly validFrom: Date
  readonly validTo: Date
  readonly publicKey: KeyObject
  /** rfc822Name entries of subjectAltName, and emailAddress of the subject, each once. */
  readonly emails: readonly string[]
  /** DNS names of subjectAltName. */
  readonly dnsNames: readonly string[]
  /** The subject key identifier extension, if it has one. */
  readonly subjectKeyIdentifier: Uint8Array | undefined
  /** True for a certificate authority (basicConstraints). */
  readonly isAuthority: boolean
  /** Hexadecimal in lower case, without colons. */
  readonly fingerprints: { readonly md5: string; readonly sha1: string; readonly sha256: string }
}

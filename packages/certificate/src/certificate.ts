import type { KeyObject } from 'node:crypto'

/** What a certificate says it may be used for. */
export interface CertificateUsage {
  /** RFC 5280 4.2.1.3 names such as `digitalSignature`, `keyEncipherment`; undefined when it has no such extension: any use. */
  readonly keyUsage: readonly string[] | undefined
  /** RFC 5280 4.2.1.12 object identifiers; undefined when it has no such extension: any use. */
  readonly extendedKeyUsage: readonly string[] | undefined
}

/** One entry of subjectAltName (RFC 5280 4.2.1.6). */
export interface AlternativeName {
  readonly type: 'dns' | 'email' | 'uri' | 'ip' | 'directory' | 'registeredId' | 'other'
  /** IP addresses as text, directory names by RFC 4514, `other` by the object identifier of its kind. */
  readonly value: string
}

/** How a certificate was signed (RFC 5280 4.1.1.2). */
export interface SignatureAlgorithmName {
  readonly oid: string
  /** As the RFCs name it: `sha256WithRSAEncryption`, `ecdsa-with-SHA384`, `RSASSA-PSS`, `Ed25519`; the object identifier when it is not known. */
  readonly name: string
  /** As `node:crypto` names it; undefined for Ed25519 and Ed448, and when it is not known. */
  readonly digest: string | undefined
}

/** An X.509 certificate (RFC 5280), read. What needs work is worked out when it is first asked for. */
export interface Certificate extends CertificateUsage {
  readonly der: Uint8Array
  /** RFC 7468, ends with a line feed. */
  readonly pem: string
  /** 1, 2 or 3. */
  readonly version: number
  /** Distinguished name, RFC 4514, most specific part first: `CN=Ann,O=Example`. */
  readonly subject: string
  readonly issuer: string
  /** The issuer's name as DER, as it stands in the certificate: CMS names the certificate by it. */
  readonly issuerDer: Uint8Array
  /** The content octets of the INTEGER, as they stand in the certificate. */
  readonly serialNumber: Uint8Array
  /** The same in hexadecimal, lower case: `02a1`. */
  readonly serialNumberHex: string
  readonly validFrom: Date
  readonly validTo: Date
  /** @throws {SettingsError} `certificate.format` when Node does not know its kind */
  readonly publicKey: KeyObject
  /** The SubjectPublicKeyInfo as it stands in the certificate: pins and TLSA records name it. */
  readonly publicKeyDer: Uint8Array
  readonly publicKeyPem: string
  /** `RSA`, `RSASSA-PSS`, `EC`, `Ed25519`, `Ed448`, `X25519`, `X448`, `DSA`; the object identifier of another kind. */
  readonly publicKeyAlgorithm: string
  /** Bits of the modulus or of the curve; 0 when they cannot be told. */
  readonly publicKeyBits: number
  readonly signatureAlgorithm: SignatureAlgorithmName
  /** The first eight bits of the key usage extension: 0x80 digitalSignature to 0x01 encipherOnly; 0 when it has none. */
  readonly keyUsageFlags: number
  /** All of subjectAltName, in its order. */
  readonly subjectAltNames: readonly AlternativeName[]
  /** rfc822Name entries of subjectAltName, and emailAddress of the subject, each once. */
  readonly emails: readonly string[]
  /** DNS names of subjectAltName. */
  readonly dnsNames: readonly string[]
  /** The subject key identifier extension, if it has one. */
  readonly subjectKeyIdentifier: Uint8Array | undefined
  /** The key identifier in the authority key identifier extension, if it has one. */
  readonly authorityKeyIdentifier: Uint8Array | undefined
  /** True when subject and issuer are the same name (RFC 5280 3.2): so is every root. */
  readonly selfIssued: boolean
  /** Where its OCSP responder is (authorityInfoAccess, RFC 5280 4.2.2.1); any scheme, at most 16. */
  readonly ocspUrls: readonly string[]
  /** Where its issuer's certificate is. */
  readonly caIssuersUrls: readonly string[]
  /** Where the CRL of its issuer is (RFC 5280 4.2.1.13); without those that another authority signs. */
  readonly crlUrls: readonly string[]
  /** True when a server that shows it must staple an OCSP response (TLS feature `status_request`, RFC 7633). */
  readonly mustStaple: boolean
  /** True for a certificate authority (basicConstraints). */
  readonly isAuthority: boolean
  /** Hexadecimal in lower case, without colons. */
  readonly fingerprints: { readonly md5: string; readonly sha1: string; readonly sha256: string }
}

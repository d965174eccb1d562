import { keyUsageNames } from '@posthorn/certificate'
import type { Chosen } from './chosen.js'
import { documentedName } from './documented-name.js'
import { withPairs } from './pairs.js'
import { StoreType } from './store-type.js'

/** What a Certificate has. */
export interface CertificateFields {
  readonly effectiveDate: string
  readonly expirationDate: string
  readonly extendedKeyUsage: string
  readonly fingerprint: string
  readonly fingerprintSHA1: string
  readonly fingerprintSHA256: string
  readonly issuer: string
  readonly privateKey: string
  readonly privateKeyAvailable: boolean
  readonly privateKeyContainer: string
  readonly publicKey: string
  readonly publicKeyAlgorithm: string
  readonly publicKeyLength: number
  readonly serialNumber: string
  readonly signatureAlgorithm: string
  readonly subjectAltNames: string
  readonly thumbprintMD5: string
  readonly thumbprintSHA1: string
  readonly thumbprintSHA256: string
  readonly usage: string
  readonly usageFlags: number
  readonly version: string
  encoded: string
  encodedB: Buffer
  keyPassword: string
  store: string
  storeB: Buffer
  storePassword: string
  storeType: number
  subject: string
}

const Pairs = withPairs<CertificateFields>()({
  readOnly: [
    ...([
      'effectiveDate',
      'expirationDate',
      'extendedKeyUsage',
      'issuer',
      'serialNumber',
      'signatureAlgorithm',
    ] as const),
    ...(['fingerprint', 'fingerprintSHA1', 'fingerprintSHA256'] as const),
    ...(['privateKey', 'privateKeyAvailable', 'privateKeyContainer'] as const),
    ...(['publicKey', 'publicKeyAlgorithm', 'publicKeyLength'] as const),
    ...(['subjectAltNames', 'thumbprintMD5', 'thumbprintSHA1', 'thumbprintSHA256'] as const),
    ...(['usage', 'usageFlags', 'version'] as const),
  ],
  writable: [
    ...(['encoded', 'encodedB', 'keyPassword', 'subject'] as const),
    ...(['store', 'storeB', 'storePassword', 'storeType'] as const),
  ],
  switches: ['privateKeyAvailable'],
  constants: StoreType,
})

/** The fields of a Certificate that are read from what was chosen; empty, 0 or false until something was. */
export abstract class CertificateReadings extends Pairs {
  #chosen: Chosen = {}

  protected get chosen(): Chosen {
    return this.#chosen
  }
  protected set chosen(value: Chosen) {
    this.#chosen = value
  }

  /** From when on it is valid, in local time: `23-Jan-2000 15:00:00`. */
  get effectiveDate(): string {
    return dateText(this.chosen.certificate?.validFrom)
  }

  /** Until when it is valid, in local time. */
  get expirationDate(): string {
    return dateText(this.chosen.certificate?.validTo)
  }

  /** Object identifiers with commas between them. */
  get extendedKeyUsage(): string {
    return this.chosen.certificate?.extendedKeyUsage?.join(',') ?? ''
  }

  /** MD5 of the certificate, `bc:2a:...`; of a bare key, of its SubjectPublicKeyInfo. */
  get fingerprint(): string {
    return withColons(this.#shown?.fingerprints.md5)
  }

  get fingerprintSHA1(): string {
    return withColons(this.#shown?.fingerprints.sha1)
  }

  get fingerprintSHA256(): string {
    return withColons(this.#shown?.fingerprints.sha256)
  }

  get issuer(): string {
    return documentedName(this.chosen.certificate?.issuer ?? '')
  }

  /** PKCS #8 in PEM, not encrypted: a secret. Empty where there is none, or it cannot be shown. */
  get privateKey(): string {
    const key = this.chosen.privateKey?.keyObject
    return key ? (key.export({ type: 'pkcs8', format: 'pem' }) as string) : ''
  }

  get privateKeyAvailable(): boolean {
    return this.chosen.privateKey !== undefined
  }

  /** Always empty: there are none but on Windows. */
  get privateKeyContainer(): string {
    return ''
  }

  /** SubjectPublicKeyInfo in PEM. */
  get publicKey(): string {
    return this.chosen.certificate?.publicKeyPem ?? this.chosen.bareKey?.pem ?? ''
  }

  /** `RSA`, `EC`, `Ed25519`; the object identifier of another kind. */
  get publicKeyAlgorithm(): string {
    return this.chosen.certificate?.publicKeyAlgorithm ?? this.chosen.bareKey?.algorithm ?? ''
  }

  /** Bits of the modulus or of the curve. */
  get publicKeyLength(): number {
    return this.chosen.certificate?.publicKeyBits ?? this.chosen.bareKey?.bits ?? 0
  }

  /** Two hexadecimal digits for each octet, without the one that says nothing but that the number is positive. */
  get serialNumber(): string {
    return this.chosen.certificate?.serialNumberHex.replace(/^00(?=..)/, '') ?? ''
  }

  /** `SHA256WithRSAEncryption`, `ecdsa-with-SHA384`, `Ed25519`; the object identifier of another. */
  get signatureAlgorithm(): string {
    const name = this.chosen.certificate?.signatureAlgorithm.name ?? ''
    return name.replace(/^(?:md|sha)(?=\d)/, (digest) => digest.toUpperCase())
  }

  /** With commas between them; names of directories by RFC 4514. */
  get subjectAltNames(): string {
    return this.chosen.certificate?.subjectAltNames.map(({ value }) => value).join(',') ?? ''
  }

  /** Hexadecimal, without colons; a bare key has none. */
  get thumbprintMD5(): string {
    return this.chosen.certificate?.fingerprints.md5 ?? ''
  }

  get thumbprintSHA1(): string {
    return this.chosen.certificate?.fingerprints.sha1 ?? ''
  }

  get thumbprintSHA256(): string {
    return this.chosen.certificate?.fingerprints.sha256 ?? ''
  }

  /** What `usageFlags` says, in words: `Digital Signature, Key Encipherment`. */
  get usage(): string {
    return keyUsageNames(this.usageFlags).join(', ')
  }

  /** 0x80 Digital Signature to 0x01 Encipher Only. */
  get usageFlags(): number {
    return this.chosen.certificate?.keyUsageFlags ?? 0
  }

  /** `V1`, `V2` or `V3`. */
  get version(): string {
    return this.chosen.certificate ? `V${this.chosen.certificate.version}` : ''
  }

  get #shown() {
    return this.chosen.certificate ?? this.chosen.bareKey
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function dateText(date: Date | undefined): string {
  if (!date) return ''
  const two = (number: number) => String(number).padStart(2, '0')
  const day = [two(date.getDate()), MONTHS[date.getMonth()], String(date.getFullYear()).padStart(4, '0')].join('-')
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`
}

function withColons(digits = ''): string {
  return digits.match(/../g)?.join(':') ?? ''
}

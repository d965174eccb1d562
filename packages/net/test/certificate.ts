import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'

/** A certificate for the tests (RFC 5280), ECDSA P-256 unless it is said otherwise, with what is needed to sign others with it. */
export interface TestCertificate {
  readonly cert: string
  readonly key: string
  readonly commonName: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly serial: number
}

export interface CertificateWish {
  readonly commonName: string
  /** DNS names and IP addresses for subjectAltName; none at all leaves the extension out. */
  readonly names?: readonly string[]
  /** Default: signed by itself. */
  readonly issuer?: TestCertificate
  readonly authority?: boolean
  readonly notBefore?: Date
  readonly notAfter?: Date
  /** Extended key usage, as an object identifier: 1.3.6.1.5.5.7.3.1 is a TLS server, 3.2 a client. */
  readonly usage?: string
  /** A key of another kind, such as `generateKeyPairSync('rsa', { modulusLength: 2048 })`. */
  readonly keys?: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
  /** What the issuer signs by way of; default sha256. */
  readonly digest?: 'sha1' | 'sha256' | 'sha384'
  /** With an RSA issuer: RSASSA-PSS. */
  readonly pss?: boolean
  /** Addresses in it: where the issuer's certificate is, whom to ask after it, and the list of those taken back. */
  readonly caIssuers?: string
  readonly ocsp?: string
  readonly crl?: string
}

const HOUR = 3_600_000
let serial = 0x100

export function makeCertificate(wish: CertificateWish): TestCertificate {
  const { privateKey, publicKey } = wish.keys ?? generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = wish.issuer ?? { commonName: wish.commonName, privateKey }
  const own = ++serial
  const signing = signingBy(issuer.privateKey, wish)
  const tbs = sequence(
    explicit(0, integer(2)), // v3
    integer(own),
    signing.algorithm,
    name(issuer.commonName),
    sequence(time(wish.notBefore ?? new Date(Date.now() - HOUR)), time(wish.notAfter ?? new Date(Date.now() + HOUR))),
    name(wish.commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions(wish))),
  )
  const der = signing.signed(tbs)
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { cert: pem(der), key, commonName: wish.commonName, privateKey, publicKey, serial: own }
}

/** How a key signs: its AlgorithmIdentifier, and what is signed with that and the signature behind it (RFC 5280 4.1). */
export function signingBy(
  key: KeyObject,
  { digest = 'sha256', pss = false }: Pick<CertificateWish, 'digest' | 'pss'> = {},
): { readonly algorithm: Buffer; readonly signed: (tbs: Buffer) => Buffer } {
  const algorithm = algorithmOf(key, digest, pss)
  const options = pss ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : key
  const signature = (tbs: Buffer) => sign(key.asymmetricKeyType === 'ed25519' ? null : digest, tbs, options)
  return { algorithm, signed: (tbs) => sequence(tbs, algorithm, bitString(signature(tbs))) }
}

const ECDSA = { sha1: '1.2.840.10045.4.1', sha256: '1.2.840.10045.4.3.2', sha384: '1.2.840.10045.4.3.3' } as const
const RSA = { sha1: '1.2.840.113549.1.1.5', sha256: '1.2.840.113549.1.1.11', sha384: '1.2.840.113549.1.1.12' } as const

function algorithmOf(key: KeyObject, digest: 'sha1' | 'sha256' | 'sha384', pss: boolean): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sequence(oid('1.3.101.112'))
  if (key.asymmetricKeyType === 'ec') return sequence(oid(ECDSA[digest]))
  if (!pss) return sequence(oid(RSA[digest]), tlv(0x05))
  const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'), tlv(0x05))
  const mask = sequence(oid('1.2.840.113549.1.1.8'), sha256)
  return sequence(
    oid('1.2.840.113549.1.1.10'),
    sequence(explicit(0, sha256), explicit(1, mask), explicit(2, integer(32))),
  )
}

function extensions({ names = [], authority = false, usage, caIssuers, ocsp, crl }: CertificateWish): Buffer[] {
  const found = [extension('2.5.29.19', authority ? sequence(tlv(0x01, Buffer.from([0xff]))) : sequence())]
  if (usage) found.push(extension('2.5.29.37', sequence(oid(usage))))
  if (names.length > 0) found.push(extension('2.5.29.17', sequence(...names.map(generalName))))
  const accesses = [
    ...(ocsp === undefined ? [] : [sequence(oid('1.3.6.1.5.5.7.48.1'), uri(ocsp))]),
    ...(caIssuers === undefined ? [] : [sequence(oid('1.3.6.1.5.5.7.48.2'), uri(caIssuers))]),
  ]
  if (accesses.length > 0) found.push(extension('1.3.6.1.5.5.7.1.1', sequence(...accesses)))
  if (crl !== undefined) found.push(extension('2.5.29.31', sequence(sequence(explicit(0, explicit(0, uri(crl)))))))
  return found
}

const uri = (text: string) => tlv(0x86, Buffer.from(text))
const extension = (id: string, value: Buffer) => sequence(oid(id), tlv(0x04, value))
export const sequence = (...parts: Buffer[]) => tlv(0x30, ...parts)
export const explicit = (tag: number, content: Buffer) => tlv(0xa0 | tag, content)
export const integer = (value: number) => tlv(0x02, Buffer.from(value < 0x80 ? [value] : [value >> 8, value & 0xff]))
export const bitString = (octets: Buffer) => tlv(0x03, Buffer.from([0]), octets)
export const name = (commonName: string) =>
  sequence(tlv(0x31, sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from(commonName)))))
export const time = (date: Date) =>
  tlv(
    0x17,
    Buffer.from(
      date
        .toISOString()
        .slice(2)
        .replace(/[-:T]|\.\d+/g, ''),
    ),
  )

function generalName(value: string): Buffer {
  if (isIPv4(value)) return tlv(0x87, Buffer.from(value.split('.').map(Number)))
  if (isIPv6(value)) return tlv(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])) // ::1 is all we need
  return tlv(0x82, Buffer.from(value, 'latin1'))
}

export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const octets = rest.flatMap((arc) => {
    const groups = [arc & 0x7f]
    for (let high = arc >> 7; high > 0; high >>= 7) groups.unshift((high & 0x7f) | 0x80)
    return groups
  })
  return tlv(0x06, Buffer.from([first * 40 + second, ...octets]))
}

export function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

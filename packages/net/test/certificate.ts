import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'

/** A certificate for the tests (RFC 5280), ECDSA P-256, with what is needed to sign others with it. */
export interface TestCertificate {
  readonly cert: string
  readonly key: string
  readonly commonName: string
  readonly privateKey: KeyObject
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
}

const HOUR = 3_600_000
const ECDSA_SHA256 = '1.2.840.10045.4.3.2'
let serial = 0x100

export function makeCertificate(wish: CertificateWish): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = wish.issuer ?? { commonName: wish.commonName, privateKey }
  const tbs = sequence(
    explicit(0, integer(2)), // v3
    integer(++serial),
    sequence(oid(ECDSA_SHA256)),
    name(issuer.commonName),
    sequence(time(wish.notBefore ?? new Date(Date.now() - HOUR)), time(wish.notAfter ?? new Date(Date.now() + HOUR))),
    name(wish.commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions(wish))),
  )
  const der = sequence(tbs, sequence(oid(ECDSA_SHA256)), bitString(sign('sha256', tbs, issuer.privateKey)))
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { cert: pem(der), key, commonName: wish.commonName, privateKey }
}

function extensions({ names = [], authority = false, usage }: CertificateWish): Buffer[] {
  const found = [extension('2.5.29.19', authority ? sequence(tlv(0x01, Buffer.from([0xff]))) : sequence())]
  if (usage) found.push(extension('2.5.29.37', sequence(oid(usage))))
  if (names.length > 0) found.push(extension('2.5.29.17', sequence(...names.map(generalName))))
  return found
}

const extension = (id: string, value: Buffer) => sequence(oid(id), tlv(0x04, value))
const sequence = (...parts: Buffer[]) => tlv(0x30, ...parts)
const explicit = (tag: number, content: Buffer) => tlv(0xa0 | tag, content)
const integer = (value: number) => tlv(0x02, Buffer.from(value < 0x80 ? [value] : [value >> 8, value & 0xff]))
const bitString = (octets: Buffer) => tlv(0x03, Buffer.from([0]), octets)
const name = (commonName: string) => sequence(tlv(0x31, sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from(commonName)))))
const time = (date: Date) =>
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

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const octets = rest.flatMap((arc) => {
    const groups = [arc & 0x7f]
    for (let high = arc >> 7; high > 0; high >>= 7) groups.unshift((high & 0x7f) | 0x80)
    return groups
  })
  return tlv(0x06, Buffer.from([first * 40 + second, ...octets]))
}

function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

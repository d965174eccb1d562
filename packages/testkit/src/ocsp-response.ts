import { createHash, sign, type KeyObject } from 'node:crypto'

/** What an OCSP responder says about one certificate. */
export interface OcspStatement {
  /** The name of the issuer, DER. */
  readonly issuerName: Uint8Array
  /** Its subjectPublicKey without the count of unused bits. */
  readonly issuerKey: Uint8Array
  /** Its private key, ECDSA: it is the responder itself. */
  readonly signingKey: KeyObject
  /** Of the certificate, in hexadecimal. */
  readonly serialNumber: string
  readonly status: 'good' | 'revoked'
  readonly thisUpdate: Date
  readonly nextUpdate: Date
}

/** A response as it goes over HTTP, RFC 6960 4.2.1. */
export function ocspResponse(statement: OcspStatement): Uint8Array {
  const { issuerName, issuerKey, signingKey, serialNumber, status } = statement
  const [from, to] = [time(statement.thisUpdate), time(statement.nextUpdate)]
  const responder = explicit(1, Buffer.from(issuerName))
  const id = sequence(
    sequence(SHA1, NULL),
    octetString(sha1(issuerName)),
    octetString(sha1(issuerKey)),
    tlv(0x02, Buffer.from(serialNumber, 'hex')),
  )
  const single = sequence(id, status === 'good' ? tlv(0x80) : tlv(0xa1, from), from, explicit(0, to))
  const data = sequence(responder, from, sequence(single))
  const signature = tlv(0x03, Buffer.of(0), sign('sha256', data, signingKey))
  const basic = sequence(data, sequence(ECDSA_SHA256), signature)
  return sequence(tlv(0x0a, Buffer.of(0)), explicit(0, sequence(BASIC_RESPONSE, octetString(basic))))
}

const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'))
const SHA1 = oid('2b0e03021a') // 1.3.14.3.2.26
const ECDSA_SHA256 = oid('2a8648ce3d040302') // 1.2.840.10045.4.3.2
const BASIC_RESPONSE = oid('2b0601050507300101') // 1.3.6.1.5.5.7.48.1.1
const NULL = tlv(0x05)

function sha1(octets: Uint8Array): Buffer {
  return createHash('sha1').update(octets).digest()
}

/** GeneralizedTime. */
function time(date: Date): Buffer {
  return tlv(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\.\d+Z/g, '')}Z`))
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tlv(0x30, ...parts)
}

function octetString(octets: Uint8Array): Buffer {
  return tlv(0x04, octets)
}

function explicit(tag: number, content: Uint8Array): Buffer {
  return tlv(0xa0 | tag, content)
}

/** X.690 8.1. */
function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts)
  const size = value.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.of(tag, ...length), value])
}

import { createHash } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import type { Socket } from 'node:net'
import type { ChannelBinding } from '@posthorn/sasl'

/**
 * How a login can be bound to the TLS session on this socket, the best first; none without TLS. `tls-exporter` needs TLS 1.3 here: in TLS
 * 1.2 it is only safe with the extended master secret (RFC 9266 4.2), which Node does not tell.
 */
export function channelBindings(socket: Socket): readonly ChannelBinding[] {
  if (!(socket instanceof TLSSocket)) return []
  const bindings: ChannelBinding[] = []
  if (socket.getProtocol() === 'TLSv1.3') {
    bindings.push({
      type: 'tls-exporter',
      octets: () => socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
    })
  }
  const certificate = socket.getPeerX509Certificate()?.raw
  const endPoint = certificate && serverEndPoint(certificate)
  if (endPoint) bindings.push({ type: 'tls-server-end-point', octets: () => endPoint })
  return bindings
}

/**
 * `tls-server-end-point` (RFC 5929 4.1): the digest of the server's certificate with the hash of its signature, SHA-256 in place of MD5 and
 * SHA-1. Undefined for a signature without one hash of its own, such as Ed25519.
 * @param certificate DER
 */
export function serverEndPoint(certificate: Uint8Array): Buffer | undefined {
  const hash = signatureHash(Buffer.from(certificate.buffer, certificate.byteOffset, certificate.length))
  return hash ? createHash(hash).update(certificate).digest() : undefined
}

/** Object identifiers of signature algorithms as DER octets; RSASSA-PSS names its hash in the parameters. */
const HASHES: Readonly<Record<string, string>> = {
  '2a864886f70d010104': 'sha256', // md5WithRSAEncryption
  '2a864886f70d010105': 'sha256', // sha1WithRSAEncryption
  '2a864886f70d01010e': 'sha224',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce380403': 'sha256', // dsa-with-sha1
  '608648016503040301': 'sha224', // dsa-with-sha224
  '608648016503040302': 'sha256', // dsa-with-sha256
  '2a8648ce3d0401': 'sha256', // ecdsa-with-SHA1
  '2a8648ce3d040301': 'sha224',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
}
const RSASSA_PSS = '2a864886f70d01010a'
const PSS_HASHES: Readonly<Record<string, string>> = {
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
  '608648016503040204': 'sha224',
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, ... } (RFC 5280 4.1). */
function signatureHash(certificate: Buffer): string | undefined {
  const whole = element(certificate, 0)
  const signed = whole && element(certificate, whole.from)
  const algorithm = signed && element(certificate, signed.to)
  const name = algorithm && element(certificate, algorithm.from)
  if (!name) return undefined
  const oid = certificate.toString('hex', name.from, name.to)
  return oid === RSASSA_PSS ? pssHash(certificate, name.to, algorithm.to) : HASHES[oid]
}

/** RSASSA-PSS-params ::= SEQUENCE { [0] hashAlgorithm DEFAULT sha1, ... } (RFC 4055 3.1). */
function pssHash(certificate: Buffer, at: number, end: number): string | undefined {
  const parameters = at < end ? element(certificate, at) : undefined
  const first = parameters && parameters.from < parameters.to ? element(certificate, parameters.from) : undefined
  if (!first || certificate[parameters!.from] !== 0xa0) return 'sha256' // SHA-1, see above
  const algorithm = element(certificate, first.from)
  const name = algorithm && element(certificate, algorithm.from)
  return name && PSS_HASHES[certificate.toString('hex', name.from, name.to)]
}

/** Where the contents of the DER element at this place lie. */
function element(der: Buffer, at: number): { readonly from: number; readonly to: number } | undefined {
  const first = der[at + 1]
  if (first === undefined) return undefined
  if (first < 0x80) return inside(der, at + 2, first)
  const count = first & 0x7f
  if (count === 0 || count > 4 || at + 2 + count > der.length) return undefined
  return inside(der, at + 2 + count, der.readUIntBE(at + 2, count))
}

function inside(der: Buffer, from: number, length: number): { readonly from: number; readonly to: number } | undefined {
  return from + length <= der.length ? { from, to: from + length } : undefined
}

import type { ChannelBinding } from '@posthorn/sasl'
import { createHash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { certificatesOf } from './peer.js'
import { signatureDigest } from './signature-digest.js'

/** RFC 9266 2. */
const EXPORTER_LABEL = 'EXPORTER-Channel-Binding'
const EXPORTER_OCTETS = 32

/**
 * How a login can be bound to a TLS session, the best first: `tls-exporter` (RFC 9266) with TLS 1.3, and `tls-server-end-point` (RFC 5929 4)
 * with any version. For TLS 1.2 the exporter is only unique with the extended master secret (RFC 9266 4.2), and Node does not tell whether it
 * was used. `tls-server-end-point` is left out where RFC 5929 does not define it: for certificates signed without a digest of their own, such
 * as Ed25519.
 */
export function channelBindings(socket: TLSSocket): ChannelBinding[] {
  const [certificate] = certificatesOf(socket)
  if (!certificate) return [] // not one of ours, or nobody: there is nothing to be bound to
  const bindings: ChannelBinding[] = []
  if (socket.getProtocol() === 'TLSv1.3') {
    const octets = () => socket.exportKeyingMaterial(EXPORTER_OCTETS, EXPORTER_LABEL, Buffer.alloc(0))
    bindings.push({ type: 'tls-exporter', octets })
  }
  const digest = signatureDigest(certificate)
  if (digest !== undefined) {
    const octets = () =>
      createHash(END_POINT_DIGESTS[digest] ?? digest)
        .update(certificate)
        .digest()
    bindings.push({ type: 'tls-server-end-point', octets })
  }
  return bindings
}

/** RFC 5929 4.1: digests that are broken are replaced. */
const END_POINT_DIGESTS: Readonly<Record<string, string>> = { md5: 'sha256', sha1: 'sha256' }

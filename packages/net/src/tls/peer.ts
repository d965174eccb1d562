import { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'

/** More than any server has. */
const MAX_CHAIN = 16

/** Who is at the other end of a TLS session, as far as certificates tell. */
export interface Peer {
  /** Undefined with an anonymous suite. */
  readonly certificate: X509Certificate | undefined
  readonly resumed: boolean
  /**
   * Its own certificate first, each followed by the one that signed it, as the server sent them or as they are among what is trusted; to the
   * root when that is known. Empty without a certificate.
   */
  readonly chain: () => readonly X509Certificate[]
}

/** What is known about a session that is to be resumed: the handshake will show no certificate. */
export interface EarlierPeer {
  readonly certificate: X509Certificate
  readonly chain: readonly X509Certificate[] | undefined
}

/** The peer of a handshake that is done. */
export function peerOf(socket: TLSSocket, earlier: EarlierPeer | undefined): Peer {
  if (socket.isSessionReused()) {
    const { certificate, chain } = earlier ?? {}
    return { certificate, resumed: true, chain: () => chain ?? (certificate ? [certificate] : []) }
  }
  // Not by `getPeerX509Certificate`: in Node 20 that takes the certificate away from whoever asks next.
  const raw: Buffer | undefined = socket.getPeerCertificate()?.raw // an empty object when there is none
  const certificate = raw && new X509Certificate(raw)
  let chain: readonly X509Certificate[] | undefined
  return { certificate, resumed: false, chain: () => (chain ??= certificate ? shownChain(socket, certificate) : []) }
}

/**
 * Node puts together what the server sent and what is trusted by names alone. A name is no proof, and whoever has any certificate could put a
 * famous key above it: what did not sign the one below ends the chain.
 */
function shownChain(socket: TLSSocket, own: X509Certificate): readonly X509Certificate[] {
  const chain = [own]
  let below = own
  let at: DetailedPeerCertificate | null = socket.getPeerCertificate(true) // nothing, once the socket is destroyed
  while (at?.issuerCertificate?.raw && at.issuerCertificate !== at && chain.length < MAX_CHAIN) {
    at = at.issuerCertificate
    const issuer = new X509Certificate(at.raw)
    if (!signed(issuer, below)) break
    chain.push(issuer)
    below = issuer
  }
  return chain
}

function signed(issuer: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  } catch {
    return false // a key of a kind that Node does not know
  }
}

const peers = new WeakMap<Socket, Peer>()

/** Notes who was found at the other end of a socket. */
export function rememberPeer(socket: TLSSocket, peer: Peer): void {
  peers.set(socket, peer)
}

/**
 * The certificates of the server at the other end, as DER, its own first, each followed by the one that signed it; those of the handshake in
 * which they were shown when the session was resumed. Empty for a socket that `dial` and `upgrade` did not bring under TLS.
 */
export function certificatesOf(socket: Socket): readonly Uint8Array[] {
  return (
    peers
      .get(socket)
      ?.chain()
      .map(({ raw }) => raw) ?? []
  )
}

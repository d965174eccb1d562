import { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'

/** More than any server has. */
const MAX_SHOWN = 16

/** Who is at the other end of a TLS session, as far as certificates tell. */
export interface Peer {
  /** Undefined with an anonymous suite. */
  readonly certificate: X509Certificate | undefined
  readonly resumed: boolean
  /**
   * Its own certificate first, then what the server sent and what is trusted, put together by names alone: nothing above the first is proved,
   * nor is it what OpenSSL went by. Empty without a certificate.
   */
  readonly shown: () => readonly X509Certificate[]
}

/** What is known about a session that is to be resumed: the handshake will show no certificate. */
export interface EarlierPeer {
  readonly certificate: X509Certificate
  readonly shown: readonly X509Certificate[] | undefined
}

/** The peer of a handshake that is done. */
export function peerOf(socket: TLSSocket, earlier: EarlierPeer | undefined): Peer {
  if (socket.isSessionReused()) {
    const { certificate, shown } = earlier ?? {}
    return { certificate, resumed: true, shown: () => shown ?? (certificate ? [certificate] : []) }
  }
  // Not by `getPeerX509Certificate`: in Node 20 that takes the certificate away from whoever asks next.
  const raw: Buffer | undefined = socket.getPeerCertificate()?.raw // an empty object when there is none
  const certificate = raw && new X509Certificate(raw)
  let shown: readonly X509Certificate[] | undefined
  return { certificate, resumed: false, shown: () => (shown ??= certificate ? shownBy(socket, certificate) : []) }
}

function shownBy(socket: TLSSocket, own: X509Certificate): readonly X509Certificate[] {
  const shown = [own]
  let at: DetailedPeerCertificate | null = socket.getPeerCertificate(true) // nothing, once the socket is destroyed
  while (at?.issuerCertificate?.raw && at.issuerCertificate !== at && shown.length < MAX_SHOWN) {
    at = at.issuerCertificate
    shown.push(new X509Certificate(at.raw))
  }
  return shown
}

/**
 * What was shown as far as each signed the one below: for people to look at. That is no path to rely on (`verifiedPath` is): neither dates nor
 * the right to issue are looked at.
 */
export function signedChain({ shown }: Peer): readonly X509Certificate[] {
  const [own, ...above] = shown()
  if (!own) return []
  const chain = [own]
  for (const issuer of above) {
    if (!signed(issuer, chain.at(-1)!)) break
    chain.push(issuer)
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
 * which they were shown when the session was resumed. Empty for a socket that `dial` and `upgrade` did not bring under TLS. Only the first one
 * was judged: it need not be the path that was verified.
 */
export function certificatesOf(socket: Socket): readonly Uint8Array[] {
  const peer = peers.get(socket)
  return peer ? signedChain(peer).map(({ raw }) => raw) : []
}

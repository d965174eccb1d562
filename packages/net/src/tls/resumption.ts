import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { identityError } from '../identity.js'
import type { TlsSessionStore } from '../options.js'
import type { EarlierPeer, Peer } from './peer.js'
import type { TlsPlan } from './plan.js'
import { sessionCertificate } from './session-certificate.js'
import { sessionKey } from './session-key.js'

/** A session that may be resumed, with the peer that made it. */
export interface Offer extends EarlierPeer {
  readonly session: Buffer
}

/** Where the sessions of one connection come from and go to. */
export interface Resumption {
  readonly offer: Offer | undefined
  /** Takes up the sessions of the socket, and gives them to the store once the peer has been judged. */
  keep(socket: TLSSocket): { judged(peer: Peer): void; failed(): void }
}

/** What peers showed, by their sessions: a serialised session holds the first certificate alone. */
const shownWith = new WeakMap<Buffer, readonly X509Certificate[]>()

/** Servers at which resuming failed, by store: some break off every resumed handshake (OpenSSL without a session id context). */
const refusing = new WeakMap<TlsSessionStore, Set<string>>()
const MAX_REFUSING = 1_000

const NONE: Resumption = { offer: undefined, keep: () => ({ judged: () => {}, failed: () => {} }) }

/** Looks for a session that this connection may resume. */
export function resumption(plan: TlsPlan, port: number): Resumption {
  const { session, sessions } = plan.tls
  if (!session && !sessions) return NONE
  const key = sessions ? sessionKey(plan.name, port, plan.settled.digest()) : ''
  if (sessions && !session && refusing.get(sessions)?.has(key)) return NONE
  const found = session ?? sessions?.get(key)
  const offer = found && offerOf(found, plan)
  if (found && !offer && !session) sessions?.delete(key)
  return {
    offer,
    keep: (socket) => (sessions ? keeper(socket, sessions, key, plan, offer !== undefined) : NONE.keep(socket)),
  }
}

/** Whether the verdict needs more than the server's own certificate. */
function needsChain({ tls, settled }: TlsPlan): boolean {
  return Boolean(settled.pins ?? tls.decide ?? tls.dane ?? tls.revocation)
}

/**
 * A session is offered only if its certificate is there and would still do: a resumed handshake shows none. What needs the whole chain needs
 * the one it was made with.
 */
function offerOf(session: Buffer, plan: TlsPlan): Offer | undefined {
  const { name, tls, settled } = plan
  const certificate = sessionCertificate(session)
  if (!certificate) return undefined
  const shown = shownWith.get(session)
  if (!shown && needsChain(plan)) return undefined
  const isAccepted = settled.accepted.some((each) => each.equals(certificate.raw))
  const unchecked = tls.rejectUnauthorized === false || tls.verifyHost === false || settled.daneUsable || isAccepted
  // Without the name in the earlier certificate the session may belong to another host: shake hands in full.
  if (!unchecked && identityError(name, certificate) !== undefined) return undefined
  const expired = Date.now() > Date.parse(certificate.validTo)
  if (expired && tls.rejectUnauthorized !== false && !isAccepted) return undefined
  return { session, certificate, shown }
}

function keeper(
  socket: TLSSocket,
  sessions: TlsSessionStore,
  key: string,
  plan: TlsPlan,
  offered: boolean,
): ReturnType<Resumption['keep']> {
  let peer: Peer | undefined
  let latest: Buffer | undefined
  const store = (session: Buffer, { shown }: Peer): void => {
    if (needsChain(plan)) shownWith.set(session, shown())
    sessions.set(key, session)
  }
  // With TLS 1.2 there is one session, at the end of the handshake; with TLS 1.3 there may be several at any time after it.
  socket.on('session', (session) => {
    if (peer) store(session, peer)
    else latest = session
  })
  return {
    judged: (found) => {
      peer = found
      if (latest) store(latest, found)
    },
    failed: () => {
      sessions.delete(key)
      if (!offered) return
      const keys = refusing.get(sessions) ?? new Set()
      if (keys.size < MAX_REFUSING) refusing.set(sessions, keys.add(key))
    },
  }
}

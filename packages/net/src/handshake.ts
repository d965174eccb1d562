import type { ConnectError } from '@posthorn/ground'
import type { Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { own, type Attempt } from './attempt.js'
import { connectError } from './diagnosis.js'
import type { NetEvent } from './options.js'
import { runsOver } from './reset-connection.js'
import { tlsFacts } from './tls/facts.js'
import { peerOf, rememberPeer } from './tls/peer.js'
import { asksForStatus, type TlsPlan } from './tls/plan.js'
import { resumption } from './tls/resumption.js'
import type { Case, RevocationWays } from './tls/case.js'
import { tlsFailure } from './tls/tls-failure.js'
import { judge, mayTakeTime, type Verdict } from './tls/verdict.js'

export { planTls, type TlsPlan } from './tls/plan.js'

export interface HandshakeOptions extends RevocationWays {
  /** After STARTTLS: clear text in place of TLS then means something else. */
  readonly upgrading: boolean
  /** Who is at the other end; default: the server. */
  readonly to?: 'server' | 'proxy' | undefined
  readonly onEvent?: ((event: NetEvent) => void) | undefined
}

/**
 * One TLS handshake as client over an open stream, and the verdict on the certificate. The socket given back does not flow.
 * @throws {ConnectError} `tls.*`, or `connect.reset` in phase `tls`
 */
export async function handshake(
  attempt: Attempt,
  stream: Socket,
  plan: TlsPlan,
  { upgrading, to = 'server', onEvent, ...ways }: HandshakeOptions,
): Promise<TLSSocket> {
  const { target } = attempt
  attempt.step = 'tls'
  if (stream.destroyed) throw connectError('connect.reset', 'tls', `${target.host} hung up before the TLS handshake`)
  const resuming = resumption(plan, target.port)
  const { offer } = resuming
  const socket = connect({
    ...plan.options,
    ...(offer ? { session: offer.session } : {}),
    socket: plan.tls.onRecord ? (await import('./tls/record-tap.js')).tapRecords(stream, plan.tls.onRecord) : stream,
  })
  own(attempt, socket)
  runsOver(socket, stream)
  const sessions = resuming.keep(socket)
  let stapled: Uint8Array | undefined
  if (asksForStatus(plan.tls))
    socket.once('OCSPResponse', (response: Buffer | null) => (stapled = response ?? undefined))
  if (plan.onKeys) socket.on('keylog', plan.onKeys)
  try {
    await secured(attempt, socket, upgrading, plan.clientCertificate)
    const peer = peerOf(socket, offer)
    const verdict = await judged({ attempt, socket, plan, peer, stapled, ways })
    rememberPeer(socket, peer)
    sessions.judged(peer)
    if (onEvent) {
      for (const text of [...notesOf(plan), ...verdict.notes]) onEvent({ type: 'note', text })
      onEvent({ type: 'tls', to, ...tlsFacts(socket, peer, verdict) })
    }
    return socket
  } catch (error) {
    sessions.failed() // what was resumed may be at fault
    throw error
  }
}

function notesOf({ tls, settled }: TlsPlan): readonly string[] {
  const file = tls.keyLogFile
  return file === undefined ? settled.notes : [...settled.notes, `the secrets of this session are written to ${file}`]
}

/** The verdict; a server that hangs up or complains meanwhile is heard. */
async function judged(c: Case): Promise<Verdict> {
  const { attempt, socket, plan } = c
  if (!mayTakeTime(plan.tls)) return judge(c)
  let failure: Error | undefined
  const onError = (error: Error) => (failure ??= error)
  socket.on('error', onError)
  try {
    const verdict = await judge(c)
    attempt.signal.throwIfAborted()
    const { clientCertificate } = plan
    if (failure) throw tlsFailure(failure, attempt.target, { upgrading: false, agreed: true, clientCertificate })
    if (socket.destroyed) {
      throw connectError('connect.reset', 'tls', `${attempt.target.host} hung up while its certificate was judged`)
    }
    return verdict
  } finally {
    socket.off('error', onError)
  }
}

/** Waits for the end of the handshake, whoever the server is. */
function secured({ target }: Attempt, socket: TLSSocket, upgrading: boolean, clientCertificate: boolean) {
  return new Promise<void>((resolve, reject) => {
    let agreed = false
    const onKeys = () => (agreed = true)
    const onError = (error: Error) => settle(tlsFailure(error, target, { upgrading, agreed, clientCertificate }))
    const onClose = () => onError(Object.assign(new Error('closed during the handshake'), { code: 'ECONNRESET' }))
    const onSecure = () => settle()
    const settle = (error?: ConnectError) => {
      socket.off('keylog', onKeys).off('error', onError).off('close', onClose).off('secureConnect', onSecure)
      if (error) reject(error)
      else resolve()
    }
    socket.on('keylog', onKeys).on('error', onError).on('close', onClose).on('secureConnect', onSecure)
  })
}

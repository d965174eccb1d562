import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { own, runAttempt, type Attempt } from './attempt.js'
import { connectError, connectorFailure } from './diagnosis.js'
import { handshake, planTls, type TlsPlan } from './handshake.js'
import type { ConnectorOption, DialOptions } from './options.js'
import type { Winner } from './race.js'
import { resolveTarget } from './resolve.js'
import { checkTarget } from './target.js'
import { checkSocket, openTcp } from './tcp.js'
import type { WebOptions, WebRequest, WebResponse } from './web/web-options.js'

/**
 * A connected octet stream, with `security: 'tls'` a verified one. Octets that came early are still in it, and it does not flow until
 * a `data` listener is attached. It carries one listener of ours, a no-op for `error`, so that an error between here and the caller's
 * own listener cannot end the process; look at `destroyed` once when attaching. With TLS 1.3 a server may refuse a client certificate
 * only after this has resolved; `diagnoseTls` names such an error.
 *
 * With `proxy` it goes through one, unless its bypass list has the target; a proxy that fails is never gone around.
 *
 * The promise settles at the deadline or the abort at the latest, and a rejection leaves no socket, timer or listener behind.
 * @throws {ConnectError} phase `resolve`, `proxy`, `connect` or `tls`; code `aborted` has the signal's reason as its cause
 * @throws {SettingsError} when the options cannot be used; no packet was sent
 * @source RFC 8305, RFC 8314 3.3 and 5.3, RFC 7817
 */
export function dial(options: DialOptions): Promise<Socket | TLSSocket> {
  return dialFor(options)
}

/** `dial`, with the protocols that are offered inside TLS (ALPN, RFC 7301). */
export async function dialFor(options: DialOptions, protocols?: readonly string[]): Promise<Socket | TLSSocket> {
  const target = checkTarget(options)
  checkSocket(options)
  const { connector, onEvent, security } = options
  const tls = security === 'tls' ? offering(await planTls(target.host, options.tls), protocols) : undefined
  return runAttempt(target, connector ? 'connect' : 'resolve', options, async (attempt) => {
    const { socket, address } = connector ? await callConnector(connector, attempt) : await openStream(options, attempt)
    onEvent?.({ type: 'connect', address, port: target.port })
    return tls
      ? handshake(attempt, socket, tls, {
          upgrading: false,
          onEvent,
          proxy: options.proxy,
          resolve: options.resolve,
          send,
        })
      : atRest(socket)
  })
}

/** What a handshake asks of the web. */
async function send(request: WebRequest, options: WebOptions): Promise<WebResponse> {
  const { webRequestOver } = await import('./web/web-over.js')
  return webRequestOver(dialFor)(request, options)
}

function offering(plan: TlsPlan, protocols: readonly string[] | undefined): TlsPlan {
  return protocols ? { ...plan, options: { ...plan.options, ALPNProtocols: [...protocols] } } : plan
}

async function openStream(options: DialOptions, attempt: Attempt): Promise<Winner> {
  const { proxy = 'none', onEvent } = options
  if (proxy !== 'none') {
    const { findProxy, throughProxy } = await import('./proxy/index.js')
    attempt.step = 'proxy'
    const found = await findProxy(proxy, attempt.target, { use: 'mail', signal: attempt.signal, onEvent })
    if (found) return throughProxy(attempt, found, { ...options, send })
    attempt.step = 'resolve'
  }
  const addresses = await resolveTarget(attempt, options)
  attempt.step = 'connect'
  return openTcp(attempt, addresses, options)
}

async function callConnector(connector: ConnectorOption, attempt: Attempt): Promise<Winner> {
  const { signal, target } = attempt
  let socket: Socket
  try {
    socket = await connector(target, { signal })
  } catch (error) {
    throw connectorFailure(error, target)
  }
  own(attempt, socket)
  signal.throwIfAborted()
  if (socket.destroyed) throw connectError('connect.reset', 'connect', `${target.host} hung up at once`)
  return { socket, address: target.host }
}

/** A connector may have paused its stream, and then a `data` listener alone would not start it. Null is the state of a new socket. */
function atRest(socket: Socket): Socket {
  if (socket.readableFlowing !== null) Object.assign(socket.pause(), { readableFlowing: null })
  return socket
}

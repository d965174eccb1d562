import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { own, runAttempt, type Attempt } from './attempt.js'
import { connectError } from './diagnosis.js'
import { handshake, planTls } from './handshake.js'
import type { UpgradeOptions } from './options.js'
import { checkTarget } from './target.js'
import type { WebOptions, WebRequest, WebResponse } from './web/web-options.js'

/**
 * TLS over an open stream, after the 220 to STARTTLS (RFC 3207). The certificate is checked as with implicit TLS. Take your listeners
 * off the stream first; from here on it belongs to the returned one, which is in the state that `dial` describes. On rejection the
 * stream is destroyed.
 * @throws {ConnectError} phase `tls`; `tls.injected` when octets wait unread in the stream, or clear text comes in place of TLS
 * @throws {SettingsError} when the options cannot be used
 */
export async function upgrade(socket: Socket, options: UpgradeOptions): Promise<TLSSocket> {
  try {
    const target = checkTarget(options)
    const plan = await planTls(target.host, options.tls)
    return await runAttempt(target, 'tls', options, async (attempt) => {
      own(attempt, socket)
      refuseInjected(socket, attempt)
      return handshake(attempt, socket, plan, { upgrading: true, proxy: options.proxy, onEvent: options.onEvent, send })
    })
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/**
 * Makes the settings for a later `upgrade` ready, so that what cannot be used is known before a connection is made.
 * @throws {SettingsError} as `upgrade` does
 */
export async function checkUpgrade({ host, tls }: Pick<UpgradeOptions, 'host' | 'tls'>): Promise<void> {
  await planTls(host, tls)
}

/** What a handshake asks of the web. */
async function send(request: WebRequest, options: WebOptions): Promise<WebResponse> {
  const { webRequest } = await import('./web/web-request.js')
  return webRequest(request, options)
}

/** Octets in the stream now were sent before TLS and must not be read as if they had come through it (RFC 3207 6, CVE-2021-38371). */
function refuseInjected({ readableLength }: Socket, { target }: Attempt): void {
  if (readableLength === 0) return
  const message = `${target.host} sent ${readableLength} octets in clear text behind its consent to STARTTLS`
  throw connectError('tls.injected', 'tls', message)
}

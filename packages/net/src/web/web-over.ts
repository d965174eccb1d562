import { SettingsError, type PosthornError } from '@posthorn/ground'
import type { Socket } from 'node:net'
import type { DialOptions } from '../options.js'
import { findProxy } from '../proxy/find/find-proxy.js'
import { bareHost } from '../target.js'
import { askProxy } from './by-proxy.js'
import { checkRequest, type CheckedRequest } from './checked-request.js'
import { clientOf, exchangeFailure, wholeResponse } from './exchange.js'
import { webError } from './web-error.js'
import type { WebOptions, WebRequest, WebResponse } from './web-options.js'

/** `dial`, with the protocols that are offered inside TLS (RFC 7301). */
export type DialFor = (options: DialOptions, protocols?: readonly string[]) => Promise<Socket>

const CONNECT_MS = 30_000
const TIMEOUT_MS = 60_000
const MAX_OCTETS = 10_000_000
const MAX_TIMER_MS = 2_147_483_647

/**
 * `webRequest` over a way to connect. It is handed in because the way itself asks the web: the handshake wants to know about
 * certificates that were taken back.
 */
export function webRequestOver(dial: DialFor): (request: WebRequest, options?: WebOptions) => Promise<WebResponse> {
  return async (given, options = {}) => {
    const request = checkRequest(given)
    const { timeoutMs = TIMEOUT_MS } = options
    const { signal } = given
    const over = new AbortController()
    const giveUp = (error: PosthornError) => over.abort(error)
    const onAbort = () => giveUp(webError('aborted', `the request to ${request.shown} was given up`, signal?.reason))
    const onTime = () => giveUp(webError('web.timeout', `${request.shown} did not answer within ${timeoutMs} ms`))
    if (signal?.aborted) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    const timer = setTimeout(onTime, Math.min(checkTime(timeoutMs), MAX_TIMER_MS))
    try {
      over.signal.throwIfAborted()
      return await ask(dial, request, options, over.signal)
    } catch (error) {
      throw over.signal.aborted ? over.signal.reason : exchangeFailure(error, request)
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }
}

async function ask(
  dial: DialFor,
  request: CheckedRequest,
  { proxy: choice = 'none', tls, resolve, connectMs = CONNECT_MS, maxOctets = MAX_OCTETS }: WebOptions,
  signal: AbortSignal,
): Promise<WebResponse> {
  const { url, method, headers, body } = request
  const secure = url.protocol === 'https:'
  const target = { host: bareHost(url.hostname), port: Number(url.port || (secure ? 443 : 80)) }
  const proxy = await findProxy(choice, target, { use: secure ? 'https' : 'http', signal })
  if (proxy && !secure && (proxy.type === 'http' || proxy.type === 'https')) {
    return askProxy(request, proxy, { connectMs, maxOctets, signal, resolve, send: webRequestOver(dial) })
  }
  const security = secure ? 'tls' : 'plain'
  const road = { ...target, security, tls, resolve, proxy: proxy ?? 'none', timeoutMs: connectMs, signal } as const
  const client = await clientOf(url.origin, () => dial(road, ['http/1.1']))
  try {
    const response = await client.request({
      path: `${url.pathname}${url.search}`,
      method: method,
      headers,
      body: body ?? null,
      signal,
    })
    return await wholeResponse(request, response, maxOctets)
  } finally {
    await client.destroy()
  }
}

function checkTime(timeoutMs: number): number {
  if (timeoutMs >= 0) return timeoutMs
  throw new SettingsError('settings.timeout', 'timeoutMs', `${timeoutMs} is not a time in milliseconds`)
}

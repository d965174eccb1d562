import type { Dispatcher } from 'undici'
import { runAttempt } from '../attempt.js'
import type { ProxyOptions } from '../options.js'
import { HttpLogin, MAX_REQUESTS, type Authorization } from '../proxy/http/http-login.js'
import { saidByProxy, tunnelRefusal } from '../proxy/http/refusal.js'
import { proxyError } from '../proxy/proxy-error.js'
import { planProxy } from '../proxy/proxy-plan.js'
import { proxyAddresses, reachProxy, type ReachOptions } from '../proxy/reach-proxy.js'
import type { CheckedRequest } from './checked-request.js'
import { clientOf, wholeResponse } from './exchange.js'
import type { WebResponse } from './web-options.js'

/** The longest body of a 407 that is read to keep the connection. */
const MAX_BODY_OCTETS = 65_536

export interface ByProxyOptions extends ReachOptions {
  readonly connectMs: number
  readonly maxOctets: number
  readonly signal: AbortSignal
}

/**
 * A request to an `http:` URL through an HTTP proxy: not by CONNECT, which proxies refuse to port 80 for the most part, but with the whole
 * URL in the request line (RFC 9112 3.2.2). The proxy resolves the name.
 * @throws {ConnectError} `proxy.*`
 */
export async function askProxy(
  request: CheckedRequest,
  proxy: ProxyOptions,
  options: ByProxyOptions,
): Promise<WebResponse> {
  const { url, method, body } = request
  const { signal, connectMs, maxOctets } = options
  const target = { host: url.hostname, port: Number(url.port || 80) }
  const plan = await planProxy(proxy)
  const login = new HttpLogin(plan)
  let authorization = await login.first()
  const client = await clientOf(url.origin, () => {
    if (authorization?.sameConnection) {
      throw proxyError(
        'proxy.protocol',
        `the proxy ${plan.name} hangs up in the middle of NTLM, which needs one connection`,
      )
    }
    return runAttempt(target, 'proxy', { timeoutMs: connectMs, signal }, async (attempt) => {
      const { socket } = await reachProxy(attempt, plan, await proxyAddresses(attempt, plan, options), options)
      return socket
    })
  })
  try {
    for (let requests = 1; requests <= MAX_REQUESTS; requests++) {
      const headers = fieldsOf(request, plan.headers, authorization)
      const response = await client.request({
        path: url.href,
        method: method,
        headers,
        body: body ?? null,
        signal,
      })
      if (response.statusCode !== 407) {
        const answer = answerOf(response)
        if (response.statusCode >= 400 && saidByProxy(answer)) {
          throw tunnelRefusal(answer, login.shown(answer.line), plan.name, target)
        }
        return await wholeResponse(request, response, maxOctets)
      }
      const { line, fields } = answerOf(response)
      const challenges = fields.filter(([name]) => name === 'proxy-authenticate').map(([, value]) => value)
      authorization = await login.answer(challenges, line, { method, uri: url.href })
      await response.body.dump({ limit: MAX_BODY_OCTETS, signal })
    }
    throw proxyError('proxy.protocol', `the proxy ${plan.name} asks for the login again and again`)
  } finally {
    await client.destroy()
  }
}

function fieldsOf(
  { url, headers }: CheckedRequest,
  own: readonly (readonly [string, string])[],
  authorization: Authorization | undefined,
): Record<string, string> {
  return {
    ...Object.fromEntries(own),
    ...headers,
    host: url.host,
    ...(authorization ? { 'proxy-authorization': authorization.value } : {}),
  }
}

function answerOf({ statusCode, headers }: Dispatcher.ResponseData) {
  const fields = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name.toLowerCase(), each]),
  )
  return { line: `HTTP/1.1 ${statusCode}`, minor: 1, status: statusCode, fields }
}

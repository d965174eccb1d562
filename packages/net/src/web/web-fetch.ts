import { ApiError } from '@posthorn/ground'
import { webError } from './web-error.js'
import { webRequest } from './web-request.js'
import type { WebOptions } from './web-options.js'

/** Statuses whose answer has no body (RFC 9110 15). */
const BODILESS = new Set([204, 205, 304])

/**
 * `webRequest` behind the interface of `fetch`, for libraries that take one. It differs in what it refuses: redirects are given back and
 * not followed (with `redirect: 'error'` they are an error), there are no cookies and no cache, and an error is the one `webRequest`
 * throws, not a TypeError without a reason. An abort rejects with the signal's reason, as there.
 */
export function webFetch(options: WebOptions = {}): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { signal, method, url } = request
    signal.throwIfAborted()
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer())
    const headers = Object.fromEntries([...request.headers].filter(([name]) => name !== 'content-length'))
    try {
      const answer = await webRequest({ url, method, headers, body, signal }, options)
      if (request.redirect === 'error' && answer.status >= 300 && answer.status < 400 && answer.headers['location']) {
        throw new TypeError(`${new URL(url).origin} redirects, which was not to be`)
      }
      if (answer.status < 200 || answer.status > 599) {
        throw webError('web.broken', `${new URL(url).origin} answers with ${answer.status}, which is no status of HTTP`)
      }
      const content = BODILESS.has(answer.status) ? null : Buffer.from(answer.body)
      return new Response(content, { status: answer.status, headers: answer.headers })
    } catch (error) {
      throw error instanceof ApiError && error.code === 'aborted' ? signal.reason : error
    }
  }
}

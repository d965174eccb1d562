import { dialFor } from '../dial.js'
import type { WebOptions, WebRequest, WebResponse } from './web-options.js'
import { webRequestOver } from './web-over.js'

const overTheRoad = webRequestOver(dialFor)

/**
 * One HTTP request over the same road as mail: the same proxies, TLS settings, resolver. Whatever is answered is given back, redirects
 * and errors, too; the body as it came, for no compression is asked for. The promise settles at the deadline or the abort at the latest,
 * and leaves no connection behind.
 * @throws {ConnectError} as `dial` has them: phase `resolve`, `proxy`, `connect` or `tls`
 * @throws {ApiError} `web.timeout`, `web.too-large`, `web.broken`, `aborted` with the signal's reason as its cause
 * @throws {SettingsError} `settings.url`, `settings.headers` and what `dial` has; nothing was sent
 * @source RFC 9110, RFC 9112
 */
export function webRequest(request: WebRequest, options?: WebOptions): Promise<WebResponse> {
  return overTheRoad(request, options)
}

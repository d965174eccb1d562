import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SettingsError } from '@posthorn/ground'
import { refusalPage, type RedirectPage } from './redirect-page.js'

const MAX_HEADER_OCTETS = 16_384
const MAX_CONNECTIONS = 32
const REQUEST_TIMEOUT_MS = 10_000
/** How long the last page may take to be read. */
const CLOSE_MS = 2_000

/** Decides on an answer that came to the right path. Never rejects. */
export type TakeAnswer = (answer: URL) => Promise<RedirectPage>

/**
 * The page a browser is sent back to, on 127.0.0.1 alone (RFC 8252 7.3, 8.3). Anything that is not a GET of the path, by the name of this
 * machine, is answered with 400 or 404 and changes nothing.
 */
export class LoopbackRedirect {
  #server: Server
  #path: string
  /** Undefined: nothing is expected. */
  take: TakeAnswer | undefined

  private constructor(path: string) {
    this.#path = path === '' ? '/' : path
    this.#server = createServer(
      { maxHeaderSize: MAX_HEADER_OCTETS, headersTimeout: REQUEST_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
      (request, response) => void this.#serve(request, response),
    )
    this.#server.maxConnections = MAX_CONNECTIONS
  }

  /** @throws {SettingsError} `oauth2.redirect-port` */
  static async listen(port: number, path: string): Promise<LoopbackRedirect> {
    const redirect = new LoopbackRedirect(path)
    await new Promise<void>((resolve, reject) => {
      redirect.#server.once('error', (cause) => {
        const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown'
        reject(
          new SettingsError('oauth2.redirect-port', 'grant.browser.port', `${port} cannot be listened on (${reason})`, {
            phase: 'auth',
            cause,
            hint: 'Close the program that uses the port, or leave the port out if the provider allows any.',
          }),
        )
      })
      redirect.#server.listen({ port, host: '127.0.0.1', exclusive: true }, resolve)
    })
    return redirect
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Takes no more requests, and resolves when the last answer was read or given up. */
  async close(): Promise<void> {
    this.take = undefined
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    const timer = setTimeout(() => this.#server.closeAllConnections(), CLOSE_MS)
    await closed
    clearTimeout(timer)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume()
    response.on('error', () => {}) // the browser is gone: nothing to tell
    const { status, html, policy } = await this.#page(request)
    response.writeHead(status, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      Connection: 'close',
    })
    response.end(html)
  }

  async #page({ method, url = '', headers }: IncomingMessage): Promise<RedirectPage> {
    const { port } = this
    // another name for this address is a page of somebody else's (DNS rebinding)
    if (headers.host !== `127.0.0.1:${port}` && headers.host !== `localhost:${port}`)
      return refusalPage(400, 'This address is for the end of a sign-in.')
    const base = `http://127.0.0.1:${port}`
    if (!url.startsWith('/') || !URL.canParse(base + url)) return refusalPage(400, 'This is not an address.')
    const answer = new URL(base + url)
    if (answer.pathname !== this.#path) return refusalPage(404, 'There is nothing here.')
    if (method !== 'GET') return refusalPage(400, 'This address is for the end of a sign-in.')
    return this.take ? this.take(answer) : refusalPage(404, 'Nobody is signing in.')
  }
}

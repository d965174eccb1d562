import { createServer, request, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider, type Configuration } from 'oidc-provider'

/** The `oidc-provider` package on this machine, over http. */
export class OpenIdProvider {
  readonly provider: Provider
  #server: Server

  private constructor(provider: Provider, server: Server) {
    this.provider = provider
    this.#server = server
  }

  static async start(configuration: Configuration): Promise<OpenIdProvider> {
    let handle: RequestListener = () => {}
    const server = createServer((incoming, response) => void handle(incoming, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const provider = new Provider(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, configuration)
    const callback = provider.callback()
    handle = (incoming, response) => void callback(incoming, response)
    return new OpenIdProvider(provider, server)
  }

  get issuer(): string {
    return this.provider.issuer
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

interface Page {
  readonly status: number
  readonly location: string | undefined
  readonly text: string
}

/** A browser with cookies, a person who fills every form in, and no script. */
export class ScriptedBrowser {
  #cookies = new Map<string, string>()

  /** Follows redirects and submits forms until a page has none; gives that page. */
  async open(url: string): Promise<Page> {
    let at = new URL(url)
    let page = await this.#go('GET', at)
    for (let step = 0; step < 20; step++) {
      if (page.location !== undefined) {
        at = new URL(page.location, at)
        page = await this.#go('GET', at)
        continue
      }
      const form = /<form[^>]* action="([^"]*)"[^>]*>([^]*?)<\/form>/.exec(page.text)
      if (!form) return page
      const fields = new URLSearchParams({ login: 'ann', password: 'p' })
      for (const [input] of form[2]!.matchAll(/<input[^>]*>/g)) {
        const name = /name="([^"]*)"/.exec(input)?.[1]
        const value = /value="([^"]*)"/.exec(input)?.[1]
        if (name !== undefined && value !== undefined && name !== 'login' && name !== 'password')
          fields.set(name, value)
      }
      at = new URL(form[1]!, at)
      page = await this.#go('POST', at, fields)
    }
    throw new Error('the pages do not come to an end')
  }

  #go(method: string, url: URL, body?: URLSearchParams): Promise<Page> {
    const cookies = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = {
      Accept: 'text/html',
      ...(cookies === '' ? {} : { Cookie: cookies }),
      ...(body ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {}),
    }
    return new Promise((resolve, reject) => {
      const sent = request(url, { method, headers, agent: false }, (response) => {
        for (const cookie of response.headers['set-cookie'] ?? []) {
          const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!
          this.#cookies.set(name!, value!)
        }
        let text = ''
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
        response.on('end', () => resolve({ status: response.statusCode!, location: response.headers.location, text }))
      })
      sent.on('error', reject)
      sent.end(body?.toString())
    })
  }
}

import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request, as it arrived. */
export interface Asked {
  readonly path: string
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly form: URLSearchParams
}

/** What is answered; `hold`: nothing, ever. */
export type Answer =
  Readonly<{ status?: number; json?: unknown; text?: string; headers?: Record<string, string> }> | 'hold'

/** A provider that answers as it is told, and remembers what it was asked. */
export class TokenEndpoint {
  readonly asked: Asked[] = []
  #server: Server

  private constructor(answer: (asked: Asked, index: number) => Answer | Promise<Answer>) {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = []
      request.on('data', (piece: Buffer) => pieces.push(piece))
      request.on('end', () => {
        const form = new URLSearchParams(Buffer.concat(pieces).toString())
        const asked = { path: request.url ?? '', method: request.method ?? '', headers: request.headers, form }
        this.asked.push(asked)
        void Promise.resolve(answer(asked, this.asked.length - 1)).then((given) => {
          if (given === 'hold') return
          const { status = 200, json, text = JSON.stringify(json), headers = {} } = given
          response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(text)
        })
      })
    })
  }

  static async start(answer: (asked: Asked, index: number) => Answer | Promise<Answer>): Promise<TokenEndpoint> {
    const endpoint = new TokenEndpoint(answer)
    await new Promise<void>((resolve) => endpoint.#server.listen(0, '127.0.0.1', resolve))
    return endpoint
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get provider() {
    return {
      tokenUrl: `${this.url}/token`,
      authorizationUrl: `${this.url}/authorize`,
      deviceAuthorizationUrl: `${this.url}/device`,
    }
  }

  /** The forms that were sent, as plain objects. */
  get forms(): Record<string, string>[] {
    return this.asked.map(({ form }) => Object.fromEntries(form))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** A token answer, RFC 6749 5.1. */
export function token(access: string, more: Record<string, unknown> = {}): Answer {
  return { json: { access_token: access, token_type: 'Bearer', expires_in: 3600, ...more } }
}

/** An error answer, RFC 6749 5.2. */
export function refusal(error: string, description?: string, more: Record<string, unknown> = {}): Answer {
  return {
    status: 400,
    json: { error, ...(description === undefined ? {} : { error_description: description }), ...more },
  }
}

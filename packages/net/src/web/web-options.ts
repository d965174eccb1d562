import type { Secret } from '@posthorn/ground'
import type { ProxyChoice, Resolve, TlsOptions } from '../options.js'

/** How the web is reached: the same settings as the road to a mail server. */
export interface WebOptions {
  readonly proxy?: ProxyChoice | undefined
  readonly tls?: TlsOptions | undefined
  readonly resolve?: Resolve | undefined
  /** For the connection, TLS included, in milliseconds; default 30 000. */
  readonly connectMs?: number | undefined
  /** For the whole request with its answer, in milliseconds; default 60 000. */
  readonly timeoutMs?: number | undefined
  /** The most octets taken of an answer; default 10 000 000. */
  readonly maxOctets?: number | undefined
}

/** One HTTP request. */
export interface WebRequest {
  readonly url: string
  /** Default GET, or POST with a body. */
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string | Secret>> | undefined
  readonly body?: Uint8Array | string | undefined
  readonly signal?: AbortSignal | undefined
}

/** What was answered, whatever its status. Redirects are not followed. */
export interface WebResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** `webRequest`, as others take it. */
export type SendWebRequest = (request: WebRequest) => Promise<WebResponse>

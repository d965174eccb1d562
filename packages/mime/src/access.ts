/**
 * What composing may reach outside the draft. A draft is data, and data that comes from elsewhere must not read our files: whoever
 * composes for others passes `closed`.
 */
export interface Access {
  /**
   * `all`: any file the process can read. `{ below }`: files below this folder, links followed and then checked; a relative path starts at
   * this folder. `none`.
   */
  readonly files: 'all' | 'none' | { readonly below: string }
  /**
   * Fetches what a `url` names, such as `(url, { signal }) => fetch(url, { signal })`. Absent: only `data:` URLs are read, and nothing goes
   * over the network. A response that is not `ok` is an error. The signal is that of `compose`, when it was given one.
   */
  readonly fetch?: ((url: URL, options: { readonly signal?: AbortSignal }) => Promise<Fetched>) | undefined
}

/** What fetching gives: the octets in a stream, or a web `Response` with them, of which the Content-Type counts as well. */
export type Fetched =
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>
  | {
      readonly ok?: boolean
      readonly status?: number
      readonly headers?: { get(name: string): string | null }
      readonly body: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array> | null
    }

/** For drafts of one's own program: every file, nothing remote. */
export const openAccess: Access = Object.freeze({ files: 'all' })

/** For drafts that come from outside: no file, nothing remote. */
export const closedAccess: Access = Object.freeze({ files: 'none' })

/**
 * What composing may reach outside the draft. A draft is data, and data that comes from elsewhere must not read our files: whoever
 * composes for others passes `closed`.
 */
export interface Access {
  /** `all`: any file the process can read. `{ below }`: files below this folder, links followed and then checked. `none`. */
  readonly files: 'all' | 'none' | { readonly below: string }
  /** Fetches what a `url` names. Absent: only `data:` URLs are read, and nothing goes over the network. */
  readonly fetch?: (url: URL, options: { readonly signal?: AbortSignal }) => Promise<AsyncIterable<Uint8Array>>
}

/** For drafts of one's own program: every file, nothing remote. */
export const openAccess: Access = Object.freeze({ files: 'all' })

/** For drafts that come from outside: no file, nothing remote. */
export const closedAccess: Access = Object.freeze({ files: 'none' })

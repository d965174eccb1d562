/** What writes a run of octets anew, from chunks of any size. What it gives is to be used up before going on. */
export interface Rewriter {
  push(chunk: Uint8Array): Iterable<Uint8Array>
  /** Nothing may be pushed after it. */
  end(): Iterable<Uint8Array>
}

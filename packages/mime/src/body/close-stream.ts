/**
 * Tells a stream that nobody reads on: a Node stream is destroyed, a web stream cancelled, an iterator returned. Nothing is waited for and
 * nothing is thrown, since there is an error to tell already.
 */
export function closeStream(stream: unknown): void {
  if (typeof stream !== 'object' || stream === null) return
  try {
    if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy()
    else if ('cancel' in stream && typeof stream.cancel === 'function') ignore(stream.cancel())
    else if ('return' in stream && typeof stream.return === 'function') ignore(stream.return())
  } catch {
    // what cannot even be closed is left to itself
  }
}

/** Somebody reads a web stream, who cancels it, or closing fails: neither is news. */
function ignore(closing: unknown): void {
  Promise.resolve(closing).catch(() => {})
}

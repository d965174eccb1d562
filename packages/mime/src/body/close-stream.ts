/**
 * Tells a stream that nobody reads on: a Node stream is destroyed, a web stream cancelled, an iterator returned. Nothing is waited for and
 * nothing is thrown, since there is an error to tell already.
 */
export function closeStream(stream: unknown): void {
  if (typeof stream !== 'object' || stream === null) return
  const { destroy, cancel, return: end } = stream as Partial<Closable>
  try {
    if (typeof destroy === 'function') destroy.call(stream)
    else if (typeof cancel === 'function') ignore(cancel.call(stream))
    else if (typeof end === 'function') ignore(end.call(stream))
  } catch {
    // what cannot even be closed is left to itself
  }
}

interface Closable {
  destroy(this: object): unknown
  cancel(this: object): unknown
  return(this: object): unknown
}

/** Somebody reads a web stream, who cancels it, or closing fails: neither is news. */
function ignore(closing: unknown): void {
  Promise.resolve(closing).catch(() => {})
}

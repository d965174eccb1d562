import fc from 'fast-check'

/** Places to cut at. */
export const cuts = fc.array(fc.nat(), { maxLength: 8 })

/** The octets in pieces, in order; some may be empty. */
export function cut(whole: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [...new Set(at.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((from, index) => whole.subarray(from, places[index] ?? whole.length))
}

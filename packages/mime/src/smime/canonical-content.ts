import type { Content } from '@posthorn/ground'

const CR = 13
const LF = 10
const SLICE_OCTETS = 128 * 1024

/**
 * A message as it was signed: with CRLF. A message whose first line ends with LF alone is one that was stored so, and every LF in it
 * stands for CRLF (RFC 8551 3.1.1); any other message is given as it is, octet by octet.
 */
export function asSigned(content: Content): Content {
  const { octets } = content
  if (!octets) return { open: () => withCrlf(content.open()) }
  return endsLinesWithLf(octets) === true ? { open: () => withCrlf(content.open()) } : content
}

async function* withCrlf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let change: boolean | undefined
  let last = 0
  for await (const chunk of source) {
    if (chunk.length === 0) continue
    change ??= endsLinesWithLf(chunk, last)
    for (let at = 0; at < chunk.length; at += SLICE_OCTETS) {
      const slice = chunk.subarray(at, at + SLICE_OCTETS)
      yield change === true ? crlf(slice, last) : slice
      last = slice[slice.length - 1]!
    }
  }
}

/** Whether the first line ends with LF alone; undefined while no line has ended. */
function endsLinesWithLf(octets: Uint8Array, before = 0): boolean | undefined {
  const at = octets.indexOf(LF)
  if (at < 0) return undefined
  return (at === 0 ? before : octets[at - 1]) !== CR
}

function crlf(chunk: Uint8Array, before: number): Uint8Array {
  // each LF alone gives two octets
  const out = Buffer.allocUnsafe(2 * chunk.length)
  let length = 0
  let last = before
  for (let at = 0; at < chunk.length; at++) {
    const octet = chunk[at]!
    if (octet === LF && last !== CR) out[length++] = CR
    out[length++] = octet
    last = octet
  }
  return out.subarray(0, length)
}

import type { Content } from '@posthorn/ground'

const CR = 13
const LF = 10

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
    yield change === true ? crlf(chunk, last) : chunk
    last = chunk[chunk.length - 1]!
  }
}

/** Whether the first line ends with LF alone; undefined while no line has ended. */
function endsLinesWithLf(octets: Uint8Array, before = 0): boolean | undefined {
  const at = octets.indexOf(LF)
  if (at < 0) return undefined
  return (at === 0 ? before : octets[at - 1]) !== CR
}

function crlf(chunk: Uint8Array, before: number): Uint8Array {
  const lines: Uint8Array[] = []
  let from = 0
  for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) {
    if ((at === 0 ? before : chunk[at - 1]) === CR) continue
    lines.push(chunk.subarray(from, at), Buffer.of(CR, LF))
    from = at + 1
  }
  lines.push(chunk.subarray(from))
  return Buffer.concat(lines)
}

import { OctetScan, type Insertion } from './octet-scan.js'

/**
 * Completes line ends: a CR or LF that stands alone becomes CRLF, and so does what is missing behind the last line (RFC 5321 2.3.8).
 * Constant memory; a block that needs nothing is given back as it is, not copied.
 */
export class LineEnds {
  /** What was seen of the octets as they came. */
  readonly scan = new OctetScan()
  /** Octets inserted so far. */
  inserted = 0

  push(block: Uint8Array): Uint8Array {
    const places: number[] = []
    const insertions: Insertion[] = []
    this.scan.push(block, (at, insertion) => {
      places.push(at)
      insertions.push(insertion)
    })
    if (places.length === 0) return block
    this.inserted += places.length
    const out = new Uint8Array(block.length + places.length)
    let from = 0
    for (let index = 0; index < places.length; index++) {
      const at = places[index]!
      out.set(block.subarray(from, at), from + index)
      out[at + index] = insertions[index]!.charCodeAt(0)
      from = at
    }
    out.set(block.subarray(from), from + places.length)
    return out
  }

  /** What the end of the last line still needs; nothing may be pushed after it. */
  end(): Uint8Array {
    const rest = this.scan.end()
    this.inserted += rest.length
    return Buffer.from(rest, 'latin1')
  }
}

/** The same for octets in memory. */
export function withLineEnds(octets: Uint8Array): Uint8Array {
  const lines = new LineEnds()
  const body = lines.push(octets)
  const rest = lines.end()
  return rest.length === 0 ? body : Buffer.concat([body, rest])
}

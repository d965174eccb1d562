import { refusal } from '../refusal.js'
import { bufferOf } from './header-section.js'
import { OctetScan, type Insertion } from './octet-scan.js'

const CR = 13
const LF = 10

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

/**
 * The same for a header section, whose lines must all end alike: a CR or LF within a field is no line end for some, and for others makes
 * another field of what follows.
 * @throws {SettingsError} `content.line-ends`
 */
export function sectionWithLineEnds(header: Buffer): Buffer {
  const odd = oddLineEnd(header)
  if (odd < 0) return bufferOf(withLineEnds(header))
  throw refusal(
    'content.line-ends',
    'content',
    `has a header section whose lines do not all end alike: octet ${odd} is another line end than the first`,
    'End every line of it with CRLF, or every line with LF, and let no CR or LF stand in a field.',
  )
}

/** Offset of the first line end that is another one (CRLF, CR or LF) than that of the first line; -1 when all are the same. */
function oddLineEnd(octets: Uint8Array): number {
  let first = ''
  for (let at = 0; at < octets.length; at++) {
    if (octets[at] !== CR && octets[at] !== LF) continue
    const lineEnd = octets[at] === LF ? 'LF' : octets[at + 1] === LF ? 'CRLF' : 'CR'
    if (first === '') first = lineEnd
    else if (lineEnd !== first) return at
    if (lineEnd === 'CRLF') at++
  }
  return -1
}

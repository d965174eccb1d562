const MAX_LINE = 75 // and the "=" of a soft line break: RFC 2045 6.7 (5)
const CR = 13
const LF = 10
const TAB = 9
const SPACE = 32
const DOT = 46
const EQUALS = 61
const HEX = Buffer.from('0123456789ABCDEF')

/** Where an encoding stands between two calls. */
export interface Progress {
  /** How many octets the line that is being written has. */
  column: number
  /** Index behind the last octet that was taken. */
  taken: number
  /** Index behind the last octet that was written. */
  written: number
}

/**
 * Encodes `octets` from `from` up to `end` into `out` from `to` on. Unless these are the `last` octets it stops in front of one whose
 * form depends on what follows: at most four octets are left then. `out` must have room for `mostEncoded(end - from)`.
 */
export type QuotedPrintableKernel = (
  octets: Uint8Array,
  from: number,
  end: number,
  out: Uint8Array,
  to: number,
  last: boolean,
  progress: Progress,
) => void

/** The most that so many octets can become: three each, and a soft line break of three once in at least 73 octets of output. */
export const mostEncoded = (octets: number) => Math.ceil(octets * 3 * (1 + 3 / 73)) + 3

/** Printable ASCII but "=": what stands for itself wherever it is. Space and tab depend on what follows, "." and "F" on what is in front. */
const LITERAL = Uint8Array.from({ length: 256 }, (_, octet) =>
  octet > SPACE && octet < 127 && octet !== EQUALS ? 1 : 0,
)

/** The kernel in plain JavaScript. */
export const tableKernel: QuotedPrintableKernel = (octets, from, end, out, to, last, progress) => {
  let { column } = progress
  let at = from
  while (at < end) {
    const octet = octets[at]!
    let literal = LITERAL[octet] === 1
    if (literal) {
      if (column === 0 && octet === DOT) literal = false
      else if (column === 0 && octet === FROM[0]) {
        const matched = matchesFrom(octets, at, end)
        if (matched === 5) literal = false
        else if (!last && at + matched === end) break
      }
    } else if (octet === SPACE || octet === TAB) {
      const left = end - at
      if (!last && (left === 1 || (left === 2 && octets[at + 1] === CR))) break
      literal = left > 1 && !(left > 2 && octets[at + 1] === CR && octets[at + 2] === LF)
    } else if (octet === CR) {
      if (at + 1 === end && !last) break
      if (at + 1 < end && octets[at + 1] === LF) {
        out[to] = CR
        out[to + 1] = LF
        to += 2
        at += 2
        column = 0
        continue
      }
    }
    if (column + (literal ? 1 : 3) > MAX_LINE) {
      out[to] = EQUALS
      out[to + 1] = CR
      out[to + 2] = LF
      to += 3
      column = 0
      continue // the octet is the first of a line now
    }
    if (literal) {
      out[to++] = octet
      column++
    } else {
      out[to] = EQUALS
      out[to + 1] = HEX[octet >> 4]!
      out[to + 2] = HEX[octet & 15]!
      to += 3
      column += 3
    }
    at++
  }
  progress.column = column
  progress.taken = at
  progress.written = to
}

const FROM = Buffer.from('From ')

/** How many octets of "From " stand there. */
function matchesFrom(octets: Uint8Array, at: number, end: number): number {
  let matched = 1
  while (matched < 5 && at + matched < end && octets[at + matched] === FROM[matched]) matched++
  return matched
}

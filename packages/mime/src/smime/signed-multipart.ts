import type { SettingsError } from '@posthorn/ground'
import { malformed } from './ber-reader.js'
import type { Hasher } from './hash-content.js'
import { bodyOf, type MimeEntity } from './mime-entity.js'

const MAX_SIGNATURE_OCTETS = 4 * 1024 * 1024
/** White space that a relay may have put behind a delimiter, RFC 2046 5.1.1. */
const MAX_PADDING_OCTETS = 1000
const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const HYPHEN = 45

/** The two parts of a multipart/signed, RFC 1847 2.1. */
export interface SignedMultipart {
  /** Where the signed part begins and ends in the content of the entity: header fields and body. */
  readonly from: number
  readonly to: number
  /** The part with the signature, as it stands. */
  readonly signature: Buffer
}

interface Delimiter {
  /** Where its first octet stands, the line end before it, and where its line has ended. */
  readonly from: number
  readonly to: number
  readonly last: boolean
}

/**
 * Reads a multipart/signed once: the octets of its first part go to the hashers as they stand, its second part is kept.
 * @throws {SettingsError} `smime.malformed` unless there are exactly two parts, and a preamble that holds nothing like a delimiter
 */
export async function readSignedMultipart(
  entity: MimeEntity,
  boundary: string,
  hashers: readonly Pick<Hasher, 'update'>[],
): Promise<SignedMultipart> {
  const delimiters: Delimiter[] = []
  const kept: Uint8Array[] = []
  let keptOctets = 0
  for await (const event of split(bodyOf(entity).open(), boundary)) {
    if (!(event instanceof Uint8Array)) {
      delimiters.push(event)
      if (delimiters.length === 3 || event.last) break
    } else if (delimiters.length === 1) {
      for (const hasher of hashers) await hasher.update(event)
    } else if (delimiters.length === 2) {
      keptOctets += event.length
      if (keptOctets > MAX_SIGNATURE_OCTETS) throw malformed('has a signature that is longer than 4 MiB')
      kept.push(Uint8Array.from(event))
    }
  }
  const [first, second, third] = delimiters
  if (!first || !second || third?.last !== true) throw malformed('does not have the two parts of a signed message')
  return { from: entity.bodyAt + first.to, to: entity.bodyAt + second.from, signature: Buffer.concat(kept) }
}

/** The octets between the delimiters, and the delimiters. */
async function* split(
  blocks: AsyncIterable<Uint8Array>,
  boundary: string,
): AsyncGenerator<Uint8Array | Delimiter, void, undefined> {
  const mark = Buffer.from(`\r\n--${boundary}`)
  let held = Buffer.from('\r\n') // so that a delimiter at the very beginning has a line end before it
  let at = -held.length
  let delimiters = 0
  for await (const block of blocks) {
    held = Buffer.concat([held, block])
    yield* scan(false)
  }
  yield* scan(true)

  /** Gives what cannot be the beginning of a delimiter, however much there is that only looks like one, in one piece. */
  function* scan(ended: boolean): Generator<Uint8Array | Delimiter> {
    let from = 0
    let search = 0
    for (;;) {
      const found = held.indexOf(mark, search)
      if (delimiters === 0) lookAtPreamble(held.subarray(0, found < 0 ? held.length : found), mark)
      const line = found < 0 ? undefined : delimiterLine(held, found + mark.length, ended)
      if (line === 'none') {
        if (delimiters === 0) throw inDisguise()
        search = found + mark.length
        continue
      }
      const given = found >= 0 ? found : ended ? held.length : Math.max(from, held.length - mark.length + 1)
      const first = Math.max(from, -at)
      if (given > first) yield held.subarray(first, given)
      from = given
      if (line === undefined || line === 'open') break
      yield { from: Math.max(0, at + found), to: at + line.end, last: line.last }
      delimiters++
      from = search = line.end
    }
    held = Buffer.from(held.subarray(from))
    at += from
  }
}

/**
 * Looks at what stands before the first delimiter, which nobody signed. Readers that take a line for a delimiter that is none, such as one
 * that goes on (RFC 2046 5.1.2 lets them compare its beginning alone) or one behind LF, would show what follows.
 * @throws {SettingsError} `smime.malformed`
 */
function lookAtPreamble(octets: Buffer, mark: Buffer): void {
  const bare = Buffer.from(mark.subarray(1))
  for (const lineEnd of [LF, CR]) {
    bare[0] = lineEnd
    if (octets.includes(bare)) throw inDisguise()
  }
}

function inDisguise(): SettingsError {
  return malformed('has a line before its first part that readers may take for a delimiter, so they would differ')
}

/** What stands behind a boundary: the end of a delimiter, something else, or not enough of it yet. */
function delimiterLine(held: Buffer, start: number, ended: boolean): { end: number; last: boolean } | 'none' | 'open' {
  const last = held[start] === HYPHEN && held[start + 1] === HYPHEN
  let at = start + (last ? 2 : 0)
  const longest = at + MAX_PADDING_OCTETS
  while (at < longest && (held[at] === SPACE || held[at] === TAB)) at++
  if (held[at] === LF) return { end: at + 1, last }
  if (held[at] === CR && held[at + 1] === LF) return { end: at + 2, last }
  if (at === held.length && ended) return { end: at, last }
  const open =
    at === held.length || (at + 1 === held.length && (held[at] === CR || (at === start && held[at] === HYPHEN)))
  return open && !ended ? 'open' : 'none'
}

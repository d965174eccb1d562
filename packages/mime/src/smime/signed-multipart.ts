import { malformed } from './ber-reader.js'
import type { Hasher } from './hash-content.js'
import { bodyOf, type MimeEntity } from './mime-entity.js'

const MAX_SIGNATURE_OCTETS = 4 * 1024 * 1024
/** White space that a relay may have put behind a delimiter, RFC 2046 5.1.1. */
const MAX_PADDING_OCTETS = 1000

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
 * @throws {SettingsError} `smime.malformed` unless there are exactly two parts
 */
export async function readSignedMultipart(
  entity: MimeEntity,
  boundary: string,
  hashers: readonly Hasher[],
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
  source: AsyncIterable<Uint8Array>,
  boundary: string,
): AsyncGenerator<Uint8Array | Delimiter, void, undefined> {
  const mark = Buffer.from(`\r\n--${boundary}`)
  let held = Buffer.from('\r\n') // so that a delimiter at the very beginning has a line end before it
  let at = -held.length
  function* take(count: number): Generator<Uint8Array> {
    const piece = held.subarray(Math.max(0, -at), count)
    held = held.subarray(count)
    at += count
    if (piece.length > 0) yield piece
  }
  for await (const chunk of source) {
    held = Buffer.concat([held, chunk])
    yield* scan(false)
  }
  yield* scan(true)
  yield* take(held.length)

  function* scan(ended: boolean): Generator<Uint8Array | Delimiter> {
    for (;;) {
      const found = held.indexOf(mark)
      if (found < 0) {
        if (held.length >= mark.length) yield* take(held.length - mark.length + 1)
        return
      }
      yield* take(found)
      const lineEnd = held.indexOf('\n', mark.length)
      if (lineEnd < 0 && !ended && held.length <= mark.length + MAX_PADDING_OCTETS) return
      const end = lineEnd < 0 ? held.length : lineEnd + 1
      const line = held.toString('latin1', mark.length, Math.min(end, mark.length + MAX_PADDING_OCTETS))
      const rest = lineEnd >= 0 || ended ? /^(--)?[ \t]*(?:\r?\n)?$/.exec(line) : undefined
      if (rest) {
        yield { from: Math.max(0, at), to: at + end, last: rest[1] !== undefined }
        held = held.subarray(end)
        at += end
      } else yield* take(2)
    }
  }
}

import { isPositive } from './fault.js'
import { progressOf } from './progress.js'
import { changed, check, finish, lineTransform, opened, putPiece, type Stopped } from './send-content.js'
import type { Session } from './session.js'
import { eightBit, type Transaction } from './transaction.js'

/** Pieces ahead of their replies; without groups of commands each waits for the reply to the one before. */
const MAX_AHEAD = 64
const NONE = new Uint8Array(0)

/**
 * Sends content by BDAT in pieces of `chunkOctets`, the last one as large as what is left (RFC 3030 2). A piece goes out once there is
 * more behind it, so the last is never empty but for empty content, and is not said before the source has shown that it ends there.
 * @throws {SettingsError} as `sendContent`
 */
export async function sendPieces(
  session: Session,
  transaction: Transaction,
  ride: () => void,
): Promise<Stopped | undefined> {
  const { wire } = session
  const { content, inMemory: memory, wireOctets, binary } = transaction.rendition
  const sizeOctets = session.options.chunkOctets!
  const announced = memory?.length ?? content.sizeOctets
  const progress = progressOf(session.trail, wireOctets ?? announced)
  const lines = lineTransform(session, transaction, memory !== undefined)
  const checks8Bit = !session.extensions.eightBitMime && !binary
  const ahead = session.pipelining ? MAX_AHEAD : 1
  const pieces = new Pieces(sizeOctets)
  wire.contentBegins()
  transaction.stage = 'content'
  let given = 0
  for await (const block of memory ? cut(memory, sizeOctets) : opened(content, wire)) {
    given += block.length
    if (announced !== undefined && given > announced) throw changed(announced)
    const octets = lines ? lines.push(block) : block
    if (lines?.high && checks8Bit) throw eightBit()
    for (const piece of pieces.push(octets)) {
      const stopped = await room(session, transaction, ahead)
      if (stopped) return stopped
      putPiece(wire, piece, transaction)
      await wire.taken()
    }
    progress.at(given)
    const stopped = check(wire, transaction)
    if (stopped) return stopped
  }
  if (announced !== undefined && given !== announced) throw changed(announced)
  for (const piece of pieces.push(lines && !memory ? lines.end() : NONE)) {
    const stopped = await room(session, transaction, ahead)
    if (stopped) return stopped
    putPiece(wire, piece, transaction)
    await wire.taken()
  }
  const stopped = await room(session, transaction, ahead)
  if (stopped) return stopped
  const last = pieces.rest()
  wire.frame(`BDAT ${last.length} LAST\r\n`, `BDAT ${last.length} LAST`)
  wire.octets(last)
  finish(session, transaction, ride)
  progress.done(given)
  return undefined
}

/** Waits until fewer than so many pieces are ahead of their replies; one that is refused ends it (RFC 3030 2). */
async function room({ wire }: Session, transaction: Transaction, ahead: number): Promise<Stopped | undefined> {
  const stopped = check(wire, transaction)
  if (stopped) return stopped
  while (transaction.chunks >= ahead) {
    const reply = await wire.read()
    transaction.chunks--
    if (!isPositive(reply)) return { reply, usable: true }
  }
  return undefined
}

function* cut(octets: Uint8Array, sizeOctets: number): Generator<Uint8Array, void, undefined> {
  for (let from = 0; from < octets.length; from += sizeOctets) yield octets.subarray(from, from + sizeOctets)
}

/** Cuts blocks into pieces of one size and holds the rest, a whole piece at most, as a copy: blocks may be used again. */
class Pieces {
  readonly #sizeOctets: number
  readonly #held: Uint8Array[] = []
  #heldOctets = 0

  constructor(sizeOctets: number) {
    this.#sizeOctets = sizeOctets
  }

  /** The pieces that have something behind them. */
  *push(block: Uint8Array): Generator<Uint8Array, void, undefined> {
    let from = 0
    while (this.#heldOctets + block.length - from > this.#sizeOctets) {
      const more = this.#sizeOctets - this.#heldOctets
      const part = block.subarray(from, from + more)
      from += more
      yield this.#heldOctets === 0 ? part : Buffer.concat([this.rest(), part])
    }
    if (from === block.length) return
    this.#held.push(Uint8Array.from(block.subarray(from)))
    this.#heldOctets += block.length - from
  }

  /** What is left, taken out. */
  rest(): Uint8Array {
    const rest = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held)
    this.#held.length = 0
    this.#heldOctets = 0
    return rest
  }
}

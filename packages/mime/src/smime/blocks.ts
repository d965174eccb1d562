import { Turn } from '../turn.js'

const BLOCK_OCTETS = 64 * 1024

/**
 * The same octets in blocks of 64 KiB, the last one shorter, between which the event loop goes on: who made a message may have cut it into
 * single octets, who reads it may have all of it in memory, and neither is to decide what a step costs. A block is lent until the next one.
 */
export async function* inBlocks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const turn = new Turn()
  let block = Buffer.allocUnsafe(0)
  let length = 0
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length;) {
      if (turn.isOver) await turn.pass()
      if (length === 0 && chunk.length - at >= BLOCK_OCTETS) {
        yield chunk.subarray(at, at + BLOCK_OCTETS)
        at += BLOCK_OCTETS
        continue
      }
      if (block.length === 0) block = Buffer.allocUnsafe(BLOCK_OCTETS)
      const piece = chunk.subarray(at, at + BLOCK_OCTETS - length)
      block.set(piece, length)
      length += piece.length
      at += piece.length
      if (length < BLOCK_OCTETS) continue
      yield block
      length = 0
    }
  }
  if (length > 0) yield block.subarray(0, length)
}

/** Octets in memory as a source. */
export async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield octets
}

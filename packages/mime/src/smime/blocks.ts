const BLOCK_OCTETS = 64 * 1024

/**
 * The same octets in chunks that are not small: who made a message may have cut it into single octets, and what costs something for each
 * chunk must not be his to choose.
 */
export async function* inBlocks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let block = Buffer.allocUnsafe(0)
  let length = 0
  for await (const chunk of source) {
    if (length === 0 && chunk.length >= BLOCK_OCTETS) {
      yield chunk
      continue
    }
    for (let at = 0; at < chunk.length;) {
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

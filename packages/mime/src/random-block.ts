import { randomFillSync } from 'node:crypto'

/** Gives this many random octets. */
export type RandomOctets = (count: number) => Uint8Array

const block = Buffer.alloc(16 * 1024)
let used = block.length

/** Random octets out of one block that is refilled when it is used up: asking the system for each id costs more than the id. */
export function randomFromBlock(count: number): Uint8Array {
  if (used + count > block.length) {
    randomFillSync(block)
    used = 0
  }
  used += count
  return block.subarray(used - count, used)
}

/** As many random octets in lower-case hexadecimal digits. */
export function randomHex(octets: RandomOctets, count: number): string {
  const drawn = octets(count)
  return Buffer.from(drawn.buffer, drawn.byteOffset, drawn.byteLength).toString('hex')
}

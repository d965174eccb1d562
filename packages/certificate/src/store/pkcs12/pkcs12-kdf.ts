import { hash } from 'node:crypto'
import type { Steps } from '../steps.js'
import { giveWay } from '../turn.js'

/** What the derived octets are for (RFC 7292 B.3). */
export const PURPOSE = { key: 1, iv: 2, mac: 3 } as const

/** So long runs the hash before others get a turn: a millisecond or two. */
const ITERATIONS_AT_A_TIME = 1000

/** How many octets a digest has, and how many its block has (RFC 7292 B.2: u and v). */
const SIZES = {
  md5: [16, 64],
  sha1: [20, 64],
  sha224: [28, 64],
  sha256: [32, 64],
  sha384: [48, 128],
  sha512: [64, 128],
} as const

export type KdfDigest = keyof typeof SIZES

/** How long a digest is, in octets. */
export function digestOctets(digest: KdfDigest): number {
  return SIZES[digest][0]
}

/**
 * The key derivation of PKCS #12 (RFC 7292 B.2). Node has no such function, so it runs on the event loop and gives way every few thousand
 * iterations.
 * @param password BMPString with its two zero octets, or nothing at all
 */
export function* pkcs12Kdf(
  digest: KdfDigest,
  purpose: number,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  lengthOctets: number,
): Steps<Uint8Array> {
  const [digestOctets, blockOctets] = SIZES[digest]
  const input = Buffer.concat([filled(salt, blockOctets), filled(password, blockOctets)])
  const diversifier = Buffer.alloc(blockOctets, purpose)
  const output = Buffer.alloc(Math.ceil(lengthOctets / digestOctets) * digestOctets)
  for (let at = 0; at < output.length; at += digestOctets) {
    let value: Buffer = hash(digest, Buffer.concat([diversifier, input]), 'buffer')
    for (let iteration = 1; iteration < iterations; iteration++) {
      value = hash(digest, value, 'buffer')
      if (iteration % ITERATIONS_AT_A_TIME === 0) yield* giveWay()
    }
    value.copy(output, at)
    addToBlocks(input, blockOctets, value)
  }
  return output.subarray(0, lengthOctets)
}

/** Repeats the octets until they fill whole blocks; nothing stays nothing. */
function filled(octets: Uint8Array, blockOctets: number): Uint8Array {
  const length = Math.ceil(octets.length / blockOctets) * blockOctets
  return Uint8Array.from({ length }, (_, index) => octets[index % octets.length]!)
}

/** Step 6 C: each block of `input` becomes itself + value (repeated to a block) + 1, modulo the size of a block. */
function addToBlocks(input: Uint8Array, blockOctets: number, value: Uint8Array): void {
  for (let start = 0; start < input.length; start += blockOctets) {
    let carry = 1
    for (let index = blockOctets - 1; index >= 0; index--) {
      carry += input[start + index]! + value[index % value.length]!
      input[start + index] = carry & 0xff
      carry >>= 8
    }
  }
}

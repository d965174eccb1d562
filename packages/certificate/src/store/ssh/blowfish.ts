import { Turn } from '../turn.js'
import type { Steps } from '../steps.js'

/** The state of Blowfish as bcrypt uses it: key schedules over and over, then a few blocks. B. Schneier, 1993; Provos and Mazieres, 1999. */
export interface Blowfish {
  /** 18 subkeys and 4 boxes of 256 words, one after the other. */
  readonly words: Int32Array
}

const SUBKEYS = 18
const BOXES = 4 * 256
const WORDS = SUBKEYS + BOXES

let piWords: Int32Array | undefined

/** A fresh state: the fraction of pi, worked out when it is needed for the first time, some tens of milliseconds, in slices. */
export function* blowfish(): Steps<Blowfish> {
  piWords ??= yield* fractionOfPi(WORDS)
  return { words: piWords.slice() }
}

/** Mixes a salt and a key in (ExpandKey of bcrypt); without a salt, zeros. Both as words, used round and round. */
export function expand({ words }: Blowfish, key: Int32Array, salt?: Int32Array): void {
  for (let index = 0; index < SUBKEYS; index++) words[index]! ^= key[index % key.length]!
  const block = new Int32Array(2)
  for (let index = 0, at = 0; index < WORDS; index += 2) {
    if (salt) {
      block[0]! ^= salt[at++ % salt.length]!
      block[1]! ^= salt[at++ % salt.length]!
    }
    encipher(words, block, 0)
    words[index] = block[0]!
    words[index + 1] = block[1]!
  }
}

/** Enciphers two words in place: sixteen rounds. */
export function encipher(words: Int32Array, block: Int32Array, at: number): void {
  let left = block[at]! ^ words[0]!
  let right = block[at + 1]!
  for (let round = 1; round <= 16; round += 2) {
    right ^= mixed(words, left) ^ words[round]!
    left ^= mixed(words, right) ^ words[round + 1]!
  }
  block[at] = right ^ words[17]!
  block[at + 1] = left
}

function mixed(words: Int32Array, value: number): number {
  const a = words[SUBKEYS + (value >>> 24)]!
  const b = words[SUBKEYS + 256 + ((value >>> 16) & 0xff)]!
  const c = words[SUBKEYS + 512 + ((value >>> 8) & 0xff)]!
  const d = words[SUBKEYS + 768 + (value & 0xff)]!
  return (((a + b) ^ c) + d) | 0
}

const GUARD_BITS = 64n

/** The first binary digits of pi behind the point, by Machin: pi = 16 arctan(1/5) - 4 arctan(1/239). */
function* fractionOfPi(words: number): Steps<Int32Array> {
  const bits = BigInt(words * 32)
  const one = 1n << (bits + GUARD_BITS)
  const pi = (16n * (yield* arctanOfInverse(5n, one)) - 4n * (yield* arctanOfInverse(239n, one))) >> GUARD_BITS
  const fraction = pi & ((1n << bits) - 1n)
  const octets = Buffer.from(fraction.toString(16).padStart(words * 8, '0'), 'hex')
  return Int32Array.from({ length: words }, (_, index) => octets.readInt32BE(index * 4))
}

/** arctan(1/x) = 1/x - 1/3x^3 + 1/5x^5 - ... */
function* arctanOfInverse(x: bigint, one: bigint): Steps<bigint> {
  const turn = new Turn()
  let term = one / x
  let sum = term
  for (let divisor = 3n, sign = -1n; term > 0n; divisor += 2n, sign = -sign) {
    yield* turn.pass()
    term /= x * x
    sum += sign * (term / divisor)
  }
  return sum
}

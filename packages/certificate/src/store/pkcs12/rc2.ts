import { Turn } from '../turn.js'
import type { Steps } from '../steps.js'

const BLOCK_OCTETS = 8
/** Some milliseconds. */
const OCTETS_AT_A_TIME = 4096

/** PITABLE of RFC 2268 2. */
const PI = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32' +
    'bd8f40eb86b77b0bf09521225c6b4e8254d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed708e8eade8052eef784aa72ac354d6a2a' +
    '961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2e' +
    'c5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
)

/**
 * Decrypts RC2 in CBC mode (RFC 2268) with PKCS #7 padding. RC2 protects nothing any more and is here for reading old PKCS #12 files alone,
 * which Windows and Java wrote for twenty years; OpenSSL 3 only has it in a part that Node does not load. Others get a turn every few
 * milliseconds.
 * @returns undefined when the padding is wrong, which a wrong key gives
 */
export function* decryptRc2Cbc(
  key: Uint8Array,
  effectiveBits: number,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Steps<Uint8Array | undefined> {
  if (iv.length !== BLOCK_OCTETS || ciphertext.length === 0 || ciphertext.length % BLOCK_OCTETS !== 0) return undefined
  const words = expandKey(key, effectiveBits)
  const plain = new Uint8Array(ciphertext.length)
  const turn = new Turn()
  for (let at = 0; at < ciphertext.length; at += BLOCK_OCTETS) {
    if (at % OCTETS_AT_A_TIME === 0) yield* turn.pass()
    decryptBlock(words, ciphertext, plain, at)
    for (let index = 0; index < BLOCK_OCTETS; index++) {
      plain[at + index]! ^= at === 0 ? iv[index]! : ciphertext[at - BLOCK_OCTETS + index]!
    }
  }
  const padding = plain.at(-1)!
  if (padding < 1 || padding > BLOCK_OCTETS) return undefined
  const end = plain.length - padding
  return plain.subarray(end).every((octet) => octet === padding) ? plain.subarray(0, end) : undefined
}

/** RFC 2268 2: 64 words of 16 bits. */
function expandKey(key: Uint8Array, effectiveBits: number): Uint16Array {
  const octets = new Uint8Array(128)
  octets.set(key)
  for (let at = key.length; at < 128; at++) octets[at] = PI[(octets[at - 1]! + octets[at - key.length]!) & 0xff]!
  const effectiveOctets = (effectiveBits + 7) >> 3
  const start = 128 - effectiveOctets
  octets[start] = PI[octets[start]! & (0xff >> (8 * effectiveOctets - effectiveBits))]!
  for (let at = start - 1; at >= 0; at--) octets[at] = PI[octets[at + 1]! ^ octets[at + effectiveOctets]!]!
  return Uint16Array.from({ length: 64 }, (_, index) => octets[2 * index]! | (octets[2 * index + 1]! << 8))
}

const ROTATIONS = [1, 2, 3, 5] as const
/** RFC 2268 4: five rounds of mixing, one of mashing, six, one, five; here in reverse. */
const MIXINGS = [5, 6, 5]

function decryptBlock(words: Uint16Array, from: Uint8Array, to: Uint8Array, at: number): void {
  const r = Uint16Array.from({ length: 4 }, (_, index) => from[at + 2 * index]! | (from[at + 2 * index + 1]! << 8))
  let word = 63
  MIXINGS.forEach((rounds, section) => {
    if (section > 0) for (let i = 3; i >= 0; i--) r[i]! -= words[r[(i + 3) & 3]! & 63]!
    for (let round = 0; round < rounds; round++) {
      for (let i = 3; i >= 0; i--) {
        const rotation = ROTATIONS[i]!
        const [last, middle, first] = [r[(i + 3) & 3]!, r[(i + 2) & 3]!, r[(i + 1) & 3]!]
        r[i] = (r[i]! >> rotation) | (r[i]! << (16 - rotation))
        r[i]! -= words[word--]! + (last & middle) + (~last & first)
      }
    }
  })
  r.forEach((value, index) => {
    to[at + 2 * index] = value & 0xff
    to[at + 2 * index + 1] = value >> 8
  })
}

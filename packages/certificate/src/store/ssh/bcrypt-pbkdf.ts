import { createHash } from 'node:crypto'
import { Turn } from '../turn.js'
import { blowfish, encipher, expand } from './blowfish.js'
import type { Steps } from '../steps.js'

const HASH_OCTETS = 32
const MAX_OCTETS = HASH_OCTETS * HASH_OCTETS

/** The 32 octets that bcrypt_pbkdf enciphers. */
const MAGIC = words(Buffer.from('OxychromaticBlowfishSwatDynamite', 'latin1'))

/**
 * The key derivation of OpenBSD that OpenSSH encrypts private keys with: PBKDF2 with bcrypt over SHA-512 in place of HMAC, its output
 * spread over the key. Some ten milliseconds a round and 32 octets; others get a turn in between.
 */
export function* bcryptPbkdf(password: Uint8Array, salt: Uint8Array, rounds: number, octets: number): Steps<Buffer> {
  if (octets > MAX_OCTETS) throw new RangeError('a key that is too long')
  const stride = Math.ceil(octets / HASH_OCTETS)
  const amount = Math.ceil(octets / stride)
  const hashedPassword = sha512(password)
  const key = Buffer.alloc(octets)
  const turn = new Turn()
  for (let count = 1; count <= stride; count++) {
    const number = Buffer.alloc(4)
    number.writeUInt32BE(count)
    let hash = yield* bcryptHash(hashedPassword, sha512(salt, number), turn)
    const sum = Buffer.from(hash)
    for (let round = 1; round < rounds; round++) {
      hash = yield* bcryptHash(hashedPassword, sha512(hash), turn)
      for (let index = 0; index < HASH_OCTETS; index++) sum[index]! ^= hash[index]!
    }
    for (let index = 0; index < amount; index++) {
      const at = index * stride + count - 1
      if (at < octets) key[at] = sum[index]!
    }
  }
  return key
}

function* bcryptHash(password: Buffer, salt: Buffer, turn: Turn): Steps<Buffer> {
  const [passwordWords, saltWords] = [words(password), words(salt)]
  const state = yield* blowfish()
  expand(state, passwordWords, saltWords)
  for (let round = 0; round < 64; round++) {
    yield* turn.pass()
    expand(state, saltWords)
    expand(state, passwordWords)
  }
  const blocks = MAGIC.slice()
  for (let round = 0; round < 64; round++) {
    for (let at = 0; at < blocks.length; at += 2) encipher(state.words, blocks, at)
  }
  const hash = Buffer.alloc(HASH_OCTETS)
  blocks.forEach((word, index) => hash.writeInt32LE(word, index * 4)) // the other end first, as OpenBSD does
  return hash
}

function sha512(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha512')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

function words(octets: Buffer): Int32Array {
  return Int32Array.from({ length: octets.length / 4 }, (_, index) => octets.readInt32BE(index * 4))
}

import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { BerError } from '../asn1/ber-reader.js'
import type { Work } from './pkcs12/work.js'
import { Turn } from './turn.js'
import type { Steps } from './steps.js'

/** The numbers of an RSA key (RFC 8017 3.2), big-endian; those that a format leaves out are worked out. */
export interface RsaNumbers {
  readonly n: Uint8Array
  readonly e: Uint8Array
  readonly d?: Uint8Array | undefined
  readonly p?: Uint8Array | undefined
  readonly q?: Uint8Array | undefined
}

/** 16384 bits; OpenSSL uses no larger ones. */
const MAX_MODULUS_OCTETS = 2048
const MIN_MODULUS_OCTETS = 64
const MAX_EXPONENT = 2n ** 64n
/** Factors are worked out for keys that people have: the time grows with the third power of the size. */
const MAX_FACTORED_BITS = 4096

/** @throws {BerError} when these are not the numbers of a key */
export function rsaPublicKey(numbers: RsaNumbers): KeyObject {
  const { n, e } = publicNumbers(numbers)
  return createPublicKey({ key: { kty: 'RSA', n: text(n), e: text(e) }, format: 'jwk' })
}

/**
 * The private key with these numbers. What can be computed is computed and not taken from the file, so that a damaged number cannot make
 * signatures that give the key away.
 * @param work finding the primes counts; others get a turn every few milliseconds of it
 * @throws {BerError} when they do not fit together, or a number that is needed is missing
 */
export function* rsaPrivateKey(numbers: RsaNumbers, work: Work): Steps<KeyObject> {
  const { n, e } = publicNumbers(numbers)
  if (!numbers.d) throw new BerError('the private exponent of the RSA key is missing')
  const d = bounded(numbers.d)
  const [p, q] = numbers.p && numbers.q ? [bounded(numbers.p), bounded(numbers.q)] : yield* factors(n, e, d, work)
  const fits = p > 1n && q > 1n && p !== q && p * q === n && (e * d) % (p - 1n) === 1n && (e * d) % (q - 1n) === 1n
  if (!fits) throw misfit()
  const key = {
    kty: 'RSA',
    n: text(n),
    e: text(e),
    d: text(d),
    p: text(p),
    q: text(q),
    dp: text(d % (p - 1n)),
    dq: text(d % (q - 1n)),
    qi: text(inverse(q, p)),
  }
  try {
    return createPrivateKey({ key, format: 'jwk' })
  } catch (cause) {
    throw new BerError('the RSA key cannot be used', { cause })
  }
}

function publicNumbers({ n: modulus, e: exponent }: RsaNumbers): { n: bigint; e: bigint } {
  const n = bounded(modulus)
  const e = bounded(exponent)
  if (n < 2n ** BigInt((MIN_MODULUS_OCTETS - 1) * 8) || n % 2n === 0n) throw new BerError('the RSA modulus is none')
  if (e < 3n || e > MAX_EXPONENT || e % 2n === 0n) throw new BerError('the RSA exponent is none that is used')
  return { n, e }
}

function misfit(): BerError {
  return new BerError('the numbers of the RSA key do not fit together')
}

function bounded(octets: Uint8Array): bigint {
  if (octets.length === 0 || octets.length > MAX_MODULUS_OCTETS + 1) {
    throw new BerError(`a number of the RSA key has ${octets.length} octets`)
  }
  return BigInt(`0x${Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('hex')}`)
}

function text(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}

/** A power of 4096 bits takes as long as so many iterations of PBKDF2, which the work is counted in. */
const ITERATIONS_A_POWER = 100_000

/** The primes out of both exponents (NIST SP 800-56B C.1). JWK lets writers leave them out (RFC 7518 6.3.2). */
function* factors(n: bigint, e: bigint, d: bigint, work: Work): Steps<[bigint, bigint]> {
  const bits = n.toString(2).length
  if (bits > MAX_FACTORED_BITS) {
    throw new BerError(`the primes of an RSA key of more than ${MAX_FACTORED_BITS} bits are missing`)
  }
  let odd = e * d - 1n
  if (d >= n || odd <= 0n || odd % 2n !== 0n) throw misfit()
  let twos = 0
  while (odd % 2n === 0n) {
    odd /= 2n
    twos++
  }
  const turn = new Turn()
  // each base finds them with a probability of a half or more
  for (const base of [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n]) {
    work.spend(Math.ceil(ITERATIONS_A_POWER * (bits / MAX_FACTORED_BITS) ** 3))
    let root = yield* power(base, odd, n, turn)
    if (root === 1n) continue
    for (let step = 0; step < twos && root !== n - 1n; step++) {
      yield* turn.pass()
      const square = (root * root) % n
      if (square === 1n) {
        const p = common(root - 1n, n)
        return [p, n / p]
      }
      root = square
    }
    if (root !== n - 1n) throw misfit() // for a proper key every base comes to 1
  }
  throw misfit()
}

function* power(base: bigint, exponent: bigint, modulus: bigint, turn: Turn): Steps<bigint> {
  let result = 1n
  let square = base % modulus
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    yield* turn.pass()
    if (rest & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

function common(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [rest, next] = [modulus, value % modulus]
  let [factor, nextFactor] = [0n, 1n]
  while (next !== 0n) {
    const times = rest / next
    ;[rest, next] = [next, rest - times * next]
    ;[factor, nextFactor] = [nextFactor, factor - times * nextFactor]
  }
  if (rest !== 1n) throw misfit()
  return factor < 0n ? factor + modulus : factor
}

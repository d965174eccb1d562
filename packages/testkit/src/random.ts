/** A small repeatable source of numbers: the same seed gives the same ones on every machine. Not for secrets. */
export interface Random {
  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number
  /** A number from 0 up to, not including, 1. */
  fraction(): number
  /** A whole number from 0 up to, not including, `below` (at most 2^32). */
  integer(below: number): number
  /** One of the values. @throws {RangeError} when there is none */
  pick<T>(values: readonly T[]): T
}

/** The xorshift generator of 128 bits (Marsaglia 2003), its state filled from `seed` (any whole number). */
export function random(seed: number): Random {
  const fill = mixer(seed)
  let x = fill()
  let y = fill()
  let z = fill()
  let w = fill() | 1 // the state must not be all zeros
  const uint32 = (): number => {
    const t = x ^ (x << 11)
    x = y
    y = z
    z = w
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8)
    return w >>> 0
  }
  const integer = (below: number): number => Math.floor((uint32() / 2 ** 32) * below)
  const pick = <T>(values: readonly T[]): T => {
    if (values.length === 0) throw new RangeError('nothing to pick from')
    return values[integer(values.length)] as T
  }
  return { uint32, fraction: () => uint32() / 2 ** 32, integer, pick }
}

/** Spreads a small seed over 32 bits, so that seeds 1 and 2 have nothing in common. */
function mixer(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    const high = state ^ (state >>> 15)
    return Math.imul(high, 0x2c1b_3c6d) ^ (high >>> 13)
  }
}

/** A repeatable source of chance: the same seed gives the same draws on every machine (xorshift, Marsaglia 2003). */
export class Dice {
  #x
  #y
  #z
  #w

  /** @param {number} seed of the run @param {number} index of the case in it */
  constructor(seed, index) {
    let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) | 0
    const fill = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
      const high = state ^ (state >>> 15)
      return Math.imul(high, 0x2c1b3c6d) ^ (high >>> 13)
    }
    this.#x = fill()
    this.#y = fill()
    this.#z = fill()
    this.#w = fill() | 1 // the state must not be all zeros
  }

  uint32() {
    const t = this.#x ^ (this.#x << 11)
    this.#x = this.#y
    this.#y = this.#z
    this.#z = this.#w
    this.#w = this.#w ^ (this.#w >>> 19) ^ t ^ (t >>> 8)
    return this.#w >>> 0
  }

  /** A whole number from 0 up to, not including, `below`. */
  int(below) {
    return Math.floor((this.uint32() / 2 ** 32) * below)
  }

  /** True once in so many draws. */
  one(inSoMany) {
    return this.int(inSoMany) === 0
  }

  pick(list) {
    return list[this.int(list.length)]
  }

  /** Octets of any value. */
  octets(count) {
    const made = Buffer.allocUnsafe(count)
    let at = 0
    for (; at + 4 <= count; at += 4) made.writeUInt32LE(this.uint32(), at)
    for (; at < count; at++) made[at] = this.uint32() & 255
    return made
  }
}

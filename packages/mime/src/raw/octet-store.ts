const FIRST_OCTETS = 4096

/** Octets put one behind the other, in memory that grows with them and not with the number of chunks they come in. */
export class OctetStore {
  #memory = Buffer.alloc(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  append(octets: Uint8Array): void {
    const length = this.#length + octets.length
    if (length > this.#memory.length) {
      const larger = Buffer.allocUnsafe(Math.max(FIRST_OCTETS, length, 2 * this.#memory.length))
      larger.set(this.octets)
      this.#memory = larger
    }
    this.#memory.set(octets, this.#length)
    this.#length = length
  }

  /** A view of what there is, until something is appended or all is taken. */
  get octets(): Buffer {
    return this.#memory.subarray(0, this.#length)
  }

  /** Makes room for others; what is to be kept of the octets must have been copied. */
  clear(): void {
    this.#length = 0
  }
}

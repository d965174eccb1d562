/** Octets that are not the Java key store that was expected. It is translated into a SettingsError where the name of the source is known. */
export class JavaFormatError extends Error {}

/** Aliases of certificates are subjects at the longest. */
const MAX_TEXT_OCTETS = 4096

/** Reads what java.io.DataOutput writes, from front to back. A length that goes past the end is an error; nothing is copied. */
export class JavaOctets {
  readonly #octets: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(octets: Uint8Array) {
    this.#octets = octets
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.length)
  }

  /** How many octets have been read. */
  get position(): number {
    return this.#at
  }

  octet(): number {
    return this.#view.getUint8(this.#advance(1))
  }

  /** Two octets, the more significant first. */
  short(): number {
    return this.#view.getUint16(this.#advance(2))
  }

  /** Four octets, the more significant first, never negative. */
  int(): number {
    return this.#view.getUint32(this.#advance(4))
  }

  /** @throws {JavaFormatError} when there are not so many */
  octets(length: number): Uint8Array {
    const start = this.#advance(length)
    return this.#octets.subarray(start, start + length)
  }

  /** A text in the modified UTF-8 of Java: NUL takes two octets, and what is outside the first plane stands there as two surrogates. */
  text(): string {
    const octets = this.octets(this.short())
    if (octets.length > MAX_TEXT_OCTETS) throw new JavaFormatError('has a text that is too long')
    const units: number[] = []
    for (let at = 0; at < octets.length;) {
      const first = octets[at]!
      const more = first < 0x80 ? 0 : first >> 5 === 0b110 ? 1 : first >> 4 === 0b1110 ? 2 : undefined
      if (more === undefined || at + more >= octets.length) throw new JavaFormatError('a text is broken')
      let unit = more === 0 ? first : first & (0x3f >> more)
      for (let next = 1; next <= more; next++) unit = (unit << 6) | (octets[at + next]! & 0x3f)
      units.push(unit)
      at += more + 1
    }
    return Buffer.from(Uint16Array.from(units).buffer).toString('utf16le')
  }

  #advance(length: number): number {
    const start = this.#at
    if (start + length > this.#octets.length) throw new JavaFormatError('ends too early')
    this.#at = start + length
    return start
  }
}

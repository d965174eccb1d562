import { createHash, type Hash } from 'node:crypto'
import type { DigestName } from '@posthorn/certificate'
import { Turn } from '../turn.js'

const SLICE_OCTETS = 128 * 1024
/** Of longer digests the first octets say as much. */
const MAX_KEPT_OCTETS = 32

/** What another reading came to: so many octets, or octets that are not the same. */
export type Difference = 'more' | 'fewer' | 'other'

/** What content was when it was read to its end. */
export interface Whole {
  readonly sizeOctets: number
  readonly digest: Buffer
}

/**
 * What content was, in 32 octets for each 128 KiB: the digest of everything up to there. A reading that goes further than those before
 * adds to the record; one that comes to something else is found out before anybody has used it.
 */
export class ContentRecord {
  readonly #digest: DigestName
  readonly #changed: (difference: Difference) => Error
  readonly #prefixes: Buffer[] = []
  #sizeOctets: number | undefined
  #whole: Whole | undefined

  /** @param changed the error for a reading that comes to something else */
  constructor(digest: DigestName, changed: (difference: Difference) => Error, sizeOctets?: number) {
    this.#digest = digest
    this.#changed = changed
    this.#sizeOctets = sizeOctets
  }

  /** Undefined until one reading has come to its end. */
  get whole(): Whole | undefined {
    return this.#whole
  }

  /** A reading whose octets are used by others at the same time. */
  reading(): RecordedReading {
    return new RecordedReading(createHash(this.#digest), this)
  }

  /** The octets of another reading, in slices that are given when they are known to be what they were; each is lent until the next. */
  async *read(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    const reading = this.reading()
    const slice = Buffer.allocUnsafe(SLICE_OCTETS)
    let length = 0
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length;) {
        // copied before it is hashed: octets in memory could change between hashing and use
        const piece = chunk.subarray(at, at + SLICE_OCTETS - length)
        slice.set(piece, length)
        length += piece.length
        at += piece.length
        this.enough(reading.sizeOctets + length)
        if (length < SLICE_OCTETS) continue
        await reading.update(slice)
        yield slice
        length = 0
      }
    }
    const rest = slice.subarray(0, length)
    await reading.update(rest)
    reading.end()
    if (length > 0) yield rest
  }

  /** @throws what `changed` makes when so many octets are more than there were */
  enough(sizeOctets: number): void {
    if (this.#sizeOctets !== undefined && sizeOctets > this.#sizeOctets) throw this.#changed('more')
  }

  /** The digest of so many slices, of this reading. */
  settle(slicesRead: number, digest: Buffer): void {
    const known = (this.#prefixes[slicesRead - 1] ??= digest.subarray(0, MAX_KEPT_OCTETS))
    if (!digest.subarray(0, MAX_KEPT_OCTETS).equals(known)) throw this.#changed('other')
  }

  settleWhole(found: Whole): void {
    this.enough(found.sizeOctets)
    if (found.sizeOctets < (this.#sizeOctets ?? 0)) throw this.#changed('fewer')
    this.#whole ??= found
    this.#sizeOctets = found.sizeOctets
    if (!found.digest.equals(this.#whole.digest)) throw this.#changed('other')
  }
}

/** One reading, whose octets come in chunks of any size. */
export class RecordedReading {
  readonly #hash: Hash
  readonly #record: ContentRecord
  readonly #turn = new Turn()
  #sizeOctets = 0

  constructor(hash: Hash, record: ContentRecord) {
    this.#hash = hash
    this.#record = record
  }

  get sizeOctets(): number {
    return this.#sizeOctets
  }

  /** Resolves when the octets are used up; rejects when they are not what they were. */
  async update(octets: Uint8Array): Promise<void> {
    for (let at = 0; at < octets.length;) {
      const piece = octets.subarray(at, at + SLICE_OCTETS - (this.#sizeOctets % SLICE_OCTETS))
      at += piece.length
      this.#take(piece)
      if (this.#turn.isOver) await this.#turn.pass()
    }
  }

  /** To be called once, after the last octet. */
  end(): Whole {
    const whole = { sizeOctets: this.#sizeOctets, digest: this.#hash.digest() }
    this.#record.settleWhole(whole)
    return whole
  }

  /** Octets that do not go beyond the end of a slice. */
  #take(octets: Uint8Array): void {
    this.#hash.update(octets)
    this.#sizeOctets += octets.length
    if (this.#sizeOctets % SLICE_OCTETS > 0) return
    this.#record.settle(this.#sizeOctets / SLICE_OCTETS, this.#hash.copy().digest())
  }
}

import type { DigestName } from '@posthorn/certificate'
import type { Content } from '@posthorn/ground'
import { ContentRecord, type RecordedReading } from './content-record.js'
import { DIGESTS, type DigestAlgorithm } from './digest-algorithm.js'
import { Hasher } from './hash-content.js'
import { tampered } from './signer-certificate.js'

/** Hashes signed content with every digest that is announced for it, and knows it again when it is read once more. */
export class Digesting {
  readonly #announced: readonly DigestAlgorithm[]
  /** The digest that the content is known by. SHA-1 is none: other octets can be made for it. */
  readonly #known: DigestAlgorithm
  readonly #record: ContentRecord
  readonly #reading: RecordedReading
  readonly #others: readonly Hasher[]

  constructor(announced: readonly DigestAlgorithm[]) {
    this.#announced = [...new Set(announced)]
    this.#known = this.#announced.find((digest) => digest !== DIGESTS.sha1) ?? DIGESTS.sha256
    this.#record = new ContentRecord(this.#known.name, changed)
    this.#reading = this.#record.reading()
    this.#others = this.#announced.filter((digest) => digest !== this.#known).map((digest) => new Hasher(digest))
  }

  /** Resolves when the octets are used up. */
  async update(octets: Uint8Array): Promise<void> {
    await this.#reading.update(octets)
    for (const hasher of this.#others) await hasher.update(octets)
  }

  /** After the last octet, once: the digests that were announced. */
  end(): Map<DigestName, Buffer> {
    const { digest } = this.#reading.end()
    const digests = new Map(this.#others.map((hasher) => [hasher.digestAlgorithm.name, hasher.digest()]))
    return this.#announced.includes(this.#known) ? digests.set(this.#known.name, digest) : digests
  }

  /**
   * The same content read again, after `end`.
   * @throws {SettingsError} `smime.tampered` when it is not the same, before anything is given that differs
   */
  again(content: Content): AsyncIterable<Uint8Array> {
    return this.#record.read(content.open())
  }
}

function changed(): Error {
  return tampered(
    'is not what it was when it was verified',
    'A source must give the same octets each time it is opened; keep a copy of the message that nobody changes.',
  )
}

import { createHash, type Hash } from 'node:crypto'
import type { Content } from '@posthorn/ground'
import type { DigestAlgorithm } from './digest-algorithm.js'
import { slices, Turn } from '../turn.js'

/** Takes octets in chunks of any size and hashes them in slices, between which the event loop goes on. */
export class Hasher {
  readonly digestAlgorithm: DigestAlgorithm
  readonly #hash: Hash
  readonly #turn = new Turn()
  #sizeOctets = 0

  constructor(digestAlgorithm: DigestAlgorithm) {
    this.digestAlgorithm = digestAlgorithm
    this.#hash = createHash(digestAlgorithm.name)
  }

  get sizeOctets(): number {
    return this.#sizeOctets
  }

  /** Resolves when the octets are used up. */
  async update(octets: Uint8Array): Promise<void> {
    for (const slice of slices(octets)) {
      this.#hash.update(slice)
      if (this.#turn.isOver) await this.#turn.pass()
    }
    this.#sizeOctets += octets.length
  }

  /** To be asked once. */
  digest(): Buffer {
    return this.#hash.digest()
  }
}

/** The digest of content and its size, read once from beginning to end. */
export async function hashContent(
  content: Content,
  digestAlgorithm: DigestAlgorithm,
): Promise<{ readonly digest: Buffer; readonly sizeOctets: number }> {
  const hasher = new Hasher(digestAlgorithm)
  if (content.octets) await hasher.update(content.octets)
  else for await (const chunk of content.open()) await hasher.update(chunk)
  return { digest: hasher.digest(), sizeOctets: hasher.sizeOctets }
}

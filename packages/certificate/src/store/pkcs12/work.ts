import { BerError } from '../../asn1/ber-reader.js'

/** A million for each of four parts, a hundred times what Java and OpenSSL write; some seconds of one thread at worst. */
const MAX_ITERATIONS = 4_000_000

/** How much key derivation may be asked for by one `openCertificateStore`, whatever it opens. Without a bound, a file of a few octets keeps a processor busy for years. */
export class Work {
  #left = MAX_ITERATIONS

  /** @throws {BerError} when more is asked for than a store may have, and for no iterations at all */
  spend(iterations: number): void {
    this.#left -= iterations
    if (iterations < 1 || this.#left < 0) {
      throw new BerError(`asks for a key derivation of ${iterations} iterations; a store may have ${MAX_ITERATIONS}`)
    }
  }
}

/** 64 times what anybody writes. */
const MAX_SALT_OCTETS = 1024

/** The salt of a key derivation out of a store. @throws {BerError} when it is longer than 1 KiB: it would be work that nobody counts */
export function boundedSalt(salt: Uint8Array): Uint8Array {
  if (salt.length > MAX_SALT_OCTETS) throw new BerError(`has a salt of ${salt.length} octets`)
  return salt
}

import { createHmac, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'

/** One server has one salt for a user, seldom two; a hostile one shall not fill the memory. */
const MAX_KEYS = 8

/**
 * Keys that take long to make of a password (SCRAM), for the sessions that log in with it next. It lives as long as its owner, prints as
 * `[secret]`, and is asked by what the key was made of, which it does not hold: only a digest under a key of its own.
 */
export class KeyMemory {
  readonly #key = randomBytes(32)
  readonly #kept = new Map<string, Promise<readonly Uint8Array[]>>()
  /** True once the server was seen to keep names and passwords as they are, where SASLprep changes them: the next login begins so. */
  asIs = false

  /** What `make` gave for these parts before, or now. Asked for the same at the same time, it is made once. A failure is not kept. */
  get(
    parts: readonly (string | Uint8Array)[],
    make: () => Promise<readonly Uint8Array[]>,
  ): Promise<readonly Uint8Array[]> {
    const name = this.#name(parts)
    const known = this.#kept.get(name)
    this.#kept.delete(name)
    const keys = known ?? make()
    this.#kept.set(name, keys) // the youngest stand at the end
    if (known) return keys
    keys.catch(() => this.#kept.delete(name))
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEYS) break
      this.#kept.delete(oldest)
    }
    return keys
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }

  #name(parts: readonly (string | Uint8Array)[]): string {
    const digest = createHmac('sha256', this.#key)
    for (const part of parts) {
      const octets = typeof part === 'string' ? Buffer.from(part, 'utf8') : part
      digest.update(`${octets.length}:`).update(octets)
    }
    return digest.digest('base64')
  }
}

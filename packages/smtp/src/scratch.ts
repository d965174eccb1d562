/** A larger group is written in its parts. */
export const MAX_JOINED_OCTETS = 128 * 1024
const SMALL_OCTETS = 8 * 1024

/** The memory in which a small group is put together, used again once a write was taken whole. */
export class Scratch {
  #memory: Buffer | undefined

  /** The parts in one piece; at most `MAX_JOINED_OCTETS`. Good until the next call, unless it is left. */
  joined(parts: readonly (string | Uint8Array)[], octets: number): Uint8Array {
    const scratch = (this.#memory ??= Buffer.allocUnsafeSlow(octets <= SMALL_OCTETS ? SMALL_OCTETS : MAX_JOINED_OCTETS))
    const out = scratch.length >= octets ? scratch : (this.#memory = Buffer.allocUnsafeSlow(MAX_JOINED_OCTETS))
    let to = 0
    for (const part of parts) {
      if (typeof part === 'string') {
        to += out.write(part, to, 'utf8')
      } else {
        out.set(part, to)
        to += part.length
      }
    }
    return out.subarray(0, to)
  }

  /** Leaves the memory to whoever still reads it. */
  leave(): void {
    this.#memory = undefined
  }
}

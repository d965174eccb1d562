import { BerError } from '../../asn1/ber-reader.js'

/** Reads the data types of RFC 4251 5 from front to back. A length that goes past the end is an error. */
export class SshReader {
  readonly #octets: Buffer
  #at = 0

  constructor(octets: Uint8Array) {
    this.#octets = Buffer.from(octets.buffer, octets.byteOffset, octets.length)
  }

  get done(): boolean {
    return this.#at === this.#octets.length
  }

  /** What has not been read. */
  get rest(): Buffer {
    return this.#octets.subarray(this.#at)
  }

  uint32(): number {
    return this.#take(4).readUInt32BE()
  }

  string(): Buffer {
    return this.#take(this.uint32())
  }

  text(): string {
    return this.string().toString('utf8')
  }

  #take(length: number): Buffer {
    const end = this.#at + length
    if (end > this.#octets.length) throw new BerError('a length goes past the end')
    const taken = this.#octets.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}

/** A string of RFC 4251 5. */
export function sshString(octets: Uint8Array | string): Buffer {
  const content = Buffer.from(octets as Uint8Array)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  return Buffer.concat([length, content])
}

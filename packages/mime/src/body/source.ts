/** Octets that can be read again and again and are the same each time. */
export interface Source {
  /** The octets themselves, when they are in memory. */
  readonly octets?: Uint8Array
  readonly sizeOctets?: number
  /**
   * True when nobody has looked whether the octets are what a run must be: lines that end with CRLF, without octets above 127 where its
   * part says 7bit. Content with such a run promises nothing, so that whoever sends it looks.
   */
  readonly unchecked?: true
  /** A chunk is to be used up before the next one is asked for. */
  read(): AsyncIterable<Uint8Array>
  /** Frees what the source holds outside memory; see `Content.release`. */
  readonly release?: () => void
}

/** Octets in memory as a source. */
export function memorySource(octets: Uint8Array): Source {
  return {
    octets,
    sizeOctets: octets.length,
    async *read() {
      yield octets
    },
  }
}

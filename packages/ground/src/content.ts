/**
 * What DATA or BDAT carries: header fields, an empty line, the body. It can be opened more than once and gives the same octets each
 * time, so that a retry sends the same message.
 */
export interface Content {
  /**
   * The octets from the start. A chunk belongs to the reader until it asks for the next one; the source may then use the same memory
   * again.
   */
  open(): AsyncIterable<Uint8Array>
  /** The number of octets `open()` will give, when that is known without reading. */
  readonly sizeOctets?: number
  /** All octets, when they are in memory already: no stream is made then. Not to be changed while a send is under way. */
  readonly octets?: Uint8Array
  /** True when every line is known to end with CRLF, with no CR or LF elsewhere: nothing needs to be repaired. */
  readonly canonical?: boolean
  /** What the octets need from the path (RFC 6152, RFC 3030), when known. `7bit` promises that no octet is above 127. */
  readonly encoding?: '7bit' | '8bit' | 'binary'
}

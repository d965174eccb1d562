/** What the octets of content need from the path: lines of ASCII, lines with octets above 127 (RFC 6152), or anything (RFC 3030). */
export type ContentEncoding = '7bit' | '8bit' | 'binary'

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
  /** What the octets need from the path, when known. `7bit` promises that no octet is above 127. */
  readonly encoding?: ContentEncoding
  /** True when the header section is UTF-8 outside US-ASCII (RFC 6532); undefined when that is not known. */
  readonly utf8Header?: boolean
  /**
   * The same message for a path that carries no more than `widest`, in the shortest encoding such a path allows; itself when there is
   * nothing to change. Absent when it can only go as it is.
   * @throws {SettingsError} when its body must not be changed, such as a signed one, and needs more than `widest`
   */
  recode?(widest: ContentEncoding): Content
  /**
   * Frees what the content holds outside memory, such as a temporary file; for whoever has sent the message for the last time. After it
   * the content cannot be opened any more, nor what `recode` gave; one that is open already reads on to its end. Never fails, and may be
   * called again. Absent when there is nothing to free.
   */
  release?(): void
}

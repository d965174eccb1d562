/**
 * Encodes so many lines of 57 octets each from `from` on into `out` from `to` on: 76 characters and a CRLF a line, RFC 2045 6.8.
 */
export type Base64Kernel = (octets: Uint8Array, from: number, lines: number, out: Uint8Array, to: number) => void

const CRLF = 0x0a0d // as it lies in memory

/** Two characters by 12 bits, as they lie in memory. Made at the first use. */
let pairs: Uint16Array | undefined

/** The kernel in plain JavaScript: 48 octets by words of 32 bits, then 9 by threes, and two characters at each look into the table. */
export const tableKernel: Base64Kernel = (octets, from, lines, out, to) => {
  const table = (pairs ??= pairTable())
  const input = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  const output = new DataView(out.buffer, out.byteOffset, out.byteLength)
  for (let line = 0; line < lines; line++) {
    for (let twelve = 0; twelve < 4; twelve++) {
      const a = input.getInt32(from)
      const b = input.getInt32(from + 4)
      const c = input.getInt32(from + 8)
      output.setInt32(to, table[a >>> 20]! | (table[(a >>> 8) & 4095]! << 16), true)
      output.setInt32(to + 4, table[((a & 255) << 4) | (b >>> 28)]! | (table[(b >>> 16) & 4095]! << 16), true)
      output.setInt32(to + 8, table[(b >>> 4) & 4095]! | (table[((b & 15) << 8) | (c >>> 24)]! << 16), true)
      output.setInt32(to + 12, table[(c >>> 12) & 4095]! | (table[c & 4095]! << 16), true)
      from += 12
      to += 16
    }
    for (let three = 0; three < 3; three++) {
      const bits = (input.getUint16(from) << 8) | input.getUint8(from + 2)
      output.setInt32(to, table[bits >> 12]! | (table[bits & 4095]! << 16), true)
      from += 3
      to += 4
    }
    output.setUint16(to, CRLF, true)
    to += 2
  }
}

function pairTable(): Uint16Array {
  const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
  return Uint16Array.from({ length: 4096 }, (_, bits) => alphabet[bits >> 6]! | (alphabet[bits & 63]! << 8))
}

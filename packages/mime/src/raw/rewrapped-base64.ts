import type { Rewriter } from './rewriter.js'

const MAX_LINE = 76 // RFC 2045 6.8
const ALPHABET = new Uint8Array(256)
for (const octet of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/='))
  ALPHABET[octet] = 1

/** Base64 in lines of 76 characters out of base64 in lines of any length, without what readers must ignore in it (RFC 2045 6.8). */
export class RewrappedBase64 implements Rewriter {
  #column = 0

  push(chunk: Uint8Array): Iterable<Uint8Array> {
    const out = new Uint8Array(chunk.length + 2 * Math.ceil((chunk.length + MAX_LINE) / MAX_LINE))
    let length = 0
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!
      if (ALPHABET[octet] === 0) continue
      out[length++] = octet
      if (++this.#column < MAX_LINE) continue
      out[length++] = 13
      out[length++] = 10
      this.#column = 0
    }
    return length === 0 ? [] : [out.subarray(0, length)]
  }

  end(): Iterable<Uint8Array> {
    return [Buffer.from(this.#column > 0 ? '\r\n' : '')]
  }
}

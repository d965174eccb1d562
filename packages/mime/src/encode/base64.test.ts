import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64 } from '../test/read-message.js'
import { Base64Lines, base64Size } from './base64.js'

/** Encodes chunks, each lent only until the next is asked for, and blocks used up at once. */
function encode(chunks: readonly Uint8Array[], lines = new Base64Lines()): string {
  let text = ''
  const lent = new Uint8Array(chunks.reduce((most, chunk) => Math.max(most, chunk.length), 0))
  for (const chunk of chunks) {
    lent.set(chunk)
    for (const block of lines.push(lent.subarray(0, chunk.length))) text += Buffer.from(block).toString('latin1')
    lent.fill(0)
  }
  for (const block of lines.end()) text += Buffer.from(block).toString('latin1')
  return text
}

const chopped = (octets: Uint8Array, sizes: readonly number[]) => {
  const chunks: Uint8Array[] = []
  for (let at = 0, index = 0; at < octets.length; index++) {
    const size = sizes[index % sizes.length] ?? 1
    chunks.push(octets.subarray(at, at + size))
    at += size
  }
  return chunks
}

describe('Base64Lines', () => {
  it('gives the same lines at any chunking, and they decode to the octets', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 700 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(Infinity, 1, 100),
        (octets, sizes, sizeOctets) => {
          const text = encode(chopped(octets, sizes), new Base64Lines(sizeOctets))
          expect(text).toBe(encode([octets]))
          expect(text.length).toBe(base64Size(octets.length))
          expect(decodeBase64(text)).toEqual(Buffer.from(octets))
          if (octets.length > 0) expect(text).toMatch(/^(?:[^\r\n]{76}\r\n)*[^\r\n]{1,76}\r\n$/)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('agrees with Buffer on every octet and position, over the end of a block too', () => {
    const octets = Uint8Array.from({ length: 700_001 }, (_, index) => (index * 151 + (index >> 8)) & 255)
    for (const sizes of [[octets.length], [262_144], [1], [56, 57, 58, 190_000]]) {
      const text = encode(chopped(octets, sizes))
      expect(text.length).toBe(base64Size(octets.length))
      expect(text.replaceAll('\r\n', '') === Buffer.from(octets).toString('base64')).toBe(true)
    }
  })

  it('takes chunks that are empty and gives nothing for nothing', () => {
    expect(encode([new Uint8Array(0)])).toBe('')
    expect(encode([new Uint8Array(0), Uint8Array.of(255), new Uint8Array(0)])).toBe('/w==\r\n')
  })
})
